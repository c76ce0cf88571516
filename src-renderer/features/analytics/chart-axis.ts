/** Where an axis ends and what stands at it: round numbers of the unit people read. */
import { fromMinorUnits, minorUnitDigits } from '#shared/money/minor-units.ts'
import type { Unit } from './chart-words.ts'

const SECOND = 1_000
/** Seconds and minutes people count in, milliseconds. */
const DURATION_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 18_000].map(
  (seconds) => seconds * SECOND,
)
const ROUND = [1, 2, 2.5, 5, 10]
const MAX_STEPS = 5

/** The smallest round step that reaches `highest` in at most `MAX_STEPS` steps. */
function roundStep(highest: number): number {
  const rough = highest / MAX_STEPS
  const power = 10 ** Math.floor(Math.log10(rough))
  return power * (ROUND.find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10)
}

/** @param highest what the axis has to reach; 0 gives an axis that shows nothing is there */
export function axisOf(highest: number, unit: Unit): { max: number; ticks: number[] } {
  const step = stepOf(highest, unit)
  const steps = Math.max(1, Math.ceil(highest / step - 1e-9))
  const ticks = Array.from({ length: steps + 1 }, (_, at) => Number((at * step).toPrecision(12)))
  return { max: ticks.at(-1) ?? step, ticks }
}

function stepOf(highest: number, unit: Unit): number {
  switch (unit.kind) {
    // Nobody sees half a session.
    case 'count':
      return Math.max(1, Math.ceil(roundStep(Math.max(highest, 1))))
    case 'money': {
      const minor = 10 ** minorUnitDigits(unit.currency)
      return Math.max(1, roundStep(Math.max(fromMinorUnits(highest, unit.currency), 1)) * minor)
    }
    case 'duration':
      return DURATION_STEPS.find((step) => step * MAX_STEPS >= highest) ?? roundStep(highest)
    case 'share':
      // An interval may end above 100 % only by rounding.
      return roundStep(Math.min(Math.max(highest, 0.01), 1))
    case 'mean':
      return roundStep(Math.max(highest, 1))
  }
}
