/** Which shift the handover page shows: kept in the URL; without one it is the shift of when the page was opened. */
import type { ShiftCalendar, ShiftSpan } from '#shared/time/shifts.ts'

export interface HandoverSearch {
  /** Id of the store; absent means the first one chosen. */
  store?: string
  /** Store-local day (YYYY-MM-DD) on which the shift begins. */
  date?: string
  /** Its name. */
  shift?: string
}

const DATE = /^\d{4}-\d\d-\d\d$/

/** Keeps what can name a shift; whether the store has it shows when it is looked up. */
export function readHandoverSearch(search: Record<string, unknown>): HandoverSearch {
  const { store, date, shift } = search
  return {
    ...(typeof store === 'string' && store !== '' ? { store } : {}),
    ...(isDate(date) ? { date } : {}),
    // Names may look like numbers to a URL.
    ...((typeof shift === 'string' && shift !== '') || typeof shift === 'number' ? { shift: String(shift) } : {}),
  }
}

function isDate(value: unknown): value is string {
  if (typeof value !== 'string' || !DATE.test(value)) return false
  const at = Date.parse(`${value}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value)
}

export interface ChosenShift {
  span: ShiftSpan
  /** It is the one of now. */
  isCurrent: boolean
  /** The shift of now, where it has begun since the page was opened on the one before; never after a choice. */
  begun: ShiftSpan | null
  /** The URL names a shift that the store does not have: this is another one. */
  isUnknown: boolean
}

/**
 * The shift of the URL, or else the one during which the page was opened: a shift is handed over when the next one begins, and
 * what somebody reads and writes about it must not become another's. Null for a store without shifts.
 *
 * @param nowMs, openedMs UTC milliseconds
 */
export function chosenShift(
  calendar: ShiftCalendar,
  search: HandoverSearch,
  nowMs: number,
  openedMs: number,
): ChosenShift | null {
  const current = calendar.at(nowMs)
  const { date, shift } = search
  const wanted = date === undefined || shift === undefined ? null : calendar.find(date, shift)
  if (wanted !== null) return { span: wanted, isCurrent: wanted.from === current?.from, begun: null, isUnknown: false }
  if (current === null) return null
  const opened = calendar.at(openedMs) ?? current
  const isCurrent = opened.from === current.from
  const isUnknown = shift !== undefined || date !== undefined
  return { span: opened, isCurrent, begun: isCurrent ? null : current, isUnknown }
}

/** The one after it that has begun by now; null for the one of now. */
export function nextBegun(calendar: ShiftCalendar, span: ShiftSpan, nowMs: number): ShiftSpan | null {
  const next = calendar.next(span)
  return next !== null && next.from <= nowMs ? next : null
}

/** The shift of this name on another day; where it has not begun yet, the last of that day that has. */
export function sameShift(calendar: ShiftCalendar, date: string, name: string, nowMs: number): ShiftSpan | null {
  const begun = calendar.of(date).filter(({ from }) => from <= nowMs)
  return begun.find((shift) => shift.name === name) ?? begun.at(-1) ?? null
}
