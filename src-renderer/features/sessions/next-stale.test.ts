import fc from 'fast-check'
import { expect, it } from 'vitest'
import { activityOf } from '../../ui/labels.ts'
import { nextStaleAt } from './next-stale.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_130)
const MINUTE = 60_000
const stores = [
  { id: 'quick', staleAfterMinutes: 5 },
  { id: 'slow', staleAfterMinutes: 30 },
]
const row = fc.record({
  storeId: fc.constantFrom('quick', 'slow'),
  state: fc.constantFrom('open', 'closed', 'cancelled', 'partially_returned'),
  endedAt: fc.constantFrom(null, 1),
  lastActivityAt: fc.nat(60).map((minutes) => minutes * MINUTE),
})

it(`names the first instant at which a row changes its activity, and misses none before it (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 12 }), fc.nat(90), (rows, nowMinutes) => {
      const nowMs = nowMinutes * MINUTE
      const activitiesAt = (at: number) =>
        rows.map((each) => activityOf(each, at, each.storeId === 'quick' ? 5 : 30)).join()
      const next = nextStaleAt(rows, stores, nowMs)
      const end = Math.min(next, 100 * MINUTE)
      for (let at = nowMs; at < end; at += MINUTE) expect(activitiesAt(at)).toBe(activitiesAt(nowMs))
      if (next !== Number.POSITIVE_INFINITY) expect(activitiesAt(next)).not.toBe(activitiesAt(next - 1))
    }),
    { seed },
  )
})
