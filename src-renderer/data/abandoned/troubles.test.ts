/** Exits, checks that nobody took, and products that make trouble, over a few told sessions. */
import { describe, expect, it } from 'vitest'
import type { SessionDocument, SessionEvent } from '#shared/protocol/session-document.ts'
import { storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import { summarize } from '#shared/session/session-summary.ts'
import { SessionIndex } from '../session-index.ts'
import { exitRates, notExitedRows, paidAt } from './exits.ts'
import { neverServed, neverServedRows } from './never-served.ts'
import { ProductCount } from './problem-products.ts'
import { tabCounts } from './tab-counts.ts'

const NOW = Date.parse('2026-03-10T12:00:00Z')
const MINUTE_MS = 60_000
const settings = storeSettingsSchema.parse({
  ...{ id: 'a', name: 'A', timezone: 'Europe/Berlin', currency: 'EUR' },
  expiry: { mode: 'inactivity', inactivityMinutes: 30 },
})

type Told = [type: string, minute: number, more?: object]
const ANNA = { number: '100', name: 'Anna' }

/** A session that began `ago` minutes before now. */
function session(id: string, ago: number, told: Told[], client = 'matrix'): SessionDocument {
  const start = NOW - ago * MINUTE_MS
  const events = [['session.started', 0, { client: { type: client } }] as Told, ...told].map(
    ([type, minute, more], at) =>
      ({
        ...{ id: `${id}-${at}`, type, at: new Date(start + minute * MINUTE_MS).toISOString() },
        ...(type.startsWith('verification.resolved') ? { source: 'console', employee: ANNA } : { source: 'store' }),
        ...more,
      }) as SessionEvent,
  )
  return foldSession({ id, storeId: 'a', settings, version: 1 }, events, NOW)
}
const pay = (minute: number): Told[] => [
  ['checkout.started', minute, { transactionId: 't' }],
  ['payment.completed', minute, { transactionId: 't', amount: 1 }],
]
const add = (lineId: string, sku: string, minute: number, quantity = 1): Told => [
  'item.added',
  minute,
  { lineId, sku, name: `Product ${sku}`, quantity, unitPrice: 100 },
]

function indexOf(documents: readonly SessionDocument[]): SessionIndex {
  const index = new SessionIndex(() => 'Europe/Berlin')
  index.addOverlay(documents.map((each) => ({ storeId: 'a', id: each.id, version: 1, summary: summarize(each) })))
  return index
}

describe('the tabs', () => {
  it('have as many as their lists', () => {
    const wait: Told = ['verification.required', 2, { verificationId: 'v', kind: 'spot_check' }]
    const reviewed: Told = [
      ...(['basket.reviewed', 99] as const),
      { source: 'console', employee: ANNA, verdict: { status: 'applied' }, reason: 'Left', putBack: true },
    ]
    const index = indexOf([
      session('inside', 20, pay(2)),
      session('left', 100, [add('l1', '1', 1)]),
      session('left-before', 300, [add('l1', '1', 1)]),
      session('reviewed', 100, [add('l1', '1', 1), reviewed]),
      session('waited', 90, [add('l1', '1', 1), wait]),
    ])
    const leftFrom = NOW - 200 * MINUTE_MS
    const query = { storeIds: ['a'], leftFrom, servedFrom: leftFrom, nowMs: NOW }
    expect(tabCounts(index, query)).toEqual({ unreviewed: 2, notExited: 1, neverServed: 1 })
    expect(tabCounts(index, { ...query, leftFrom: null }).unreviewed).toBe(3)
    expect(tabCounts(index, { ...query, servedFrom: NOW - MINUTE_MS }).neverServed).toBe(0)
    expect(tabCounts(index, { ...query, storeIds: ['b'] })).toEqual({ unreviewed: 0, notExited: 0, neverServed: 0 })
  })

  it('count baskets that would have expired by now, as the list does', () => {
    const open = foldSession(
      { id: 'open', storeId: 'a', settings, version: 1 },
      session('open', 100, [add('l1', '1', 1)]).events.filter(({ source }) => source === 'store'),
      Number.NEGATIVE_INFINITY,
    )
    const query = { storeIds: ['a'], leftFrom: NOW - 80 * MINUTE_MS, servedFrom: 0, nowMs: NOW }
    expect(open.endedAt).toBeNull()
    expect(tabCounts(indexOf([open]), query).unreviewed).toBe(1)
    expect(tabCounts(indexOf([open]), { ...query, leftFrom: NOW - 60 * MINUTE_MS }).unreviewed).toBe(0)
  })
})

describe('exits', () => {
  const documents = [
    session('out', 25, [...pay(2), ['exit.scanned', 3]]),
    session('expired', 100, pay(2)),
    session('inside', 20, pay(2)),
    session('just-paid', 5, pay(2)),
    session('phone', 25, [...pay(2), ['exit.scanned', 3]], 'sdk-ios'),
    session('cancelled', 25, [...pay(2), ['session.cancelled', 3]]),
    session('left', 100, [add('l1', '1', 1)]),
  ]
  const index = indexOf(documents)

  it('lists who paid and is not out, by when that was', () => {
    const rows = notExitedRows(index, ['a'])
    expect(rows.map(({ id }) => id).sort()).toEqual(['inside', 'just-paid'])
    const inside = documents.find(({ id }) => id === 'inside') as SessionDocument
    expect(paidAt(inside)).toBe(NOW - 18 * MINUTE_MS)
  })

  it('rates each client by those who had the time to go', () => {
    const rates = exitRates(index, { storeIds: ['a'], from: NOW - 200 * MINUTE_MS, nowMs: NOW })
    // Of the matrix: out, expired, inside; who has just paid, was cancelled or never paid is not counted.
    expect(rates).toMatchObject([
      { client: 'matrix', paid: 3, notExited: 2 },
      { client: 'sdk-ios', paid: 1, notExited: 0, low: 0 },
    ])
    expect(rates[0]?.low).toBeGreaterThan(0)
    expect(rates[0]?.high).toBeLessThan(1)
  })
})

describe('checks that nobody took', () => {
  const required = (minute: number, id = 'v', kind = 'spot_check'): Told => [
    'verification.required',
    minute,
    { verificationId: id, kind },
  ]
  const documents = [
    session('waited', 100, [required(4)]),
    session('gave-up', 90, [required(4), ['verification.withdrawn', 9, { verificationId: 'v' }]]),
    session('served', 80, [required(4), ['verification.resolved', 5, { verificationId: 'v', outcome: 'approved' }]]),
    session('withdrawn-and-paid', 70, [
      required(4),
      ['verification.withdrawn', 9, { verificationId: 'v' }],
      ...pay(10),
    ]),
    session('waiting', 10, [required(4)]),
  ]
  const rows = neverServedRows(indexOf(documents), ['a'], NOW - 1_000 * MINUTE_MS)

  it('are those that waited to the end, and those somebody gave up waiting for', () => {
    expect(rows.map(({ id }) => id)).toEqual(['gave-up', 'waited'])
    expect(neverServedRows(indexOf(documents), ['a'], NOW - 60 * MINUTE_MS).map(({ id }) => id)).toEqual(['gave-up'])
  })

  it('say how long the shopper waited: until the end, or until it was withdrawn', () => {
    const served = rows.map((row) =>
      neverServed(
        row,
        documents.find(({ id }) => id === row.id),
      ),
    )
    expect(
      served.map(({ row, waitedMs, verifications }) => [row.id, waitedMs / MINUTE_MS, verifications?.length]),
    ).toEqual([
      ['gave-up', 5, 1],
      ['waited', 30, 1],
    ])
    expect(neverServed(rows[1] as (typeof rows)[0], undefined)).toMatchObject({
      verifications: null,
      waitedMs: 30 * MINUTE_MS,
    })
  })
})

describe('products that make trouble', () => {
  it('are counted by basket: left, missed in checks, taken out again', () => {
    const count = new ProductCount()
    const differences = [
      { kind: 'missing_item', sku: '3', name: 'Product 3', quantity: 1 },
      { kind: 'quantity_too_low', lineId: 'l1', quantity: 3 },
      { kind: 'quantity_too_high', lineId: 'l2', quantity: 0 },
    ]
    const check: Told[] = [
      ['verification.required', 5, { verificationId: 'v', kind: 'spot_check' }],
      ['verification.resolved', 6, { verificationId: 'v', outcome: 'approved', differences }],
    ]
    const left = session('left', 100, [
      add('l1', '1', 1, 2),
      add('l2', '1', 2),
      add('l3', '2', 3),
      ['item.removed', 4, { lineId: 'l3' }],
    ])
    // The second removal contradicts the first: it removed nothing.
    const paid = session('paid', 50, [
      add('l1', '1', 1),
      add('l2', '2', 1),
      ...check,
      ...pay(9),
      ['item.removed', 10, { lineId: 'l2' }],
    ])
    count.add(left, true)
    count.add(paid, false)
    const { products, sessions, counted } = count.result(5)
    expect({ sessions, counted }).toEqual({ sessions: 5, counted: 2 })
    const none = { abandonedBaskets: 0, abandonedPieces: 0, abandonedValue: 0, missedInChecks: 0, removedFrom: 0 }
    expect(
      products.map(({ sku, name: _name, department: _department, currency: _currency, ...rest }) => [sku, rest]),
    ).toEqual([
      ['1', { ...none, baskets: 2, abandonedBaskets: 1, abandonedPieces: 3, abandonedValue: 300, missedInChecks: 1 }],
      ['2', { ...none, baskets: 2, removedFrom: 1 }],
      ['3', { ...none, baskets: 0, missedInChecks: 1 }],
    ])
  })
})
