/** What goes on in the stores now, and today so far against the same weekday a week ago. */
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import { hadCheck, isAbandoned } from '#shared/session/activity.ts'
import { addDays, localDateOf } from '#shared/time/local-day.ts'
import { HOURS_PER_DAY, hourOfDay } from '#shared/time/wall-hour.ts'
import type { ChartQuery, TodayFigures } from '../chart-api.ts'
import type { RowSet } from '../row-set.ts'
import { activitiesOf, countProfiles } from '../session-filter.ts'
import {
  type ChartPorts,
  currenciesOf,
  daysEarlier,
  groupsOf,
  hoursNow,
  rowsOnDays,
  rowsUnder,
  storesByZone,
  surveyOf,
} from './chart-ground.ts'
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
  const { nowMs } = query
  const { columns } = ports.index
  const filter = {
    ...query.filter,
    startedFrom: null,
    startedTo: null,
    startedOn: null,
    storeTime: null,
    weekday: [],
    hour: [],
  }
  // The day that each store's own clock shows: elsewhere it may be another one.
  const startedOn = (daysAgo: number, startedTo: (zone: string) => number | null) =>
    rowsOnDays(ports, filter, nowMs, (zone) => {
      const date = addDays(localDateOf(nowMs, zone), -daysAgo)
      return { days: { from: date, to: date }, startedTo: startedTo(zone) }
    })
  // A session that starts at this very instant is there.
  const rows = startedOn(0, () => nowMs + 1)
  const money = currenciesOf(ports, surveyOf(rows, columns, ports.index.wallHours.ofRows()).profileCounts, query)
  const ofPeriod = (of: RowSet) => countsOf(ports, of, money.currency, nowMs)
  const now = ofPeriod(rows)
  const before = ofPeriod(startedOn(DAYS_PER_WEEK, (zone) => daysEarlier(nowMs, DAYS_PER_WEEK, zone) + 1))
  const wholeDay = ofPeriod(startedOn(DAYS_PER_WEEK, () => null))
  const byHour = now.table.byGroup()
  const byHourBefore = wholeDay.table.byGroup()
  const shownNow = hoursNow([...storesByZone(ports, filter).keys()], nowMs).map(hourOfDay)
  const [earliestNow, latestNow] = [Math.min(...shownNow), Math.max(...shownNow)]
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
      const isThere = hour <= latestNow
      const earlier = byHourBefore[hour] ?? of
      return {
        hour,
        sessions: isThere ? countIn(of) : null,
        before: countIn(earlier),
        sales: isThere ? salesIn(of) : null,
        salesBefore: salesIn(earlier),
        isPartial: hour >= earliestNow && hour <= latestNow,
      }
    }),
    ...money,
    complete: ports.isComplete(),
  }
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
