import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { choosePieces } from './random-pieces.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 1)
const baskets = fc
  .array(fc.integer({ min: 0, max: 9 }), { maxLength: 12 })
  .map((pieces) => pieces.map((count, index) => ({ lineId: `l${index}`, pieces: count })))
const sum = (lines: readonly { pieces: number }[]) => lines.reduce((total, line) => total + line.pieces, 0)

describe('pieces chosen at random', () => {
  it('are as many as wanted, never more than a line has, in the order of the basket, the same again', () => {
    fc.assert(
      fc.property(fc.string(), baskets, fc.integer({ min: 0, max: 40 }), (id, basket, count) => {
        const chosen = choosePieces(id, basket, count)
        expect(sum(chosen)).toBe(Math.min(count, sum(basket)))
        expect(choosePieces(id, structuredClone(basket), count)).toEqual(chosen)
        const order = chosen.map(({ lineId }) => basket.findIndex((line) => line.lineId === lineId))
        expect(order).toEqual([...new Set(order)].sort((a, b) => a - b))
        for (const { lineId, pieces } of chosen) {
          expect(pieces).toBeGreaterThan(0)
          expect(pieces).toBeLessThanOrEqual(basket.find((line) => line.lineId === lineId)?.pieces ?? 0)
        }
      }),
      { seed },
    )
  })

  it('are any piece with about the same chance, and others for another check', () => {
    const basket = [
      { lineId: 'a', pieces: 1 },
      { lineId: 'b', pieces: 3 },
      { lineId: 'c', pieces: 6 },
    ]
    const times = new Map<string, number>()
    const CHECKS = 5_000
    for (let check = 0; check < CHECKS; check += 1) {
      for (const { lineId, pieces } of choosePieces(`check-${check}`, basket, 2)) {
        times.set(lineId, (times.get(lineId) ?? 0) + pieces)
      }
    }
    // Each piece is expected in a fifth of the checks; five standard deviations are less than 3 %.
    for (const { lineId, pieces } of basket) {
      expect((times.get(lineId) ?? 0) / CHECKS / pieces).toBeGreaterThan(0.17)
      expect((times.get(lineId) ?? 0) / CHECKS / pieces).toBeLessThan(0.23)
    }
  })

  it('take no longer for a huge basket', () => {
    const basket = Array.from({ length: 1_000 }, (_, index) => ({ lineId: `l${index}`, pieces: 100_000 }))
    expect(sum(choosePieces('v1', basket, 5))).toBe(5)
  })
})
