/** Figures of two periods, and means. */
import type { Compared } from '../chart-api.ts'

/** Mean of a sum; null where there is nothing to divide by. */
export const meanOf = (sum: number, of: number): number | null => (of === 0 ? null : sum / of)

/** A figure of two periods. */
export const compared = <Of>(now: Of, before: Of | null, figure: (of: Of) => number | null): Compared => ({
  value: figure(now),
  before: before === null ? null : figure(before),
})
