/** How much waits on the tabs about left baskets; counted from the index alone, no document is read. */
import type { TabCounts, TabCountsQuery } from '../abandoned-api.ts'
import { noFilter } from '../data-api.ts'
import type { SessionIndex } from '../session-index.ts'
import { wouldBeAbandoned } from './abandoned-rows.ts'
import { notExitedRows } from './exits.ts'
import { neverServedRows } from './never-served.ts'

/** @param query its `storeIds` are taken literally: none matches nothing */
export function tabCounts(index: SessionIndex, query: TabCountsQuery): TabCounts {
  const { storeIds, leftFrom, servedFrom, nowMs } = query
  const expired = index.query(
    {
      ...noFilter,
      storeIds,
      abandoned: true,
      reviewed: false,
      endedAt: { min: leftFrom, max: null },
      sort: 'endedAt',
      descending: true,
      offset: 0,
      limit: 0,
      nowMs,
    },
    () => 0,
  )
  const open = index.openRows(storeIds).filter((row) => {
    const { expiresAt, reviewed } = row
    return !reviewed && wouldBeAbandoned(row, nowMs) && (leftFrom === null || (expiresAt ?? 0) >= leftFrom)
  })
  return {
    unreviewed: expired.count + open.length,
    notExited: notExitedRows(index, storeIds).length,
    neverServed: neverServedRows(index, storeIds, servedFrom).length,
  }
}
