/** What a shift hands to the next: notes and who took it over. One numbered list per store, of the backend's making. */
import { z } from 'zod'
import { outcomeVerdictSchema } from './decisions.ts'
import { numberedPageSchema } from './numbered-page.ts'
import { employeeRefSchema, localDateSchema, longTextSchema, shortTextSchema } from './primitives.ts'
import { MAX_SHIFT_NAME_LENGTH } from './store-settings.ts'

const shiftFields = {
  /** Store-local day on which the shift begins. */
  date: localDateSchema,
  /** Its name in the store's settings. */
  shift: shortTextSchema.min(1).max(MAX_SHIFT_NAME_LENGTH),
}

/** Payload of each mutation on a shift; its `sessionId` is `shiftSessionId` and names no session. */
export const shiftDecisionPayloads = {
  'shift.note': z.object({ ...shiftFields, text: longTextSchema.min(1) }),
  'shift.acknowledge': z.object({ ...shiftFields, note: longTextSchema.nullish() }),
} as const
export type ShiftDecisionType = keyof typeof shiftDecisionPayloads
export const shiftDecisionTypeSchema = z.enum(
  Object.keys(shiftDecisionPayloads) as [ShiftDecisionType, ...ShiftDecisionType[]],
)

/** A decision on a shift with its payload. */
export type ShiftDecision = {
  [Type in ShiftDecisionType]: {
    id: string
    sessionId: string
    type: Type
    occurredAt: string
    payload: z.infer<(typeof shiftDecisionPayloads)[Type]>
  }
}[ShiftDecisionType]

/** What stands in the `sessionId` of a mutation on a shift. */
export function shiftSessionId({ date, shift }: { date: string; shift: string }): string {
  return `shift:${date}:${shift}`
}

/** `GET /v1/sync/stores/{storeId}/shift-entries?since=&limit=`: entries after a number, oldest first. */
export const MAX_SHIFT_ENTRIES_PER_PAGE = 500

/** One decision on a shift as it was judged. */
export const shiftEntrySchema = z.object({
  /** From 1, without holes, in the order of arrival. */
  number: z.int().min(1),
  /** That of the decision. */
  id: z.string(),
  type: z.enum(['note', 'acknowledged']),
  date: z.string(),
  shift: z.string(),
  /** Null for an acknowledgement without a note. */
  text: z.string().nullable(),
  employee: employeeRefSchema,
  /** When it was decided, and when the backend took it. */
  at: z.string(),
  arrivedAt: z.string(),
  verdict: outcomeVerdictSchema,
})
export type ShiftEntry = z.infer<typeof shiftEntrySchema>

export const shiftEntriesPageSchema = numberedPageSchema(shiftEntrySchema)
export type ShiftEntriesPage = z.infer<typeof shiftEntriesPageSchema>
