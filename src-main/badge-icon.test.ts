import { expect, test } from 'vitest'
import { BADGE_SIZE, badgeBitmap } from './badge-icon.ts'

/** The bitmap as a drawing: space outside, dot for the disc, hash for ink. */
function drawn(waiting: number): string[] {
  const bitmap = badgeBitmap(waiting)
  return Array.from({ length: BADGE_SIZE }, (_, y) =>
    Array.from({ length: BADGE_SIZE }, (_, x) => {
      const [blue, , , alpha] = bitmap.subarray((y * BADGE_SIZE + x) * 4)
      return alpha === 0 ? ' ' : blue === 0xff ? '#' : '.'
    }).join(''),
  )
}

test('a number in a disc, each its own, and one drawing for all above nine', () => {
  const drawings = Array.from({ length: 10 }, (_, index) => drawn(index + 1).join('\n'))
  expect(new Set(drawings).size).toBe(10)
  expect(drawn(10)).toEqual(drawn(4_711))
  for (const waiting of [1, 8, 42]) {
    const rows = drawn(waiting)
    expect(rows[0]?.startsWith(' ')).toBe(true)
    expect(rows[BADGE_SIZE / 2]?.trim()).toHaveLength(BADGE_SIZE)
    // The ink stays inside the disc.
    for (const row of rows) expect(row.trim()).not.toMatch(/^#|#$/)
  }
  expect(drawn(7)[6]).toContain('############')
  expect(drawn(7)[25]).toContain('#'.repeat(4))
})
