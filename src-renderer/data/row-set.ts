/** A set of row numbers as bits: what filters narrow and pages walk. */

export class RowSet {
  /** 32 rows a word, the lowest row in the lowest bit. */
  words = new Int32Array(0)

  static of(rows: Int32Array): RowSet {
    const set = new RowSet()
    for (const row of rows) set.add(row)
    return set
  }

  has(row: number): boolean {
    return (((this.words[row >> 5] as number) >>> (row & 31)) & 1) === 1
  }

  add(row: number): void {
    const word = row >> 5
    if (word >= this.words.length) this.reserve(row + 1)
    this.words[word] = (this.words[word] as number) | (1 << (row & 31))
  }

  delete(row: number): void {
    const word = row >> 5
    if (word < this.words.length) this.words[word] = (this.words[word] as number) & ~(1 << (row & 31))
  }

  /** Makes room for rows below `rows`. */
  reserve(rows: number): void {
    if (this.words.length * 32 >= rows) return
    const words = new Int32Array(Math.max((rows + 31) >> 5, this.words.length * 2))
    words.set(this.words)
    this.words = words
  }

  /** Keeps only what is in the other set too. */
  intersect(other: RowSet): void {
    const { words } = this
    for (let word = 0; word < words.length; word += 1) words[word] = (words[word] as number) & (other.words[word] ?? 0)
  }

  /** Takes in what is in the other set; neither has rows beyond the room of this one. */
  unite(other: RowSet): void {
    const { words } = this
    for (let word = 0; word < words.length; word += 1) words[word] = (words[word] as number) | (other.words[word] ?? 0)
  }

  clone(): RowSet {
    const copy = new RowSet()
    copy.words = this.words.slice()
    return copy
  }

  /** How many rows are in the set. */
  get size(): number {
    const { words } = this
    let size = 0
    for (let word = 0; word < words.length; word += 1) size += bitCount(words[word] as number)
    return size
  }

  /**
   * Sums over the set in one pass: of one column, and of another by group.
   * @param groupOf the group of each of `codes`, from 0 to below `groups`
   */
  sums(
    values: ArrayLike<number>,
    grouped: ArrayLike<number>,
    codes: ArrayLike<number>,
    groupOf: Int32Array,
    groups: number,
  ): { sum: number; groups: { sums: Float64Array; counts: Int32Array } } {
    const { words } = this
    const [sums, counts] = [new Float64Array(groups), new Int32Array(groups)]
    let sum = 0
    // Neighbours are mostly of one group: sums in variables do not wait for the memory of the one before.
    let [group, ofGroup, rows] = [0, 0, 0]
    for (let word = 0; word < words.length; word += 1) {
      const row = word * 32
      for (let rest = words[word] as number; rest !== 0; rest &= rest - 1) {
        const at = row + lowestBit(rest)
        const next = groupOf[codes[at] as number] as number
        if (next !== group) {
          sums[group] = (sums[group] as number) + ofGroup
          counts[group] = (counts[group] as number) + rows
          ;[group, ofGroup, rows] = [next, 0, 0]
        }
        sum += values[at] as number
        ofGroup += grouped[at] as number
        rows += 1
      }
    }
    if (rows > 0) {
      sums[group] = (sums[group] as number) + ofGroup
      counts[group] = (counts[group] as number) + rows
    }
    return { sum, groups: { sums, counts } }
  }

  /** Rows in ascending order; the set must not change meanwhile. */
  *[Symbol.iterator](): Generator<number> {
    const { words } = this
    for (let word = 0; word < words.length; word += 1) {
      for (let rest = words[word] as number; rest !== 0; rest &= rest - 1) yield word * 32 + lowestBit(rest)
    }
  }

  /** All rows at once, faster than one by one. */
  toRows(): Int32Array {
    const { words } = this
    const rows = new Int32Array(this.size)
    let count = 0
    for (let word = 0; word < words.length; word += 1) {
      for (let rest = words[word] as number; rest !== 0; rest &= rest - 1) {
        rows[count] = word * 32 + lowestBit(rest)
        count += 1
      }
    }
    return rows
  }
}

/** Position of the lowest bit that is set; the word is not 0. */
export const lowestBit = (word: number): number => 31 - Math.clz32(word & -word)

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
