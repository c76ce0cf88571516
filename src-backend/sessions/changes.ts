/** The feed a console follows: what changed in a store since its cursor, and the verdicts on its own decisions. */
import { and, eq, inArray, sql } from 'drizzle-orm/sql'
import type { MutationResult } from '#shared/protocol/decisions.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { Database, Queries } from '../storage/open-database.ts'
import { meta, sessions, stores } from '../storage/schema.ts'
import { lastSeqOf, outcomesSince } from './apply-mutations.ts'
import { lastRefusalOf } from './refusals.ts'
import { lastShiftEntryOf } from './shift-entries.ts'

export interface ChangesQuery {
  storeId: string
  deviceId: string
  since: number
  limit: number
  epoch: string | undefined
}

/** A page with its documents still as JSON text: they are passed through, never parsed. */
export interface ChangesPageText {
  changes: { version: number; documentJson: string }[]
  version: number
  more: boolean
  epoch: string
  deviceId: string
  lastMutationSeq: number
  outcomes: MutationResult[]
  settings: StoreSettings | undefined
  lastRefusal: number
  lastShiftEntry: number
}

/** Identity of this database; another one after a restore from a backup. */
export async function epochOf(queries: Queries): Promise<string> {
  const [row] = await queries.select().from(meta).where(eq(meta.key, 'epoch'))
  return row?.value ?? ''
}

/** Next page after a cursor, read in one snapshot; `reset` where the cursor is not of this database's history. */
export function changesSince(
  database: Database,
  { storeId, deviceId, since, limit, epoch: expected }: ChangesQuery,
): Promise<ChangesPageText | { reset: true; epoch: string }> {
  return database.transaction(
    async (tx) => {
      const epoch = await epochOf(tx)
      const [store] = await tx.select().from(stores).where(eq(stores.id, storeId))
      const current = store?.version ?? 0
      if (since > current || (expected !== undefined && expected !== epoch)) return { reset: true, epoch }
      const rows = await tx
        .select({ version: sessions.version, documentJson: sql<string>`${sessions.document}::text` })
        .from(sessions)
        .where(and(eq(sessions.storeId, storeId), sql`${sessions.version} > ${since}`))
        .orderBy(sessions.version)
        .limit(limit + 1)
      const outcomes = await outcomesSince(tx, deviceId, storeId, since, limit + 1)
      const lastMutationSeq = await lastSeqOf(tx, deviceId)
      // The page ends where either list was cut, so both are complete up to its version.
      const version = Math.min(
        current,
        rows.length > limit ? (rows[limit - 1]?.version ?? current) : current,
        outcomes.length > limit ? (outcomes[limit - 1]?.version ?? current) : current,
      )
      const later = outcomes.find((outcome) => outcome.version > version)
      return {
        changes: rows.filter((row) => row.version <= version),
        version,
        more: version < current,
        epoch,
        deviceId,
        // A console drops its unsent rows up to this seq: not yet those whose sessions are on a later page.
        lastMutationSeq: later === undefined ? lastMutationSeq : later.result.seq - 1,
        outcomes: outcomes.filter((outcome) => outcome.version <= version).map((outcome) => outcome.result),
        settings: store?.settings,
        lastRefusal: await lastRefusalOf(tx, storeId),
        lastShiftEntry: await lastShiftEntryOf(tx, storeId),
      }
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )
}

/** Documents of a store's sessions as JSON text, passed through; ids that the store does not have are left out. */
export async function documentsOf(database: Database, storeId: string, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await database.queries
    .select({ documentJson: sql<string>`${sessions.document}::text` })
    .from(sessions)
    .where(and(eq(sessions.storeId, storeId), inArray(sessions.id, ids)))
  return rows.map((row) => row.documentJson)
}
