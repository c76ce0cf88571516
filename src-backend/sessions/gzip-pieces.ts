/**
 * Gzip put together from pieces that were compressed before. Every piece ends on a byte and refers to nothing before it,
 * so pieces follow each other as they are, in one stream that any client inflates: nothing is compressed per request.
 */
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw, inflateRaw } from 'node:zlib'

/** Part of a gzip stream. */
export interface Piece {
  /** As it goes into the stream. */
  deflated: Uint8Array
  /** Bytes when inflated. */
  length: number
  /** CRC-32 of those. */
  crc: number
}

/** Of the bytes of day blocks: 6 gives 1 % less and takes 65 % longer, 1 gives 2 % more and is hardly faster. */
const LEVEL = 4
const MAX_STORED_BYTES = 0xffff
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)
/** An empty last block. */
const LAST_BLOCK = Uint8Array.of(3, 0)

const deflate = promisify(deflateRaw) as (bytes: Uint8Array, options: object) => Promise<Uint8Array>
const inflate = promisify(inflateRaw) as (bytes: Uint8Array) => Promise<Uint8Array>

export async function deflatePiece(bytes: Uint8Array): Promise<Piece> {
  const deflated = await deflate(bytes, { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH })
  return { deflated, length: bytes.byteLength, crc: crc32(bytes) }
}

/** A piece that is not worth compressing, of at most 65,535 bytes. */
export function storedPiece(bytes: Uint8Array): Piece {
  if (bytes.byteLength > MAX_STORED_BYTES) throw new RangeError('too long to be stored in one block')
  const deflated = new Uint8Array(5 + bytes.byteLength)
  const lengths = new DataView(deflated.buffer)
  lengths.setUint16(1, bytes.byteLength, true)
  lengths.setUint16(3, bytes.byteLength ^ 0xffff, true)
  deflated.set(bytes, 5)
  return { deflated, length: bytes.byteLength, crc: crc32(bytes) }
}

/** The bytes of a piece. */
export function inflatePiece({ deflated }: Piece): Promise<Uint8Array> {
  return inflate(Buffer.concat([deflated, LAST_BLOCK]))
}

/** Makes one gzip stream of pieces. */
export class GzipJoiner {
  #length = 0
  #crc = 0

  /** What a stream begins with. */
  start(): Uint8Array {
    return HEADER
  }

  /** The piece's bytes in this stream. */
  add({ deflated, length, crc }: Piece): Uint8Array {
    this.#crc = joinCrcs(this.#crc, crc, length)
    this.#length += length
    return deflated
  }

  /** What the stream ends with. */
  end(): Uint8Array {
    const bytes = new Uint8Array(LAST_BLOCK.byteLength + 8)
    bytes.set(LAST_BLOCK)
    const trailer = new DataView(bytes.buffer, LAST_BLOCK.byteLength)
    trailer.setUint32(0, this.#crc, true)
    trailer.setUint32(4, this.#length % 2 ** 32, true)
    return bytes
  }
}

/** A linear map of 32 bits: what becomes of each bit. */
type BitMap = Uint32Array

/** What one zero bit after a message does to its CRC-32. */
const oneZeroBit: BitMap = Uint32Array.from({ length: 32 }, (_, bit) => (bit === 0 ? 0xedb8_8320 : 1 << (bit - 1)))

/** What 2^index zero bytes do. */
const zeroBytes: BitMap[] = []
for (let bits = oneZeroBit, power = 1; zeroBytes.length < 48; power += 1) {
  bits = twice(bits)
  if (power >= 3) zeroBytes.push(bits)
}

/** CRC-32 of a message of these two parts: the first one's as if zeros followed, with the second one's on top. */
function joinCrcs(first: number, second: number, secondLength: number): number {
  let crc = first
  for (let left = secondLength, power = 0; left > 0; left = Math.floor(left / 2), power += 1) {
    if (left % 2 === 1) crc = apply(zeroBytes[power] as BitMap, crc)
  }
  return (crc ^ second) >>> 0
}

function apply(map: BitMap, value: number): number {
  let result = 0
  for (let bit = 0; bit < 32; bit += 1) if (((value >>> bit) & 1) === 1) result ^= map[bit] as number
  return result >>> 0
}

function twice(map: BitMap): BitMap {
  return map.map((image) => apply(map, image))
}
