/** One row of a sessions list: what day blocks, the session index and the screen share. */

import type { LifecycleState } from '../protocol/lifecycle-state.ts'
import type { CheckSummary, EndReason, SessionDocument } from '../protocol/session-document.ts'
import { localDateOf } from '../time/local-day.ts'
import { preventedLossOfSession } from '../verification/differences.ts'

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
}

const instant = (text: string | null): number | null => (text === null ? null : Date.parse(text))

/** The row of a document. */
export function summarize(session: SessionDocument): SessionSummary {
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
  }
}

/** The store-local day (YYYY-MM-DD) whose block holds the session: the day it started. */
export function dayOf(session: Pick<SessionDocument, 'startedAt'>, timezone: string): string {
  return localDateOf(Date.parse(session.startedAt), timezone)
}
