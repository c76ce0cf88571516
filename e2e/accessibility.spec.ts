/** axe on every page of the console, in both colour schemes: nothing serious, nothing critical. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { StoreClient } from '../integration-tools/store-client.ts'
import { ScriptedShopper } from '../simulator/scripted-shopper.ts'
import { type Desktop, launchDesktop } from './launch-desktop.ts'
import { scan } from './scanner.ts'
import { startBackend } from './start-backend.ts'
import { API_KEY, bootstrap, navigate, openCheck, row, STORE, signIn } from './story.ts'

const GRAVE = ['serious', 'critical']

/** Grave findings on what is shown now, in light and in dark. */
async function expectNothingGrave(page: Page, what: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    // Colours on their way from one state to the next are nobody's to read.
    await page.evaluate(async () => {
      const ending = document
        .getAnimations()
        .filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime))
      await Promise.allSettled(ending.map(({ finished }) => finished))
    })
    // Electron gives no second page, which the default mode wants.
    const axe = new AxeBuilder({ page }).setLegacyMode()
    // Nothing else depends on the scheme.
    if (colorScheme === 'dark') axe.withRules('color-contrast')
    const { violations } = await axe.analyze()
    const grave = violations.filter(({ impact }) => GRAVE.includes(impact ?? ''))
    const found = grave.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
    expect.soft(found, `${what}, ${colorScheme}`).toEqual([])
  }
}

test('every page is accessible', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-axe-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
    closers.unshift(() => backend.kill())
    const store = new StoreClient({ backend: backend.url, apiKey: API_KEY })
    const desktop: Desktop = await launchDesktop({ userData: path.join(folder, 'a'), backendUrl: backend.url })
    closers.unshift(() => desktop.kill())
    const { page } = desktop
    await page.getByLabel('Employee number').waitFor()
    await expectNothingGrave(page, 'sign-in')

    await new ScriptedShopper(store, STORE, 'spot').send(
      { type: 'session.started', client: { type: 'sdk-ios' }, customerId: 'c-1' },
      { type: 'item.added', lineId: 'l1', sku: '4006381333931', name: 'Oat milk 1 l', quantity: 2, unitPrice: 199 },
      { type: 'item.added', lineId: 'l2', sku: '96385074', name: 'Rye bread', quantity: 1, unitPrice: 349 },
      { type: 'verification.required', verificationId: 'v1', kind: 'spot_check', reason: 'random_sample' },
    )
    await new ScriptedShopper(store, STORE, 'age').send(
      { type: 'session.started', client: { type: 'matrix' } },
      { type: 'item.added', lineId: 'l1', sku: '4003', name: 'Gin 0.7 l', quantity: 1, unitPrice: 1_999, minAge: 18 },
      { type: 'verification.required', verificationId: 'v1', kind: 'age_verification', minAge: 18 },
    )
    await new ScriptedShopper(store, STORE, 'other').send(
      { type: 'session.started', client: { type: 'hand-scanner' } },
      { type: 'item.added', lineId: 'l1', sku: '4001', name: 'Pears', quantity: 1, unitPrice: 279 },
    )
    const longAgo = { now: () => Date.now() - 5 * 3_600_000, monotonic: () => performance.now() }
    await new ScriptedShopper(store, STORE, 'left', longAgo).send(
      { type: 'session.started', client: { type: 'sdk-ios' } },
      {
        ...{
          type: 'item.added',
          lineId: 'l1',
          sku: '4006381333931',
          name: 'Oat milk 1 l',
          quantity: 1,
          unitPrice: 199,
        },
        ...{ department: 'Dairy', storage: 'chilled' },
      },
    )
    await signIn(page, '100', 'anna-secret')
    await expect(page.getByTestId('session-row')).toHaveCount(4)
    await expectNothingGrave(page, 'sessions')
    await row(page, 'other').click()
    await page.getByRole('button', { name: 'Ask for a check…' }).click()
    await expectNothingGrave(page, 'session with the form of a check')

    await navigate(page, 'Checks')
    await expect(page.getByTestId('check-card')).toHaveCount(2)
    await expectNothingGrave(page, 'checks')
    const age = await openCheck(page, 'age')
    await page.keyboard.press('r')
    await expect(age.getByText('Not old enough')).toBeVisible()
    await expectNothingGrave(page, 'age verification')
    await page.keyboard.press('1')
    await age.getByRole('button', { name: 'Confirm refusal' }).click()
    await expect(page.getByTestId('who-knows')).toContainText('It counted')

    const spot = await openCheck(page, 'spot')
    await scan(desktop, '4006381333931')
    await scan(desktop, '5901234123457')
    await expect(page.getByTestId('differences')).toBeVisible()
    await expectNothingGrave(page, 'spot check')
    await page.keyboard.press('a')
    await spot.getByRole('button', { name: 'Confirm approval' }).click()
    await expect(page.getByTestId('who-knows')).toContainText('It counted')
    await expectNothingGrave(page, 'outcome of a check')

    await navigate(page, 'Checks')
    await page.getByRole('link', { name: 'Register of age refusals' }).click()
    await expect(page.getByTestId('refusal')).toHaveCount(1)
    await expectNothingGrave(page, 'register of refusals')
    await page.getByRole('button', { name: /^Alerts of new checks/ }).click()
    await page.getByRole('button', { name: 'Play the sound' }).waitFor()
    await expectNothingGrave(page, 'menu of alerts')
    await page.keyboard.press('Escape')
    await navigate(page, 'Checks')
    await page.getByRole('link', { name: 'Scanner codes' }).click()
    await expect(page.getByRole('img', { name: 'Barcode FW-TAKE' })).toBeVisible()
    await expectNothingGrave(page, 'scanner codes')
    await navigate(page, 'Abandoned')
    await page.getByTestId('basket-row').click()
    await expect(page.getByTestId('basket-item')).toBeVisible()
    await expectNothingGrave(page, 'abandoned baskets')
    await page.getByTestId('basket-row').locator('[data-mark]').click()
    await page.keyboard.press('r')
    await expect(page.getByTestId('bulk-review')).toBeVisible()
    await expectNothingGrave(page, 'review of several baskets')
    await page.getByRole('link', { name: 'Put back', exact: true }).click()
    await expect(page.getByTestId('put-back-item')).toBeVisible()
    await expectNothingGrave(page, 'put-back list')
    for (const tab of ['Not exited', 'Never served', 'Products']) {
      await navigate(page, 'Abandoned')
      await page.getByRole('link', { name: tab, exact: true }).click()
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await expectNothingGrave(page, tab)
    }
    await navigate(page, 'Charts')
    await expect(page.getByTestId('chart-today-sessions').locator('[data-painted]')).toBeVisible()
    await expectNothingGrave(page, 'charts of today')
    const charts = page.getByRole('navigation', { name: 'Charts' })
    await charts.getByRole('link', { name: 'Checks' }).click()
    await page.getByTestId('chart-checks').getByRole('button', { name: 'Show as a table' }).click()
    await expect(page.getByTestId('chart-checks').getByRole('table')).toBeVisible()
    await expectNothingGrave(page, 'charts of checks, one as a table')
    await charts.getByRole('link', { name: 'Heat map' }).click()
    await expect(page.getByTestId('chart-heat-map').getByRole('table')).toBeVisible()
    await expectNothingGrave(page, 'heat map')
    for (const room of ['Handover', 'Not counted', 'Data safety']) {
      await navigate(page, room)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await expectNothingGrave(page, room)
    }
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await expectNothingGrave(page, 'shortcuts')
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})
