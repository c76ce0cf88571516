/**
 * Many day blocks in one answer: frames, each of two lengths (32 bits, little-endian: head, body), a head in JSON and a
 * body, which is a block or empty. The last frame says that nothing is missing, so an answer that was cut is known as such.
 */
import { type DayFrameHead, dayFrameHeadSchema } from './sync.ts'

/** One day of the answer. */
export interface DayFrame {
  /** YYYY-MM-DD, store-local. */
  date: string
  /** Names the content of the block. */
  tag: string
  /** The Arrow stream, in a buffer of its own. */
  bytes: Uint8Array
}

/** `cut_off`: the answer ended before its last frame; `damaged`: these bytes are no frames. */
export class DayFramesError extends Error {
  constructor(
    readonly kind: 'cut_off' | 'damaged',
    detail: string,
  ) {
    super(`day frames ${kind === 'cut_off' ? 'were cut off' : 'are damaged'}: ${detail}`)
  }
}

const LENGTHS_BYTES = 8
/** The last head names at most `MAX_DAYS_PER_REQUEST` days. */
const MAX_HEAD_BYTES = 4_096
/** Far beyond any day; what claims more would only fill the memory. */
const MAX_BODY_BYTES = 0x1000_0000
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The bytes before a body of this length, and the whole frame where it has none. */
export function encodeDayFrameHead(head: DayFrameHead, bodyLength = 0): Uint8Array {
  const text = encoder.encode(JSON.stringify(head))
  const bytes = new Uint8Array(LENGTHS_BYTES + text.byteLength)
  const lengths = new DataView(bytes.buffer)
  lengths.setUint32(0, text.byteLength, true)
  lengths.setUint32(4, bodyLength, true)
  bytes.set(text, LENGTHS_BYTES)
  return bytes
}

/**
 * The days of an answer, each as soon as it is whole.
 * @param chunks the answer's bytes, cut anywhere
 * @returns (when iterated to the end) the asked days that the answer leaves out
 * @throws DayFramesError after the days that were whole; and what `chunks` throws
 */
export async function* readDayFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<DayFrame, string[]> {
  const frames = new DayFrameParser()
  for await (const chunk of chunks) yield* frames.push(chunk)
  return frames.end()
}

/** The same for a caller that has no iterable: push what arrives, then ask for the end. */
export class DayFrameParser {
  readonly #lengths = new Uint8Array(LENGTHS_BYTES)
  /** What is being filled: the lengths, then the head, then the body. */
  #target: Uint8Array = this.#lengths
  #filled = 0
  #part: 'lengths' | 'head' | 'body' = 'lengths'
  #bodyLength = 0
  #head: DayFrameHead | null = null
  #left: string[] | null = null

  /** The asked days that the answer leaves out. @throws DayFramesError `cut_off` where the last frame did not come */
  end(): string[] {
    if (this.#left === null) throw new DayFramesError('cut_off', `in the ${this.#part} of a frame`)
    return this.#left
  }

  /** The days that are whole with these bytes. @throws DayFramesError `damaged` */
  *push(chunk: Uint8Array): Generator<DayFrame, void> {
    let rest = chunk
    while (rest.byteLength > 0) {
      if (this.#left !== null) throw new DayFramesError('damaged', 'bytes after the last frame')
      const taken = rest.subarray(0, this.#target.byteLength - this.#filled)
      this.#target.set(taken, this.#filled)
      this.#filled += taken.byteLength
      rest = rest.subarray(taken.byteLength)
      if (this.#filled === this.#target.byteLength) yield* this.#finishPart()
    }
  }

  *#finishPart(): Generator<DayFrame, void> {
    if (this.#part === 'lengths') {
      const lengths = new DataView(this.#lengths.buffer)
      const headLength = lengths.getUint32(0, true)
      this.#bodyLength = lengths.getUint32(4, true)
      if (headLength === 0 || headLength > MAX_HEAD_BYTES || this.#bodyLength > MAX_BODY_BYTES) {
        throw new DayFramesError('damaged', `lengths ${headLength} and ${this.#bodyLength}`)
      }
      this.#expect('head', new Uint8Array(headLength))
      return
    }
    if (this.#part === 'head') {
      const head = parseHead(this.#target)
      if ('end' in head) {
        if (this.#bodyLength > 0) throw new DayFramesError('damaged', 'the last frame has a body')
        this.#left = head.left
        return
      }
      this.#head = head
      this.#expect('body', new Uint8Array(this.#bodyLength))
      // A body without bytes is whole already; no block is empty, which its reader will say.
      if (this.#bodyLength > 0) return
    }
    const bytes = this.#target
    const head = this.#head
    this.#expect('lengths', this.#lengths)
    if (head !== null && 'date' in head) yield { ...head, bytes }
  }

  #expect(part: 'lengths' | 'head' | 'body', target: Uint8Array): void {
    this.#part = part
    this.#target = target
    this.#filled = 0
  }
}

function parseHead(bytes: Uint8Array): DayFrameHead {
  try {
    return dayFrameHeadSchema.parse(JSON.parse(decoder.decode(bytes)))
  } catch {
    throw new DayFramesError('damaged', 'a head that says nothing')
  }
}
