import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { deflatePiece, GzipJoiner, inflatePiece, type Piece, storedPiece } from './gzip-pieces.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 3)

it(`any pieces are one gzip stream, and each gives its bytes back (seed ${seed})`, async () => {
  const repeated = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(3_000))
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    repeated.map(([part, times]) => new Uint8Array(Buffer.concat(Array.from({ length: times }, () => part)))),
  )
  const part = fc.record({ bytes, isStored: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
      const joiner = new GzipJoiner()
      const stream = [joiner.start()]
      for (const each of parts) {
        const piece: Piece = each.isStored ? storedPiece(each.bytes) : await deflatePiece(each.bytes)
        expect(Buffer.compare(await inflatePiece(piece), each.bytes)).toBe(0)
        stream.push(joiner.add(piece))
      }
      // Node checks length and checksum at the end of the stream.
      const inflated = gunzipSync(Buffer.concat([...stream, joiner.end()]))
      expect(Buffer.compare(inflated, Buffer.concat(parts.map((each) => each.bytes)))).toBe(0)
    }),
    { seed, numRuns: 100 },
  )
})

it('a stored piece that is too long is refused', () => {
  expect(storedPiece(new Uint8Array(65_535)).length).toBe(65_535)
  expect(() => storedPiece(new Uint8Array(65_536))).toThrow(RangeError)
})
