import { describe, expect, it } from 'vitest'
import type { SessionEvent } from '../protocol/session-document.ts'
import { storyOf } from './abandoned-story.ts'
import { foldSession } from './fold-session.ts'
import type { SessionFrame } from './fold-state.ts'
import { summarize } from './session-summary.ts'

const T0 = Date.parse('2026-03-10T10:00:00.000Z')
const MINUTE = 60_000
const iso = (minutes: number) => new Date(T0 + minutes * MINUTE).toISOString()
const frame: SessionFrame = {
  id: 's1',
  storeId: 'berlin',
  settings: { currency: 'EUR', timezone: 'Europe/Berlin', expiry: { mode: 'inactivity', inactivityMinutes: 120 } },
  version: 1,
}
type Happened = [minutes: number, type: string, payload?: object]

/** @param judgedTo minutes up to which expiry is judged */
function sessionOf(happened: Happened[], judgedTo = 300) {
  const events = happened.map(
    ([minutes, type, payload], index): SessionEvent => ({
      ...{ id: `e${String(index).padStart(3, '0')}`, type, at: iso(minutes), source: 'store' },
      ...(type.startsWith('verification.') && type !== 'verification.required' && type !== 'verification.withdrawn'
        ? { source: 'console', employee: { number: '100', name: 'Anna' }, verdict: { status: 'applied' } }
        : {}),
      ...payload,
    }),
  )
  const started: SessionEvent = { id: 'e', type: 'session.started', at: iso(0), source: 'store', client: { type: 'x' } }
  return foldSession(frame, [started, ...events], T0 + judgedTo * MINUTE)
}
const payment = (minutes: number, id: string, ...ends: Happened[1][]): Happened[] => [
  [minutes, 'checkout.started', { transactionId: id }],
  [minutes, 'payment.started', { transactionId: id }],
  ...ends.map((end): Happened => [minutes + 1, end, { transactionId: id, reason: 'card declined', amount: 1 }]),
]
const required = (minutes: number, id: string, kind: string): Happened => [
  minutes,
  'verification.required',
  { verificationId: id, kind },
]
const rejected = (minutes: number, id: string, more: object = {}): Happened => [
  minutes,
  'verification.resolved',
  { verificationId: id, outcome: 'rejected', ...more },
]

describe('what stood in the way last', () => {
  it.each<[string, string, Happened[]]>([
    ['none', 'basket_created', []],
    ['none', 'checkout_started', [[1, 'checkout.started', { transactionId: 't' }]]],
    ['payment_failed', 'payment_started', payment(1, 't', 'payment.failed')],
    ['payment_cancelled', 'payment_started', payment(1, 't', 'payment.cancelled')],
    [
      'payment_cancelled',
      'checkout_started',
      [
        [1, 'checkout.started', { transactionId: 't' }],
        [2, 'payment.cancelled', { transactionId: 't' }],
      ],
    ],
    ['age_refused', 'basket_created', [required(1, 'v', 'age_verification'), rejected(2, 'v')]],
    ['check_rejected', 'basket_created', [required(1, 'v', 'spot_check'), rejected(2, 'v')]],
    [
      'payment_failed',
      'payment_started',
      [required(1, 'v', 'age_verification'), rejected(2, 'v'), ...payment(3, 't', 'payment.failed')],
    ],
    ['never_served', 'basket_created', [required(1, 'v', 'spot_check')]],
    // The wait goes on while a payment fails.
    ['never_served', 'payment_started', [required(1, 'v', 'spot_check'), ...payment(2, 't', 'payment.failed')]],
    [
      'payment_failed',
      'payment_started',
      [
        required(1, 'v', 'spot_check'),
        [2, 'verification.acknowledged', { verificationId: 'v' }],
        [2, 'verification.released', { verificationId: 'v' }],
        ...payment(2, 't', 'payment.failed'),
      ],
    ],
    [
      'none',
      'basket_created',
      [
        required(1, 'v', 'age_verification'),
        [2, 'verification.withdrawn', { verificationId: 'v' }],
        required(2, 'w', 'age_verification'),
        [3, 'verification.resolved', { verificationId: 'w', outcome: 'approved' }],
      ],
    ],
    // A payment of a session that had ended is contradicted by its end.
    ['none', 'basket_created', [[200, 'checkout.started', { transactionId: 't' }]]],
  ])('%s, furthest %s', (obstacle, furthestStep, happened) => {
    const document = sessionOf(happened)
    expect(document.progress).toBe('abandoned')
    expect(summarize(document)).toMatchObject({ obstacle, furthestStep })
    expect(storyOf(document)).toMatchObject({ obstacle, furthestStep })
  })

  it.each<[string, Happened[]]>([
    ['payment_completed', payment(1, 't', 'payment.completed')],
    [
      'session_completed',
      [...payment(1, 's', 'payment.failed'), ...payment(3, 't', 'payment.completed'), [6, 'exit.scanned']],
    ],
  ])('is nothing where it was paid, furthest %s', (furthestStep, happened) => {
    expect(summarize(sessionOf(happened))).toMatchObject({ obstacle: null, furthestStep })
  })

  it('is told of a session that still waits', () => {
    const open = sessionOf([required(1, 'v', 'spot_check')], 0)
    expect(open.endedAt).toBeNull()
    expect(summarize(open).obstacle).toBe('never_served')
    expect(storyOf(open)).toMatchObject({ leftAt: T0 + 121 * MINUTE, idleMs: 120 * MINUTE })
  })
})

describe('the story', () => {
  it('counts payments and says why the last one did not go through', () => {
    const told = storyOf(sessionOf([...payment(1, 's', 'payment.failed'), ...payment(3, 't', 'payment.failed')]))
    expect(told).toMatchObject({ failedPayments: 2, cancelledPayments: 0, paymentReason: 'card declined' })
    expect(told).toMatchObject({ lastActivityAt: T0 + 4 * MINUTE, leftAt: T0 + 124 * MINUTE, idleMs: 120 * MINUTE })
  })

  it('says which check was refused, by whom and why', () => {
    const refusal = rejected(4, 'v', { refusalReason: 'no_document' })
    const told = storyOf(sessionOf([required(1, 'v', 'age_verification'), refusal]))
    expect(told.refused).toEqual({
      ...{ kind: 'age_verification', reason: 'no_document', at: T0 + 4 * MINUTE },
      employee: { number: '100', name: 'Anna' },
    })
  })

  it('says how long nobody came: until the shopper gave up, or else until the basket was left for good', () => {
    const shown = required(1, 'v', 'spot_check')
    const gaveUp = storyOf(sessionOf([shown, [5, 'verification.withdrawn', { verificationId: 'v' }]]))
    expect(gaveUp).toMatchObject({ obstacle: 'never_served', unserved: { waitedMs: 4 * MINUTE, withdrawn: true } })
    expect(storyOf(sessionOf([shown])).unserved).toEqual({
      ...{ kind: 'spot_check', shownAt: T0 + MINUTE, waitedMs: 120 * MINUTE, withdrawn: false },
    })
  })
})

describe('checks in a row', () => {
  it('are those of the last outcomes, with all differences that spot checks found', () => {
    const difference = { kind: 'missing_item' }
    const document = sessionOf([
      required(1, 'v', 'spot_check'),
      rejected(2, 'v', { method: 'full_rescan', differences: [difference, difference] }),
      required(3, 'w', 'spot_check'),
      rejected(4, 'w', { method: 'sight_check', differences: [difference] }),
      required(5, 'x', 'spot_check'),
    ])
    expect(summarize(document)).toMatchObject({ checkMethod: 'sight_check', checkedBy: '100', differences: 3 })
    expect(summarize(sessionOf([required(5, 'x', 'spot_check')]))).toMatchObject({
      ...{ checkMethod: null, checkedBy: null, differences: null },
    })
  })
})
