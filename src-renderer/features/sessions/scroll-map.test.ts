import fc from 'fast-check'
import { expect, it } from 'vitest'
import { elementPosition, listPosition, MAX_HEIGHT, mustSettle, scrolledTo, scrollSpan } from './scroll-map.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_128)
const ROW = 34
const VIEW = 700
const rows = fc.oneof(fc.nat(500), fc.integer({ min: 0, max: 300_000 }), fc.integer({ min: 235_000, max: 12_000_000 }))

it(`maps both ends exactly and every row to a place from which it is found again (seed ${seed})`, () => {
  fc.assert(
    fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), (count, share) => {
      const span = scrollSpan(count * ROW, VIEW)
      expect(span.element + VIEW).toBeLessThanOrEqual(Math.max(MAX_HEIGHT, VIEW))
      expect(elementPosition(span, 0)).toBe(0)
      expect(elementPosition(span, span.list)).toBe(span.element)
      const top = Math.floor(share * Math.max(0, count - 1)) * ROW
      const reached = listPosition(span, elementPosition(span, top))
      expect(Math.abs(reached - Math.min(top, span.list))).toBeLessThan(0.01)
    }),
    { seed },
  )
})

it(`never scrolls backwards (seed ${seed})`, () => {
  fc.assert(
    fc.property(rows, fc.nat(MAX_HEIGHT), fc.nat(MAX_HEIGHT), (count, a, b) => {
      const span = scrollSpan(count * ROW, VIEW)
      const [low, high] = [Math.min(a, b), Math.max(a, b)]
      expect(listPosition(span, high)).toBeGreaterThanOrEqual(listPosition(span, low))
    }),
    { seed },
  )
})

it(`moves a wheel's pixels as pixels, and reaches both ends however it wanders (seed ${seed})`, () => {
  const steps = fc.array(fc.integer({ min: -VIEW, max: VIEW }), { maxLength: 60 })
  fc.assert(
    fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), steps, fc.boolean(), (count, share, steps, up) => {
      const span = scrollSpan(count * ROW, VIEW)
      const start = Math.round(share * span.element)
      let place = { top: listPosition(span, start), element: start }
      const scroll = (step: number) => {
        const before = place
        const element = Math.min(Math.max(place.element + step, 0), span.element)
        place = scrolledTo(span, place, element, VIEW)
        const moved = place.top - before.top
        const atEnd = place.top === 0 || place.top === span.list
        if (!atEnd) expect(moved).toBeCloseTo(element - before.element, 6)
        if (mustSettle(span, place)) place = { ...place, element: elementPosition(span, place.top) }
      }
      for (const step of steps) scroll(step)
      // Between two gestures the scrollbar settles; then the wheel alone goes all the way.
      const goal = up ? 0 : span.list
      const away = Math.abs(goal - place.top)
      if (away > 200 * VIEW) return
      for (let turn = 0; turn <= 201; turn += 1) scroll(up ? -VIEW : VIEW)
      expect(place.top).toBe(goal)
      expect(place.element).toBe(up ? 0 : span.element)
    }),
    { seed },
  )
})
