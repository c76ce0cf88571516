import { expect, test } from 'vitest'
import type { AbandonedStory } from '#shared/session/abandoned-story.ts'
import { discardWords, reviewReasons, storySentence } from './abandoned-words.ts'

const ZONE = 'Europe/Berlin'
const MINUTE = 60_000
/** 14:32 in Berlin. */
const LAST_SEEN = Date.UTC(2026, 10, 21, 13, 32)
const NOW = LAST_SEEN + 3 * 60 * MINUTE

const story: AbandonedStory = {
  obstacle: 'none',
  furthestStep: 'basket_created',
  failedPayments: 0,
  cancelledPayments: 0,
  paymentReason: null,
  refused: null,
  unserved: null,
  lastActivityAt: LAST_SEEN,
  leftAt: LAST_SEEN + 120 * MINUTE,
  idleMs: 120 * MINUTE,
}
const sentence = (part: Partial<AbandonedStory>, now = NOW) => storySentence({ ...story, ...part }, ZONE, now)

test('payments: how often, why the last one failed, and when the shopper gave up', () => {
  const failed = { obstacle: 'payment_failed', failedPayments: 2, paymentReason: 'card_declined' } as const
  expect(sentence(failed)).toBe('Payment failed twice (card declined), gave up at 14:32')
  expect(sentence({ ...failed, failedPayments: 1, paymentReason: null })).toBe('Payment failed, gave up at 14:32')
  expect(sentence({ ...failed, failedPayments: 4, cancelledPayments: 1 })).toBe(
    'Payment failed 4 times (card declined), cancelled once, gave up at 14:32',
  )
  expect(sentence({ obstacle: 'payment_cancelled', failedPayments: 1, cancelledPayments: 1 })).toBe(
    'Payment cancelled once, failed once, gave up at 14:32',
  )
})

test('a refusal names the check, the employee and the reason: a chosen one in words, a typed one in quotes', () => {
  const employee = { number: '100', name: 'Anna Berg' }
  const refused = { kind: 'age_verification', reason: 'no_document', employee, at: LAST_SEEN - 2 * MINUTE } as const
  expect(sentence({ obstacle: 'age_refused', refused })).toBe(
    'Age refused by Anna Berg (no identity document) at 14:30, left without paying',
  )
  expect(
    sentence({ obstacle: 'check_rejected', refused: { ...refused, kind: 'spot_check', reason: 'Two bags hidden' } }),
  ).toBe('Spot check rejected by Anna Berg (“Two bags hidden”) at 14:30, left without paying')
  expect(sentence({ obstacle: 'age_refused', refused: { ...refused, reason: null, employee: null } })).toBe(
    'Age refused at 14:30, left without paying',
  )
})

test('a wait is given as long as the shopper is known to have waited, and no longer', () => {
  const unserved = { kind: 'age_verification', shownAt: LAST_SEEN - 4 * MINUTE, waitedMs: 4 * MINUTE } as const
  expect(sentence({ obstacle: 'never_served', unserved: { ...unserved, withdrawn: true } })).toBe(
    'Waited 4 min for an age check from 14:28 on, nobody came',
  )
  // The session expired two hours later: that is not how long somebody stood there.
  const expired = { ...unserved, waitedMs: 124 * MINUTE, withdrawn: false }
  expect(sentence({ obstacle: 'never_served', unserved: expired })).toBe(
    'Waited for an age check from 14:28 on, nobody ever came',
  )
})

test('without an obstacle the furthest step says how far it went; another day is named', () => {
  expect(sentence({})).toBe('Scanned and never went to the checkout, last seen at 14:32')
  expect(sentence({ furthestStep: 'checkout_started' })).toBe(
    'Went to the checkout and did not begin to pay, last seen at 14:32',
  )
  expect(sentence({ furthestStep: 'payment_started' }, NOW + 24 * 60 * MINUTE)).toBe(
    'Began to pay and did not finish, last seen at 21 Nov 14:32',
  )
})

test('the reason that fits comes first, and none is offered twice', () => {
  for (const obstacle of ['payment_failed', 'never_served', 'none', null] as const) {
    const reasons = reviewReasons(obstacle)
    expect(new Set(reasons).size).toBe(reasons.length)
  }
  expect(reviewReasons('age_refused')[0]).toBe('Age not confirmed')
  expect(reviewReasons('none')[0]).toBe('Left without paying')
})

test('goods at the very limit must be discarded', () => {
  const limit = LAST_SEEN
  expect(discardWords(limit, ZONE, limit)).toEqual({ text: 'Discard, limit was 14:32', tone: 'bad' })
  expect(discardWords(limit, ZONE, limit - 1)).toEqual({ text: 'discard after 14:32', tone: 'warn' })
  expect(discardWords(limit, ZONE, limit - 11 * MINUTE).tone).toBe('plain')
})
