import { randomUUID } from 'node:crypto'
import { open, statfs } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { JSHandle, Page } from 'playwright-core'
import { PROTOCOL_HEADER, PROTOCOL_VERSION } from '#shared/protocol/sync.ts'
import { launchDesktop } from '../e2e/launch-desktop.ts'
import { startBackend } from '../e2e/start-backend.ts'
import { buildIfStale } from '../scripts/build-if-stale.mjs'
import type { DataApi } from '../src-renderer/data/data-api.ts'
import { allowNamedFunctions, type BareListener, bareEvents, startBareListener } from './bare-events.ts'
import { readDemo } from './demo.ts'
import { factsToRows, gap } from './facts-to-rows.ts'
import { importHistory } from './import-history.ts'
import {
  countAtBackend,
  countSessions,
  decideAll,
  findDataApi,
  type PlannedDecision,
  putAll,
  type RowWatch,
  watchRows,
} from './in-page.ts'
import { type Benchmark, type Measurement, median, quantile } from './measurement.ts'
import { inTime } from './page-clock.ts'
import { inScratchFolder } from './scratch-folder.ts'
import { Shoppers, VERIFICATION } from './shoppers.ts'

const ROUNDS = 5
/** Checks that wait at once; each is taken, noted on and approved. */
const WAITING_CHECKS = 10
const CHECK_GROUPS_PER_ROUND = 2
const DECISIONS_PER_ROUND = WAITING_CHECKS * CHECK_GROUPS_PER_ROUND * 3
const EVENTS_PER_ROUND = 50
/** Facts of other shoppers per second while decisions are made. */
const OTHER_FACTS_PER_SECOND = 5
/** How long nothing may come before the first sync counts as over. */
const QUIET_SECONDS = 5
const TIMEOUT_MS = 120_000

const FILE_SYSTEMS: Record<number, string> = {
  61267: 'ext4',
  16914836: 'tmpfs, which has no disk to wait for: set TMPDIR',
  1481003842: 'XFS',
  2435016766: 'Btrfs',
}

export const sync: Benchmark = {
  about: 'decision to "saved", and fact to row, as ratios to bare durable writes and to a bare server-sent event',
  async run(log) {
    return inScratchFolder('sync', async (folder) => {
      const { type } = await statfs(folder)
      log(`file system of ${folder}: ${FILE_SYSTEMS[type] ?? `type 0x${type.toString(16)}`}`)
      return measure(folder, log)
    })
  },
}

type Times = Record<'decision' | 'put' | 'append' | 'posted' | 'answered' | 'painted' | 'bareEvent', number[]>

async function measure(folder: string, log: (line: string) => void): Promise<Measurement[]> {
  await buildIfStale(log)
  const { bootstrap, store, apiKey, employee } = await readDemo()
  const closers: (() => Promise<unknown>)[] = []
  try {
    const backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
    closers.unshift(() => backend.stop())
    log('importing 30 days …')
    await importHistory(backend, apiKey, 30)
    const shoppers = new Shoppers(backend.url, apiKey, store.id)
    await shoppers.enter()

    const bare = await startBareListener(path.join(folder, 'bare'))
    closers.unshift(() => bare.stop())
    const userData = path.join(folder, 'console')
    const desktop = await launchDesktop({ userData, backendUrl: backend.url })
    closers.unshift(() => desktop.kill())
    await allowNamedFunctions(desktop.page)
    await desktop.page.getByLabel('Employee number').fill(employee.number)
    await desktop.page.getByLabel('Password').fill(employee.password)
    await desktop.page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await desktop.page.waitForSelector('[data-testid="session-row"]', { timeout: TIMEOUT_MS })
    const data = await desktop.page.evaluateHandle(findDataApi)
    log(`first sync: ${await firstSync(desktop.page, data, employee.stores)} sessions`)

    const ground: Ground = {
      shoppers,
      console: desktop.page,
      data,
      rows: await desktop.page.evaluateHandle(watchRows, data),
      bare,
      journalFolder: userData,
    }
    return await runRounds(ground, log)
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
}

interface Ground {
  shoppers: Shoppers
  console: Page
  data: JSHandle<DataApi>
  rows: JSHandle<RowWatch>
  bare: BareListener
  /** On the file system of the journal and of IndexedDB. */
  journalFolder: string
}

async function runRounds(ground: Ground, log: (line: string) => void): Promise<Measurement[]> {
  const rounds: Times[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const times: Times = { decision: [], put: [], append: [], posted: [], answered: [], painted: [], bareEvent: [] }
    const sides = [
      () => withOtherShoppers(ground, async () => times.decision.push(...(await decisions(ground)))),
      () => withOtherShoppers(ground, async () => times.put.push(...(await barePuts(ground)))),
      () => withOtherShoppers(ground, async () => times.append.push(...(await bareAppends(ground)))),
      () => factsToRows(ground, EVENTS_PER_ROUND, times, log),
      () => bareEventTimes(ground, times),
    ]
    // Whoever goes after another finds other caches and other disturbances, so they take turns.
    for (let turn = 0; turn < sides.length; turn++) await sides[(turn + round) % sides.length]?.()
    const shown = Object.entries(times).map(([name, values]) => `${name} ${describe(values)}`)
    log(`${round === 0 ? 'warm-up' : `round ${round}`}, p50/p95 ms: ${shown.join(', ')}`)
    // The first round compiles code and fills caches.
    if (round > 0) rounds.push(times)
  }
  const of = (name: keyof Times, share: number) => rounds.map((times) => quantile(times[name], share))
  for (const name of ['decision', 'answered', 'painted'] as const) {
    const [p50, p95] = [of(name, 0.5), of(name, 0.95)].map((values) => Math.min(...values).toFixed(1))
    log(`best round, ${name}: p50 ${p50} ms, p95 ${p95} ms`)
  }
  const ms = (name: string, values: number[]) => ({ name, value: Number(median(values).toFixed(2)), unit: 'ms' })
  const ratio = (name: string, share: number, side: keyof Times, ...against: (keyof Times)[]) => {
    const ratios = rounds.map((times) => {
      const bare = against.reduce((sum, one) => sum + quantile(times[one], share), 0)
      return quantile(times[side], share) / bare
    })
    return { name, value: Number(median(ratios).toFixed(2)), unit: 'x' }
  }
  return [
    ms('decision-saved-p50-ms', of('decision', 0.5)),
    ms('decision-saved-p95-ms', of('decision', 0.95)),
    ms('bare-put-p50-ms', of('put', 0.5)),
    ms('bare-put-p95-ms', of('put', 0.95)),
    ms('bare-append-p50-ms', of('append', 0.5)),
    ms('bare-append-p95-ms', of('append', 0.95)),
    ratio('decision-saved-vs-bare-put-p50', 0.5, 'decision', 'put'),
    ratio('decision-saved-vs-bare-append-p50', 0.5, 'decision', 'append'),
    ratio('decision-saved-vs-bare-writes-p50', 0.5, 'decision', 'put', 'append'),
    ratio('decision-saved-vs-bare-writes-p95', 0.95, 'decision', 'put', 'append'),
    ms('event-to-row-p50-ms', of('answered', 0.5)),
    ms('event-to-row-p95-ms', of('answered', 0.95)),
    ms('event-to-painted-row-p50-ms', of('painted', 0.5)),
    ms('event-to-painted-row-p95-ms', of('painted', 0.95)),
    ms('event-committed-p50-ms', of('posted', 0.5)),
    ms('bare-sse-p50-ms', of('bareEvent', 0.5)),
    ms('bare-sse-p95-ms', of('bareEvent', 0.95)),
    ratio('event-to-row-vs-bare-sse-p50', 0.5, 'answered', 'bareEvent'),
    ratio('event-to-row-vs-bare-sse-p95', 0.95, 'answered', 'bareEvent'),
  ]
}

function describe(values: number[]): string {
  return `${quantile(values, 0.5).toFixed(1)}/${quantile(values, 0.95).toFixed(1)}`
}

/** Between decisions: quicker than any supervisor, but the pushes and pulls of one are mostly over before the next. */
function decisionGap(index: number): number {
  return 250 + ((index * 137) % 400)
}

// --- decisions -----------------------------------------------------------------------------------------------------

/** Group after group of waiting checks, each taken, noted on and approved. */
async function decisions({ console: page, data, rows, shoppers }: Ground): Promise<number[]> {
  const times: number[] = []
  for (let group = 0; group < CHECK_GROUPS_PER_ROUND; group++) {
    const sessionIds = await shoppers.enterWithCheck(WAITING_CHECKS)
    const last = sessionIds.at(-1) ?? ''
    await page.evaluate(({ rows, last }) => rows.expect(last, 1), { rows, last })
    await inTime(
      page.evaluate((rows) => rows.seen(), rows),
      'the waiting checks',
    )
    const inputs = sessionIds.flatMap((sessionId) => DECISIONS.map((input) => ({ sessionId, input })))
    const plan = inputs.map(
      ({ sessionId, input }, index): PlannedDecision => ({
        storeId: shoppers.storeId,
        sessionId,
        input,
        gapMs: decisionGap(index),
      }),
    )
    times.push(...(await page.evaluate(decideAll, { data, plan })))
  }
  return times
}

/** About what a decision is in the outbox and in the journal. */
const bareRow = () => ({
  id: randomUUID(),
  storeId: 'berlin-mitte',
  employeeNumber: '1001',
  deviceId: randomUUID(),
  mutation: {
    id: randomUUID(),
    seq: 1,
    storeId: 'berlin-mitte',
    sessionId: randomUUID(),
    type: 'note.add',
    occurredAt: new Date().toISOString(),
    payload: { text: NOTE },
  },
  verdict: null,
})

function barePuts({ console: page }: Ground): Promise<number[]> {
  const rows = Array.from({ length: DECISIONS_PER_ROUND }, bareRow)
  return page.evaluate(putAll, { rows, gapMs: rows.map((_, index) => gap(index)) })
}

/** One line and one fdatasync each, as the journal does it. */
async function bareAppends({ journalFolder }: Ground): Promise<number[]> {
  const file = await open(path.join(journalFolder, 'bare-append.jsonl'), 'a')
  try {
    const times: number[] = []
    for (let index = 0; index < DECISIONS_PER_ROUND; index++) {
      await pause(gap(index))
      const startedAt = performance.now()
      await file.write(`${JSON.stringify(bareRow())}\n`)
      await file.datasync()
      times.push(performance.now() - startedAt)
    }
    return times
  } finally {
    await file.close()
  }
}

/** What a store's network looks like meanwhile: others scan, so the console pulls all the time. */
async function withOtherShoppers({ shoppers }: Ground, work: () => Promise<unknown>): Promise<void> {
  let done = false
  const others = async () => {
    for (let turn = 0; !done; turn++) {
      await pause(1_000 / OTHER_FACTS_PER_SECOND)
      await shoppers.scan(turn)
    }
  }
  const running = others()
  // Told below; until then a failure must not end the process, which would leave its children behind.
  running.catch(() => undefined)
  try {
    await work()
  } finally {
    done = true
    await running
  }
}

// --- facts ---------------------------------------------------------------------------------------------------------

/** As many events as facts, in bodies like a fact's. */
async function bareEventTimes({ bare }: Ground, times: Times): Promise<void> {
  const bodies = Array.from({ length: EVENTS_PER_ROUND }, () => JSON.stringify({ events: [bareRow()] }))
  times.bareEvent.push(...(await bareEvents(bare, bodies)))
}

const NOTE = 'The trolley was looked at; everything is on the receipt.'
const DECISIONS: PlannedDecision['input'][] = [
  { type: 'verification.acknowledge', payload: { verificationId: VERIFICATION } },
  { type: 'note.add', payload: { text: NOTE } },
  {
    type: 'verification.resolve',
    payload: {
      verificationId: VERIFICATION,
      outcome: 'approved',
      method: 'sight_check',
      itemsChecked: 1,
      differences: [],
    },
  },
]

// --- around --------------------------------------------------------------------------------------------------------

/** Waits until the console has every session that the backend has, and nothing more comes; answers how many. */
async function firstSync(page: Page, data: JSHandle<DataApi>, storeIds: string[]): Promise<number> {
  const there = await page.evaluate(countAtBackend, { storeIds, header: PROTOCOL_HEADER, version: PROTOCOL_VERSION })
  const progress = page.getByRole('progressbar', { name: 'First sync' })
  for (let quiet = 0; quiet < QUIET_SECONDS; ) {
    await pause(1_000)
    const here = await page.evaluate(countSessions, data)
    quiet = here === there && (await progress.count()) === 0 ? quiet + 1 : 0
  }
  return there
}
