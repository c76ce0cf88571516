import { expect, test } from 'vitest'
import { discardAtOf, firstScans } from './goods-outside.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 10, 21, 14, minute)).toISOString()
const added = (id: string, lineId: string, minute: number) => ({
  id,
  type: 'item.added',
  at: at(minute),
  source: 'store' as const,
  lineId,
})

test('the first scan of a line counts, in whatever order events are kept', () => {
  const events = [
    added('e2', 'milk', 20),
    added('e1', 'milk', 5),
    { ...added('e3', 'bread', 7), type: 'item.quantity_changed' },
    added('e4', 'bread', 9),
  ]
  expect(firstScans({ events })).toEqual(
    new Map([
      ['milk', Date.parse(at(5))],
      ['bread', Date.parse(at(9))],
    ]),
  )
})

test('each storage has its own minutes, and null means never', () => {
  const settings = { chilledMinutes: 30, frozenMinutes: 20, ambientMinutes: null }
  expect(discardAtOf('chilled', 1_000, settings)).toBe(1_801_000)
  expect(discardAtOf('frozen', 1_000, settings)).toBe(1_201_000)
  expect(discardAtOf('ambient', 1_000, settings)).toBeNull()
})
