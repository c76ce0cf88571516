/** How the spreadsheet programs of a country read a CSV. */
import type { ExportRequest } from '../data/data-api.ts'

export type CsvDialect = ExportRequest['csv']

/** Programs set to these regions write a decimal point and still part cells by semicolons. */
const POINT_AND_SEMICOLON = new Set(['CH', 'LI'])

/** @param locale BCP 47, such as `de-AT`; a language alone stands for its main region */
export function csvDialectOf(locale: string): CsvDialect {
  const parts = new Intl.NumberFormat(locale).formatToParts(1.5)
  const decimal = parts.find(({ type }) => type === 'decimal')?.value === ',' ? ',' : '.'
  const { region } = new Intl.Locale(locale)
  return { separator: decimal === ',' || POINT_AND_SEMICOLON.has(region ?? '') ? ';' : ',', decimal }
}
