/**
 * The one way sessions are written: lock the store, read the sessions, fold, write them under fresh versions. The lock
 * is held to the commit, so versions become visible in their order and no commit can slip in behind a reader's cursor.
 */
import { and, eq, inArray, sql } from 'drizzle-orm/sql'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { dayOf, summarize } from '#shared/session/session-summary.ts'
import { notify, type Queries, rowsOf } from '../storage/open-database.ts'
import { sessions, storeDays, stores } from '../storage/schema.ts'

/** A store whose row is locked by the running transaction. */
export interface LockedStore {
  id: string
  settings: StoreSettings
  /** The last version given out, those of this transaction included. */
  version: number
}

/** Two stores are creating the same session id at once; the other one won, so the transaction has to look again. */
export class SessionTaken extends Error {
  /** As a serialization failure, so that the transaction is retried. */
  readonly code = '40001'
}

/** Locks a store until the transaction ends; null where there is none. Do this before reading its sessions. */
export async function lockStore(tx: Queries, storeId: string): Promise<LockedStore | null> {
  const [row] = await tx.select().from(stores).where(eq(stores.id, storeId)).for('update')
  return row ?? null
}

/** Documents of these session ids, of whatever store. */
export async function loadSessions(tx: Queries, ids: string[]): Promise<Map<string, SessionDocument>> {
  if (ids.length === 0) return new Map()
  const rows = await tx
    .select({ id: sessions.id, document: sessions.document })
    .from(sessions)
    .where(sql`${sessions.id} = any(${sql.param(ids)}::text[])`)
  return new Map(rows.map((row) => [row.id, row.document]))
}

/** Sessions of ids that the store's events have. */
export async function loadEventIds(tx: Queries, storeId: string, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  // One look into the index per id: `limit` keeps the planner from reading the whole table for a thousand of them.
  const rows = await rowsOf<{ event_id: string; session_id: string }>(
    tx,
    sql`select known.event_id, known.session_id
        from unnest(${sql.param(ids)}::text[]) as wanted (event_id)
        cross join lateral (
          select event_id, session_id from event_ids
          where store_id = ${storeId} and event_id = wanted.event_id limit 1) as known`,
  )
  return new Map(rows.map((row) => [row.event_id, row.session_id]))
}

/** Records new event ids as [event id, session id]. */
export async function insertEventIds(tx: Queries, storeId: string, pairs: [string, string][]): Promise<void> {
  if (pairs.length === 0) return
  await tx.execute(
    sql`insert into event_ids (store_id, event_id, session_id)
        select ${storeId}, event_id, session_id
        from unnest(${sql.param(pairs.map(([id]) => id))}::text[], ${sql.param(pairs.map(([, id]) => id))}::text[])
          as pair (event_id, session_id)`,
  )
}

/**
 * Writes documents of the locked store, each under a version of its own, and pokes the store's consoles.
 *
 * @param extraVersions versions to give out beyond those, for verdicts that changed no session
 * @returns the documents as written
 * @throws SessionTaken
 */
export async function writeSessions(
  tx: Queries,
  store: LockedStore,
  documents: readonly SessionDocument[],
  extraVersions = 0,
): Promise<SessionDocument[]> {
  if (documents.length + extraVersions === 0) return []
  // Ids in order: two stores that create sessions of the same ids then wait for each other instead of deadlocking.
  const written = documents
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map((document, index) => ({ ...document, version: store.version + 1 + index }))
  store.version += written.length + extraVersions
  if (written.length > 0) {
    const rows = written.map((document) => ({
      id: document.id,
      version: document.version,
      local_date: dayOf(document, store.settings.timezone),
      ended: document.endedAt !== null,
      expires_at: document.expiresAt === null ? null : Date.parse(document.expiresAt),
      summary: summarize(document),
    }))
    // `before` names no store: that would tempt the planner to read all of the store's. One of another is taken, see below.
    // Documents travel beside their rows, one a line (JSON has no raw line breaks), and are not parsed on the way.
    const documentLines = written.map((document) => JSON.stringify(document)).join('\n')
    const [upserted] = await rowsOf<{ written: string | number; left_days: string[] }>(
      tx,
      sql`with row as (
            select * from rows from (
              json_to_recordset(${JSON.stringify(rows)}::json) as (
                id text, version bigint, local_date text, ended boolean, expires_at bigint, summary json),
              unnest(string_to_array(${documentLines}, chr(10)))
            ) as row (id, version, local_date, ended, expires_at, summary, document)
          ), before as (
            select id, version, local_date from sessions
            where id = any(${sql.param(written.map(({ id }) => id))}::text[])
          ), after as (
            insert into sessions (id, store_id, version, local_date, ended, expires_at, summary, document)
            select id, ${store.id}, version, local_date, ended, expires_at, summary, document::json from row
            on conflict (id) do update set
              version = excluded.version, local_date = excluded.local_date, ended = excluded.ended,
              expires_at = excluded.expires_at, summary = excluded.summary, document = excluded.document
            where sessions.store_id = excluded.store_id
            returning id, version, local_date
          ), days as (
            insert into store_days as day (store_id, date, count, version, version_sum)
            select ${store.id}, local_date, sum(count), coalesce(max(version) filter (where count > 0), 0), sum(count * version)
            from (select 1 as count, version, local_date from after
                  union all select -1, version, local_date from before) as change
            group by local_date
            on conflict (store_id, date) do update set
              count = day.count + excluded.count, version = greatest(day.version, excluded.version),
              version_sum = day.version_sum + excluded.version_sum
          )
          select (select count(*) from after) as written, array(
            select distinct before.local_date from before join after using (id)
            where before.local_date <> after.local_date) as left_days`,
    )
    if (Number(upserted?.written) !== written.length) throw new SessionTaken()
    await forgetLeft(tx, store.id, upserted?.left_days ?? [])
  }
  await tx.update(stores).set({ version: store.version }).where(eq(stores.id, store.id))
  await notify(tx, { storeId: store.id, version: store.version })
  return written
}

/** A session that starts on another day now may have been the last one of its day, or the one with the highest version. */
async function forgetLeft(tx: Queries, storeId: string, dates: readonly string[]): Promise<void> {
  if (dates.length === 0) return
  const ofThem = and(eq(storeDays.storeId, storeId), inArray(storeDays.date, [...dates]))
  await tx.delete(storeDays).where(and(ofThem, eq(storeDays.count, 0)))
  await tx
    .update(storeDays)
    .set({
      version: sql`(select max(${sessions.version}) from ${sessions}
        where ${sessions.storeId} = ${storeDays.storeId} and ${sessions.localDate} = ${storeDays.date})`,
    })
    .where(ofThem)
}

/** Counts the days of a store anew: its sessions were written by other means than `writeSessions`. */
export async function recountDays(tx: Queries, storeId: string): Promise<void> {
  await tx.delete(storeDays).where(eq(storeDays.storeId, storeId))
  await tx.execute(
    sql`insert into store_days (store_id, date, count, version, version_sum)
        select store_id, local_date, count(*), max(version), sum(version) from sessions
        where store_id = ${storeId} group by store_id, local_date`,
  )
}
