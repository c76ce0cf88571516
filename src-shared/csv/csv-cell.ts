/** One cell of a CSV (RFC 4180) that opens right, and runs nothing, in spreadsheet programs. */
import { neutraliseFormula } from './formula-injection.ts'

/** What quotes protect: every separator of any program, not only the chosen one, and what ends a line. */
const needsQuotes = /[",;\t\r\n|]|^\s|\s$/

/** A text as a cell: neutralised, then quoted where necessary. */
export function csvCell(text: string): string {
  const safe = neutraliseFormula(text)
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
