/** Who paid and did not scan the exit, and how many of each client's shoppers that is. */
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { wilsonInterval } from '#shared/statistics/wilson.ts'
import { type ClientExitRate, type NotExitedQuery, SETTLE_AFTER_MS } from '../abandoned-api.ts'
import { noFilter } from '../data-api.ts'
import type { SessionIndex } from '../session-index.ts'

/** Sessions that are paid and have not ended. */
export function notExitedRows(index: SessionIndex, storeIds: readonly string[]): SessionSummary[] {
  return index.openRows(storeIds).filter((row) => countsAsClosed(row.state))
}

/**
 * Rates by client, most sessions first. A payment is dated by the session's last activity: what follows one is the exit.
 * @param storeIds taken literally: none matches nothing
 */
export function exitRates(index: SessionIndex, { storeIds, from, nowMs }: NotExitedQuery): ClientExitRate[] {
  const { rows } = index.query(
    {
      ...noFilter,
      storeIds,
      state: ['closed', 'partially_returned'],
      lastActivityAt: { min: from, max: nowMs - SETTLE_AFTER_MS },
      sort: 'lastActivityAt',
      descending: true,
      offset: 0,
      limit: Number.MAX_SAFE_INTEGER,
      nowMs,
    },
    () => 0,
  )
  const clients = new Map<string, { paid: number; notExited: number }>()
  for (const { client, endReason } of rows) {
    // Of one that was cancelled after all, nobody expects an exit.
    if (endReason === 'cancelled') continue
    const counts = clients.get(client) ?? { paid: 0, notExited: 0 }
    clients.set(client, counts)
    counts.paid += 1
    if (endReason !== 'completed') counts.notExited += 1
  }
  return [...clients]
    .map(([client, { paid, notExited }]) => ({ client, paid, notExited, ...wilsonInterval(notExited, paid) }))
    .sort((a, b) => b.paid - a.paid || (a.client < b.client ? -1 : 1))
}

/** When a session was paid for, UTC milliseconds; its last payment, where there were several. */
export function paidAt({ transactions }: Pick<SessionDocument, 'transactions'>): number | null {
  const paid = transactions.filter(({ status, endedAt }) => status === 'completed' && endedAt !== null)
  return paid.length === 0 ? null : Math.max(...paid.map(({ endedAt }) => Date.parse(endedAt ?? '')))
}
