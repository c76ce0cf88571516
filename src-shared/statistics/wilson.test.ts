import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wilsonInterval } from './wilson.ts'

const cases = fc.nat(100_000).chain((trials) => fc.tuple(fc.integer({ min: 0, max: trials }), fc.constant(trials)))

describe('the Wilson interval', () => {
  it('is the published one', () => {
    // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    const rounded = (successes: number, trials: number) => {
      const { low, high } = wilsonInterval(successes, trials)
      return [low.toFixed(4), high.toFixed(4)]
    }
    expect(rounded(81, 263)).toEqual(['0.2553', '0.3662'])
    expect(rounded(15, 148)).toEqual(['0.0624', '0.1605'])
    expect(rounded(0, 20)).toEqual(['0.0000', '0.1611'])
    expect(rounded(1, 29)).toEqual(['0.0061', '0.1718'])
  })

  it('holds the share, lies within 0 and 1, and mirrors', () => {
    fc.assert(
      fc.property(cases, ([successes, trials]) => {
        const { low, high } = wilsonInterval(successes, trials)
        const share = trials === 0 ? 0 : successes / trials
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThanOrEqual(share)
        expect(high).toBeGreaterThanOrEqual(share)
        const mirrored = wilsonInterval(trials - successes, trials)
        expect(mirrored.low).toBeCloseTo(1 - high, 10)
        expect(mirrored.high).toBeCloseTo(1 - low, 10)
      }),
    )
  })

  it('says nothing of no trials, and refuses what is no share', () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 })
    expect(() => wilsonInterval(2, 1)).toThrow(RangeError)
    expect(() => wilsonInterval(-1, 1)).toThrow(RangeError)
    expect(() => wilsonInterval(Number.NaN, 1)).toThrow(RangeError)
  })
})
