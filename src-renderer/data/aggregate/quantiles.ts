/**
 * Exact quantiles by group. The quantile of a share is the smallest value that at least this share of all values do not
 * exceed (nearest rank): one that occurred, never one in between.
 */
import type { Quantiles } from '../chart-api.ts'

/** Up to so many values with their groups, in any order. */
export class GroupedValues {
  private readonly values: Float64Array
  private readonly groupOf: Int32Array
  private count = 0

  /** @param groups groups are numbered from 0 to below this */
  constructor(
    private readonly groups: number,
    room: number,
  ) {
    this.values = new Float64Array(room)
    this.groupOf = new Int32Array(room)
  }

  add(group: number, value: number): void {
    this.values[this.count] = value
    this.groupOf[this.count] = group
    this.count += 1
  }

  /** Of all values together. */
  overall(): Quantiles {
    return quantilesOf(this.values.slice(0, this.count))
  }

  /** By group. */
  byGroup(): Quantiles[] {
    const { values, groupOf, count } = this
    const ends = new Int32Array(this.groups + 1)
    for (let i = 0; i < count; i += 1) {
      const next = (groupOf[i] as number) + 1
      ends[next] = (ends[next] as number) + 1
    }
    for (let group = 0; group < this.groups; group += 1) {
      ends[group + 1] = (ends[group + 1] as number) + (ends[group] as number)
    }
    const places = ends.slice()
    const sorted = new Float64Array(count)
    for (let i = 0; i < count; i += 1) {
      const group = groupOf[i] as number
      sorted[places[group] as number] = values[i] as number
      places[group] = (places[group] as number) + 1
    }
    return Array.from({ length: this.groups }, (_, group) => quantilesOf(sorted.subarray(ends[group], ends[group + 1])))
  }
}

/** Reorders the values. */
function quantilesOf(values: Float64Array): Quantiles {
  if (values.length === 0) return { p50: null, p95: null }
  const rankOf = (share: number) => Math.max(0, Math.ceil(share * values.length) - 1)
  const [middle, high] = [rankOf(0.5), rankOf(0.95)]
  const p50 = select(values, middle, 0)
  return { p50, p95: select(values, high, middle) }
}

/** The value of a rank; what is below `from` is no greater than all others. Reorders from there on. */
function select(values: Float64Array, rank: number, from: number): number {
  let [low, high] = [from, values.length - 1]
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
