/** Sessions in which staff had something to check: few, so that charts can look at each. */
import { hadCheck, runningTotalMs } from '#shared/session/activity.ts'
import type { NumberColumn } from '../columns.ts'
import type { RowSet } from '../row-set.ts'
import type { Running, SessionColumns } from '../session-columns.ts'
import { narrowToCodes } from '../session-filter.ts'

/** Those of a set, in ascending order. */
export function checkedRows(rows: RowSet, { profiles }: SessionColumns): Int32Array {
  const checked = rows.clone()
  narrowToCodes(
    checked,
    profiles,
    Uint8Array.from(profiles.values, (profile) => Number(hadCheck(profile))),
  )
  return checked.toRows()
}

/** How long the shopper has waited, milliseconds, up to `nowMs` where they still do. */
export const waitingOf = (columns: SessionColumns, row: number, nowMs: number): number =>
  totalOf(columns, columns.waitingMs, 'waitingSince', row, nowMs)

/** How long employees have had the basket open, milliseconds; 0 where nobody ever had. */
export const interactionOf = (columns: SessionColumns, row: number, nowMs: number): number =>
  totalOf(columns, columns.interactionMs, 'interactingSince', row, nowMs)

function totalOf({ running }: SessionColumns, column: NumberColumn, since: keyof Running, row: number, nowMs: number) {
  const sinceMs = running.size === 0 ? Number.NaN : (running.get(row)?.[since] ?? Number.NaN)
  return runningTotalMs(column.get(row), Number.isNaN(sinceMs) ? null : sinceMs, nowMs)
}

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
