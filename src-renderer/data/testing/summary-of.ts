/** Plain rows for tests of the data layer. */
import type { SessionSummary } from '#shared/session/session-summary.ts'

/** A session that was bought and left in one go at the start of its day, but for what `change` says. */
export function summaryOf(change: Partial<SessionSummary> & Pick<SessionSummary, 'id'>): SessionSummary {
  const startedAt = change.startedAt ?? Date.parse('2026-03-10T10:00:00Z')
  return {
    storeId: 'a',
    version: 1,
    customerId: null,
    client: 'matrix',
    state: 'closed',
    progress: 'session_completed',
    startedAt,
    lastActivityAt: startedAt,
    endedAt: startedAt,
    endReason: 'completed',
    expiresAt: null,
    currency: 'EUR',
    quantity: 1,
    total: 100,
    transactions: 1,
    spotCheck: 'not_required',
    ageVerification: 'not_required',
    waitingMs: 0,
    waitingSince: null,
    interactionMs: 0,
    interactingSince: null,
    rating: null,
    reviewed: false,
    preventedLoss: 0,
    furthestStep: 'session_completed',
    obstacle: null,
    checkMethod: null,
    checkedBy: null,
    differences: null,
    ...change,
  }
}
