/** A shift is handed over with the network down: the page, its PDF, a note; the next shift takes it over after the sync. */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { systemClock } from '#shared/time/clock.ts'
import { StoreClient } from '../integration-tools/store-client.ts'
import { ScriptedShopper } from '../simulator/scripted-shopper.ts'
import type { FactBody } from '../simulator/shopper.ts'
import { launchChromium } from './launch-chromium.ts'
import { launchDesktop } from './launch-desktop.ts'
import { startBackend } from './start-backend.ts'
import { API_KEY, badge, bootstrap, checkCard, navigate, openCheck, STORE, signIn, unsent } from './story.ts'

/** One shift a day: whenever the story is told, no other one begins in it. */
const stores = bootstrap.stores.map((store) => ({ ...store, shifts: [{ name: 'Whole day', from: '00:00' }] }))

const basket: FactBody[] = [
  { type: 'session.started', client: { type: 'hand-scanner' } },
  {
    type: 'item.added',
    lineId: 'l1',
    sku: '4311501',
    name: 'Frozen peas 750 g',
    quantity: 2,
    unitPrice: 299,
    department: 'Frozen',
    storage: 'frozen',
  },
]
const gin: FactBody[] = [
  { type: 'session.started', client: { type: 'matrix' } },
  { type: 'item.added', lineId: 'l1', sku: '4003', name: 'Gin 0.7 l', quantity: 1, unitPrice: 1_999, minAge: 18 },
  { type: 'verification.required', verificationId: 'v1', kind: 'age_verification', minAge: 18 },
]

const part = (page: Page, name: string) => page.getByTestId(`handover-${name}`)
const takeOver = (page: Page) => page.getByTestId('take-over')

test('a shift is noted, printed and handed over offline, and taken over once by the next', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-handover-'))
  const downloads = path.join(folder, 'downloads')
  await mkdir(downloads)
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const dataDir = path.join(folder, 'backend')
    const settings = { dataDir, bootstrap: { ...bootstrap, stores } }
    const backend = await startBackend(settings)
    closers.unshift(() => backend.kill())
    const store = new StoreClient({ backend: backend.url, apiKey: API_KEY })
    const shopper = (name: string) => new ScriptedShopper(store, STORE, name)
    await shopper('young').send(...gin)
    await shopper('waiting').send(...basket, {
      type: 'verification.required',
      verificationId: 'v1',
      kind: 'spot_check',
      reason: 'random_sample',
    })
    // Long enough ago to have expired unpaid by now.
    const earlier = { ...systemClock, now: () => systemClock.now() - 3 * 3_600_000 }
    await new ScriptedShopper(store, STORE, 'left', earlier).send(...basket)
    const launch = () =>
      launchDesktop({
        userData: path.join(folder, 'a'),
        backendUrl: backend.url,
        env: { FLOORWALKER_DOWNLOADS: downloads },
      })
    let desktop = await launch()
    closers.unshift(() => desktop.kill())
    let anna = desktop.page
    await signIn(anna, '100', 'anna-secret')
    await navigate(anna, 'Checks')
    await expect(checkCard(anna, 'waiting')).toBeVisible()
    await expect(checkCard(anna, 'young')).toBeVisible()
    await expect(unsent(anna)).toHaveText('0 unsent')
    await navigate(anna, 'Handover')
    await expect(part(anna, 'put-back')).toContainText('2 pieces of 1 basket, 2 of them chilled or frozen')

    // The network goes. An age is refused, a note is left: the handover has both, and says what nobody else knows.
    await backend.kill()
    await expect(badge(anna)).toHaveText('Offline')
    const age = await openCheck(anna, 'young')
    await anna.keyboard.press('r')
    await anna.keyboard.press('2')
    await age.getByRole('button', { name: 'Confirm refusal' }).click()
    await expect(anna.getByTestId('who-knows')).toContainText('do not know this yet')
    await navigate(anna, 'Handover')
    await expect(anna.getByTestId('shift')).toContainText('Whole day shift')
    await expect(anna.getByTestId('handover-offline')).toContainText('what happened elsewhere since is missing')
    await expect(part(anna, 'checks')).toContainText('waiting')
    await expect(part(anna, 'checks')).toContainText('nobody')
    await expect(part(anna, 'put-back')).toContainText('2 pieces are past their time and must be discarded')
    await expect(part(anna, 'refusals')).toContainText('No identity document')
    await expect(part(anna, 'refusals')).toContainText('1 × Gin 0.7 l')
    await expect(part(anna, 'waits')).toContainText('Age verification')
    await expect(part(anna, 'unsent')).toContainText('Rejected the check')
    await anna.getByLabel('Note for the next shift').fill('Freezer 2 is open, the technician comes at five')
    await anna.getByLabel('Note for the next shift').press('Control+Enter')
    await expect(anna.getByTestId('shift-note')).toContainText('Freezer 2 is open')
    await expect(anna.getByTestId('shift-note')).toContainText('not sent yet')
    await expect(anna.getByLabel('Note for the next shift')).toHaveValue('')

    // The power goes: the note was saved.
    await desktop.kill()
    desktop = await launch()
    anna = desktop.page
    await expect(badge(anna)).toHaveText('Offline')
    await navigate(anna, 'Handover')
    await expect(anna.getByTestId('shift-note')).toContainText('Freezer 2 is open')

    // On paper: one sheet, whole on the disk under its name.
    await anna.getByRole('button', { name: 'Save as PDF…' }).click()
    await expect(anna.getByTestId('pdf-saved')).toContainText('floorwalker-handover-berlin-')
    const [file = '', ...others] = await readdir(downloads)
    expect([path.extname(file), others]).toEqual(['.pdf', []])
    const pdf = await readFile(path.join(downloads, file))
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(pdf.subarray(-8).toString()).toContain('%%EOF')
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)).toHaveLength(1)
    await anna.keyboard.press('Escape')

    // The network is back: what was kept is sent, and a colleague at another PC reads it and takes the shift over.
    const back = await startBackend({ ...settings, port: backend.port })
    closers.unshift(() => back.kill())
    const asked = anna.getByRole('button', { name: 'Sign in…' })
    await expect(asked.or(unsent(anna).getByText('0 unsent')).first()).toBeVisible({ timeout: 30_000 })
    if (await asked.isVisible()) {
      await asked.click()
      await anna.getByLabel('Password', { exact: true }).fill('anna-secret')
      await anna.getByRole('button', { name: 'Sign in', exact: true }).click()
    }
    await expect(unsent(anna)).toHaveText('0 unsent', { timeout: 30_000 })
    await expect(anna.getByTestId('shift-note')).not.toContainText('not sent yet')
    await expect(part(anna, 'unsent')).toContainText('has reached the backend')
    const browser = await launchChromium(path.join(folder, 'b'), backend.url)
    closers.unshift(() => browser.kill())
    const ben = browser.page
    await signIn(ben, '200', 'ben-secret')
    await navigate(ben, 'Handover')
    await expect(ben.getByTestId('shift-note')).toContainText('Freezer 2 is open')
    await expect(ben.getByTestId('shift-note')).toContainText('Anna Berg')
    await expect(part(ben, 'refusals')).toContainText('Gin 0.7 l')
    await ben.getByLabel('Note of the taking over').fill('Freezer is shut again')
    await ben.getByRole('button', { name: /^Take over for the/ }).click()
    for (const page of [ben, anna]) {
      await expect(takeOver(page)).toContainText('Taken over by Ben Cole', { timeout: 15_000 })
      await expect(takeOver(page)).toContainText('“Freezer is shut again”')
      await expect(takeOver(page)).not.toContainText('not sent yet')
    }
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})
