/** Day blocks and the manifest that lists them. */
import { setTimeout as pause } from 'node:timers/promises'
import { and, asc, eq, sql } from 'drizzle-orm/sql'
import { DAY_BLOCK_FORM, encodeDayBlock } from '#shared/protocol/day-block.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { Manifest } from '#shared/protocol/sync.ts'
import { summarize } from '#shared/session/session-summary.ts'
import type { Clock } from '#shared/time/clock.ts'
import { localDateOf } from '#shared/time/local-day.ts'
import { type Database, rowsOf } from '../storage/open-database.ts'
import { dayBlocks, sessions, storeDays, stores } from '../storage/schema.ts'
import { epochOf } from './changes.ts'
import { deflatePiece, type Piece } from './gzip-pieces.ts'

/** The block of a day, compressed. */
export interface BuiltBlock {
  date: string
  /** Names the content. */
  tag: string
  piece: Piece
}

/** Days whose kept blocks are read at once. */
const READ_AT_ONCE = 8

/** The store's days that have sessions, oldest first, in one snapshot with its version; null for an unknown store. */
export function manifestOf(database: Database, storeId: string): Promise<Manifest | null> {
  return database.transaction(
    async (tx) => {
      const [store] = await tx.select().from(stores).where(eq(stores.id, storeId))
      if (store === undefined) return null
      const { date, count, version, versionSum } = storeDays
      const days = await tx
        .select({ date, count, version, versionSum })
        .from(storeDays)
        .where(eq(storeDays.storeId, storeId))
        .orderBy(asc(date))
      return { version: store.version, epoch: await epochOf(tx), settings: store.settings, days }
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )
}

/** Names the content of a day: any change of a row raises the highest version or changes the count. */
const tagOf = (epoch: string, count: number, version: number): string => `${epoch}.${count}.${version}`

/** `tagOf` in SQL, of the row of `store_days` that is called `day`; a day without one has no sessions. */
const dayTag = sql`(select value from meta where key = 'epoch')
  || '.' || coalesce(day.count, 0) || '.' || coalesce(day.version, 0)`

/** Reads blocks that are kept, builds those that are not, and keeps them. */
export class DayBlocks {
  /** What is being built, by store, day and the tag that was asked for: a later one must not get an older content. */
  readonly #underWay = new Map<string, Promise<BuiltBlock>>()

  constructor(private readonly database: Database) {}

  /** Tag of a day's block as it is now. */
  async tag(storeId: string, date: string): Promise<string> {
    const [row] = await rowsOf<{ tag: string }>(
      this.database.queries,
      sql`select ${dayTag} as tag from (select 1) as always
          left join store_days as day on day.store_id = ${storeId} and day.date = ${date}`,
    )
    return row?.tag ?? ''
  }

  /** The block of a store-local day (YYYY-MM-DD); a day without sessions has a block without rows. */
  async block(storeId: string, date: string): Promise<BuiltBlock> {
    const [block] = await this.#read(storeId, [date])
    if (block === undefined) throw new Error('no row for a day')
    return block
  }

  /** The blocks of several days, in their order. */
  async *blocks(storeId: string, dates: readonly string[]): AsyncGenerator<BuiltBlock, void> {
    for (let start = 0; start < dates.length; start += READ_AT_ONCE) {
      yield* await this.#read(storeId, dates.slice(start, start + READ_AT_ONCE))
    }
  }

  /**
   * Builds the blocks of days that are over and have none, newest first, one after the other with pauses for those who
   * ask; and drops those of days that are gone.
   * @param signal ends it between two blocks
   * @returns how many it built
   */
  async buildAhead(clock: Clock, signal: AbortSignal): Promise<number> {
    const { queries } = this.database
    await queries.execute(
      sql`delete from day_blocks as block where not exists (
            select from store_days as day where day.store_id = block.store_id and day.date = block.date)`,
    )
    const today = new Map(
      (await queries.select().from(stores)).map(({ id, settings }) => [
        id,
        localDateOf(clock.now(), settings.timezone),
      ]),
    )
    const missing = await rowsOf<{ store_id: string; date: string; tag: string }>(
      queries,
      sql`select day.store_id, day.date, ${dayTag} as tag from store_days as day
          where not exists (
            select from day_blocks as block where block.store_id = day.store_id and block.date = day.date
            and block.tag = ${dayTag} and block.form = ${DAY_BLOCK_FORM})
          order by day.date desc`,
    )
    let built = 0
    for (const { store_id: storeId, date, tag } of missing) {
      // Today's changes with every scan: it is built when somebody asks.
      if (date >= (today.get(storeId) ?? '')) continue
      if (signal.aborted) break
      const startedAt = clock.monotonic()
      await this.#build(storeId, date, tag)
      built += 1
      // Half of the time is everybody else's.
      await pause(clock.monotonic() - startedAt)
    }
    return built
  }

  async #read(storeId: string, dates: readonly string[]): Promise<BuiltBlock[]> {
    // As base64: PGlite reads `bytea` character by character, which takes longer than all the rest.
    const rows = await rowsOf<{
      date: string
      tag: string
      length: string | number | null
      crc: string | number
      base64: string
    }>(
      this.database.queries,
      sql`select wanted.date, ${dayTag} as tag, block.length, block.crc, encode(block.deflated, 'base64') as base64
          from unnest(${sql.param([...dates])}::text[]) with ordinality as wanted (date, position)
          left join store_days as day on day.store_id = ${storeId} and day.date = wanted.date
          left join day_blocks as block on block.store_id = ${storeId} and block.date = wanted.date
            and block.tag = ${dayTag} and block.form = ${DAY_BLOCK_FORM}
          order by wanted.position`,
    )
    return Promise.all(
      rows.map(({ date, tag, length, crc, base64 }) =>
        length === null
          ? this.#build(storeId, date, tag)
          : { date, tag, piece: { deflated: Buffer.from(base64, 'base64'), length: Number(length), crc: Number(crc) } },
      ),
    )
  }

  /** Builds a block with at least the content of this tag; many who ask for it at once wait for one building. */
  #build(storeId: string, date: string, tag: string): Promise<BuiltBlock> {
    const key = JSON.stringify([storeId, date, tag])
    const underWay = this.#underWay.get(key)
    if (underWay !== undefined) return underWay
    const building = this.#buildNow(storeId, date).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, building)
    return building
  }

  async #buildNow(storeId: string, date: string): Promise<BuiltBlock> {
    const { queries } = this.database
    const epoch = await epochOf(queries)
    // A summary that was written before its last columns came is made anew.
    const isOld = sql`${sessions.summary} -> 'furthestStep' is null`
    const rows = await queries
      .select({
        summary: sessions.summary,
        document: sql<SessionDocument | null>`case when ${isOld} then ${sessions.document} end`,
      })
      .from(sessions)
      .where(and(eq(sessions.storeId, storeId), eq(sessions.localDate, date)))
    const summaries = rows.map(({ summary, document }) => (document === null ? summary : summarize(document)))
    // Of these very rows, which may be newer than what was asked for.
    const version = summaries.reduce((highest, summary) => Math.max(highest, summary.version), 0)
    const tag = tagOf(epoch, rows.length, version)
    const piece = await deflatePiece(encodeDayBlock(summaries))
    if (rows.length > 0) await this.#keep(storeId, { date, tag, piece })
    return { date, tag, piece }
  }

  async #keep(storeId: string, { date, tag, piece }: BuiltBlock): Promise<void> {
    const row = { tag, form: DAY_BLOCK_FORM, ...piece }
    await this.database.queries
      .insert(dayBlocks)
      .values({ storeId, date, ...row })
      .onConflictDoUpdate({ target: [dayBlocks.storeId, dayBlocks.date], set: row })
  }
}
