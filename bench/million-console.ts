/** The part of `million` that runs the desktop app on a backend with all the sessions, and times what a person sees. */
import { cp, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { JSHandle, Page } from 'playwright-core'
import { type Desktop, launchDesktop } from '../e2e/launch-desktop.ts'
import { type Backend, repository, startBackend } from '../e2e/start-backend.ts'
import { Random } from '../simulator/random.ts'
import { type DataApi, type ExportRequest, exportColumns, noFilter } from '../src-renderer/data/data-api.ts'
import { type FactTimes, factsToRows } from './facts-to-rows.ts'
import { findDataApi, watchRows } from './in-page.ts'
import { allThereAt, type ListInput, type ListWatch, watchFirstRows, watchList } from './in-page-list.ts'
import { type Measurement, median, quantile } from './measurement.ts'
import { millionBootstrap } from './million-backend.ts'
import { inTime } from './page-clock.ts'
import { Shoppers } from './shoppers.ts'
import { timeUntilThere } from './time-start.ts'

export interface ConsoleFigures {
  measurements: Measurement[]
  firstSyncCompleteMs: number
}

interface Ground {
  /** Data folder of a backend with all sessions; not changed. */
  filled: string
  sessions: number
  /** For profiles and copies of data folders. */
  folder: string
  seed: number
  log: (line: string) => void
}

const FIRST_SYNCS = 3
const START_ROUNDS = 7
const PAINT_ROUNDS = 4
/** Inputs that take longer are named in the log. */
const SLOW_INPUT_MS = 100
const FACTS = 100
const EXPORTS = 3
/** After a first sync the console still makes sort orders; what is measured is a console that has been open for a while. */
const SETTLE_MS = 15_000
const TIMEOUT_MS = 300_000
const ROW = '[data-testid="session-row"]'
const EMPTY_LIST = '[role="grid"][aria-busy="false"]'

const [employee] = millionBootstrap.employees
const [apiKey] = millionBootstrap.apiKeys
const [store] = millionBootstrap.stores

/** Runs the app through its first sync, its inputs, facts, exports and starts. */
export async function measureConsole(ground: Ground): Promise<ConsoleFigures> {
  const { folder, filled, log } = ground
  const closers: (() => Promise<unknown>)[] = []
  try {
    const dataDir = path.join(folder, 'backend')
    await cp(filled, dataDir, { recursive: true })
    const backend = await startBackend({ dataDir, bootstrap: millionBootstrap })
    closers.unshift(() => backend.stop())
    const usable: number[] = []
    const complete: number[] = []
    let opened: Opened | null = null
    const profiles = Array.from({ length: FIRST_SYNCS }, (_, index) => path.join(folder, `console-${index}`))
    for (const userData of profiles) {
      await opened?.desktop.close()
      opened = await firstSync({ backend, userData, sessions: ground.sessions })
      const { desktop } = opened
      closers.unshift(() => desktop.kill())
      usable.push(opened.usableMs)
      complete.push(opened.completeMs)
      log(
        `first sync: usable after ${Math.round(opened.usableMs)} ms, complete after ${Math.round(opened.completeMs)} ms`,
      )
    }
    if (opened === null) throw new Error('no first sync')
    await pause(SETTLE_MS)
    const { desktop, data } = opened
    const rendererBytes = await rendererMemory(desktop)
    const exported = await exportAll(desktop.page, data, log)
    const paints = await paintAll(desktop.page, data, ground)
    const facts = await followFacts(backend, desktop.page, data, log)
    await desktop.close()

    const emptyBackend = await startBackend({
      dataDir: path.join(folder, 'empty-backend'),
      bootstrap: millionBootstrap,
    })
    closers.unshift(() => emptyBackend.stop())
    const emptyProfile = path.join(folder, 'empty-console')
    const empty = await firstSync({ backend: emptyBackend, userData: emptyProfile, sessions: 0 })
    closers.unshift(() => empty.desktop.kill())
    await pause(SETTLE_MS)
    const emptyRendererBytes = await rendererMemory(empty.desktop)
    await empty.desktop.close()
    const full = { userData: profiles.at(-1) ?? '', backend, selector: ROW }
    const starts = await startBoth(full, { userData: emptyProfile, backend: emptyBackend, selector: EMPTY_LIST }, log)

    const all = Object.values(paints).flat()
    for (const [name, times] of Object.entries(paints)) log(`painted after ${name}: ${describe(times)} ms (p50/p95)`)
    const ms = (name: string, value: number) => ({ name, value: Number(value.toFixed(1)), unit: 'ms' })
    return {
      firstSyncCompleteMs: median(complete),
      measurements: [
        ms('paint-p50-ms', quantile(all, 0.5)),
        ms('paint-p95-ms', quantile(all, 0.95)),
        ...Object.entries(paints).map(([name, times]) => ms(`paint-${name}-p95-ms`, quantile(times, 0.95))),
        {
          name: 'start-vs-empty-store',
          value: Number((median(starts.full) / median(starts.empty)).toFixed(3)),
          unit: 'x',
        },
        ms('start-first-rows-ms', median(starts.full)),
        ms('start-empty-store-ms', median(starts.empty)),
        ms('first-sync-usable-ms', median(usable)),
        { name: 'first-sync-complete-s', value: Number((median(complete) / 1000).toFixed(2)), unit: 's' },
        megabytes('renderer-memory-above-empty-mb', rendererBytes - emptyRendererBytes),
        ms('event-to-paint-p50-ms', quantile(facts.painted, 0.5)),
        ms('event-to-paint-p95-ms', quantile(facts.painted, 0.95)),
        { name: 'export-rows-per-s', value: Math.round(median(exported)), unit: 'rows/s' },
      ],
    }
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
}

export interface Opened {
  desktop: Desktop
  data: JSHandle<DataApi>
  usableMs: number
  completeMs: number
}

/** Signs in on a PC that has nothing yet, and waits until all sessions are there. */
export async function firstSync(from: { backend: Backend; userData: string; sessions: number }): Promise<Opened> {
  if (employee === undefined) throw new Error('nobody can sign in')
  const exports = path.join(from.userData, 'exports')
  await mkdir(exports, { recursive: true })
  const desktop = await launchDesktop({
    userData: from.userData,
    backendUrl: from.backend.url,
    env: { FLOORWALKER_DOWNLOADS: exports },
  })
  const { page } = desktop
  // The compiler that runs this file wraps named functions in a call of this, also those sent to a page.
  await page.evaluate('globalThis.__name = (named) => named')
  await page.getByLabel('Employee number').fill(employee.number)
  await page.getByLabel('Password', { exact: true }).fill(employee.password)
  const rows = await page.evaluateHandle(watchFirstRows)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  if (from.sessions === 0) {
    await page.waitForSelector(EMPTY_LIST, { timeout: TIMEOUT_MS })
    return { desktop, data: await page.evaluateHandle(findDataApi), usableMs: 0, completeMs: 0 }
  }
  await page.waitForSelector(ROW, { timeout: TIMEOUT_MS })
  const { clickedAt, usableMs } = await page.evaluate((rows) => rows.seen(), rows)
  const data = await page.evaluateHandle(findDataApi)
  const query = { ...noFilter, sort: 'lastActivityAt' as const, descending: true, offset: 0, limit: 1, nowMs: 0 }
  const completeAt = await page.evaluate(allThereAt, { data, query, sessions: from.sessions })
  return { desktop, data, usableMs, completeMs: completeAt - clickedAt }
}

/** Private bytes of the window's process, the data worker's included. */
async function rendererMemory({ app }: Desktop): Promise<number> {
  const metrics = await app.evaluate(({ app }) => app.getAppMetrics())
  const [renderer] = metrics.filter(({ type }) => type === 'Tab')
  const { privateBytes, workingSetSize } = renderer?.memory ?? { workingSetSize: 0 }
  return (privateBytes ?? workingSetSize) * 1024
}

// --- inputs --------------------------------------------------------------------------------------------------------

/** Keystrokes in the search, clicks on chips and headers, turns of the wheel; milliseconds each, by kind. */
async function paintAll(page: Page, data: JSHandle<DataApi>, { seed, log }: Ground): Promise<Record<string, number[]>> {
  const watch = await page.evaluateHandle(watchList, data)
  const random = new Random('inputs', seed)
  const times: Record<string, number[]> = { key: [], chip: [], sort: [], scroll: [] }
  const measure = async (kind: string, what: string | number, input: ListInput, act: () => Promise<void>) => {
    await pause(random.int(300, 600))
    const ms = await timeInput(page, watch, input, act)
    if (ms > SLOW_INPUT_MS) log(`${kind} ${what}: painted after ${Math.round(ms)} ms`)
    times[kind]?.push(ms)
  }
  const search = page.getByLabel('Search session or customer id')
  const chips = page.locator('fieldset button[aria-pressed]')
  const headers = page.getByRole('columnheader').getByRole('button')
  for (let round = 0; round < PAINT_ROUNDS; round += 1) {
    await search.focus()
    const [typed = ''] = [(await page.locator(ROW).nth(random.int(0, 9)).getAttribute('data-session-id')) ?? '']
    for (const key of typed.slice(0, 6)) await measure('key', key, 'keydown', () => page.keyboard.press(key))
    for (let left = 5; left >= 0; left -= 1) {
      await measure('key', `back to ${left}`, 'keydown', () => page.keyboard.press('Backspace'))
    }
    for (let index = 0; index < (await chips.count()); index += 1) {
      for (const way of ['on', 'off']) {
        await measure('chip', `${index} ${way}`, 'click', () => chips.nth(index).click())
      }
    }
    for (let index = 1; index < Math.min(8, await headers.count()); index += 1) {
      await measure('sort', index, 'click', () => headers.nth(index).click())
    }
    await headers.first().click()
    await pause(1_000)
    await page.locator(ROW).first().hover()
    for (let turn = 0; turn < 15; turn += 1) {
      const pixels = random.int(200, 4_000)
      await measure('scroll', pixels, 'wheel', () => page.mouse.wheel(0, pixels))
    }
    await page.locator('[role="grid"]').evaluate((grid) => grid.scrollTo({ top: 0 }))
    await pause(1_000)
  }
  return times
}

async function timeInput(page: Page, watch: JSHandle<ListWatch>, input: ListInput, act: () => Promise<void>) {
  await page.evaluate(({ watch, input }) => watch.expect(input), { watch, input })
  await act()
  return inTime(
    page.evaluate((watch) => watch.painted(), watch),
    `what a ${input} asked for`,
  )
}

// --- facts, exports, starts ----------------------------------------------------------------------------------------

async function followFacts(
  backend: Backend,
  page: Page,
  data: JSHandle<DataApi>,
  log: (line: string) => void,
): Promise<FactTimes> {
  const shoppers = new Shoppers(backend.url, apiKey?.key ?? '', store?.id ?? '')
  await shoppers.enter()
  // Rows hold still for a pointer or a focus among them.
  await page.mouse.move(4, 4)
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur())
  const rows = await page.evaluateHandle(watchRows, data)
  const ground = { shoppers, console: page, rows }
  const warmUp: FactTimes = { posted: [], answered: [], painted: [] }
  await factsToRows(ground, FACTS / 10, warmUp, () => undefined)
  const times: FactTimes = { posted: [], answered: [], painted: [] }
  await factsToRows(ground, FACTS, times, log)
  log(`fact to painted row: ${describe(times.painted)} ms (p50/p95), its POST ${describe(times.posted)} ms`)
  return times
}

/** Rows per second of each export of everything to a CSV file. */
async function exportAll(page: Page, data: JSHandle<DataApi>, log: (line: string) => void): Promise<number[]> {
  const request: ExportRequest = {
    format: 'csv',
    tables: ['sessions'],
    columns: [...exportColumns],
    query: { ...noFilter, sort: 'lastActivityAt', descending: true, nowMs: Date.now() },
    only: null,
    times: 'store',
    csv: { separator: ',', decimal: '.' },
  }
  const speeds: number[] = []
  for (let turn = 0; turn < EXPORTS; turn += 1) {
    const { outcome, ms } = await page.evaluate(
      async ({ data, request }) => {
        const startedAt = performance.now()
        const outcome = await data.exportSessions(request, 'UTC')
        return { outcome, ms: performance.now() - startedAt }
      },
      { data, request },
    )
    if (!outcome.ok) throw new Error(outcome.message)
    log(`export: ${outcome.rows} rows in ${(ms / 1000).toFixed(2)} s`)
    speeds.push((outcome.rows / ms) * 1000)
  }
  return speeds
}

interface Startable {
  userData: string
  backend: Backend
  selector: string
}

/** Process start to first rows, and to the empty list of a store without any; in turns. */
async function startBoth(full: Startable, empty: Startable, log: (line: string) => void) {
  const times = { full: [] as number[], empty: [] as number[] }
  const start = ({ userData, backend, selector }: Startable) =>
    timeUntilThere(repository, {
      FLOORWALKER_USER_DATA: userData,
      FLOORWALKER_BACKEND: backend.url,
      BENCH_SELECTOR: selector,
    })
  for (let round = 0; round <= START_ROUNDS; round += 1) {
    const ofFull = await start(full)
    const ofEmpty = await start(empty)
    // The first round fills the disk cache and the code cache; it is what a user has once.
    if (round === 0) continue
    log(`start ${round}: ${Math.round(ofFull)} ms, with an empty store ${Math.round(ofEmpty)} ms`)
    times.full.push(ofFull)
    times.empty.push(ofEmpty)
  }
  return times
}

function describe(times: number[]): string {
  return `${quantile(times, 0.5).toFixed(1)}/${quantile(times, 0.95).toFixed(1)}`
}

function megabytes(name: string, bytes: number): Measurement {
  return { name, value: Number((bytes / 2 ** 20).toFixed(1)), unit: 'MB' }
}
