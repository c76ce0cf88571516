/** What is derived from a session document at an instant and never stored. */
import { countsAsClosed } from '../lifecycle/transitions.ts'
import type { SessionDocument } from '../protocol/session-document.ts'

export type Activity = 'ongoing' | 'stale' | 'paid_not_exited' | 'ended'

type ActivityFields = Pick<SessionDocument, 'endedAt' | 'state' | 'lastActivityAt'>

/** Activity of a session at `nowMs` (UTC milliseconds); stale after `staleAfterMinutes` without activity. */
export function activityAt(session: ActivityFields, nowMs: number, staleAfterMinutes: number): Activity {
  if (session.endedAt !== null) return 'ended'
  if (countsAsClosed(session.state)) return 'paid_not_exited'
  return nowMs - Date.parse(session.lastActivityAt) >= staleAfterMinutes * 60_000 ? 'stale' : 'ongoing'
}

/** The instant at which the session would have expired by now, or null: what an offline console may say. */
export function wouldHaveExpiredAt(
  session: Pick<SessionDocument, 'endedAt' | 'expiresAt'>,
  nowMs: number,
): string | null {
  if (session.endedAt !== null || session.expiresAt === null) return null
  return Date.parse(session.expiresAt) <= nowMs ? session.expiresAt : null
}

/** Milliseconds of a running total at `nowMs`; never negative, whatever the clocks say. */
export function runningTotal(finishedMs: number, since: string | null, nowMs: number): number {
  return finishedMs + (since === null ? 0 : Math.max(0, nowMs - Date.parse(since)))
}
