/** Field types that every part of the wire contract shares: ids, instants, money, counts. */
import { z } from 'zod'

/** Any non-empty string of at most 255 characters; the integration owns its meaning. */
export const idSchema = z.string().min(1).max(255)

/** Instant on the wire: ISO 8601 with a zone; normalised to UTC with milliseconds. */
export const instantSchema = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 instant with a zone, such as 2026-03-01T09:30:00Z' })
  .transform((text, context) => {
    const ms = Date.parse(text)
    if (Number.isNaN(ms)) {
      context.addIssue({ code: 'custom', message: 'is not an instant that exists' })
      return z.NEVER
    }
    return new Date(ms).toISOString()
  })

/** Store-local calendar day, YYYY-MM-DD. */
export const localDateSchema = z.iso.date()

/** Money: integer of minor units, never negative. */
export const moneySchema = z.int().min(0).max(1_000_000_000_000)

/** Quantity of one line. */
export const quantitySchema = z.int().min(1).max(1_000_000)

export const shortTextSchema = z.string().max(255)
export const longTextSchema = z.string().max(4_000)

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
