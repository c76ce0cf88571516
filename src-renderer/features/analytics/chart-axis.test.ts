import fc from 'fast-check'
import { expect, test } from 'vitest'
import { axisOf } from './chart-axis.ts'
import { COUNT, DURATION, MEAN, money, SHARE } from './chart-words.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_125)

test(`an axis reaches its highest value in a few even steps (seed ${seed})`, () => {
  fc.assert(
    fc.property(
      fc.constantFrom(COUNT, DURATION, MEAN, money('EUR'), money('JPY'), SHARE),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(1, 50, 5_000, 1e6, 1e9),
      (unit, part, scale) => {
        const highest = unit.kind === 'share' ? part : part * scale
        const { max, ticks } = axisOf(highest, unit)
        expect(max).toBeGreaterThanOrEqual(highest * (1 - 1e-9))
        expect(ticks[0]).toBe(0)
        expect(ticks.at(-1)).toBe(max)
        expect(ticks.length).toBeGreaterThanOrEqual(2)
        expect(ticks.length).toBeLessThanOrEqual(7)
        const step = ticks[1] as number
        for (const [at, tick] of ticks.entries()) expect(tick).toBeCloseTo(at * step, 5 - Math.ceil(Math.log10(max)))
        if (unit.kind === 'count') expect(Number.isInteger(step)).toBe(true)
      },
    ),
    { seed, numRuns: 2_000 },
  )
})

test('durations are cut as people count them', () => {
  expect(axisOf(50_000, DURATION).ticks).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000])
  expect(axisOf(130_000, DURATION).ticks).toEqual([0, 30_000, 60_000, 90_000, 120_000, 150_000])
})
