/** Figures and stretches of time of charts in words. */
import { formatMoney } from '#shared/money/format-money.ts'
import { fromMinorUnits, minorUnitDigits } from '#shared/money/minor-units.ts'
import type { Bucket, BucketSize, Compared, Rate } from '../../data/chart-api.ts'
import { formatSpan } from '../../ui/format-time.ts'
import type { CsvValue } from '../../ui/table-csv.ts'

/** What a number is; money is in minor units, shares are 0 to 1, durations milliseconds. */
export type Unit =
  | { kind: 'count' }
  | { kind: 'money'; currency: string }
  | { kind: 'share' }
  | { kind: 'duration' }
  /** A mean such as items per basket or stars. */
  | { kind: 'mean' }

export const COUNT: Unit = { kind: 'count' }
export const SHARE: Unit = { kind: 'share' }
export const DURATION: Unit = { kind: 'duration' }
export const MEAN: Unit = { kind: 'mean' }
export const money = (currency: string): Unit => ({ kind: 'money', currency })

/** What stands for a figure that nobody knows. */
export const UNKNOWN = '–'
/** What stands for a figure of a time without contact, and beside one of a time with some. */
export const MISSING = 'no contact'
export const PARTLY_MISSING = 'partly without contact'

const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 })
const twoDigits = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

const percent = (share: number): string => `${oneDigit.format(share * 100)} %`

/** A figure in full: `1,204`, `€1,999.50`, `3.1 %`, `1 min 05 s`. */
export function figureWords(value: number | null, unit: Unit): string {
  if (value === null) return UNKNOWN
  switch (unit.kind) {
    case 'count':
      return plain.format(value)
    case 'money':
      return formatMoney(Math.round(value), unit.currency)
    case 'share':
      return percent(value)
    case 'duration':
      return formatSpan(value)
    case 'mean':
      return twoDigits.format(value)
  }
}

const compactMoney = new Map<string, Intl.NumberFormat>()

/** A figure where there is little room: `1.2K`, `€12K`, `30 %`, `45 s`. */
export function shortWords(value: number | null, unit: Unit): string {
  if (value === null) return ''
  switch (unit.kind) {
    case 'count':
      return compact.format(value)
    case 'money': {
      let format = compactMoney.get(unit.currency)
      if (format === undefined) {
        const { currency } = unit
        format = new Intl.NumberFormat('en', {
          style: 'currency',
          currency,
          notation: 'compact',
          maximumFractionDigits: 1,
          minimumFractionDigits: 0,
        })
        compactMoney.set(unit.currency, format)
      }
      return format.format(fromMinorUnits(value, unit.currency))
    }
    case 'share':
      return `${twoDigits.format(value * 100)} %`
    case 'duration':
      return value < 60_000 ? `${twoDigits.format(value / 1_000)} s` : `${twoDigits.format(value / 60_000)} min`
    case 'mean':
      return twoDigits.format(value)
  }
}

/** `2.4–4.0 %`: where the true share lies, 95 times in 100. */
export const intervalWords = ([low, high]: readonly [number, number]): string =>
  `${oneDigit.format(low * 100)}–${percent(high)}`

/** `3.1 %, 2.4–4.0 %`; an unknown share is none. */
export function rateWords({ share, low, high }: Rate): string {
  if (share === null || low === null || high === null) return UNKNOWN
  return `${percent(share)}, ${intervalWords([low, high])}`
}

/** A rate's interval as charts draw it. */
export const intervalOf = ({ low, high }: Rate): readonly [number, number] | null =>
  low === null || high === null ? null : [low, high]

/** How a figure stands to the one before: `12.5 % more`, `0.4 points less`, `new`; null where nothing can be said. */
export function changeWords({ value, before }: Compared, unit: Unit): { words: string; sign: -1 | 0 | 1 } | null {
  if (value === null || before === null) return null
  const change = value - before
  if (change === 0) return { words: 'the same', sign: 0 }
  const sign = change > 0 ? 1 : -1
  const direction = change > 0 ? 'more' : 'less'
  // A share of a share would be read as the share itself.
  if (unit.kind === 'share') return { words: `${oneDigit.format(Math.abs(change) * 100)} points ${direction}`, sign }
  if (before === 0) return { words: `from ${figureWords(0, unit)}`, sign }
  const share = Math.abs(change / before)
  if (share > 9.995) return { words: `${oneDigit.format(value / before)} times`, sign }
  return { words: `${oneDigit.format(share * 100)} % ${direction}`, sign }
}

/** A figure as a file for spreadsheets holds it: money in units of its currency, shares in percent, durations in seconds. */
export function fileValue(value: number | null, unit: Unit): CsvValue {
  if (value === null) return null
  switch (unit.kind) {
    case 'money':
      return Number(fromMinorUnits(value, unit.currency).toFixed(minorUnitDigits(unit.currency)))
    case 'share':
      return Number((value * 100).toFixed(3))
    case 'duration':
      return Number((value / 1_000).toFixed(3))
    default:
      return Number(value.toFixed(3))
  }
}

/** What `fileValue` is in, for a column's title. */
export function fileUnit(unit: Unit): string {
  switch (unit.kind) {
    case 'money':
      return ` (${unit.currency})`
    case 'share':
      return ' (%)'
    case 'duration':
      return ' (s)'
    default:
      return ''
  }
}

/** Labels of buckets are wall times of no zone: they are read and written as UTC. */
const wall = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' })
const dayFormat = wall({ weekday: 'short', day: 'numeric', month: 'short' })
/** Runtimes differ in a comma. */
const dayWords = (at: number): string => dayFormat.format(at).replace(',', '')
const shortDay = wall({ day: 'numeric', month: 'short' })

const HOUR = 3_600_000
const instantOf = (label: string): number => Date.parse(label.length === 13 ? `${label}:00:00Z` : `${label}T00:00:00Z`)
const clock = (at: number): string => `${String(new Date(at).getUTCHours()).padStart(2, '0')}:00`

/** `Wed 25 Nov, 14:00–15:00`, `Wed 25 Nov 2026`, `week of 23 Nov`. */
export function bucketWords({ label }: Pick<Bucket, 'label'>, size: BucketSize): string {
  const at = instantOf(label)
  if (size === 'hour') return `${dayWords(at)}, ${clock(at)}–${clock(at + HOUR)}`
  return size === 'day' ? `${dayWords(at)} ${new Date(at).getUTCFullYear()}` : `week of ${shortDay.format(at)}`
}

/** Under the axis: `14:00`, at midnight the day; `25 Nov`. */
export function bucketTick({ label }: Pick<Bucket, 'label'>, size: BucketSize): string {
  const at = instantOf(label)
  return size === 'hour' && clock(at) !== '00:00' ? clock(at) : shortDay.format(at)
}

/** `from 23 Nov 2026 to 29 Nov 2026`, `on 29 Nov 2026`: of days as they are written, first and last. */
export const daysWords = (first: string, last: string): string =>
  first === last ? `on ${first}` : `from ${first} to ${last}`

export const bucketTitles: Record<BucketSize, string> = { hour: 'Hour', day: 'Day', week: 'Week' }
export const weekdayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const
/** `14:00–15:00` of every day. */
export const hourWords = (hour: number): string => hoursWords(hour, hour + 1)
/** `14:00–17:00`; the second hour is excluded. */
export const hoursWords = (from: number, to: number): string => `${clock(from * HOUR)}–${clock(to * HOUR)}`
