/** Shoppers whom nobody served: what they did then, and when of the day it happens. */
import type { SessionSummary } from '#shared/session/session-summary.ts'

/** What is needed of a `NeverServed`. */
export interface Served {
  row: Pick<SessionSummary, 'storeId' | 'endedAt' | 'lastActivityAt' | 'progress' | 'currency' | 'total'>
  verifications: { shownAt: string }[] | null
  /** Milliseconds. */
  waitedMs: number
}

/** How the session of a check that nobody took ended. */
export function thenWords({
  endedAt,
  endReason,
  progress,
}: Pick<SessionSummary, 'endedAt' | 'endReason' | 'progress'>): string {
  if (endedAt === null) return 'Still in the store'
  if (endReason === 'cancelled') return 'Session cancelled'
  if (progress === 'abandoned') return 'Left the basket, expired'
  if (progress === 'session_completed') return 'Through the exit unchecked'
  if (progress === 'payment_completed') return 'Paid unchecked, no exit'
  return 'Left'
}

/** Instant at which the shopper began to wait, UTC milliseconds; by the row alone where the details are not here. */
export function waitingFrom({ row, verifications, waitedMs }: Served): number {
  const shown = verifications?.map(({ shownAt }) => Date.parse(shownAt)) ?? []
  return shown.length > 0 ? Math.min(...shown) : (row.endedAt ?? row.lastActivityAt) - waitedMs
}

/**
 * How many began to wait in which hour of their store's day, 24 numbers.
 * @param zoneOf IANA zone of a store
 */
export function countHours(served: readonly Served[], zoneOf: (storeId: string) => string): number[] {
  const hours = Array.from({ length: 24 }, () => 0)
  for (const each of served) {
    const zone = zoneOf(each.row.storeId)
    let format = hourFormats.get(zone)
    if (format === undefined) {
      format = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', hourCycle: 'h23', timeZone: zone })
      hourFormats.set(zone, format)
    }
    const hour = Number(format.format(waitingFrom(each)))
    hours[hour] = (hours[hour] ?? 0) + 1
  }
  return hours
}

const hourFormats = new Map<string, Intl.DateTimeFormat>()

/** The middle one of the waiting times, milliseconds; null where nobody waited. */
export function medianWait(served: readonly Served[]): number | null {
  const waits = served.map(({ waitedMs }) => waitedMs).sort((a, b) => a - b)
  const middle = waits.length >> 1
  const upper = waits[middle]
  if (upper === undefined) return null
  return waits.length % 2 === 1 ? upper : (upper + (waits[middle - 1] ?? upper)) / 2
}

/** Value of the baskets that were left behind, by currency, most frequent first; minor units. */
export function lostValue(served: readonly Served[]): { currency: string; total: number; count: number }[] {
  const byCurrency = new Map<string, { currency: string; total: number; count: number }>()
  for (const { row } of served) {
    if (row.progress !== 'abandoned') continue
    const sum = byCurrency.get(row.currency) ?? { currency: row.currency, total: 0, count: 0 }
    byCurrency.set(row.currency, { ...sum, total: sum.total + row.total, count: sum.count + 1 })
  }
  return [...byCurrency.values()].sort((a, b) => b.count - a.count)
}
