/** The register of refused age verifications: one hash chain per store, extended in the transaction of the decision. */
import { and, desc, eq, gt } from 'drizzle-orm/sql'
import type { RefusalsPage } from '#shared/protocol/refusals.ts'
import type { SessionDocument, SessionEvent } from '#shared/protocol/session-document.ts'
import { nextEntry, refusalOf } from '#shared/verification/refusal-chain.ts'
import type { Database, Queries } from '../storage/open-database.ts'
import { refusals } from '../storage/schema.ts'

/**
 * Adds an applied decision to its store's register where it refuses an age verification. The store has to be locked: the
 * order of the chain is the order of arrival.
 */
export async function registerRefusal(tx: Queries, session: SessionDocument, event: SessionEvent): Promise<void> {
  const refusal = refusalOf(session, event)
  if (refusal === null) return
  const [last] = await tx
    .select()
    .from(refusals)
    .where(eq(refusals.storeId, session.storeId))
    .orderBy(desc(refusals.number))
    .limit(1)
  const entry = nextEntry(last ?? null, refusal)
  await tx.insert(refusals).values({ storeId: session.storeId, number: entry.number, hash: entry.hash, entry })
}

/** Number of the last entry of a store's register; 0 where it has none. */
export async function lastRefusalOf(queries: Queries, storeId: string): Promise<number> {
  const [last] = await queries
    .select({ number: refusals.number })
    .from(refusals)
    .where(eq(refusals.storeId, storeId))
    .orderBy(desc(refusals.number))
    .limit(1)
  return last?.number ?? 0
}

/** Entries of a store's register after a number, oldest first. */
export function refusalsSince(
  database: Database,
  storeId: string,
  since: number,
  limit: number,
): Promise<Omit<RefusalsPage, 'epoch'>> {
  return database.transaction(
    async (tx) => {
      const rows = await tx
        .select({ entry: refusals.entry })
        .from(refusals)
        .where(and(eq(refusals.storeId, storeId), gt(refusals.number, since)))
        .orderBy(refusals.number)
        .limit(limit)
      const entries = rows.map((row) => row.entry)
      return { entries, last: await lastRefusalOf(tx, storeId) }
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )
}
