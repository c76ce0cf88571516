/** One measure by weekday and hour of the stores' own time. */
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import { hadCheck, isAbandoned } from '#shared/session/activity.ts'
import { type Missing, missingIn } from '#shared/time/contact-end.ts'
import {
  HOUR_MS,
  HOURS_PER_DAY,
  HOURS_PER_WEEK,
  instantOfWallTime,
  wallHourOf,
  weekHourOf,
} from '#shared/time/wall-hour.ts'
import type { HeatMap, HeatMeasure, HeatQuery } from '../chart-api.ts'
import { type ChartGround, type ChartPorts, groundOf, groupsBy, zoneOf } from './chart-ground.ts'
import { checkedRows, KnownSum, waitingOf } from './checked-rows.ts'
import { meanOf } from './compared.ts'
import { quantilesByGroup } from './quantiles.ts'
import { classesOf, countIn, type Sums, sumIn, tally, valueIn } from './tally.ts'

interface Kind {
  paid: boolean
  abandoned: boolean
  checked: boolean
  counted: boolean
  rating: number | null
}

type Figure = (of: Sums<Kind>) => number | null

const isLeft = ({ abandoned }: Kind) => abandoned
const isCountedLeft = ({ abandoned, counted }: Kind) => abandoned && counted
const isTurnover = ({ paid, counted }: Kind) => paid && counted
const isChecked = ({ checked }: Kind) => checked
const isRated = ({ rating }: Kind) => rating !== null
const ratingOf = ({ rating }: Kind) => rating ?? 0

/** Measures that labels and sums answer. */
const figures = {
  sessions: (of) => countIn(of),
  value: (of) => valueIn(of, isTurnover),
  abandoned: (of) => countIn(of, isLeft),
  abandonedShare: (of) => meanOf(countIn(of, isLeft), countIn(of)),
  abandonedValue: (of) => valueIn(of, isCountedLeft),
  checks: (of) => countIn(of, isChecked),
  rating: (of) => meanOf(sumIn(of, ratingOf), countIn(of, isRated)),
} satisfies { [Measure in HeatMeasure]?: Figure }

const isOfLabels = (measure: HeatMeasure): measure is keyof typeof figures => Object.hasOwn(figures, measure)

/** Answers `ChartApi.heatMap`. */
export function heatMap(ports: ChartPorts, query: HeatQuery): HeatMap {
  const { measure, contactEnd } = query
  // The period before is not asked for.
  const ground = groundOf(ports, { ...query, bucket: 'week' }, { withBefore: false })
  const { columns } = ports.index
  const grouping = groupsBy(ground, weekHourOf, HOURS_PER_WEEK)
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
  const cells = tally(ground.rows, columns, classes, grouping).byGroup()
  const hours = new Int32Array(HOURS_PER_WEEK)
  /** Of these, those that lie after the end of contact, in part or all. */
  const missing: Record<Missing, Int32Array> = {
    part: new Int32Array(HOURS_PER_WEEK),
    all: new Int32Array(HOURS_PER_WEEK),
  }
  grouping.groupOf.forEach((weekHour, at) => {
    const hour = ground.firstHour + at
    if (!isShown(hour, ground.zones)) return
    hours[weekHour] = (hours[weekHour] as number) + 1
    const lack = contactEnd && missingIn(hour, hour + 1, contactEnd)
    if (lack !== null) missing[lack][weekHour] = (missing[lack][weekHour] as number) + 1
  })
  const missingOf = (weekHour: number): Missing | null => {
    const [part, all] = [missing.part[weekHour] as number, missing.all[weekHour] as number]
    if (part + all === 0) return null
    return all === hours[weekHour] ? 'all' : 'part'
  }
  // An hour that the period does not have, or of which nothing could be heard, is not one without sessions.
  const heardOf = (weekHour: number): number | null => {
    const value = hours[weekHour] === 0 ? null : (values[weekHour] ?? null)
    return value === 0 && missingOf(weekHour) === 'all' ? null : value
  }
  const values = isOfLabels(measure)
    ? cells.map((of) => figures[measure](of))
    : ofChecks(measure, ground, ports, grouping.groupOf, query.nowMs)
  const { bucket: _bucket, buckets: _buckets, ...frame } = ground.frame
  return {
    ...frame,
    measure,
    cells: cells.map((of, weekHour) => ({
      weekday: Math.floor(weekHour / HOURS_PER_DAY),
      hour: weekHour % HOURS_PER_DAY,
      value: heardOf(weekHour),
      sessions: countIn(of),
      hours: hours[weekHour] as number,
      missing: missingOf(weekHour),
    })),
  }
}

/** Whether clocks of one of the zones ever show a wall hour, rather than all skipping it. */
function isShown(wallHour: number, zones: readonly string[]): boolean {
  return zones.some((zone) => {
    const offsets = zoneOf(zone)
    return wallHourOf(instantOfWallTime(wallHour * HOUR_MS, offsets), offsets) === wallHour
  })
}

function ofChecks(
  measure: Exclude<HeatMeasure, keyof typeof figures>,
  ground: ChartGround,
  { index: { columns } }: ChartPorts,
  weekHours: Int32Array,
  nowMs: number,
): (number | null)[] {
  const rows = checkedRows(ground.rows, columns).toRows()
  const groupOf = (row: number) => weekHours[(ground.wallHours[row] as number) - ground.firstHour] as number
  if (measure === 'preventedLoss') {
    const losses = Array.from({ length: HOURS_PER_WEEK }, () => new KnownSum())
    for (const row of rows) {
      if (ground.isCounted(columns.profiles.get(row))) losses[groupOf(row)]?.add(columns.preventedLoss.get(row))
    }
    return losses.map(({ value }) => value)
  }
  const { byGroup } = quantilesByGroup(waitingOf(columns, rows, nowMs), rows.map(groupOf), HOURS_PER_WEEK)
  return byGroup.map(({ p50, p95 }) => (measure === 'waitingP50Ms' ? p50 : p95))
}
