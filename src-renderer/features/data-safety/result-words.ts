/** A decision that did not count, in words: mine, theirs, why, and what happens now. */
import type { RefusalCode } from '#shared/protocol/decisions.ts'
import type { EmployeeRef } from '#shared/protocol/primitives.ts'
import type { SessionDocument, Verification } from '#shared/protocol/session-document.ts'
import type { DecisionResult } from '../../data/data-api.ts'
import { decisionWords, isOnShift } from '../../ui/decision-words.ts'
import { outcomeLabels } from '../../ui/labels.ts'

export interface ResultWords {
  /** What this employee decided. */
  mine: string
  /** What stands instead; null where nobody was first (refused). */
  theirs: string | null
  /** Who was first; null where nobody was. */
  by: string | null
  why: string
  /** What happens now, and what there is to do, if anything. */
  now: string
}

/**
 * @param document the session as it is now; null where it is not on this PC
 * @param me the signed-in employee: a colleague may be oneself at another PC
 */
export function resultWords(result: DecisionResult, document: SessionDocument | null, me: EmployeeRef): ResultWords {
  const { decision, verdict } = result
  const verification = verificationOf(result, document)
  if (verdict.status === 'refused') {
    return {
      mine: decisionWords(decision),
      theirs: null,
      by: null,
      why: verdict.message,
      now: afterRefusal(verdict.code, decision, verification, me),
    }
  }
  const by = nameOf(verdict.by, me)
  return {
    mine: decisionWords(decision),
    theirs: winnerWords(decision, verdict.at, verification, document),
    by,
    why:
      verdict.at !== '' && decision.occurredAt < verdict.at
        ? 'You decided earlier, but the other reached the backend first: the first to arrive counts.'
        : 'The other reached the backend first.',
    now: afterSuperseded(decision, verification, by, me),
  }
}

type Decision = DecisionResult['decision']

function verificationOf({ decision }: DecisionResult, document: SessionDocument | null): Verification | undefined {
  if (!('verificationId' in decision.payload)) return undefined
  const { verificationId } = decision.payload
  return document?.verifications.find((each) => each.id === verificationId)
}

/** A colleague may be oneself, at another PC. */
const YOU = 'You'

function nameOf(employee: EmployeeRef | null | undefined, me: EmployeeRef): string {
  if (employee?.number === me.number) return YOU
  return employee?.name || 'a colleague'
}

/** What the winner did at the instant that the verdict names; the check may have gone on since. */
function winnerWords(
  decision: Decision,
  at: string,
  verification: Verification | undefined,
  document: SessionDocument | null,
): string {
  if (decision.type === 'basket.review') {
    const reason = document?.review?.reason
    return reason === undefined ? 'Reviewed the basket' : `Reviewed the basket: ${reason}`
  }
  if (decision.type === 'basket.put_back') return 'Dealt with the same items'
  if (isOnShift(decision)) return 'Took the shift over first'
  if (verification === undefined) return 'Decided first'
  const { status, resolvedAt } = verification
  const resolved = status === 'approved' || status === 'rejected'
  if (resolved && (resolvedAt === at || decision.type === 'verification.resolve'))
    return `${outcomeLabels[status]} the check`
  return 'Took the check'
}

function afterSuperseded(
  decision: Decision,
  verification: Verification | undefined,
  by: string,
  me: EmployeeRef,
): string {
  const self = by === YOU
  if (decision.type === 'basket.review')
    return `${self ? 'Your review from another PC' : `The review by ${by}`} stays. If this one says more, leave a note in the session.`
  if (decision.type === 'basket.put_back')
    return `What ${self ? 'you said from another PC' : `${by} said`} stays; the session shows beside it what you said.`
  if (isOnShift(decision))
    return self
      ? 'You have taken the shift over from another PC: nothing is left to do.'
      : `The shift is taken over by ${by}; that you took it too stands on its handover.`
  if (verification === undefined)
    return `${self ? 'Your decision from another PC' : `The decision by ${by}`} stays. Open the session to see it.`
  return checkNow(verification, decision, me)
}

/** How the check stands, and what that means for somebody who decided `decision` on it. */
function checkNow(verification: Verification, decision: Decision, me: EmployeeRef): string {
  const { status } = verification
  const who = nameOf(verification.employee, me)
  const mine = decision.type === 'verification.resolve' ? decision.payload.outcome : null
  const too = mine === null ? '' : ', as you decided too'
  switch (status) {
    case 'approved':
    case 'rejected':
      if (who === YOU) return `Your outcome from another PC stays: the check is ${status}.`
      if (status === 'approved' && mine === 'rejected')
        return `The check stays approved by ${who}. If you still see a problem, tell them and leave a note in the session.`
      if (status === 'rejected' && mine === 'approved')
        return `The check stays rejected by ${who}: the shopper corrects the basket and pays again. If that is wrong, tell them.`
      return status === 'approved'
        ? `The check is approved by ${who}${too}: nothing is left to do.`
        : `The check is rejected by ${who}${too}: the shopper corrects the basket and pays again.`
    case 'in_progress':
      if (who === YOU) return 'You have the check: give its outcome under Checks.'
      return `${capitalized(who)} has the check. You can still approve or reject it: the first outcome counts.`
    case 'waiting':
      return 'The check is waiting again: take it under Checks if nobody else does.'
    case 'withdrawn':
      return 'The store system has withdrawn the check: nobody needs to do it any more.'
    case 'never_served':
      return 'The session ended before anybody decided: the check cannot be done any more.'
  }
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const UNREADABLE =
  'Nothing was changed. Decide again; if that is refused too, save a support bundle under Data safety and hand it to IT.'

const afterRefusals: Record<RefusalCode, string> = {
  invalid_payload: UNREADABLE,
  unknown_type: UNREADABLE,
  id_reused: UNREADABLE,
  store_forbidden: 'You no longer have access to this store: a colleague who has must decide.',
  role_forbidden: 'Your role may only read now: a supervisor must decide.',
  session_unknown: 'Nothing was changed. If the session should be there, tell IT: the backend may have lost it.',
  verification_unknown: 'Nothing was changed. If the check should be there, tell IT: the backend may have lost it.',
  verification_withdrawn: 'The store system has withdrawn the check: nobody needs to do it any more.',
  session_ended: 'The session has ended and the check cannot be done any more. A note can still be left in it.',
  line_unknown: 'The basket does not have this item any more: there was nothing to put back.',
  not_acknowledged: 'Nobody had the check: there was nothing to release.',
  transition_refused: 'The session stays as it is.',
  changes_refused: 'The session stays as it is.',
  return_refused: 'The session stays as it is; nothing counts as returned.',
}

function afterRefusal(
  code: RefusalCode,
  decision: Decision,
  verification: Verification | undefined,
  me: EmployeeRef,
): string {
  // How the check stands now says more than why it could not be released then.
  if (code === 'not_acknowledged' && verification !== undefined) return checkNow(verification, decision, me)
  if (code === 'session_ended' && decision.type === 'verification.request')
    return 'The session has ended: no check can be asked for any more. A note can still be left in it.'
  return afterRefusals[code]
}
