/**
 * Since when a console has no contact to stores, on the stores' own clocks: what started there later is missing in its figures.
 * Milliseconds since 1970-01-01T00:00 on a wall.
 */
import { HOUR_MS } from './wall-hour.ts'

export interface ContactEnd {
  /** Of the store whose clock showed the earliest time then. */
  first: number
  /** Of the one whose clock showed the latest: from then on all stores' sessions are missing. */
  last: number
}

/** How much of a stretch of time is missing: in some stores or for a while, or all of it. */
export type Missing = 'part' | 'all'

/** What is missing of the wall hours from one (included) to another (excluded); null where nothing is. */
export function missingIn(fromHour: number, toHour: number, { first, last }: ContactEnd): Missing | null {
  if (fromHour * HOUR_MS >= last) return 'all'
  return toHour * HOUR_MS > first ? 'part' : null
}
