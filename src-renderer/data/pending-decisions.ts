/** What the UI shows: the confirmed document with unsent decisions through the same rules the backend will use. */
import type { z } from 'zod'
import { type Decision, decisionPayloads, type Mutation } from '#shared/protocol/decisions.ts'
import type { EmployeeRef } from '#shared/protocol/primitives.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { type ShiftDecision, shiftDecisionPayloads } from '#shared/protocol/shift-entries.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { foldSession, judgedUpTo } from '#shared/session/fold-session.ts'
import { judgeDecision } from '#shared/verification/judge-decision.ts'

/** The typed decision of a mutation; null for a type or payload this version does not know (kept and sent all the same). */
export function decisionOf(mutation: Omit<Mutation, 'seq'>): Decision | null {
  return typed(decisionPayloads, mutation) as Decision | null
}

/** The decision on a shift that a mutation is; null for one of another type, or whose payload this version cannot read. */
export function shiftDecisionOf(mutation: Omit<Mutation, 'seq'>): ShiftDecision | null {
  return typed(shiftDecisionPayloads, mutation) as ShiftDecision | null
}

function typed(
  payloads: Readonly<Record<string, z.ZodType>>,
  { id, sessionId, type, occurredAt, payload }: Omit<Mutation, 'seq'>,
): object | null {
  const read = Object.hasOwn(payloads, type) ? payloads[type]?.safeParse(payload) : undefined
  return read?.success ? { id, sessionId, type, occurredAt, payload: read.data } : null
}

/** Whether a decision is about a session; what is said about a shift names none. */
export function isOfSession({ type }: Pick<Mutation, 'type'>): boolean {
  return !Object.hasOwn(shiftDecisionPayloads, type)
}

/** Confirmed document + unsent decisions, oldest first; a decision the backend has already judged is in the document. */
export function withPending(
  document: SessionDocument,
  mutations: readonly Mutation[],
  employee: EmployeeRef,
  settings: StoreSettings,
): SessionDocument {
  let shown = document
  const expireUpTo = judgedUpTo(document)
  const frame = { id: document.id, storeId: document.storeId, settings, version: document.version }
  for (const mutation of mutations) {
    if (shown.events.some((event) => event.id === mutation.id)) continue
    const decision = decisionOf(mutation)
    if (decision === null) continue
    const { event } = judgeDecision(shown, decision, employee, Date.parse(mutation.occurredAt))
    shown = foldSession(frame, [...shown.events, event], expireUpTo)
  }
  return { ...shown, attributes: document.attributes }
}

/** How many decisions these are to a person. */
export function countSubjects(rows: readonly { mutation: Mutation }[]): number {
  return new Set(rows.map(({ mutation }) => subjectOf(mutation))).size
}

/** Taking a check and deciding it are one decision to a person: what lies on the same verification counts once. */
function subjectOf(mutation: Mutation): string {
  const payload = decisionOf(mutation)?.payload
  return payload !== undefined && 'verificationId' in payload
    ? JSON.stringify([mutation.storeId, mutation.sessionId, payload.verificationId])
    : mutation.id
}
