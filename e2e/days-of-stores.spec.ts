/** A week of two stores in two time zones: its days are each store's own, in the report, in charts and in the list. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { addDays, localDateOf, startOfLocalDate } from '#shared/time/local-day.ts'
import { StoreClient } from '../integration-tools/store-client.ts'
import { ScriptedShopper } from '../simulator/scripted-shopper.ts'
import { launchDesktop } from './launch-desktop.ts'
import { startBackend } from './start-backend.ts'
import { API_KEY, navigate, signIn } from './story.ts'

const ZONES = { berlin: 'Europe/Berlin', newyork: 'America/New_York' }
const stores = Object.keys(ZONES)
const bootstrap = {
  stores: Object.entries(ZONES).map(([id, timezone]) => ({ id, name: id, timezone, currency: 'EUR' })),
  apiKeys: [{ key: API_KEY, stores }],
  employees: [{ number: '100', name: 'Anna Berg', password: 'anna-secret', role: 'supervisor' as const, stores }],
}
const HOUR = 3_600_000

/** Goes to an address of the console as a link would. */
const open = (page: Page, href: string) =>
  page.evaluate((to) => {
    history.pushState({}, '', to)
    dispatchEvent(new PopStateEvent('popstate'))
  }, href)

test('a week holds the days of each store, and its bars lead to as many sessions', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-days-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
    closers.unshift(() => backend.kill())
    const client = new StoreClient({ backend: backend.url, apiKey: API_KEY })
    // The last week that is over in both.
    const today = localDateOf(Date.now(), ZONES.newyork)
    const monday = addDays(today, -7 - ((new Date(`${today}T00:00:00Z`).getUTCDay() + 6) % 7))
    const sunday = addDays(monday, 6)
    /** Hours from the midnight at which a day begins in the store. */
    const shop = async (storeId: keyof typeof ZONES, date: string, hours: number) => {
      const now = startOfLocalDate(date, ZONES[storeId]) + hours * HOUR
      const clock = { now: () => now, monotonic: () => now }
      const shopper = new ScriptedShopper(client, storeId, `${storeId}-${date}-${hours}`, clock)
      const item = { type: 'item.added', lineId: 'l1', sku: '1', name: 'Milk', quantity: 1, unitPrice: 100 } as const
      await shopper.send({ type: 'session.started', client: { type: 'matrix' } }, item)
    }
    // In New York, the evening before is already the week's Monday of Berlin, and Sunday's evening the Monday after.
    await shop('newyork', monday, -2)
    await shop('newyork', monday, 0.5)
    await shop('newyork', sunday, 21)
    await shop('newyork', sunday, 24.5)
    await shop('berlin', monday, -0.5)
    await shop('berlin', monday, 0.5)

    const { page, kill } = await launchDesktop({ userData: path.join(folder, 'console'), backendUrl: backend.url })
    closers.unshift(kill)
    await signIn(page, '100', 'anna-secret')
    await expect(page.getByTestId('list-count')).toContainText('6 sessions')
    await navigate(page, 'Charts')
    await page.getByRole('link', { name: 'Week report', exact: true }).click()
    await expect(page.getByTestId('charts-count').first()).toHaveAttribute('data-count', '3')
    await expect(page.getByTestId('figures').first()).toContainText('than in the week before')

    const days = `started=${monday}..${sunday}`
    await open(page, `/charts/sessions?${days}&by=day`)
    const chart = page.getByTestId('chart-sessions')
    await chart.getByRole('button', { name: 'Show as a table' }).click()
    const started = chart.getByRole('row').locator('td:last-child')
    await expect(started).toHaveText(['2', '0', '0', '0', '0', '0', '1'])
    // All of them were left; a bar leads to the days and its hours.
    await chart.getByRole('row').last().getByRole('link', { name: '1', exact: true }).click()
    await expect(page.getByTestId('list-count')).toContainText('1 session')
    await page.goBack()
    await page.getByRole('link', { name: 'Show them in the list' }).click()
    await expect(page.getByTestId('list-count')).toContainText('3 sessions')

    await open(page, '/charts/sessions')
    const compare = page.getByRole('checkbox', { name: 'Compare with the period before' })
    await expect(compare).toBeDisabled()
    await expect(compare).toHaveAccessibleDescription('“Any time” has none')
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})
