/** Recounts what this PC has against the backend's counts per day, and fetches the days that differ again. */

import { rowsOf } from '#shared/protocol/day-block.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { Manifest } from '#shared/protocol/sync.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { localDateOf } from '#shared/time/local-day.ts'
import type { IntegrityFinding, IntegrityReport } from './data-api.ts'
import type { ConsoleDatabase } from './database.ts'
import type { SessionIndex } from './session-index.ts'
import type { SyncRunner } from './sync/run-sync.ts'
import { CallFailed } from './transport.ts'

/** A store that changes all the time is caught up with this often before it counts as busy. */
const CATCH_UP_TRIES = 20

export interface IntegrityPorts {
  database: ConsoleDatabase
  index: SessionIndex
  runner: SyncRunner
  stores: readonly StoreSettings[]
  /** UTC milliseconds, server time. */
  now: () => number
  /** Rebuilds the index of a store from IndexedDB. */
  reload: (storeId: string) => Promise<void>
}

interface DayCount {
  count: number
  version: number
  versionSum: number
}

/** Checks every store that answers; what differs is repaired and counted again. */
export async function checkIntegrity(ports: IntegrityPorts): Promise<IntegrityReport> {
  const report: IntegrityReport = {
    at: Math.round(ports.now()),
    storesChecked: 0,
    daysChecked: 0,
    sessionsChecked: 0,
    findings: [],
    unchecked: [],
  }
  for (const store of ports.stores) {
    try {
      const { manifest, differing } = await compare(ports, store)
      report.findings.push(...(await repair(ports, store, manifest, differing)))
      report.storesChecked += 1
      report.daysChecked += manifest.days.length
      report.sessionsChecked += manifest.days.reduce((sum, day) => sum + day.count, 0)
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
      report.unchecked.push({ storeId: store.id, code: error.code })
    }
  }
  return report
}

/** The manifest of a moment at which this PC has everything up to its version. */
async function caughtUp({ database, runner }: IntegrityPorts, storeId: string): Promise<Manifest> {
  for (let tries = 0; tries < CATCH_UP_TRIES; tries += 1) {
    const manifest = await runner.manifest(storeId)
    const cursor = await database.cursors.get(storeId)
    if (cursor?.version === manifest.version && cursor.epoch === manifest.epoch) return manifest
    const { type } = await runner.pull(storeId)
    if (type === 'reset') break
  }
  throw CallFailed.of('unavailable', 'the store is still being synced')
}

/** Days that differ, seen twice in a row: a change may be on its way into the index at the first look. */
async function compare(
  ports: IntegrityPorts,
  store: StoreSettings,
): Promise<{ manifest: Manifest; differing: string[] }> {
  let before: string | null = null
  for (;;) {
    const manifest = await caughtUp(ports, store.id)
    const differing = differences(countDays(ports, store), daysOf(manifest))
    const seen = differing.join()
    if (differing.length === 0 || seen === before) return { manifest, differing }
    before = seen
  }
}

async function repair(
  ports: IntegrityPorts,
  store: StoreSettings,
  manifest: Manifest,
  differing: readonly string[],
): Promise<IntegrityFinding[]> {
  if (differing.length === 0) return []
  const there = daysOf(manifest)
  const before = countDays(ports, store)
  for (const date of differing) {
    const { row, block } = await ports.runner.fetchDay(store.id, date, manifest.epoch)
    const here = rowsOfDay(ports.index, store, date).map((row) => row.id)
    const ids = new Set([...here, ...rowsOf(block).map((each) => each.id)])
    await ports.database.replaceDay(row, [...ids], manifest.version)
  }
  await ports.reload(store.id)
  const still = new Set((await compare(ports, store)).differing)
  return differing.map((date) => ({
    storeId: store.id,
    date,
    here: before.get(date)?.count ?? 0,
    there: there.get(date)?.count ?? 0,
    repaired: !still.has(date),
  }))
}

const daysOf = (manifest: Manifest) => new Map(manifest.days.map((day) => [day.date, day]))

function countDays({ index }: IntegrityPorts, store: StoreSettings): Map<string, DayCount> {
  const days = new Map<string, DayCount>()
  for (const row of index.confirmedRows(store.id)) {
    const date = localDateOf(row.startedAt, store.timezone)
    const day = days.get(date) ?? { count: 0, version: 0, versionSum: 0 }
    day.count += 1
    day.version = Math.max(day.version, row.version)
    day.versionSum += row.version
    days.set(date, day)
  }
  return days
}

function rowsOfDay(index: SessionIndex, store: StoreSettings, date: string): SessionSummary[] {
  return [...index.confirmedRows(store.id)].filter((row) => localDateOf(row.startedAt, store.timezone) === date)
}

function differences(
  here: ReadonlyMap<string, DayCount>,
  there: ReadonlyMap<string, Manifest['days'][number]>,
): string[] {
  return [...new Set([...here.keys(), ...there.keys()])].sort().filter((date) => {
    const mine = here.get(date)
    const theirs = there.get(date)
    if (mine === undefined || theirs === undefined) return true
    if (mine.count !== theirs.count || mine.version !== theirs.version) return true
    return theirs.versionSum !== undefined && mine.versionSum !== theirs.versionSum
  })
}
