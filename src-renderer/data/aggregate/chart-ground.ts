/** What a chart stands on: its rows and those of the period before, its stretch of time, its buckets and its currency. */
import {
  addDays,
  boundsOfDays,
  countDays,
  type DaySpan,
  localDateOf,
  startOfLocalDate,
} from '#shared/time/local-day.ts'
import {
  HOUR_MS,
  HOURS_PER_DAY,
  HOURS_PER_WEEK,
  instantOfWallTime,
  startOfWallDay,
  startOfWallWeek,
  wallHourLabel,
  wallHourOf,
} from '#shared/time/wall-hour.ts'
import { ZoneOffsets } from '#shared/time/zone-offsets.ts'
import type { Bucket, BucketSize, ChartFrame, ChartQuery } from '../chart-api.ts'
import type { DaysByZone, SessionFilter } from '../data-api.ts'
import { lowestBit, RowSet } from '../row-set.ts'
import type { SessionColumns } from '../session-columns.ts'
import type { SessionIndex } from '../session-index.ts'
import { type Classes, type Grouping, type Sums, tally } from './tally.ts'

/** What charts need to know beyond the index. */
export interface ChartPorts {
  index: SessionIndex
  /** The chosen stores of the employee; empty means all. */
  visibleStores: (storeIds: readonly string[]) => string[]
  staleAfterMinutes: (storeId: string) => number
  /** ISO 4217. */
  currencyOf: (storeId: string) => string
  /** As `SessionPage.complete`. */
  isComplete: () => boolean
}

export interface ChartGround {
  /** Sessions under the filter; not to be changed. */
  rows: RowSet
  /** Those of the period before; null where there is none: the period has no beginning. */
  before: { rows: RowSet; survey: Survey } | null
  frame: ChartFrame
  /** IANA ids of the chosen stores' zones, at least one. */
  zones: readonly string[]
  /** By row. */
  wallHours: Int32Array
  /** Sessions by code of their profile. */
  profileCounts: Int32Array
  /** Wall hours that the rows and the period lie in; `lastHour` is below `firstHour` where there are none. */
  firstHour: number
  lastHour: number
  /** By wall hour, counted from `firstHour`. */
  bucketOf: Int32Array
  /** Whether money of a profile counts. */
  isCounted: (profile: { currency: string }) => boolean
}

/** More buckets than this are no chart: they are made larger. */
const MAX_BUCKETS = 2_400
const sizes: BucketSize[] = ['hour', 'day', 'week']
const hoursIn: Record<BucketSize, number> = { hour: 1, day: HOURS_PER_DAY, week: HOURS_PER_WEEK }
const startIn: Record<BucketSize, (wallHour: number) => number> = {
  hour: (wallHour) => wallHour,
  day: startOfWallDay,
  week: startOfWallWeek,
}
/** Of the last instant a date can hold. */
const MAX_WALL_HOUR = 2 ** 30
const zoneOffsets = new Map<string, ZoneOffsets>()

/** Offsets of a zone that many charts ask for. */
export function zoneOf(zone: string): ZoneOffsets {
  const known = zoneOffsets.get(zone) ?? new ZoneOffsets(zone)
  zoneOffsets.set(zone, known)
  return known
}

/** The sessions under a query's filter. */
export const rowsUnder = (ports: ChartPorts, filter: SessionFilter, nowMs: number): RowSet =>
  ports.index.rowsUnder({ ...filter, storeIds: ports.visibleStores(filter.storeIds), nowMs }, ports.staleAfterMinutes)

/** The chosen stores by the IANA id of their zone. */
export function storesByZone({ index, visibleStores }: ChartPorts, { storeIds }: SessionFilter): Map<string, string[]> {
  const byZone = new Map<string, string[]>()
  for (const id of visibleStores(storeIds)) {
    const zone = index.zoneOf(id)
    byZone.set(zone, [...(byZone.get(zone) ?? []), id])
  }
  return byZone
}

/** Days of a zone, as far as an instant (UTC milliseconds, excluded; null is open). */
export interface ZoneDays {
  days: DaySpan
  startedTo: number | null
}

/** The sessions under a query's filter that started on the days of their zone. */
export function rowsOnDays(
  ports: ChartPorts,
  filter: SessionFilter,
  nowMs: number,
  daysOf: (zone: string) => ZoneDays,
): RowSet {
  // All zones are one question, but for the weeks in which clocks of some have changed and of others not yet.
  const questions = new Map<number | null, { storeIds: string[]; startedOn: DaysByZone }>()
  for (const [zone, storeIds] of storesByZone(ports, filter)) {
    const { days, startedTo } = daysOf(zone)
    const others = questions.get(startedTo)
    questions.set(startedTo, {
      storeIds: [...(others?.storeIds ?? []), ...storeIds],
      startedOn: { ...others?.startedOn, [zone]: days },
    })
  }
  const parts = [...questions].map(([startedTo, part]) =>
    rowsUnder(ports, { ...filter, ...part, startedFrom: null, startedTo }, nowMs),
  )
  const [first, ...others] = parts
  if (first === undefined || others.length === 0) return first ?? new RowSet()
  // An answer of the index is not to be changed.
  const all = first.clone()
  for (const rows of others) all.unite(rows)
  return all
}

/** What a filter's period is in a zone, UTC milliseconds, null is open; null where none of the days are named for the zone. */
function periodIn(zone: string, { startedOn, startedFrom, startedTo }: SessionFilter) {
  if (startedOn === null) return { from: startedFrom, to: startedTo }
  const days = startedOn[zone]
  return days === undefined ? null : boundsOfDays(days, zone)
}

/** The wall hours that the period has in one store or another, up to now: what is to come has no sessions, which must not look like none. */
function hoursOfPeriod(zones: readonly string[], filter: SessionFilter, nowMs: number) {
  let [first, last] = [MAX_WALL_HOUR, -MAX_WALL_HOUR]
  for (const zone of zones) {
    const period = periodIn(zone, filter)
    if (period === null) continue
    const { from, to } = period
    const offsets = zoneOf(zone)
    if (from !== null) first = Math.min(first, wallHourOf(from, offsets))
    if (to !== null) last = Math.max(last, wallHourOf(Math.max(Math.min(to, nowMs), from ?? 0) - 1, offsets))
  }
  return { first, last }
}

/** The wall hours that clocks of the zones show now. */
export function hoursNow(zones: readonly string[], nowMs: number): number[] {
  return zones.map((zone) => wallHourOf(nowMs, zoneOf(zone)))
}

/** Makes the ground of a chart. */
export function groundOf(ports: ChartPorts, query: ChartQuery, { withBefore } = { withBefore: true }): ChartGround {
  const { index } = ports
  const { filter, nowMs } = query
  const offsets = zoneOf(query.zone)
  const rows = rowsUnder(ports, filter, nowMs)
  const wallHours = index.wallHours.ofRows()
  const survey = surveyOf(rows, index.columns, wallHours)
  const inView = [...storesByZone(ports, filter).keys()]
  const zones = inView.length === 0 ? [query.zone] : inView
  const period = hoursOfPeriod(zones, filter, nowMs)
  const firstHour = Math.min(survey.first, period.first)
  const lastHour = Math.max(survey.last, period.last)
  const size = sizeFor(query.bucket, lastHour - firstHour + 1)
  const buckets = bucketsOf(firstHour, lastHour, size, offsets, hoursNow(zones, nowMs))
  const { from, to } = frameOf(query, buckets, period)
  const money = currenciesOf(ports, survey.profileCounts, query)
  const before = withBefore ? rowsBefore(ports, query, to) : null
  return {
    rows,
    before: before && { rows: before, survey: surveyOf(before, index.columns, wallHours) },
    frame: { from, to, bucket: size, buckets, ...money, complete: ports.isComplete(), sessions: rows.size },
    zones,
    wallHours,
    profileCounts: survey.profileCounts,
    firstHour,
    lastHour,
    bucketOf: groupsOf(firstHour, lastHour, bucketNumber(firstHour, size)),
    isCounted: ({ currency }) => currency === money.currency,
  }
}

/** Groups of the ground's hours. */
export const groupsBy = (
  { wallHours, firstHour, lastHour }: ChartGround,
  groupOf: (wallHour: number) => number,
  groups: number,
): Grouping => ({ wallHours, firstHour, groupOf: groupsOf(firstHour, lastHour, groupOf), groups })

/** The ground's buckets as groups. */
export const byBucket = ({ wallHours, firstHour, bucketOf, frame }: ChartGround): Grouping => ({
  wallHours,
  firstHour,
  groupOf: bucketOf,
  groups: frame.buckets.length,
})

/** The period before as a whole; null where there is none. */
export function tallyBefore<OfProfile, OfTraits>(
  { before, wallHours }: ChartGround,
  columns: SessionColumns,
  classes: Classes<OfProfile, OfTraits>,
): Sums<OfProfile & OfTraits> | null {
  if (before === null) return null
  const { first, last } = before.survey
  const groupOf = groupsOf(first, last, () => 0)
  return tally(before.rows, columns, classes, { wallHours, firstHour: first, groupOf, groups: 1 }).total()
}

/** By wall hour from `firstHour` to `lastHour`, the group that `groupOf` says. */
export function groupsOf(firstHour: number, lastHour: number, groupOf: (wallHour: number) => number): Int32Array {
  const groups = new Int32Array(Math.max(0, lastHour - firstHour + 1))
  // `Int32Array.from` takes milliseconds for the hours of some years.
  for (let index = 0; index < groups.length; index += 1) groups[index] = groupOf(firstHour + index)
  return groups
}

function bucketNumber(firstHour: number, size: BucketSize): (wallHour: number) => number {
  const start = startIn[size](firstHour)
  return (wallHour) => Math.floor((wallHour - start) / hoursIn[size])
}

/** What one pass over all rows tells: how many have which profile, and the first and last hour. */
export interface Survey {
  profileCounts: Int32Array
  /** `last` is below `first` where there are no rows. */
  first: number
  last: number
}

/** @param wallHours by row */
export function surveyOf({ words }: RowSet, { profiles }: SessionColumns, wallHours: Int32Array): Survey {
  const { codes } = profiles
  const profileCounts = new Int32Array(profiles.values.length)
  // No instant lies beyond them, and small integers are compared fastest.
  let [first, last] = [MAX_WALL_HOUR, -MAX_WALL_HOUR]
  for (let word = 0; word < words.length; word += 1) {
    for (let rest = words[word] as number; rest !== 0; rest &= rest - 1) {
      const row = word * 32 + lowestBit(rest)
      const code = codes[row] as number
      profileCounts[code] = (profileCounts[code] as number) + 1
      const hour = wallHours[row] as number
      if (hour < first) first = hour
      if (hour > last) last = hour
    }
  }
  return { profileCounts, first, last }
}

function sizeFor(wanted: BucketSize, hours: number): BucketSize {
  const large = sizes.slice(sizes.indexOf(wanted)).find((size) => hours / hoursIn[size] <= MAX_BUCKETS)
  return large ?? 'week'
}

function bucketsOf(
  firstHour: number,
  lastHour: number,
  size: BucketSize,
  offsets: ZoneOffsets,
  shownNow: readonly number[],
): Bucket[] {
  const buckets: Bucket[] = []
  const [earliestNow, latestNow] = [Math.min(...shownNow), Math.max(...shownNow)]
  const instantOf = (wallHour: number) => instantOfWallTime(wallHour * HOUR_MS, offsets)
  if (lastHour < firstHour) return buckets
  for (let start = startIn[size](firstHour); start <= lastHour; start += hoursIn[size]) {
    const end = start + hoursIn[size]
    const [first, last] = [wallHourLabel(start), wallHourLabel(end - 1)]
    const label = size === 'hour' ? first : first.slice(0, first.indexOf('T'))
    const isPartial = start <= latestNow && end > earliestNow
    buckets.push({ label, from: instantOf(start), to: instantOf(end), isPartial, first, last })
  }
  return buckets
}

/** From when to when a chart reaches in the query's zone. */
function frameOf(
  { filter, nowMs, zone }: ChartQuery,
  buckets: readonly Bucket[],
  period: { first: number; last: number },
): Pick<ChartFrame, 'from' | 'to'> {
  const isOfDays = filter.startedOn !== null
  const offsets = zoneOf(zone)
  const instantOf = (wallHour: number) => instantOfWallTime(wallHour * HOUR_MS, offsets)
  const begun = isOfDays && period.first < MAX_WALL_HOUR ? instantOf(period.first) : filter.startedFrom
  const from = begun ?? buckets[0]?.from ?? nowMs
  const last = buckets.at(-1)
  const end = isOfDays && period.last > -MAX_WALL_HOUR ? instantOf(period.last + 1) : filter.startedTo
  if (end !== null) return { from, to: Math.max(Math.min(end, nowMs), begun ?? 0) }
  return { from, to: last === undefined ? nowMs : last.from < nowMs ? Math.min(last.to, nowMs) : last.to }
}

/** What the same filter finds in the period directly before: as many days earlier where the period is whole days. */
function rowsBefore(ports: ChartPorts, query: ChartQuery, to: number): RowSet | null {
  const { filter, nowMs, zone } = query
  const { startedFrom, startedOn } = filter
  if (filter.storeTime !== null) return null
  if (startedOn !== null) {
    const zones = [...storesByZone(ports, filter).keys()]
    if (zones.some((each) => startedOn[each]?.from === null)) return null
    return rowsOnDays(ports, filter, nowMs, (each) => daysBefore(startedOn[each], each, nowMs))
  }
  if (startedFrom === null) return null
  const end = filter.startedTo ?? to
  const days = wholeDaysBetween(startedFrom, end, zone)
  const earlier = (instantMs: number) =>
    days === null ? instantMs - (end - startedFrom) : daysEarlier(instantMs, days, zone)
  // A period that is not over is compared with as much of the one before.
  const startedTo = end > nowMs ? Math.min(earlier(Math.max(to, startedFrom)), startedFrom) : startedFrom
  return rowsUnder(ports, { ...filter, startedFrom: earlier(startedFrom), startedTo }, nowMs)
}

/** As many days of a zone directly before those asked for; as much of them where these are not over. */
function daysBefore(days: DaySpan | undefined, zone: string, nowMs: number): ZoneDays {
  const today = localDateOf(nowMs, zone)
  const { from = null, to = null } = days ?? {}
  // Nothing is before days that are not named for the zone.
  if (from === null) return { days: { from: today, to: today }, startedTo: 0 }
  const count = countDays(from, to ?? (today < from ? from : today))
  // Where they are over, as much of them is all.
  return { days: { from: addDays(from, -count), to: addDays(from, -1) }, startedTo: daysEarlier(nowMs, count, zone) }
}

/** The instant at which a zone's clocks showed the same time so many days before. */
export function daysEarlier(instantMs: number, days: number, zone: string): number {
  const offsets = zoneOf(zone)
  return instantOfWallTime(instantMs + offsets.at(instantMs) - days * HOURS_PER_DAY * HOUR_MS, offsets)
}

function wholeDaysBetween(from: number, to: number, zone: string): number | null {
  const [first, last] = [localDateOf(from, zone), localDateOf(to, zone)]
  if (startOfLocalDate(first, zone) !== from || startOfLocalDate(last, zone) !== to) return null
  const days = Math.round((Date.parse(last) - Date.parse(first)) / (HOURS_PER_DAY * HOUR_MS))
  return days > 0 && addDays(first, days) === last ? days : null
}

/** The currency in which a chart counts, and how many sessions have which. */
export function currenciesOf(
  ports: ChartPorts,
  profileCounts: Int32Array,
  { filter, currency }: Pick<ChartQuery, 'filter' | 'currency'>,
): Pick<ChartFrame, 'currency' | 'currencies'> {
  const { profiles } = ports.index.columns
  const counts = new Map<string, number>()
  profileCounts.forEach((count, code) => {
    const of = profiles.values[code]?.currency ?? ''
    if (count > 0) counts.set(of, (counts.get(of) ?? 0) + count)
  })
  const currencies = [...counts]
    .map(([of, count]) => ({ currency: of, count }))
    .sort((a, b) => b.count - a.count || (a.currency < b.currency ? -1 : 1))
  const [store] = ports.visibleStores(filter.storeIds)
  return { currencies, currency: currency ?? currencies[0]?.currency ?? ports.currencyOf(store ?? '') }
}
