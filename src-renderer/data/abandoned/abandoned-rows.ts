/** Which sessions are abandoned baskets: those that expired unpaid, and unpaid ones that would have by now. */
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { noFilter, type SessionFilter } from '../data-api.ts'
import type { SessionIndex, SessionOutline } from '../session-index.ts'

export interface AbandonedRow {
  row: SessionSummary
  /** UTC milliseconds at which it expired, or would have. */
  leftAt: number
  /** False: by the clock only; the backend has not said so yet. */
  expired: boolean
}

export interface AbandonedRange {
  storeIds: readonly string[]
  /** UTC milliseconds, from included, to excluded; null is open. */
  leftFrom: number | null
  leftTo: number | null
  nowMs: number
}

/** Details of baskets left in so many days are fetched ahead, and kept until somebody has reviewed them. */
export const LEFT_DETAILS_DAYS = 14

/** Ranges whose rows are kept while nothing changes: a page, its menus and the put-back list ask for few. */
const KEPT_RANGES = 4

export class AbandonedRows {
  private kept: { key: string; revision: number; rows: AbandonedRow[] }[] = []
  private keptOutlines: { key: string; revision: number; outlines: SessionOutline[] } | null = null

  constructor(private readonly index: SessionIndex) {}

  /** Unsent decisions applied; newest expiry first, then those that would have expired by now. */
  find(range: AbandonedRange): AbandonedRow[] {
    const { storeIds, leftFrom, leftTo } = range
    const open = this.open(range)
    const expired = this.expired(storeIds, leftFrom, leftTo)
    return open.length === 0 ? expired : [...expired, ...open]
  }

  /** The baskets that nobody reviewed, in no order: all that the put-back list goes by. */
  unreviewed(range: Omit<AbandonedRange, 'leftTo'>): SessionOutline[] {
    const { storeIds, leftFrom } = range
    const open = this.open({ ...range, leftTo: null }).filter(({ row }) => !row.reviewed)
    const { revision } = this.index
    const key = JSON.stringify([storeIds, leftFrom])
    if (this.keptOutlines?.key !== key || this.keptOutlines.revision !== revision) {
      const filter = { ...expiredIn(storeIds, leftFrom, null), reviewed: false }
      const outlines = this.index.outlines(this.index.rowsUnder({ ...filter, nowMs: 0 }, () => 0))
      this.keptOutlines = { key, revision, outlines }
    }
    return [...this.keptOutlines.outlines, ...open.map(({ row }) => row)]
  }

  /** Unpaid ones that would have expired by now. */
  private open({ storeIds, leftFrom, leftTo, nowMs }: AbandonedRange): AbandonedRow[] {
    const isInRange = (at: number) => (leftFrom === null || at >= leftFrom) && (leftTo === null || at < leftTo)
    return this.index.openRows(storeIds).flatMap((row): AbandonedRow[] => {
      const { expiresAt } = row
      if (!wouldBeAbandoned(row, nowMs) || expiresAt === null || !isInRange(expiresAt)) return []
      return [{ row, leftAt: expiresAt, expired: false }]
    })
  }

  private expired(storeIds: readonly string[], leftFrom: number | null, leftTo: number | null): AbandonedRow[] {
    const { revision } = this.index
    const key = JSON.stringify([storeIds, leftFrom, leftTo])
    const known = this.kept.find((each) => each.key === key && each.revision === revision)
    if (known !== undefined) return known.rows
    const { rows } = this.index.query(
      {
        ...expiredIn(storeIds, leftFrom, leftTo),
        sort: 'endedAt',
        descending: true,
        offset: 0,
        limit: Number.MAX_SAFE_INTEGER,
        nowMs: 0,
      },
      () => 0,
    )
    const found = rows.map((row): AbandonedRow => ({ row, leftAt: row.endedAt ?? row.startedAt, expired: true }))
    this.kept = [{ key, revision, rows: found }, ...this.kept.filter((each) => each.revision === revision)].slice(
      0,
      KEPT_RANGES,
    )
    return found
  }
}

/** Sessions that expired unpaid in a time. */
function expiredIn(storeIds: readonly string[], leftFrom: number | null, leftTo: number | null): SessionFilter {
  const endedAt = { min: leftFrom, max: leftTo === null ? null : leftTo - 1 }
  return { ...noFilter, storeIds: [...storeIds], abandoned: true, endedAt }
}

/** Whether an unpaid session that has not ended would have expired by then (UTC milliseconds). */
export function wouldBeAbandoned({ state, endedAt, expiresAt }: SessionSummary, nowMs: number): boolean {
  return endedAt === null && state === 'open' && expiresAt !== null && expiresAt <= nowMs
}
