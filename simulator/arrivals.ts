/** When shoppers come: rates by store-local hour and weekday. */
import { Temporal } from 'temporal-polyfill'
import { localDateOf } from '#shared/time/local-day.ts'
import type { Random } from './random.ts'

/** Share of a day's shoppers by local hour: open from 7 to 22, busy at noon and after work. */
const hourWeights = [0, 0, 0, 0, 0, 0, 0, 2, 4, 5, 6, 8, 9, 7, 6, 6, 8, 11, 12, 9, 5, 2, 0, 0] as const
const weightOfDay = hourWeights.reduce<number>((sum, weight) => sum + weight, 0)

/** Monday first; Saturday is the big shopping day, Sunday the quiet one. */
const weekdayFactors = [0.9, 0.85, 0.95, 1, 1.2, 1.4, 0.6] as const

const MS_PER_HOUR = 3_600_000
/** No start after this local hour and minute: everyone is out before midnight ends all sessions. */
const LAST_START = { hour: 21, minute: 15 }

function weekdayFactor(date: Temporal.PlainDate): number {
  return weekdayFactors[date.dayOfWeek - 1] ?? 1
}

/** Whether two instants (UTC milliseconds, of any fraction) fall on the same store-local day. */
export function sameLocalDay(firstMs: number, secondMs: number, zone: string): boolean {
  const day = (ms: number) => localDateOf(Math.floor(ms), zone)
  return day(firstMs) === day(secondMs)
}

/**
 * Arrivals per millisecond at an instant, for a store with `perDay` shoppers on an average day.
 *
 * @param nightFloor smallest share of the day's mean rate: keeps a live demo alive for someone who starts it at night
 */
export function arrivalRate(nowMs: number, zone: string, perDay: number, nightFloor: number): number {
  const local = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(zone)
  const share = (hourWeights[local.hour] ?? 0) / weightOfDay
  const busy = (perDay * weekdayFactor(local.toPlainDate()) * share) / MS_PER_HOUR
  return Math.max(busy, (nightFloor * perDay) / (24 * MS_PER_HOUR))
}

/** How many shoppers a store-local day (YYYY-MM-DD) has. */
export function shoppersOfDay(random: Random, date: string, perDay: number): number {
  const factor = weekdayFactor(Temporal.PlainDate.from(date))
  return Math.max(1, Math.round(perDay * factor * (0.9 + 0.2 * random.next())))
}

/** A start within the opening hours of a store-local day, UTC milliseconds. */
export function startWithin(random: Random, date: string, zone: string): number {
  const hours = hourWeights.map((weight, hour) => ({ weight, hour }))
  const { hour } = random.weighted(hours, (entry) => entry.weight)
  const minute = random.int(0, hour === LAST_START.hour ? LAST_START.minute : 59)
  const time = { hour, minute, second: random.int(0, 59), millisecond: random.int(0, 999) }
  return Temporal.PlainDate.from(date).toZonedDateTime({ timeZone: zone, plainTime: Temporal.PlainTime.from(time) })
    .epochMilliseconds
}
