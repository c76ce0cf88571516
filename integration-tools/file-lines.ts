/** Lines of a file as bytes, from any line's start on: what a resumable reader needs. */
import { createReadStream } from 'node:fs'

/** Longer lines are not kept in memory; they come without their text. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024

export interface FileLine {
  /** From 1. */
  number: number
  /** Null where the line is longer than `MAX_LINE_BYTES` or is not UTF-8. */
  text: string | null
  /** Offset of the next line's first byte. */
  end: number
}

/** Where to start: `offset` is the first byte of line `lines` + 1. */
export interface FilePlace {
  offset: number
  lines: number
}

/** Reads a file line by line, its last one with or without a line break. */
export async function* linesOf(path: string, from: FilePlace): AsyncGenerator<FileLine> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let parts: Buffer[] = []
  let size = 0
  let number = from.lines
  let offset = from.offset
  const take = (part: Buffer) => {
    size += part.length
    if (size <= MAX_LINE_BYTES) parts.push(part)
    else parts = []
  }
  const finish = (end: number): FileLine => {
    const text = size > MAX_LINE_BYTES ? null : decode(decoder, Buffer.concat(parts))
    parts = []
    size = 0
    number += 1
    return { number, text, end }
  }
  for await (const chunk of createReadStream(path, { start: from.offset, highWaterMark: 256 * 1024 })) {
    const bytes = chunk as Buffer
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      take(bytes.subarray(start, end))
      start = end + 1
      yield finish(offset + start)
    }
    take(bytes.subarray(start))
    offset += bytes.length
  }
  if (size > 0) yield finish(offset)
}

function decode(decoder: TextDecoder, bytes: Buffer): string | null {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}
