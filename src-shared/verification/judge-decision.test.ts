import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decision } from '../protocol/decisions.ts'
import type { SessionEvent } from '../protocol/session-document.ts'
import { foldSession } from '../session/fold-session.ts'
import type { SessionFrame } from '../session/fold-state.ts'
import { judgeDecision, judgeLapse } from './judge-decision.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 1)

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

describe('taking over', () => {
  const takeOver = (from: string) => ({ verificationId: 'v1', from, reason: 'needed at the till' })

  it('moves the check from who was seen to have it, with the reason, without a gap in the interaction', () => {
    const { verdicts, document } = arrive([
      { by: anna, type: 'verification.acknowledge', occurred: 20, arrives: 20 },
      { by: ben, type: 'verification.take_over', occurred: 30, arrives: 30, payload: takeOver('100') },
      { by: anna, type: 'verification.release', occurred: 35, arrives: 35 },
      { by: ben, type: 'verification.resolve', occurred: 50, arrives: 50, payload: resolve('approved') },
    ])
    expect(verdicts).toEqual([
      { status: 'applied' },
      { status: 'applied' },
      { status: 'superseded', by: ben, at: iso(30) },
      { status: 'applied' },
    ])
    expect(document.verifications[0]).toMatchObject({
      status: 'approved',
      employee: ben,
      acknowledgedAt: iso(20),
      lastHolder: { employee: anna, how: 'taken_over', at: iso(30), reason: 'needed at the till' },
    })
    expect(document.verifications[0]?.heldSince).toBeUndefined()
    expect(document).toMatchObject({ waitingMs: 10_000, interactionMs: 30_000 })
  })

  it('of two who take over from the same colleague the first to arrive counts', () => {
    const cleo = { number: '300', name: 'Cleo' }
    const { verdicts, document } = arrive([
      { by: anna, type: 'verification.acknowledge', occurred: 20, arrives: 20 },
      { by: ben, type: 'verification.take_over', occurred: 31, arrives: 31, payload: takeOver('100') },
      { by: cleo, type: 'verification.take_over', occurred: 30, arrives: 32, payload: takeOver('100') },
    ])
    expect(verdicts[2]).toEqual({ status: 'superseded', by: ben, at: iso(31) })
    expect(document.verifications[0]).toMatchObject({ status: 'in_progress', employee: ben, heldSince: iso(31) })
  })

  it('takes a check that nobody has any more', () => {
    const { verdicts, document } = arrive([
      { by: anna, type: 'verification.acknowledge', occurred: 20, arrives: 20 },
      { by: anna, type: 'verification.release', occurred: 25, arrives: 25 },
      { by: ben, type: 'verification.take_over', occurred: 30, arrives: 30, payload: takeOver('100') },
    ])
    expect(verdicts[2]).toEqual({ status: 'applied' })
    expect(document.verifications[0]).toMatchObject({ employee: ben, lastHolder: { employee: anna, how: 'released' } })
    expect(document).toMatchObject({ waitingMs: 10_000, interactionMs: 5_000, interactingSince: iso(30) })
  })
})

describe('any decisions, lapses and late facts', () => {
  const staff = [anna, ben, { number: '300', name: 'Cleo' }] as const
  const employee = fc.constantFrom(...staff)
  interface Step {
    what: 'acknowledge' | 'release' | 'take_over' | 'lapse' | 'resolve'
    by: typeof anna
    from: typeof anna
    /** Milliseconds. */
    lateBy: number
    passes: number
  }
  const step = fc.record<Step>({
    what: fc.constantFrom(
      'acknowledge',
      'release',
      'take_over',
      'lapse',
      'acknowledge',
      'take_over',
      'lapse',
      'resolve',
    ),
    by: employee,
    from: employee,
    lateBy: fc.nat(30_000),
    passes: fc.nat(20_000),
  })
  const steps = fc.array(step, { maxLength: 14 })
  const lateFacts = fc.array(
    fc.record({
      type: fc.constantFrom('verification.withdrawn', 'session.cancelled', 'item.added'),
      at: fc.integer({ min: 11, max: 200 }),
    }),
    { maxLength: 2 },
  )

  /** Runs steps in the order of arrival, and beside them a plain holder that knows no instants. */
  function run(script: readonly Step[]) {
    let events = [...shown]
    let now = T0 + 15_000
    let holder: string | null = null
    let lapsedFor: string | null = null
    let decided = false
    const disagreements: string[] = []
    script.forEach(({ what, by, from, lateBy, passes }, index) => {
      now += passes
      const document = foldSession(frame, events, Number.NEGATIVE_INFINITY)
      if (what === 'lapse') {
        const lapse = judgeLapse(document, { verificationId: 'v1', employeeNumber: by.number }, `x${index}`, now, now)
        const expected = !decided && holder === by.number
        if ((lapse !== null) !== expected) disagreements.push(`lapse ${index}`)
        if (lapse === null) return
        events = [...events, lapse]
        holder = null
        lapsedFor = by.number
        return
      }
      const payload = { verificationId: 'v1', from: from.number, reason: 'why', outcome: 'approved' }
      const decision = {
        id: `m${index}`,
        sessionId: 's1',
        type: `verification.${what}`,
        occurredAt: new Date(now - lateBy).toISOString(),
        payload,
      } as Decision
      const { verdict, event } = judgeDecision(document, decision, by, now)
      const expected = ((): string => {
        if (decided) return 'superseded'
        if (what === 'resolve') return 'applied'
        if (holder === null) return what === 'release' && lapsedFor !== by.number ? 'refused' : 'applied'
        if (holder === by.number || (what === 'take_over' && holder === from.number)) return 'applied'
        return 'superseded'
      })()
      if (verdict.status !== expected) disagreements.push(`${what} ${index}: ${verdict.status}, not ${expected}`)
      events = [...events, event]
      if (verdict.status !== 'applied') return
      if (what === 'resolve') decided = true
      else if (what === 'release') {
        if (holder !== null) lapsedFor = null
        holder = null
      } else holder = by.number
    })
    return { events, holder: decided ? null : holder, decided, disagreements, now }
  }

  it('are judged as by a plain list of who has it, in the order of arrival', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { events, holder, decided, disagreements } = run(script)
        expect(disagreements).toEqual([])
        const [verification] = foldSession(frame, events, Number.NEGATIVE_INFINITY).verifications
        expect(verification?.status).toBe(decided ? 'approved' : holder === null ? 'waiting' : 'in_progress')
        if (!decided) expect(verification?.employee?.number ?? null).toBe(holder)
      }),
      { seed, numRuns: 1_000 },
    )
  })

  it('give one document in any order and with any duplicates, with times that are those of its log', () => {
    fc.assert(
      fc.property(steps, lateFacts, fc.integer(), (script, facts, shuffle) => {
        const { events, now } = run(script)
        const late = facts.map(({ type, at }, index): SessionEvent => {
          const item = { lineId: `l${index}`, sku: '1', name: 'Milk', quantity: 1, unitPrice: 100 }
          return { id: `f${index}`, type, at: iso(at), source: 'store', verificationId: 'v1', ...item }
        })
        const all = [...events, ...late]
        const document = foldSession(frame, all, Number.NEGATIVE_INFINITY)
        const mixed = [...all, ...all.filter((_, index) => index % 2 === 0)]
        mixed.sort((a, b) => hash(a.id, shuffle) - hash(b.id, shuffle))
        expect(foldSession(frame, mixed, Number.NEGATIVE_INFINITY)).toEqual(document)

        const [verification] = document.verifications
        const open = verification?.status === 'in_progress'
        expect(document.interactingSince !== null).toBe(open)
        expect(verification?.heldSince !== undefined).toBe(open)
        if (verification?.status === 'waiting') expect(verification.employee).toBeNull()
        expect(document.waitingSince !== null).toBe(
          verification?.acknowledgedAt === null && document.endedAt === null && verification?.status === 'waiting',
        )
        const end = Math.max(now, T0 + 300_000)
        const held = document.interactionMs + (open ? end - Date.parse(document.interactingSince ?? '') : 0)
        const waited =
          document.waitingMs + (document.waitingSince === null ? 0 : end - Date.parse(document.waitingSince))
        expect(held).toBeGreaterThanOrEqual(0)
        // Somebody waits or is served, never both at once.
        expect(held + waited).toBeLessThanOrEqual(end - Date.parse(verification?.shownAt ?? ''))
      }),
      { seed, numRuns: 1_000 },
    )
  })
})

function hash(text: string, salt: number): number {
  let value = salt
  for (const letter of text) value = Math.imul(value ^ letter.charCodeAt(0), 0x01000193)
  return value
}
