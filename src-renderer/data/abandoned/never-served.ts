/** Shoppers who left because nobody came. */
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { storyOf } from '#shared/session/abandoned-story.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { NeverServed } from '../abandoned-api.ts'
import { noFilter } from '../data-api.ts'
import type { SessionIndex } from '../session-index.ts'

/**
 * Sessions that ended, newest first, with a check that nobody ever took: it waited to the end, or was withdrawn before and
 * was what stood in the way last.
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
  const found = (filter: Partial<typeof noFilter>) => index.query({ ...query, ...filter }, () => 0).rows
  const rows = [
    ...found({ spotCheck: ['never_served'] }),
    ...found({ ageVerification: ['never_served'] }),
    ...found({ obstacle: ['never_served'] }),
  ]
  const byKey = new Map(rows.map((row) => [JSON.stringify([row.storeId, row.id]), row]))
  return [...byKey.values()].sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0) || (a.id < b.id ? -1 : 1))
}

/** @param document undefined where it is not on this PC: the session's whole waiting time is all that is known then */
export function neverServed(row: SessionSummary, document: SessionDocument | undefined): NeverServed {
  if (document === undefined) return { row, verifications: null, waitedMs: row.waitingMs }
  const waited = document.verifications.filter(({ status }) => status === 'never_served')
  const { unserved } = storyOf(document)
  const withdrawn = document.verifications.filter(
    ({ status, kind, shownAt }) =>
      status === 'withdrawn' && unserved?.kind === kind && unserved.shownAt === Date.parse(shownAt),
  )
  const since = Math.min(...waited.map(({ shownAt }) => Date.parse(shownAt)))
  const untilEnd = Number.isFinite(since) ? Math.max(0, (row.endedAt ?? row.lastActivityAt) - since) : null
  return {
    row,
    verifications: [...waited, ...withdrawn].map(({ id, kind, shownAt, reason }) => ({ id, kind, shownAt, reason })),
    // A shopper who gave up before the end waited until then.
    waitedMs: untilEnd ?? unserved?.waitedMs ?? row.waitingMs,
  }
}
