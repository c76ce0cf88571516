import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  defaultLayout,
  isSameLayout,
  isShown,
  moveColumn,
  moveColumnBy,
  orderedColumns,
  readLayout,
  unknownColumns,
} from './column-layout.ts'
import {
  isOpenColumn,
  isSessionColumn,
  MAX_COLUMN_WIDTH,
  MIN_COLUMN_WIDTH,
  sessionColumnIds,
} from './session-columns.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_127)

it(`reads whatever was kept into a layout that shows every known column once (seed ${seed})`, () => {
  const ids = fc.oneof(fc.constantFrom<string>(...sessionColumnIds), fc.string())
  const kept = fc.oneof(
    fc.anything(),
    fc.record({
      columnOrder: fc.oneof(fc.array(fc.oneof(ids, fc.anything())), fc.anything()),
      columnVisibility: fc.oneof(fc.dictionary(ids, fc.anything()), fc.anything()),
      columnSizing: fc.oneof(fc.dictionary(ids, fc.anything()), fc.anything()),
    }),
  )
  fc.assert(
    fc.property(kept, (value) => {
      const layout = readLayout(value)
      const order = orderedColumns(layout)
      expect(new Set(order).size).toBe(order.length)
      expect(order).toEqual(expect.arrayContaining(sessionColumnIds))
      for (const width of Object.values(layout.columnSizing)) {
        expect(width).toBeGreaterThanOrEqual(MIN_COLUMN_WIDTH)
        expect(width).toBeLessThanOrEqual(MAX_COLUMN_WIDTH)
      }
      expect(readLayout(JSON.parse(JSON.stringify(layout)))).toEqual(layout)
    }),
    { seed },
  )
})

it(`moves one column and keeps the order of the others (seed ${seed})`, () => {
  const id = fc.constantFrom(...sessionColumnIds)
  fc.assert(
    fc.property(id, id, id, (first, moved, to) => {
      const before = moveColumn(defaultLayout, first, 'id')
      const after = moveColumn(before, moved, to)
      const others = (layout: typeof before) => orderedColumns(layout).filter((each) => each !== moved)
      expect(others(after)).toEqual(others(before))
      expect(orderedColumns(after).indexOf(moved)).toBe(orderedColumns(before).indexOf(to))
    }),
    { seed },
  )
})

it('keeps columns of a newer version, names those it would show, and jumps over them', () => {
  const layout = readLayout({ columnOrder: ['activity', 'loyalty', 'client'], columnVisibility: { karma: false } })
  expect(unknownColumns(layout)).toEqual(['loyalty'])
  const moved = moveColumnBy(layout, orderedColumns(layout).filter(isSessionColumn), 'client', -1)
  expect(orderedColumns(moved).slice(0, 3)).toEqual(['client', 'activity', 'loyalty'])
  expect(moved.columnVisibility).toEqual({ karma: false })
})

it('does not move the first column further, nor the last', () => {
  expect(moveColumnBy(defaultLayout, sessionColumnIds, 'activity', -1)).toBe(defaultLayout)
  expect(moveColumnBy(defaultLayout, sessionColumnIds, 'id', 1)).toBe(defaultLayout)
})

it('tells layouts apart by what they show', () => {
  expect(isShown(defaultLayout, 'client')).toBe(true)
  expect(isSameLayout(defaultLayout, { ...defaultLayout, columnOrder: [...sessionColumnIds] })).toBe(true)
  expect(isSameLayout(defaultLayout, { ...defaultLayout, columnVisibility: { client: true } })).toBe(true)
  expect(isSameLayout(defaultLayout, { ...defaultLayout, columnVisibility: { client: false } })).toBe(false)
})

it('jumps over the columns that somebody may not see', () => {
  const listed = sessionColumnIds.filter((id) => isOpenColumn(id, false))
  const moved = moveColumnBy(defaultLayout, listed, 'checkMethod', 1)
  expect(orderedColumns(moved).filter((id) => listed.some((each) => each === id))).toEqual(
    listed.flatMap((id) => (id === 'checkMethod' ? [] : id === 'differences' ? ['differences', 'checkMethod'] : [id])),
  )
})

it('shows a list that was kept before a column was there as it was', () => {
  const kept = { columnOrder: ['id', 'client'], columnVisibility: { id: true }, columnSizing: {} }
  const layout = readLayout(kept)
  expect(orderedColumns(layout).filter((id) => isShown(layout, id))).toEqual([
    ...['id', 'client', 'activity', 'lastActivityAt', 'startedAt', 'quantity', 'total', 'storeId', 'progress'],
    ...['spotCheck', 'ageVerification', 'waitingMs'],
  ])
})
