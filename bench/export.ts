/** Benchmark `export`: a million sessions of the real index through the real exporter to a file on disk, per format. */
import { open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { columnsOf } from '#shared/protocol/day-block.ts'
import { systemClock } from '#shared/time/clock.ts'
import { type ExportRequest, exportColumns, noFilter } from '../src-renderer/data/data-api.ts'
import type { ExportSink } from '../src-renderer/data/export/export-sink.ts'
import { SessionExports } from '../src-renderer/data/export/session-export.ts'
import { SessionIndex } from '../src-renderer/data/session-index.ts'
import type { Benchmark, Measurement } from './measurement.ts'
import { generateMillion, millionStores } from './million-data.ts'

const ROWS = Number(process.env.FLOORWALKER_BENCH_ROWS ?? 1_000_000)
const SEED = 1
const NOW = Date.UTC(2026, 5, 30, 20)
/** How often something else asks for the thread meanwhile. */
const PROBE_INTERVAL_MS = 5

async function fileSink(file: string): Promise<ExportSink> {
  const handle = await open(file, 'w')
  return {
    write: async (bytes) => {
      await handle.write(bytes)
    },
    finish: async () => {
      await handle.datasync()
      await handle.close()
      return { path: file, download: null }
    },
    abort: () => handle.close(),
  }
}

/** Longest time that a timer had to wait, milliseconds, while something ran. */
async function longestWait(run: () => Promise<void>): Promise<number> {
  let longest = 0
  let last = systemClock.monotonic()
  const timer = setInterval(() => {
    const now = systemClock.monotonic()
    longest = Math.max(longest, now - last - PROBE_INTERVAL_MS)
    last = now
  }, PROBE_INTERVAL_MS)
  await run()
  clearInterval(timer)
  return longest
}

async function run(log: (line: string) => void): Promise<Measurement[]> {
  const index = new SessionIndex(() => 'UTC')
  for (const { storeId, rows } of generateMillion({ seed: SEED, rows: ROWS })) index.addBlock(storeId, columnsOf(rows))
  while (index.prepare(() => true));
  log(`${ROWS} sessions in the index`)
  const file = path.join(tmpdir(), `floorwalker-export-${process.pid}`)
  const exports = new SessionExports({
    index,
    clock: systemClock,
    nextTask: () => setImmediate(),
    visibleStores: () => millionStores.map((store) => store.id),
    settingsOf: (storeId) => millionStores.find((store) => store.id === storeId),
    maySeeEmployees: () => true,
    keptIds: async () => [],
    documents: async () => [],
    fetchDocuments: async () => undefined,
    openSink: () => fileSink(file),
  })
  const measurements: Measurement[] = []
  for (const format of ['csv', 'arrow', 'xlsx'] as const) {
    const request: ExportRequest = {
      format,
      tables: ['sessions'],
      columns: [...exportColumns],
      query: { ...noFilter, sort: 'lastActivityAt', descending: true, nowMs: NOW },
      only: null,
      times: 'store',
      csv: { separator: ';', decimal: ',' },
    }
    const before = process.memoryUsage()
    let most = 0
    const sample = () => {
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      most = Math.max(most, heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers)
    }
    const startedAt = systemClock.monotonic()
    let rows = 0
    const wait = await longestWait(async () => {
      const outcome = await exports.export('bench', request, { name: 'bench', handle: null }, sample)
      if (!outcome.ok) throw new Error(outcome.message)
      rows = outcome.rows
    })
    const seconds = (systemClock.monotonic() - startedAt) / 1000
    const { size } = await stat(file)
    log(
      `${format}: ${rows} rows in ${seconds.toFixed(2)} s, ${(size / 2 ** 20).toFixed(0)} MiB, other work waited at most ${wait.toFixed(0)} ms, ${(most / 2 ** 20).toFixed(0)} MiB more memory`,
    )
    measurements.push({ name: `export-${format}-rows-per-s`, value: Math.round(rows / seconds), unit: 'rows/s' })
    measurements.push({ name: `export-${format}-longest-wait-ms`, value: Math.round(wait), unit: 'ms' })
  }
  await rm(file, { force: true })
  return measurements
}

export const exportBenchmark: Benchmark = {
  about: 'a million sessions to a file: rows per second of CSV, Arrow and XLSX, and how long other work waits',
  run,
}
