import { expect, test } from 'vitest'
import type { ItemOutcome } from '#shared/protocol/decisions.ts'
import type { SessionDocument, SessionEvent, SettledLine } from '#shared/protocol/session-document.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import { goodsOf } from '#shared/session/goods-outside.ts'
import { againstRule, decisionOfDraft, emptyDraft, openGoods, outcomeOf } from './review-draft.ts'

const T0 = Date.parse('2026-11-21T13:00:00.000Z')
const MINUTE = 60_000
const rule = { chilledMinutes: 30, frozenMinutes: 20, ambientMinutes: null }
const anna = { number: '100', name: 'Anna' }

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
const settled = (lineId: string, outcome: ItemOutcome): SettledLine => ({
  ...{ lineId, outcome, employee: anna, at: new Date(T0).toISOString(), others: [] },
})

test('only what a draft newly puts back past its limit is against the rule', () => {
  const goods = goodsOf({ ...document, putBack: [settled('peas', 'put_back')] }, rule)
  const now = T0 + 40 * MINUTE
  const draft = {
    ...emptyDraft,
    outcomes: { peas: 'put_back', milk: 'put_back', ham: 'put_back', bread: 'put_back' },
  } as const
  expect(againstRule(goods, draft, now).map(({ line }) => line.lineId)).toEqual(['milk'])
  expect(againstRule(goods, { ...draft, outcomes: { ...draft.outcomes, milk: 'discarded' } }, now)).toEqual([])
  // The limit itself is past, a moment before it is not.
  const limit = T0 + 32 * MINUTE
  expect(againstRule(goods, draft, limit).map(({ line }) => line.lineId)).toEqual(['milk'])
  expect(againstRule(goods, draft, limit - 1)).toEqual([])
})

test('a first review says only what is new, with the reason that fits unless another was typed', () => {
  const goods = goodsOf({ ...document, putBack: [settled('milk', 'put_back'), settled('ham', 'put_back')] }, rule)
  const draft = {
    ...emptyDraft,
    note: ' cold ',
    outcomes: { milk: 'put_back', ham: 'discarded', peas: 'discarded' },
  } as const
  expect(openGoods(goods, draft).map(({ line }) => line.lineId)).toEqual(['bread'])
  expect(decisionOfDraft(draft, goods, false, 'Left without paying')).toEqual({
    type: 'basket.review',
    payload: {
      reason: 'Left without paying',
      note: 'cold',
      putBack: [
        { lineId: 'peas', outcome: 'discarded' },
        { lineId: 'ham', outcome: 'discarded' },
      ],
    },
  })
  expect(decisionOfDraft({ ...draft, reason: '  ' }, goods, false, 'Left without paying')).toBeNull()
})

test('after a review outcomes can be corrected, and nothing new is no decision', () => {
  const goods = goodsOf({ ...document, putBack: [settled('milk', 'put_back')] }, rule)
  expect(decisionOfDraft({ ...emptyDraft, outcomes: { milk: 'put_back' } }, goods, true, '')).toBeNull()
  const corrected = { ...emptyDraft, outcomes: { milk: 'not_found' } } as const
  expect(outcomeOf(goods.find(({ line }) => line.lineId === 'milk') ?? goods[0] ?? fail(), corrected)).toBe('not_found')
  expect(decisionOfDraft(corrected, goods, true, '')).toEqual({
    type: 'basket.put_back',
    payload: { items: [{ lineId: 'milk', outcome: 'not_found' }] },
  })
})

function fail(): never {
  throw new Error('no goods')
}
