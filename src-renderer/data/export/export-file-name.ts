/** What an exported file is called. */
import { localDateOf } from '#shared/time/local-day.ts'
import type { ExportRequest, ExportSize, ExportTable } from '../data-api.ts'

const words: Record<ExportTable, string> = {
  sessions: 'sessions',
  lineItems: 'line-items',
  transactions: 'payment-attempts',
  verifications: 'verifications',
  remarks: 'remarks',
  events: 'events',
}

/**
 * `floorwalker-sessions-2026-11-25.csv`; a table of details says of how many sessions it is where not all have theirs on
 * this PC: `floorwalker-line-items-of-812-of-12345-sessions-2026-11-25.csv`.
 * @param zone IANA id, of the day
 */
export function exportFileName(
  { format, tables, query }: Pick<ExportRequest, 'format' | 'tables' | 'query'>,
  { sessions, withDetails }: ExportSize,
  zone: string,
): string {
  const [first] = tables
  const what = tables.length === 1 && first !== undefined ? words[first] : 'sessions-and-details'
  const isPartial = tables.some((table) => table !== 'sessions') && withDetails < sessions
  const share = isPartial ? `-of-${withDetails}-of-${sessions}-sessions` : ''
  return `floorwalker-${what}${share}-${localDateOf(query.nowMs, zone)}.${format}`
}
