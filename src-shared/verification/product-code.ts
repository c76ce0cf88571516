/** Codes on products: EAN-8, EAN-13, UPC-A, GTIN-14 and GS1 Digital Link, and how they match the lines of a basket. */

/** What a scanner, or a person at a keyboard, read. */
export type ReadCode =
  /** `gtin` has 14 digits, whatever the length of what was printed. */
  | { kind: 'gtin'; form: 'ean_8' | 'upc_a' | 'ean_13' | 'gtin_14' | 'digital_link'; gtin: string }
  /** As long as a product code and all digits, but not right: a typing error, or a store's own numbering. */
  | { kind: 'wrong_check_digit'; text: string }
  | { kind: 'other'; text: string }

const GTIN_LENGTH = 14
const forms: Record<number, Extract<ReadCode, { kind: 'gtin' }>['form']> = {
  8: 'ean_8',
  12: 'upc_a',
  13: 'ean_13',
  14: 'gtin_14',
}
const DIGITS = /^\d+$/
/** Many scanners can be set to say which symbology a code had, as `]E0` in front of it. */
const SYMBOLOGY = /^\][A-Za-z]\d/
/** Application identifier 01 in the path of a Digital Link; `gtin` is its former name. */
const LINK_GTIN = /^https?:\/\/[^?#]*?\/(?:01|gtin)\/(\d{8}|\d{12,14})(?=[/?#]|$)/i

/** Reads the content of a code. Never throws: what it does not know is `other`. */
export function readCode(content: string): ReadCode {
  const text = content.trim().replace(SYMBOLOGY, '')
  const linked = LINK_GTIN.exec(text)?.[1]
  if (linked !== undefined) {
    return hasRightCheckDigit(linked)
      ? { kind: 'gtin', form: 'digital_link', gtin: linked.padStart(GTIN_LENGTH, '0') }
      : { kind: 'wrong_check_digit', text }
  }
  const form = DIGITS.test(text) ? forms[text.length] : undefined
  if (form === undefined) return { kind: 'other', text }
  return hasRightCheckDigit(text)
    ? { kind: 'gtin', form, gtin: text.padStart(GTIN_LENGTH, '0') }
    : { kind: 'wrong_check_digit', text }
}

/** The digit that completes a code: weights 3 and 1 from the right, so that leading zeros change nothing. */
export function checkDigitOf(digits: string): number {
  let sum = 0
  for (let place = 0; place < digits.length; place += 1) {
    sum += Number(digits[digits.length - 1 - place]) * (place % 2 === 0 ? 3 : 1)
  }
  return (10 - (sum % 10)) % 10
}

function hasRightCheckDigit(code: string): boolean {
  return checkDigitOf(code.slice(0, -1)) === Number(code.at(-1))
}

/** Codes and SKUs of the same product have the same key: numbers are compared without leading zeros. */
export function productKey(codeOrSku: string): string {
  const code = readCode(codeOrSku)
  const text = code.kind === 'gtin' ? code.gtin : code.text
  return DIGITS.test(text) ? text.replace(/^0+(?=\d)/, '') : text
}
