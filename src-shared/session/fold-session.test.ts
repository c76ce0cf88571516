import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionDocument, SessionEvent } from '../protocol/session-document.ts'
import { activityAt, runningTotal, wouldHaveExpiredAt } from './activity.ts'
import { foldSession, judgedUpTo } from './fold-session.ts'
import type { SessionFrame } from './fold-state.ts'
import { unionTime } from './intervals.ts'

const frame: SessionFrame = {
  id: 's1',
  storeId: 'berlin',
  settings: {
    currency: 'EUR',
    timezone: 'Europe/Berlin',
    expiry: { mode: 'either', inactivityMinutes: 120 },
  },
  version: 1,
}
const NEVER = Number.NEGATIVE_INFINITY
const T0 = Date.parse('2026-03-10T10:00:00.000Z')
const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString()
let counter = 0
const fact = (seconds: number, type: string, payload: Record<string, unknown> = {}): SessionEvent => {
  counter += 1
  return { id: `e${String(counter).padStart(4, '0')}`, type, at: at(seconds), source: 'store', ...payload }
}
const anna = { number: '100', name: 'Anna' }
const decision = (seconds: number, type: string, payload: Record<string, unknown>): SessionEvent => ({
  ...fact(seconds, type, payload),
  source: 'console',
  employee: anna,
  verdict: { status: 'applied' },
})
const milk = { lineId: 'l1', sku: '4001', name: 'Milk', quantity: 2, unitPrice: 119 }
const basket = () => [
  fact(0, 'session.started', { client: { type: 'matrix' } }),
  fact(5, 'item.added', milk),
  fact(9, 'item.added', { lineId: 'l2', sku: '4002', name: 'Bread', quantity: 1, unitPrice: 249 }),
]
const fold = (events: SessionEvent[], upTo = NEVER): SessionDocument => foldSession(frame, events, upTo)

describe('the worked example', () => {
  const document = fold([
    ...basket(),
    fact(60, 'checkout.started', { transactionId: 't1' }),
    fact(61, 'payment.started', { transactionId: 't1' }),
    fact(70, 'payment.cancelled', { transactionId: 't1' }),
    fact(100, 'checkout.started', { transactionId: 't2' }),
    fact(101, 'payment.started', { transactionId: 't2', method: 'card' }),
    fact(101, 'verification.required', { verificationId: 'v1', kind: 'spot_check', transactionId: 't2' }),
    decision(110, 'verification.acknowledged', { verificationId: 'v1' }),
    decision(125, 'verification.resolved', { verificationId: 'v1', outcome: 'approved', method: 'sight_check' }),
    fact(130, 'payment.completed', { transactionId: 't2', amount: 487 }),
  ])

  it('is paid and not exited, with a spot check approved 24 s after the payment started', () => {
    expect(document).toMatchObject({
      progress: 'payment_completed',
      state: 'closed',
      spotCheck: 'approved',
      ageVerification: 'not_required',
      endedAt: null,
      quantity: 3,
      total: 487,
      waitingMs: 9_000,
      interactionMs: 15_000,
      waitingSince: null,
      interactingSince: null,
      anomalies: [],
    })
    expect(document.transactions.map((transaction) => transaction.status)).toEqual(['cancelled', 'completed'])
    expect(document.verifications[0]).toMatchObject({ acknowledgedAt: at(110), resolvedAt: at(125), employee: anna })
    expect(activityAt(document, T0 + 3_600_000, 30)).toBe('paid_not_exited')
  })
})

describe('progress and lifecycle', () => {
  it('falls back to basket_created when a payment fails, and keeps the items of the attempt', () => {
    const document = fold([
      ...basket(),
      fact(20, 'payment.started', { transactionId: 't1' }),
      fact(30, 'payment.failed', { transactionId: 't1', reason: 'declined' }),
      fact(40, 'item.removed', { lineId: 'l2' }),
    ])
    expect(document.progress).toBe('basket_created')
    expect(document.transactions[0]?.lineItems).toHaveLength(2)
    expect(document.lineItems).toHaveLength(1)
  })

  it('lists an item added after payment as an anomaly and changes nothing', () => {
    const paid = [...basket(), fact(20, 'payment.completed', { transactionId: 't1', amount: 487 })]
    const late = fact(30, 'item.added', { ...milk, lineId: 'l9' })
    const { anomalies, events, ...rest } = fold([...paid, late])
    const { anomalies: none, events: _events, ...before } = fold(paid)
    expect(rest).toEqual(before)
    expect(none).toEqual([])
    expect(anomalies).toMatchObject([{ eventId: late.id, type: 'item.added', code: 'session_closed' }])
    expect(events).toHaveLength(5)
  })

  it('ends at the exit scan; feedback still counts, a verification does not', () => {
    const document = fold([
      ...basket(),
      fact(20, 'payment.completed', { transactionId: 't1', amount: 487 }),
      fact(40, 'exit.scanned'),
      fact(50, 'feedback.given', { rating: 5 }),
      fact(60, 'verification.required', { verificationId: 'v1', kind: 'spot_check' }),
    ])
    expect(document).toMatchObject({ progress: 'session_completed', endedAt: at(40), endReason: 'completed' })
    expect(document.feedback).toEqual({ rating: 5, comment: undefined, at: at(50) })
    expect(document.anomalies.map((anomaly) => anomaly.code)).toEqual(['session_ended'])
  })

  it('refuses an exit without a payment and a second cancellation', () => {
    const document = fold([
      ...basket(),
      fact(20, 'exit.scanned'),
      fact(30, 'session.cancelled'),
      fact(31, 'session.cancelled'),
    ])
    expect(document).toMatchObject({ state: 'cancelled', endReason: 'cancelled', endedAt: at(30) })
    expect(document.anomalies.map((anomaly) => anomaly.code)).toEqual(['exit_without_payment', 'transition_refused'])
  })
})

describe('verifications', () => {
  it('counts two waiting at once only once, and a never served one up to the end', () => {
    const open = [
      ...basket(),
      fact(100, 'verification.required', { verificationId: 'v1', kind: 'spot_check' }),
      fact(110, 'verification.required', { verificationId: 'v2', kind: 'age_verification', minAge: 18 }),
      decision(130, 'verification.acknowledged', { verificationId: 'v1' }),
    ]
    const running = fold(open)
    expect(running).toMatchObject({ waitingMs: 10_000, waitingSince: at(110), interactingSince: at(130) })
    expect(runningTotal(running.waitingMs, running.waitingSince, T0 + 150_000)).toBe(50_000)
    const ended = fold([...open, fact(160, 'session.cancelled')])
    expect(ended).toMatchObject({ waitingMs: 60_000, waitingSince: null, ageVerification: 'never_served' })
    expect(ended.spotCheck).toBe('withdrawn')
    expect(ended.interactionMs).toBe(30_000)
  })

  it('adds up interaction over a release and a second opening; waiting ends with the first acknowledgement', () => {
    const document = fold([
      ...basket(),
      fact(100, 'verification.required', { verificationId: 'v1', kind: 'spot_check' }),
      decision(110, 'verification.acknowledged', { verificationId: 'v1' }),
      decision(120, 'verification.released', { verificationId: 'v1' }),
      decision(150, 'verification.acknowledged', { verificationId: 'v1' }),
      decision(155, 'verification.resolved', { verificationId: 'v1', outcome: 'rejected', note: 'two missing' }),
    ])
    expect(document).toMatchObject({ waitingMs: 10_000, interactionMs: 15_000, spotCheck: 'rejected', endedAt: null })
  })

  it('keeps superseded and refused decisions in the log without effect', () => {
    const other = { number: '200', name: 'Ben' }
    const document = fold([
      ...basket(),
      fact(100, 'verification.required', { verificationId: 'v1', kind: 'spot_check' }),
      decision(110, 'verification.resolved', { verificationId: 'v1', outcome: 'approved' }),
      {
        ...decision(105, 'verification.resolved', { verificationId: 'v1', outcome: 'rejected' }),
        employee: other,
        verdict: { status: 'superseded', by: anna, at: at(110) },
      },
    ])
    expect(document.spotCheck).toBe('approved')
    expect(document.waitingMs).toBe(10_000)
    expect(document.events).toHaveLength(6)
  })
})

describe('expiry', () => {
  it('abandons an unpaid session at the instant the policy names, by what comes first', () => {
    const byInactivity = fold(basket(), T0 + 86_400_000)
    expect(byInactivity).toMatchObject({
      state: 'cancelled',
      progress: 'abandoned',
      endReason: 'expired_inactivity',
      endedAt: at(9 + 7200),
      expiresAt: null,
    })
    const late = Date.parse('2026-03-10T22:30:00Z')
    const evening = basket().map((event, index) => ({ ...event, at: new Date(late + index).toISOString() }))
    expect(fold(evening, T0 + 86_400_000)).toMatchObject({
      endReason: 'expired_midnight',
      endedAt: '2026-03-10T23:00:00.000Z',
    })
  })

  it('leaves progress and state of a paid session as they were', () => {
    const paid = [...basket(), fact(20, 'payment.completed', { transactionId: 't1', amount: 487 })]
    expect(fold(paid, T0 + 86_400_000)).toMatchObject({
      state: 'closed',
      progress: 'payment_completed',
      endReason: 'expired_inactivity',
    })
  })

  it('is right on the 23- and 25-hour days', () => {
    const settings = { ...frame.settings, expiry: { mode: 'midnight' as const, inactivityMinutes: 120 } }
    const ended = (start: string) =>
      foldSession(
        { ...frame, settings },
        [{ ...fact(0, 'session.started'), at: start, client: { type: 'matrix' } }],
        Number.MAX_SAFE_INTEGER,
      ).endedAt
    expect(ended('2026-03-28T23:30:00.000Z')).toBe('2026-03-29T22:00:00.000Z')
    expect(ended('2026-10-24T22:30:00.000Z')).toBe('2026-10-25T23:00:00.000Z')
  })

  it('never happens on a console, which says when it would have', () => {
    const document = fold(basket())
    expect(document.endedAt).toBeNull()
    expect(wouldHaveExpiredAt(document, T0 + 7_208_999)).toBeNull()
    expect(wouldHaveExpiredAt(document, T0 + 7_209_000)).toBe(at(9 + 7200))
    const expired = fold(basket(), T0 + 86_400_000)
    expect(foldSession(frame, expired.events, judgedUpTo(expired))).toEqual(expired)
  })
})

const typeArbitrary = fc.constantFrom(
  'session.started',
  'item.added',
  'item.quantity_changed',
  'item.removed',
  'checkout.started',
  'payment.started',
  'payment.cancelled',
  'payment.failed',
  'payment.completed',
  'verification.required',
  'verification.withdrawn',
  'exit.scanned',
  'feedback.given',
  'customer.identified',
  'session.cancelled',
)
const eventArbitrary: fc.Arbitrary<SessionEvent> = fc
  .record({
    id: fc.uuid(),
    type: typeArbitrary,
    seconds: fc.integer({ min: 0, max: 20_000 }),
    line: fc.integer({ min: 1, max: 3 }),
    quantity: fc.integer({ min: 1, max: 9 }),
    unitPrice: fc.integer({ min: 0, max: 9_999 }),
    kind: fc.constantFrom('spot_check', 'age_verification'),
  })
  .map(({ id, type, seconds, line, quantity, unitPrice, kind }) => ({
    id,
    type,
    at: at(seconds),
    source: 'store' as const,
    client: { type: 'matrix' },
    lineId: `l${line}`,
    sku: `${line}`,
    name: 'x',
    quantity,
    unitPrice,
    transactionId: `t${line}`,
    verificationId: `v${line}`,
    kind,
    amount: unitPrice,
    rating: 3,
    customerId: `c${line}`,
  }))
const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_121)

describe(`properties (seed ${seed})`, () => {
  it('any permutation and duplication of an event set gives the same document', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(eventArbitrary, { minLength: 1, maxLength: 25, selector: (event) => event.id }),
        fc.infiniteStream(fc.nat()),
        fc.integer({ min: 0, max: 40_000 }),
        (events, keys, upTo) => {
          const shuffled = [...events, ...events.slice(0, 3)]
            .map((event) => ({ event, key: keys.next().value }))
            .sort((a, b) => a.key - b.key)
            .map(({ event }) => event)
          expect(fold(shuffled, T0 + upTo * 1000)).toEqual(fold(events, T0 + upTo * 1000))
        },
      ),
      { seed, numRuns: 500 },
    )
  })

  it('a fold over any prefix never throws, times are never negative, money adds up', () => {
    fc.assert(
      fc.property(fc.array(eventArbitrary, { minLength: 1, maxLength: 25 }), (events) => {
        for (let length = 1; length <= events.length; length += 1) {
          const document = fold(events.slice(0, length), T0 + 10_000_000)
          expect(document.waitingMs).toBeGreaterThanOrEqual(0)
          expect(document.interactionMs).toBeGreaterThanOrEqual(0)
          expect(document.total).toBe(document.lineItems.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0))
          if (document.endedAt !== null) expect(document.waitingSince).toBeNull()
          const statuses = document.transactions.filter((transaction) => transaction.status === 'completed')
          expect(statuses.length).toBeLessThanOrEqual(1)
        }
      }),
      { seed, numRuns: 300 },
    )
  })

  it('the union of intervals equals a count of covered milliseconds', () => {
    const interval = fc.record({ from: fc.nat(60), length: fc.option(fc.nat(30)) })
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 8 }), (raw) => {
        const intervals = raw.map(({ from, length }) => ({ from, to: length === null ? null : from + length }))
        const now = 200
        const { ms, since } = unionTime(intervals)
        let covered = 0
        for (let tick = 0; tick < now; tick += 1) {
          if (intervals.some(({ from, to }) => from <= tick && tick < (to ?? now))) covered += 1
        }
        expect(ms + (since === null ? 0 : now - since)).toBe(covered)
      }),
      { seed, numRuns: 500 },
    )
  })
})
