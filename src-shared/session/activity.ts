/** What is derived from a session at an instant and never stored. */
import { countsAsClosed } from '../lifecycle/transitions.ts'
import type { LifecycleState } from '../protocol/lifecycle-state.ts'
import type { SessionDocument } from '../protocol/session-document.ts'

export type Activity = 'ongoing' | 'stale' | 'paid_not_exited' | 'ended'

/** How a session's activity depends on the time since its last activity. */
export interface ActivityRule {
  before: Activity
  /** From `afterMs` without activity on. */
  after: Activity
  /** Milliseconds. */
  afterMs: number
}

/**
 * The rule that holds for all sessions of one state: lists apply it to whole columns.
 * @param ended whether the session has an end
 */
export function activityRule(ended: boolean, state: LifecycleState, staleAfterMinutes: number): ActivityRule {
  const afterMs = staleAfterMinutes * 60_000
  if (ended) return { before: 'ended', after: 'ended', afterMs }
  if (countsAsClosed(state)) return { before: 'paid_not_exited', after: 'paid_not_exited', afterMs }
  return { before: 'ongoing', after: 'stale', afterMs }
}

type ActivityFields = Pick<SessionDocument, 'endedAt' | 'state' | 'lastActivityAt'>

/** Activity of a session at `nowMs` (UTC milliseconds); stale after `staleAfterMinutes` without activity. */
export function activityAt(session: ActivityFields, nowMs: number, staleAfterMinutes: number): Activity {
  const { before, after, afterMs } = activityRule(session.endedAt !== null, session.state, staleAfterMinutes)
  return nowMs - Date.parse(session.lastActivityAt) >= afterMs ? after : before
}

/** The instant at which the session would have expired by now, or null: what an offline console may say. */
export function wouldHaveExpiredAt(
  session: Pick<SessionDocument, 'endedAt' | 'expiresAt'>,
  nowMs: number,
): string | null {
  if (session.endedAt !== null || session.expiresAt === null) return null
  return Date.parse(session.expiresAt) <= nowMs ? session.expiresAt : null
}

/** An unpaid session that expired: nothing else gives it this progress. */
export const isAbandoned = ({ progress }: Pick<SessionDocument, 'progress'>): boolean => progress === 'abandoned'

/** Whether staff ever had something to check in the session. */
export const hadCheck = (session: Pick<SessionDocument, 'spotCheck' | 'ageVerification'>): boolean =>
  session.spotCheck !== 'not_required' || session.ageVerification !== 'not_required'

/** Whether nobody ever came to the last check of a kind before the session ended. */
export const wasNeverServed = (session: Pick<SessionDocument, 'spotCheck' | 'ageVerification'>): boolean =>
  session.spotCheck === 'never_served' || session.ageVerification === 'never_served'

/** Milliseconds of a running total at `nowMs`; never negative, whatever the clocks say. */
export function runningTotal(finishedMs: number, since: string | null, nowMs: number): number {
  return runningTotalMs(finishedMs, since === null ? null : Date.parse(since), nowMs)
}

/** The same for a summary, whose instants are UTC milliseconds. */
export function runningTotalMs(finishedMs: number, sinceMs: number | null, nowMs: number): number {
  return finishedMs + (sinceMs === null ? 0 : Math.max(0, nowMs - sinceMs))
}
