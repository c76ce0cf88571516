import { describe, expect, it } from 'vitest'
import type { Decision } from '../protocol/decisions.ts'
import type { SessionEvent } from '../protocol/session-document.ts'
import { foldSession } from '../session/fold-session.ts'
import type { SessionFrame } from '../session/fold-state.ts'
import { judgeDecision } from './judge-decision.ts'

const frame: SessionFrame = {
  id: 's1',
  storeId: 'berlin',
  settings: { currency: 'EUR', timezone: 'Europe/Berlin', expiry: { mode: 'never', inactivityMinutes: 120 } },
  version: 1,
}
const T0 = Date.parse('2026-03-10T10:00:00.000Z')
const iso = (seconds: number) => new Date(T0 + seconds * 1000).toISOString()
const anna = { number: '100', name: 'Anna' }
const ben = { number: '200', name: 'Ben' }
const shown: SessionEvent[] = [
  { id: 'e1', type: 'session.started', at: iso(0), source: 'store', client: { type: 'matrix' } },
  { id: 'e2', type: 'verification.required', at: iso(10), source: 'store', verificationId: 'v1', kind: 'spot_check' },
]

/** Judges decisions in order of arrival, as the backend does. */
function arrive(
  arrivals: { by: typeof anna; type: Decision['type']; occurred: number; arrives: number; payload?: object }[],
) {
  let events = [...shown]
  const verdicts = arrivals.map(({ by, type, occurred, arrives, payload }, index) => {
    const document = foldSession(frame, events, Number.NEGATIVE_INFINITY)
    const decision = {
      id: `m${index}`,
      sessionId: 's1',
      type,
      occurredAt: iso(occurred),
      payload: payload ?? { verificationId: 'v1' },
    } as Decision
    const { verdict, event } = judgeDecision(document, decision, by, T0 + arrives * 1000)
    events = [...events, event]
    return verdict
  })
  return { verdicts, document: foldSession(frame, events, Number.NEGATIVE_INFINITY) }
}
const resolve = (outcome: 'approved' | 'rejected') => ({ verificationId: 'v1', outcome })

describe('competing decisions', () => {
  it('the first to arrive counts, whatever occurred first; the other names the winner', () => {
    const { verdicts, document } = arrive([
      { by: anna, type: 'verification.resolve', occurred: 40, arrives: 41, payload: resolve('approved') },
      { by: ben, type: 'verification.resolve', occurred: 20, arrives: 90, payload: resolve('rejected') },
    ])
    expect(verdicts).toEqual([{ status: 'applied' }, { status: 'superseded', by: anna, at: iso(40) }])
    expect(document.spotCheck).toBe('approved')
    expect(
      document.events.at(-1)?.employee ?? document.events.find((event) => event.id === 'm1')?.employee,
    ).toBeDefined()
  })

  it('who takes what a colleague holds is superseded; whoever resolves first still counts', () => {
    const { verdicts, document } = arrive([
      { by: anna, type: 'verification.acknowledge', occurred: 20, arrives: 20 },
      { by: ben, type: 'verification.acknowledge', occurred: 15, arrives: 30 },
      { by: ben, type: 'verification.resolve', occurred: 18, arrives: 31, payload: resolve('approved') },
      { by: anna, type: 'verification.resolve', occurred: 40, arrives: 40, payload: resolve('rejected') },
    ])
    expect(verdicts.map((verdict) => verdict.status)).toEqual(['applied', 'superseded', 'applied', 'superseded'])
    expect(document.verifications[0]).toMatchObject({ status: 'approved', employee: ben })
    expect(document.waitingMs).toBe(10_000)
    expect(document.interactionMs).toBe(1)
  })

  it('a decision cannot have occurred after its arrival nor before what it answers', () => {
    const { document } = arrive([
      { by: anna, type: 'verification.acknowledge', occurred: 5, arrives: 30 },
      { by: anna, type: 'verification.resolve', occurred: 9_999, arrives: 45, payload: resolve('approved') },
    ])
    expect(document.verifications[0]?.acknowledgedAt).toBe('2026-03-10T10:00:10.001Z')
    expect(document.verifications[0]?.resolvedAt).toBe(iso(45))
  })

  it.each([
    ['verification.release', 'not_acknowledged', { verificationId: 'v1' }],
    ['verification.acknowledge', 'verification_unknown', { verificationId: 'nope' }],
  ] as const)('%s → refused %s', (type, code, payload) => {
    const { verdicts } = arrive([{ by: anna, type, occurred: 20, arrives: 20, payload }])
    expect(verdicts[0]).toMatchObject({ status: 'refused', code })
  })

  it('the second review is superseded, notes always count', () => {
    const review = { reason: 'left', putBack: true }
    const { verdicts, document } = arrive([
      { by: anna, type: 'basket.review', occurred: 20, arrives: 20, payload: review },
      { by: ben, type: 'basket.review', occurred: 10, arrives: 21, payload: review },
      { by: ben, type: 'note.add', occurred: 22, arrives: 22, payload: { text: 'hello' } },
    ])
    expect(verdicts.map((verdict) => verdict.status)).toEqual(['applied', 'superseded', 'applied'])
    expect(document.notes).toMatchObject([{ text: 'hello', employee: ben }])
    expect(document.lastActivityAt).toBe(iso(10))
  })
})
