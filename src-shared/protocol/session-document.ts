/** The session document: one shape on the wire, in the backend, in IndexedDB and on the screen. */
import { z } from 'zod'
import {
  checkMethodSchema,
  correctionSchema,
  differenceSchema,
  itemOutcomeSchema,
  rescanPlanSchema,
  verdictSchema,
} from './decisions.ts'
import { clientSchema, verificationKindSchema } from './integration.ts'
import { lifecycleStateSchema } from './lifecycle-state.ts'
import { employeeRefSchema } from './primitives.ts'

export const knownProgress = [
  'basket_created',
  'checkout_started',
  'payment_started',
  'payment_completed',
  'session_completed',
  'abandoned',
] as const

export const endReasonSchema = z.enum(['completed', 'expired_midnight', 'expired_inactivity', 'cancelled'])
export type EndReason = z.infer<typeof endReasonSchema>

export const verificationStatusSchema = z.enum([
  'waiting',
  'in_progress',
  'approved',
  'rejected',
  'withdrawn',
  'never_served',
])
export type VerificationStatus = z.infer<typeof verificationStatusSchema>
export const checkSummarySchema = z.union([verificationStatusSchema, z.literal('not_required')])
export type CheckSummary = z.infer<typeof checkSummarySchema>

export const lineItemSchema = z.object({
  lineId: z.string(),
  sku: z.string(),
  name: z.string(),
  quantity: z.int(),
  unitPrice: z.int(),
  /** Unit price times what was not returned. */
  total: z.int(),
  category: z.string().optional(),
  department: z.string().optional(),
  storage: z.enum(['ambient', 'chilled', 'frozen']).optional(),
  minAge: z.int().optional(),
  returnedQuantity: z.int(),
  /** Of a cart item that came through the customer-session endpoints. */
  attributes: z.record(z.string(), z.unknown()).optional(),
  /** Minor units per piece, by name; not part of `total`. */
  additionalCosts: z.record(z.string(), z.int()).optional(),
  /** Weight in grams, the others in millimetres. */
  measures: z.partialRecord(z.enum(['weight', 'height', 'width', 'length']), z.number()).optional(),
})
export type LineItem = z.infer<typeof lineItemSchema>

export const transactionSchema = z.object({
  id: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  status: z.enum(['started', 'cancelled', 'failed', 'completed']),
  method: z.string().optional(),
  amount: z.int().optional(),
  receiptNumber: z.string().optional(),
  reason: z.string().optional(),
  lineItems: z.array(lineItemSchema),
})
export type Transaction = z.infer<typeof transactionSchema>

export const verificationSchema = z.object({
  id: z.string(),
  kind: verificationKindSchema,
  transactionId: z.string().optional(),
  reason: z.string().optional(),
  minAge: z.int().optional(),
  status: verificationStatusSchema,
  shownAt: z.string(),
  acknowledgedAt: z.string().nullable(),
  resolvedAt: z.string().nullable(),
  employee: employeeRefSchema.nullable(),
  method: checkMethodSchema.optional(),
  itemsChecked: z.int().optional(),
  differences: z.array(differenceSchema).optional(),
  note: z.string().optional(),
  /** Since when `employee` has it; only while it is in progress. */
  heldSince: z.string().optional(),
  /** Who had it before, and how that ended; `lapsed`: the console was not heard of for the store's lease. */
  lastHolder: z
    .object({
      employee: employeeRefSchema,
      how: z.enum(['released', 'lapsed', 'taken_over']),
      at: z.string(),
      /** Of a taking over. */
      reason: z.string().optional(),
    })
    .optional(),
  /** Who asked for it from a console. */
  requestedBy: employeeRefSchema.optional(),
  corrections: z.array(correctionSchema).optional(),
  plan: rescanPlanSchema.optional(),
  escalatedFrom: checkMethodSchema.optional(),
  fullRescanDeclined: z.string().optional(),
  /** One of `ageRefusalReasons`, or one that a newer console knows. */
  refusalReason: z.string().optional(),
})
export type Verification = z.infer<typeof verificationSchema>

/** A fact that contradicted the others: kept, listed, without effect. */
export const anomalySchema = z.object({
  eventId: z.string(),
  type: z.string(),
  at: z.string(),
  code: z.string(),
  message: z.string(),
})
export type Anomaly = z.infer<typeof anomalySchema>

/**
 * One entry of the session's log. Facts come from the store system, decisions from a console, lifecycle commands from the
 * customer-session endpoints or a console.
 */
export const sessionEventSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  at: z.string(),
  source: z.enum(['store', 'console', 'integration']),
  employee: employeeRefSchema.optional(),
  /** When the backend judged a decision or command; facts carry none, so delivery never changes a document. */
  arrivedAt: z.string().optional(),
  verdict: verdictSchema.optional(),
})
export type SessionEvent = z.infer<typeof sessionEventSchema>

/** What the customer-session endpoints say about a session beyond what every session has. */
export const customerSessionExtrasSchema = z.object({
  couponCodes: z.array(z.string()),
  referralCode: z.string(),
  loyaltyCards: z.array(z.string()),
  identifiers: z.array(z.string()),
  /** Minor units by name; not part of the session's `total`. */
  additionalCosts: z.record(z.string(), z.int()),
  /** How many commands took effect, the one that created the session included. */
  updateCount: z.int(),
})
export type CustomerSessionExtras = z.infer<typeof customerSessionExtrasSchema>

const saidOutcomeSchema = z.object({ outcome: itemOutcomeSchema, employee: employeeRefSchema, at: z.string() })
/** A line whose item was dealt with: the word of the first counts. */
export const settledLineSchema = saidOutcomeSchema.extend({
  lineId: z.string(),
  /** What other employees said that contradicts it. */
  others: z.array(saidOutcomeSchema),
})
export type SettledLine = z.infer<typeof settledLineSchema>

export const sessionDocumentSchema = z.object({
  id: z.string(),
  storeId: z.string(),
  customerId: z.string().nullable(),
  client: clientSchema,
  state: lifecycleStateSchema,
  /** One of `knownProgress`, or an unknown step kept as it came. */
  progress: z.string(),
  startedAt: z.string(),
  lastActivityAt: z.string(),
  endedAt: z.string().nullable(),
  endReason: endReasonSchema.nullable(),
  expiresAt: z.string().nullable(),
  currency: z.string(),
  lineItems: z.array(lineItemSchema),
  /** Pieces and value of the basket without what was returned. */
  quantity: z.int(),
  total: z.int(),
  transactions: z.array(transactionSchema),
  verifications: z.array(verificationSchema),
  spotCheck: checkSummarySchema,
  ageVerification: checkSummarySchema,
  /** Finished part, milliseconds: union of the verifications' waiting intervals. */
  waitingMs: z.int(),
  waitingSince: z.string().nullable(),
  /** Finished part, milliseconds: union of the verifications' opened → released or resolved intervals. */
  interactionMs: z.int(),
  interactingSince: z.string().nullable(),
  feedback: z.object({ rating: z.int(), comment: z.string().optional(), at: z.string() }).nullable(),
  review: z
    .object({
      reason: z.string(),
      putBack: z.union([z.boolean(), z.array(z.object({ lineId: z.string(), outcome: z.string() }))]),
      note: z.string().optional(),
      employee: employeeRefSchema,
      at: z.string(),
      /** Reviews after the first that said something about more items. */
      also: z
        .array(
          z.object({
            reason: z.string(),
            note: z.string().optional(),
            employee: employeeRefSchema,
            at: z.string(),
          }),
        )
        .default([]),
    })
    .nullable(),
  /** Lines of the basket that were dealt with, merged over all reviews and ticks. */
  putBack: z.array(settledLineSchema).default([]),
  notes: z.array(z.object({ id: z.string(), text: z.string(), employee: employeeRefSchema, at: z.string() })),
  attributes: z.record(z.string(), z.unknown()),
  /** Of sessions that came through the customer-session endpoints. */
  customerSession: customerSessionExtrasSchema.optional(),
  anomalies: z.array(anomalySchema),
  events: z.array(sessionEventSchema),
  /** The store's version counter when this document was last written. */
  version: z.int(),
})
export type SessionDocument = z.infer<typeof sessionDocumentSchema>
