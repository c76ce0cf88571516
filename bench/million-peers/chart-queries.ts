/** Pages of charts for the peers that group: as SQL, and what the questions' periods are. */
import { addDays, localDateOf, startOfLocalDate } from '#shared/time/local-day.ts'
import { HOUR_MS } from '#shared/time/wall-hour.ts'
import { ZoneOffsets } from '#shared/time/zone-offsets.ts'
import { derived, type Plan } from '../analytics-plans.ts'
import type { ChartQuestion } from '../analytics-questions.ts'
import { millionStores } from '../million-data.ts'
import type { Question } from '../million-questions.ts'
import { sqlOf } from './sql.ts'

/** How a dialect takes exact quantiles (nearest rank). */
export type QuantileDialect = 'quantile_disc' | 'windows'

/** The filter of a plan as a list's question; null where it asks for a period before and there is none. */
export function filterOfPlan({ query }: ChartQuestion, { before }: Plan): Question | null {
  const { filter, nowMs, zone } = query
  const asQuestion = { ...filter, sort: 'id', descending: false, offset: 0, limit: 0, nowMs } as const
  if (before !== true) return asQuestion
  if (filter.startedFrom === null || filter.startedTo === null) return null
  const days = Math.round((filter.startedTo - filter.startedFrom) / (24 * HOUR_MS))
  const startedFrom = startOfLocalDate(addDays(localDateOf(filter.startedFrom, zone), -days), zone)
  return { ...asQuestion, startedFrom, startedTo: filter.startedFrom }
}

/** One plan as SQL; null where it asks for a period before and there is none. */
export function sqlOfPlan(question: ChartQuestion, plan: Plan, dialect: QuantileDialect): string | null {
  const filter = filterOfPlan(question, plan)
  if (filter === null) return null
  const { from } = sqlOf(filter, () => '')
  const expression = (name: keyof typeof derived) => derived[name].sql.replaceAll(':now', String(question.query.nowMs))
  const conditions = [
    ...(plan.only === undefined ? [] : [`(${expression(plan.only)}) = 1`]),
    ...(plan.quantiles?.positive ? [`${expression(plan.quantiles.of)} > 0`] : []),
  ]
  const where =
    conditions.length === 0 ? '' : `${from.includes(' WHERE ') ? ' AND' : ' WHERE'} ${conditions.join(' AND ')}`
  const groups = plan.group.map((name) => `${expression(name)} AS ${name}`)
  const groupBy = plan.group.length === 0 ? '' : ` GROUP BY ${plan.group.map((_, at) => at + 1).join(', ')}`
  const sumOf = (name: keyof typeof derived) =>
    name === 'one' ? 'count(*) AS one' : `sum(${expression(name)}) AS ${name}`
  const value = plan.quantiles === undefined ? '' : expression(plan.quantiles.of)
  if (plan.quantiles === undefined || dialect === 'quantile_disc') {
    const quantiles =
      value === '' ? [] : [`quantile_disc(${value}, 0.5) AS p50`, `quantile_disc(${value}, 0.95) AS p95`]
    return `SELECT ${[...groups, ...plan.sums.map(sumOf), ...quantiles].join(', ')} ${from}${where}${groupBy}`
  }
  const partition = plan.group.length === 0 ? '' : `PARTITION BY ${plan.group.map(expression).join(', ')}`
  const inner = [
    ...groups,
    ...plan.sums.map((name) => `${expression(name)} AS ${name}`),
    `${value} AS value`,
    `row_number() OVER (${partition} ORDER BY ${value}) AS place`,
    `count(*) OVER (${partition}) AS size`,
  ]
  const outer = [
    ...plan.group,
    ...plan.sums.map((name) => `sum(${name}) AS ${name}`),
    'min(CASE WHEN place >= 0.5 * size THEN value END) AS p50',
    'min(CASE WHEN place >= 0.95 * size THEN value END) AS p95',
  ]
  return `SELECT ${outer.join(', ')} FROM (SELECT ${inner.join(', ')} ${from}${where})${groupBy}`
}

/** The wall hour of a row's start as SQL over its store and instant, for the years of the data. */
export function wallHourSql(integerDivision: string): string {
  const offsets = millionStores.map(({ id, timezone }) => {
    const zone = new ZoneOffsets(timezone)
    const branches: string[] = []
    let [known, from] = [zone.at(Date.UTC(2025, 0, 1)), Date.UTC(2025, 0, 1)]
    for (let at = from; at < Date.UTC(2027, 0, 1); at += HOUR_MS) {
      if (zone.at(at) === known) continue
      branches.push(`WHEN startedAt < ${at} THEN ${known}`)
      ;[known, from] = [zone.at(at), at]
    }
    return `WHEN storeId = '${id}' THEN CASE ${branches.join(' ')} ELSE ${known} END`
  })
  return `CAST(startedAt + CASE ${offsets.join(' ')} ELSE 0 END AS BIGINT) ${integerDivision} ${HOUR_MS}`
}
