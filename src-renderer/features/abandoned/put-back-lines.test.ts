import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PutBackItem } from '../../data/abandoned-api.ts'
import {
  findScanned,
  groupItems,
  lineInTurn,
  lineKey,
  piecesOf,
  scanPiece,
  splitByRule,
  withoutLines,
  withSameItems,
} from './put-back-lines.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 611)
const MINUTE = 60_000
const KEEPS = 30 * MINUTE

function itemOf(change: Partial<PutBackItem>, quantities = [1]): PutBackItem {
  const lines = quantities.map((quantity, index) => ({
    ...{ sessionId: `s${index}`, lineId: 'l1', quantity, scannedAt: index * 10 * MINUTE },
  }))
  const quantity = piecesOf(lines)
  const discardAt = change.storage === 'ambient' ? null : KEEPS
  return {
    ...{ storeId: 'a', sku: '4006381333931', name: 'Oat milk', department: 'Dairy', storage: 'chilled' },
    ...{ quantity, value: quantity * 100, currency: 'EUR', lines, scannedAt: 0, discardAt, overdue: 0 },
    ...change,
  }
}

test('the rule splits a product: lines past their own limit are discarded, the others go back', () => {
  const item = itemOf({}, [1, 2, 4])
  const split = (now: number) =>
    splitByRule(item, item.lines, now).map(({ outcome, lines }) => [outcome, piecesOf(lines)])
  expect(split(KEEPS - 1)).toEqual([['put_back', 7]])
  expect(split(KEEPS)).toEqual([
    ['discarded', 1],
    ['put_back', 6],
  ])
  expect(split(KEEPS + 20 * MINUTE)).toEqual([['discarded', 7]])
  const bread = itemOf({ storage: 'ambient' }, [3])
  expect(splitByRule(bread, bread.lines, 1e12)).toEqual([{ outcome: 'put_back', lines: bread.lines }])
})

test('what is settled here is gone from the list before the next answer, and the rest is counted as if asked anew', () => {
  const quantities = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(quantities, fc.array(fc.nat(5)), fc.nat(120), (pieces, settledAt, minutes) => {
      const item = itemOf({}, pieces)
      const now = minutes * MINUTE
      const settled = new Set(settledAt.map((index) => lineKey({ storeId: 'a', sessionId: `s${index}`, lineId: 'l1' })))
      const left = item.lines.filter((_, index) => !settledAt.includes(index))
      const [shown, ...more] = withoutLines([item], settled, now)
      expect(more).toEqual([])
      if (left.length === 0 || shown === undefined) {
        expect([left, shown]).toEqual([[], undefined])
        return
      }
      const overdue = left.filter(({ scannedAt }) => scannedAt + KEEPS <= now)
      expect(shown).toMatchObject({ lines: left, quantity: piecesOf(left), value: piecesOf(left) * 100 })
      expect(shown.discardAt).toBe((left[0]?.scannedAt ?? 0) + KEEPS)
      if (settled.size > 0 && left.length < pieces.length) expect(shown.overdue).toBe(piecesOf(overdue))
    }),
    { seed },
  )
})

test('frozen before chilled before departments, each in the order of the list', () => {
  const groups = groupItems([
    itemOf({ name: 'Yoghurt' }),
    itemOf({ name: 'Peas', storage: 'frozen', department: 'Frozen food' }),
    itemOf({ name: 'Ham' }),
    itemOf({ name: 'Bread', storage: 'ambient', department: 'Bakery' }),
    itemOf({ name: 'Nails', storage: 'ambient', department: null }),
  ])
  expect(groups.map(({ title, items }) => [title, ...items.map(({ name }) => name)])).toEqual([
    ['Frozen', 'Peas'],
    ['Chilled', 'Yoghurt', 'Ham'],
    ['Bakery', 'Bread'],
    ['Without a department', 'Nails'],
  ])
})

test('a scan finds the product whatever the code looks like, and so many scans settle so many pieces', () => {
  const items = [itemOf({ sku: '36000291452', name: 'Beans' }), itemOf({})]
  expect(findScanned(items, '036000291452')?.name).toBe('Beans')
  expect(findScanned(items, 'https://example.com/01/00036000291452')?.name).toBe('Beans')
  expect(findScanned(items, '5901234123457')).toBeUndefined()
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }), (pieces) => {
      let item: PutBackItem | undefined = itemOf({}, pieces)
      let scanned = 0
      let scans = 0
      const settled = new Set<string>()
      while (item !== undefined) {
        const step = scanPiece(item, scanned)
        scans += 1
        scanned = step.scanned
        if (step.settled !== null) settled.add(lineKey({ storeId: 'a', ...step.settled }))
        item = withoutLines([itemOf({}, pieces)], settled, 0)[0]
      }
      expect(scans).toBe(pieces.reduce((sum, each) => sum + each, 0))
    }),
    { seed },
  )
})

test('pieces scanned for a line that was settled otherwise count for no other line', () => {
  const item = itemOf({}, [3, 2])
  const [first] = item.lines
  const settled = new Set(first === undefined ? [] : [lineKey({ storeId: item.storeId, ...first })])
  const [left] = withoutLines([item], settled, 0)
  expect(left === undefined ? null : lineInTurn(left)).not.toBe(lineInTurn(item))
  expect(lineInTurn(item)).toBe([...settled][0])
})

test('products that say the same stay the same objects, and any change is a new one', () => {
  const list = (...items: PutBackItem[]) => ({ items, baskets: 1, pieces: 1, withoutDetails: 0, complete: true })
  const before = list(itemOf({}, [1, 2]), itemOf({ sku: '4011' }))
  const same = withSameItems(before, list(itemOf({ sku: '4011' }), itemOf({}, [1, 2])))
  expect(same.items[0]).toBe(before.items[1])
  expect(same.items[1]).toBe(before.items[0])
  expect(withSameItems(before, structuredClone(before))).toBe(before)
  for (const change of [{ baskets: 2 }, { pieces: 2 }, { withoutDetails: 1 }, { complete: false }])
    expect(withSameItems(before, { ...structuredClone(before), ...change })).toMatchObject(change)
  const line = { sessionId: 's0', lineId: 'l1', quantity: 1, scannedAt: 0 }
  const changes: Partial<PutBackItem>[] = [
    ...[{ name: 'Oat drink' }, { quantity: 2 }, { value: 101 }, { overdue: 1 }, { discardAt: 1 }, { lines: [] }],
    ...[
      { ...line, lineId: 'l2' },
      { ...line, quantity: 2 },
      { ...line, scannedAt: 1 },
    ].map((each) => ({ lines: [each] })),
  ]
  for (const change of changes) {
    const next = itemOf(change)
    expect(withSameItems(list(itemOf({})), list(next)).items[0]).toBe(next)
  }
})
