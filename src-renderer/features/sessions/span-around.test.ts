import fc from 'fast-check'
import { expect, it } from 'vitest'
import { covers, spanAround } from './span-around.ts'

const row = fc.integer({ min: 0, max: 2_000_000 })
const seen = fc.integer({ min: 1, max: 60 })

it('has the rows that are seen and some on both sides, from the list’s first row on', () => {
  fc.assert(
    fc.property(row, seen, fc.boolean(), (first, rows, isWide) => {
      const { offset, limit } = spanAround(first, first + rows - 1, isWide)
      expect(offset).toBeGreaterThanOrEqual(0)
      expect(offset === 0 || offset <= first - 30).toBe(true)
      expect(offset + limit).toBeGreaterThanOrEqual(first + rows + 30)
    }),
    { seed: 7 },
  )
})

it('when wide, has all that is asked for after a turn of the wheel over a hundred rows', () => {
  fc.assert(
    fc.property(row, seen, fc.integer({ min: -100, max: 100 }), (first, rows, turn) => {
      const wide = spanAround(first, first + rows - 1, true)
      const there = Math.max(0, first + turn)
      const needed = { offset: there, limit: rows }
      expect(covers(wide, needed)).toBe(true)
      expect(covers(needed, wide)).toBe(false)
    }),
    { seed: 8 },
  )
})
