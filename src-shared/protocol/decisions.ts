/** Decisions of employees: the mutations a console sends and the verdicts it gets. */
import { z } from 'zod'
import { verificationKindSchema } from './integration.ts'
import { lifecycleStateSchema } from './lifecycle-state.ts'
import {
  areDistinct,
  employeeRefSchema,
  idSchema,
  instantSchema,
  longTextSchema,
  moneySchema,
  nameSchema,
} from './primitives.ts'

export const MAX_MUTATIONS_PER_PUSH = 100

export const checkMethodSchema = z.enum(['sight_check', 'partial_rescan', 'full_rescan'])
export const outcomeSchema = z.enum(['approved', 'rejected'])
export const differenceSchema = z.looseObject({
  kind: z.enum(['wrong_item', 'quantity_too_low', 'quantity_too_high', 'missing_item', 'wrong_discount']),
  lineId: idSchema.optional(),
  sku: idSchema.optional(),
  /** Of an item that the basket does not have, or has as another. */
  name: nameSchema.optional(),
  /** Of what was found: a line's right quantity, or the pieces of an item that the basket lacks or has as another. */
  quantity: z.int().min(0).optional(),
  /** Minor units by which the basket's value was wrong; absent where nobody knows the price. */
  value: moneySchema.optional(),
  /** Who would have lost the value; where it is absent, the shopper if a quantity was too high, else the store. */
  inFavourOf: z.enum(['store', 'shopper']).optional(),
})
export type Difference = z.infer<typeof differenceSchema>

/**
 * What the store system is to change in the basket after an approval with corrections: a line's quantity (0 removes it) and
 * price, or, without `lineId`, an item to add.
 */
export const correctionSchema = z.object({
  lineId: idSchema.optional(),
  sku: idSchema.optional(),
  name: nameSchema.optional(),
  quantity: z.int().min(0).max(100_000),
  /** Minor units. */
  unitPrice: moneySchema.optional(),
  /** Minor units that the line costs more (negative: less) than quantity times price: a wrong discount put right. */
  adjustment: z.int().min(-10_000_000_000).max(10_000_000_000).optional(),
})
export type Correction = z.infer<typeof correctionSchema>

/** How the pieces of a partial rescan were chosen, and how many. */
export const rescanPlanSchema = z.object({
  selection: z.enum(['random', 'chosen']),
  pieces: z.int().min(1).max(100_000),
})
export type RescanPlan = z.infer<typeof rescanPlanSchema>

/** Why an age verification was refused. No data of an identity document is ever part of a decision. */
export const ageRefusalReasons = [
  'under_age',
  'no_document',
  'document_not_accepted',
  'document_of_someone_else',
  'bought_for_someone_under_age',
  'intoxicated',
  'other',
] as const
export type AgeRefusalReason = (typeof ageRefusalReasons)[number]

export const itemOutcomeSchema = z.enum(['put_back', 'discarded', 'not_found'])
/** What became of an item that was left in the store. */
export type ItemOutcome = z.infer<typeof itemOutcomeSchema>
export const MAX_ITEMS_PER_DECISION = 1_000
const settledItemSchema = z.object({ lineId: idSchema, outcome: itemOutcomeSchema })

const putBackSchema = z.union([z.boolean(), z.array(settledItemSchema).max(MAX_ITEMS_PER_DECISION)])

/** Payload of each mutation type. */
export const decisionPayloads = {
  'verification.acknowledge': z.object({ verificationId: idSchema }),
  'verification.release': z.object({ verificationId: idSchema }),
  /** `from`: number of the colleague who was seen to have it. */
  'verification.take_over': z.object({ verificationId: idSchema, from: idSchema, reason: longTextSchema.min(1) }),
  'verification.resolve': z.object({
    verificationId: idSchema,
    outcome: outcomeSchema,
    method: checkMethodSchema.nullish(),
    itemsChecked: z.int().min(0).max(100_000).nullish(),
    differences: z.array(differenceSchema).max(1_000).nullish(),
    note: longTextSchema.nullish(),
    corrections: z.array(correctionSchema).max(1_000).nullish(),
    /** Of the partial rescan, also where it became a full one. */
    plan: rescanPlanSchema.nullish(),
    /** The method that found a mismatch before `method` was used. */
    escalatedFrom: checkMethodSchema.nullish(),
    /** Why a partial rescan with a mismatch did not become a full one. */
    fullRescanDeclined: longTextSchema.min(1).nullish(),
    /** Of a refused age verification. */
    refusalReason: z.enum(ageRefusalReasons).nullish(),
  }),
  'verification.request': z.object({ kind: verificationKindSchema, reason: longTextSchema.min(1) }),
  'basket.review': z.object({ reason: longTextSchema.min(1), putBack: putBackSchema, note: longTextSchema.nullish() }),
  /** What became of items, before or without a review. */
  'basket.put_back': z
    .object({
      items: z.array(settledItemSchema).max(MAX_ITEMS_PER_DECISION),
      /** Lines of which one's own word is taken back: as if one had not said it. */
      takenBack: z.array(idSchema).max(MAX_ITEMS_PER_DECISION).nullish(),
    })
    .refine(({ items, takenBack }) => items.length + (takenBack?.length ?? 0) > 0, {
      path: ['items'],
      error: 'must name a line',
    })
    .refine(({ items, takenBack }) => areDistinct([...items.map(({ lineId }) => lineId), ...(takenBack ?? [])]), {
      path: ['items'],
      error: 'must not name a line twice',
    }),
  'note.add': z.object({ text: longTextSchema.min(1) }),
} as const
export type DecisionType = keyof typeof decisionPayloads
export const decisionTypeSchema = z.enum(Object.keys(decisionPayloads) as [DecisionType, ...DecisionType[]])

/** A decision of one type with its payload, as the reducer judges it. */
export type Decision = {
  [Type in DecisionType]: {
    id: string
    sessionId: string
    type: Type
    occurredAt: string
    payload: z.infer<(typeof decisionPayloads)[Type]>
    clockOffsetMs?: number
  }
}[DecisionType]

/** One mutation on the wire. `seq` is per device, from 1, without holes. */
export const mutationSchema = z.object({
  id: idSchema,
  seq: z.int().min(1),
  storeId: idSchema,
  sessionId: idSchema,
  type: z.string().max(255),
  /** Server time as the console estimated it. */
  occurredAt: instantSchema,
  /** Estimated server time minus the PC's wall clock when it was decided, milliseconds; kept with the event. */
  clockOffsetMs: z.int().optional(),
  payload: z.unknown(),
})
export type Mutation = z.infer<typeof mutationSchema>

export const pushRequestSchema = z.object({
  deviceId: idSchema,
  mutations: z.array(mutationSchema).max(MAX_MUTATIONS_PER_PUSH),
})
export type PushRequest = z.infer<typeof pushRequestSchema>

/** Why a decision did not count. A refusal is final: it is recorded and shown, never retried. */
export const refusalCodes = [
  'invalid_payload',
  'unknown_type',
  'id_reused',
  'store_forbidden',
  'role_forbidden',
  'session_unknown',
  'verification_unknown',
  'verification_withdrawn',
  'session_ended',
  /** Never in a document: consoles of before do not know it. */
  'line_unknown',
  'not_acknowledged',
  'transition_refused',
  'changes_refused',
  'return_refused',
] as const
export const refusalCodeSchema = z.enum(refusalCodes)
export type RefusalCode = z.infer<typeof refusalCodeSchema>

const appliedSchema = z.object({ status: z.literal('applied') })
const supersededSchema = z.object({ status: z.literal('superseded'), by: employeeRefSchema, at: z.string() })
const refusedSchema = z.object({
  status: z.literal('refused'),
  code: refusalCodeSchema,
  message: z.string(),
  from: lifecycleStateSchema.optional(),
  to: lifecycleStateSchema.optional(),
})

/** What became of a decision: `superseded` names the winner, `refused` says why. */
export const outcomeVerdictSchema = z.discriminatedUnion('status', [appliedSchema, supersededSchema, refusedSchema])
export type OutcomeVerdict = z.infer<typeof outcomeVerdictSchema>

/** `duplicate`: this id was judged before, under another device; `first` is what it was answered then. */
export const verdictSchema = z.discriminatedUnion('status', [
  appliedSchema,
  supersededSchema,
  refusedSchema,
  z.object({ status: z.literal('duplicate'), first: outcomeVerdictSchema.optional() }),
])
export type Verdict = z.infer<typeof verdictSchema>

export const mutationResultSchema = z.intersection(z.object({ id: z.string(), seq: z.int() }), verdictSchema)
export type MutationResult = z.infer<typeof mutationResultSchema>

export const pushResponseSchema = z.object({ results: z.array(mutationResultSchema), lastMutationSeq: z.int() })
export type PushResponse = z.infer<typeof pushResponseSchema>
