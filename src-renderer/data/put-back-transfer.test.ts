import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { PutBackItem, PutBackList } from './abandoned-api.ts'
import { packPutBack, unpackPutBack } from './put-back-transfer.ts'

const lineArb = fc.record({
  sessionId: fc.string({ minLength: 1, maxLength: 4 }),
  lineId: fc.string({ minLength: 1, maxLength: 2 }),
  quantity: fc.integer({ min: 1, max: 100_000 }),
  scannedAt: fc.nat(2_000_000_000_000),
})
const itemArb: fc.Arbitrary<PutBackItem> = fc.record({
  storeId: fc.constantFrom('a', 'b'),
  sku: fc.string(),
  name: fc.string(),
  department: fc.option(fc.string()),
  storage: fc.constantFrom('ambient' as const, 'chilled' as const, 'frozen' as const),
  quantity: fc.nat(),
  value: fc.integer(),
  currency: fc.constant('EUR'),
  lines: fc.array(lineArb),
  scannedAt: fc.nat(),
  discardAt: fc.option(fc.nat()),
  overdue: fc.nat(),
})

it('a list is the same on the other side of the worker', () => {
  fc.assert(
    fc.property(fc.array(itemArb), (items) => {
      const list: PutBackList = { items, baskets: 3, pieces: 7, withoutDetails: 1, complete: true }
      const { items: unpacked, ...rest } = unpackPutBack(structuredClone(packPutBack(list)))
      expect(rest).toEqual({ baskets: 3, pieces: 7, withoutDetails: 1, complete: true })
      // Screens take parts of an item over and put other lines to them.
      expect(unpacked.map((item) => ({ ...item, lines: item.lines }))).toEqual(items)
    }),
    { seed: Number(process.env.FLOORWALKER_SEED ?? 31) },
  )
})
