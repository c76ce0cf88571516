/**
 * Exact quantiles by group. The quantile of a share is the smallest value that at least this share of all values do not
 * exceed (nearest rank): one that occurred, never one in between.
 */
import type { Quantiles } from '../chart-api.ts'

/** Parts of the range of all values. */
const PARTS = 4_096

export interface GroupedQuantiles {
  overall: Quantiles
  byGroup: Quantiles[]
}

/**
 * Quantiles of all values, and by group. Values are first laid in parts of their range, which keeps them so within their groups:
 * a rank is then looked for in the few values of its part.
 *
 * @param groupOf by position in `values`, from 0 to below `groups`
 * @param above only values greater than this count
 */
export function quantilesByGroup(
  values: Float64Array,
  groupOf: Int32Array,
  groups: number,
  above = Number.NEGATIVE_INFINITY,
): GroupedQuantiles {
  const parts = partsOf(values, above)
  const { inOrder, groupsInOrder, grouped } = workRoom(values.length)
  const count = layInParts(values, groupOf, above, parts)
  const ends = new Int32Array(groups + 1)
  for (let i = 0; i < count; i += 1) {
    const next = (groupsInOrder[i] as number) + 1
    ends[next] = (ends[next] as number) + 1
  }
  for (let group = 0; group < groups; group += 1) {
    ends[group + 1] = (ends[group + 1] as number) + (ends[group] as number)
  }
  const places = ends.slice()
  for (let i = 0; i < count; i += 1) {
    const group = groupsInOrder[i] as number
    const place = places[group] as number
    grouped[place] = inOrder[i] as number
    places[group] = place + 1
  }
  return {
    overall: quantilesIn(inOrder, 0, count, parts),
    byGroup: Array.from({ length: groups }, (_, group) =>
      quantilesIn(grouped, ends[group] as number, ends[group + 1] as number, parts),
    ),
  }
}

/** Kept between questions: megabytes for each would keep the garbage collector busy. An answer is made without a pause. */
let room = { inOrder: new Float64Array(0), grouped: new Float64Array(0), groupsInOrder: new Int32Array(0) }

function workRoom(rows: number): typeof room {
  if (room.inOrder.length < rows) {
    room = {
      inOrder: new Float64Array(rows),
      grouped: new Float64Array(rows),
      groupsInOrder: new Int32Array(rows),
    }
  }
  return room
}

/** Puts the values that count into the work room, in the order of their parts. @returns how many they are */
function layInParts(values: Float64Array, groupOf: Int32Array, above: number, { least, scale }: Parts): number {
  const { inOrder, groupsInOrder } = room
  const places = new Int32Array(PARTS + 1)
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number
    if (!(value > above)) continue
    const next = (((value - least) * scale) | 0) + 1
    places[next] = (places[next] as number) + 1
  }
  for (let part = 0; part < PARTS; part += 1) {
    places[part + 1] = (places[part + 1] as number) + (places[part] as number)
  }
  const count = places[PARTS] as number
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number
    if (!(value > above)) continue
    const part = ((value - least) * scale) | 0
    const place = places[part] as number
    inOrder[place] = value
    groupsInOrder[place] = groupOf[i] as number
    places[part] = place + 1
  }
  return count
}

/** A value's part is `(value - least) * scale`, cut to an integer: a greater value is never in a lower part. */
interface Parts {
  least: number
  scale: number
}

function partsOf(values: Float64Array, above: number): Parts {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number
    if (!(value > above)) continue
    if (value < least) least = value
    if (value > most) most = value
  }
  // Parts of less than 1 would tell no milliseconds apart.
  return { least, scale: most > least ? Math.min(1, (PARTS - 1) / (most - least)) : 0 }
}

/** Of the values from `start` to below `end`, which are in the order of their parts; reorders them within the parts. */
function quantilesIn(values: Float64Array, start: number, end: number, { least, scale }: Parts): Quantiles {
  if (end <= start) return { p50: null, p95: null }
  const partAt = (place: number) => (((values[place] as number) - least) * scale) | 0
  const valueAt = (share: number): number => {
    const rank = start + Math.max(0, Math.ceil(share * (end - start)) - 1)
    const part = partAt(rank)
    let [low, high] = [rank, rank]
    while (low > start && partAt(low - 1) === part) low -= 1
    while (high < end - 1 && partAt(high + 1) === part) high += 1
    return select(values, rank, low, high)
  }
  return { p50: valueAt(0.5), p95: valueAt(0.95) }
}

/** The value that is at `rank` once those from `from` to `to`, both included, are in order. Reorders them. */
function select(values: Float64Array, rank: number, from: number, to: number): number {
  let [low, high] = [from, to]
  while (low < high) {
    // The median of three keeps sorted values from being the worst case.
    const pivot = medianOf(values[low] as number, values[(low + high) >> 1] as number, values[high] as number)
    let [left, right] = [low, high]
    while (left <= right) {
      while ((values[left] as number) < pivot) left += 1
      while ((values[right] as number) > pivot) right -= 1
      if (left > right) break
      const value = values[left] as number
      values[left] = values[right] as number
      values[right] = value
      left += 1
      right -= 1
    }
    if (rank <= right) high = right
    else if (rank >= left) low = left
    else break
  }
  return values[rank] as number
}

const medianOf = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
