/** Spans of store-local days, as a filter or a chart is asked for: relative ones stay relative until they are used. */
import { addDays, type DaySpan, localDateOf } from '#shared/time/local-day.ts'
import type { DaysByZone } from '../data/data-api.ts'
import { formatLocalDate } from './format-time.ts'

/** Days back from the present one, which is the last of the span; `yesterday` ends before it. */
const relative = {
  today: { text: 'Today', first: 0, last: 0 },
  yesterday: { text: 'Yesterday', first: -1, last: -1 },
  'last-7-days': { text: 'Last 7 days', first: -6, last: 0 },
  'last-30-days': { text: 'Last 30 days', first: -29, last: 0 },
} as const

export type RelativeSpan = keyof typeof relative

export type TimeSpan = RelativeSpan | DaySpan

export const relativeSpans = Object.keys(relative) as RelativeSpan[]

const isRelative = (text: string): text is RelativeSpan => Object.hasOwn(relative, text)

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const at = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

/** Reads `today`, `2026-11-01..2026-11-07`, `2026-11-01..` or `..2026-11-07`; null for anything else. */
export function readTimeSpan(text: string): TimeSpan | null {
  if (isRelative(text)) return text
  const [from = '', to = '', ...more] = text.split('..')
  if (!text.includes('..') || more.length > 0 || (from === '' && to === '')) return null
  if ([from, to].some((date) => date !== '' && !isDate(date))) return null
  if (from !== '' && to !== '' && from > to) return null
  return { from: from === '' ? null : from, to: to === '' ? null : to }
}

/** Reverse of `readTimeSpan`. */
export const writeTimeSpan = (span: TimeSpan): string =>
  typeof span === 'string' ? span : `${span.from ?? ''}..${span.to ?? ''}`

/** The days of a span as of `nowMs` (UTC milliseconds) in an IANA zone. */
export function daysOf(span: TimeSpan, zone: string, nowMs: number): DaySpan {
  if (typeof span !== 'string') return span
  const today = localDateOf(nowMs, zone)
  return { from: addDays(today, relative[span].first), to: addDays(today, relative[span].last) }
}

/** The days of a span as of `nowMs` (UTC milliseconds), in each of the IANA zones: relative ones end with its own present day. */
export function daysByZone(span: TimeSpan, zones: readonly string[], nowMs: number): DaysByZone {
  return Object.fromEntries(zones.map((zone) => [zone, daysOf(span, zone, nowMs)]))
}

/** `Today`, `20 Nov 2026`, `1 Nov 2026 – 7 Nov 2026`, `since 1 Nov 2026`, `until 7 Nov 2026`. */
export function spanWords(span: TimeSpan): string {
  if (typeof span === 'string') return relative[span].text
  const { from, to } = span
  if (from !== null && from === to) return formatLocalDate(from)
  if (from === null) return to === null ? 'any time' : `until ${formatLocalDate(to)}`
  return to === null ? `since ${formatLocalDate(from)}` : `${formatLocalDate(from)} – ${formatLocalDate(to)}`
}
