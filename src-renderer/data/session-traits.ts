/**
 * A second set of labels that many sessions share: how far a session came and how it was checked. Apart from profiles, because
 * all combinations of both would be far more than either has.
 */
import type { DayBlock, LabelValues } from '#shared/protocol/day-block.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { CodeColumn } from './columns.ts'

export type Traits = Pick<SessionSummary, 'furthestStep' | 'obstacle' | 'checkMethod'>

export class SessionTraits extends CodeColumn<Traits> {
  /** Codes of a block's rows. */
  codesIn({ rows, columns: { furthestStep, obstacle, checkMethod } }: DayBlock): Int32Array {
    // One more than the values of each: null is the first.
    const [obstacles, methods] = [obstacle.values.length + 1, checkMethod.values.length + 1]
    const known = new Map<number, number>()
    const codes = new Int32Array(rows)
    for (let row = 0; row < rows; row += 1) {
      const [step, stop, method] = [at(furthestStep, row), at(obstacle, row), at(checkMethod, row)]
      const key = ((step + 1) * obstacles + stop + 1) * methods + method + 1
      const code =
        known.get(key) ?? this.codeAt(furthestStep.values[step], obstacle.values[stop], checkMethod.values[method])
      known.set(key, code)
      codes[row] = code
    }
    return codes
  }

  private codeAt(
    furthestStep: string | null = null,
    obstacle: string | null = null,
    checkMethod: string | null = null,
  ) {
    const traits = { furthestStep, obstacle, checkMethod }
    return this.codeOf(JSON.stringify(traits), () => traits)
  }
}

const at = ({ codes }: LabelValues, row: number): number => codes[row] as number

/** Codes of a label that may have many values, in a column of its own; null is one of them. */
export function codesOfLabel(column: CodeColumn<string | null>, { codes, values }: LabelValues): Int32Array {
  const byCode = new Map<number, number>()
  return Int32Array.from(codes, (code) => {
    const known = byCode.get(code)
    if (known !== undefined) return known
    const value = values[code] ?? null
    const own = column.codeOf(JSON.stringify(value), () => value)
    byCode.set(code, own)
    return own
  })
}
