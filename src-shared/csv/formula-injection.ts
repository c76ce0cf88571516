/**
 * Text that a spreadsheet program would run as a formula (OWASP: CSV injection). Every text of an export may come from a
 * shopper's device, so every text of a CSV goes through here; typed cells (XLSX, Arrow) need it not.
 */

/** `=`, `+`, `-`, `@`, their full-width and small forms, and the minus sign: some programs take them for the plain ones. */
const OPENERS = '=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212'
/** Programs skip these before they look for a formula. */
const SKIPPED = '\\s\\p{Z}\\p{Cc}\\p{Cf}"'
const startsFormula = new RegExp(`^(?:[${SKIPPED}]*[${OPENERS}]|[\\t\\r])`, 'u')
/** A program that takes another character for the separator starts a cell within the text. */
const startsFormulaInside = new RegExp(`([,;\\t\\r\\n|])(?=[${SKIPPED}]*[${OPENERS}])`, 'gu')

/** The text with an apostrophe before whatever could be read as a formula; other texts as they are. */
export function neutraliseFormula(text: string): string {
  const inside = text.replace(startsFormulaInside, "$1'")
  return startsFormula.test(text) ? `'${inside}` : inside
}
