/**
 * A backend's database with the seeded sessions of `million-data.ts` and all day blocks built, ready for a backend to start
 * on. Rows go into the tables directly, not through HTTP: folding the events of a million sessions would take an hour.
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { eq, sql } from 'drizzle-orm/sql'
import { DAY_BLOCK_FORM } from '#shared/protocol/day-block.ts'
import { bootstrapSchema } from '#shared/protocol/store-settings.ts'
import { type Clock, systemClock } from '#shared/time/clock.ts'
import { startBackend } from '../src-backend/backend.ts'
import { DayBlocks } from '../src-backend/sessions/day-blocks.ts'
import { recountDays } from '../src-backend/sessions/store-writer.ts'
import { type Database, openPglite } from '../src-backend/storage/open-database.ts'
import { stores } from '../src-backend/storage/schema.ts'
import { documentOf, generateMillion, MILLION_DATA_VERSION, millionStores, type StoreDay } from './million-data.ts'

const storeIds = millionStores.map(({ id }) => id)

/** To be given to whoever starts a backend on such a database. */
export const millionBootstrap = bootstrapSchema.parse({
  stores: millionStores,
  apiKeys: [{ key: 'key-of-the-million', stores: storeIds }],
  employees: [
    { number: '1001', name: 'Katharina Vogel', password: 'floorwalker', role: 'supervisor', stores: storeIds },
  ],
})

/** Where filled folders are kept from run to run: `FLOORWALKER_BENCH_DIR`, or the system's folder for what is temporary. */
export const benchFolder = (): string => process.env.FLOORWALKER_BENCH_DIR ?? os.tmpdir()

interface Size {
  seed: number
  rows: number
}

/**
 * A data folder for `startBackend` of `e2e/start-backend.ts`, below `folder`. One that was filled before with the same
 * sessions is taken as it is, with whatever a backend changed in it since.
 */
export async function fillMillionBackend(
  folder: string,
  { seed, rows }: Size,
  log: (line: string) => void = () => undefined,
): Promise<string> {
  const dataDir = path.join(folder, `floorwalker-million-${MILLION_DATA_VERSION}-${seed}-${rows}`)
  const mark = path.join(dataDir, 'filled')
  const isFilled = existsSync(mark)
  if (isFilled && (await readFile(mark, 'utf8')) === DAY_BLOCK_FORM) return dataDir
  if (!isFilled) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  await mkdir(dataDir, { recursive: true })
  const database = await openPglite(path.join(dataDir, 'db'))
  const backend = await startBackend({ database, bootstrap: millionBootstrap, expireEveryMs: null })
  try {
    if (!isFilled) await insertMillion(database, { seed, rows }, log)
    await buildAll(database, log)
  } finally {
    await backend.close()
  }
  await writeFile(mark, DAY_BLOCK_FORM)
  return dataDir
}

/** Inserts the sessions into a database on which a backend with `millionBootstrap` has been started. */
export async function insertMillion(database: Database, size: Size, log: (line: string) => void): Promise<void> {
  const startedAt = performance.now()
  let inserted = 0
  for (const day of generateMillion(size)) {
    await insertDay(database, day)
    inserted += day.rows.length
    if (Math.floor(inserted / 100_000) > Math.floor((inserted - day.rows.length) / 100_000)) {
      log(`${inserted} sessions after ${secondsSince(startedAt)} s`)
    }
  }
  for (const id of storeIds) {
    await database.transaction(async (tx) => {
      await recountDays(tx, id)
      const highest = sql`(select coalesce(max(version), 0) from sessions where store_id = ${id})`
      await tx.update(stores).set({ version: highest }).where(eq(stores.id, id))
    })
  }
  log(`${inserted} sessions inserted in ${secondsSince(startedAt)} s`)
}

/** Builds the blocks of all days, without the pauses that a backend makes for those who ask. */
async function buildAll(database: Database, log: (line: string) => void): Promise<void> {
  const startedAt = performance.now()
  const withoutPauses: Clock = { now: systemClock.now, monotonic: () => 0 }
  const built = await new DayBlocks(database).buildAhead(withoutPauses, new AbortController().signal)
  log(`${built} day blocks built in ${secondsSince(startedAt)} s`)
}

async function insertDay(database: Database, { storeId, date, rows }: StoreDay): Promise<void> {
  const columns = rows.map((row) => ({
    id: row.id,
    version: row.version,
    ended: row.endedAt !== null,
    expires_at: row.expiresAt,
    summary: row,
  }))
  // Beside their rows, one a line, and not parsed on the way.
  const documents = rows.map((row) => JSON.stringify(documentOf(row))).join('\n')
  await database.queries.execute(
    sql`insert into sessions (id, store_id, version, local_date, ended, expires_at, summary, document)
        select id, ${storeId}, version, ${date}, ended, expires_at, summary, document::json
        from rows from (
          json_to_recordset(${JSON.stringify(columns)}::json) as (
            id text, version bigint, ended boolean, expires_at bigint, summary json),
          unnest(string_to_array(${documents}, chr(10)))
        ) as row (id, version, ended, expires_at, summary, document)`,
  )
}

const secondsSince = (startedAt: number): string => ((performance.now() - startedAt) / 1_000).toFixed(1)
