/** Money for people: integer minor units and an ISO 4217 currency in, localized text out. */
import { fromMinorUnits } from './minor-units.ts'

const formats = new Map<string, Intl.NumberFormat>()

/** Formats minor units of a currency, e.g. `1999, 'EUR'` → `€19.99`; digits follow the currency (JPY has none). */
export function formatMoney(minorUnits: number, currency: string, locale = 'en'): string {
  const key = `${locale} ${currency}`
  let format = formats.get(key)
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, { style: 'currency', currency })
    formats.set(key, format)
  }
  return format.format(fromMinorUnits(minorUnits, currency))
}
