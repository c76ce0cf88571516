/** Field types that every part of the wire contract shares: ids, instants, money, counts. */
import { z } from 'zod'

export const areDistinct = (values: readonly string[]): boolean => new Set(values).size === values.length

/** Text that every storage can hold: databases refuse NUL, and a lone surrogate has no UTF-8 form. */
export const isStorableText = (text: string): boolean => !/[\0\ud800-\udfff]/u.test(text)
const textSchema = z.string().refine(isStorableText, 'must not contain NUL characters or lone surrogates')

/** Any non-empty string of at most 255 characters; the integration owns its meaning. */
export const idSchema = textSchema.min(1).max(255)

// Calendar rules and four-digit years hold between these; nothing in a store happened outside.
const FIRST_INSTANT = Date.UTC(1970, 0, 1)
const LAST_INSTANT = Date.UTC(2200, 0, 1)

/** Whether a valid instant is written as `YYYY-MM-DDTHH:MM:SS.mmmZ` already: most are, and ingest is all about them. */
const isNormalised = (text: string): boolean => text.length === 24 && text.endsWith('Z')

/** Instant on the wire: ISO 8601 with a zone; normalised to UTC with milliseconds. */
export const instantSchema = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 instant with a zone, such as 2026-03-01T09:30:00Z' })
  .transform((text, context) => {
    const ms = Date.parse(text)
    if (!(ms >= FIRST_INSTANT && ms < LAST_INSTANT)) {
      context.addIssue({ code: 'custom', message: 'must be an instant that exists, from 1970 to 2199' })
      return z.NEVER
    }
    return isNormalised(text) ? text : new Date(ms).toISOString()
  })

/** Store-local calendar day, YYYY-MM-DD. */
export const localDateSchema = z.iso.date()

/** Money: integer of minor units, never negative; times a quantity it stays an exact integer. */
export const moneySchema = z.int().min(0).max(10_000_000_000)

/** Quantity of one line. */
export const quantitySchema = z.int().min(1).max(100_000)

export const shortTextSchema = textSchema.max(255)
export const nameSchema = textSchema.min(1).max(500)
export const longTextSchema = textSchema.max(4_000)

/** ISO 4217 code. */
export const currencySchema = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR')

/** The employee behind a decision, as shown to colleagues. */
export const employeeRefSchema = z.object({ number: z.string(), name: z.string() })
export type EmployeeRef = z.infer<typeof employeeRefSchema>

/** First issue of a failed parse as field path and message, for errors that name the field. */
export function describeIssue(error: z.ZodError): { field: string; message: string } {
  const issue = error.issues[0]
  if (issue === undefined) return { field: '', message: 'is not valid' }
  const unknownKeys = issue.code === 'unrecognized_keys' ? issue.keys : []
  const field = [...issue.path, ...unknownKeys.slice(0, 1)].map(String).join('.')
  return { field, message: issue.message }
}
