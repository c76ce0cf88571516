/**
 * `million`: a console with a million sessions. What a person waits for in the desktop app, and the same questions about the
 * same rows to what a user could pick instead, in the same run.
 *
 * Environment: `FLOORWALKER_BENCH_ROWS` (1,000,000), `FLOORWALKER_BENCH_PARTS` (`peers,console`), `FLOORWALKER_BENCH_PEERS`
 * (all), `FLOORWALKER_BENCH_ROUNDS` (3), `FLOORWALKER_BENCH_DIR` (where filled backends are kept; the system's temporary
 * folder).
 */
import { cp, readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { repository, startBackend } from '../e2e/start-backend.ts'
import { StoreClient } from '../integration-tools/store-client.ts'
import { buildIfStale } from '../scripts/build-if-stale.mjs'
import { type Benchmark, type Measurement, quantile } from './measurement.ts'
import { benchFolder, fillMillionBackend, millionBootstrap } from './million-backend.ts'
import { measureConsole } from './million-console.ts'
import { type Ground, LiveSessions, prepareGround } from './million-ground.ts'
import { buildPage, servePeers } from './million-peers/serve.ts'
import { askPeers, type PeerFigures, type PeerPlan } from './million-queries.ts'
import { describeQuestion } from './million-questions.ts'
import { inScratchFolder } from './scratch-folder.ts'

const SEED = 1
const STEPS = 40
/** Live sessions started so long before the run; longer than the steps take. */
const LIVE_SINCE_MS = 3_600_000

const peer = (name: string, title: string, traits: Partial<PeerPlan> = {}): PeerPlan => ({
  name,
  title,
  persistent: true,
  ordersTies: true,
  loadOnly: false,
  isOurs: false,
  ...traits,
})
const bulkPut = peer('dexie-bulk-put', 'Dexie bulkPut, 3 indexes', { loadOnly: true })
const peers = [
  peer('floorwalker', 'Floorwalker', { isOurs: true }),
  bulkPut,
  peer('dexie', 'Dexie', { ordersTies: false }),
  peer('rxdb', 'RxDB on Dexie'),
  peer('pouchdb', 'PouchDB (IndexedDB)', { ordersTies: false }),
  peer('tanstack-db', 'TanStack DB (memory)', { persistent: false }),
  peer('duckdb', 'DuckDB-Wasm on OPFS'),
  peer('sqlite', 'SQLite-Wasm on OPFS'),
]
/**
 * Loading a million rows takes these from ten minutes to an hour, and a question most of a minute: they get fewer rows, at two
 * sizes, so that it shows how they grow.
 */
const FEWER_ROWS: Record<string, number[]> = {
  dexie: [50_000, 100_000],
  rxdb: [25_000, 50_000],
  pouchdb: [10_000, 20_000],
  'tanstack-db': [50_000, 100_000],
}
/** Whose versions the tables are about. */
const PACKAGES = ['dexie', 'rxdb', 'pouchdb-browser', '@tanstack/db', '@duckdb/duckdb-wasm', '@sqlite.org/sqlite-wasm']

export const million: Benchmark = {
  about: 'a console with a million sessions: queries beside seven other stores, inputs, start, first sync, export',
  async run(log) {
    const rows = Number(process.env.FLOORWALKER_BENCH_ROWS ?? 1_000_000)
    if (!Number.isSafeInteger(rows) || rows < 1_000) throw new Error('FLOORWALKER_BENCH_ROWS is a number from 1000')
    const parts = chosen('FLOORWALKER_BENCH_PARTS', ['peers', 'console'])
    const names = chosen(
      'FLOORWALKER_BENCH_PEERS',
      peers.map(({ name }) => name),
    )
    await logGround(log)
    const filled = await fillMillionBackend(benchFolder(), { seed: SEED, rows }, log)
    return inScratchFolder('million', async (folder) => {
      const measurements: Measurement[] = []
      const figures = parts.includes('peers') ? await measurePeers({ rows, names, filled, folder, log }) : []
      if (parts.includes('console')) {
        await buildIfStale(log)
        const console_ = await measureConsole({ filled, sessions: rows, folder, seed: SEED, log })
        measurements.push(...console_.measurements)
      }
      return [...measurements, ...compare(figures)]
    })
  },
}

function chosen(variable: string, known: string[]): string[] {
  const names = process.env[variable]?.split(',') ?? known
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`${variable}: there is no ${unknown.join(', ')}; there are ${known.join(', ')}`)
  return names
}

async function logGround(log: (line: string) => void): Promise<void> {
  const cpus = os.cpus()
  log(`${cpus.length} cores (${cpus[0]?.model.trim()}), ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.version()}`)
  const manifest = JSON.parse(await readFile(path.join(repository, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
    devDependencies: Record<string, string>
  }
  const versions = { ...manifest.devDependencies, ...manifest.dependencies }
  log(`Node.js ${process.versions.node}, ${PACKAGES.map((name) => `${name} ${versions[name]}`).join(', ')}`)
}

interface PeerGround {
  rows: number
  names: string[]
  filled: string
  folder: string
  log: (line: string) => void
}

async function measurePeers({ rows, names, filled, folder, log }: PeerGround): Promise<PeerFigures[]> {
  const rounds = 1 + Number(process.env.FLOORWALKER_BENCH_ROUNDS ?? 3)
  const live = new LiveSessions(SEED, Date.now() - LIVE_SINCE_MS)
  const grounds = new Map<string, Ground>()
  const plans = peers
    .filter(({ name }) => names.includes(name))
    .flatMap((plan) => {
      const sizes = FEWER_ROWS[plan.name]?.filter((size) => size < rows) ?? []
      return (sizes.length > 0 ? sizes : [rows]).map((size) => ({ plan, size }))
    })
  log('preparing questions and their right answers …')
  for (const { size } of plans) {
    const name = String(size)
    if (grounds.has(name)) continue
    grounds.set(name, prepareGround({ seed: SEED, rows: size, rounds, steps: STEPS }, live))
  }
  const dataDir = path.join(folder, 'peers-backend')
  await cp(filled, dataDir, { recursive: true })
  const backend = await startBackend({ dataDir, bootstrap: millionBootstrap })
  const [employee] = millionBootstrap.employees
  const client = new StoreClient({ backend: backend.url, apiKey: millionBootstrap.apiKeys[0]?.key ?? '' })
  const report = async (step: number) => {
    const { refused } = await client.postEvents(live.storeId, live.factsAt(step))
    if (refused[0] !== undefined) throw new Error(`a fact was refused: ${refused[0].message}`)
  }
  const page = path.join(folder, 'page')
  await buildPage('bench/million-peers', page)
  const server = await servePeers(page, {
    blocks: Object.fromEntries([...grounds].map(([name, { blocks }]) => [name, blocks])),
    backend: {
      url: backend.url,
      signIn: {
        employeeNumber: employee?.number ?? '',
        password: employee?.password ?? '',
        sessions: grounds.get(String(rows))?.count ?? 0,
      },
      report,
    },
  })
  try {
    await report(0)
    const asked = plans.flatMap(({ plan, size }) => {
      const ground = grounds.get(String(size))
      return ground === undefined ? [] : [{ plan, ground, blocksName: String(size) }]
    })
    const figures = await askPeers(asked, { url: server.url, folder, log })
    for (const line of tableOf(figures)) log(line)
    const wrong = figures.find(({ plan, faults }) => plan.isOurs && faults.length > 0)
    if (wrong !== undefined) throw new Error(`Floorwalker answered wrong: ${wrong.faults[0]}`)
    return figures
  } finally {
    server.close()
    await backend.stop()
  }
}

/** One line per peer and size, as in `docs/benchmarks.md`. */
function tableOf(figures: PeerFigures[]): string[] {
  const ms = (times: number[], share: number) => (times.length === 0 ? '–' : quantile(times, share).toFixed(1))
  const lines = figures.map((figure) =>
    [
      figure.plan.title,
      figure.rows.toLocaleString('en'),
      (figure.loadMs / 1000).toFixed(1),
      figure.openMs === null ? '–' : Math.round(figure.openMs),
      `${ms(figure.queries, 0.5)} / ${ms(figure.queries, 0.95)}`,
      figure.queries.length,
      `${ms(figure.queriesAfterChange, 0.5)} / ${ms(figure.queriesAfterChange, 0.95)}`,
      ms(figure.changes, 0.5),
      figure.workerBytes === null ? '–' : Math.round(figure.workerBytes / 2 ** 20),
    ].join(' | '),
  )
  const slowest = figures.flatMap(({ plan, slowest }) =>
    slowest === null
      ? []
      : [`slowest of ${plan.title}: ${slowest.ms.toFixed(1)} ms, ${describeQuestion(slowest.question)}`],
  )
  const faults = figures.flatMap(({ plan, faults }) => faults.map((fault) => `WRONG, ${plan.title}: ${fault}`))
  return [
    '| store | rows | load s | open ms | query p50 / p95 ms | asked | after a change p50 / p95 ms | change ms | worker MB |',
    '|---|---|---|---|---|---|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
    ...slowest,
    ...faults,
  ]
}

function compare(figures: PeerFigures[]): Measurement[] {
  const ours = figures.find(({ plan }) => plan.isOurs)
  if (ours === undefined || ours.queries.length === 0) return []
  const p95 = ({ queries }: PeerFigures) => quantile(queries, 0.95)
  const ms = (name: string, value: number): Measurement => ({ name, value: Number(value.toFixed(2)), unit: 'ms' })
  const ratio = (name: string, value: number): Measurement => ({ name, value: Number(value.toFixed(1)), unit: 'x' })
  const measurements: Measurement[] = [
    ms('query-p50-ms', quantile(ours.queries, 0.5)),
    ms('query-p95-ms', p95(ours)),
    ms('query-after-change-p95-ms', quantile(ours.queriesAfterChange, 0.95)),
    { name: 'worker-memory-mb', value: Number(((ours.workerBytes ?? 0) / 2 ** 20).toFixed(1)), unit: 'MB' },
  ]
  // Only those that hold all the rows and answered right.
  const peersWithAll = figures.filter(
    ({ plan, rows, faults, queries }) =>
      !plan.isOurs && plan.persistent && rows === ours.rows && faults.length === 0 && queries.length > 0,
  )
  const [fastest] = peersWithAll.sort((a, b) => p95(a) - p95(b))
  if (fastest !== undefined) {
    measurements.push(ratio('query-vs-fastest-persistent-peer', p95(fastest) / p95(ours)))
  }
  const put = figures.find(({ plan }) => plan === bulkPut)
  if (put !== undefined) measurements.push(ratio('first-sync-vs-bulkput', put.loadMs / ours.loadMs))
  return measurements
}
