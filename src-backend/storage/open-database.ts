/** Opens PGlite or PostgreSQL behind one face: queries, transactions that are retried, and notifications. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import type { PgDatabase, PgQueryResultHKT, PgTransactionConfig } from 'drizzle-orm/pg-core'
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite'
import { type SQL, sql } from 'drizzle-orm/sql'
import pg from 'pg'
import { DurableFolder, durableStartParams } from './durable-folder.ts'
import { lockFolder } from './folder-lock.ts'

/** Both drivers, and a transaction of either. */
export type Queries = PgDatabase<PgQueryResultHKT>

export interface Database {
  queries: Queries
  /**
   * Runs `work` in a transaction; runs it again, a few times, where it lost a race (deadlock, serialization, a unique
   * key that a concurrent transaction took). `work` must therefore have no effect outside the transaction.
   * @throws at once, with the code of a busy database, where too many transactions are under way
   */
  transaction<Result>(work: (tx: Queries) => Promise<Result>, config?: PgTransactionConfig): Promise<Result>
  /**
   * Calls `listener` with each notification that any backend of this database sent in a committed transaction, and
   * `onGap` after a lost connection, when some may have been missed.
   */
  listen(listener: (payload: string) => void, onGap: () => void): Promise<void>
  close(): Promise<void>
}

const CHANNEL = 'floorwalker'
const RETRIED = new Set(['40001', '40P01', '23505'])
const MAX_TRIES = 5

/** Sends a notification to every listening backend when the transaction commits. */
export async function notify(tx: Queries, payload: unknown): Promise<void> {
  await tx.execute(sql`select pg_notify(${CHANNEL}, ${JSON.stringify(payload)})`)
}

/** Rows of a raw query, the same for both drivers. `bigint` columns may come as text. */
export async function rowsOf<Row>(queries: Queries, query: SQL): Promise<Row[]> {
  const result = (await queries.execute(query)) as unknown as { rows: Row[] }
  return result.rows
}

/** SQLSTATE or Node's code of a database failure, however deep it is wrapped; null for other errors. */
export function databaseErrorCode(error: unknown): string | null {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string') return current.code
  }
  return null
}

/** The innermost cause of an error: what wraps it quotes the query's values, which no log should hold. */
export function innermostCause(error: unknown): unknown {
  let cause = error
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  return cause
}

/** More transactions than this at once only wait for each other and fill the memory. */
const MAX_TRANSACTIONS = 256

/** Too many transactions are under way; nothing of this one was done. */
class TooManyTransactions extends Error {
  /** As PostgreSQL says of too many connections. */
  readonly code = '53300'
}

/** A bound on transactions under way, waiting ones included: those beyond it fail at once, so that callers back off. */
function boundedTransactions(): <Result>(run: () => Promise<Result>) => Promise<Result> {
  let underWay = 0
  return async (run) => {
    if (underWay >= MAX_TRANSACTIONS) throw new TooManyTransactions()
    underWay++
    try {
      return await retrying(run)
    } finally {
      underWay--
    }
  }
}

async function retrying<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (tries >= MAX_TRIES || !RETRIED.has(databaseErrorCode(error) ?? '')) throw error
    }
  }
}

/**
 * Opens PGlite in a folder, where a commit is on disk when it resolves, or in memory without one.
 * @throws where the folder cannot be used; FolderInUse where another backend has it open
 */
export async function openPglite(folder: string | undefined): Promise<Database> {
  const unlock = folder === undefined ? () => undefined : await lockFolder(folder)
  const client = await (folder === undefined ? PGlite.create() : openFolder(folder))
  const queries = drizzlePglite({ client }) as unknown as Queries
  const bounded = boundedTransactions()
  return {
    queries,
    transaction: (work, config) => bounded(() => queries.transaction(work, config)),
    listen: async (listener) => {
      await client.listen(CHANNEL, listener)
    },
    close: async () => {
      await client.close()
      unlock()
    },
  }
}

async function openFolder(folder: string): Promise<PGlite> {
  const fresh = !existsSync(join(folder, 'PG_VERSION'))
  const files = new DurableFolder(folder)
  const client = await PGlite.create({ fs: files, startParams: durableStartParams })
  if (fresh) await files.syncAll()
  return client
}

/** How long a statement waits for another one's lock before the caller is told to come back, milliseconds. */
const LOCK_TIMEOUT_MS = 10_000

/**
 * Opens PostgreSQL by its URL.
 * @throws where it cannot be reached
 */
export async function openPostgres(url: string, { lockTimeoutMs = LOCK_TIMEOUT_MS } = {}): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 60_000,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'floorwalker',
  })
  // An idle connection that breaks is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => undefined)
  try {
    await pool.query('select 1')
  } catch (error) {
    await pool.end()
    throw error
  }
  const queries = drizzlePostgres({ client: pool }) as unknown as Queries
  const ear = new PostgresEar(url)
  const bounded = boundedTransactions()
  return {
    queries,
    transaction: (work, config) => bounded(() => queries.transaction(work, config)),
    listen: (listener, onGap) => ear.open(listener, onGap),
    close: async () => {
      await ear.close()
      await pool.end()
    },
  }
}

/** A connection of its own that listens, and comes back when it breaks. */
class PostgresEar {
  private client: pg.Client | null = null
  private closed = false
  private retry: NodeJS.Timeout | undefined

  constructor(private readonly url: string) {}

  async open(listener: (payload: string) => void, onGap: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      keepAlive: true,
      application_name: 'floorwalker-listen',
      connectionTimeoutMillis: 5_000,
    })
    let lost = false
    const again = () => {
      if (lost || this.closed) return
      lost = true
      this.retry = setTimeout(() => {
        this.open(listener, onGap).then(onGap, () => undefined)
      }, 1_000)
    }
    client.on('notification', (message) => listener(message.payload ?? ''))
    client.on('error', again)
    client.on('end', again)
    this.client = client
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
    } catch (error) {
      again()
      throw error
    }
  }

  async close(): Promise<void> {
    this.closed = true
    clearTimeout(this.retry)
    await this.client?.end().catch(() => undefined)
  }
}
