/** Store-local calendar days. Zone rules come from the runtime's IANA data, through Temporal. */
import { Temporal } from 'temporal-polyfill'

const dateFormats = new Map<string, Intl.DateTimeFormat>()

/** True for a zone id the runtime knows, such as `Europe/Berlin`. */
export function isTimeZone(zone: string): boolean {
  if (dateFormats.has(zone)) return true
  try {
    localDateOf(0, zone)
    return zone.length > 0
  } catch {
    return false
  }
}

/** The store-local day (YYYY-MM-DD) of an instant in UTC milliseconds. */
export function localDateOf(instantMs: number, zone: string): string {
  let format = dateFormats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
    dateFormats.set(zone, format)
  }
  return format.format(instantMs)
}

/** First instant (UTC milliseconds) of a store-local day; where midnight is skipped, the first that exists. */
export function startOfLocalDate(date: string, zone: string): number {
  return Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds
}

/** The calendar day (YYYY-MM-DD) so many days later, or earlier for a negative number. */
export function addDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString()
}

/** How many calendar days (YYYY-MM-DD) a span has, first and last included. */
export function countDays(first: string, last: string): number {
  return Temporal.PlainDate.from(first).until(last).days + 1
}

/** Calendar days (YYYY-MM-DD), both included; null is open. */
export interface DaySpan {
  from: string | null
  to: string | null
}

/** First instant of local days, and first after them; UTC milliseconds, null is open. */
export function boundsOfDays({ from, to }: DaySpan, zone: string): { from: number | null; to: number | null } {
  return {
    from: from === null ? null : startOfLocalDate(from, zone),
    to: to === null ? null : startOfLocalDate(addDays(to, 1), zone),
  }
}

/** Per zone the local day that was asked for last, `from` its first instant `to` the next day's. */
const lastDays = new Map<string, { from: number; to: number }>()

/** First instant (UTC milliseconds) of the store-local day after the one that holds `instantMs`. */
export function nextLocalMidnight(instantMs: number, zone: string): number {
  // A fold asks for each of its events; nearly all of them lie in one day.
  const known = lastDays.get(zone)
  if (known !== undefined && instantMs >= known.from && instantMs < known.to) return known.to
  const date = localDateOf(instantMs, zone)
  const from = startOfLocalDate(date, zone)
  const to = startOfLocalDate(addDays(date, 1), zone)
  lastDays.set(zone, { from, to })
  return to
}
