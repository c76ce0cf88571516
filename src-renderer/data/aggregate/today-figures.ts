/** What goes on in the stores now, and today so far against the same weekday a week ago. */
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import { hadCheck, isAbandoned } from '#shared/session/activity.ts'
import { addDays, localDateOf } from '#shared/time/local-day.ts'
import {
  HOUR_MS,
  HOURS_PER_DAY,
  hourOfDay,
  instantOfWallTime,
  readWallHour,
  wallHourOf,
} from '#shared/time/wall-hour.ts'
import type { ChartQuery, TodayFigures } from '../chart-api.ts'
import type { Range } from '../data-api.ts'
import type { RowSet } from '../row-set.ts'
import { activitiesOf, countProfiles } from '../session-filter.ts'
import { type ChartPorts, currenciesOf, groupsOf, rowsUnder, surveyOf, zoneOf } from './chart-ground.ts'
import { checkedRows, KnownSum, waitingOf } from './checked-rows.ts'
import { compared } from './compared.ts'
import { quantilesByGroup } from './quantiles.ts'
import { classesOf, countIn, type Sums, tally, valueIn } from './tally.ts'

type TodayQuery = Omit<ChartQuery, 'bucket'>

interface Kind {
  paid: boolean
  completed: boolean
  abandoned: boolean
  checked: boolean
  counted: boolean
}

const DAYS_PER_WEEK = 7

/** Answers `ChartApi.today`: the filter's own times are left out of account. */
export function todayFigures(ports: ChartPorts, query: TodayQuery): TodayFigures {
  const { nowMs, zone } = query
  const { columns } = ports.index
  const offsets = zoneOf(zone)
  const today = localDateOf(nowMs, zone)
  const aWeekAgo = addDays(today, -DAYS_PER_WEEK)
  const filter = { ...query.filter, startedFrom: null, startedTo: null, storeTime: null, weekday: [], hour: [] }
  // By each store's own clock, as its hours are: elsewhere the day may have begun earlier or later.
  const startedOn = (date: string, startedTo: number | null) =>
    rowsUnder(ports, { ...filter, storeTime: hoursOf(date), startedTo }, nowMs)
  const weekAgoNow = instantOfWallTime(nowMs + offsets.at(nowMs) - DAYS_PER_WEEK * HOURS_PER_DAY * HOUR_MS, offsets)
  // A session that starts at this very instant is there.
  const rows = startedOn(today, nowMs + 1)
  const money = currenciesOf(ports, surveyOf(rows, columns, ports.index.wallHours.ofRows()).profileCounts, query)
  const ofPeriod = (of: RowSet) => countsOf(ports, of, money.currency, nowMs)
  const now = ofPeriod(rows)
  const before = ofPeriod(startedOn(aWeekAgo, weekAgoNow + 1))
  const wholeDay = ofPeriod(startedOn(aWeekAgo, null))
  const byHour = now.table.byGroup()
  const byHourBefore = wholeDay.table.byGroup()
  const hourNow = hourOfDay(wallHourOf(nowMs, offsets))
  const total = (figure: (of: typeof now) => number | null) => compared(now, before, figure)
  return {
    now: goingOn(ports, rowsUnder(ports, filter, nowMs), nowMs),
    sessions: total(({ all }) => countIn(all)),
    completed: total(({ all }) => countIn(all, ({ completed }) => completed)),
    abandoned: total(({ all }) => countIn(all, ({ abandoned }) => abandoned)),
    sales: total(({ all }) => salesIn(all)),
    abandonedValue: total(({ all }) => valueIn(all, ({ abandoned, counted }) => abandoned && counted)),
    checks: total(({ all }) => countIn(all, ({ checked }) => checked)),
    checksWithFinding: total(({ withFinding }) => withFinding),
    preventedLoss: total(({ preventedLoss }) => preventedLoss),
    waitingP95Ms: total(({ waitingP95Ms }) => waitingP95Ms),
    hours: byHour.map((of, hour) => {
      // Stores east of the zone may be ahead of it.
      const isThere = hour <= hourNow || countIn(of) > 0
      const earlier = byHourBefore[hour] ?? of
      return {
        hour,
        sessions: isThere ? countIn(of) : null,
        before: countIn(earlier),
        sales: isThere ? salesIn(of) : null,
        salesBefore: salesIn(earlier),
      }
    }),
    ...money,
    complete: ports.isComplete(),
  }
}

/** The wall hours of a calendar day (YYYY-MM-DD). */
function hoursOf(date: string): Range {
  const first = readWallHour(`${date}T00`) ?? 0
  return { min: first, max: first + HOURS_PER_DAY - 1 }
}

const isSale = ({ paid, counted }: Kind) => paid && counted
const salesIn = (of: Sums<Kind>) => valueIn(of, isSale)

/** Sums by hour of the day, and what is counted row by row. */
function countsOf({ index }: ChartPorts, rows: RowSet, currency: string, nowMs: number) {
  const { columns } = index
  const classes = classesOf(
    columns,
    (profile): Kind => ({
      paid: countsAsClosed(profile.state),
      completed: profile.endReason === 'completed',
      abandoned: isAbandoned(profile),
      checked: hadCheck(profile),
      counted: profile.currency === currency,
    }),
    () => ({}),
  )
  const wallHours = index.wallHours.ofRows()
  const { first, last } = surveyOf(rows, columns, wallHours)
  const groupOf = groupsOf(first, last, hourOfDay)
  const table = tally(rows, columns, classes, { wallHours, firstHour: first, groupOf, groups: HOURS_PER_DAY })
  const checked = checkedRows(rows, columns).toRows()
  const waiting = quantilesByGroup(waitingOf(columns, checked, nowMs), new Int32Array(checked.length), 1)
  const preventedLoss = new KnownSum()
  let withFinding = 0
  for (const row of checked) {
    if (columns.differences.get(row) > 0) withFinding += 1
    if (columns.profiles.get(row).currency === currency) preventedLoss.add(columns.preventedLoss.get(row))
  }
  return {
    table,
    all: table.total(),
    withFinding,
    preventedLoss: preventedLoss.value,
    waitingP95Ms: waiting.overall.p95,
  }
}

/** Of sessions that have not ended, whenever they began. */
function goingOn(
  { index: { columns }, staleAfterMinutes }: ChartPorts,
  all: RowSet,
  nowMs: number,
): TodayFigures['now'] {
  const rows = all.clone()
  rows.intersect(columns.open)
  const counts = countProfiles(rows, columns, { nowMs, staleAfterMinutes })
  const byActivity = { ongoing: 0, stale: 0, paid_not_exited: 0, ended: 0 }
  columns.profiles.values.forEach((profile, code) => {
    const { before, after } = activitiesOf(profile)
    byActivity[before] += counts.before[code] as number
    byActivity[after] += counts.after[code] as number
  })
  const running = [...columns.running].flatMap(([row, of]) => (rows.has(row) ? of : []))
  const waitingSince = running.map((of) => of.waitingSince).filter((since) => !Number.isNaN(since))
  return {
    ongoing: byActivity.ongoing,
    stale: byActivity.stale,
    paidNotExited: byActivity.paid_not_exited,
    waiting: waitingSince.length,
    longestWaitSince: waitingSince.length === 0 ? null : Math.min(...waitingSince),
    inCheck: running.filter(({ interactingSince }) => !Number.isNaN(interactingSince)).length,
  }
}
