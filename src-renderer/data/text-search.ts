/**
 * Substring search over session and customer ids. For every row, bits say which characters and which pairs of characters
 * its ids have, in lower case; only rows that have all of the needle's are read, if that is still necessary. Both sides
 * are lowered as JavaScript lowers strings, so that the answer is that of `id.toLowerCase().includes(needle)`.
 */
import { lowestBit, type RowSet } from './row-set.ts'
import type { RowTexts } from './row-texts.ts'
import type { SessionColumns } from './session-columns.ts'

/** Characters with a bit of their own; all other bytes share one. */
const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyz-_.:/ #+@|'
const OTHER_BIT = CHARACTERS.length
/** Set where an id is not all ASCII: such rows are compared as strings. */
const NON_ASCII_BIT = OTHER_BIT + 1
const FIRST_PAIR_BIT = NON_ASCII_BIT + 1
/** Enough for all pairs of hexadecimal digits and dashes to have bits of their own; where there are more, they share. */
const PAIR_BITS = 16 * 16 + 2 * 16
const BITS = FIRST_PAIR_BIT + PAIR_BITS
/** The bits of 1,024 rows lie together, and there bit by bit, 32 rows a word: a search reads few and whole cache lines. */
const BLOCK_WORDS = 32
const BLOCK_ROWS = BLOCK_WORDS * 32
const SLICE_ROWS = 16_384
/** Where bit 0 of a row's word lies; bit `b` lies `b * BLOCK_WORDS` further. */
const baseOf = (row: number): number =>
  Math.floor(row / BLOCK_ROWS) * BITS * BLOCK_WORDS + ((row >> 5) & (BLOCK_WORDS - 1))

const lowered = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte))
const characterBits = Uint8Array.from({ length: 256 }, (_, byte) => {
  const position = CHARACTERS.indexOf(String.fromCharCode(byte))
  return position < 0 ? OTHER_BIT : position
})
const pairOf = (first: number, second: number): number => (first << 8) | second
const encoder = new TextEncoder()

export class TextSearch {
  /** True once somebody searched or is about to. */
  isWanted = false
  private bits = new Int32Array(0)
  /** Rows whose bits are known, as of `position` of the changes; nothing before the first search or preparation. */
  private position: number | null = null

  /** Bit by pair of bytes (first and second as one number), given out at its first use; 0 before. */
  private readonly pairBits = new Uint16Array(0x1_0000)
  private pairs = 0

  constructor(private readonly columns: SessionColumns) {}

  /** Brings the bits up to date, in slices of a few milliseconds. */
  *prepare(): Generator<void, void> {
    const { columns } = this
    const changed = this.position === null ? null : columns.changedSince(this.position)
    if (changed === null) {
      // Taken first: what changes between two slices is looked at again.
      const position = columns.changePosition
      const { length } = columns
      this.position = null
      // New memory is zero already, and is not touched before it is needed.
      if (!this.reserve(length)) this.bits.fill(0)
      for (let row = 0; row < length; row += 1) {
        this.describe(row)
        if (row % SLICE_ROWS === SLICE_ROWS - 1) yield
      }
      this.position = position
      yield* this.prepare()
      return
    }
    this.position = columns.changePosition
    this.reserve(columns.length)
    for (const row of changed) {
      this.clear(row)
      this.describe(row)
    }
  }

  /** True when `prepare` has nothing to do. */
  get isReady(): boolean {
    return this.position === this.columns.changePosition
  }

  /**
   * Narrows `rows` to those with the needle in an id.
   * @param needle not empty, lower case
   */
  narrow(rows: RowSet, needle: string): void {
    this.isWanted = true
    for (const _ of this.prepare());
    const bytes = encoder.encode(needle)
    const bitsNeeded = this.bitsOf(bytes)
    if (bitsNeeded === null) {
      rows.words.fill(0)
      return
    }
    const isExact = this.isExact(bytes)
    const { words } = rows
    const { bits, columns } = this
    const { texts } = columns
    for (let word = 0; word < words.length; word += 1) {
      let kept = words[word] as number
      if (kept === 0) continue
      const base = baseOf(word * 32)
      for (let i = 0; i < bitsNeeded.length && kept !== 0; i += 1) {
        kept &= bits[base + (bitsNeeded[i] as number) * BLOCK_WORDS] as number
      }
      if (!isExact && kept !== 0) {
        const nonAscii = bits[base + NON_ASCII_BIT * BLOCK_WORDS] as number
        for (let rest = kept; rest !== 0; rest &= rest - 1) {
          const lowest = rest & -rest
          const row = word * 32 + lowestBit(rest)
          const has = (nonAscii & lowest) === 0 ? hasBytes(texts, row, bytes) : hasText(texts, row, needle)
          if (!has) kept &= ~lowest
        }
      }
      words[word] = kept
    }
  }

  /** Bits of the rows that may have the needle; null where none can. */
  private bitsOf(needle: Uint8Array): number[] | null {
    const bits = new Set<number>()
    for (const [index, byte] of needle.entries()) {
      if (byte >= 0x80) bits.add(NON_ASCII_BIT)
      // Pairs say what their characters would.
      if (needle.length === 1) bits.add(characterBits[byte] as number)
      if (index === 0) continue
      const pairBit = this.pairBits[pairOf(needle[index - 1] as number, byte)] as number
      if (pairBit === 0) return null
      bits.add(pairBit)
    }
    return [...bits]
  }

  /** Whether the needle's bits alone say that a row has it. */
  private isExact(needle: Uint8Array): boolean {
    const [first = 0, second = 0] = needle
    if (needle.length === 1) return characterBits[first] !== OTHER_BIT
    if (needle.length !== 2 || first >= 0x80 || second >= 0x80) return false
    // Bits are given out in turn: a pair shares its bit with those that came a whole round before or after it.
    return (this.pairBits[pairOf(first, second)] as number) >= FIRST_PAIR_BIT + Math.max(0, this.pairs - PAIR_BITS)
  }

  /** @returns whether the bits are new memory */
  private reserve(rows: number): boolean {
    const needed = Math.ceil(rows / BLOCK_ROWS) * BITS * BLOCK_WORDS
    if (needed <= this.bits.length) return false
    const bits = new Int32Array(Math.max(needed, Math.ceil(this.bits.length * (this.bits.length === 0 ? 1 : 1.25))))
    if (this.position !== null) bits.set(this.bits)
    this.bits = bits
    return true
  }

  private clear(row: number): void {
    const { bits } = this
    const base = baseOf(row)
    const mask = 1 << (row & 31)
    for (let bit = 0; bit < BITS; bit += 1) {
      const at = base + bit * BLOCK_WORDS
      bits[at] = (bits[at] as number) & ~mask
    }
  }

  private describe(row: number): void {
    const { bits } = this
    const { texts } = this.columns
    const base = baseOf(row)
    const mask = 1 << (row & 31)
    const idFrom = texts.idFrom(row)
    const customerFrom = texts.customerFrom(row)
    let isAscii = this.describeBytes(base, mask, texts.bytes, idFrom, texts.idTo(row))
    if (customerFrom >= 0) {
      isAscii = this.describeBytes(base, mask, texts.bytes, customerFrom, texts.customerTo(row)) && isAscii
    }
    if (isAscii) return
    // Lowering may change what bytes there are, and even bring ASCII ones (the Kelvin sign).
    for (const text of [texts.id(row), texts.customerId(row) ?? '']) {
      const bytes = encoder.encode(text.toLowerCase())
      this.describeBytes(base, mask, bytes, 0, bytes.length)
    }
    bits[base + NON_ASCII_BIT * BLOCK_WORDS] = (bits[base + NON_ASCII_BIT * BLOCK_WORDS] as number) | mask
  }

  /** @returns whether all bytes are ASCII */
  private describeBytes(base: number, mask: number, bytes: Uint8Array, from: number, to: number): boolean {
    const { bits, pairBits } = this
    let before = -1
    let all = 0
    for (let at = from; at < to; at += 1) {
      const byte = lowered[bytes[at] as number] as number
      all |= byte
      const character = base + (characterBits[byte] as number) * BLOCK_WORDS
      bits[character] = (bits[character] as number) | mask
      if (before >= 0) {
        const pair = pairOf(before, byte)
        if (pairBits[pair] === 0) {
          pairBits[pair] = FIRST_PAIR_BIT + (this.pairs % PAIR_BITS)
          this.pairs += 1
        }
        const bit = base + (pairBits[pair] as number) * BLOCK_WORDS
        bits[bit] = (bits[bit] as number) | mask
      }
      before = byte
    }
    return all < 0x80
  }
}

function hasBytes(texts: RowTexts, row: number, needle: Uint8Array): boolean {
  const { bytes } = texts
  const idFrom = texts.idFrom(row)
  const customerTo = texts.customerTo(row)
  // Length bytes between the ids may look like characters: a hit over them is looked at closely.
  const at = indexIn(bytes, idFrom, customerTo, needle)
  if (at < 0) return false
  const idTo = texts.idTo(row)
  if (at + needle.length <= idTo) return true
  const customerFrom = texts.customerFrom(row)
  return customerFrom >= 0 && indexIn(bytes, customerFrom, customerTo, needle) >= 0
}

function indexIn(bytes: Uint8Array, from: number, to: number, needle: Uint8Array): number {
  const first = needle[0] as number
  const { length } = needle
  const last = to - length
  for (let start = from; start <= last; start += 1) {
    if (lowered[bytes[start] as number] !== first) continue
    let i = 1
    while (i < length && lowered[bytes[start + i] as number] === needle[i]) i += 1
    if (i === length) return start
  }
  return -1
}

function hasText(texts: RowTexts, row: number, needle: string): boolean {
  return (
    texts.id(row).toLowerCase().includes(needle) || (texts.customerId(row)?.toLowerCase().includes(needle) ?? false)
  )
}
