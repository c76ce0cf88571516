/** A table on the screen as a CSV file, as the person's spreadsheet programs read one. */
import { csvCell } from '#shared/csv/csv-cell.ts'
import type { ExportedFile } from '../data/data-api.ts'
import type { CsvDialect } from './csv-dialect.ts'

/** Null is an empty cell: nobody knows it. */
export type CsvValue = string | number | null

const BYTE_ORDER_MARK = '\ufeff'

/**
 * @param name of the file, with its ending
 * @param dialect how it will be read (`csvDialectOf(navigator.language)`)
 */
export function tableCsv(
  name: string,
  titles: readonly string[],
  rows: readonly (readonly CsvValue[])[],
  { separator, decimal }: CsvDialect,
): ExportedFile {
  const cell = (value: CsvValue): string => {
    if (value === null) return ''
    if (typeof value === 'string') return csvCell(value)
    const text = String(value).replace('.', decimal)
    // A decimal comma between commas.
    return text.includes(separator) ? `"${text}"` : text
  }
  const lines = [titles, ...rows].map((line) => line.map(cell).join(separator))
  return { name, mediaType: 'text/csv;charset=utf-8', text: `${BYTE_ORDER_MARK}${lines.join('\r\n')}\r\n` }
}
