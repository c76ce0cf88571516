/** What every chart of a page shares, and how rows of time are made of buckets. */
import type { BucketSize, ChartFrame } from '../../data/chart-api.ts'
import type { ListFilters } from '../../ui/list-filters.ts'
import type { ChartModel, ChartRow } from './chart-model.ts'
import { bucketTick, bucketTitles, bucketWords } from './chart-words.ts'
import { inBucket, type ListTarget, type Narrowing, searchBehind } from './drill-down.ts'

export interface ModelContext {
  filters: ListFilters
  size: BucketSize
  /** Server time, UTC milliseconds. */
  nowMs: number
  /** Since when nothing is known, UTC milliseconds, and in words; null while all stores are in contact. */
  gap: { from: number; words: string } | null
}

/** The parts of a model that buckets give. */
export function overTime(
  { buckets }: Pick<ChartFrame, 'buckets'>,
  { filters, size, nowMs, gap }: ModelContext,
  narrowingOf: (seriesId: string) => Narrowing | null,
): Pick<ChartModel, 'layout' | 'rowTitle' | 'rows' | 'behind' | 'gap'> {
  const rows = buckets.map(
    (bucket): ChartRow => ({
      label: bucketWords(bucket, size),
      tick: bucketTick(bucket, size),
      ...(bucket.from <= nowMs && bucket.to > nowMs ? { isPartial: true } : {}),
    }),
  )
  return {
    layout: 'time',
    rowTitle: bucketTitles[size],
    rows,
    behind: (row, seriesId): ListTarget | null => {
      const bucket = buckets[row]
      const narrowing = narrowingOf(seriesId)
      if (bucket === undefined || narrowing === null) return null
      return searchBehind(filters, { ...narrowing, ...inBucket(bucket) })
    },
    ...(gap === null ? {} : gapIn(buckets, gap)),
  }
}

/** Where in the rows the contact was lost; nothing where that is later than the last one. */
function gapIn(buckets: ChartFrame['buckets'], gap: NonNullable<ModelContext['gap']>): Pick<ChartModel, 'gap'> {
  const at = buckets.findIndex(({ to }) => gap.from < to)
  const bucket = buckets[at]
  if (bucket === undefined) return {}
  const within = Math.max(0, (gap.from - bucket.from) / (bucket.to - bucket.from))
  return { gap: { from: at + within, words: gap.words } }
}

/** The parts of a model that named things give, one row each. */
export function ranking<T>(
  things: readonly T[],
  rowTitle: string,
  nameOf: (thing: T) => string,
  filters: ListFilters,
  narrowingOf: (thing: T, seriesId: string) => Narrowing | null,
): Pick<ChartModel, 'layout' | 'rowTitle' | 'rows' | 'behind'> {
  return {
    layout: 'ranking',
    rowTitle,
    rows: things.map((thing) => ({ label: nameOf(thing), tick: nameOf(thing) })),
    behind: (row, seriesId) => {
      const thing = things[row]
      const narrowing = thing === undefined ? null : narrowingOf(thing, seriesId)
      return narrowing === null ? null : searchBehind(filters, narrowing)
    },
  }
}
