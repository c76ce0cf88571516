/**
 * CSV that opens right in spreadsheet programs: UTF-8 with a byte order mark, CRLF, RFC 4180 quotes, separator and decimal
 * point as the person's programs expect them. No `sep=` line: Excel forgets the encoding over it, others show it as a row.
 */
import { csvCell } from '#shared/csv/csv-cell.ts'
import type { ExportRequest } from '../data-api.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { LabelColumn, SliceColumn, TableFormat, TableHead, TableSlice, TextColumn } from './table-slice.ts'

const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf)
const QUOTE = 0x22
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const YES = encoder.encode('yes')
const NO = encoder.encode('no')

/** Bytes of a text that `csvCell` has to look at. */
const special = Uint8Array.from({ length: 256 }, (_, byte) => Number(',;\t\r\n|"'.includes(String.fromCharCode(byte))))
const isPlainStart = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(/[A-Za-z0-9]/.test(String.fromCharCode(byte))),
)

type WriteCell = (row: number) => void

export class CsvFormat implements TableFormat {
  readonly sliceRows = 4096
  private readonly separator: number
  private readonly point: number
  /** By column and code, the label's cell. */
  private labels: Uint8Array[][] = []
  private columns = 0

  /** @param times whether instants are written as the store's time or as UTC */
  constructor(
    private readonly output: ByteWriter,
    private readonly csv: ExportRequest['csv'],
    private readonly times: ExportRequest['times'],
  ) {
    this.separator = csv.separator.charCodeAt(0)
    this.point = csv.decimal.charCodeAt(0)
  }

  beginTable({ columns }: TableHead): void {
    this.labels = columns.map(() => [])
    this.columns = columns.length
    this.output.copy(BYTE_ORDER_MARK)
    this.output.text(columns.map(({ title }) => csvCell(title)).join(this.csv.separator))
    this.endLine()
  }

  write({ rows, columns }: TableSlice): void {
    const { output, separator } = this
    const cells = columns.map((column, index) => this.writerOf(column, index))
    for (let row = 0; row < rows; row += 1) {
      const start = output.length
      for (let index = 0; index < cells.length; index += 1) {
        if (index > 0) output.byte(separator)
        ;(cells[index] as WriteCell)(row)
      }
      // A line of nothing would be no row to many programs.
      if (this.columns === 1 && output.length === start) output.text('""')
      this.endLine()
    }
  }

  endTable(): void {}

  end(): void {}

  private endLine(): void {
    this.output.byte(0x0d)
    this.output.byte(0x0a)
  }

  private writerOf(column: SliceColumn, index: number): WriteCell {
    const { output } = this
    switch (column.kind) {
      case 'text':
        return (row) => this.writeText(column, row)
      case 'label':
        return this.labelWriter(column, this.labels[index] as Uint8Array[])
      case 'number': {
        const { units, digits } = column
        const { point } = this
        // A decimal comma between commas.
        const quoted = point === this.separator
        return (row) => {
          const value = units[row] as number
          if (Number.isNaN(value)) return
          const decimals = digits[row] as number
          if (quoted && decimals > 0) output.byte(QUOTE)
          output.decimal(value, decimals, point)
          if (quoted && decimals > 0) output.byte(QUOTE)
        }
      }
      case 'instant': {
        const { at, zones, zoneOf } = column
        const isLocal = this.times === 'store'
        return (row) => {
          const instant = at[row] as number
          if (Number.isNaN(instant)) return
          output.dateTime(isLocal ? instant + zoneOf(zones[row] as number).at(instant) : instant)
        }
      }
      case 'flag':
        return (row) => output.copy(column.values[row] === 1 ? YES : NO)
    }
  }

  private labelWriter({ codes, labelOf }: LabelColumn, known: Uint8Array[]): WriteCell {
    const { output } = this
    return (row) => {
      const code = codes[row] as number
      let cell = known[code]
      if (cell === undefined) {
        cell = encoder.encode(csvCell(labelOf(code) ?? ''))
        known[code] = cell
      }
      output.copy(cell)
    }
  }

  private writeText({ bytes, from, to }: TextColumn, row: number): void {
    const [start, end] = [from[row] as number, to[row] as number]
    if (start < 0 || start === end) return
    let isPlain = isPlainStart[bytes[start] as number] === 1
    for (let at = start; isPlain && at < end; at += 1) isPlain = special[bytes[at] as number] === 0
    if (isPlain) this.output.copy(bytes, start, end)
    else this.output.text(csvCell(decoder.decode(bytes.subarray(start, end))))
  }
}
