/** The story: a PC that cannot reach its backend hands its decisions to one that can; each counts once. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { StoreClient } from '../integration-tools/store-client.ts'
import { ScriptedShopper } from '../simulator/scripted-shopper.ts'
import { type Desktop, launchDesktop } from './launch-desktop.ts'
import { startBackend } from './start-backend.ts'
import {
  API_KEY,
  badge,
  bootstrap,
  decideSpotCheck,
  navigate,
  openCheck,
  STORE,
  signIn,
  signInWhereAsked,
  unsent,
} from './story.ts'

const NOTE = 'gin was not scanned, told her'
const verdict = (page: Page) => page.getByTestId('safety-verdict')
const outcome = (page: Page) => page.getByTestId('transfer-outcome')

/** The one file of a kind that was saved. */
async function savedFile(folder: string, start: string): Promise<string> {
  const names = async () => (await readdir(folder)).filter((name) => name.startsWith(start))
  await expect.poll(names).toHaveLength(1)
  return path.join(folder, (await names())[0] ?? '')
}

async function expectAccessible(page: Page): Promise<void> {
  // Electron gives no second page, which the default mode wants.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
}

test('a decision travels to another PC in a file and counts once', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-data-safety-'))
  const downloads = path.join(folder, 'downloads')
  await mkdir(downloads)
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
    closers.unshift(() => backend.kill())
    const store = new StoreClient({ backend: backend.url, apiKey: API_KEY })
    await new ScriptedShopper(store, STORE, 'shopper-1').send(
      { type: 'session.started', client: { type: 'sdk-ios' } },
      { type: 'item.added', lineId: 'l1', sku: '4001', name: 'Oat milk 1 l', quantity: 1, unitPrice: 199 },
      { type: 'verification.required', verificationId: 'v1', kind: 'spot_check' },
    )
    const open = async (name: string): Promise<Desktop> => {
      const desktop = await launchDesktop({
        userData: path.join(folder, name),
        backendUrl: backend.url,
        env: { FLOORWALKER_DOWNLOADS: downloads },
      })
      closers.unshift(() => desktop.kill())
      return desktop
    }

    // Anna decides on a PC that has lost its network.
    const first = await open('first')
    await signIn(first.page, '100', 'anna-secret')
    await navigate(first.page, 'Data safety')
    await expect(verdict(first.page)).toContainText('Everything you decided is confirmed')
    await expect(first.page.getByRole('button', { name: 'Export unsent…' })).toBeDisabled()
    await navigate(first.page, 'Checks')
    await openCheck(first.page, 'shopper-1')
    await expect(unsent(first.page)).toHaveText('0 unsent')
    await backend.kill()
    await expect(badge(first.page)).toHaveText('Offline')
    await decideSpotCheck(first.page, 'reject', NOTE)
    await expect(unsent(first.page)).toHaveText('1 unsent')

    // The page says what waits and since when, and gives it out as a file; the bundle for IT tells nothing about people.
    await navigate(first.page, 'Data safety')
    await expect(verdict(first.page)).toContainText(/1 decision waits to be sent, taken (just now|\d min ago)/)
    const waiting = first.page.locator('[data-testid="unsent-of"][data-employee="100"]')
    await expect(waiting).toContainText(/You \(Anna Berg\)1(just now|\d min ago)/)
    await expectAccessible(first.page)
    await first.page.getByRole('button', { name: 'Export unsent…' }).click()
    await expect(outcome(first.page)).toContainText('was handed to your system to save')
    const exported = await savedFile(downloads, 'floorwalker-unsent')
    const text = await readFile(exported, 'utf8')
    expect(JSON.parse(text).decisions).toMatchObject([
      {
        employeeNumber: '100',
        mutation: { type: 'verification.resolve', sessionId: 'shopper-1', payload: { note: NOTE } },
      },
    ])
    await first.page.getByRole('button', { name: 'Look at it…' }).click()
    await expect(first.page.getByRole('dialog')).toContainText('floorwalker-support')
    await expectAccessible(first.page)
    await first.page.getByRole('button', { name: 'Save the file…' }).click()
    const bundle = await readFile(await savedFile(downloads, 'floorwalker-support'), 'utf8')
    for (const personal of ['Anna', NOTE, 'Oat milk', '"100"']) expect(bundle).not.toContain(personal)
    await first.close()

    // On another PC a file that was tampered with is refused by field; the right one is taken over, also by Ben.
    const again = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap, port: backend.port })
    closers.unshift(() => again.kill())
    const second = await open('second')
    await signIn(second.page, '200', 'ben-secret')
    await expect(badge(second.page)).toHaveText('Online')
    await navigate(second.page, 'Data safety')
    const picker = second.page.getByLabel('File of unsent decisions')
    const wrong = path.join(folder, 'wrong.json')
    await writeFile(wrong, text.replace('"shopper-1"', '7'))
    await picker.setInputFiles(wrong)
    await expect(second.page.getByRole('alert')).toContainText('Nothing was imported from wrong.json')
    await expect(second.page.getByRole('alert')).toContainText('decisions.0.mutation.sessionId')
    await picker.setInputFiles(exported)
    await expect(outcome(second.page)).toContainText('1 decision taken over')
    await expect(outcome(second.page)).toContainText('1 of employee 100: sent when they sign in on this PC')
    await picker.setInputFiles(exported)
    await expect(outcome(second.page)).toContainText('1 decision was here already')
    await expect(second.page.getByText('1 of others')).toBeVisible()
    expect((await store.getSession(STORE, 'shopper-1'))?.spotCheck).toBe('in_progress')

    // Its owner signs in there: sent once.
    await second.page.getByRole('button', { name: /Ben Cole/ }).click()
    await second.page.getByRole('menuitem', { name: /Sign out/ }).click()
    await signIn(second.page, '100', 'anna-secret')
    await expect(unsent(second.page)).toHaveText('0 unsent', { timeout: 60_000 })
    const resolutions = async () => {
      const session = await store.getSession(STORE, 'shopper-1')
      return session?.events.filter((event) => event.type === 'verification.resolved').map((event) => event.verdict)
    }
    await expect.poll(resolutions).toMatchObject([{ status: 'applied' }])
    expect((await store.getSession(STORE, 'shopper-1'))?.verifications[0]).toMatchObject({
      status: 'rejected',
      note: NOTE,
      employee: { number: '100' },
    })

    // Both sides count the same, and a setting is kept.
    await navigate(second.page, 'Data safety')
    await expect(verdict(second.page)).toContainText('Everything you decided is confirmed')
    await second.page.getByRole('button', { name: 'Check now' }).click()
    await expect(second.page.getByTestId('integrity-report')).toContainText('This PC and the backend agree')
    const days = second.page.getByLabel('Keep details for (days)')
    await days.fill('0')
    await expect(second.page.getByText('A whole number from 1 to 3,650')).toBeVisible()
    await days.fill('45')
    await second.page.getByRole('button', { name: 'Save', exact: true }).click()
    await navigate(second.page, 'Checks')
    await navigate(second.page, 'Data safety')
    await expect(days).toHaveValue('45')

    // The first PC is back: the same decision is known there already, and nothing looks like a refusal.
    const back = await open('first')
    await signInWhereAsked(back.page)
    await expect(unsent(back.page)).toHaveText('0 unsent', { timeout: 60_000 })
    await expect(badge(back.page)).toHaveText('Online')
    expect(await resolutions()).toMatchObject([{ status: 'applied' }])
    await expect(back.page.getByTestId('results-banner')).toHaveCount(0)
    await navigate(back.page, 'Not counted')
    await expect(back.page.getByText('Nothing is left to look at')).toBeVisible()
    await expectAccessible(back.page)
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})
