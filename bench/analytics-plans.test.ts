import { describe, expect, it } from 'vitest'
import { encodeDayBlock } from '#shared/protocol/day-block.ts'
import { wallHourOf } from '#shared/time/wall-hour.ts'
import { ZoneOffsets } from '#shared/time/zone-offsets.ts'
import { Random } from '../simulator/random.ts'
import { answerOf, derived, type Plan, type PlanRow, type PlanRows, plans, type WallRow } from './analytics-plans.ts'
import { type ChartQuestion, chartFault, chartPages, chartQuestions, describeChart } from './analytics-questions.ts'
import { generateMillion, millionStores } from './million-data.ts'
import { filterOfPlan } from './million-peers/chart-queries.ts'
import { FloorwalkerChartsPeer } from './million-peers/floorwalker-charts.ts'
import { fits } from './million-questions.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 5)
const days = [...generateMillion({ seed, rows: 6_000 })]
const zones = new Map(millionStores.map(({ id, timezone }) => [id, new ZoneOffsets(timezone)]))
const rows: WallRow[] = days.flatMap((day) =>
  day.rows.map((row) => ({
    ...row,
    wallHour: wallHourOf(row.startedAt, zones.get(row.storeId) ?? new ZoneOffsets('UTC')),
  })),
)

/** A plan by looking at every row. */
function rowsOf(question: ChartQuestion, plan: Plan): PlanRow[] | null {
  const filter = filterOfPlan(question, plan)
  if (filter === null) return null
  const { nowMs } = question.query
  const { only, quantiles } = plan
  const found = rows
    .filter(fits(filter))
    .filter((row) => only === undefined || derived[only].of(row, nowMs) === 1)
    .filter((row) => !quantiles?.positive || Number(derived[quantiles.of].of(row, nowMs)) > 0)
  const groups = new Map<string, WallRow[]>()
  for (const row of found) {
    const key = JSON.stringify(plan.group.map((name) => derived[name].of(row, nowMs)))
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups].map(([key, of]) => {
    const values = JSON.parse(key) as (string | number | null)[]
    const sorted = quantiles === undefined ? [] : of.map((row) => Number(derived[quantiles.of].of(row, nowMs)))
    sorted.sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
    return {
      ...Object.fromEntries(plan.group.map((name, position) => [name, values[position] ?? null])),
      ...Object.fromEntries(
        plan.sums.map((name) => [name, of.reduce((sum, row) => sum + Number(derived[name].of(row, nowMs)), 0)]),
      ),
      p50: at(0.5),
      p95: at(0.95),
    }
  })
}

describe(`pages of charts (seed ${seed})`, () => {
  it('are the same out of grouped queries as the console answers them', async () => {
    const peer = new FloorwalkerChartsPeer()
    await peer.load({ rows: [], blocks: days.map((day) => encodeDayBlock(day.rows)) })
    for (const question of chartQuestions(new Random('charts', seed), 8)) {
      const found: PlanRows = {}
      for (const plan of plans[question.page]) {
        const ofPlan = rowsOf(question, plan)
        if (ofPlan !== null) found[plan.name] = ofPlan
      }
      const expected = answerOf(question.page, found, question.query.filter.startedFrom !== null)
      const answer = await peer.chart(question)
      expect([describeChart(question), chartFault(answer, expected)]).toEqual([describeChart(question), null])
    }
  })

  it('are asked with and without a filter, and mostly find something', async () => {
    const questions = chartQuestions(new Random('charts', seed), 8)
    expect(questions.length).toBe(9 * chartPages.length)
    const counts = questions.map((question) => {
      const filter = filterOfPlan(question, { name: '', group: [], sums: [] })
      return filter === null ? 0 : rows.filter(fits(filter)).length
    })
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(counts.length / 2)
  })

  it('find out a wrong number, a missing row and one too many', () => {
    const right = { days: { '1': [1, null], '2': [3, 4] } }
    expect(chartFault(right, right)).toBeNull()
    expect(chartFault({ days: { '1': [1, null], '2': [3, 5] } }, right)).toContain('days 2')
    expect(chartFault({ days: { '1': [1, null] } }, right)).not.toBeNull()
    expect(chartFault({ days: { ...right.days, '3': [1] } }, right)).not.toBeNull()
  })
})
