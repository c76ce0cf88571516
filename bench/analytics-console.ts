/** The part of `analytics` that runs the desktop app, and times what a person who changes a filter of the charts waits for. */
import { cp } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { startBackend } from '../e2e/start-backend.ts'
import { watchCharts } from './in-page-charts.ts'
import { type Measurement, quantile } from './measurement.ts'
import { millionBootstrap } from './million-backend.ts'
import { firstSync } from './million-console.ts'
import { inTime } from './page-clock.ts'

const PAGES = ['Sessions', 'Conversion', 'Checks', 'Abandoned', 'Heat map']
const CLIENTS = ['Android app', 'iOS app', 'Hand scanner', 'SCO matrix']
/** Clicks before the first that counts: they warm up caches and compilers. */
const WARM_UP = 3
/** After a first sync the console still makes sort orders; what is measured is a console that has been open for a while. */
const SETTLE_MS = 15_000
const BETWEEN_MS = 500

interface Ground {
  /** Data folder of a backend with all sessions; not changed. */
  filled: string
  sessions: number
  /** For profiles and copies of data folders. */
  folder: string
  log: (line: string) => void
}

/** On every page of charts over all sessions, clients are chosen and left out. */
export async function measureChartPaints({ filled, sessions, folder, log }: Ground): Promise<Measurement[]> {
  const dataDir = path.join(folder, 'backend')
  await cp(filled, dataDir, { recursive: true })
  const backend = await startBackend({ dataDir, bootstrap: millionBootstrap })
  const closers: (() => Promise<unknown>)[] = [() => backend.stop()]
  try {
    const { desktop } = await firstSync({ backend, userData: path.join(folder, 'console'), sessions })
    closers.unshift(() => desktop.kill())
    const { page } = desktop
    await pause(SETTLE_MS)
    await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'Charts' }).click()
    await showAllHistory(page, sessions)
    const all: number[] = []
    const tasks: number[] = []
    for (const name of PAGES) {
      const { times, longTasks } = await paintsOf(page, name)
      log(`${name}: painted ${quantile(times, 0.5).toFixed(0)}/${quantile(times, 0.95).toFixed(0)} ms (p50/p95)`)
      log(`  tasks over 50 ms: ${longTasks.map((ms) => Math.round(ms)).join(', ') || 'none'}`)
      all.push(...times)
      tasks.push(...longTasks)
    }
    const ms = (name: string, value: number): Measurement => ({ name, value: Number(value.toFixed(1)), unit: 'ms' })
    return [
      ms('charts-paint-p50-ms', quantile(all, 0.5)),
      ms('charts-paint-p95-ms', quantile(all, 0.95)),
      ms('charts-longest-task-ms', Math.max(0, ...tasks)),
    ]
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
}

/** The sessions lie in the past, and a page is to be of all of them. */
async function showAllHistory(page: Page, sessions: number): Promise<void> {
  await chartPage(page, 'Sessions').click()
  await page
    .getByRole('button', { name: /^Last \d+ days$/ })
    .first()
    .click()
  await page.getByRole('button', { name: 'Any time', exact: true }).click()
  await page.keyboard.press('Escape')
  await page.waitForSelector(`[data-testid="charts-count"][data-count="${sessions}"]`)
}

const chartPage = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Charts' }).getByRole('link', { name, exact: true })

async function paintsOf(page: Page, name: string): Promise<{ times: number[]; longTasks: number[] }> {
  await page.getByRole('navigation', { name: 'Charts' }).getByRole('link', { name, exact: true }).click()
  await page.waitForSelector('[data-testid="charts-count"]')
  await page.keyboard.press('f')
  await page.getByRole('dialog').getByRole('button', { name: 'Client', exact: true }).click()
  await pause(SETTLE_MS / 5)
  const watch = await page.evaluateHandle(watchCharts)
  const times: number[] = []
  for (const [click, client] of clicksOnce(CLIENTS).entries()) {
    await page.evaluate((watch) => watch.expect(), watch)
    await page.getByRole('checkbox', { name: client }).click()
    const ms = await inTime(
      page.evaluate((watch) => watch.painted(), watch),
      `the charts of ${name} without or with ${client}`,
    )
    if (click >= WARM_UP) times.push(ms)
    await pause(BETWEEN_MS)
  }
  const longTasks = await page.evaluate((watch) => watch.longTasks(), watch)
  await page.keyboard.press('Escape')
  return { times, longTasks }
}

/** Which to click so that no choice comes up twice: the window keeps the answers to those it had. As a Gray code has it. */
function clicksOnce(names: readonly string[]): string[] {
  return Array.from({ length: 2 ** names.length - 1 }, (_, step) => {
    const changed = 31 - Math.clz32((step + 1) & -(step + 1))
    return names[changed] ?? ''
  })
}
