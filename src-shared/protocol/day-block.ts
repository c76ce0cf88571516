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
  Int8,
  Int16,
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
import { type ColumnPart, readSingleBatch } from './day-block-reader.ts'

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
  instant: NumberValues
  integer: NumberValues
  flag: FlagValues
}
type Kind = keyof ValuesByKind

const kinds = {
  id: 'text',
  storeId: 'label',
  version: 'integer',
  customerId: 'text',
  client: 'label',
  state: 'label',
  progress: 'label',
  startedAt: 'instant',
  lastActivityAt: 'instant',
  endedAt: 'instant',
  endReason: 'label',
  expiresAt: 'instant',
  currency: 'label',
  quantity: 'integer',
  total: 'integer',
  transactions: 'integer',
  spotCheck: 'label',
  ageVerification: 'label',
  waitingMs: 'integer',
  waitingSince: 'instant',
  interactionMs: 'integer',
  interactingSince: 'instant',
  rating: 'integer',
  reviewed: 'flag',
  preventedLoss: 'integer',
  furthestStep: 'label',
  obstacle: 'label',
  checkMethod: 'label',
  checkedBy: 'label',
  differences: 'integer',
} as const satisfies Record<keyof SessionSummary, Kind>
const columnNames = Object.keys(kinds) as (keyof SessionSummary)[]
/** Integers and labels that older blocks do not have: null in all of their rows. */
const addedLater: ReadonlySet<keyof SessionSummary> = new Set([
  'preventedLoss',
  'furthestStep',
  'obstacle',
  'checkMethod',
  'checkedBy',
  'differences',
])

/** Summaries as columns. */
export interface DayBlock {
  rows: number
  columns: { [Name in keyof SessionSummary]: ValuesByKind[(typeof kinds)[Name]] }
}

/**
 * Names the bytes that `encodeDayBlock` gives for its rows: blocks that were kept in another form are built anew. A test says
 * what it has to be.
 */
export const DAY_BLOCK_FORM = '92a6f6355be3fd8b'

/** Longer than any id may be. */
const MAX_TEXT_BYTES = 4096
const END_OF_STREAM = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]
const encoder = new TextEncoder()
/** An id may begin with what elsewhere is a byte order mark. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const numbersOf = (values: unknown[]): NumberValues =>
  Float64Array.from(values as (number | null)[], (value) => value ?? Number.NaN)

/** Summaries as columns, in the order given. */
export function columnsOf(rows: readonly SessionSummary[]): DayBlock {
  const build: Record<Kind, (values: unknown[]) => ValuesByKind[Kind]> = {
    text: (values) => textsOf(values as (string | null)[]),
    label: (values) => labelsOf(values as (string | null)[]),
    instant: numbersOf,
    integer: numbersOf,
    flag: (values) => Uint8Array.from(values as boolean[], Number),
  }
  // A row that was stored before a column was added lacks it.
  const columns = columnNames.map((name) => [name, build[kinds[name]](rows.map((row) => row[name] ?? null))])
  return { rows: rows.length, columns: Object.fromEntries(columns) }
}

const readNumber = (values: NumberValues, row: number) => (Number.isNaN(values[row]) ? null : values[row])

/** The rows of a block, in its order. */
export function rowsOf({ rows, columns }: DayBlock): SessionSummary[] {
  const read: { [Name in Kind]: (values: ValuesByKind[Name], row: number) => unknown } = {
    text: ({ bytes, offsets, nulls }, row) =>
      nulls?.[row] === 1 ? null : decoder.decode(bytes.subarray(offsets[row], offsets[row + 1])),
    label: ({ codes, values }, row) => values[codes[row] as number] ?? null,
    instant: readNumber,
    integer: readNumber,
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

/** Encodes summaries, ordered by start and then id, as one Arrow IPC stream; the same rows give the same bytes. */
export function encodeDayBlock(rows: readonly SessionSummary[]): Uint8Array {
  const ordered = [...rows].sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1))
  return encodeColumns(columnsOf(ordered), narrowest)
}

/**
 * The same block as consoles of before read it, which know integers as Float64 and codes of labels as Int32 only.
 * @throws as `decodeDayBlockColumns`
 */
export function widenDayBlock(bytes: Uint8Array): Uint8Array {
  return encodeColumns(decodeDayBlockColumns(bytes), widest)
}

/** Which arrays and types integers are written as. */
interface Widths {
  /** Integers by row, NaN for none. */
  integers(values: NumberValues): { type: Float64 | Int8 | Int16 | Int32; data: IntegerArray }
  /** Codes by row, -1 for none, of so many labels. */
  codes(codes: Int32Array, labels: number): { type: Int8 | Int16 | Int32; data: Int8Array | Int16Array | Int32Array }
}
type IntegerArray = Float64Array | Int8Array | Int16Array | Int32Array

const zeroForNone = (value: number): number => (Number.isNaN(value) ? 0 : value)
const zeroForNoCode = (code: number): number => Math.max(code, 0)

const widest: Widths = {
  // Float64 holds every integer of the contract exactly.
  integers: (values) => ({ type: new Float64(), data: values.map(zeroForNone) }),
  codes: (codes) => ({ type: new Int32(), data: codes.map(zeroForNoCode) }),
}

const narrowest: Widths = {
  integers(values) {
    let bits = 0
    for (const value of values) if (!Number.isNaN(value)) bits = Math.max(bits, bitsOf(value))
    if (bits <= 8) return { type: new Int8(), data: Int8Array.from(values, zeroForNone) }
    if (bits <= 16) return { type: new Int16(), data: Int16Array.from(values, zeroForNone) }
    if (bits <= 32) return { type: new Int32(), data: Int32Array.from(values, zeroForNone) }
    return widest.integers(values)
  },
  codes(codes, labels) {
    if (labels <= 0x80) return { type: new Int8(), data: Int8Array.from(codes, zeroForNoCode) }
    if (labels <= 0x8000) return { type: new Int16(), data: Int16Array.from(codes, zeroForNoCode) }
    return widest.codes(codes, labels)
  },
}

/** Bits of the narrowest signed integer that holds the value exactly; 64 where none of 32 does. */
function bitsOf(value: number): number {
  if ((value | 0) !== value || Object.is(value, -0)) return 64
  return value >= -0x80 && value < 0x80 ? 8 : value >= -0x8000 && value < 0x8000 ? 16 : 32
}

function encodeColumns(block: DayBlock, widths: Widths): Uint8Array {
  const numbers = (values: NumberValues, { type, data }: ReturnType<Widths['integers']>) =>
    makeData({
      type: type as Float64,
      length: values.length,
      data: data as Float64Array,
      ...validity(values.length, (row) => Number.isNaN(values[row])),
    })
  const toArrow: { [Name in Kind]: (values: ValuesByKind[Name], position: number) => Data } = {
    text: ({ bytes, offsets, nulls }) => utf8Data(bytes, offsets, nulls),
    label: ({ codes, values }, position) => {
      const dictionary = textsOf(values)
      const indices = widths.codes(codes, values.length)
      return makeData({
        // Without a number of its own it takes the next one of the process: the same rows would give other bytes.
        type: new Dictionary(new Utf8(), indices.type, position),
        length: codes.length,
        data: indices.data,
        dictionary: makeVector(utf8Data(dictionary.bytes, dictionary.offsets, null)),
        ...validity(codes.length, (row) => codes[row] === -1),
      })
    },
    instant: (values) => numbers(values, widest.integers(values)),
    integer: (values) => numbers(values, widths.integers(values)),
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
  // Readers take a stream that was cut between two messages for a shorter one.
  const end = bytes.subarray(-END_OF_STREAM.length)
  if (!END_OF_STREAM.every((byte, index) => end[index] === byte)) throw new TypeError('day block was cut off')
  const batch = readSingleBatch(bytes)
  if (batch === null) return decodeWithArrow(bytes)
  return blockOf(batch.rows, (name) => {
    const part = batch.columns.get(name)
    return part === undefined ? null : [part]
  })
}

/** A whole stream through Arrow's own reader, which knows every shape; what is damaged may keep it busy for very long. */
export function decodeWithArrow(bytes: Uint8Array): DayBlock {
  const table: Table = tableFromIPC(bytes)
  return blockOf(table.numRows, (name) => {
    const vector = table.getChild(name)
    return vector === null ? null : partsOf(vector, name)
  })
}

/** @param partsOf the parts of a column, in their order; null where there is no such column */
function blockOf(rows: number, partsOf: (name: keyof SessionSummary) => ColumnPart[] | null): DayBlock {
  const columns = columnNames.map((name) => {
    const parts = partsOf(name)
    if (parts === null && addedLater.has(name)) return [name, withoutValues(kinds[name], rows)]
    if (parts === null) throw new TypeError(`day block has no column ${name}`)
    const { part, read } = fromArrow[kinds[name]]
    for (const { kind } of parts) if (kind !== part) throw new TypeError(`column ${name} of a day block is ${kind}`)
    return [name, read(parts, rows, name)]
  })
  const block: DayBlock = { rows, columns: Object.fromEntries(columns) }
  if (block.columns.id.nulls !== null) throw new TypeError('day block has rows without id')
  return block
}

const withoutValues = (kind: Kind, rows: number): LabelValues | NumberValues =>
  kind === 'label' ? { codes: new Int32Array(rows).fill(-1), values: [] } : new Float64Array(rows).fill(Number.NaN)

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

/** The parts of a vector, one by batch. @throws for a type that no column of a block has */
function partsOf(vector: Vector, name: string): ColumnPart[] {
  const kind = kindOf(vector.type)
  if (kind === null) throw new TypeError(`column ${name} of a day block is ${vector.type}`)
  // The last part has the whole dictionary where it grew from batch to batch.
  const labels = kind === 'label' ? (vector.data.at(-1)?.dictionary?.toArray() ?? []) : []
  return vector.data.map(({ length, nullCount, nullBitmap, values, valueOffsets }) => ({
    kind,
    length,
    nullCount,
    nullBitmap: nullBitmap ?? new Uint8Array(0),
    values,
    valueOffsets,
    dictionary: labels as string[],
  }))
}

function kindOf(type: DataType): ColumnPart['kind'] | null {
  if (DataType.isUtf8(type)) return 'text'
  if (DataType.isDictionary(type)) return DataType.isUtf8(type.dictionary) ? 'label' : null
  if (DataType.isBool(type)) return 'flag'
  if (DataType.isFloat(type)) return type.ArrayType === Float64Array ? 'number' : null
  return DataType.isInt(type) && type.isSigned && type.bitWidth <= 32 ? 'number' : null
}

/** Calls `mark` for every row without a value. */
function eachNull({ length, nullCount, nullBitmap }: ColumnPart, mark: (row: number) => void): void {
  if (nullCount === 0) return
  for (let row = 0; row < length; row += 1) if (((byteAt(nullBitmap, row) >> (row & 7)) & 1) === 0) mark(row)
}

function readNumbers(parts: readonly ColumnPart[], rows: number): NumberValues {
  const [only] = parts
  if (only?.values instanceof Float64Array && parts.length === 1 && only.nullCount === 0) {
    return only.values.subarray(0, only.length)
  }
  const values = new Float64Array(rows)
  let start = 0
  for (const part of parts) {
    values.set(part.values.subarray(0, part.length), start)
    eachNull(part, (row) => {
      values[start + row] = Number.NaN
    })
    start += part.length
  }
  return values
}

function readFlags(parts: readonly ColumnPart[], rows: number): FlagValues {
  const values = new Uint8Array(rows)
  let start = 0
  for (const part of parts) {
    const bits = part.values as Uint8Array
    for (let row = 0; row < part.length; row += 1) values[start + row] = (byteAt(bits, row) >> (row & 7)) & 1
    start += part.length
  }
  return values
}

function readLabels(parts: readonly ColumnPart[], rows: number, name: string): LabelValues {
  const codes = new Int32Array(rows)
  const values = [...(parts.at(-1)?.dictionary ?? [])]
  let start = 0
  for (const part of parts) {
    codes.set(part.values.subarray(0, part.length), start)
    eachNull(part, (row) => {
      codes[start + row] = -1
    })
    start += part.length
  }
  for (let row = 0; row < codes.length; row += 1) {
    if ((codes[row] as number) >= values.length) throw damaged(name)
  }
  return { codes, values }
}

function readTexts(parts: readonly ColumnPart[], rows: number, name: string): TextValues {
  const length = parts.reduce((sum, part) => sum + byteLengthOf(part, name), 0)
  const [only] = parts
  let nulls: Uint8Array | null = null
  if (parts.some(({ nullCount }) => nullCount > 0)) nulls = new Uint8Array(rows)
  let [bytes, offsets] = [new Uint8Array(0), new Int32Array(1)]
  if (only !== undefined && parts.length === 1) {
    bytes = (only.values as Uint8Array<ArrayBuffer>).subarray(0, length)
    offsets = (only.valueOffsets as Int32Array<ArrayBuffer>).subarray(0, only.length + 1)
  } else {
    bytes = new Uint8Array(length)
    offsets = new Int32Array(rows + 1)
  }
  let [row, end] = [0, 0]
  for (const part of parts) {
    const start = row
    eachNull(part, (position) => {
      if (nulls !== null) nulls[start + position] = 1
    })
    if (parts.length > 1) {
      const size = byteLengthOf(part, name)
      bytes.set(part.values.subarray(0, size), end)
      for (let position = 1; position <= part.length; position += 1) {
        offsets[row + position] = end + (part.valueOffsets[position] as number)
      }
      end += size
    }
    row += part.length
  }
  return { bytes, offsets, nulls }
}

/** Bytes of a part's texts, its offsets checked. */
function byteLengthOf({ length, values, valueOffsets }: ColumnPart, name: string): number {
  if (length === 0) return 0
  let last = 0
  for (let row = 0; row <= length; row += 1) {
    const offset = valueOffsets[row]
    if (offset === undefined || offset < last || offset - last > MAX_TEXT_BYTES) throw damaged(name)
    last = offset
  }
  if (last > values.length || valueOffsets[0] !== 0) throw damaged(name)
  return last
}

const damaged = (name: string) => new TypeError(`column ${name} of a day block is damaged`)

/** How each kind of column is read, and from which kind of part. */
const fromArrow: {
  [Name in Kind]: {
    part: ColumnPart['kind']
    read: (parts: readonly ColumnPart[], rows: number, name: string) => ValuesByKind[Name]
  }
} = {
  text: { part: 'text', read: readTexts },
  label: { part: 'label', read: readLabels },
  instant: { part: 'number', read: readNumbers },
  integer: { part: 'number', read: readNumbers },
  flag: { part: 'flag', read: readFlags },
}
