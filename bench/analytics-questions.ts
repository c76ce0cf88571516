/** What `analytics` asks: pages of charts under filters, and their figures as plain tables that answers are compared by. */
import { addDays, startOfLocalDate } from '#shared/time/local-day.ts'
import type { Random } from '../simulator/random.ts'
import type { ChartApi, ChartQuery } from '../src-renderer/data/chart-api.ts'
import { noFilter, type SessionFilter } from '../src-renderer/data/data-api.ts'
import { millionStores } from './million-data.ts'

export const chartPages = ['sessions', 'conversion', 'checks', 'abandoned', 'heat'] as const
export type ChartPage = (typeof chartPages)[number]

/** UTC milliseconds: every question is of this moment, at which the last day of the data is over in every zone. */
export const CHARTS_NOW = Date.UTC(2026, 6, 2)

export interface ChartQuestion {
  page: ChartPage
  query: ChartQuery
}

/** Numbers by table and key; null is unknown, and rows without sessions are left out. */
export type ChartAnswer = Record<string, Record<string, (number | null)[]>>

const DAY_MS = 86_400_000
const LONGEST_DAYS = 180
const ZONE = 'Europe/Berlin'
const LAST_DAY = '2026-06-30'
const clients = ['sdk-android', 'sdk-ios', 'hand-scanner', 'matrix']

/** Each page without a filter, and under others. */
export function chartQuestions(random: Random, filtered: number): ChartQuestion[] {
  const filters: Partial<SessionFilter>[] = [{}]
  for (let index = 0; index < filtered; index += 1) {
    const filter: Partial<SessionFilter> = {}
    if (random.chance(0.6)) {
      const days = random.pick([7, 14, 30, 60, 90])
      const last = addDays(LAST_DAY, -random.int(0, Math.max(0, LONGEST_DAYS - 2 * days)))
      filter.startedTo = startOfLocalDate(addDays(last, 1), ZONE)
      filter.startedFrom = startOfLocalDate(addDays(last, 1 - days), ZONE)
    }
    if (random.chance(0.4)) filter.client = [random.pick(clients)]
    if (random.chance(0.4)) filter.storeIds = [random.pick(millionStores).id, random.pick(millionStores).id]
    if (random.chance(0.3)) filter.total = { min: random.int(200, 2_000), max: null }
    filters.push(filter)
  }
  return filters.flatMap((filter) =>
    chartPages.map((page) => ({
      page,
      query: {
        filter: { ...noFilter, ...filter, storeIds: [...new Set(filter.storeIds ?? [])] },
        nowMs: CHARTS_NOW,
        bucket: 'day' as const,
        zone: ZONE,
        currency: 'EUR',
      },
    })),
  )
}

/** The page's whole answer, as its screen gets it, and the same as tables. */
export async function askCharts(charts: ChartApi, { page, query }: ChartQuestion): Promise<() => ChartAnswer> {
  switch (page) {
    case 'sessions': {
      const figures = await charts.sessionFigures(query)
      return () => ({
        totals: row(
          [
            'started',
            'completed',
            'abandoned',
            'cancelled',
            'returned',
            'value',
            'basketValue',
            'basketItems',
            'rating',
          ],
          figures.totals,
        ),
        days: byDay(figures, ({ started, completed, abandoned, cancelled, returned, value, ...means }) => [
          started,
          completed,
          abandoned,
          cancelled,
          returned,
          value,
          means.basketValue,
          means.basketItems,
          means.rating,
          means.ratings,
        ]),
        clients: keyed(figures.clients, 'client', ({ sessions, value }) => [sessions, value]),
        stores: keyed(figures.stores, 'storeId', (of) => [of.sessions, of.completed, of.abandoned, of.value]),
        ratings: keyed(figures.ratings, 'rating', ({ sessions }) => [sessions]),
        weekdays: keyed(figures.weekdays, 'weekday', ({ sessions, value }) => [sessions, value]),
      })
    }
    case 'conversion': {
      const figures = await charts.conversionFigures(query)
      return () => ({
        steps: keyed(figures.steps, 'step', ({ reached, lost, lostValue, open }) => [
          reached.value,
          reached.before,
          lost,
          lostValue,
          open,
        ]),
        obstacles: keyed(figures.obstacles, 'obstacle', ({ sessions, value }) => [sessions, value]),
        second: { all: [figures.secondAttempt.of, figures.secondAttempt.hits] },
        days: byDay(figures, ({ started, paid }) => [started, paid]),
      })
    }
    case 'checks': {
      const figures = await charts.checkFigures(query)
      return () => ({
        totals: row(
          ['spotChecks', 'ageVerifications', 'preventedLoss', 'waitingP50Ms', 'waitingP95Ms', 'interactionP50Ms'],
          figures.totals,
        ),
        rate: { all: [figures.spotCheckRate.of, figures.spotCheckRate.hits] },
        days: byDay(figures, ({ spotChecks, ageVerifications, waiting, interaction, preventedLoss, neverServed }) => [
          spotChecks,
          ageVerifications,
          waiting.p50,
          waiting.p95,
          interaction.p50,
          interaction.p95,
          preventedLoss,
          neverServed,
        ]),
        outcomes: Object.fromEntries(
          figures.outcomes.map(({ kind, outcome, count }) => [`${kind} ${outcome}`, [count]]),
        ),
        waits: keyed(figures.waitingBuckets, 'fromMs', ({ count }) => [count]),
        methods: keyed(figures.methods, 'method', ({ finding, preventedLoss }) => [
          finding.of,
          finding.hits,
          preventedLoss,
        ]),
        employees: keyed(figures.employees ?? [], 'number', ({ checks, finding, interaction }) => [
          checks,
          finding.of,
          finding.hits,
          interaction.p50,
          interaction.p95,
        ]),
      })
    }
    case 'abandoned': {
      const figures = await charts.abandonedFigures(query)
      return () => ({
        totals: row(['count', 'value', 'items'], figures.totals),
        days: byDay(figures, ({ started, count, value }) => [started, count, value]),
        clients: keyed(figures.clients, 'client', ({ abandoned, value }) => [abandoned.of, abandoned.hits, value]),
        hours: keyed(figures.hours, 'hour', ({ abandoned, value }) => [abandoned.of, abandoned.hits, value]),
        steps: keyed(figures.lastSteps, 'step', ({ sessions, value }) => [sessions, value]),
        obstacles: keyed(figures.obstacles, 'obstacle', ({ sessions, value }) => [sessions, value]),
      })
    }
    case 'heat': {
      const { cells } = await charts.heatMap({ ...query, measure: 'value', contactEnd: null })
      return () => ({
        cells: Object.fromEntries(
          cells.map(({ weekday, hour, sessions, value }) => [String(weekday * 24 + hour), [sessions, value]]),
        ),
      })
    }
  }
}

function row(
  names: readonly string[],
  totals: Record<string, { value: number | null; before: number | null }>,
): Record<string, (number | null)[]> {
  return {
    now: names.map((name) => totals[name]?.value ?? null),
    before: names.map((name) => totals[name]?.before ?? null),
  }
}

function byDay<Item>(
  { buckets, series }: { buckets: { first: string }[]; series: Item[] },
  numbersOf: (item: Item) => (number | null)[],
): Record<string, (number | null)[]> {
  return Object.fromEntries(
    series.map((item, at) => [String(Date.parse(`${buckets[at]?.first}:00Z`) / 3_600_000), numbersOf(item)]),
  )
}

function keyed<Item>(items: Item[], key: keyof Item, numbersOf: (item: Item) => (number | null)[]) {
  return Object.fromEntries(items.map((item) => [String(item[key]), numbersOf(item)]))
}

/** What is wrong with an answer, null where it is right. Rows whose numbers are all nothing may be missing. */
export function chartFault(answer: ChartAnswer, expected: ChartAnswer): string | null {
  for (const table of new Set([...Object.keys(answer), ...Object.keys(expected)])) {
    const [given, right] = [answer[table] ?? {}, expected[table] ?? {}]
    for (const key of new Set([...Object.keys(given), ...Object.keys(right)])) {
      const [ours, theirs] = [given[key] ?? [], right[key] ?? []]
      for (let at = 0; at < Math.max(ours.length, theirs.length); at += 1) {
        const [one, other] = [ours[at] ?? 0, theirs[at] ?? 0]
        if (Math.abs(one - other) > 1e-6 * Math.max(1, Math.abs(other)))
          return `${table} ${key}, number ${at}: ${one} instead of ${other}`
      }
    }
  }
  return null
}

/** A page and all that its filter narrows. */
export function describeChart({ page, query: { filter } }: ChartQuestion): string {
  const days =
    filter.startedFrom === null ? 'all' : `${Math.round(((filter.startedTo ?? 0) - filter.startedFrom) / DAY_MS)} days`
  const parts = [days, ...filter.client, ...filter.storeIds, ...(filter.total === null ? [] : ['by value'])]
  return `${page}: ${parts.join(', ')}`
}
