/**
 * Judges a decision against a session, once: the backend on arrival, a console for what it shows until then. Of two
 * competing decisions the first to arrive counts; the other is kept as superseded, with the winner's name and time.
 */
import type { Decision, RefusalCode, Verdict } from '../protocol/decisions.ts'
import type { EmployeeRef } from '../protocol/primitives.ts'
import type { SessionDocument, SessionEvent, Verification } from '../protocol/session-document.ts'
import { decisionEventTypes, LAPSED_EVENT } from '../session/fold-session.ts'
import { isAboutItems, meetOutcomes } from '../session/item-outcomes.ts'

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

/**
 * Whether a decision leaves its event in the session: consoles of before cannot read a document with a refusal they do not
 * know, so such a one is answered to its sender alone.
 */
export function leavesEvent(verdict: Verdict): boolean {
  return verdict.status !== 'refused' || verdict.code !== 'line_unknown'
}

function verdictOn(session: SessionDocument, decision: Decision, employee: EmployeeRef): Verdict {
  switch (decision.type) {
    case 'note.add':
      return APPLIED
    case 'basket.review': {
      const { review } = session
      if (review === null || meetOutcomes(session, decision.payload, employee).adds) return APPLIED
      return superseded(review.employee, review.at)
    }
    case 'basket.put_back': {
      const inBasket = new Set(session.lineItems.map(({ lineId }) => lineId))
      const isKnown = (lineId: string) => inBasket.has(lineId) || session.putBack.some((line) => line.lineId === lineId)
      const { items, takenBack } = decision.payload
      if (!items.every(({ lineId }) => inBasket.has(lineId)) || !(takenBack ?? []).every(isKnown)) {
        return refused('line_unknown', 'The basket has no such line.')
      }
      const { adds, standing } = meetOutcomes(session, decision.payload, employee)
      return adds ? APPLIED : superseded(standing?.employee ?? null, standing?.at ?? null)
    }
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
    case 'waiting': {
      if (decision.type !== 'verification.release') return APPLIED
      // The lease ran out before the holder let go: it is as the holder wanted it.
      const { lastHolder } = verification
      const lapsed = lastHolder?.how === 'lapsed' && lastHolder.employee.number === employee.number
      return lapsed ? APPLIED : refused('not_acknowledged', 'Nobody had taken this verification.')
    }
    case 'in_progress': {
      // Taking or releasing what a colleague holds competes with the colleague; resolving is open to whoever is first, and
      // taking over to whoever saw who has it.
      const holder = verification.employee?.number
      const applies =
        decision.type === 'verification.resolve' ||
        holder === employee.number ||
        (decision.type === 'verification.take_over' && holder === decision.payload.from)
      return applies
        ? APPLIED
        : superseded(verification.employee, verification.heldSince ?? verification.acknowledgedAt)
    }
  }
}

/**
 * The end of a lease: the event by which a verification waits again, or null where the employee does not have it.
 *
 * @param id of the event, unique
 * @param ranOutAtMs UTC milliseconds until which the employee's console was to give a sign of life
 * @param nowMs the backend's clock
 */
export function judgeLapse(
  session: SessionDocument,
  lease: { verificationId: string; employeeNumber: string },
  id: string,
  ranOutAtMs: number,
  nowMs: number,
): SessionEvent | null {
  const { verificationId, employeeNumber } = lease
  const verification = session.verifications.find((candidate) => candidate.id === verificationId)
  const employee = verification?.employee
  if (verification?.status !== 'in_progress' || employee?.number !== employeeNumber) return null
  return {
    id,
    type: LAPSED_EVENT,
    verificationId,
    at: new Date(instantAfterAnswered(session, verificationId, ranOutAtMs)).toISOString(),
    source: 'console',
    employee,
    arrivedAt: new Date(nowMs).toISOString(),
    verdict: APPLIED,
  }
}

/**
 * When the decision counts as made: as reported, but not after its arrival, and for an applied one after what it
 * answers, so that the order of the fold is the order in which decisions were applied.
 */
function effectiveInstant(session: SessionDocument, decision: Decision, verdict: Verdict, nowMs: number): number {
  const occurredAt = Math.min(Date.parse(decision.occurredAt), nowMs)
  if (verdict.status !== 'applied') return occurredAt
  if (decision.type === 'basket.review' || decision.type === 'basket.put_back') {
    const settling = session.events.filter((event) => isAboutItems(event) && event.verdict?.status === 'applied')
    const last = settling.reduce((latest, event) => Math.max(latest, Date.parse(event.at)), Number.NEGATIVE_INFINITY)
    return occurredAt > last ? occurredAt : last + 1
  }
  if (!('verificationId' in decision.payload)) return occurredAt
  return instantAfterAnswered(session, decision.payload.verificationId, occurredAt)
}

function instantAfterAnswered(session: SessionDocument, verificationId: string, occurredAt: number): number {
  const shown: Verification | undefined = session.verifications.find((candidate) => candidate.id === verificationId)
  let last = shown === undefined ? Number.NEGATIVE_INFINITY : Date.parse(shown.shownAt)
  for (const event of session.events) {
    if (event.source !== 'console' || event.verdict?.status !== 'applied') continue
    if (event.verificationId === verificationId) last = Math.max(last, Date.parse(event.at))
  }
  return occurredAt > last ? occurredAt : last + 1
}
