/** How far a share of few cases may be off. */

/** Standard normal deviate of a two-sided 95 % interval. */
const Z_95 = 1.959963984540054

/** Bounds of a share, 0 to 1. */
export interface Interval {
  low: number
  high: number
}

/**
 * The 95 % Wilson score interval of `successes` among `trials`. No trials say nothing: the whole of 0 to 1.
 * @throws RangeError where `successes` is not between 0 and `trials`
 */
export function wilsonInterval(successes: number, trials: number): Interval {
  if (!(successes >= 0 && successes <= trials)) throw new RangeError(`${successes} of ${trials} is no share`)
  if (trials === 0) return { low: 0, high: 1 }
  const share = successes / trials
  const z2 = Z_95 * Z_95
  const centre = share + z2 / (2 * trials)
  const margin = Z_95 * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials * trials))
  const scale = 1 + z2 / trials
  // Rounding must not put the share itself, or a bound beyond 0 and 1, outside.
  return {
    low: successes === 0 ? 0 : Math.max(0, Math.min(share, (centre - margin) / scale)),
    high: successes === trials ? 1 : Math.min(1, Math.max(share, (centre + margin) / scale)),
  }
}
