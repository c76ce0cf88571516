/** DuckDB-Wasm with its database in an OPFS file; sorts and filters are what its columns are made for. */
import { AsyncDuckDB, type AsyncDuckDBConnection, ConsoleLogger, DuckDBAccessMode, LogLevel } from '@duckdb/duckdb-wasm'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { answerOf, type PlanRow, type PlanRows, plans } from '../analytics-plans.ts'
import type { ChartAnswer, ChartQuestion } from '../analytics-questions.ts'
import type { Answer, Question } from '../million-questions.ts'
import { sqlOfPlan, wallHourSql } from './chart-queries.ts'
import type { Batch, Peer } from './peer.ts'
import { columnNames, columnTypes, sqlOf } from './sql.ts'

const PATH = 'opfs://sessions.duckdb'

export class DuckDbPeer implements Peer {
  private connection: AsyncDuckDBConnection | null = null

  async open(): Promise<void> {
    const database = new AsyncDuckDB(
      new ConsoleLogger(LogLevel.WARNING),
      new Worker('/duckdb/duckdb-browser-eh.worker.js'),
    )
    await database.instantiate(new URL('/duckdb/duckdb-eh.wasm', self.location.href).href)
    await database.open({ path: PATH, accessMode: DuckDBAccessMode.READ_WRITE })
    this.connection = await database.connect()
    const columns = columnNames.map((name) => {
      const type = columnTypes[name]
      const sqlType = type.startsWith('text') ? 'VARCHAR' : type === 'flag' ? 'BOOLEAN' : 'DOUBLE'
      return `${name} ${sqlType}${type.endsWith('null') ? '' : ' NOT NULL'}`
    })
    await this.connected.query(`CREATE TABLE IF NOT EXISTS sessions (${columns.join(', ')})`)
  }

  /** It reads Arrow as it is. */
  async load({ blocks }: Batch): Promise<void> {
    for (const block of blocks) {
      await this.connected.insertArrowFromIPCStream(block, { name: 'sessions', create: false })
    }
  }

  async finish(): Promise<void> {
    await this.connected.query('CREATE UNIQUE INDEX sessions_id ON sessions (id)')
    await this.connected.query('CHECKPOINT')
  }

  async answer(question: Question): Promise<Answer> {
    const { from, order, part } = sqlOf(question, (pattern) => `(id ILIKE ${pattern} OR customerId ILIKE ${pattern})`)
    const page = await this.connected.query(`SELECT * ${from} ORDER BY ${order} ${part}`)
    const rows = page.toArray().map((row) => row.toJSON() as SessionSummary)
    const [counted] = (await this.connected.query(`SELECT count(*) AS count ${from}`)).toArray()
    return { rows, count: Number(counted?.count) }
  }

  /** The store's own hours as a column, as somebody would keep them who asks by them. */
  async prepareCharts(): Promise<void> {
    await this.connected.query('ALTER TABLE sessions ADD COLUMN wallHour INTEGER')
    await this.connected.query(`UPDATE sessions SET wallHour = ${wallHourSql('//')}`)
    await this.connected.query('CHECKPOINT')
  }

  async chart(question: ChartQuestion): Promise<ChartAnswer> {
    const rows: PlanRows = {}
    for (const plan of plans[question.page]) {
      const sql = sqlOfPlan(question, plan, 'quantile_disc')
      if (sql === null) continue
      const answer = await this.connected.query(sql)
      rows[plan.name] = answer.toArray().map((row) => row.toJSON() as PlanRow)
    }
    return answerOf(question.page, rows, question.query.filter.startedFrom !== null)
  }

  async change(rows: SessionSummary[]): Promise<void> {
    const values = rows.map((row) => `(${columnNames.map((name) => literal(row[name])).join(', ')})`)
    await this.connected.query(`INSERT OR REPLACE INTO sessions VALUES ${values.join(', ')}`)
  }

  private get connected(): AsyncDuckDBConnection {
    if (this.connection === null) throw new Error('not open')
    return this.connection
  }
}

function literal(value: SessionSummary[keyof SessionSummary]): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value ?? 'NULL')
}
