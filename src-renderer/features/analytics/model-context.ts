/** What every chart of a page shares, and how rows of time are made of buckets. */
import { HOUR_MS, readWallHour } from '#shared/time/wall-hour.ts'
import type { BucketSize, ChartFrame } from '../../data/chart-api.ts'
import type { ListFilters } from '../../ui/list-filters.ts'
import type { ChartModel, ChartRow } from './chart-model.ts'
import { bucketTick, bucketTitles, bucketWords } from './chart-words.ts'
import { inBucket, type ListTarget, type Narrowing, searchBehind } from './drill-down.ts'

export interface ModelContext {
  filters: ListFilters
  size: BucketSize
  gap: Gap | null
}

/** Since when nothing is known of a store; there is none while all are in contact. */
export interface Gap {
  /** On the wall of the store: milliseconds since 1970-01-01T00:00 there. */
  wallMs: number
  /** IANA id of the store's zone. */
  zone: string
  words: string
}

/** The parts of a model that buckets give. */
export function overTime(
  { buckets }: Pick<ChartFrame, 'buckets'>,
  { filters, size, gap }: ModelContext,
  narrowingOf: (seriesId: string) => Narrowing | null,
): Pick<ChartModel, 'layout' | 'rowTitle' | 'rows' | 'behind' | 'gap'> {
  const rows = buckets.map(
    (bucket): ChartRow => ({
      label: bucketWords(bucket, size),
      tick: bucketTick(bucket, size),
      ...(bucket.isPartial ? { isPartial: true } : {}),
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
function gapIn(buckets: ChartFrame['buckets'], { wallMs, words }: Gap): Pick<ChartModel, 'gap'> {
  const hours = buckets.map(({ first, last }) => ({
    from: readWallHour(first) ?? 0,
    to: (readWallHour(last) ?? 0) + 1,
  }))
  const hour = wallMs / HOUR_MS
  const at = hours.findIndex(({ to }) => hour < to)
  const bucket = hours[at]
  if (bucket === undefined) return {}
  return { gap: { from: at + Math.max(0, (hour - bucket.from) / (bucket.to - bucket.from)), words } }
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
