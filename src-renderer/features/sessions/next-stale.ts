/** When the next of the shown rows turns stale by itself. */
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { activityRule } from '#shared/session/activity.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'

/** UTC milliseconds after `nowMs`, or infinity where no row will. */
export function nextStaleAt(
  rows: readonly Pick<SessionSummary, 'endedAt' | 'state' | 'storeId' | 'lastActivityAt'>[],
  stores: readonly Pick<StoreSettings, 'id' | 'staleAfterMinutes'>[],
  nowMs: number,
): number {
  const minutes = new Map(stores.map((store) => [store.id, store.staleAfterMinutes]))
  let earliest = Number.POSITIVE_INFINITY
  for (const { endedAt, state, storeId, lastActivityAt } of rows) {
    const { before, after, afterMs } = activityRule(endedAt !== null, state, minutes.get(storeId) ?? 0)
    const at = lastActivityAt + afterMs
    if (before !== after && at > nowMs && at < earliest) earliest = at
  }
  return earliest
}
