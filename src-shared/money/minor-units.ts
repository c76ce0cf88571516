/** Money between decimal numbers, as partners send them, and integer minor units. No float is ever rounded. */

const digitsByCurrency = new Map<string, number>()

/** Decimals of a currency (ISO 4217 code): 2 for EUR, 0 for JPY. */
export function minorUnitDigits(currency: string): number {
  let digits = digitsByCurrency.get(currency)
  if (digits === undefined) {
    digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
    digitsByCurrency.set(currency, digits)
  }
  return digits
}

/**
 * Minor units of an amount, e.g. `19.99, 'EUR'` → `1999`; null where the amount is negative, has more decimals than the
 * currency, or has no exact integer of minor units. `0.1 + 0.2` and `1.005` are such: they are refused, not rounded.
 */
export function toMinorUnits(amount: number, currency: string): number | null {
  const digits = minorUnitDigits(currency)
  // The shortest decimal text of a double is what its sender wrote; beyond 21 digits or below 1e-6 it has an exponent.
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(String(amount)) ?? []
  if (whole === '' || fraction.length > digits) return null
  const units = Number(whole + fraction.padEnd(digits, '0'))
  return Number.isSafeInteger(units) ? units : null
}

/** The amount of minor units, e.g. `1999, 'EUR'` → `19.99`: the double nearest to it, so JSON shows it as written. */
export function fromMinorUnits(minorUnits: number, currency: string): number {
  return minorUnits / 10 ** minorUnitDigits(currency)
}
