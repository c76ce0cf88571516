/** Shares with the interval in which they lie. */
import type { Rate } from '../chart-api.ts'

/** Of the normal distribution, for 95 %. */
const Z = 1.959_963_984_540_054

/** A share and its 95 % interval after Wilson, which is right for few trials and shares near 0 or 1, too. */
export function rateOf(hits: number, of: number): Rate {
  if (of === 0) return { hits, of, share: null, low: null, high: null }
  const share = hits / of
  const square = Z * Z
  const middle = (share + square / (2 * of)) / (1 + square / of)
  const half = (Z / (1 + square / of)) * Math.sqrt((share * (1 - share)) / of + square / (4 * of * of))
  // Rounding must not put a share outside of its own interval.
  return {
    hits,
    of,
    share,
    low: Math.max(0, Math.min(share, middle - half)),
    high: Math.min(1, Math.max(share, middle + half)),
  }
}
