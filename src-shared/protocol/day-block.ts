/**
 * The columns of a day block and their Arrow form; both ends build and read blocks through this table. Columns are typed
 * arrays all the way: rows are made only where somebody asks for them.
 */
import {
  Table as ArrowTable,
  Bool,
  type Data,
  DataType,
  Dictionary,
  Float64,
  Int32,
  makeData,
  makeVector,
  type Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  type Vector,
} from 'apache-arrow'
import type { SessionSummary } from '../session/session-summary.ts'

/** Values by row as integers below 2^53 (money, milliseconds, versions); null is NaN. */
export type NumberValues = Float64Array
/** 0 or 1 by row. */
export type FlagValues = Uint8Array
/** Strings that repeat: an index into `values` by row, -1 for null. */
export interface LabelValues {
  codes: Int32Array
  values: string[]
}
/** UTF-8 of row `i` from `offsets[i]` to `offsets[i + 1]`; `nulls` is 1 where there is none, and null where all have one. */
export interface TextValues {
  bytes: Uint8Array
  offsets: Int32Array
  nulls: Uint8Array | null
}

interface ValuesByKind {
  text: TextValues
  label: LabelValues
  number: NumberValues
  flag: FlagValues
}
type Kind = keyof ValuesByKind

const kinds = {
  id: 'text',
  storeId: 'label',
  version: 'number',
  customerId: 'text',
  client: 'label',
  state: 'label',
  progress: 'label',
  startedAt: 'number',
  lastActivityAt: 'number',
  endedAt: 'number',
  endReason: 'label',
  expiresAt: 'number',
  currency: 'label',
  quantity: 'number',
  total: 'number',
  transactions: 'number',
  spotCheck: 'label',
  ageVerification: 'label',
  waitingMs: 'number',
  waitingSince: 'number',
  interactionMs: 'number',
  interactingSince: 'number',
  rating: 'number',
  reviewed: 'flag',
} as const satisfies Record<keyof SessionSummary, Kind>
const columnNames = Object.keys(kinds) as (keyof SessionSummary)[]

/** Summaries as columns. */
export interface DayBlock {
  rows: number
  columns: { [Name in keyof SessionSummary]: ValuesByKind[(typeof kinds)[Name]] }
}

/** Longer than any id may be. */
const MAX_TEXT_BYTES = 4096
const END_OF_STREAM = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]
const encoder = new TextEncoder()
/** An id may begin with what elsewhere is a byte order mark. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Summaries as columns, in the order given. */
export function columnsOf(rows: readonly SessionSummary[]): DayBlock {
  const build: Record<Kind, (values: unknown[]) => ValuesByKind[Kind]> = {
    text: (values) => textsOf(values as (string | null)[]),
    label: (values) => labelsOf(values as (string | null)[]),
    number: (values) => Float64Array.from(values as (number | null)[], (value) => value ?? Number.NaN),
    flag: (values) => Uint8Array.from(values as boolean[], Number),
  }
  const columns = columnNames.map((name) => [name, build[kinds[name]](rows.map((row) => row[name]))])
  return { rows: rows.length, columns: Object.fromEntries(columns) }
}

/** The rows of a block, in its order. */
export function rowsOf({ rows, columns }: DayBlock): SessionSummary[] {
  const read: { [Name in Kind]: (values: ValuesByKind[Name], row: number) => unknown } = {
    text: ({ bytes, offsets, nulls }, row) =>
      nulls?.[row] === 1 ? null : decoder.decode(bytes.subarray(offsets[row], offsets[row + 1])),
    label: ({ codes, values }, row) => values[codes[row] as number] ?? null,
    number: (values, row) => (Number.isNaN(values[row]) ? null : values[row]),
    flag: (values, row) => values[row] === 1,
  }
  return Array.from({ length: rows }, (_, row) => {
    const summary: Record<string, unknown> = {}
    for (const name of columnNames) {
      summary[name] = (read[kinds[name]] as (values: unknown, row: number) => unknown)(columns[name], row)
    }
    return summary as unknown as SessionSummary
  })
}

/** Encodes summaries, ordered by start and then id, as one Arrow IPC stream. */
export function encodeDayBlock(rows: readonly SessionSummary[]): Uint8Array {
  const ordered = [...rows].sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1))
  const block = columnsOf(ordered)
  const toArrow: { [Name in Kind]: (values: ValuesByKind[Name], position: number) => Data } = {
    text: ({ bytes, offsets, nulls }) => utf8Data(bytes, offsets, nulls),
    label: ({ codes, values }, position) => {
      const dictionary = textsOf(values)
      return makeData({
        // Without a number of its own it takes the next one of the process: the same rows would give other bytes.
        type: new Dictionary(new Utf8(), new Int32(), position),
        length: codes.length,
        data: codes.map((code) => Math.max(code, 0)),
        dictionary: makeVector(utf8Data(dictionary.bytes, dictionary.offsets, null)),
        ...validity(codes.length, (row) => codes[row] === -1),
      })
    },
    // Float64 holds every integer of the contract exactly.
    number: (values) =>
      makeData({
        type: new Float64(),
        length: values.length,
        data: values.map((value) => (Number.isNaN(value) ? 0 : value)),
        ...validity(values.length, (row) => Number.isNaN(values[row])),
      }),
    flag: (values) => {
      const bits = new Uint8Array((values.length + 7) >> 3)
      for (let row = 0; row < values.length; row += 1)
        bits[row >> 3] = byteAt(bits, row) | (byte(values, row) << (row & 7))
      return makeData({ type: new Bool(), length: values.length, data: bits, nullCount: 0 })
    },
  }
  const vectors = Object.fromEntries(
    columnNames.map((name, position) => {
      const data = (toArrow[kinds[name]] as (values: unknown, position: number) => Data)(block.columns[name], position)
      return [name, makeVector(data)]
    }),
  )
  return tableToIPC(new ArrowTable(vectors), 'stream')
}

/**
 * Decodes a day block; columns lie in `bytes` where they can.
 * @throws where the bytes are not a whole Arrow stream with the columns of a summary
 */
export function decodeDayBlockColumns(bytes: Uint8Array): DayBlock {
  // Arrow takes a stream that was cut between two messages for a shorter one.
  const end = bytes.subarray(-END_OF_STREAM.length)
  if (!END_OF_STREAM.every((byte, index) => end[index] === byte)) throw new TypeError('day block was cut off')
  const table: Table = tableFromIPC(bytes)
  const read: { [Name in Kind]: (vector: Vector, name: string) => ValuesByKind[Name] } = {
    text: readTexts,
    label: readLabels,
    number: readNumbers,
    flag: readFlags,
  }
  const columns = columnNames.map((name) => {
    const vector = table.getChild(name)
    if (vector === null) throw new TypeError(`day block has no column ${name}`)
    return [name, read[kinds[name]](vector, name)]
  })
  const block: DayBlock = { rows: table.numRows, columns: Object.fromEntries(columns) }
  if (block.columns.id.nulls !== null) throw new TypeError('day block has rows without id')
  return block
}

/** The rows of an encoded day block. @throws as `decodeDayBlockColumns` */
export function decodeDayBlock(bytes: Uint8Array): SessionSummary[] {
  return rowsOf(decodeDayBlockColumns(bytes))
}

// --- to Arrow --------------------------------------------------------------------------------------------------------

function textsOf(values: readonly (string | null)[]): TextValues {
  const offsets = new Int32Array(values.length + 1)
  let bytes = new Uint8Array(values.reduce((sum, value) => sum + (value?.length ?? 0), 0) + 16)
  let nulls: Uint8Array | null = null
  let end = 0
  values.forEach((value, row) => {
    if (value === null) {
      nulls ??= new Uint8Array(values.length)
      nulls[row] = 1
    } else {
      if (bytes.length - end < value.length * 3) {
        const grown = new Uint8Array(bytes.length * 2 + value.length * 3)
        grown.set(bytes.subarray(0, end))
        bytes = grown
      }
      end += encoder.encodeInto(value, bytes.subarray(end)).written
    }
    offsets[row + 1] = end
  })
  return { bytes: bytes.subarray(0, end), offsets, nulls }
}

function labelsOf(values: readonly (string | null)[]): LabelValues {
  const known = new Map<string, number>()
  const codes = Int32Array.from(values, (value) => {
    if (value === null) return -1
    const code = known.get(value) ?? known.size
    known.set(value, code)
    return code
  })
  return { codes, values: [...known.keys()] }
}

function utf8Data(bytes: Uint8Array, valueOffsets: Int32Array, nulls: Uint8Array | null): Data<Utf8> {
  const length = valueOffsets.length - 1
  return makeData({
    type: new Utf8(),
    length,
    valueOffsets,
    data: bytes,
    ...validity(length, (row) => nulls?.[row] === 1),
  })
}

function validity(length: number, isNull: (row: number) => boolean): { nullCount: number; nullBitmap?: Uint8Array } {
  const bitmap = new Uint8Array((length + 7) >> 3)
  let nullCount = 0
  for (let row = 0; row < length; row += 1) {
    if (isNull(row)) nullCount += 1
    else bitmap[row >> 3] = byteAt(bitmap, row) | (1 << (row & 7))
  }
  return nullCount === 0 ? { nullCount } : { nullCount, nullBitmap: bitmap }
}

// --- from Arrow ------------------------------------------------------------------------------------------------------

const byte = (bytes: Uint8Array, index: number): number => bytes[index] as number
/** The byte that holds the bit of a row. */
const byteAt = (bits: Uint8Array, row: number): number => byte(bits, row >> 3)

function chunksOf(vector: Vector, name: string, isExpected: (type: DataType) => boolean): readonly Data[] {
  if (!isExpected(vector.type)) throw new TypeError(`column ${name} of a day block is ${vector.type}`)
  return vector.data
}

/** Calls `mark` for every row without a value. */
function eachNull(data: Data, mark: (row: number) => void): void {
  if (data.nullCount === 0) return
  for (let row = 0; row < data.length; row += 1) if (!data.getValid(row)) mark(row)
}

function readNumbers(vector: Vector, name: string): NumberValues {
  const isFloat64 = (type: DataType) => DataType.isFloat(type) && type.ArrayType === Float64Array
  const chunks = chunksOf(vector, name, isFloat64)
  const [only] = chunks
  if (only !== undefined && chunks.length === 1 && only.nullCount === 0) return only.values.subarray(0, only.length)
  const values = new Float64Array(vector.length)
  let start = 0
  for (const data of chunks) {
    values.set(data.values.subarray(0, data.length), start)
    eachNull(data, (row) => {
      values[start + row] = Number.NaN
    })
    start += data.length
  }
  return values
}

function readFlags(vector: Vector, name: string): FlagValues {
  const values = new Uint8Array(vector.length)
  let start = 0
  for (const data of chunksOf(vector, name, DataType.isBool)) {
    const bits: Uint8Array = data.values
    for (let row = 0; row < data.length; row += 1) values[start + row] = (byteAt(bits, row) >> (row & 7)) & 1
    start += data.length
  }
  return values
}

function readLabels(vector: Vector, name: string): LabelValues {
  const chunks = chunksOf(vector, name, (type) => DataType.isDictionary(type) && DataType.isUtf8(type.dictionary))
  const codes = new Int32Array(vector.length)
  const dictionary = chunks.at(-1)?.dictionary
  const values = dictionary === undefined ? [] : (dictionary.toArray() as string[])
  let start = 0
  for (const data of chunks) {
    codes.set(data.values.subarray(0, data.length), start)
    eachNull(data, (row) => {
      codes[start + row] = -1
    })
    start += data.length
  }
  for (let row = 0; row < codes.length; row += 1) {
    if ((codes[row] as number) >= values.length) throw new TypeError(`column ${name} of a day block is damaged`)
  }
  return { codes, values }
}

function readTexts(vector: Vector, name: string): TextValues {
  const chunks = chunksOf(vector, name, DataType.isUtf8)
  const length = chunks.reduce((sum, data) => sum + byteLengthOf(data, name), 0)
  const [only] = chunks
  let nulls: Uint8Array | null = null
  if (chunks.some((data) => data.nullCount > 0)) nulls = new Uint8Array(vector.length)
  let [bytes, offsets] = [new Uint8Array(0), new Int32Array(1)]
  if (only !== undefined && chunks.length === 1) {
    bytes = only.values.subarray(0, length)
    offsets = only.valueOffsets.subarray(0, only.length + 1)
  } else {
    bytes = new Uint8Array(length)
    offsets = new Int32Array(vector.length + 1)
  }
  let [row, end] = [0, 0]
  for (const data of chunks) {
    const start = row
    eachNull(data, (position) => {
      if (nulls !== null) nulls[start + position] = 1
    })
    if (chunks.length > 1) {
      const size = byteLengthOf(data, name)
      bytes.set(data.values.subarray(0, size), end)
      for (let position = 1; position <= data.length; position += 1) {
        offsets[row + position] = end + (data.valueOffsets[position] as number)
      }
      end += size
    }
    row += data.length
  }
  return { bytes, offsets, nulls }
}

/** Bytes of a chunk's texts, its offsets checked. */
function byteLengthOf(data: Data, name: string): number {
  const offsets: Int32Array = data.valueOffsets
  if (data.length === 0) return 0
  let last = 0
  for (let row = 0; row <= data.length; row += 1) {
    const offset = offsets[row]
    if (offset === undefined || offset < last || offset - last > MAX_TEXT_BYTES)
      throw new TypeError(`column ${name} of a day block is damaged`)
    last = offset
  }
  if (last > data.values.length || offsets[0] !== 0) throw new TypeError(`column ${name} of a day block is damaged`)
  return last
}
