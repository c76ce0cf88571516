/** TanStack DB asked for charts: a collection in memory whose rows hold, ready made, all that pages group and sum by. */
import { and, count, createCollection, eq, gt, Query, queryOnce, sum } from '@tanstack/db'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { wallHourOf } from '#shared/time/wall-hour.ts'
import { ZoneOffsets } from '#shared/time/zone-offsets.ts'
import {
  answerOf,
  type DerivedName,
  derived,
  type Plan,
  type PlanRow,
  type PlanRows,
  plans,
} from '../analytics-plans.ts'
import { CHARTS_NOW, type ChartAnswer, type ChartQuestion } from '../analytics-questions.ts'
import { millionStores } from '../million-data.ts'
import type { Answer } from '../million-questions.ts'
import { filterOfPlan } from './chart-queries.ts'
import type { Batch, Peer } from './peer.ts'
import { conditionExpressions } from './tanstack-db.ts'

type Row = Omit<SessionSummary, DerivedName> & Record<DerivedName, number>

const names = Object.keys(derived) as DerivedName[]
const zones = new Map(millionStores.map(({ id, timezone }) => [id, new ZoneOffsets(timezone)]))

export class TanStackChartsPeer implements Peer {
  private write: (rows: Row[]) => void = () => undefined
  private markReady: () => void = () => undefined
  private readonly sessions = createCollection<Row, string>({
    getKey: (row) => row.id,
    startSync: true,
    sync: {
      sync: ({ begin, write, commit, markReady }) => {
        this.markReady = markReady
        this.write = (rows) => {
          begin()
          for (const value of rows) write({ type: 'insert', value })
          commit()
        }
      },
    },
  })

  async open(): Promise<void> {}

  async load({ rows }: Batch): Promise<void> {
    this.write(
      rows.map((row) => {
        const wallHour = wallHourOf(row.startedAt, zones.get(row.storeId) ?? new ZoneOffsets('UTC'))
        // All questions are of one moment: running times are ready made, too.
        const made = names.map((name) => [name, derived[name].of({ ...row, wallHour }, CHARTS_NOW)])
        return { ...row, ...Object.fromEntries(made) } as Row
      }),
    )
  }

  async finish(): Promise<void> {
    this.markReady()
  }

  async answer(): Promise<Answer> {
    throw new Error('asked about charts only')
  }

  async chart(question: ChartQuestion): Promise<ChartAnswer> {
    const rows: PlanRows = {}
    for (const plan of plans[question.page]) {
      const found = await this.rowsOf(question, plan)
      if (found !== null) rows[plan.name] = found
    }
    return answerOf(question.page, rows, question.query.filter.startedFrom !== null)
  }

  async change(): Promise<void> {
    throw new Error('the past does not change')
  }

  private async rowsOf(question: ChartQuestion, plan: Plan): Promise<PlanRow[] | null> {
    const filter = filterOfPlan(question, plan)
    if (filter === null) return null
    const conditions = conditionExpressions(filter)
    const { only, quantiles, group } = plan
    const from = new Query().from({ row: this.sessions })
    const narrowed = from.where(({ row }) => {
      const parts = [
        eq(1, 1),
        ...conditions.map((condition) => condition(row as never)),
        ...(only === undefined ? [] : [eq(row[only], 1)]),
        ...(quantiles?.positive ? [gt(row[quantiles.of], 0)] : []),
      ]
      return and(parts[0], parts[1] ?? eq(1, 1), ...parts.slice(2))
    })
    const key = (row: PlanRow) => JSON.stringify(group.map((name) => row[name] ?? null))
    const grouped = group.length === 0 ? narrowed : narrowed.groupBy(({ row }) => group.map((name) => row[name]))
    const sums = await queryOnce({
      query: grouped.select(({ row }) => ({
        // Without groups and sums it would answer row by row.
        rows: count(row.id),
        ...Object.fromEntries(group.map((name) => [name, row[name]])),
        ...Object.fromEntries(plan.sums.map((name) => [name, name === 'one' ? count(row.id) : sum(row[name])])),
      })),
    })
    const found = sums as unknown as PlanRow[]
    if (quantiles === undefined) return found
    // It has no quantiles: the values are taken out and sorted by the page.
    const values = await queryOnce({
      query: narrowed.select(({ row }) => ({
        value: row[quantiles.of],
        ...Object.fromEntries(group.map((name) => [name, row[name]])),
      })),
    })
    const byKey = new Map<string, number[]>()
    for (const row of values as unknown as (PlanRow & { value: number })[]) {
      const list = byKey.get(key(row)) ?? []
      byKey.set(key(row), list)
      list.push(row.value)
    }
    for (const list of byKey.values()) list.sort((a, b) => a - b)
    return found.map((row) => {
      const list = byKey.get(key(row)) ?? []
      const at = (share: number) => list[Math.max(0, Math.ceil(share * list.length) - 1)] ?? null
      return { ...row, p50: at(0.5), p95: at(0.95) }
    })
  }
}
