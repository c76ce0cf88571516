/** Day blocks and the manifest that lists them. */
import { and, asc, eq, sql } from 'drizzle-orm/sql'
import { encodeDayBlock } from '#shared/protocol/day-block.ts'
import type { Manifest } from '#shared/protocol/sync.ts'
import type { Database } from '../storage/open-database.ts'
import { sessions, stores } from '../storage/schema.ts'
import { epochOf } from './changes.ts'

/** The store's days that have sessions, oldest first, in one snapshot with its version; null for an unknown store. */
export function manifestOf(database: Database, storeId: string): Promise<Manifest | null> {
  return database.transaction(
    async (tx) => {
      const [store] = await tx.select().from(stores).where(eq(stores.id, storeId))
      if (store === undefined) return null
      const days = await tx
        .select({
          date: sessions.localDate,
          count: sql<number>`count(*)`.mapWith(Number),
          version: sql<number>`max(${sessions.version})`.mapWith(Number),
          versionSum: sql<number>`sum(${sessions.version})`.mapWith(Number),
        })
        .from(sessions)
        .where(eq(sessions.storeId, storeId))
        .groupBy(sessions.localDate)
        .orderBy(asc(sessions.localDate))
      return { version: store.version, epoch: await epochOf(tx), settings: store.settings, days }
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )
}

/** Names the content of a day: any change of a row raises the highest version or changes the count. */
const tagOf = (epoch: string, count: number, version: number): string => `${epoch}.${count}.${version}`

/** Tag of a day's block as it would be built now. */
export async function dayBlockTag(database: Database, storeId: string, date: string): Promise<string> {
  const [day] = await database.queries
    .select({
      count: sql<number>`count(*)`.mapWith(Number),
      version: sql<number>`coalesce(max(${sessions.version}), 0)`.mapWith(Number),
    })
    .from(sessions)
    .where(and(eq(sessions.storeId, storeId), eq(sessions.localDate, date)))
  return tagOf(await epochOf(database.queries), day?.count ?? 0, day?.version ?? 0)
}

/** The block of a store-local day (YYYY-MM-DD) as an Arrow stream; a day without sessions has a block without rows. */
export async function dayBlockOf(
  database: Database,
  storeId: string,
  date: string,
): Promise<{ tag: string; bytes: Uint8Array }> {
  const rows = await database.queries
    .select({ summary: sessions.summary })
    .from(sessions)
    .where(and(eq(sessions.storeId, storeId), eq(sessions.localDate, date)))
  const summaries = rows.map((row) => row.summary)
  const version = summaries.reduce((highest, summary) => Math.max(highest, summary.version), 0)
  return { tag: tagOf(await epochOf(database.queries), rows.length, version), bytes: encodeDayBlock(summaries) }
}
