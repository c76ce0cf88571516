/** Shoppers who left because nobody came. */
import type { SessionDocument, Verification } from '#shared/protocol/session-document.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { NeverServed } from '../abandoned-api.ts'
import { noFilter } from '../data-api.ts'
import type { SessionIndex } from '../session-index.ts'

/**
 * Sessions that ended, newest first, with a check that nobody ever took.
 * @param storeIds taken literally: none matches nothing
 * @param endedFrom UTC milliseconds
 */
export function neverServedRows(index: SessionIndex, storeIds: string[], endedFrom: number): SessionSummary[] {
  const query = {
    ...noFilter,
    storeIds,
    endedAt: { min: endedFrom, max: null },
    sort: 'endedAt' as const,
    descending: true,
    offset: 0,
    limit: Number.MAX_SAFE_INTEGER,
    nowMs: 0,
  }
  const served = (filter: Partial<typeof noFilter>) => index.query({ ...query, ...filter }, () => 0).rows
  const rows = [...served({ spotCheck: ['never_served'] }), ...served({ ageVerification: ['never_served'] })]
  const byKey = new Map(rows.map((row) => [JSON.stringify([row.storeId, row.id]), row]))
  return [...byKey.values()].sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0) || (a.id < b.id ? -1 : 1))
}

/** @param document undefined where it is not on this PC: the session's whole waiting time is all that is known then */
export function neverServed(row: SessionSummary, document: SessionDocument | undefined): NeverServed {
  if (document === undefined) return { row, verifications: null, waitedMs: row.waitingMs }
  const unserved = document.verifications.filter(({ status }) => status === 'never_served')
  const since = Math.min(...unserved.map(({ shownAt }) => Date.parse(shownAt)))
  const verifications = unserved.map(({ id, kind, shownAt, reason }: Verification) => ({ id, kind, shownAt, reason }))
  const waitedMs = Number.isFinite(since) ? Math.max(0, (row.endedAt ?? row.lastActivityAt) - since) : row.waitingMs
  return { row, verifications, waitedMs }
}
