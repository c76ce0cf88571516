/** What facts and decisions of strange content or strange dates do to a session. */
import { describe, expect, it } from 'vitest'
import type { Decision } from '../protocol/decisions.ts'
import { type SessionEvent, sessionDocumentSchema } from '../protocol/session-document.ts'
import { judgeDecision } from '../verification/judge-decision.ts'
import { foldSession } from './fold-session.ts'
import type { SessionFrame } from './fold-state.ts'

const frame: SessionFrame = {
  id: 's1',
  storeId: 'berlin',
  settings: { currency: 'EUR', timezone: 'Europe/Berlin', expiry: { mode: 'either', inactivityMinutes: 120 } },
  version: 1,
}
const T0 = Date.parse('2026-03-10T10:00:00.000Z')
const iso = (seconds: number) => new Date(T0 + seconds * 1000).toISOString()
const anna = { number: '100', name: 'Anna' }
let counter = 0
const fact = (seconds: number, type: string, payload: Record<string, unknown> = {}): SessionEvent => {
  counter += 1
  return { id: `e${String(counter).padStart(4, '0')}`, type, at: iso(seconds), source: 'store', ...payload }
}
const fold = (events: SessionEvent[], upTo = Number.NEGATIVE_INFINITY) => foldSession(frame, events, upTo)
const started = () => fact(0, 'session.started', { client: { type: 'matrix' } })
const decisionOf = (id: string, type: Decision['type'], occurred: number, payload: object) =>
  ({ id, sessionId: 's1', type, occurredAt: iso(occurred), payload }) as Decision

describe('a total', () => {
  it('stays an exact integer that the wire can carry, however absurd the basket', () => {
    const lines = Array.from({ length: 12 }, (_, index) =>
      fact(1 + index, 'item.added', {
        lineId: `l${index}`,
        sku: 's',
        name: 'Gold',
        quantity: 100_000,
        unitPrice: 10_000_000_000,
      }),
    )
    const document = fold([started(), ...lines])
    expect(document.total).toBe(Number.MAX_SAFE_INTEGER)
    expect(document.quantity).toBe(1_200_000)
    expect(document.lineItems[0]?.total).toBe(100_000 * 10_000_000_000)
    expect(sessionDocumentSchema.safeParse(document).success).toBe(true)
  })

  it('is exact where it can be', () => {
    const lines = Array.from({ length: 9 }, (_, index) =>
      fact(1 + index, 'item.added', {
        lineId: `l${index}`,
        sku: 's',
        name: 'Gold',
        quantity: 100_000,
        unitPrice: 9_999_999_999,
      }),
    )
    expect(fold([started(), ...lines]).total).toBe(9 * 100_000 * 9_999_999_999)
  })
})

describe('a request for a check', () => {
  const shown = (id: string) => fact(10, 'verification.required', { verificationId: id, kind: 'age_verification' })
  const request = decisionOf('v1', 'verification.request', 20, { kind: 'spot_check', reason: 'looks odd' })

  it('is refused where its id is that of a verification already, and leaves that one as it was', () => {
    const before = fold([started(), shown('v1')])
    const { verdict, event } = judgeDecision(before, request, anna, T0 + 20_000)
    expect(verdict).toMatchObject({ status: 'refused', code: 'id_reused' })
    const after = fold([...before.events, event])
    expect(after.verifications).toEqual(before.verifications)
    expect(after.spotCheck).toBe('not_required')
    expect(after.events).toHaveLength(3)
  })

  it('wins over a verification of the same id that arrives later, which is listed', () => {
    const before = fold([started()])
    const { verdict, event } = judgeDecision(before, request, anna, T0 + 20_000)
    expect(verdict).toEqual({ status: 'applied' })
    const late = fact(30, 'verification.required', { verificationId: 'v1', kind: 'age_verification' })
    const after = fold([...before.events, event, late])
    expect(after.verifications).toMatchObject([{ id: 'v1', kind: 'spot_check' }])
    expect(after.anomalies).toMatchObject([{ eventId: late.id, code: 'verification_exists' }])
  })

  it('changes nothing where a fact of the same id was dated before it but arrived after it', () => {
    const { event } = judgeDecision(fold([started()]), request, anna, T0 + 20_000)
    const after = fold([started(), event, shown('v1')])
    expect(after.verifications).toMatchObject([{ id: 'v1', kind: 'age_verification', status: 'waiting' }])
  })
})

describe('a decision dated before the first fact', () => {
  it('does not start the session earlier, nor make it expire', () => {
    const events = [started(), fact(60, 'item.added', { lineId: 'l', sku: 's', name: 'n', quantity: 1, unitPrice: 1 })]
    const before = fold(events)
    // A PC whose clock is a day behind.
    const note = decisionOf('m1', 'note.add', -86_400, { text: 'hello' })
    const request = decisionOf('m2', 'verification.request', -86_400, { kind: 'spot_check', reason: 'odd' })
    const decided = [note, request].map((decision) => judgeDecision(before, decision, anna, T0 + 90_000))
    expect(decided.map(({ verdict }) => verdict.status)).toEqual(['applied', 'applied'])
    const after = fold([...events, ...decided.map(({ event }) => event)], T0 + 90_000)
    expect(after).toMatchObject({
      startedAt: iso(0),
      lastActivityAt: iso(60),
      endedAt: null,
      state: 'open',
      client: { type: 'matrix' },
      quantity: 1,
      anomalies: [],
    })
    expect(after.notes).toHaveLength(1)
    expect(after.verifications).toMatchObject([{ id: 'm2', status: 'waiting' }])
    expect(after.waitingMs).toBeGreaterThanOrEqual(0)
  })

  it('is all there is only in a fold over a prefix, and then it stands for the start', () => {
    const { event } = judgeDecision(fold([started()]), decisionOf('m1', 'note.add', -10, { text: 'x' }), anna, T0)
    expect(fold([event])).toMatchObject({ startedAt: iso(-10), client: { type: 'unknown' } })
  })
})
