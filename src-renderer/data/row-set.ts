/** A set of row numbers as bits: what filters narrow and pages walk. */

export class RowSet {
  /** 32 rows a word, the lowest row in the lowest bit. */
  words = new Int32Array(0)

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

  /** Sum of a column over the set. */
  sum(values: ArrayLike<number>): number {
    const { words } = this
    let sum = 0
    for (let word = 0; word < words.length; word += 1) {
      const bits = words[word] as number
      if (bits === 0) continue
      const row = word * 32
      if (bits === -1) {
        for (let bit = 0; bit < 32; bit += 2) sum += (values[row + bit] as number) + (values[row + bit + 1] as number)
      } else {
        for (let rest = bits; rest !== 0; rest &= rest - 1) sum += values[row + lowestBit(rest)] as number
      }
    }
    return sum
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
