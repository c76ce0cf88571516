/** One row of a sessions list: what day blocks, the session index and the screen share. */

import type { LifecycleState } from '../protocol/lifecycle-state.ts'
import type { CheckSummary, EndReason, SessionDocument, Verification } from '../protocol/session-document.ts'
import { localDateOf } from '../time/local-day.ts'
import { preventedLossOfSession } from '../verification/differences.ts'
import { furthestStepOf, obstacleOf } from './abandoned-story.ts'

/** Instants are UTC milliseconds, money is minor units, durations are milliseconds. */
export interface SessionSummary {
  id: string
  storeId: string
  version: number
  customerId: string | null
  client: string
  state: LifecycleState
  progress: string
  startedAt: number
  lastActivityAt: number
  endedAt: number | null
  endReason: EndReason | null
  expiresAt: number | null
  currency: string
  quantity: number
  total: number
  transactions: number
  spotCheck: CheckSummary
  ageVerification: CheckSummary
  waitingMs: number
  waitingSince: number | null
  interactionMs: number
  interactingSince: number | null
  rating: number | null
  reviewed: boolean
  /** Of its spot checks, minor units; null in a row that was written before this was counted. */
  preventedLoss: number | null
  /** One of `steps`; as all that follow null in a row that was written before it was told. */
  furthestStep: string | null
  /** One of `obstacles` where nobody ever paid; null for a paid session. */
  obstacle: string | null
  /** Method of the last spot check with an outcome; null where there was none, or it named none. */
  checkMethod: string | null
  /** Number of the employee who gave the last outcome of a verification; null where there was none. */
  checkedBy: string | null
  /** Found by its spot checks; null where none had an outcome. */
  differences: number | null
}

const instant = (text: string | null): number | null => (text === null ? null : Date.parse(text))

const hasOutcome = ({ status }: Verification): boolean => status === 'approved' || status === 'rejected'

/** The row of a document. */
export function summarize(session: SessionDocument): SessionSummary {
  const outcomes = session.verifications.filter(hasOutcome)
  const spotChecks = outcomes.filter(({ kind }) => kind === 'spot_check')
  return {
    id: session.id,
    storeId: session.storeId,
    version: session.version,
    customerId: session.customerId,
    client: session.client.type,
    state: session.state,
    progress: session.progress,
    startedAt: Date.parse(session.startedAt),
    lastActivityAt: Date.parse(session.lastActivityAt),
    endedAt: instant(session.endedAt),
    endReason: session.endReason,
    expiresAt: instant(session.expiresAt),
    currency: session.currency,
    quantity: session.quantity,
    total: session.total,
    transactions: session.transactions.length,
    spotCheck: session.spotCheck,
    ageVerification: session.ageVerification,
    waitingMs: session.waitingMs,
    waitingSince: instant(session.waitingSince),
    interactionMs: session.interactionMs,
    interactingSince: instant(session.interactingSince),
    rating: session.feedback?.rating ?? null,
    reviewed: session.review !== null,
    preventedLoss: preventedLossOfSession(session),
    furthestStep: furthestStepOf(session),
    obstacle: obstacleOf(session),
    checkMethod: spotChecks.at(-1)?.method ?? null,
    checkedBy: outcomes.at(-1)?.employee?.number ?? null,
    differences:
      spotChecks.length === 0 ? null : spotChecks.reduce((sum, check) => sum + (check.differences?.length ?? 0), 0),
  }
}

/** The store-local day (YYYY-MM-DD) whose block holds the session: the day it started. */
export function dayOf(session: Pick<SessionDocument, 'startedAt'>, timezone: string): string {
  return localDateOf(Date.parse(session.startedAt), timezone)
}
