/** Facts that store systems report: `POST /v1/stores/{storeId}/events`. */
import { z } from 'zod'
import {
  idSchema,
  instantSchema,
  longTextSchema,
  moneySchema,
  nameSchema,
  quantitySchema,
  shortTextSchema,
} from './primitives.ts'

export const MAX_EVENTS_PER_BATCH = 1_000

export const verificationKindSchema = z.enum(['spot_check', 'age_verification'])
export type VerificationKind = z.infer<typeof verificationKindSchema>

export const clientSchema = z.object({ type: shortTextSchema.min(1), version: shortTextSchema.optional() })

/** `client` is accepted as a plain string or with a version; stored as `{type, version?}`. */
export const clientInputSchema = z.union([shortTextSchema.min(1).transform((type) => ({ type })), clientSchema], {
  error: 'must be a non-empty string or {type, version?}',
})

const minAgeSchema = z.int().min(0).max(120)
const reasonSchema = longTextSchema.optional()

/** A line of a basket as a store's system names it. */
export const itemShape = {
  lineId: idSchema,
  sku: idSchema,
  name: nameSchema,
  quantity: quantitySchema,
  unitPrice: moneySchema,
  category: shortTextSchema.optional(),
  department: shortTextSchema.optional(),
  storage: z.enum(['ambient', 'chilled', 'frozen']).optional(),
  minAge: minAgeSchema.optional(),
}

/** What a shopper says of a session. */
export const feedbackShape = { rating: z.int().min(1).max(5), comment: longTextSchema.optional() }

function fact<Type extends string, Payload extends z.ZodRawShape>(type: Type, payload: Payload) {
  return z.object({ id: idSchema, sessionId: idSchema, type: z.literal(type), at: instantSchema, ...payload })
}

export const storeFactSchema = z.discriminatedUnion('type', [
  fact('session.started', { client: clientInputSchema, customerId: idSchema.nullish() }),
  fact('item.added', itemShape),
  fact('item.quantity_changed', { lineId: idSchema, quantity: quantitySchema }),
  fact('item.removed', { lineId: idSchema }),
  fact('checkout.started', { transactionId: idSchema }),
  fact('payment.started', { transactionId: idSchema, method: shortTextSchema.optional() }),
  fact('payment.cancelled', { transactionId: idSchema, reason: reasonSchema }),
  fact('payment.failed', { transactionId: idSchema, reason: reasonSchema }),
  fact('payment.completed', {
    transactionId: idSchema,
    amount: moneySchema,
    receiptNumber: shortTextSchema.optional(),
  }),
  fact('verification.required', {
    verificationId: idSchema,
    kind: verificationKindSchema,
    transactionId: idSchema.optional(),
    reason: reasonSchema,
    minAge: minAgeSchema.optional(),
  }),
  fact('verification.withdrawn', { verificationId: idSchema }),
  fact('exit.scanned', {}),
  fact('feedback.given', feedbackShape),
  fact('customer.identified', { customerId: idSchema }),
  fact('session.cancelled', { reason: reasonSchema }),
])
export type StoreFact = z.infer<typeof storeFactSchema>
/** What an integration may send (before normalisation). */
export type StoreFactInput = z.input<typeof storeFactSchema>

/** The envelope only: each event is parsed on its own, so that one bad event never spoils its batch. */
export const eventsRequestSchema = z.object({ events: z.array(z.unknown()).max(MAX_EVENTS_PER_BATCH) })

export const eventRefusalCodes = ['invalid_event', 'id_reused', 'session_of_another_store'] as const
export const eventsResponseSchema = z.object({
  accepted: z.int(),
  duplicates: z.int(),
  refused: z.array(
    z.object({
      index: z.int(),
      id: z.string().nullable(),
      code: z.enum(eventRefusalCodes),
      message: z.string(),
    }),
  ),
})
export type EventsResponse = z.infer<typeof eventsResponseSchema>
export type EventRefusal = EventsResponse['refused'][number]
