/** Instants in a store's zone and durations, in words and digits. Everything takes UTC milliseconds. */
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { localDateOf } from '#shared/time/local-day.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

function format(zone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${name} ${zone}`
  let found = formats.get(key)
  if (found === undefined) {
    found = new Intl.DateTimeFormat('en-GB', { hourCycle: 'h23', ...options, timeZone: zone })
    formats.set(key, found)
  }
  return found
}

const clock = { hour: '2-digit', minute: '2-digit' } as const
const clockSeconds = { ...clock, second: '2-digit' } as const
const day = { day: 'numeric', month: 'short' } as const

/** `14:03` */
export const formatClock = (at: number, zone: string): string => format(zone, 'clock', clock).format(at)

/** `14:03:22` */
export const formatClockSeconds = (at: number, zone: string): string => format(zone, 'seconds', clockSeconds).format(at)

/** `21 Nov 2026, 14:03:22 CET`: nothing left to guess, for titles and the detail page. */
export const formatExact = (at: number, zone: string): string =>
  format(zone, 'exact', { ...day, year: 'numeric', ...clockSeconds, timeZoneName: 'short' }).format(at)

/** `14:03` on the store's present day, `20 Nov 14:03` on another one. */
export function formatShort(at: number, zone: string, now: number): string {
  if (localDateOf(at, zone) === localDateOf(now, zone)) return formatClock(at, zone)
  return `${format(zone, 'day', day).format(at)} ${formatClock(at, zone)}`
}

/**
 * As `formatShort`, of what concerns some stores: by the store's clock where it is one, else by this PC's, and then the zone is
 * named: `14:03`, `14:03 CET`.
 */
export function formatShortAmong(stores: readonly Pick<StoreSettings, 'timezone'>[], at: number, now: number): string {
  const [only, ...others] = stores
  if (only !== undefined && others.length === 0) return formatShort(at, only.timezone, now)
  const zone = deviceZone()
  return `${formatShort(at, zone, now)} ${zoneName(at, zone)}`
}

/** `20 Nov 2026` */
export const formatDay = (at: number, zone: string): string =>
  format(zone, 'date', { ...day, year: 'numeric' }).format(at)

/** `20 Nov 2026` of a calendar day (YYYY-MM-DD), which has no zone. */
export const formatLocalDate = (date: string): string => formatDay(Date.parse(`${date}T00:00:00Z`), 'UTC')

/** `CET`, `GMT+1`: the zone as people say it at this instant. */
export function zoneName(at: number, zone: string): string {
  const parts = format(zone, 'zone', { timeZoneName: 'short' }).formatToParts(at)
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone
}

/** The zone of this PC, for what belongs to no store. */
export const deviceZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone

const two = (value: number): string => String(value).padStart(2, '0')

/** `0:24`, `12:05`, `1:02:11`: for timers. */
export function formatTimer(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const hours = Math.floor(seconds / 3_600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
}

/** `24 s`, `3 min 05 s`, `1 h 12 min`, `3 d 4 h`: for totals. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
  return `${Math.floor(minutes / 1_440)} d ${Math.floor(minutes / 60) % 24} h`
}

/** `just now`, `2 min ago`, `3 h ago`, `5 days ago`. */
export function formatAgo(at: number, now: number): string {
  const minutes = Math.floor((now - at) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ago`
  const days = Math.floor(minutes / 1_440)
  return days === 1 ? '1 day ago' : `${days} days ago`
}

/** Offsets smaller than this trouble nobody, milliseconds. */
const CLOCK_TOLERANCE_MS = 2_000

/**
 * How this device's clock stands to the server's, in a sentence.
 *
 * @param offsetMs server time minus the device's wall clock, milliseconds
 * @param uncertaintyMs the estimate is off by at most this; null where it was not measured
 */
export function clockWords(offsetMs: number, uncertaintyMs: number | null): string {
  const known = uncertaintyMs === null ? '' : ` ± ${Math.ceil(uncertaintyMs)} ms`
  if (Math.abs(offsetMs) <= CLOCK_TOLERANCE_MS)
    return `This device’s clock agrees with the server (${Math.round(offsetMs)}${known === '' ? ' ms' : known}).`
  const side = offsetMs > 0 ? 'behind' : 'ahead of'
  return `This device’s clock is ${formatSpan(Math.abs(offsetMs))}${known} ${side} the server; times shown are the server’s.`
}
