import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DayFrame, DayFrameParser, DayFramesError, encodeDayFrameHead, readDayFrames } from './day-frames.ts'
import { MAX_DAYS_PER_REQUEST } from './sync.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 5)
const date = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2199-12-31'), noInvalidDate: true })
  .map((day) => day.toISOString().slice(0, 10))
const frame: fc.Arbitrary<DayFrame> = fc.record({
  date,
  tag: fc.string({ unit: 'binary', maxLength: 20 }),
  bytes: fc.uint8Array({ maxLength: 200 }),
})
const answer = fc.record({ frames: fc.array(frame, { maxLength: 6 }), left: fc.array(date, { maxLength: 3 }) })
/** Where an answer is cut into chunks, as shares of its length. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })

function encode(frames: readonly DayFrame[], left: string[]): Uint8Array {
  const parts = frames.flatMap(({ bytes, ...head }) => [encodeDayFrameHead(head, bytes.byteLength), bytes])
  return new Uint8Array(Buffer.concat([...parts, encodeDayFrameHead({ end: true, left })]))
}

async function* chunksOf(bytes: Uint8Array, shares: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = shares.map((share) => Math.round(share * bytes.byteLength)).toSorted((a, b) => a - b)
  let start = 0
  for (const end of [...ends, bytes.byteLength]) {
    yield bytes.slice(start, end)
    start = end
  }
}

/** Everything a reader gets: the days, then what was left out or the kind of the failure. */
async function readAll(bytes: Uint8Array, shares: readonly number[] = []) {
  const days: DayFrame[] = []
  const frames = readDayFrames(chunksOf(bytes, shares))
  try {
    for (;;) {
      const { done, value } = await frames.next()
      if (done) return { days, left: value }
      days.push(value)
    }
  } catch (error) {
    if (error instanceof DayFramesError) return { days, failure: error.kind }
    throw error
  }
}

describe(`day frames (seed ${seed})`, () => {
  it('give back what was framed, however the answer is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(answer, cuts, async ({ frames, left }, shares) => {
        expect(await readAll(encode(frames, left), shares)).toEqual({ days: frames, left })
      }),
      { seed, numRuns: 300 },
    )
  })

  it('of an answer that ended early are said to be cut off, after the days that were whole', async () => {
    await fc.assert(
      fc.asyncProperty(answer, fc.double({ min: 0, max: 1, noNaN: true }), cuts, async (given, share, shares) => {
        const bytes = encode(given.frames, given.left)
        const length = Math.floor(share * (bytes.byteLength - 1))
        const read = await readAll(bytes.slice(0, length), shares)
        let end = 0
        const whole = given.frames.filter(({ bytes: body, ...head }) => {
          end += encodeDayFrameHead(head).byteLength + body.byteLength
          return end <= length
        })
        expect(read).toEqual({ days: whole, failure: 'cut_off' })
      }),
      { seed, numRuns: 300 },
    )
  })

  it('are handed out as soon as they are whole, each in a buffer of its own', () => {
    const frames = [1, 2, 3].map((fill) => ({
      date: `2026-03-0${fill}`,
      tag: 't',
      bytes: new Uint8Array(50).fill(fill),
    }))
    const bytes = encode(frames, [])
    const parser = new DayFrameParser()
    const seen: DayFrame[] = []
    for (let at = 0; at < bytes.byteLength; at += 1) {
      for (const each of parser.push(bytes.subarray(at, at + 1))) {
        seen.push(each)
        expect(each.bytes.buffer.byteLength).toBe(50)
      }
      if (at === bytes.byteLength - 60) expect(seen).toHaveLength(2)
    }
    expect(seen).toEqual(frames)
    expect(parser.end()).toEqual([])
  })

  it('that are none are damaged, and claim no memory', async () => {
    const good = encode([{ date: '2026-03-01', tag: 't', bytes: new Uint8Array(3) }], [])
    const huge = new Uint8Array([40, 0, 0, 0, 255, 255, 255, 255])
    const bad: Record<string, Uint8Array> = {
      'a web page': new TextEncoder().encode('<!doctype html><html></html>'),
      'no head': new Uint8Array(16),
      'a body of 4 GB': huge,
      'bytes after the end': new Uint8Array([...good, 0]),
      'a day that does not exist': encode([{ date: '2026-02-30', tag: 't', bytes: new Uint8Array(3) }], []),
      'a last frame with a body': new Uint8Array([...encodeDayFrameHead({ end: true, left: [] }, 1), 0]),
      'a head that is no UTF-8': new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 0xff]),
    }
    for (const [what, bytes] of Object.entries(bad)) {
      expect(await readAll(bytes), what).toMatchObject({ failure: 'damaged' })
    }
  })

  it('have room for as many days left out as may be asked for', async () => {
    const left = Array.from({ length: MAX_DAYS_PER_REQUEST }, () => '2026-03-01')
    expect(await readAll(encode([], left))).toEqual({ days: [], left })
  })
})
