/** Charts with the backend gone: a cold start, and every figure that is clicked leads to as many sessions in the list. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, type Locator, type Page, test } from '@playwright/test'
import { StoreClient } from '../integration-tools/store-client.ts'
import { ScriptedShopper } from '../simulator/scripted-shopper.ts'
import { launchDesktop } from './launch-desktop.ts'
import { startBackend } from './start-backend.ts'
import { API_KEY, badge, bootstrap, navigate, STORE, signIn } from './story.ts'

const ITEM = {
  type: 'item.added',
  lineId: 'l1',
  sku: '4001',
  name: 'Oat milk 1 l',
  quantity: 2,
  unitPrice: 250,
} as const
const count = (page: Page) => page.getByTestId('list-count')
const tab = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Charts' }).getByRole('link', { name, exact: true })
const figure = (page: Page, label: string): Locator =>
  page.getByTestId('figures').locator('div').filter({ hasText: label }).last().getByRole('link')

/** Charts with something to show that is not drawn. */
const undrawn = (page: Page): Locator =>
  page.locator('section[data-testid^="chart-"]:not(:has([class*="drawing"])):not(:has-text("Nothing of this"))')
/** Titles of charts whose drawing has no height. */
const flatCharts = (report: Locator) =>
  report
    .locator('section[data-testid^="chart-"]')
    .evaluateAll((charts) =>
      charts
        .filter((chart) => (chart.querySelector('[class*="drawing"] svg')?.getBoundingClientRect().height ?? 100) < 50)
        .map((chart) => chart.ariaLabel),
    )
/** Words of the report that end in dots, for want of room. */
const cutTexts = (report: Locator) =>
  report
    .locator('p, dd, h2, td')
    .evaluateAll((texts) =>
      texts.filter((text) => text.scrollWidth > text.clientWidth + 1).map((text) => text.textContent),
    )

test('charts answer with the network down, and lead to exactly the sessions they count', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-charts-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
    closers.unshift(() => backend.kill())
    const store = new StoreClient({ backend: backend.url, apiKey: API_KEY })
    for (let at = 0; at < 7; at += 1) {
      const shopper = new ScriptedShopper(store, STORE, `charted-${at}`)
      await shopper.send({ type: 'session.started', client: { type: at < 4 ? 'matrix' : 'sdk-ios' } }, ITEM)
      if (at === 6) continue
      await shopper.send(
        { type: 'checkout.started', transactionId: 't1' },
        { type: 'payment.started', transactionId: 't1' },
      )
      if (at === 5) await shopper.send({ type: 'payment.failed', transactionId: 't1', reason: 'card_declined' })
      else await shopper.send({ type: 'payment.completed', transactionId: 't1', amount: 500 })
      if (at < 3) await shopper.send({ type: 'exit.scanned' })
      if (at === 4) await shopper.send({ type: 'feedback.given', rating: 4 })
    }
    const userData = path.join(folder, 'console')
    const first = await launchDesktop({ userData, backendUrl: backend.url })
    closers.unshift(() => first.kill())
    await signIn(first.page, '100', 'anna-secret')
    await expect(badge(first.page)).toHaveText('Online')
    await expect(count(first.page)).toContainText('7 sessions')
    await navigate(first.page, 'Charts')
    await expect(first.page.getByTestId('charts-count')).toHaveAttribute('data-count', '7')
    await first.kill()
    await backend.kill()

    const second = await launchDesktop({ userData, backendUrl: backend.url })
    closers.unshift(() => second.kill())
    const { page } = second
    await navigate(page, 'Charts')
    await expect(page.getByTestId('charts-count')).toHaveAttribute('data-count', '7')
    // Missing is not zero: what this PC has not heard is said and shaded.
    await expect(page.getByTestId('charts-notes')).toContainText('No contact since')

    await tab(page, 'Sessions').click()
    await expect(figure(page, 'Started')).toHaveText('7')
    await expect(figure(page, 'Completed')).toHaveText('3')
    await expect(figure(page, 'Sales')).toHaveText('€25.00')
    await expect(page.getByTestId('chart-sessions').getByTestId('contact-gap')).toBeAttached()
    const ends = page.getByTestId('chart-sessions')
    await ends.getByRole('button', { name: 'Show as a table' }).click()
    await expect(ends.getByRole('row').last()).toContainText('without contact')
    await figure(page, 'Completed').click()
    await expect(count(page)).toContainText('3 sessions')
    await page.goBack()

    // By keyboard: the last stretch of the sales is the one in which they were paid.
    const sales = page.getByTestId('chart-sales').getByRole('application')
    await sales.focus()
    await sales.press('End')
    await expect(page.getByTestId('chart-sales').getByRole('status').last()).toContainText('€25.00')
    await sales.press('Enter')
    await expect(count(page)).toContainText('5 sessions')
    await expect(count(page)).toContainText('€25.00')
    await page.goBack()

    // The same figures as a table, each a way to its sessions.
    const clients = page.getByTestId('chart-clients')
    await clients.getByRole('button', { name: 'Show as a table' }).click()
    await clients
      .getByRole('row', { name: /SCO matrix/ })
      .getByRole('link', { name: '4' })
      .click()
    await expect(count(page)).toContainText('4 sessions')
    await expect(page.getByRole('list', { name: 'Active filters' })).toContainText('Client: SCO matrix')
    await page.goBack()

    await tab(page, 'Conversion').click()
    await figure(page, 'Payment started').click()
    await expect(count(page)).toContainText('6 sessions')
    await page.goBack()
    const obstacles = page.getByTestId('chart-obstacles')
    await obstacles.getByRole('button', { name: 'Show as a table' }).click()
    await obstacles
      .getByRole('row', { name: /Payment failed/ })
      .getByRole('link', { name: '1' })
      .click()
    await expect(count(page)).toContainText('1 session')
    await page.goBack()

    await tab(page, 'Heat map').click()
    const heat = page.getByTestId('chart-heat-map')
    await expect(heat.getByRole('link')).not.toHaveCount(0)
    const cells = await heat.getByRole('link').all()
    const words = await Promise.all(cells.map((cell) => cell.textContent()))
    expect(words.reduce((sum, text) => sum + Number(text), 0)).toBe(7)
    await cells[0]?.click()
    await expect(count(page)).toContainText(`${words[0]} session`)

    // On paper nothing is missing that was not scrolled to, and nothing is cut, in a window of any size.
    await page.goBack()
    await tab(page, 'Sessions').click()
    await expect(page.getByTestId('chart-sales').getByRole('application')).toBeVisible()
    expect(await undrawn(page).count()).toBeGreaterThan(0)
    await second.app.evaluate(async ({ BrowserWindow }) => {
      await BrowserWindow.getAllWindows()[0]?.webContents.printToPDF({ pageSize: 'A4' })
    })
    expect(await undrawn(page).count()).toBe(0)
    await tab(page, 'Week report').click()
    await page.getByRole('button', { name: 'The week after' }).click()
    const report = page.getByTestId('week-report')
    await expect(report.getByText('7 sessions').first()).toBeVisible()
    await page.emulateMedia({ media: 'print' })
    for (const width of [900, 720, 1280]) {
      await second.app.evaluate(
        ({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]?.setContentSize(to, 800),
        width,
      )
      await expect.poll(() => page.evaluate(() => innerWidth)).toBe(width)
      await expect.poll(() => flatCharts(report)).toEqual([])
      expect(await cutTexts(report)).toEqual([])
    }
    await page.emulateMedia({ media: null })
    await tab(page, 'Heat map').click()

    // The filters of the list are those of the charts.
    await page.keyboard.press('f')
    await expect(page.getByRole('dialog').getByRole('button', { name: 'Checked by', exact: true })).toBeVisible()
    // What single employees did is a manager's business.
    await expect(page.getByRole('dialog').getByRole('button', { name: 'Checked by employee' })).toHaveCount(0)
    await page.getByRole('dialog').getByRole('button', { name: 'Client', exact: true }).click()
    await page.getByRole('checkbox', { name: 'iOS app' }).click()
    await page.keyboard.press('Escape')
    await expect(page.getByTestId('charts-count')).toHaveAttribute('data-count', '3')
    await page.getByRole('link', { name: 'Show them in the list' }).click()
    await expect(count(page)).toContainText('3 sessions')
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})
