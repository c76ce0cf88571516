/** What is known about the safety of this PC's data, for the data-safety page and the support bundle. */
import type { LocalInfo, LocalState } from '#shared/desktop-api.ts'
import type { DataSafety, DataStatus, ExportedFile } from './data-api.ts'
import type { StoragePort } from './data-service.ts'
import type { ConsoleDatabase, OutboxRow } from './database.ts'
import { countSubjects } from './pending-decisions.ts'
import { DEFAULT_KEEP_DETAILS_DAYS } from './retention.ts'
import type { SessionIndex } from './session-index.ts'
import type { SyncState } from './sync/machine.ts'

export interface DataSafetySources {
  database: ConsoleDatabase
  index: SessionIndex
  status: DataStatus
  /** Employee number of the signed-in person. */
  owner: string | null
  rows: readonly OutboxRow[]
  clock: DataSafety['clock']
  storage: StoragePort
  /** Null in a browser, or where the main process does not answer. */
  local: LocalState | null
}

/** Reads everything the data-safety page shows, as of now. */
export async function collectDataSafety(sources: DataSafetySources): Promise<DataSafety> {
  const { database, index, status, owner, rows, clock, storage, local } = sources
  const estimate = await storage.estimate()
  const stores = await Promise.all(
    (status.identity?.stores ?? []).map(async ({ id }) => ({
      storeId: id,
      lastContactAt: status.lastContactAt[id] ?? null,
      days: await database.dayBlocks.where('storeId').equals(id).count(),
      sessions: index.count(id),
      details: await database.sessions.where('storeId').equals(id).count(),
    })),
  )
  const owners = [...new Set(rows.map((row) => row.employeeNumber))].sort()
  return {
    unsent: owners.map((employeeNumber) => {
      const own = rows.filter((row) => row.employeeNumber === employeeNumber)
      const oldestAt = Math.min(...own.map(({ mutation }) => Date.parse(mutation.occurredAt)))
      return { employeeNumber, own: employeeNumber === owner, count: countSubjects(own), oldestAt }
    }),
    stores,
    clock,
    storage: {
      usedBytes: estimate?.usedBytes ?? null,
      quotaBytes: estimate?.quotaBytes ?? null,
      freeDiskBytes: local?.freeDiskBytes ?? null,
      persisted: await storage.persisted(),
      low: status.lowDisk,
    },
    journal: local?.journal ?? null,
    keepDetailsDays: (await database.getMeta('keepDetailsDays')) ?? DEFAULT_KEEP_DETAILS_DAYS,
    detailsAheadDays: (await database.getMeta('detailsAheadDays')) ?? 0,
    incidents: (await database.getMeta('incidents')) ?? [],
    lastIntegrityCheck: (await database.getMeta('lastIntegrityCheck')) ?? null,
  }
}

/**
 * State of this console for somebody who helps from afar. Counts, versions and codes only: no names, employee or
 * customer numbers, baskets, notes, addresses or tokens.
 * @param atMs UTC milliseconds, server time
 */
export function composeSupportBundle(
  safety: DataSafety,
  status: DataStatus,
  sync: SyncState,
  local: LocalInfo | null,
  atMs: number,
): ExportedFile {
  const at = new Date(atMs).toISOString()
  const nameless = {
    format: 'floorwalker-support-bundle',
    version: 1,
    at,
    app: { version: local?.appVersion ?? 'browser', canKeepSignIn: local?.canKeepSignIn ?? null },
    signedInAs: status.identity?.employee.role ?? null,
    connection: status.connection,
    problem: status.problem,
    signInNeeded: status.signInNeeded,
    readOnly: status.readOnly,
    unseenResults: status.unseenResults,
    sync: { ...sync, stores: Object.entries(sync.stores).map(([storeId, store]) => ({ storeId, ...store })) },
    safety: {
      ...safety,
      unsent: safety.unsent.map(({ own, count, oldestAt }) => ({ own, count, oldestAt })),
    },
  }
  return {
    name: `floorwalker-support-${at.slice(0, 19).replaceAll(':', '-')}.json`,
    mediaType: 'application/json',
    text: `${JSON.stringify(nameless, null, 2)}\n`,
  }
}
