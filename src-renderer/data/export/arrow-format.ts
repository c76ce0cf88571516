/**
 * Arrow IPC file (Feather 2) that other tools read: labels as dictionaries, instants as UTC timestamps of milliseconds,
 * whole numbers as 64-bit integers, money and seconds as doubles. Record batch by record batch.
 */
import {
  Bool,
  type Data,
  type DataType,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  makeVector,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
  type Vector,
} from 'apache-arrow'
import type { ByteWriter } from './byte-writer.ts'
import type {
  ColumnHead,
  DecimalColumn,
  FlagColumn,
  InstantColumn,
  LabelColumn,
  SliceColumn,
  TableFormat,
  TableHead,
  TableSlice,
  TextColumn,
} from './table-slice.ts'

const encoder = new TextEncoder()

export class ArrowFormat implements TableFormat {
  readonly sliceRows = 16_384
  private schema = new Schema([])
  private heads: readonly ColumnHead[] = []
  private dictionaries: (GrowingDictionary | null)[] = []
  private readonly writer: OutputWriter

  constructor(output: ByteWriter) {
    this.writer = new OutputWriter(output)
  }

  beginTable({ columns }: TableHead): void {
    this.heads = columns
    this.dictionaries = columns.map(({ kind }) => (kind === 'label' ? new GrowingDictionary() : null))
    this.schema = new Schema(
      columns.map(
        (head, index) => new Field(head.field, this.typeOf(head, index), true, new Map([['title', head.title]])),
      ),
    )
    this.writer.reset(undefined, this.schema)
  }

  write(slice: TableSlice): void {
    const children = slice.columns.map((column, index) => this.dataOf(column, index, slice.rows))
    const data = makeData({ type: new Struct(this.schema.fields), length: slice.rows, nullCount: 0, children })
    this.writer.write(new RecordBatch(this.schema, data))
  }

  endTable(): void {
    this.writer.finish()
  }

  end(): void {}

  private typeOf({ kind, whole }: ColumnHead, index: number): DataType {
    switch (kind) {
      case 'text':
        return new Utf8()
      case 'label':
        return (this.dictionaries[index] as GrowingDictionary).type
      case 'number':
        return whole ? new Int64() : new Float64()
      case 'instant':
        return new TimestampMillisecond('UTC')
      case 'flag':
        return new Bool()
    }
  }

  private dataOf(column: SliceColumn, index: number, rows: number): Data {
    switch (column.kind) {
      case 'text':
        return textData(column, rows)
      case 'label':
        return (this.dictionaries[index] as GrowingDictionary).dataOf(column, rows)
      case 'number':
        return this.heads[index]?.whole ? wholeData(column, rows) : decimalData(column, rows)
      case 'instant':
        return instantData(column, rows)
      case 'flag':
        return flagData(column, rows)
    }
  }
}

/** Arrow's own writer queues its pieces for an asynchronous reader; here each goes to the output at once. */
class OutputWriter extends RecordBatchFileWriter {
  constructor(private readonly output: ByteWriter) {
    super()
  }

  protected override _write(chunk: ArrayBufferView): this {
    if (!this._started) return this
    this.output.copy(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    this._position += chunk.byteLength
    return this
  }
}

/** The labels of a column; those that come later are appended, as the format allows. */
class GrowingDictionary {
  readonly type = new Dictionary(new Utf8(), new Int32())
  private readonly known = new Map<string, number>()
  private readonly byCode: number[] = []
  private pieces: Data<Utf8>[] = []
  private vector: Vector<Utf8> | null = null

  dataOf({ codes, labelOf }: LabelColumn, rows: number): Data {
    const news: string[] = []
    const indices = new Int32Array(rows)
    for (let row = 0; row < rows; row += 1) {
      const code = codes[row] as number
      let index = this.byCode[code]
      if (index === undefined) {
        const value = labelOf(code)
        index = value === null ? -1 : (this.known.get(value) ?? this.known.size)
        if (value !== null && index === this.known.size) {
          this.known.set(value, index)
          news.push(value)
        }
        this.byCode[code] = index
      }
      indices[row] = index
    }
    if (news.length > 0 || this.vector === null) {
      this.pieces = [...this.pieces, stringData(news)]
      this.vector = makeVector(this.pieces)
    }
    const nulls = validity(rows, (row) => indices[row] === -1)
    return makeData({
      type: this.type,
      length: rows,
      data: indices.map((index) => Math.max(index, 0)),
      dictionary: this.vector,
      ...nulls,
    })
  }
}

function flagData({ values }: FlagColumn, rows: number): Data {
  const bits = new Uint8Array((rows + 7) >> 3)
  for (let row = 0; row < rows; row += 1)
    bits[row >> 3] = (bits[row >> 3] as number) | ((values[row] as number) << (row & 7))
  return makeData({ type: new Bool(), length: rows, nullCount: 0, data: bits })
}

function stringData(values: readonly string[]): Data<Utf8> {
  const encoded = values.map((value) => encoder.encode(value))
  const to = new Int32Array(values.length)
  const from = new Int32Array(values.length)
  let used = 0
  encoded.forEach((bytes, row) => {
    from[row] = used
    used += bytes.length
    to[row] = used
  })
  const bytes = new Uint8Array(used)
  encoded.forEach((each, row) => {
    bytes.set(each, from[row])
  })
  return textData({ kind: 'text', bytes, from, to }, values.length)
}

function textData({ bytes, from, to }: TextColumn, rows: number): Data<Utf8> {
  const valueOffsets = new Int32Array(rows + 1)
  let used = 0
  for (let row = 0; row < rows; row += 1) {
    if ((from[row] as number) >= 0) used += (to[row] as number) - (from[row] as number)
    valueOffsets[row + 1] = used
  }
  const data = new Uint8Array(used)
  for (let row = 0; row < rows; row += 1) {
    const start = from[row] as number
    let at = valueOffsets[row] as number
    if (start >= 0) for (let i = start; i < (to[row] as number); i += 1, at += 1) data[at] = bytes[i] as number
  }
  const nulls = validity(rows, (row) => (from[row] as number) < 0)
  return makeData({ type: new Utf8(), length: rows, valueOffsets, data, ...nulls })
}

function wholeData({ units }: DecimalColumn, rows: number): Data {
  const halves = new Int32Array(rows * 2)
  for (let row = 0; row < rows; row += 1) writeInt64(halves, row, units[row] as number)
  const nulls = validity(rows, (row) => Number.isNaN(units[row]))
  return makeData({ type: new Int64(), length: rows, data: new BigInt64Array(halves.buffer), ...nulls })
}

function decimalData({ units, digits }: DecimalColumn, rows: number): Data {
  const data = new Float64Array(rows)
  for (let row = 0; row < rows; row += 1) {
    const value = units[row] as number
    data[row] = Number.isNaN(value) ? 0 : value / 10 ** (digits[row] as number)
  }
  return makeData({ type: new Float64(), length: rows, data, ...validity(rows, (row) => Number.isNaN(units[row])) })
}

function instantData({ at }: InstantColumn, rows: number): Data {
  const halves = new Int32Array(rows * 2)
  for (let row = 0; row < rows; row += 1) writeInt64(halves, row, at[row] as number)
  const nulls = validity(rows, (row) => Number.isNaN(at[row]))
  const data = new BigInt64Array(halves.buffer)
  return makeData({ type: new TimestampMillisecond('UTC'), length: rows, data, ...nulls })
}

/** A whole number as the halves of 64 bits, without a BigInt per cell; NaN as 0. Arrow is little-endian. */
function writeInt64(halves: Int32Array, row: number, value: number): void {
  if (Number.isNaN(value)) return
  halves[row * 2] = value | 0
  halves[row * 2 + 1] = Math.floor(value / 2 ** 32)
}

function validity(rows: number, isNull: (row: number) => boolean): { nullCount: number; nullBitmap?: Uint8Array } {
  const nullBitmap = new Uint8Array((rows + 7) >> 3)
  let nullCount = 0
  for (let row = 0; row < rows; row += 1) {
    if (isNull(row)) nullCount += 1
    else nullBitmap[row >> 3] = (nullBitmap[row >> 3] as number) | (1 << (row & 7))
  }
  return nullCount === 0 ? { nullCount } : { nullCount, nullBitmap }
}
