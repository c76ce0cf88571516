/** Time intervals in UTC milliseconds: union lengths for waiting and interaction times. */

/** `to` is null while the interval is running. */
export interface Interval {
  from: number
  to: number | null
}

export interface UnionTime {
  /** Finished part, milliseconds; excludes what lies after `since`. */
  ms: number
  /** Start of the earliest running interval, or null. */
  since: number | null
}

/** Union of intervals: overlaps count once. Total at an instant `t` is `ms + (since === null ? 0 : t - since)`. */
export function unionTime(intervals: readonly Interval[]): UnionTime {
  let since: number | null = null
  for (const interval of intervals) {
    if (interval.to === null && (since === null || interval.from < since)) since = interval.from
  }
  const end = since ?? Number.POSITIVE_INFINITY
  const finished = intervals
    .flatMap(({ from, to }) => (to === null ? [] : [{ from, to: Math.min(to, end) }]))
    .filter(({ from, to }) => to > from)
    .sort((a, b) => a.from - b.from)
  let ms = 0
  let covered = Number.NEGATIVE_INFINITY
  for (const { from, to } of finished) {
    if (to <= covered) continue
    ms += to - Math.max(from, covered)
    covered = to
  }
  return { ms, since }
}
