/** One measure by weekday and hour of the stores' own time. */
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import { hadCheck, isAbandoned } from '#shared/session/activity.ts'
import { HOURS_PER_DAY, HOURS_PER_WEEK, weekHourOf } from '#shared/time/wall-hour.ts'
import type { ChartQuery, HeatMap, HeatMeasure } from '../chart-api.ts'
import { type ChartGround, type ChartPorts, groundOf, groupsOf } from './chart-ground.ts'
import { checkedRows, KnownSum, waitingOf } from './checked-rows.ts'
import { GroupedValues } from './quantiles.ts'
import { meanOf } from './session-figures.ts'
import { type Cell, cellsByGroup, classesOf, countOf, sumOf, tallyBy, valueIn } from './tally.ts'

interface Kind {
  paid: boolean
  abandoned: boolean
  checked: boolean
  counted: boolean
  rating: number | null
}

type Figure = (cells: readonly Cell<Kind>[]) => number | null

const sessionsIn = (cells: readonly Cell<Kind>[]) => countOf(cells, () => true)
const abandonedIn = (cells: readonly Cell<Kind>[]) => countOf(cells, ({ abandoned }) => abandoned)

/** Measures that labels and sums answer. */
const figures = {
  sessions: sessionsIn,
  value: (cells) => valueIn(cells, ({ paid, counted }) => paid && counted),
  abandoned: abandonedIn,
  abandonedShare: (cells) => meanOf(abandonedIn(cells), sessionsIn(cells)),
  abandonedValue: (cells) => valueIn(cells, ({ abandoned, counted }) => abandoned && counted),
  checks: (cells) => countOf(cells, ({ checked }) => checked),
  rating: (cells) =>
    meanOf(
      sumOf(cells, ({ kind, sessions }) => (kind.rating ?? 0) * sessions),
      countOf(cells, ({ rating }) => rating !== null),
    ),
} satisfies { [Measure in HeatMeasure]?: Figure }

const isOfLabels = (measure: HeatMeasure): measure is keyof typeof figures => Object.hasOwn(figures, measure)

/** Answers `ChartApi.heatMap`. */
export function heatMap(ports: ChartPorts, query: Omit<ChartQuery, 'bucket'> & { measure: HeatMeasure }): HeatMap {
  const { measure } = query
  // The period before is not asked for.
  const ground = groundOf(ports, { ...query, bucket: 'week' }, { withBefore: false })
  const { columns } = ports.index
  const weekHours = groupsOf(ground.firstHour, ground.lastHour, weekHourOf)
  const classes = classesOf(
    columns,
    (profile): Kind => ({
      paid: countsAsClosed(profile.state),
      abandoned: isAbandoned(profile),
      checked: hadCheck(profile),
      counted: ground.isCounted(profile),
      rating: measure === 'rating' ? profile.rating : null,
    }),
    () => ({}),
  )
  const cells = cellsByGroup(
    tallyBy(ground.rows, columns, classes, {
      keys: ground.wallHours,
      firstKey: ground.firstHour,
      groupOf: weekHours,
      groups: HOURS_PER_WEEK,
    }),
    HOURS_PER_WEEK,
  )
  const hours = new Int32Array(HOURS_PER_WEEK)
  for (const weekHour of weekHours) hours[weekHour] = (hours[weekHour] as number) + 1
  const values = isOfLabels(measure)
    ? cells.map(figures[measure])
    : ofChecks(measure, ground, ports, weekHours, query.nowMs)
  const { bucket: _bucket, buckets: _buckets, ...frame } = ground.frame
  return {
    ...frame,
    measure,
    cells: cells.map((of, weekHour) => ({
      weekday: Math.floor(weekHour / HOURS_PER_DAY),
      hour: weekHour % HOURS_PER_DAY,
      // An hour that the period does not have is not one without sessions.
      value: hours[weekHour] === 0 ? null : (values[weekHour] ?? null),
      sessions: sessionsIn(of),
      hours: hours[weekHour] as number,
    })),
  }
}

function ofChecks(
  measure: Exclude<HeatMeasure, keyof typeof figures>,
  ground: ChartGround,
  { index: { columns } }: ChartPorts,
  weekHours: Int32Array,
  nowMs: number,
): (number | null)[] {
  const waiting = new GroupedValues(HOURS_PER_WEEK)
  const losses = Array.from({ length: HOURS_PER_WEEK }, () => new KnownSum())
  for (const row of checkedRows(ground.rows, columns)) {
    const weekHour = weekHours[(ground.wallHours[row] as number) - ground.firstHour] ?? 0
    if (measure !== 'preventedLoss') waiting.add(weekHour, waitingOf(columns, row, nowMs))
    else if (ground.isCounted(columns.profiles.get(row))) losses[weekHour]?.add(columns.preventedLoss.get(row))
  }
  if (measure === 'preventedLoss') return losses.map(({ value }) => value)
  return waiting.byGroup().map(({ p50, p95 }) => (measure === 'waitingP50Ms' ? p50 : p95))
}
