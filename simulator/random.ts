/** Seeded randomness: the same key gives the same numbers on every machine. */

/** A stream of pseudo-random numbers (mulberry32), named by a key of any parts. */
export class Random {
  private state: number

  constructor(...key: (string | number)[]) {
    // FNV-1a over the key, then a final mix: neighbouring keys ("…-1", "…-2") must not give neighbouring streams.
    let hash = 0x811c9dc5
    for (const char of key.join('|')) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    this.state = (hash ^ (hash >>> 16)) >>> 0
  }

  /** A number in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = this.state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of the items, each as likely as its weight says; the list must not be empty. */
  weighted<Item>(items: readonly Item[], weightOf: (item: Item) => number): Item {
    const total = items.reduce((sum, item) => sum + weightOf(item), 0)
    let left = this.next() * total
    for (const item of items) {
      left -= weightOf(item)
      if (left < 0) return item
    }
    const last = items.at(-1)
    if (last === undefined) throw new RangeError('cannot pick from an empty list')
    return last
  }

  pick<Item>(items: readonly Item[]): Item {
    return this.weighted(items, () => 1)
  }

  /** Exponentially distributed, mean 1: the time to the next arrival of a Poisson process of rate 1. */
  exponential(): number {
    return -Math.log(1 - this.next())
  }

  /** Log-normal with this median: how long people take for things. */
  around(median: number, spread = 0.5): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
    return median * Math.exp(spread * normal)
  }
}
