import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { storeFactSchema } from '#shared/protocol/integration.ts'
import type { SessionEvent } from '#shared/protocol/session-document.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import { type ReadLine, readPastSession } from './past-session.ts'

const NOW = Date.parse('2026-03-11T00:00:00Z')
const session = {
  id: 'past 1',
  client: { type: 'sdk-ios', version: '4.1' },
  customerId: 'C-1',
  startedAt: '2026-03-10T10:00:00Z',
  endedAt: '2026-03-10T10:30:00Z',
  items: [
    { sku: '4001', name: 'Milk', quantity: 2, unitPrice: 119, category: 'dairy' },
    { lineId: 'own', sku: '4002', name: 'Bread', quantity: 1, unitPrice: 249 },
  ],
  payment: { transactionId: 't1', amount: 487, method: 'card', receiptNumber: 'R-1' },
  feedback: { rating: 4, comment: 'quick' },
}
const read = (value: unknown, store: string | undefined = 'berlin') =>
  readPastSession(typeof value === 'string' ? value : JSON.stringify(value), store, NOW)
const settings = {
  currency: 'EUR',
  timezone: 'Europe/Berlin',
  expiry: { mode: 'either', inactivityMinutes: 120 },
} as const

function fold({ sessionId, storeId, facts }: ReadLine) {
  const events = facts.map((fact) => {
    const { sessionId: _, ...event } = storeFactSchema.parse(fact)
    return { ...event, source: 'store' } as SessionEvent
  })
  return foldSession({ id: sessionId, storeId, settings, version: 1 }, events, NOW)
}

describe('a line', () => {
  it('becomes a closed session with all that it says', () => {
    const line = read(session)
    if ('field' in line) throw new Error(line.message)
    expect(fold(line)).toMatchObject({
      id: 'past 1',
      storeId: 'berlin',
      state: 'closed',
      progress: 'session_completed',
      endReason: 'completed',
      customerId: 'C-1',
      client: { type: 'sdk-ios', version: '4.1' },
      startedAt: '2026-03-10T10:00:00.000Z',
      endedAt: '2026-03-10T10:30:00.000Z',
      quantity: 3,
      total: 487,
      lineItems: [{ lineId: 'line-1', category: 'dairy' }, { lineId: 'own' }],
      transactions: [{ id: 't1', status: 'completed', amount: 487, method: 'card', receiptNumber: 'R-1' }],
      feedback: { rating: 4, comment: 'quick' },
      anomalies: [],
    })
  })

  it('gives the same facts each time, and other ids for another session', () => {
    const [first, again, other] = [read(session), read(session), read({ ...session, id: 'past 2' })]
    expect(again).toEqual(first)
    const ids = [first, other].flatMap((line) => ('facts' in line ? line.facts.map(({ id }) => id) : []))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('contradicts nothing in the fold, whatever its length and however many items share an instant', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 110 * 60_000 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
        (lengthMs, dated) => {
          const endedAt = new Date(Date.parse(session.startedAt) + lengthMs).toISOString()
          const items = dated.map((own, index) => ({
            sku: String(index),
            name: 'Item',
            quantity: 1,
            unitPrice: 1,
            ...(own ? { at: session.startedAt } : {}),
          }))
          const line = read({ ...session, endedAt, items })
          if ('field' in line) throw new Error(`${line.field} ${line.message}`)
          expect(fold(line)).toMatchObject({ anomalies: [], quantity: items.length, endReason: 'completed' })
        },
      ),
    )
  })
})

describe('a bad line names its field', () => {
  it.each([
    ['', '{"id": ', 'is not JSON'],
    ['', '[]', 'expected object'],
    ['id', { ...session, id: '' }, 'Too small'],
    ['customerId', { ...session, customerId: 'a\u0000b' }, 'NUL'],
    ['startedAt', { ...session, startedAt: 'yesterday' }, 'ISO 8601'],
    ['endedAt', { ...session, endedAt: '2026-03-10T09:59:59Z' }, 'before startedAt'],
    ['endedAt', { ...session, endedAt: '2026-03-12T00:00:00Z' }, 'future'],
    ['items', { ...session, items: [] }, 'Too small'],
    ['items.0.unitPrice', { ...session, items: [{ ...session.items[0], unitPrice: 1.5 }] }, 'expected int'],
    ['items.0.qty', { ...session, items: [{ ...session.items[0], qty: 1 }] }, 'Unrecognized key'],
    ['items.1.lineId', { ...session, items: [session.items[0], { ...session.items[1], lineId: 'line-1' }] }, 'is used'],
    ['items.0.at', { ...session, items: [{ ...session.items[0], at: '2026-03-10T10:30:01Z' }] }, 'between startedAt'],
    ['payment', { ...session, payment: undefined }, 'expected object'],
    ['payment.amount', { ...session, payment: { ...session.payment, amount: -1 } }, 'Too small'],
    ['payment.at', { ...session, payment: { ...session.payment, at: '2026-03-10T09:00:00Z' } }, 'between startedAt'],
    ['feedback.rating', { ...session, feedback: { rating: 6 } }, 'Too big'],
    ['custmerId', { ...session, custmerId: 'C-1' }, 'Unrecognized key'],
  ])('%s', (field, value, message) => {
    expect(read(value)).toEqual({ field, message: expect.stringContaining(message) })
  })

  it('storeId, where neither the line nor the command names one', () => {
    expect(readPastSession(JSON.stringify(session), undefined, NOW)).toMatchObject({ field: 'storeId' })
    expect(readPastSession(JSON.stringify({ ...session, storeId: 'x' }), 'berlin', NOW)).toMatchObject({ storeId: 'x' })
  })
})
