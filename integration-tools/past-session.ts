/** One line of an import file: a past session, and the facts that it stands for. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { clientInputSchema, feedbackShape, itemShape, type StoreFact } from '#shared/protocol/integration.ts'
import { describeIssue, idSchema, instantSchema, moneySchema, shortTextSchema } from '#shared/protocol/primitives.ts'

const MAX_ITEMS = 1_000

// Strict all through: a misspelt field would otherwise be lost without a word.
const pastSessionSchema = z
  .strictObject({
    id: idSchema,
    storeId: idSchema.optional(),
    client: clientInputSchema,
    customerId: idSchema.nullish(),
    startedAt: instantSchema,
    endedAt: instantSchema,
    items: z
      .array(z.strictObject({ ...itemShape, lineId: idSchema.optional(), at: instantSchema.optional() }))
      .min(1)
      .max(MAX_ITEMS),
    payment: z.strictObject({
      transactionId: idSchema,
      amount: moneySchema,
      method: shortTextSchema.nullish(),
      receiptNumber: shortTextSchema.nullish(),
      at: instantSchema.optional(),
    }),
    feedback: z.strictObject({ ...feedbackShape, at: instantSchema.optional() }).nullish(),
  })
  .superRefine((session, context) => {
    const from = Date.parse(session.startedAt)
    const to = Date.parse(session.endedAt)
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
    if (to < from) refuse(['endedAt'], 'must not lie before startedAt')
    const paidAt = Date.parse(session.payment.at ?? session.endedAt)
    if (paidAt < from || paidAt > to) refuse(['payment', 'at'], 'must lie between startedAt and endedAt')
    const lineIds = new Set<string>()
    session.items.forEach((item, index) => {
      const at = item.at === undefined ? from : Date.parse(item.at)
      if (at < from || at > paidAt) refuse(['items', index, 'at'], 'must lie between startedAt and the payment')
      const lineId = lineIdOf(item.lineId, index)
      if (lineIds.has(lineId)) refuse(['items', index, 'lineId'], 'is used by an item before it')
      lineIds.add(lineId)
    })
  })
type PastSession = z.infer<typeof pastSessionSchema>

const lineIdOf = (given: string | undefined, index: number): string => given ?? `line-${index + 1}`

/** Why a line was not imported; `field` is a dotted path, empty where the line as a whole is at fault. */
export interface LineFault {
  field: string
  message: string
}

/** A line that can be imported. */
export interface ReadLine {
  storeId: string
  sessionId: string
  facts: StoreFact[]
}

/**
 * Reads one line of an import file.
 *
 * @param defaultStore the store of a line that names none
 * @param nowMs UTC milliseconds: a past session has ended before
 */
export function readPastSession(line: string, defaultStore: string | undefined, nowMs: number): ReadLine | LineFault {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return { field: '', message: 'is not JSON' }
  }
  const parsed = pastSessionSchema.safeParse(json)
  if (!parsed.success) return describeIssue(parsed.error)
  const session = parsed.data
  const storeId = session.storeId ?? defaultStore
  if (storeId === undefined) return { field: 'storeId', message: 'is missing, and --store was not given' }
  if (Date.parse(session.endedAt) > nowMs) return { field: 'endedAt', message: 'lies in the future' }
  return { storeId, sessionId: session.id, facts: factsOf(session) }
}

/**
 * The facts of a past session. Their ids follow from the session's id and their place alone: whoever imports the file
 * again sends the same events, and a line that was changed meanwhile is refused instead of doubled.
 */
function factsOf(session: PastSession): StoreFact[] {
  const { id: sessionId, client, customerId, startedAt, endedAt, items, payment, feedback } = session
  const prefix = `import-${createHash('sha256').update(sessionId).digest('hex').slice(0, 32)}`
  // Facts of one instant are folded in the order of their ids.
  const envelope = (place: number, at: string) => ({
    id: `${prefix}-${String(place).padStart(4, '0')}`,
    sessionId,
    at,
  })
  const paidAt = payment.at ?? endedAt
  const { transactionId, amount } = payment
  const facts: StoreFact[] = [
    { ...envelope(0, startedAt), type: 'session.started', client, customerId: customerId ?? null },
  ]
  items.forEach(({ at, lineId, ...item }, index) => {
    facts.push({
      ...envelope(1 + index, at ?? between(startedAt, paidAt, (index + 1) / (items.length + 1))),
      type: 'item.added',
      ...item,
      lineId: lineIdOf(lineId, index),
    })
  })
  facts.push(
    { ...envelope(9_000, paidAt), type: 'payment.started', transactionId, method: payment.method ?? undefined },
    {
      ...envelope(9_001, paidAt),
      type: 'payment.completed',
      transactionId,
      amount,
      receiptNumber: payment.receiptNumber ?? undefined,
    },
    { ...envelope(9_002, endedAt), type: 'exit.scanned' },
  )
  if (feedback !== null && feedback !== undefined) {
    const { at, rating, comment } = feedback
    facts.push({ ...envelope(9_003, at ?? endedAt), type: 'feedback.given', rating, comment })
  }
  return facts
}

/** Items whose scan nobody dated are spread evenly, so that no gap looks like a shopper who went away. */
function between(from: string, to: string, share: number): string {
  const start = Date.parse(from)
  return new Date(Math.round(start + (Date.parse(to) - start) * share)).toISOString()
}
