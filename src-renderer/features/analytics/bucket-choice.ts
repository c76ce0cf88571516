/** Into which stretches a range is cut: as wanted, as long as a chart stays one that can be read and drawn in a frame. */
import type { BucketSize } from '../../data/chart-api.ts'

const HOUR = 3_600_000
const lengths: Record<BucketSize, number> = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR }
export const bucketSizes: readonly BucketSize[] = ['hour', 'day', 'week']
/** More marks than this in a row are finer than pixels of a small screen. */
export const MAX_BUCKETS = 400
/** What nobody asked for stays coarse enough to be taken in. */
const COMFORTABLE = 100

/**
 * @param wanted null lets the range decide
 * @param span milliseconds from the first to the last instant; null where it is not known yet
 */
export function bucketFor(wanted: BucketSize | null, span: number | null): BucketSize {
  if (span === null) return wanted ?? 'day'
  const most = wanted === null ? COMFORTABLE : MAX_BUCKETS
  const finest = wanted === null ? 0 : bucketSizes.indexOf(wanted)
  return bucketSizes.slice(finest).find((size) => span / lengths[size] <= most) ?? 'week'
}
