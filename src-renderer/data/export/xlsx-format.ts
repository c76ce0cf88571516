/**
 * Office Open XML workbook, one sheet per table and more where a sheet is full. Rows leave as they come: what has to name
 * them all (shared strings, list of sheets) is at the end of the archive.
 */
import { Zip, ZipDeflate } from 'fflate'
import type { ExportRequest } from '../data-api.ts'
import { ByteWriter } from './byte-writer.ts'
import type { SliceColumn, TableFormat, TableHead, TableSlice, TextColumn } from './table-slice.ts'

/** Of a sheet, its header included: what the programs can open. */
export const MAX_SHEET_ROWS = 1_048_576
const MAX_CELL_CHARACTERS = 32_767
/** Sheets are mostly markup: a fast pass leaves about a tenth of it. */
const LEVEL = 1
/** XML handed to the compressor at a time. */
const PIECE_BYTES = 256 * 1024
const MS_PER_DAY = 86_400_000
/** Spreadsheets count days from here; 25569 is 1970-01-01. */
const DAYS_BEFORE_1970 = 25_569
/** Decimals of a day that hold a millisecond. */
const DAY_DIGITS = 10
/** Formats of cells by index, as `styles.xml` lists them; those of numbers by their decimals. */
const styles = { plain: 0, header: 1, instant: 2, decimals: [3, 4, 5, 6, 7] } as const
const numberFormats = ['0', '0.0', '0.00', '0.000', '0.0000']

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
/** Bytes that stand for themselves in XML; `_` may begin what Excel takes for an escape. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte < 0x7f && !'<>&_"'.includes(String.fromCharCode(byte))),
)
const NAMESPACE = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONSHIPS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE_RELATIONSHIPS = 'http://schemas.openxmlformats.org/package/2006/relationships'
const SPREADSHEET_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

/** Text as XML; characters that XML cannot hold as Excel writes them, and what looks like such an escape escaped itself. */
export function escapeXml(text: string): string {
  return (
    text
      .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
      .replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, (character) => {
        return `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`
      })
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  )
}

/** A text element, which keeps its blanks. */
const textElement = (text: string): string =>
  `<t xml:space="preserve">${escapeXml(text.length > MAX_CELL_CHARACTERS ? `${text.slice(0, MAX_CELL_CHARACTERS - 1)}…` : text)}</t>`

/** `A`, `Z`, `AA`. */
function columnName(index: number): string {
  const letter = String.fromCharCode(0x41 + (index % 26))
  return index < 26 ? letter : columnName(Math.floor(index / 26) - 1) + letter
}

type WriteCell = (row: number, reference: Uint8Array, sheetRow: number) => void

export class XlsxFormat implements TableFormat {
  readonly sliceRows = 512
  private readonly zip: Zip
  private readonly xml = new ByteWriter()
  private part: ZipDeflate | null = null
  private readonly sheets: string[] = []
  private head: TableHead = { title: '', columns: [] }
  private references: Uint8Array[] = []
  /** By column and code, the label's number among the shared strings; -1 for none. */
  private labels: number[][] = []
  private readonly shared = new Map<string, number>()
  /** Rows on the sheet, its header included, and sheets of the table. */
  private sheetRows = 0
  private tableSheets = 0

  /** @param times whether instants are written as the store's time or as UTC */
  constructor(
    output: ByteWriter,
    private readonly times: ExportRequest['times'],
    private readonly maxSheetRows = MAX_SHEET_ROWS,
  ) {
    this.zip = new Zip((error, chunk) => {
      if (error !== null) throw error
      output.copy(chunk)
    })
  }

  beginTable(head: TableHead): void {
    this.head = head
    this.labels = head.columns.map(() => [])
    this.references = head.columns.map((_, index) => encoder.encode(columnName(index)))
    this.tableSheets = 0
    this.beginSheet()
  }

  write({ rows, columns }: TableSlice): void {
    const { xml } = this
    const cells = columns.map((column, index) => this.writerOf(column, index))
    for (let row = 0; row < rows; row += 1) {
      if (this.sheetRows === this.maxSheetRows) {
        this.endSheet()
        this.beginSheet()
      }
      this.sheetRows += 1
      xml.copy(ROW)
      xml.integer(this.sheetRows)
      xml.copy(ROW_OPENED)
      for (let index = 0; index < cells.length; index += 1) {
        ;(cells[index] as WriteCell)(row, this.references[index] as Uint8Array, this.sheetRows)
      }
      xml.copy(END_ROW)
      if (xml.length > PIECE_BYTES) this.part?.push(xml.take())
    }
  }

  endTable(): void {
    this.endSheet()
  }

  end(): void {
    const numbers = this.sheets.map((_, index) => index + 1)
    this.addPart(
      'xl/workbook.xml',
      `<workbook xmlns="${NAMESPACE}" xmlns:r="${RELATIONSHIPS}"><sheets>${this.sheets
        .map((name, index) => `<sheet name="${escapeXml(name)}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`)
        .join('')}</sheets></workbook>`,
    )
    const relation = (id: string, type: string, target: string) =>
      `<Relationship Id="${id}" Type="${RELATIONSHIPS}/${type}" Target="${target}"/>`
    this.addPart(
      'xl/_rels/workbook.xml.rels',
      `<Relationships xmlns="${PACKAGE_RELATIONSHIPS}">${numbers
        .map((number) => relation(`rId${number}`, 'worksheet', `worksheets/sheet${number}.xml`))
        .join(
          '',
        )}${relation('rIdStyles', 'styles', 'styles.xml')}${relation('rIdStrings', 'sharedStrings', 'sharedStrings.xml')}</Relationships>`,
    )
    this.addPart('xl/styles.xml', stylesXml())
    this.addPart(
      'xl/sharedStrings.xml',
      `<sst xmlns="${NAMESPACE}">${[...this.shared.keys()].map((text) => `<si>${textElement(text)}</si>`).join('')}</sst>`,
    )
    this.addPart(
      '_rels/.rels',
      `<Relationships xmlns="${PACKAGE_RELATIONSHIPS}">${relation('rId1', 'officeDocument', 'xl/workbook.xml')}</Relationships>`,
    )
    const override = (part: string, type: string) =>
      `<Override PartName="/xl/${part}" ContentType="${SPREADSHEET_TYPE}.${type}+xml"/>`
    this.addPart(
      '[Content_Types].xml',
      `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${override('workbook.xml', 'sheet.main')}${numbers
        .map((number) => override(`worksheets/sheet${number}.xml`, 'worksheet'))
        .join('')}${override('styles.xml', 'styles')}${override('sharedStrings.xml', 'sharedStrings')}</Types>`,
    )
    this.zip.end()
  }

  private addPart(name: string, content: string): void {
    const part = new ZipDeflate(name, { level: LEVEL })
    this.zip.add(part)
    part.push(encoder.encode(XML + content), true)
  }

  private beginSheet(): void {
    const { title, columns } = this.head
    this.tableSheets += 1
    this.sheets.push(this.tableSheets === 1 ? title : `${title} (${this.tableSheets})`)
    this.part = new ZipDeflate(`xl/worksheets/sheet${this.sheets.length}.xml`, { level: LEVEL })
    this.zip.add(this.part)
    const { xml } = this
    xml.text(
      `${XML}<worksheet xmlns="${NAMESPACE}"><sheetViews><sheetView workbookViewId="0"${this.sheets.length === 1 ? ' tabSelected="1"' : ''}><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`,
    )
    columns.forEach(({ width }, index) => {
      xml.text(`<col min="${index + 1}" max="${index + 1}" width="${width}" customWidth="1"/>`)
    })
    xml.text('</cols><sheetData><row r="1">')
    columns.forEach((column, index) => {
      xml.text(`<c r="${columnName(index)}1" s="${styles.header}" t="s"><v>${this.sharedString(column.title)}</v></c>`)
    })
    xml.text('</row>')
    this.sheetRows = 1
  }

  private endSheet(): void {
    const { xml } = this
    const last = columnName(Math.max(0, this.head.columns.length - 1))
    xml.text(`</sheetData><autoFilter ref="A1:${last}${this.sheetRows}"/></worksheet>`)
    this.part?.push(xml.take(), true)
    this.part = null
  }

  private sharedString(text: string): number {
    const known = this.shared.get(text)
    if (known !== undefined) return known
    this.shared.set(text, this.shared.size)
    return this.shared.size - 1
  }

  private writerOf(column: SliceColumn, index: number): WriteCell {
    const { xml } = this
    const begin = (reference: Uint8Array, sheetRow: number, rest: Uint8Array) => {
      xml.copy(OPEN)
      xml.copy(reference)
      xml.integer(sheetRow)
      xml.copy(rest)
    }
    switch (column.kind) {
      case 'text':
        return (row, reference, sheetRow) => {
          if ((column.from[row] as number) < 0) return
          begin(reference, sheetRow, INLINE_TEXT)
          this.writeText(column, row)
        }
      case 'label': {
        const known = this.labels[index] as number[]
        return (row, reference, sheetRow) => {
          const code = column.codes[row] as number
          let string = known[code]
          if (string === undefined) {
            const value = column.labelOf(code)
            string = value === null ? -1 : this.sharedString(value)
            known[code] = string
          }
          if (string < 0) return
          begin(reference, sheetRow, SHARED_TEXT)
          xml.integer(string)
          xml.copy(CLOSE)
        }
      }
      case 'number': {
        const { units, digits } = column
        return (row, reference, sheetRow) => {
          const value = units[row] as number
          if (Number.isNaN(value)) return
          const decimals = digits[row] as number
          begin(reference, sheetRow, DECIMALS[decimals] ?? PLAIN_NUMBER)
          xml.decimal(value, decimals, POINT)
          xml.copy(CLOSE)
        }
      }
      case 'instant': {
        const { at, zones, zoneOf } = column
        const isLocal = this.times === 'store'
        return (row, reference, sheetRow) => {
          const instant = at[row] as number
          if (Number.isNaN(instant)) return
          const local = isLocal ? instant + zoneOf(zones[row] as number).at(instant) : instant
          const day = Math.floor(local / MS_PER_DAY)
          const part = Math.round(((local - day * MS_PER_DAY) / MS_PER_DAY) * 10 ** DAY_DIGITS)
          begin(reference, sheetRow, INSTANT)
          xml.decimal((day + DAYS_BEFORE_1970) * 10 ** DAY_DIGITS + part, DAY_DIGITS, POINT)
          xml.copy(CLOSE)
        }
      }
      case 'flag':
        return (row, reference, sheetRow) => {
          begin(reference, sheetRow, FLAG)
          xml.integer(column.values[row] as number)
          xml.copy(CLOSE)
        }
    }
  }

  private writeText({ bytes, from, to }: TextColumn, row: number): void {
    const [start, end] = [from[row] as number, to[row] as number]
    const isBare = bytes[start] !== 0x20 && bytes[end - 1] !== 0x20
    let plain = isBare && end - start <= MAX_CELL_CHARACTERS
    for (let at = start; plain && at < end; at += 1) plain = isPlain[bytes[at] as number] === 1
    if (plain) {
      this.xml.copy(TEXT)
      this.xml.copy(bytes, start, end)
      this.xml.copy(END_TEXT)
    } else {
      this.xml.text(textElement(decoder.decode(bytes.subarray(start, end))))
    }
    this.xml.copy(END_INLINE)
  }
}

const POINT = 0x2e
const ROW = encoder.encode('<row r="')
const ROW_OPENED = encoder.encode('">')
const END_ROW = encoder.encode('</row>')
const OPEN = encoder.encode('<c r="')
const INLINE_TEXT = encoder.encode('" t="inlineStr"><is>')
const TEXT = encoder.encode('<t>')
const END_TEXT = encoder.encode('</t>')
const END_INLINE = encoder.encode('</is></c>')
const SHARED_TEXT = encoder.encode('" t="s"><v>')
const FLAG = encoder.encode('" t="b"><v>')
const PLAIN_NUMBER = encoder.encode('"><v>')
const INSTANT = encoder.encode(`" s="${styles.instant}"><v>`)
const DECIMALS = styles.decimals.map((style) => encoder.encode(`" s="${style}"><v>`))
const CLOSE = encoder.encode('</v></c>')

function stylesXml(): string {
  const formats = ['yyyy\\-mm\\-dd\\ hh:mm:ss', ...numberFormats]
  const cell = (format: number, font = 0) =>
    `<xf numFmtId="${format}" fontId="${font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"${font > 0 ? ' applyFont="1"' : ''}/>`
  const custom = formats.map((_, index) => 164 + index)
  return `<styleSheet xmlns="${NAMESPACE}"><numFmts count="${formats.length}">${formats
    .map((code, index) => `<numFmt numFmtId="${custom[index]}" formatCode="${code}"/>`)
    .join(
      '',
    )}</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="${2 + formats.length}">${cell(0)}${cell(0, 1)}${custom.map((id) => cell(id)).join('')}</cellXfs></styleSheet>`
}
