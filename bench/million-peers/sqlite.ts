/** SQLite-Wasm on the pool of OPFS access handles, its fastest durable file system. */
import sqlite3InitModule, { type Database, type SqlValue } from '@sqlite.org/sqlite-wasm'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { Answer, Question } from '../million-questions.ts'
import type { Batch, Peer } from './peer.ts'
import { columnNames, columnTypes, sqlOf } from './sql.ts'

const CACHE_KIB = 262_144
/** Sorted by alone, with the order of ties behind them; values that repeat need one for each direction. */
const INDEXES = [
  ...['startedAt', 'lastActivityAt', 'total', 'endedAt', 'customerId'].map(
    (name) => `${name}, lastActivityAt DESC, id`,
  ),
  ...['quantity', 'client', 'progress', 'state', 'storeId', 'waitingMs', 'interactionMs', 'rating'].flatMap((name) => [
    `${name}, lastActivityAt DESC, id`,
    `${name} DESC, lastActivityAt DESC, id`,
  ]),
  'spotCheck, lastActivityAt DESC, id',
  'ageVerification, lastActivityAt DESC, id',
  'storeId, startedAt',
  'id, customerId',
  // All that a filter looks at, so that counting reads no rows.
  'storeId, state, progress, client, spotCheck, ageVerification, rating, startedAt, total, quantity, waitingMs',
]

export class SqlitePeer implements Peer {
  private database: Database | null = null

  async open(): Promise<void> {
    const sqlite3 = await sqlite3InitModule()
    const pool = await sqlite3.installOpfsSAHPoolVfs({ initialCapacity: 8 })
    this.database = new pool.OpfsSAHPoolDb('/sessions.sqlite3')
    const columns = columnNames.map((name) => {
      const type = columnTypes[name]
      const sqlType = type.startsWith('text') ? 'TEXT' : 'INTEGER'
      return `${name} ${sqlType}${type.endsWith('null') ? '' : ' NOT NULL'}${name === 'id' ? ' PRIMARY KEY' : ''}`
    })
    this.database.exec([
      `PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY;`,
      `CREATE TABLE IF NOT EXISTS sessions (${columns.join(', ')}) STRICT;`,
    ])
  }

  async load({ rows }: Batch): Promise<void> {
    this.put(rows)
  }

  /** Indexes made at the end are sorted once, instead of grown row by row. */
  async finish(): Promise<void> {
    const { opened } = this
    for (const [index, columns] of INDEXES.entries())
      opened.exec(`CREATE INDEX sessions_${index} ON sessions (${columns})`)
    opened.exec('ANALYZE')
  }

  async answer(question: Question): Promise<Answer> {
    const { page, count } = sqlOf(question, 'LIKE')
    const rows = this.opened.selectObjects(page).map(summaryOf)
    return { rows, count: Number(this.opened.selectValue(count)) }
  }

  async change(rows: SessionSummary[]): Promise<void> {
    this.put(rows)
  }

  private get opened(): Database {
    if (this.database === null) throw new Error('not open')
    return this.database
  }

  private put(rows: SessionSummary[]): void {
    this.opened.transaction((database) => {
      const places = columnNames.map(() => '?').join(', ')
      const statement = database.prepare(`INSERT OR REPLACE INTO sessions VALUES (${places})`)
      try {
        for (const row of rows) {
          statement.bind(columnNames.map((name) => (name === 'reviewed' ? Number(row.reviewed) : row[name])))
          statement.stepReset()
        }
      } finally {
        statement.finalize()
      }
    })
  }
}

function summaryOf(row: Record<string, SqlValue>): SessionSummary {
  return { ...row, reviewed: row.reviewed === 1 } as unknown as SessionSummary
}
