/**
 * Reads the one shape of Arrow stream that day blocks have: a schema of flat columns, whole dictionaries, a single batch
 * without compression. Arrow's own reader builds much more than a block needs, which over a thousand blocks is most of
 * the time, and lengths that were damaged keep it busy without end or fill the memory.
 */

/** A column of a batch as it lies in the stream, in the terms of Arrow's columnar format. */
export interface ColumnPart {
  kind: 'text' | 'label' | 'number' | 'flag'
  length: number
  nullCount: number
  /** A bit per row, 1 for a value; only where `nullCount` is not 0. */
  nullBitmap: Uint8Array
  /** UTF-8 of texts, bits of flags, codes of labels. */
  values: Uint8Array | Float64Array | Int8Array | Int16Array | Int32Array
  /** Of texts: where each begins in `values`, and where the last one ends. */
  valueOffsets: Int32Array
  /** Of labels: what the codes stand for. */
  dictionary: readonly string[]
}

type NumberArray = typeof Float64Array | typeof Int8Array | typeof Int16Array | typeof Int32Array

interface Column {
  name: string
  kind: ColumnPart['kind']
  array: NumberArray | null
  dictionaryId: number
}

const CONTINUATION = 0xffff_ffff
const METADATA_V4 = 3
const METADATA_V5 = 4
const [SCHEMA, DICTIONARY_BATCH, RECORD_BATCH] = [1, 2, 3]
const [TYPE_INT, TYPE_FLOAT, TYPE_UTF8, TYPE_BOOL] = [2, 3, 5, 6]
const DOUBLE = 2
const STRUCT_BYTES = 16
const NO_BYTES = new Uint8Array(0)
const NO_OFFSETS = new Int32Array(0)
const decoder = new TextDecoder()

/** The stream may be a good one, but not of this shape. */
class AnotherShape extends Error {}

/** The stream contradicts itself. */
const damaged = () => new TypeError('day block is damaged')

/**
 * The columns of a stream by name; null where it has another shape, which is for Arrow's reader.
 * @throws TypeError where no reader could make sense of the bytes
 */
export function readSingleBatch(bytes: Uint8Array): { rows: number; columns: Map<string, ColumnPart> } | null {
  try {
    return read(bytes.byteOffset % 8 === 0 ? bytes : bytes.slice())
  } catch (error) {
    if (error instanceof AnotherShape) return null
    // An offset points outside of the bytes.
    throw error instanceof RangeError ? damaged() : error
  }
}

function read(bytes: Uint8Array): { rows: number; columns: Map<string, ColumnPart> } {
  let message = messageAt(bytes, 0)
  if (message?.type !== SCHEMA || message.body.byteLength > 0) throw damaged()
  const columns = columnsOf(message.metadata, message.header)
  const dictionaries = new Map<number, string[]>()
  for (;;) {
    message = messageAt(bytes, message.end)
    if (message?.type !== DICTIONARY_BATCH) break
    const { metadata, header } = message
    const id = metadata.longOf(header, 0)
    const isDelta = metadata.boolean(header, 2)
    if (isDelta || dictionaries.has(id)) throw new AnotherShape()
    const batch = new Batch(metadata, metadata.table(header, 1), message.body)
    dictionaries.set(id, labelsOf(batch.column('text', null)))
    batch.finish()
  }
  if (message === null) throw new AnotherShape()
  if (message.type !== RECORD_BATCH) throw damaged()
  const batch = new Batch(message.metadata, message.header, message.body)
  if (batch.length === 0) throw new AnotherShape()
  const parts = new Map<string, ColumnPart>()
  for (const { name, kind, array, dictionaryId } of columns) {
    const part = batch.column(kind, array)
    const dictionary = kind === 'label' ? dictionaries.get(dictionaryId) : []
    if (parts.has(name)) throw new AnotherShape()
    if (dictionary === undefined) throw damaged()
    parts.set(name, { ...part, dictionary })
  }
  batch.finish()
  if (messageAt(bytes, message.end) !== null) throw new AnotherShape()
  return { rows: batch.length, columns: parts }
}

interface Message {
  type: number
  metadata: Metadata
  /** Where the header's table begins in the metadata. */
  header: number
  body: Uint8Array
  /** Where the next message begins. */
  end: number
}

/** The message that begins there; null for the end of the stream, which must be the end of the bytes as well. */
function messageAt(bytes: Uint8Array, start: number): Message | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const metadataLength = view.getInt32(start + 4, true)
  if (view.getUint32(start, true) !== CONTINUATION || metadataLength < 0) throw damaged()
  const bodyStart = start + 8 + metadataLength
  if (metadataLength === 0) {
    if (bodyStart !== bytes.byteLength) throw damaged()
    return null
  }
  const metadata = new Metadata(bytes.subarray(start + 8, bodyStart), metadataLength)
  const root = metadata.root()
  const version = metadata.short(root, 0)
  if (version === METADATA_V4 || metadata.field(root, 4) !== 0) throw new AnotherShape()
  if (version !== METADATA_V5) throw damaged()
  const end = bodyStart + metadata.longOf(root, 3)
  if (end > bytes.byteLength || bodyStart % 8 !== 0) throw damaged()
  return {
    type: metadata.byte(root, 1),
    metadata,
    header: metadata.table(root, 2),
    body: bytes.subarray(bodyStart, end),
    end,
  }
}

function columnsOf(metadata: Metadata, schema: number): Column[] {
  if (metadata.short(schema, 0) !== 0) throw damaged()
  if (metadata.field(schema, 2) !== 0) throw new AnotherShape()
  const fields = metadata.vector(schema, 1)
  return Array.from({ length: fields.length }, (_, index) => {
    const field = metadata.indirect(fields.start + index * 4)
    const name = metadata.string(field, 0)
    const type = metadata.byte(field, 2)
    const children = metadata.field(field, 5)
    if (children !== 0 && metadata.vector(field, 5).length > 0) throw new AnotherShape()
    if (metadata.field(field, 4) !== 0) {
      const encoding = metadata.table(field, 4)
      if (type !== TYPE_UTF8 || metadata.field(encoding, 1) === 0) throw new AnotherShape()
      const array = integersOf(metadata, metadata.table(encoding, 1))
      return { name, kind: 'label', array, dictionaryId: metadata.longOf(encoding, 0) }
    }
    const plain = (kind: Column['kind'], array: NumberArray | null): Column => ({ name, kind, array, dictionaryId: -1 })
    if (type === TYPE_UTF8) return plain('text', null)
    if (type === TYPE_BOOL) return plain('flag', null)
    const details = metadata.table(field, 3)
    if (type === TYPE_INT) return plain('number', integersOf(metadata, details))
    if (type === TYPE_FLOAT && metadata.short(details, 0) === DOUBLE) return plain('number', Float64Array)
    throw new AnotherShape()
  })
}

function integersOf(metadata: Metadata, type: number): NumberArray {
  const bits = metadata.int(type, 0)
  if (!metadata.boolean(type, 1)) throw new AnotherShape()
  if (bits === 8) return Int8Array
  if (bits === 16) return Int16Array
  if (bits === 32) return Int32Array
  throw new AnotherShape()
}

/** The columns of a batch, taken in the order of the schema. */
class Batch {
  readonly length: number
  readonly #metadata: Metadata
  readonly #body: Uint8Array
  readonly #nodes: { start: number; length: number }
  readonly #buffers: { start: number; length: number }
  #node = 0
  #buffer = 0

  constructor(metadata: Metadata, table: number, body: Uint8Array) {
    this.#metadata = metadata
    this.#body = body
    this.length = metadata.longOf(table, 0)
    this.#nodes = metadata.vector(table, 1)
    this.#buffers = metadata.vector(table, 2)
    // Compression, or buffers by column that only other types have.
    if (metadata.field(table, 3) !== 0 || metadata.field(table, 4) !== 0) throw new AnotherShape()
    // Each row has at least the bits of its flags.
    if (this.length > body.byteLength * 8) throw damaged()
  }

  column(kind: ColumnPart['kind'], array: NumberArray | null): ColumnPart {
    const { length } = this
    if (this.#node >= this.#nodes.length) throw damaged()
    const node = this.#nodes.start + this.#node * STRUCT_BYTES
    const nullCount = this.#metadata.long(node + 8)
    if (this.#metadata.long(node) !== length || nullCount > length) throw damaged()
    this.#node += 1
    const bitmapBytes = (length + 7) >> 3
    const validity = this.#next()
    const nullBitmap = nullCount === 0 ? NO_BYTES : atLeast(validity, bitmapBytes)
    const valueOffsets = kind === 'text' ? this.#offsets() : NO_OFFSETS
    const values =
      array === null ? atLeast(this.#next(), kind === 'flag' ? bitmapBytes : 0) : this.#numbers(array, length)
    return { kind, length, nullCount, nullBitmap, values, valueOffsets, dictionary: [] }
  }

  /** All that there is was taken. */
  finish(): void {
    if (this.#node !== this.#nodes.length || this.#buffer !== this.#buffers.length) throw damaged()
  }

  /** A column without rows may leave out the one offset that it has. */
  #offsets(): Int32Array {
    return this.#numbers(Int32Array, this.length === 0 ? 0 : this.length + 1)
  }

  #numbers<Values extends NumberArray>(array: Values, length: number): InstanceType<Values> {
    const bytes = atLeast(this.#next(), length * array.BYTES_PER_ELEMENT)
    return new array(bytes.buffer as ArrayBuffer, bytes.byteOffset, length) as InstanceType<Values>
  }

  #next(): Uint8Array {
    if (this.#buffer >= this.#buffers.length) throw damaged()
    const range = this.#buffers.start + this.#buffer * STRUCT_BYTES
    this.#buffer += 1
    const start = this.#metadata.long(range)
    const end = start + this.#metadata.long(range + 8)
    if (end > this.#body.byteLength) throw damaged()
    return this.#body.subarray(start, end)
  }
}

function atLeast(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.byteLength < length) throw damaged()
  return bytes
}

function labelsOf({ length, nullCount, values, valueOffsets }: ColumnPart): string[] {
  if (nullCount > 0) throw new AnotherShape()
  return Array.from({ length }, (_, row) => {
    const [start = 0, end = 0] = [valueOffsets[row], valueOffsets[row + 1]]
    if (start < 0 || end < start || end > values.byteLength) throw damaged()
    return decoder.decode((values as Uint8Array).subarray(start, end))
  })
}

/** The FlatBuffers tables of a message. Every position is within the metadata, or a range error ends the reading. */
class Metadata {
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array, length: number) {
    if (bytes.byteLength !== length) throw damaged()
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  root(): number {
    return this.indirect(0)
  }

  /** Where an offset points. */
  indirect(at: number): number {
    return at + this.#view.getUint32(at, true)
  }

  /** Where a table's field lies; 0 where the table leaves it out. */
  field(table: number, slot: number): number {
    const slots = table - this.#view.getInt32(table, true)
    const entry = 4 + slot * 2
    if (entry >= this.#view.getUint16(slots, true)) return 0
    const offset = this.#view.getUint16(slots + entry, true)
    return offset === 0 ? 0 : table + offset
  }

  need(table: number, slot: number): number {
    const at = this.field(table, slot)
    if (at === 0) throw damaged()
    return at
  }

  table(table: number, slot: number): number {
    return this.indirect(this.need(table, slot))
  }

  vector(table: number, slot: number): { start: number; length: number } {
    const at = this.table(table, slot)
    const length = this.#view.getUint32(at, true)
    if (length > this.#bytes.byteLength) throw damaged()
    return { start: at + 4, length }
  }

  string(table: number, slot: number): string {
    const { start, length } = this.vector(table, slot)
    if (start + length > this.#bytes.byteLength) throw damaged()
    return decoder.decode(this.#bytes.subarray(start, start + length))
  }

  byte(table: number, slot: number): number {
    const at = this.field(table, slot)
    return at === 0 ? 0 : this.#view.getUint8(at)
  }

  boolean(table: number, slot: number): boolean {
    return this.byte(table, slot) !== 0
  }

  short(table: number, slot: number): number {
    const at = this.field(table, slot)
    return at === 0 ? 0 : this.#view.getInt16(at, true)
  }

  int(table: number, slot: number): number {
    const at = this.field(table, slot)
    return at === 0 ? 0 : this.#view.getInt32(at, true)
  }

  /** A field's 64-bit integer; 0 where the table leaves it out, which is how it writes 0. */
  longOf(table: number, slot: number): number {
    const at = this.field(table, slot)
    return at === 0 ? 0 : this.long(at)
  }

  /** A 64-bit integer of 32 bits: nothing in a block is larger or negative. */
  long(at: number): number {
    if (this.#view.getUint32(at + 4, true) !== 0) throw damaged()
    return this.#view.getUint32(at, true)
  }
}
