/** Expiry: only the backend ends a session that nobody ended, and dates its end as the store's policy says. */
import { and, asc, eq, sql } from 'drizzle-orm/sql'
import { foldSession } from '#shared/session/fold-session.ts'
import type { Clock } from '#shared/time/clock.ts'
import type { Database, Queries } from '../storage/open-database.ts'
import { sessions } from '../storage/schema.ts'
import { type LockedStore, lockStore, writeSessions } from './store-writer.ts'

const BATCH = 500

/** Ends every session whose time is up; answers how many. Safe to run on several backends at once. */
export async function expireSessions(database: Database, clock: Clock): Promise<number> {
  const due = await database.queries
    .selectDistinct({ storeId: sessions.storeId })
    .from(sessions)
    .where(sql`not ${sessions.ended} and ${sessions.expiresAt} <= ${clock.now()}`)
  let expired = 0
  for (const { storeId } of due) {
    for (;;) {
      const inBatch = await database.transaction(async (tx) => {
        const store = await lockStore(tx, storeId)
        return store === null ? 0 : await expireBatch(tx, store, clock.now())
      })
      expired += inBatch
      if (inBatch < BATCH) break
    }
  }
  return expired
}

async function expireBatch(tx: Queries, store: LockedStore, now: number): Promise<number> {
  const rows = await tx
    .select({ document: sessions.document })
    .from(sessions)
    .where(and(eq(sessions.storeId, store.id), sql`not ${sessions.ended}`, sql`${sessions.expiresAt} <= ${now}`))
    .orderBy(asc(sessions.expiresAt))
    .limit(BATCH)
  const folded = rows.map(({ document }) =>
    foldSession(
      { id: document.id, storeId: store.id, settings: store.settings, version: document.version },
      document.events,
      now,
    ),
  )
  await writeSessions(tx, store, folded)
  return folded.filter((document) => document.endedAt !== null).length
}

/** Judges the sessions that have not ended by the store's settings of today; call it when those changed. */
export async function refoldOpenSessions(tx: Queries, store: LockedStore, now: number): Promise<void> {
  const rows = await tx
    .select({ document: sessions.document })
    .from(sessions)
    .where(and(eq(sessions.storeId, store.id), sql`not ${sessions.ended}`))
  const folded = rows.map(({ document }) =>
    foldSession(
      { id: document.id, storeId: store.id, settings: store.settings, version: document.version },
      document.events,
      now,
    ),
  )
  for (let start = 0; start < folded.length; start += BATCH) {
    await writeSessions(tx, store, folded.slice(start, start + BATCH))
  }
}
