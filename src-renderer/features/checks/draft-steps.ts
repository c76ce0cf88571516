/** The steps of a spot check: what each makes of the draft. A mismatch is never left without its answer. */
import type { LineItem } from '#shared/protocol/session-document.ts'
import { assessRescan, type CheckDraft, type CheckedLine, type Observation } from '#shared/verification/rescan.ts'

/** In the order of effort. */
export const methods = ['sight_check', 'partial_rescan', 'full_rescan'] as const

/** What a step has to know of the check. */
export interface CheckAtHand {
  verificationId: string
  basket: readonly LineItem[]
  /** Pieces that a partial rescan asks for unless the supervisor says otherwise. */
  pieces: number
}

/** True where going to a method would leave a mismatch unanswered: the full rescan has to be declined with a reason first. */
export function needsDeclining(check: CheckAtHand, draft: CheckDraft, method: CheckDraft['method']): boolean {
  if (method === 'full_rescan' || draft.escalatedFrom === null) return false
  return assessRescan(check.verificationId, check.basket, draft).differences.length > 0
}

/** With another method; a full rescan that was declined stays declined until it is done after all. */
export function withMethod(check: CheckAtHand, draft: CheckDraft, method: CheckDraft['method']): CheckDraft {
  const { pieces } = check
  const plan = method === 'partial_rescan' ? (draft.plan ?? { selection: 'random' as const, pieces }) : null
  const fullRescanDeclined = method === 'full_rescan' ? null : draft.fullRescanDeclined
  return answered(check, { ...draft, method, plan, escalatedFrom: null, fullRescanDeclined })
}

/** With one more observation. */
export function withObservation(check: CheckAtHand, draft: CheckDraft, observation: Observation): CheckDraft {
  return answered(check, { ...draft, observations: [...draft.observations, observation] })
}

/** With one more scan, and the line that it was counted for: null where no line has its code. */
export function withScan(
  check: CheckAtHand,
  before: CheckDraft,
  code: string,
): { draft: CheckDraft; line: CheckedLine | null } {
  // Scanning is how a rescan begins: the supervisor picks the pieces.
  const begun: CheckDraft =
    before.method === 'sight_check'
      ? { ...before, method: 'partial_rescan', plan: { selection: 'chosen', pieces: check.pieces } }
      : before
  const draft = withObservation(check, begun, { kind: 'scanned', code, quantity: 1 })
  const lines = (of: CheckDraft) => assessRescan(check.verificationId, check.basket, of).lines
  const earlier = new Map(lines(begun).map((line) => [line.lineId, line.found]))
  return { draft, line: lines(draft).find((line) => line.found > (earlier.get(line.lineId) ?? 0)) ?? null }
}

/** Without the last observation; a rescan that it made full stays so until another method is chosen. */
export const withoutLast = (draft: CheckDraft): CheckDraft => ({
  ...draft,
  observations: draft.observations.slice(0, -1),
})

/** Back in the partial rescan, with the reason why a mismatch does not make it full. */
export function withFullRescanDeclined(check: CheckAtHand, draft: CheckDraft, reason: string): CheckDraft {
  return {
    ...draft,
    method: 'partial_rescan',
    plan: draft.plan ?? { selection: 'chosen', pieces: check.pieces },
    escalatedFrom: null,
    fullRescanDeclined: reason,
  }
}

/** A mismatch turns a partial rescan into a full one, unless that was declined. */
function answered(check: CheckAtHand, draft: CheckDraft): CheckDraft {
  if (draft.fullRescanDeclined !== null) return draft
  return assessRescan(check.verificationId, check.basket, draft).mustBecomeFull
    ? { ...draft, method: 'full_rescan', escalatedFrom: 'partial_rescan' }
    : draft
}
