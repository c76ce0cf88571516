/** The sessions list, walked with the keyboard alone: filters, views, selection, rows that hold still, a newer link. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { StoreClient } from '../integration-tools/store-client.ts'
import { ScriptedShopper } from '../simulator/scripted-shopper.ts'
import { launchChromium } from './launch-chromium.ts'
import { startBackend } from './start-backend.ts'
import { API_KEY, badge, bootstrap, row, STORE, signIn } from './story.ts'

const SESSIONS = 30
const ITEM = { type: 'item.added', sku: '4001', name: 'Oat milk 1 l', unitPrice: 200 } as const
const count = (page: Page) => page.getByTestId('list-count')
const selection = (page: Page) => page.getByTestId('selection')
const palette = (page: Page) => page.getByLabel('Command or session id')
const active = (page: Page) => page.locator('[data-testid="session-row"][data-active]')
const shownIds = (page: Page) =>
  page.getByTestId('session-row').evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.sessionId))

async function expectNoSeriousFindings(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
}

test('the list is found, narrowed, kept, counted and read without a mouse', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-list-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
    closers.unshift(() => backend.kill())
    const store = new StoreClient({ backend: backend.url, apiKey: API_KEY })
    const shoppers = Array.from({ length: SESSIONS }, (_, at) => new ScriptedShopper(store, STORE, `walk-${at + 10}`))
    for (const [at, shopper] of shoppers.entries()) {
      await shopper.send(
        { type: 'session.started', client: { type: at % 3 === 0 ? 'matrix' : 'sdk-ios' } },
        { ...ITEM, lineId: 'l1', quantity: at + 1 },
      )
    }
    const console = await launchChromium(path.join(folder, 'profile'), backend.url)
    closers.unshift(() => console.kill())
    const { page } = console
    await signIn(page, '100', 'anna-secret')
    await expect(badge(page)).toHaveText('Online')
    await expect(count(page)).toContainText('30 sessions')
    await expect(count(page)).toContainText('465 items')
    await expect(count(page)).toContainText('€930.00')

    // A client by the filter menu: the pill says it, counts and sums follow.
    await page.keyboard.press('f')
    await expect(
      page.getByRole('dialog', { name: 'Filter' }).getByRole('button', { name: 'Start', exact: true }),
    ).toBeFocused()
    await page.keyboard.press('c')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('checkbox', { name: 'iOS app' })).toBeFocused()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('list', { name: 'Active filters' })).toContainText('Client: SCO matrix')
    await expect(count(page)).toContainText('10 sessions')

    // Kept as a view, left, and come back to.
    await page.keyboard.press('v')
    await page.getByRole('menuitem', { name: 'Save as a new view…' }).press('Enter')
    const name = page.getByRole('textbox', { name: 'Name of the view' })
    await expect(name).toBeFocused()
    await page.keyboard.type('Matrix')
    await page.keyboard.press('Enter')
    await expect(name).toBeHidden()
    await page.keyboard.press('Shift+F')
    await expect(count(page)).toContainText('30 sessions')
    await page.keyboard.press('Control+k')
    await palette(page).fill('matrix view')
    await page.keyboard.press('Enter')
    await expect(count(page)).toContainText('10 sessions')
    await page.reload()
    await expect(count(page)).toContainText('10 sessions')
    await page.keyboard.press('v')
    await expect(page.getByRole('menuitem', { name: 'Matrix', exact: true })).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('menu')).toHaveCount(0)
    await page.keyboard.press('Shift+F')
    await expect(count(page)).toContainText('30 sessions')

    // By items, fewest first; three rows selected on the way, then all.
    await page.keyboard.press('s')
    await expect(palette(page)).toHaveValue('sort by ')
    await page.keyboard.type('items')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('columnheader', { name: 'Items' })).toHaveAttribute('aria-sort', 'descending')
    await page.keyboard.press('r')
    await expect(active(page)).toHaveAttribute('data-session-id', 'walk-39')
    await page.keyboard.press('End')
    await expect(active(page)).toHaveAttribute('data-session-id', 'walk-10')
    await page.keyboard.press('Shift+ArrowUp')
    await page.keyboard.press('Shift+ArrowUp')
    await expect(selection(page)).toContainText('3 selected')
    await expect(selection(page)).toContainText('6 items')
    await expect(selection(page)).toContainText('€12.00')
    await page.keyboard.press('Control+a')
    await expect(selection(page)).toContainText('30 selected')
    await expect(selection(page)).toContainText('€930.00')
    await page.keyboard.press('Escape')
    await expect(selection(page)).toHaveCount(0)
    await expectNoSeriousFindings(page)

    // Search as one types, on to the rows, open, and back to where it was.
    await page.keyboard.press('/')
    await page.keyboard.type('walk-2')
    await expect(count(page)).toContainText('10 sessions')
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/stores\/berlin\/sessions\/walk-28/)
    await page.goBack()
    await expect(active(page)).toHaveAttribute('data-session-id', 'walk-28')
    await page.keyboard.press('Shift+F')

    // Rows hold still under the pointer: values change in place, new ones wait to be let in.
    await page.keyboard.press('s')
    await expect(palette(page)).toBeFocused()
    await page.keyboard.type('last activity')
    await page.keyboard.press('Enter')
    await expect(count(page)).toContainText('30 sessions')
    await row(page, 'walk-37').hover()
    const before = await shownIds(page)
    await shoppers[20]?.send({ ...ITEM, lineId: 'l2', quantity: 100 })
    await new ScriptedShopper(store, STORE, 'walk-new').send({
      type: 'session.started',
      client: { type: 'kiosk-pilot' },
    })
    await expect(row(page, 'walk-30')).toContainText('€242.00')
    await expect(page.getByTestId('let-in')).toContainText('2 new or changed sessions')
    await expect(count(page)).toContainText('31 sessions')
    expect(await shownIds(page)).toEqual(before)
    await page.keyboard.press('u')
    await expect(page.getByTestId('let-in')).toHaveCount(0)
    expect((await shownIds(page)).slice(0, 2)).toEqual(['walk-new', 'walk-30'])

    // A client nobody knows is offered and shown as it is.
    await page.keyboard.press('f')
    await expect(
      page.getByRole('dialog', { name: 'Filter' }).getByRole('button', { name: 'Start', exact: true }),
    ).toBeFocused()
    await page.keyboard.press('c')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('checkbox', { name: 'kiosk-pilot' })).toBeVisible()
    await page.keyboard.press('Escape')

    // A link of a newer version is followed as far as it can be, and says what it cannot.
    await page.goto(`${backend.url}/sessions?stores=["berlin","gone"]&loyaltyTier=gold&client=matrix&items=many`)
    const problems = page.getByTestId('search-problems')
    await expect(problems).toContainText('“loyaltyTier”')
    await expect(problems).toContainText('“Items”')
    await expect(problems).toContainText('“gone” is no store of yours')
    await expect(problems).not.toContainText('“stores”')
    await expect(count(page)).toContainText('10 sessions')
    await expect(page).toHaveURL(/loyaltyTier=gold/)
    await page.getByRole('button', { name: 'Remove these parts' }).press('Enter')
    await expect(problems).toHaveCount(0)
    await expect(page).not.toHaveURL(/loyaltyTier|gone/)

    // Nothing matches: what to drop, with counts.
    await page.goto(`${backend.url}/sessions?client=matrix&items=900..`)
    await page.getByRole('button', { name: /Without “Items: at least 900”/ }).press('Enter')
    await expect(count(page)).toContainText('10 sessions')

    await page.keyboard.press('?')
    await expect(page.getByTestId('shortcuts-sheet')).toContainText('Add a filter')
    await expectNoSeriousFindings(page)
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})
