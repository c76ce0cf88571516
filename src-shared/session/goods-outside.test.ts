import { expect, test } from 'vitest'
import type { SessionDocument, SessionEvent } from '../protocol/session-document.ts'
import { foldSession } from './fold-session.ts'
import { byRule, discardAtOf, firstScans, goodsOf } from './goods-outside.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 10, 21, 14, minute)).toISOString()
const scanned = (id: string, lineId: string, minute: number) => ({
  id,
  type: 'item.added',
  at: at(minute),
  source: 'store' as const,
  lineId,
})

test('the first scan of a line counts, in whatever order events are kept', () => {
  const events = [
    scanned('e2', 'milk', 20),
    scanned('e1', 'milk', 5),
    { ...scanned('e3', 'bread', 7), type: 'item.quantity_changed' },
    scanned('e4', 'bread', 9),
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

const T0 = Date.parse('2026-11-21T13:00:00.000Z')
const MINUTE = 60_000
const rule = { chilledMinutes: 30, frozenMinutes: 20, ambientMinutes: null }

const added = (lineId: string, minute: number, storage: string): SessionEvent => ({
  ...{ id: `e-${lineId}`, type: 'item.added', at: new Date(T0 + minute * MINUTE).toISOString(), source: 'store' },
  ...{ lineId, sku: lineId, name: lineId, quantity: 2, unitPrice: 100, storage },
})
const document: SessionDocument = foldSession(
  {
    ...{ id: 's1', storeId: 'berlin', version: 1 },
    settings: { currency: 'EUR', timezone: 'Europe/Berlin', expiry: { mode: 'inactivity', inactivityMinutes: 120 } },
  },
  [
    { id: 'e0', type: 'session.started', at: new Date(T0).toISOString(), source: 'store', client: { type: 'matrix' } },
    added('bread', 1, 'ambient'),
    added('milk', 2, 'chilled'),
    added('peas', 3, 'frozen'),
    added('ham', 30, 'chilled'),
  ],
  T0 + 5 * 60 * MINUTE,
)

test('frozen and chilled goods come first, and the rule says which must be discarded now', () => {
  const goods = goodsOf(document, rule)
  expect(goods.map(({ line }) => line.lineId)).toEqual(['peas', 'milk', 'ham', 'bread'])
  const now = T0 + 40 * MINUTE
  expect(goods.map((each) => byRule(each, now))).toEqual(['discarded', 'discarded', 'put_back', 'put_back'])
})

test('goods that were returned are not there any more', () => {
  const lineItems = document.lineItems.map((line) => ({ ...line, returnedQuantity: line.lineId === 'ham' ? 2 : 1 }))
  const goods = goodsOf({ ...document, lineItems }, rule)
  expect(goods.map(({ line, quantity }) => [line.lineId, quantity])).toEqual([
    ['peas', 1],
    ['milk', 1],
    ['bread', 1],
  ])
})
