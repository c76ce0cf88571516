/** Sessions in which staff had something to check: few, so that charts can look at each. */
import { hadCheck, runningTotalMs } from '#shared/session/activity.ts'
import type { NumberColumn } from '../columns.ts'
import { RowSet } from '../row-set.ts'
import type { Running, SessionColumns } from '../session-columns.ts'
import { narrowToCodes } from '../session-filter.ts'

/** Those of a set, as a set of their own. */
export function checkedRows(rows: RowSet, { profiles }: SessionColumns): RowSet {
  const checked = rows.clone()
  narrowToCodes(
    checked,
    profiles,
    Uint8Array.from(profiles.values, (profile) => Number(hadCheck(profile))),
  )
  return checked
}

/** How long shoppers have waited, milliseconds by position in `rows`, up to `nowMs` where they still do. */
export const waitingOf = (columns: SessionColumns, rows: Int32Array, nowMs: number): Float64Array =>
  totalsOf(columns, columns.waitingMs, 'waitingSince', rows, nowMs)

/** How long employees have had the baskets open, likewise; 0 where nobody ever had. */
export const interactionOf = (columns: SessionColumns, rows: Int32Array, nowMs: number): Float64Array =>
  totalsOf(columns, columns.interactionMs, 'interactingSince', rows, nowMs)

function totalsOf(
  { running }: SessionColumns,
  { data }: NumberColumn,
  since: keyof Running,
  rows: Int32Array,
  nowMs: number,
): Float64Array {
  const totals = new Float64Array(rows.length)
  const isRunning = new RowSet()
  for (const row of running.keys()) isRunning.add(row)
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] as number
    const finishedMs = data[row] as number
    totals[at] = isRunning.has(row) ? runningTotal(running.get(row)?.[since], finishedMs, nowMs) : finishedMs
  }
  return totals
}

const runningTotal = (sinceMs = Number.NaN, finishedMs: number, nowMs: number): number =>
  runningTotalMs(finishedMs, Number.isNaN(sinceMs) ? null : sinceMs, nowMs)

/** Sum of what is known; null where something is there and nothing of it is known. */
export class KnownSum {
  private sum = 0
  private known = 0
  private unknown = 0

  /** @param value NaN where it is not known */
  add(value: number): void {
    if (Number.isNaN(value)) this.unknown += 1
    else {
      this.known += 1
      this.sum += value
    }
  }

  get value(): number | null {
    return this.known === 0 && this.unknown > 0 ? null : this.sum
  }
}
