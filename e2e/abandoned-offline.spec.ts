/** The story: left baskets reviewed, goods put back and a note written with the network down, over two restarts. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { StoreClient } from '../integration-tools/store-client.ts'
import { ScriptedShopper } from '../simulator/scripted-shopper.ts'
import type { FactBody } from '../simulator/shopper.ts'
import { type Desktop, launchDesktop } from './launch-desktop.ts'
import { scan } from './scanner.ts'
import { startBackend } from './start-backend.ts'
import { API_KEY, badge, bootstrap, navigate, STORE, signIn, signInWhereAsked, unsent } from './story.ts'

const OAT_MILK = '4006381333931'
const RYE_BREAD = '96385074'
const HOUR_MS = 3_600_000
/** Longer than a store waits for an inactive shopper. */
const LEFT_BEFORE_MS = 3 * HOUR_MS

const started: FactBody = { type: 'session.started', client: { type: 'sdk-ios' } }
const milk = (quantity: number): FactBody => ({
  ...{ type: 'item.added', lineId: 'milk', sku: OAT_MILK, name: 'Oat milk 1 l', quantity, unitPrice: 199 },
  ...{ department: 'Dairy', storage: 'chilled' },
})
const bread: FactBody = {
  ...{ type: 'item.added', lineId: 'bread', sku: RYE_BREAD, name: 'Rye bread', quantity: 1, unitPrice: 349 },
  ...{ department: 'Bakery', storage: 'ambient' },
}
const failed = (transactionId: string): FactBody[] => [
  { type: 'checkout.started', transactionId },
  { type: 'payment.started', transactionId, method: 'card' },
  { type: 'payment.failed', transactionId, reason: 'card_declined' },
]

const basket = (page: Page, id: string) => page.locator(`[data-testid="basket-row"][data-session-id="${id}"]`)
const product = (page: Page, sku: string) => page.locator(`[data-testid="put-back-item"][data-sku="${sku}"]`)
const tab = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Abandoned baskets' }).getByRole('link', { name }).click()

test('left baskets offline: one reviewed item by item, two at once, goods ticked and scanned, a note; all of it is sent', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-abandoned-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const dataDir = path.join(folder, 'backend')
    const backend = await startBackend({ dataDir, bootstrap })
    closers.unshift(() => backend.kill())
    const store = new StoreClient({ backend: backend.url, apiKey: API_KEY })
    const leave = async (id: string, agoMs: number, ...bodies: FactBody[]) => {
      const clock = { now: () => Date.now() - agoMs, monotonic: () => performance.now() }
      await new ScriptedShopper(store, STORE, id, clock).send(started, ...bodies)
    }
    await leave('declined', LEFT_BEFORE_MS, milk(2), bread, ...failed('t1'), ...failed('t2'))
    await leave('left-1', LEFT_BEFORE_MS + HOUR_MS, bread)
    await leave('left-2', LEFT_BEFORE_MS + 2 * HOUR_MS, milk(1))
    await leave('to-put-back', LEFT_BEFORE_MS + 3 * HOUR_MS, milk(2), bread)

    const launch = () => launchDesktop({ userData: path.join(folder, 'a'), backendUrl: backend.url })
    let desktop: Desktop = await launch()
    closers.unshift(() => desktop.kill())
    let { page } = desktop
    await signIn(page, '100', 'anna-secret')
    await expect(badge(page)).toHaveText('Online')
    await navigate(page, 'Abandoned')
    await expect(basket(page, 'declined')).toContainText('Payment failed twice (card declined), gave up at')
    await expect(page.getByTestId('baskets-count')).toContainText('4 baskets · 8 pieces')
    await expect(page.getByText('without details on this PC')).toHaveCount(0)

    // Network down, and a cold start: everything that was there is there.
    await backend.kill()
    await desktop.kill()
    desktop = await launch()
    page = desktop.page
    await expect(badge(page)).toHaveText('Offline')
    await navigate(page, 'Abandoned')
    await expect(basket(page, 'declined')).toContainText('Payment failed twice (card declined), gave up at')
    await expect(page.getByTestId('baskets-count')).toContainText('4 baskets · 8 pieces')

    // One basket by keyboard: the milk is discarded, the bread goes back; then a note on it.
    await page.keyboard.press('Enter')
    const panel = page.getByTestId('basket-panel')
    await expect(panel).toContainText('Payment failed twice (card declined)')
    await expect(panel.getByTestId('basket-item').first()).toBeFocused()
    await expect(panel.getByTestId('basket-item').first()).toContainText('Discard, limit was')
    await page.keyboard.press('d')
    await expect(panel.getByTestId('basket-item').last()).toBeFocused()
    await page.keyboard.press('p')
    await panel.getByLabel('New note').fill('Talked to her at the door: wrong PIN.')
    await panel.getByRole('button', { name: 'Add note' }).click()
    await expect(panel.getByTestId('session-note')).toContainText('not sent yet')
    await page.keyboard.press('Control+Enter')
    await expect(basket(page, 'declined')).toHaveCount(0)
    await expect(unsent(page)).toHaveText('2 unsent')

    // Two at once.
    await page.keyboard.press('Escape')
    await basket(page, 'left-1').locator('[data-mark]').click()
    await basket(page, 'left-2').locator('[data-mark]').click()
    await page.keyboard.press('r')
    const bulk = page.getByTestId('bulk-review')
    await expect(bulk).toContainText('2 pieces')
    await expect(bulk.getByRole('radio', { name: 'By the rule' })).toBeChecked()
    // Put back against the rule: asked once, by name; the rule's answer is at hand, and Escape changes nothing.
    await bulk.getByText('Put back', { exact: true }).click()
    await bulk.getByRole('button', { name: 'Review 2 baskets' }).click()
    const question = page.getByRole('dialog')
    await expect(question).toContainText('discard 1 piece')
    await expect(question.getByRole('listitem')).toContainText(/^1Oat milk 1 lout 5 h \d+ min, limit was/)
    await page.keyboard.press('Escape')
    await expect(question).toHaveCount(0)
    await expect(bulk.getByRole('button', { name: 'Review 2 baskets' })).toBeFocused()
    await expect(unsent(page)).toHaveText('2 unsent')
    await bulk.getByText('By the rule', { exact: true }).click()
    await bulk.getByRole('button', { name: 'Review 2 baskets' }).click()
    await expect(page.getByTestId('basket-row')).toHaveCount(1)
    await expect(unsent(page)).toHaveText('5 unsent')

    // What is left goes back: bread by hand, milk by two scans, and as it lay out too long it is to be discarded.
    await tab(page, 'Put back')
    await expect(page.getByTestId('put-back-sums')).toContainText('3 pieces from 1 basket')
    await product(page, RYE_BREAD).focus()
    await page.keyboard.press(' ')
    await expect(product(page, RYE_BREAD)).toHaveCount(0)
    await expect(product(page, OAT_MILK)).toBeFocused()
    await page.keyboard.press('p')
    await expect(question).toContainText('discard 2 pieces')
    await expect(page.getByRole('button', { name: 'By the rule: discard' })).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(question).toHaveCount(0)
    await scan(desktop, OAT_MILK)
    await expect(page.getByTestId('last-tick')).toContainText('1 of 2 pieces scanned')
    await scan(desktop, OAT_MILK)
    await expect(page.getByTestId('last-tick')).toContainText('DISCARD 2 pieces')
    await expect(page.getByText('Nothing is left to put back')).toBeVisible()
    // A wrong tick is taken back, and the next one put right.
    await page.keyboard.press('u')
    await expect(page.getByTestId('last-tick')).toContainText('Oat milk 1 l: 2 pieces on the list again')
    await expect(product(page, OAT_MILK)).toBeVisible()
    await expect(unsent(page)).toHaveText('8 unsent')
    await scan(desktop, OAT_MILK)
    await scan(desktop, OAT_MILK)
    await expect(page.getByTestId('last-tick')).toContainText('DISCARD 2 pieces')
    await expect(product(page, OAT_MILK)).toHaveCount(0)
    const done = page.getByTestId('put-back-done')
    await done.getByRole('listitem').filter({ hasText: 'Rye bread' }).getByText('Not found', { exact: true }).click()
    await expect(unsent(page)).toHaveText('10 unsent')

    // The power goes, still offline: all of it is kept.
    await desktop.kill()
    desktop = await launch()
    page = desktop.page
    await expect(unsent(page)).toHaveText('10 unsent')
    await navigate(page, 'Abandoned')
    await expect(page.getByTestId('baskets-count')).toContainText('1 basket')
    await expect(basket(page, 'to-put-back')).toContainText('not sent yet')
    await page.getByText('Reviewed', { exact: true }).click()
    await expect(page.getByTestId('basket-row')).toHaveCount(3)
    await expect(basket(page, 'declined')).toContainText('Payment did not work · Anna Berg')
    await basket(page, 'declined').click()
    await expect(panelOf(page).getByTestId('settled')).toContainText([/discarded/, /put back/])
    await expect(panelOf(page).getByTestId('session-note')).toContainText('wrong PIN')
    await tab(page, 'Put back')
    await expect(page.getByText('Nothing is left to put back')).toBeVisible()

    // The backend is back: everything counts.
    const again = await startBackend({ dataDir, bootstrap, port: backend.port })
    closers.unshift(() => again.kill())
    await signInWhereAsked(page)
    await expect(unsent(page)).toHaveText('0 unsent', { timeout: 60_000 })
    const read = async (id: string) => (await store.getSession(STORE, id)) as SessionDocument
    const declined = await read('declined')
    expect(declined.review).toMatchObject({ reason: 'Payment did not work', employee: { name: 'Anna Berg' } })
    expect(outcomes(declined)).toEqual({ milk: 'discarded', bread: 'put_back' })
    expect(declined.notes.map(({ text }) => text)).toEqual(['Talked to her at the door: wrong PIN.'])
    for (const [id, expected] of [
      ['left-1', { bread: 'put_back' }],
      ['left-2', { milk: 'discarded' }],
    ] as const) {
      const left = await read(id)
      expect(left.review?.reason).toBe('Left without paying')
      expect(outcomes(left)).toEqual(expected)
    }
    const putBack = await read('to-put-back')
    expect(putBack.review).toBeNull()
    expect(outcomes(putBack)).toEqual({ milk: 'discarded', bread: 'not_found' })
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})

const panelOf = (page: Page) => page.getByTestId('basket-panel')
const outcomes = ({ putBack }: SessionDocument) =>
  Object.fromEntries(putBack.map(({ lineId, outcome }) => [lineId, outcome]))
