/**
 * Judges a decision against a session, once: the backend on arrival, a console for what it shows until then. Of two
 * competing decisions the first to arrive counts; the other is kept as superseded, with the winner's name and time.
 */
import type { Decision, RefusalCode, Verdict } from '../protocol/decisions.ts'
import type { EmployeeRef } from '../protocol/primitives.ts'
import type { SessionDocument, SessionEvent, Verification } from '../protocol/session-document.ts'
import { decisionEventTypes } from '../session/fold-session.ts'

export interface Judgement {
  verdict: Verdict
  /** Goes into the session's log whatever the verdict: nothing a supervisor decided disappears. */
  event: SessionEvent
}

const APPLIED: Verdict = { status: 'applied' }
const refused = (code: RefusalCode, message: string): Verdict => ({ status: 'refused', code, message })
const superseded = (by: EmployeeRef | null, at: string | null): Verdict => ({
  status: 'superseded',
  by: by ?? { number: '', name: '' },
  at: at ?? '',
})

/**
 * Verdict and event of a decision.
 *
 * @param nowMs the judge's clock, UTC milliseconds: a decision cannot have occurred after it arrived
 */
export function judgeDecision(
  session: SessionDocument,
  decision: Decision,
  employee: EmployeeRef,
  nowMs: number,
): Judgement {
  const verdict = verdictOn(session, decision, employee)
  const at = new Date(effectiveInstant(session, decision, verdict, nowMs)).toISOString()
  return {
    verdict,
    event: {
      ...decision.payload,
      id: decision.id,
      type: decisionEventTypes[decision.type],
      at,
      source: 'console',
      ...(decision.clockOffsetMs === undefined ? {} : { clockOffsetMs: decision.clockOffsetMs }),
      employee,
      arrivedAt: new Date(nowMs).toISOString(),
      verdict,
    },
  }
}

function verdictOn(session: SessionDocument, decision: Decision, employee: EmployeeRef): Verdict {
  switch (decision.type) {
    case 'note.add':
      return APPLIED
    case 'basket.review':
      return session.review === null ? APPLIED : superseded(session.review.employee, session.review.at)
    case 'verification.request':
      if (session.verifications.some((verification) => verification.id === decision.id)) {
        return refused('id_reused', 'The session already has a verification with this id.')
      }
      return session.endedAt === null ? APPLIED : refused('session_ended', 'The session had ended when this arrived.')
  }
  const verification = session.verifications.find((candidate) => candidate.id === decision.payload.verificationId)
  if (verification === undefined) return refused('verification_unknown', 'The session has no such verification.')
  switch (verification.status) {
    case 'approved':
    case 'rejected':
      return superseded(verification.employee, verification.resolvedAt)
    case 'withdrawn':
      return refused('verification_withdrawn', 'The verification was withdrawn before this arrived.')
    case 'never_served':
      return refused('session_ended', 'The session had ended when this arrived.')
    case 'waiting':
      return decision.type === 'verification.release'
        ? refused('not_acknowledged', 'Nobody had taken this verification.')
        : APPLIED
    case 'in_progress':
      // Taking or releasing what a colleague holds competes with the colleague; resolving is open to whoever is first.
      return decision.type === 'verification.resolve' || verification.employee?.number === employee.number
        ? APPLIED
        : superseded(verification.employee, verification.acknowledgedAt)
  }
}

/**
 * When the decision counts as made: as reported, but not after its arrival, and for an applied one after what it
 * answers, so that the order of the fold is the order in which decisions were applied.
 */
function effectiveInstant(session: SessionDocument, decision: Decision, verdict: Verdict, nowMs: number): number {
  const occurredAt = Math.min(Date.parse(decision.occurredAt), nowMs)
  if (verdict.status !== 'applied' || !('verificationId' in decision.payload)) return occurredAt
  const { verificationId } = decision.payload
  const shown: Verification | undefined = session.verifications.find((candidate) => candidate.id === verificationId)
  let last = shown === undefined ? Number.NEGATIVE_INFINITY : Date.parse(shown.shownAt)
  for (const event of session.events) {
    if (event.source !== 'console' || event.verdict?.status !== 'applied') continue
    if (event.verificationId === verificationId) last = Math.max(last, Date.parse(event.at))
  }
  return occurredAt > last ? occurredAt : last + 1
}
