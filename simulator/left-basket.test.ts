import { expect, it } from 'vitest'
import { decisionPayloads } from '#shared/protocol/decisions.ts'
import type { SessionEvent } from '#shared/protocol/session-document.ts'
import { storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import { judgeDecision } from '#shared/verification/judge-decision.ts'
import { dealWithBasket, isLeftBasket } from './left-basket.ts'
import { Random } from './random.ts'
import { FactStamp, liveHabits, shop } from './shopper.ts'

const store = storeSettingsSchema.parse({ id: 'a', name: 'A', timezone: 'Europe/Berlin', currency: 'EUR' })
const START = Date.parse('2026-03-10T10:00:00Z')
const NOW = START + 24 * 3_600_000

function sessionOf(key: number, abandon: boolean) {
  const sessionId = `s${key}`
  const stamp = new FactStamp(sessionId)
  const script = { abandon, spotCheck: false, ageRestrictedItems: false }
  const events: SessionEvent[] = []
  let at = START
  for (const step of shop({ sessionId, random: new Random(1, key), habits: liveHabits, script })) {
    if (step.kind !== 'fact') break
    at += step.afterMs
    const { sessionId: _session, ...fact } = stamp.stamp(step.fact, at)
    events.push({ ...fact, source: 'store' })
  }
  return (more: SessionEvent[]) =>
    foldSession({ id: sessionId, storeId: 'a', settings: store, version: 1 }, [...events, ...more], NOW)
}

it('staff decide on left baskets what the backend takes: some reviewed, some begun, some left to others', () => {
  const employee = { number: '1', name: 'Staff' }
  const counts = { reviewed: 0, begun: 0, left: 0 }
  for (let key = 0; key < 60; key += 1) {
    const fold = sessionOf(key, true)
    let session = fold([])
    if (!isLeftBasket(session)) continue
    const events: SessionEvent[] = []
    const steps = dealWithBasket(session, new Random(2, key))
    for (const [index, { type, afterMs, payload }] of steps.entries()) {
      const parsed = decisionPayloads[type].parse(payload)
      const occurredAt = new Date(NOW + afterMs).toISOString()
      const decision = { id: `d${index}`, sessionId: session.id, type, occurredAt, payload: parsed } as Parameters<
        typeof judgeDecision
      >[1]
      const { verdict, event } = judgeDecision(session, decision, employee, NOW + afterMs)
      expect(verdict).toEqual({ status: 'applied' })
      events.push(event)
      session = fold(events)
    }
    if (session.review !== null) {
      counts.reviewed += 1
      expect(session.putBack.map(({ lineId }) => lineId).sort()).toEqual(
        session.lineItems.map(({ lineId }) => lineId).sort(),
      )
      expect(isLeftBasket(session)).toBe(false)
    } else counts[session.putBack.length > 0 ? 'begun' : 'left'] += 1
  }
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(3)
})

it('staff leave baskets alone that were paid', () => {
  expect(isLeftBasket(sessionOf(1, false)([]))).toBe(false)
})
