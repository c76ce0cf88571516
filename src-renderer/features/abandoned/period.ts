/** How far back a list of problems looks: kept in the URL. */
import { DAY_MS } from '#shared/time/day-length.ts'
import { addDays, localDateOf, startOfLocalDate } from '#shared/time/local-day.ts'

const periods = {
  today: { text: 'Today', phrase: 'today' },
  '24h': { text: '24 hours', phrase: 'in the last 24 hours' },
  '7d': { text: '7 days', phrase: 'in the last 7 days' },
  '30d': { text: '30 days', phrase: 'in the last 30 days' },
} as const

export type Period = keyof typeof periods

export interface PeriodSearch {
  /** Absent means the page's own default. */
  period?: Period
}

/** Keeps what a page can follow. */
export function readPeriod(search: Record<string, unknown>): PeriodSearch {
  const { period } = search
  return typeof period === 'string' && Object.hasOwn(periods, period) ? { period: period as Period } : {}
}

export const periodText = (period: Period): string => periods[period].text
/** `in the last 7 days` */
export const periodPhrase = (period: Period): string => periods[period].phrase

/** First instant of a period, UTC milliseconds: `today` begins at midnight of the zone, days count back from now. */
export function startOfPeriod(period: Period, zone: string, nowMs: number): number {
  switch (period) {
    case 'today':
      return startOfLocalDate(localDateOf(nowMs, zone), zone)
    case '24h':
      return nowMs - DAY_MS
    case '7d':
      return nowMs - 7 * DAY_MS
    case '30d':
      return nowMs - 30 * DAY_MS
  }
}

/** Bounds in whole local days, today included: the same until midnight, so that an answer can be kept. */
export function wholeDays(period: '7d' | '30d', zone: string, nowMs: number): { from: number; to: number } {
  const today = localDateOf(nowMs, zone)
  return {
    from: startOfLocalDate(addDays(today, period === '7d' ? -6 : -29), zone),
    to: startOfLocalDate(addDays(today, 1), zone),
  }
}
