import { describe, expect, it } from 'vitest'
import { decisionPayloads } from '#shared/protocol/decisions.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import { inFavourOf } from '#shared/verification/differences.ts'
import { bagOf } from './bag.ts'
import { Random } from './random.ts'
import { liveHabits, playOut } from './shopper.ts'
import { checkBag } from './spot-check.ts'

const store = storeSettingsSchema.parse({ id: 's', name: 'S', timezone: 'Europe/Berlin', currency: 'EUR' })
const NOON = Date.parse('2026-03-04T11:00:00Z')

/** A shopper who is at a spot check. */
function atCheck(seed: number): SessionDocument {
  const script = { spotCheck: true, ageRestrictedItems: false, abandon: false }
  const facts = playOut({ sessionId: `s-${seed}`, random: new Random(seed), habits: liveHabits, script }, NOON, () => ({
    reply: { outcome: 'ended' },
    afterMs: 1,
  }))
  const events = facts.map((fact) => ({ ...fact, source: 'store' as const }))
  return foldSession({ id: `s-${seed}`, storeId: store.id, settings: store, version: 1 }, events, -Infinity)
}
const worth = (items: readonly { quantity: number; unitPrice: number }[]) =>
  items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0)
const sessions = Array.from({ length: 400 }, (_, seed) => atCheck(seed))

describe('bags', () => {
  it('are the same for everybody who looks, and mostly what was scanned', () => {
    const wrong = sessions.filter((session) => worth(bagOf(session)) !== session.total)
    expect(wrong.length).toBeGreaterThan(40)
    expect(wrong.length).toBeLessThan(140)
    for (const session of wrong) expect(bagOf(structuredClone(session))).toEqual(bagOf(session))
  })
})

describe('a simulated spot check', () => {
  const checks = sessions.map((session, seed) => ({
    session,
    outcome: checkBag(session, 'v1', 5, new Random('c', seed)),
  }))

  it('finds in a full rescan exactly what is wrong, and corrects it to what is in the bag', () => {
    const full = checks.filter(({ outcome }) => outcome.method === 'full_rescan')
    expect(full.length).toBeGreaterThan(20)
    for (const { session, outcome } of full) {
      const difference = (outcome.differences ?? []).reduce(
        (sum, each) => sum + (inFavourOf(each) === 'store' ? 1 : -1) * (each.value ?? 0),
        0,
      )
      expect(session.total + difference).toBe(worth(bagOf(session)))
    }
  })

  it('plays every way a check can go, and only decisions that the contract takes', () => {
    const ways = new Set<string>()
    for (const { outcome } of checks) {
      const payload = decisionPayloads['verification.resolve'].parse({ verificationId: 'v1', ...outcome })
      ways.add(payload.outcome)
      ways.add(payload.method ?? '')
      if (payload.escalatedFrom) ways.add('escalated')
      if (payload.fullRescanDeclined) ways.add('declined')
      if (payload.corrections?.length) ways.add('corrected')
      for (const { kind } of payload.differences ?? []) ways.add(kind)
    }
    for (const way of ['approved', 'rejected', 'sight_check', 'partial_rescan', 'escalated', 'declined', 'corrected']) {
      expect(ways).toContain(way)
    }
    for (const kind of ['missing_item', 'quantity_too_low', 'quantity_too_high']) expect(ways).toContain(kind)
  })
})

describe('a shopper whose basket was corrected', () => {
  it('pays in the same payment what is in the bag', () => {
    const corrected = sessions.flatMap((session, seed) => {
      const outcome = checkBag(session, 'v1', 5, new Random('c', seed))
      return outcome.corrections?.length && outcome.method === 'full_rescan' ? [{ seed, session, outcome }] : []
    })
    expect(corrected.length).toBeGreaterThan(3)
    for (const { seed, session, outcome } of corrected) {
      const script = { spotCheck: true, ageRestrictedItems: false, abandon: false }
      const habits = { ...liveHabits, paymentTrouble: 0 }
      const facts = playOut({ sessionId: session.id, random: new Random(seed), habits, script }, NOON, () => ({
        reply: { outcome: 'approved', corrections: outcome.corrections ?? [] },
        afterMs: 30_000,
      }))
      const events = facts.map((fact) => ({ ...fact, source: 'store' as const }))
      const document = foldSession({ ...session, settings: store }, events, -Infinity)
      expect(document.anomalies).toEqual([])
      expect(document.total).toBe(worth(bagOf(session)))
      expect(document.transactions).toMatchObject([{ status: 'completed', amount: document.total }])
    }
  })
})
