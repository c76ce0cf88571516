/**
 * What most sessions have in common with many others: their labels. Sessions with the same labels share one profile, so
 * that a filter judges each profile once and all rows in one pass, however many conditions it has.
 */
import type { DayBlock } from '#shared/protocol/day-block.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { CodeColumn } from './columns.ts'

type Labels = Pick<
  SessionSummary,
  'client' | 'state' | 'progress' | 'endReason' | 'currency' | 'spotCheck' | 'ageVerification' | 'rating' | 'reviewed'
>
export type LabelName = keyof Labels

export interface Profile extends Labels {
  ended: boolean
}

/** With how many values of each label a profile's key can count; profiles with rarer ones are found the slow way. */
const radices = {
  client: 4096,
  state: 16,
  progress: 512,
  endReason: 16,
  currency: 256,
  spotCheck: 16,
  ageVerification: 16,
} as const
const labelNames = Object.keys(radices) as (keyof typeof radices)[]
/** None, or 1 to 5. */
const RATINGS = 6
/** Reviewed or not, ended or not. */
const FLAGS = 4

export class SessionProfiles extends CodeColumn<Profile> {
  /** By label, numbers of its values; 0 stands for none. */
  private readonly numbers = new Map(labelNames.map((name) => [name, new Map<string, number>()]))
  private readonly byKey = new Map<number, number>()

  /** Codes of a block's rows. */
  codesIn({ rows, columns }: DayBlock): Int32Array {
    const { rating, reviewed, endedAt } = columns
    // NaN where a key cannot tell: it stays NaN in all further sums.
    const keys = new Float64Array(rows)
    for (const name of labelNames) {
      const { codes, values } = columns[name]
      const numbers = Float64Array.from(values, (value) => this.numberOf(name, value))
      const radix = radices[name]
      for (let i = 0; i < rows; i += 1) {
        const code = codes[i] as number
        keys[i] = (keys[i] as number) * radix + (code < 0 ? 0 : (numbers[code] as number))
      }
    }
    const codes = new Int32Array(rows)
    for (let i = 0; i < rows; i += 1) {
      const flags = (reviewed[i] as number) + (Number.isNaN(endedAt[i]) ? 0 : 2)
      const key = ((keys[i] as number) * RATINGS + ratingNumber(rating[i] as number)) * FLAGS + flags
      const known = this.byKey.get(key)
      const code = known ?? this.codeAt(columns, i)
      codes[i] = code
      if (known === undefined && !Number.isNaN(key)) this.byKey.set(key, code)
    }
    return codes
  }

  private numberOf(name: keyof typeof radices, value: string): number {
    const numbers = this.numbers.get(name) as Map<string, number>
    const known = numbers.get(value)
    if (known !== undefined) return known
    const number = numbers.size + 1
    if (number >= radices[name]) return Number.NaN
    numbers.set(value, number)
    return number
  }

  private codeAt(columns: DayBlock['columns'], i: number): number {
    const rating = columns.rating[i] as number
    const profile = {
      ...Object.fromEntries(
        labelNames.map((name) => {
          const { codes, values } = columns[name]
          return [name, values[codes[i] as number] ?? null]
        }),
      ),
      rating: Number.isNaN(rating) ? null : rating,
      reviewed: columns.reviewed[i] === 1,
      ended: !Number.isNaN(columns.endedAt[i]),
    } as Profile
    return this.codeOf(JSON.stringify(profile), () => profile)
  }
}

function ratingNumber(rating: number): number {
  if (Number.isNaN(rating)) return 0
  return Number.isInteger(rating) && rating > 0 && rating < RATINGS ? rating : Number.NaN
}
