/** What every chart of a page shares, and how rows of time are made of buckets. */
import { type ContactEnd, type Missing, missingIn } from '#shared/time/contact-end.ts'
import { HOUR_MS, readWallHour } from '#shared/time/wall-hour.ts'
import type { BucketSize, ChartFrame } from '../../data/chart-api.ts'
import type { ListFilters } from '../../ui/list-filters.ts'
import { type ChartModel, type ChartRow, withoutMissing } from './chart-model.ts'
import { bucketTick, bucketTitles, bucketWords } from './chart-words.ts'
import { inBucket, type ListTarget, type Narrowing, searchBehind } from './drill-down.ts'

export interface ModelContext {
  filters: ListFilters
  size: BucketSize
  gap: Gap | null
}

/** Since when nothing is known of a store; there is none while all are in contact. */
export interface Gap extends ContactEnd {
  /** Of each store without contact, where its own clock stood: milliseconds since 1970-01-01T00:00 on it, and its IANA zone. */
  ends: readonly { wallMs: number; zone: string }[]
  /** Since when, and of which store where there are several: the first. */
  words: string
}

/** What a chart has of its own, beside the rows. */
export type OwnParts = Omit<ChartModel, 'layout' | 'rowTitle' | 'rows' | 'behind' | 'gap'>
/** What narrows the sessions to a series; null where no filter does. */
export type NarrowingOf = (seriesId: string) => Narrowing | null

/** A chart whose rows are the buckets; a zero of a bucket that nothing could be heard of becomes unknown. */
export function overTime(
  { buckets }: Pick<ChartFrame, 'buckets'>,
  { filters, size, gap }: ModelContext,
  narrowingOf: NarrowingOf,
  own: OwnParts,
): ChartModel {
  const rows = buckets.map((bucket): ChartRow => {
    const { from, to } = hoursOf(bucket)
    const missing = gap && missingIn(from, to, gap)
    return {
      label: bucketWords(bucket, size),
      tick: bucketTick(bucket, size),
      ...(bucket.isPartial ? { isPartial: true } : {}),
      ...(missing === null ? {} : { missing }),
    }
  })
  return withoutMissing({
    ...own,
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
  })
}

/** What is missing of all hours of the buckets that are of one group, such as a weekday; by group. */
export function missingBy(
  { buckets }: Pick<ChartFrame, 'buckets'>,
  gap: Gap | null,
  groupOf: (wallHour: number) => number,
): Map<number, Missing> {
  const missing = new Map<number, Missing>()
  const heard = new Set<number>()
  for (const { from, to } of gap === null ? [] : buckets.map(hoursOf)) {
    for (let hour = from; hour < to; hour += 1) {
      const lack = gap && missingIn(hour, hour + 1, gap)
      const group = groupOf(hour)
      if (lack !== 'all') heard.add(group)
      if (lack !== null) missing.set(group, heard.has(group) ? 'part' : 'all')
    }
  }
  return missing
}

/** Wall hours of a bucket; `to` is excluded. */
const hoursOf = ({ first, last }: ChartFrame['buckets'][number]) => ({
  from: readWallHour(first) ?? 0,
  to: (readWallHour(last) ?? 0) + 1,
})

/** Where in the rows the contact was lost; nothing where that is later than the last one. */
function gapIn(buckets: ChartFrame['buckets'], { first, words }: Gap): Pick<ChartModel, 'gap'> {
  const hours = buckets.map(hoursOf)
  const hour = first / HOUR_MS
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
