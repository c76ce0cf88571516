/** Which rows are asked for around those that are seen. */

/** Places on the screen that should be filled. */
export interface Span {
  offset: number
  limit: number
}

/** In multiples, so that scrolling asks once per so many rows. */
const SPAN_STEP = 50
/** Rows beyond those seen: few, so that another question is answered soon. */
const NARROW = 30
/** So many that a turn of the wheel meets rows that are there. */
const WIDE = 150

/** @param first place of the first row that is seen @param last place of the last */
export function spanAround(first: number, last: number, isWide: boolean): Span {
  const margin = isWide ? WIDE : NARROW
  const offset = Math.max(0, Math.floor((first - margin) / SPAN_STEP) * SPAN_STEP)
  return { offset, limit: Math.ceil((last + 1 + margin) / SPAN_STEP) * SPAN_STEP - offset }
}

/** True where `span` has all of `other`. */
export const covers = (span: Span, other: Span): boolean =>
  span.offset <= other.offset && span.offset + span.limit >= other.offset + other.limit
