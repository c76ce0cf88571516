/** Stable sorts of a million rows by number or text, in slices that leave room for other work. */
import type { RowTexts } from './row-texts.ts'

const DIGIT_BITS = 11
const DIGITS = 2 ** DIGIT_BITS
/** Digits of a 64-bit key; the low word gives three, the high one three. */
const PASSES = 6
/** Runs below this are sorted by comparing. */
const SHORT_RUN = 32
/** Rows worked on between two pauses: a millisecond or two. */
export const SLICE_ROWS = 16_384
const PREFIX_BYTES = 6

/**
 * Sorts `rows` by `keys` (parallel, no NaN) in place, stable; keys end up in the order of their rows. Least significant
 * digit first over the bits of the doubles.
 */
export function* sortByNumber(rows: Int32Array, keys: Float64Array): Generator<void, void> {
  const { length } = rows
  const words = new Uint32Array(keys.buffer, keys.byteOffset, length * 2)
  const counts = new Uint32Array(PASSES * DIGITS)
  for (let start = 0; start < length; start += SLICE_ROWS) {
    makeSortable(words, counts, start, Math.min(length, start + SLICE_ROWS))
    if (length > SLICE_ROWS) yield
  }
  let fromRows = rows
  let fromWords = words
  let toRows: Int32Array = new Int32Array(0)
  let toWords: Uint32Array = new Uint32Array(0)
  for (let pass = 0; pass < PASSES && length > 0; pass += 1) {
    const places = counts.subarray(pass * DIGITS, (pass + 1) * DIGITS)
    // Nothing to do where all keys have the same digit.
    if (places[digitOf(pass, fromWords[0] as number, fromWords[1] as number)] === length) continue
    let sum = 0
    for (let digit = 0; digit < DIGITS; digit += 1) {
      const count = places[digit] as number
      places[digit] = sum
      sum += count
    }
    if (toRows.length === 0) {
      toRows = new Int32Array(length)
      toWords = new Uint32Array(length * 2)
    }
    for (let start = 0; start < length; start += SLICE_ROWS) {
      deal(pass, places, fromRows, fromWords, toRows, toWords, start, Math.min(length, start + SLICE_ROWS))
      if (length > SLICE_ROWS) yield
    }
    ;[fromRows, toRows] = [toRows, fromRows]
    ;[fromWords, toWords] = [toWords, fromWords]
  }
  if (fromRows !== rows) {
    rows.set(fromRows)
    words.set(fromWords)
  }
  makeDoubles(words)
}

/** Gives the bits of doubles the order of unsigned numbers, and counts their digits. */
function makeSortable(words: Uint32Array, counts: Uint32Array, from: number, to: number): void {
  for (let at = from * 2; at < to * 2; at += 2) {
    let low = words[at] as number
    let high = words[at + 1] as number
    // All bits of a negative one, the sign of the others.
    const flip = -(high >>> 31)
    low = (low ^ flip) >>> 0
    high = (high ^ (flip | 0x80000000)) >>> 0
    words[at] = low
    words[at + 1] = high
    for (let pass = 0; pass < PASSES; pass += 1) {
      const slot = pass * DIGITS + digitOf(pass, low, high)
      counts[slot] = (counts[slot] as number) + 1
    }
  }
}

function makeDoubles(words: Uint32Array): void {
  for (let at = 0; at < words.length; at += 2) {
    const high = words[at + 1] as number
    const flip = (high >>> 31) - 1
    words[at] = (words[at] as number) ^ flip
    words[at + 1] = high ^ (flip | 0x80000000)
  }
}

function deal(
  pass: number,
  places: Uint32Array,
  fromRows: Int32Array,
  fromWords: Uint32Array,
  toRows: Int32Array,
  toWords: Uint32Array,
  from: number,
  to: number,
): void {
  const shift = (pass % 3) * DIGIT_BITS
  const half = pass < 3 ? 0 : 1
  for (let i = from; i < to; i += 1) {
    const digit = ((fromWords[i * 2 + half] as number) >>> shift) & (DIGITS - 1)
    const place = places[digit] as number
    places[digit] = place + 1
    toRows[place] = fromRows[i] as number
    toWords[place * 2] = fromWords[i * 2] as number
    toWords[place * 2 + 1] = fromWords[i * 2 + 1] as number
  }
}

function digitOf(pass: number, low: number, high: number): number {
  return ((pass < 3 ? low : high) >>> ((pass % 3) * DIGIT_BITS)) & (DIGITS - 1)
}

/** Where the text of a row lies; only rows that have one are asked. */
export interface TextOf {
  from: (row: number) => number
  to: (row: number) => number
}

/** Sorts `rows` by their texts in place, stable: by six bytes at a time, deeper only where those are equal. */
export function* sortByText(rows: Int32Array, texts: RowTexts, text: TextOf): Generator<void, void> {
  const runs: { start: number; end: number; depth: number }[] = [{ start: 0, end: rows.length, depth: 0 }]
  const compare = (a: number, b: number) => texts.compare(text.from(a), text.to(a), text.from(b), text.to(b))
  let sinceYield = 0
  for (let run = runs.pop(); run !== undefined; run = runs.pop()) {
    const { start, end, depth } = run
    sinceYield += end - start
    if (sinceYield > SLICE_ROWS) {
      sinceYield = 0
      yield
    }
    if (end - start <= SHORT_RUN) {
      insertionSort(rows, start, end, compare)
      continue
    }
    const keys = new Float64Array(end - start)
    for (let i = start; i < end; i += 1) {
      const row = rows[i] as number
      keys[i - start] = texts.prefix(text.from(row) + depth, text.to(row))
      if ((i - start) % SLICE_ROWS === SLICE_ROWS - 1) yield
    }
    const sort = sortByNumber(rows.subarray(start, end), keys)
    if (end - start > SLICE_ROWS) yield* sort
    else for (const _ of sort);
    let runStart = 0
    for (let i = 1; i <= keys.length; i += 1) {
      if (i < keys.length && keys[i] === keys[runStart]) continue
      // A last byte of 0 says that the text has ended: equal keys are equal texts then.
      const goesOn = (keys[runStart] as number) % 0x100 !== 0
      if (i - runStart > 1 && goesOn) {
        runs.push({ start: start + runStart, end: start + i, depth: depth + PREFIX_BYTES })
      }
      runStart = i
    }
  }
}

function insertionSort(rows: Int32Array, start: number, end: number, compare: (a: number, b: number) => number): void {
  for (let i = start + 1; i < end; i += 1) {
    const row = rows[i] as number
    let at = i
    while (at > start && compare(rows[at - 1] as number, row) > 0) {
      rows[at] = rows[at - 1] as number
      at -= 1
    }
    rows[at] = row
  }
}
