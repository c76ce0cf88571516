/** SQLite-Wasm on the pool of OPFS access handles, its fastest durable file system. */
import sqlite3InitModule, { type Database, type SqlValue } from '@sqlite.org/sqlite-wasm'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { answerOf, type PlanRow, type PlanRows, plans } from '../analytics-plans.ts'
import type { ChartAnswer, ChartQuestion } from '../analytics-questions.ts'
import type { Answer, Question } from '../million-questions.ts'
import { sqlOfPlan, wallHourSql } from './chart-queries.ts'
import type { Batch, Peer } from './peer.ts'
import { columnNames, columnTypes, sqlOf } from './sql.ts'

const CACHE_KIB = 262_144
const SORTED = [
  'startedAt',
  'lastActivityAt',
  'total',
  'quantity',
  'client',
  'progress',
  'state',
  'storeId',
  'waitingMs',
  'interactionMs',
  'rating',
]
/** With the order of ties behind the sorted column, which an index walked backwards would have the wrong way round. */
const INDEXES = [
  ...SORTED.flatMap((name) => [`${name}, lastActivityAt DESC, id`, `${name} DESC, lastActivityAt DESC, id`]),
  'spotCheck, lastActivityAt DESC, id',
  'ageVerification, lastActivityAt DESC, id',
  'storeId, startedAt',
  // All that a filter looks at, so that counting reads no rows.
  'storeId, state, progress, client, spotCheck, ageVerification, rating, startedAt, total, quantity, waitingMs',
]

/** Trigrams of both ids, which is how SQLite finds a substring of three characters or more. */
const TEXT_SEARCH = `
  CREATE VIRTUAL TABLE texts USING fts5(
    id, customerId, content = 'sessions', content_rowid = 'rowid', tokenize = 'trigram', detail = 'none', columnsize = 0
  );
  INSERT INTO texts (texts) VALUES ('rebuild');
  CREATE TRIGGER text_changes AFTER UPDATE OF customerId ON sessions WHEN old.customerId IS NOT new.customerId BEGIN
    INSERT INTO texts (texts, rowid, id, customerId) VALUES ('delete', old.rowid, old.id, old.customerId);
    INSERT INTO texts (rowid, id, customerId) VALUES (new.rowid, new.id, new.customerId);
  END;
`

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
    opened.exec([TEXT_SEARCH, 'ANALYZE'])
  }

  async answer(question: Question): Promise<Answer> {
    const { from, order, part } = sqlOf(question, containing)
    // Rows are read only for the page: what lies before it is skipped within an index, where one has the order.
    const page = `SELECT rowid ${from} ORDER BY ${order} ${part}`
    const rows = this.opened.selectObjects(`SELECT * FROM sessions WHERE rowid IN (${page}) ORDER BY ${order}`)
    return { rows: rows.map(summaryOf), count: Number(this.opened.selectValue(`SELECT count(*) ${from}`)) }
  }

  /** The store's own hours as a column, and indexes that hold all that charts look at. */
  async prepareCharts(): Promise<void> {
    this.opened.exec([
      'ALTER TABLE sessions ADD COLUMN wallHour INTEGER;',
      `UPDATE sessions SET wallHour = ${wallHourSql('/')};`,
      `CREATE INDEX sessions_charts ON sessions (
        startedAt, storeId, client, state, progress, endReason, endedAt, currency, total, quantity, rating, wallHour,
        furthestStep, obstacle, transactions, spotCheck
      );`,
      `CREATE INDEX sessions_checks ON sessions (
        spotCheck, ageVerification, startedAt, storeId, client, total, waitingMs, waitingSince, interactionMs,
        interactingSince, currency, preventedLoss, checkMethod, checkedBy, differences, wallHour
      ) WHERE spotCheck <> 'not_required' OR ageVerification <> 'not_required';`,
      'ANALYZE;',
    ])
  }

  async chart(question: ChartQuestion): Promise<ChartAnswer> {
    const rows: PlanRows = {}
    for (const plan of plans[question.page]) {
      const sql = sqlOfPlan(question, plan, 'windows')
      if (sql !== null) rows[plan.name] = this.opened.selectObjects(sql) as PlanRow[]
    }
    return answerOf(question.page, rows, question.query.filter.startedFrom !== null)
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
      const newer = columnNames.filter((name) => name !== 'id').map((name) => `${name} = excluded.${name}`)
      const statement = database.prepare(
        `INSERT INTO sessions VALUES (${places}) ON CONFLICT (id) DO UPDATE SET ${newer.join(', ')}`,
      )
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

function containing(pattern: string): string {
  const found = (column: string) => `SELECT rowid FROM texts WHERE ${column} LIKE ${pattern}`
  return `rowid IN (${found('id')} UNION ${found('customerId')})`
}

function summaryOf(row: Record<string, SqlValue>): SessionSummary {
  return { ...row, reviewed: row.reviewed === 1 } as unknown as SessionSummary
}
