import fc from 'fast-check'
import { expect, it } from 'vitest'
import { quantilesByGroup } from './quantiles.ts'

const GROUPS = 4

/** Nearest rank, by sorting. */
function naive(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
  return { p50: at(0.5), p95: at(0.95) }
}

const value = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 90_000 }),
  fc.integer({ min: 0, max: 10 ** 12 }),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
)

const values = fc.array(fc.tuple(fc.integer({ min: 0, max: GROUPS - 1 }), value), { maxLength: 300 })

it('finds in each group, and in all of them, the values that sorting finds', () => {
  fc.assert(
    fc.property(values, fc.constantFrom(Number.NEGATIVE_INFINITY, 0, 3), (all, above) => {
      const found = quantilesByGroup(
        Float64Array.from(all, ([, each]) => each),
        Int32Array.from(all, ([group]) => group),
        GROUPS,
        above,
      )
      const ofGroup = (group: number | null) =>
        naive(all.filter(([of, each]) => each > above && (group === null || of === group)).map(([, each]) => each))
      // Both zeros are the same time.
      const plain = (quantiles: unknown) => JSON.parse(JSON.stringify(quantiles)) as unknown
      expect(plain(found)).toEqual(
        plain({ overall: ofGroup(null), byGroup: Array.from({ length: GROUPS }, (_, group) => ofGroup(group)) }),
      )
    }),
    {
      seed: Number(process.env.FLOORWALKER_SEED ?? 47),
      numRuns: 2_000,
      // Tells the parts of a range of nearly nothing apart.
      examples: [
        [
          [
            [0, -5e-324],
            [0, 0],
          ],
          Number.NEGATIVE_INFINITY,
        ],
      ],
    },
  )
})
