/** Filters of the session list over whole columns: one tight pass per condition, each over what the ones before left. */
import {
  type Activity,
  activityRule,
  hadCheck,
  isAbandoned,
  runningTotalMs,
  wasNeverServed,
} from '#shared/session/activity.ts'
import { boundsOfDays } from '#shared/time/local-day.ts'
import { HOURS_PER_DAY, HOURS_PER_WEEK, weekHourOf } from '#shared/time/wall-hour.ts'
import type { CodeColumn, NumberColumn } from './columns.ts'
import { type DaysByZone, noFilter, type Range, type SessionFilter } from './data-api.ts'
import { lowestBit, type RowSet } from './row-set.ts'
import type { Running, SessionColumns } from './session-columns.ts'
import type { Profile } from './session-profiles.ts'
import type { WallHours } from './wall-hours.ts'

/** What a filter needs to know beyond the rows. */
export interface FilterMoment {
  /** UTC milliseconds, server time. */
  nowMs: number
  /** The setting of a store. */
  staleAfterMinutes: (storeId: string) => number
}

/** All conditions but the text. */
export type FieldFilter = Omit<SessionFilter, 'text'>

/** Whether the answer changes with the clock alone. */
export function dependsOnNow(
  { activity, waitingMs, interactionMs, opened }: FieldFilter,
  columns: SessionColumns,
): boolean {
  const asksForStale = activity.includes('stale') !== activity.includes('ongoing')
  return asksForStale || ((waitingMs !== null || interactionMs !== null || opened !== null) && columns.running.size > 0)
}

/** Whether the answer depends on the zones of the stores. */
export const asksForZones = (filter: FieldFilter): boolean =>
  asksForWallHours(filter) || [filter.startedOn, filter.lastActivityOn, filter.endedOn].some((days) => days !== null)

const asksForWallHours = ({ weekday, hour, storeTime }: FieldFilter): boolean =>
  weekday.length > 0 || hour.length > 0 || storeTime !== null

/**
 * Narrows `rows` to those under the filter. `storeIds` are taken literally: none matches nothing.
 * @param zoneOf IANA id of a store's zone
 */
export function narrow(
  rows: RowSet,
  columns: SessionColumns,
  wallHours: WallHours,
  zoneOf: (storeId: string) => string,
  filter: FieldFilter,
  moment: FilterMoment,
): void {
  const { startedAt, lastActivityAfter, endedAfter } = columns
  const narrowTo = (after: NumberColumn | null, days: DaysByZone | null) =>
    narrowToDays(rows, columns, after, days, filter.storeIds, zoneOf)
  narrowToStores(rows, columns, filter.storeIds)
  narrowToProfiles(rows, columns, filter, moment)
  narrowToTraits(rows, columns, filter)
  narrowToRange(rows, columns.differences, someOrNone(filter.withFinding))
  narrowToRange(rows, columns.preventedLoss, someOrNone(filter.withLoss))
  // Instants are whole milliseconds.
  const startedTo = filter.startedTo === null ? null : Math.ceil(filter.startedTo) - 1
  narrowToRange(rows, startedAt, { min: filter.startedFrom, max: startedTo })
  narrowTo(null, filter.startedOn)
  narrowToWallHours(rows, wallHours, filter)
  narrowToSumRange(rows, startedAt, lastActivityAfter, filter.lastActivityAt)
  narrowTo(lastActivityAfter, filter.lastActivityOn)
  narrowToSumRange(rows, startedAt, endedAfter, filter.endedAt)
  narrowTo(endedAfter, filter.endedOn)
  narrowToRange(rows, columns.total, filter.total)
  narrowToRange(rows, columns.quantity, filter.quantity)
  narrowToRange(rows, columns.transactions, filter.transactions)
  narrowToWaiting(rows, columns, filter.waitingNow)
  narrowToRunningRange(rows, columns, columns.waitingMs, 'waitingSince', filter.waitingMs, moment.nowMs)
  for (const range of [filter.interactionMs, someOrNone(filter.opened)]) {
    narrowToRunningRange(rows, columns, columns.interactionMs, 'interactingSince', range, moment.nowMs)
  }
}

/** Narrows `rows` to those of the stores; no stores match nothing. */
export function narrowToStores(rows: RowSet, { storeId }: SessionColumns, storeIds: readonly string[]): void {
  narrowToCodes(
    rows,
    storeId,
    Uint8Array.from(storeId.values, (value) => Number(storeIds.includes(value))),
  )
}

/** Milliseconds without activity after which an unpaid session is stale, by code of its store. */
const staleAfter = ({ storeId }: SessionColumns, minutesOf: FilterMoment['staleAfterMinutes']): Float64Array =>
  Float64Array.from(storeId.values, (id) => activityRule(false, 'open', minutesOf(id)).afterMs)

const NEVER = 0
const BEFORE = 1
const AFTER = 2
const ALWAYS = BEFORE | AFTER

function narrowToProfiles(
  rows: RowSet,
  columns: SessionColumns,
  filter: FieldFilter,
  { nowMs, staleAfterMinutes }: FilterMoment,
): void {
  if (!asksForLabels(filter)) return
  const { profiles, storeId } = columns
  const verdicts = Uint8Array.from(profiles.values, (profile) =>
    hasLabels(filter, profile) ? inTime(filter, profile) : NEVER,
  )
  if (verdicts.every((verdict) => verdict === NEVER || verdict === ALWAYS)) {
    narrowToCodes(
      rows,
      profiles,
      verdicts.map((verdict) => verdict & 1),
    )
    return
  }
  const afterMs = staleAfter(columns, staleAfterMinutes)
  const { words } = rows
  const { data: startedAt } = columns.startedAt
  const { data: lastActivityAfter } = columns.lastActivityAfter
  const { codes: profileCodes } = profiles
  const { codes: storeCodes } = storeId
  for (let word = 0; word < words.length; word += 1) {
    const bits = words[word] as number
    if (bits === 0) continue
    let kept = 0
    for (let bit = 0; bit < 32; bit += 1) {
      const row = (word << 5) + bit
      const verdict = verdicts[profileCodes[row] as number] as number
      const idleMs = nowMs - ((startedAt[row] as number) + (lastActivityAfter[row] as number))
      const isAfter = Number(idleMs >= (afterMs[storeCodes[row] as number] as number))
      kept |= ((verdict >> isAfter) & 1) << bit
    }
    words[word] = bits & kept
  }
}

/** Filters that a session's labels answer, each with the label's value as filters and menus name it. */
export const labelFilters = {
  state: (profile) => profile.state,
  progress: (profile) => profile.progress,
  client: (profile) => profile.client,
  spotCheck: (profile) => profile.spotCheck,
  ageVerification: (profile) => profile.ageVerification,
  endReason: (profile) => profile.endReason ?? 'none',
  currency: (profile) => profile.currency,
  rating: (profile) => profile.rating ?? 0,
  reviewed: (profile) => profile.reviewed,
  abandoned: isAbandoned,
  withCheck: hadCheck,
  neverServed: wasNeverServed,
} as const satisfies { [Name in keyof FieldFilter]?: (profile: Profile) => string | number | boolean }
export type LabelFilter = keyof typeof labelFilters
export const labelFilterNames = Object.keys(labelFilters) as LabelFilter[]

/** Filters that a session's traits answer, and `checkedBy`; null is under none of their values. */
export const traitFilterNames = ['furthestStep', 'obstacle', 'checkMethod'] as const satisfies (keyof FieldFilter)[]

function narrowToTraits(rows: RowSet, { traits, checkedBy }: SessionColumns, filter: FieldFilter): void {
  const isAmong = (wanted: readonly string[], value: string | null) =>
    wanted.length === 0 || (value !== null && wanted.includes(value))
  if (traitFilterNames.some((name) => filter[name].length > 0)) {
    const matches = traits.values.map((each) => traitFilterNames.every((name) => isAmong(filter[name], each[name])))
    narrowToCodes(rows, traits, Uint8Array.from(matches, Number))
  }
  const matches = checkedBy.values.map((number) => isAmong(filter.checkedBy, number))
  narrowToCodes(rows, checkedBy, Uint8Array.from(matches, Number))
}

/** Of whole numbers. */
const someOrNone = (some: boolean | null): Range | null =>
  some === null ? null : some ? { min: 1, max: null } : { min: 0, max: 0 }

/** A filter without its conditions on labels and time. */
export function withoutLabels<Filter extends FieldFilter>(filter: Filter): Filter {
  const open = Object.fromEntries(labelFilterNames.map((name) => [name, noFilter[name]]))
  return { ...filter, ...open, activity: noFilter.activity }
}

function asksForLabels(filter: FieldFilter): boolean {
  return filter.activity.length > 0 || labelFilterNames.some((name) => !isOpen(filter[name]))
}

/** An unknown label matches no profile. */
function hasLabels(filter: FieldFilter, profile: Profile): boolean {
  return labelFilterNames.every((name) => hasLabel(filter, name, profile))
}

/** Whether a profile is under one of the label filters. */
export function hasLabel(filter: Pick<FieldFilter, LabelFilter>, name: LabelFilter, profile: Profile): boolean {
  const wanted: readonly unknown[] | boolean | null = filter[name]
  const value = labelFilters[name](profile)
  return isOpen(wanted) || (typeof wanted === 'boolean' ? wanted === value : (wanted?.includes(value) ?? true))
}

/** An empty list or null matches all. */
const isOpen = (wanted: readonly unknown[] | boolean | null): boolean =>
  wanted === null || (typeof wanted === 'object' && wanted.length === 0)

/**
 * How many rows of a set each profile has, by what time has made of them: `before` and `after` of the profile's
 * activity rule. Both are of one length, by code.
 */
export function countProfiles(
  { words }: RowSet,
  columns: SessionColumns,
  { nowMs, staleAfterMinutes }: FilterMoment,
): { before: Int32Array; after: Int32Array } {
  const { profiles, storeId, startedAt, lastActivityAfter } = columns
  const [before, after] = [new Int32Array(profiles.values.length), new Int32Array(profiles.values.length)]
  const changes = Uint8Array.from(profiles.values, (profile) => {
    const { before, after } = activitiesOf(profile)
    return Number(before !== after)
  })
  const afterMs = staleAfter(columns, staleAfterMinutes)
  const { codes } = profiles
  for (let word = 0; word < words.length; word += 1) {
    for (let rest = words[word] as number; rest !== 0; rest &= rest - 1) {
      const row = word * 32 + lowestBit(rest)
      const code = codes[row] as number
      if (changes[code] === 1) {
        const idleMs = nowMs - ((startedAt.data[row] as number) + (lastActivityAfter.data[row] as number))
        if (idleMs >= (afterMs[storeId.codes[row] as number] as number)) {
          after[code] = (after[code] as number) + 1
          continue
        }
      }
      before[code] = (before[code] as number) + 1
    }
  }
  return { before, after }
}

/** The activities of a profile's sessions before and after its rule's time. */
export function activitiesOf({ ended, state }: Profile): { before: Activity; after: Activity } {
  return activityRule(ended, state, 0)
}

/** Whether sessions of a profile have a wanted activity before and after their rule's time. */
function inTime({ activity }: FieldFilter, profile: Profile): number {
  if (activity.length === 0) return ALWAYS
  const { before, after } = activitiesOf(profile)
  return (activity.includes(before) ? BEFORE : 0) | (activity.includes(after) ? AFTER : 0)
}

/** Narrows `rows` by code. @param matches 1 for codes that stay, else 0 */
export function narrowToCodes({ words }: RowSet, { codes }: CodeColumn<unknown>, matches: Uint8Array): void {
  if (matches.every((match) => match === 1)) return
  for (let word = 0; word < words.length; word += 1) {
    const bits = words[word] as number
    if (bits === 0) continue
    const row = word << 5
    let kept = 0
    // Reading a word's 32 rows without a branch is faster than choosing among them.
    for (let bit = 0; bit < 32; bit += 4) {
      const first = matches[codes[row + bit] as number] as number
      const second = matches[codes[row + bit + 1] as number] as number
      const third = matches[codes[row + bit + 2] as number] as number
      const fourth = matches[codes[row + bit + 3] as number] as number
      kept |= (first | (second << 1) | (third << 2) | (fourth << 3)) << bit
    }
    words[word] = bits & kept
  }
}

function narrowToRange(rows: RowSet, column: NumberColumn, range: Range | null): void {
  if (range === null || (range.min === null && range.max === null)) return
  const { data } = column
  // Null lies outside what the column holds, or is NaN.
  const min = Math.max(range.min ?? column.lowest, column.lowest)
  const max = Math.min(range.max ?? column.highest, column.highest)
  if (column.isWithin(min, max)) return
  const { words } = rows
  for (let word = 0; word < words.length; word += 1) {
    const bits = words[word] as number
    if (bits === 0) continue
    const row = word << 5
    let kept = 0
    for (let bit = 0; bit < 32; bit += 2) {
      const first = data[row + bit] as number
      const second = data[row + bit + 1] as number
      // Numbers of comparisons instead of branches, which a processor would guess wrong half of the time.
      kept |=
        ((Number(first >= min) & Number(first <= max)) | ((Number(second >= min) & Number(second <= max)) << 1)) << bit
    }
    words[word] = bits & kept
  }
}

/** As above for the sum of two columns: an instant is kept as its distance from the start. */
function narrowToSumRange({ words }: RowSet, first: NumberColumn, second: NumberColumn, range: Range | null): void {
  if (range === null || (range.min === null && range.max === null)) return
  const min = range.min ?? Number.NEGATIVE_INFINITY
  const max = range.max ?? Number.POSITIVE_INFINITY
  const [{ data: firsts }, { data: seconds, nil }] = [first, second]
  for (let word = 0; word < words.length; word += 1) {
    const bits = words[word] as number
    if (bits === 0) continue
    const row = word << 5
    let kept = 0
    for (let bit = 0; bit < 32; bit += 1) {
      const part = seconds[row + bit] as number
      const sum = (firsts[row + bit] as number) + part
      kept |= (Number(part !== nil) & Number(sum >= min) & Number(sum <= max)) << bit
    }
    words[word] = bits & kept
  }
}

/** What no instant lies in. */
const NOTHING = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }

/**
 * Narrows to instants on days of each store's own calendar.
 * @param after column of the distance from the start; null for the start itself
 */
function narrowToDays(
  rows: RowSet,
  columns: SessionColumns,
  after: NumberColumn | null,
  days: DaysByZone | null,
  storeIds: readonly string[],
  zoneOf: (storeId: string) => string,
): void {
  if (days === null) return
  const { startedAt, storeId } = columns
  const byZone = new Map<string, typeof NOTHING>()
  const rangeOf = (zone: string) => {
    const span = days[zone]
    if (span === undefined) return NOTHING
    const known = byZone.get(zone)
    if (known !== undefined) return known
    const { from, to } = boundsOfDays(span, zone)
    const range = { min: from ?? Number.NEGATIVE_INFINITY, max: to === null ? Number.POSITIVE_INFINITY : to - 1 }
    byZone.set(zone, range)
    return range
  }
  const asked = storeIds.map((id) => rangeOf(zoneOf(id)))
  const min = asked.reduce((least, range) => Math.min(least, range.min), NOTHING.min)
  const max = asked.reduce((most, range) => Math.max(most, range.max), NOTHING.max)
  // What is in no store's days goes first: few rows are left to be held to their own store's.
  const all = { min: min === Number.NEGATIVE_INFINITY ? null : min, max: max === Number.POSITIVE_INFINITY ? null : max }
  if (after === null) narrowToRange(rows, startedAt, all)
  else narrowToSumRange(rows, startedAt, after, all)
  if (asked.every((range) => range.min === min && range.max === max)) return
  const ranges = storeId.values.map((id) => rangeOf(zoneOf(id)))
  const mins = Float64Array.from(ranges, (range) => range.min)
  const maxs = Float64Array.from(ranges, (range) => range.max)
  const [{ data: firsts }, seconds, nil] = [startedAt, after?.data, after?.nil]
  const { codes } = storeId
  const { words } = rows
  for (let word = 0; word < words.length; word += 1) {
    const bits = words[word] as number
    if (bits === 0) continue
    const row = word << 5
    let kept = 0
    for (let bit = 0; bit < 32; bit += 1) {
      const code = codes[row + bit] as number
      const part = seconds === undefined ? 0 : (seconds[row + bit] as number)
      const at = (firsts[row + bit] as number) + part
      const isWithin = Number(at >= (mins[code] as number)) & Number(at <= (maxs[code] as number))
      kept |= (Number(part !== nil) & isWithin) << bit
    }
    words[word] = bits & kept
  }
}

/** Each hour of the week is judged once. */
function narrowToWallHours({ words }: RowSet, wallHours: WallHours, filter: FieldFilter): void {
  if (!asksForWallHours(filter)) return
  const { weekday, hour, storeTime } = filter
  const matches = Uint8Array.from({ length: HOURS_PER_WEEK }, (_, weekHour) => {
    const [day, ofDay] = [Math.floor(weekHour / HOURS_PER_DAY), weekHour % HOURS_PER_DAY]
    return Number((weekday.length === 0 || weekday.includes(day)) && (hour.length === 0 || hour.includes(ofDay)))
  })
  const min = storeTime?.min ?? Number.NEGATIVE_INFINITY
  const max = storeTime?.max ?? Number.POSITIVE_INFINITY
  const hours = wallHours.ofRows()
  for (let word = 0; word < words.length; word += 1) {
    const bits = words[word] as number
    if (bits === 0) continue
    const row = word << 5
    let kept = 0
    for (let bit = 0; bit < 32; bit += 1) {
      const at = hours[row + bit] as number
      kept |= ((matches[weekHourOf(at)] as number) & Number(at >= min) & Number(at <= max)) << bit
    }
    words[word] = bits & kept
  }
}

/** Few rows wait at a time: they are looked at one by one. */
function narrowToWaiting(rows: RowSet, { running }: SessionColumns, waitingNow: boolean | null): void {
  if (waitingNow === null) return
  const waiting = [...running].flatMap(([row, { waitingSince }]) => (Number.isNaN(waitingSince) ? [] : row))
  const found = waiting.filter((row) => rows.has(row))
  if (waitingNow) rows.words.fill(0)
  for (const row of found) {
    if (waitingNow) rows.add(row)
    else rows.delete(row)
  }
}

/** The column holds finished parts; rows whose total still runs are judged one by one. */
function narrowToRunningRange(
  rows: RowSet,
  columns: SessionColumns,
  column: NumberColumn,
  since: keyof Running,
  range: Range | null,
  nowMs: number,
): void {
  if (range === null) return
  const candidates = [...columns.running].filter(([row]) => rows.has(row))
  narrowToRange(rows, column, range)
  for (const [row, running] of candidates) {
    const sinceMs = running[since]
    const total = runningTotalMs(column.get(row), Number.isNaN(sinceMs) ? null : sinceMs, nowMs)
    if (total >= (range.min ?? total) && total <= (range.max ?? total)) rows.add(row)
    else rows.delete(row)
  }
}
