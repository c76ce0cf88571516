/** The register of refused age verifications: one chain of entries per store, each holding the hash of the one before. */
import { z } from 'zod'
import { numberedPageSchema } from './numbered-page.ts'
import { employeeRefSchema } from './primitives.ts'

/** `GET /v1/sync/stores/{storeId}/refusals?since=&limit=`: entries after a number, oldest first. */
export const MAX_REFUSALS_PER_PAGE = 500

/** Lower-case hex of a SHA-256. */
const hashSchema = z.string().regex(/^[0-9a-f]{64}$/)

export const refusalItemSchema = z.object({
  sku: z.string(),
  name: z.string(),
  quantity: z.int(),
  minAge: z.int(),
})
export type RefusalItem = z.infer<typeof refusalItemSchema>

/** What an entry says; who the shopper is, is not part of it. */
export const refusalSchema = z.object({
  /** That of the decision. */
  id: z.string(),
  storeId: z.string(),
  sessionId: z.string(),
  verificationId: z.string(),
  /** When the employee refused, and when the backend took it. */
  at: z.string(),
  arrivedAt: z.string(),
  employee: employeeRefSchema,
  /** Years; null where neither the store's system nor an item named an age. */
  minAge: z.int().nullable(),
  items: z.array(refusalItemSchema),
  /** One of `ageRefusalReasons`, or one that a newer console knows; null where none was given. */
  reason: z.string().nullable(),
})
export type Refusal = z.infer<typeof refusalSchema>

export const refusalEntrySchema = refusalSchema.extend({
  /** From 1, without holes, in the order of arrival. */
  number: z.int().min(1),
  /** Hash of the entry before; 64 zeros for the first. */
  previous: hashSchema,
  /** Of the canonical JSON of everything else in the entry. */
  hash: hashSchema,
})
export type RefusalEntry = z.infer<typeof refusalEntrySchema>

export const refusalsPageSchema = numberedPageSchema(refusalEntrySchema)
export type RefusalsPage = z.infer<typeof refusalsPageSchema>
