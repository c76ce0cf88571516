/**
 * `analytics`: the charts at a million sessions. The figures of each page beside what a user could pick instead, on the same rows
 * and with answers compared, and what a person waits for in the desktop app.
 *
 * Environment: `FLOORWALKER_BENCH_ROWS` (1,000,000), `FLOORWALKER_BENCH_PARTS` (`peers,console`), `FLOORWALKER_BENCH_ROUNDS` (5),
 * `FLOORWALKER_BENCH_DIR` (where filled backends are kept; the system's temporary folder).
 */
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { encodeDayBlock } from '#shared/protocol/day-block.ts'
import { type ChromiumConsole, launchChromium } from '../e2e/launch-chromium.ts'
import { buildIfStale } from '../scripts/build-if-stale.mjs'
import { Random } from '../simulator/random.ts'
import { measureChartPaints } from './analytics-console.ts'
import {
  type ChartAnswer,
  type ChartQuestion,
  chartFault,
  chartPages,
  chartQuestions,
  describeChart,
} from './analytics-questions.ts'
import { type Benchmark, type Measurement, quantile } from './measurement.ts'
import { benchFolder, fillMillionBackend } from './million-backend.ts'
import { generateMillion } from './million-data.ts'
import { buildPage, servePeers } from './million-peers/serve.ts'
import { inTime } from './page-clock.ts'
import { inScratchFolder } from './scratch-folder.ts'

const SEED = 1
/** Beside the pages without a filter. */
const FILTERS = 7
/** With all of them one answer takes minutes. */
const FEWER_ROWS = 50_000
const SETTLE_MS = 3_000
/** What one answer may take, and all of a peer together. */
const ANSWER_PATIENCE_MS = 3 * 60_000
const PATIENCE_MS = 3 * 60_000
const OURS = { name: 'floorwalker-charts', title: 'Floorwalker' }

interface Figures {
  name: string
  title: string
  rows: number
  loadMs: number
  /** Milliseconds by page; the first round is not among them. */
  times: Map<string, number[]>
  answers: Map<number, ChartAnswer>
  faults: string[]
  unasked: number
}

export const analytics: Benchmark = {
  about: 'the charts with a million sessions: figures of each page beside three other stores, inputs to painted charts',
  async run(log) {
    const rows = Number(process.env.FLOORWALKER_BENCH_ROWS ?? 1_000_000)
    const parts = (process.env.FLOORWALKER_BENCH_PARTS ?? 'peers,console').split(',')
    return inScratchFolder('analytics', async (folder) => {
      const measurements: Measurement[] = []
      if (parts.includes('peers')) measurements.push(...(await measurePeers(rows, folder, log)))
      if (parts.includes('console')) {
        const filled = await fillMillionBackend(benchFolder(), { seed: SEED, rows }, log)
        await buildIfStale(log)
        measurements.push(...(await measureChartPaints({ filled, sessions: rows, folder, log })))
      }
      return measurements
    })
  },
}

async function measurePeers(rows: number, folder: string, log: (line: string) => void): Promise<Measurement[]> {
  const rounds = 1 + Number(process.env.FLOORWALKER_BENCH_ROUNDS ?? 5)
  const fewer = Math.min(rows, FEWER_ROWS)
  const runs = [
    { ...OURS, size: rows },
    { name: 'duckdb', title: 'DuckDB-Wasm on OPFS', size: rows },
    { name: 'sqlite', title: 'SQLite-Wasm on OPFS', size: rows },
    ...(fewer < rows ? [{ ...OURS, size: fewer }] : []),
    { name: 'tanstack-charts', title: 'TanStack DB (memory)', size: fewer },
  ]
  log('preparing rows and pages …')
  const page = path.join(folder, 'page')
  await buildPage('bench/million-peers', page)
  const blocks = Object.fromEntries(
    [...new Set(runs.map(({ size }) => size))].map((size) => [
      String(size),
      [...generateMillion({ seed: SEED, rows: size })].map((day) => encodeDayBlock(day.rows)),
    ]),
  )
  const server = await servePeers(page, { blocks, backend: null })
  const questions = chartQuestions(new Random('charts', SEED, rows), FILTERS)
  const figures: Figures[] = []
  log(`| store | rows | stored s | ${chartPages.join(' p95 ms | ')} p95 ms | all p50 / p95 ms | not asked |`)
  try {
    // One after the other: whoever waits for its turn would still hold its memory and its caches.
    for (const { name, title, size } of runs) {
      const of: Figures = {
        name,
        title,
        rows: size,
        loadMs: 0,
        times: new Map(),
        answers: new Map(),
        faults: [],
        unasked: 0,
      }
      const profile = path.join(folder, `${name}-${size}`)
      await mkdir(profile, { recursive: true })
      const browser = await launchChromium(profile, server.url)
      const asking = { questions, rounds, blocksUrl: `${server.url}/blocks/${size}`, count: blocks[size]?.length ?? 0 }
      try {
        await askAll(browser, of, asking)
      } catch (error) {
        // What one of the others cannot do must not end the comparison.
        if (name === OURS.name) throw error
        of.faults.push(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
      } finally {
        await browser.close().catch(() => undefined)
      }
      figures.push(of)
      log(lineOf(of))
    }
  } finally {
    server.close()
  }
  for (const of of figures) {
    noteFaults(
      of,
      figures.find((other) => other.name === OURS.name && other.rows === of.rows),
      questions,
    )
    if (of.faults[0] !== undefined) log(`WRONG, ${of.title}, ${of.faults.length} times: ${of.faults[0]}`)
  }
  return compare(figures)
}

function noteFaults(of: Figures, ours: Figures | undefined, questions: readonly ChartQuestion[]): void {
  questions.forEach((question, position) => {
    const [answer, expected] = [of.answers.get(position), ours?.answers.get(position)]
    if (answer === undefined || expected === undefined) return
    const fault = chartFault(answer, expected)
    if (fault !== null) of.faults.push(`${describeChart(question)}: ${fault}`)
  })
}

function compare(figures: readonly Figures[]): Measurement[] {
  const [ours, ...others] = figures
  if (ours === undefined) return []
  const p95 = (times: number[]) => quantile(times, 0.95)
  // Only those that hold all the rows, and gave all answers right.
  const fastest = others
    .filter(({ name, rows, faults }) => name !== OURS.name && rows === ours.rows && faults.length === 0)
    .filter((of) => allTimes(of).length > 0)
    .sort((a, b) => p95(allTimes(a)) - p95(allTimes(b)))[0]
  return [
    { name: 'aggregate-p95-ms', value: round(Math.max(...[...ours.times.values()].map(p95))), unit: 'ms' },
    ...(fastest === undefined
      ? []
      : [{ name: 'aggregate-vs-fastest-peer', value: round(p95(allTimes(fastest)) / p95(allTimes(ours))), unit: 'x' }]),
  ]
}

const round = (value: number): number => Number(value.toFixed(1))

interface Asking {
  questions: ChartQuestion[]
  rounds: number
  blocksUrl: string
  count: number
}

async function askAll({ page }: ChromiumConsole, of: Figures, { questions, rounds, blocksUrl, count }: Asking) {
  await page.evaluate((name) => globalThis.peerHost.open(name), of.name)
  of.loadMs = await page.evaluate(({ blocksUrl, count }) => globalThis.peerHost.load(blocksUrl, count), {
    blocksUrl,
    count,
  })
  await page.evaluate(() => globalThis.peerHost.prepareCharts())
  await pause(SETTLE_MS)
  let spentMs = 0
  for (let round = 0; round < rounds; round += 1) {
    for (const [position, question] of questions.entries()) {
      if (spentMs > PATIENCE_MS) {
        of.unasked += 1
        continue
      }
      const asked = page.evaluate((question) => globalThis.peerHost.askChart(question), question)
      const { answer, ms } = await inTime(asked, describeChart(question), ANSWER_PATIENCE_MS)
      spentMs += ms
      if (!of.answers.has(position)) of.answers.set(position, answer)
      // The first round warms up caches and compilers.
      if (round > 0) of.times.set(question.page, [...(of.times.get(question.page) ?? []), ms])
    }
  }
}

const allTimes = ({ times }: Figures): number[] => [...times.values()].flat()

function lineOf(of: Figures): string {
  const ms = (times: number[], share: number) => (times.length === 0 ? '–' : quantile(times, share).toFixed(1))
  const pages = chartPages.map((page) => ms(of.times.get(page) ?? [], 0.95))
  const all = allTimes(of)
  return `| ${[of.title, of.rows.toLocaleString('en'), (of.loadMs / 1000).toFixed(1), ...pages, `${ms(all, 0.5)} / ${ms(all, 0.95)}`, of.unasked].join(' | ')} |`
}
