/** Decisions pushed by a console: each judged once, in its own transaction, in the order of its device. */
import { and, eq, sql } from 'drizzle-orm/sql'
import type { z } from 'zod'
import { canonicalJson, nestsDeeperThan, unstorableField } from '#shared/protocol/canonical-json.ts'
import {
  type Decision,
  decisionPayloads,
  decisionTypeSchema,
  type Mutation,
  type MutationResult,
  type PushResponse,
  type RefusalCode,
  type Verdict,
} from '#shared/protocol/decisions.ts'
import { describeIssue, type EmployeeRef } from '#shared/protocol/primitives.ts'
import type { SessionDocument, SessionEvent } from '#shared/protocol/session-document.ts'
import {
  type ShiftDecision,
  shiftDecisionPayloads,
  shiftDecisionTypeSchema,
  shiftSessionId,
} from '#shared/protocol/shift-entries.ts'
import type { Employee } from '#shared/protocol/store-settings.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import type { Clock, MintId } from '#shared/time/clock.ts'
import { judgeDecision, leavesEvent } from '#shared/verification/judge-decision.ts'
import type { Database, Queries } from '../storage/open-database.ts'
import { devices, mutations } from '../storage/schema.ts'
import { followDecision, takeLapses } from './check-leases.ts'
import { registerRefusal } from './refusals.ts'
import { addShiftEntry } from './shift-entries.ts'
import {
  insertEventIds,
  type LockedStore,
  loadEventIds,
  loadSessions,
  lockStore,
  writeSessions,
} from './store-writer.ts'

/** Who pushes. */
export interface Pusher {
  employee: Employee
  stores: readonly string[]
  deviceId: string
}

interface Ports {
  clock: Clock
  mintId: MintId
}

/** The device's numbering disagrees with what was processed before; nothing was changed. */
export interface SequenceConflict {
  conflict: 'sequence_gap' | 'sequence_reused'
  lastMutationSeq: number
}

const MAX_PAYLOAD_DEPTH = 20

const refusal = (code: RefusalCode, message: string): Verdict => ({ status: 'refused', code, message })

/**
 * Processes mutations whose `seq` rise one by one. A mutation that can never succeed is recorded as refused. A database
 * failure stops the batch: the results so far are answered, and it is thrown where there are none.
 */
export async function applyMutations(
  database: Database,
  ports: Ports,
  pusher: Pusher,
  batch: readonly Mutation[],
): Promise<PushResponse | SequenceConflict> {
  const results: MutationResult[] = []
  let lastMutationSeq = 0
  let processed = 0
  if (batch.length === 0) return { results, lastMutationSeq: await lastSeqOf(database.queries, pusher.deviceId) }
  for (const mutation of batch) {
    try {
      const step = await database.transaction((tx) => processMutation(tx, ports, pusher, mutation))
      if ('conflict' in step) {
        if (processed === 0) return step
        break
      }
      lastMutationSeq = step.lastMutationSeq
      results.push(step.result)
      if (step.isNew) processed++
    } catch (error) {
      if (results.length === 0) throw error
      break
    }
  }
  return { results, lastMutationSeq }
}

/** Highest seq of the device that was processed; 0 for a device never heard of. */
export async function lastSeqOf(queries: Queries, deviceId: string): Promise<number> {
  const [device] = await queries.select().from(devices).where(eq(devices.id, deviceId))
  return device?.lastSeq ?? 0
}

async function processMutation(
  tx: Queries,
  ports: Ports,
  pusher: Pusher,
  mutation: Mutation,
): Promise<SequenceConflict | { result: MutationResult; lastMutationSeq: number; isNew: boolean }> {
  const { deviceId } = pusher
  const { id, seq } = mutation
  const lastSeq = (await lockDevice(tx, deviceId, seq === 1))?.lastSeq ?? 0
  if (seq > lastSeq + 1) return { conflict: 'sequence_gap', lastMutationSeq: lastSeq }
  if (seq <= lastSeq) {
    const [first] = await tx
      .select()
      .from(mutations)
      .where(and(eq(mutations.deviceId, deviceId), eq(mutations.seq, seq)))
    if (first === undefined || first.mutationId !== id) return { conflict: 'sequence_reused', lastMutationSeq: lastSeq }
    return { result: { id, seq, ...first.verdict }, lastMutationSeq: lastSeq, isNew: false }
  }
  const store = await lockStore(tx, mutation.storeId)
  const content = contentOf(mutation)
  const [owner] = await tx
    .select({ content: mutations.content, verdict: mutations.verdict })
    .from(mutations)
    .where(and(eq(mutations.mutationId, id), eq(mutations.ownsId, true)))
  const now = ports.clock.now()
  const { verdict, changed } =
    owner === undefined
      ? await judge(tx, ports.mintId, now, pusher, mutation, store)
      : { verdict: owner.content === content ? duplicateOf(owner.verdict) : ID_REUSED, changed: null }
  if (store !== null) await writeSessions(tx, store, changed === null ? [] : [changed], changed === null ? 1 : 0)
  await tx.insert(mutations).values({
    deviceId,
    seq,
    mutationId: id,
    ownsId: owner === undefined,
    content,
    employeeNumber: pusher.employee.number,
    arrivedAt: now,
    storeId: store?.id ?? null,
    storeVersion: store?.version ?? null,
    verdict,
  })
  await tx.update(devices).set({ lastSeq: seq }).where(eq(devices.id, deviceId))
  return { result: { id, seq, ...verdict }, lastMutationSeq: seq, isNew: true }
}

/** Locks a device until the transaction ends; one that was never heard of is kept only if it begins at the beginning. */
async function lockDevice(tx: Queries, deviceId: string, begins: boolean): Promise<{ lastSeq: number } | undefined> {
  const locked = () => tx.select().from(devices).where(eq(devices.id, deviceId)).for('update')
  const [device] = await locked()
  if (device !== undefined || !begins) return device
  await tx.insert(devices).values({ id: deviceId }).onConflictDoNothing()
  const [created] = await locked()
  return created
}

const ID_REUSED = refusal('id_reused', 'This id was used before, for a decision of other content.')

/** The verdict on a second use of an id: what the first use was answered, whichever device sent it. */
function duplicateOf(first: Verdict): Verdict {
  // A mutation that owns its id was judged; one that was a duplicate itself owns none.
  return first.status === 'duplicate' ? first : { status: 'duplicate', first }
}

/**
 * What makes two mutations the same, whichever device sent them: not its seq, nor the sender's clock offset, which a PC
 * that takes a decision over may not know. JSON escapes what the database's text could not hold.
 */
function contentOf({ storeId, sessionId, type, occurredAt, payload }: Mutation): string {
  const comparable = nestsDeeperThan(payload, MAX_PAYLOAD_DEPTH) ? 'nested too deeply' : payload
  return canonicalJson({ storeId, sessionId, type, occurredAt, payload: comparable })
}

interface Outcome {
  verdict: Verdict
  /** The session as the decision leaves it; null where it left no trace in one. */
  changed: SessionDocument | null
}

async function judge(
  tx: Queries,
  mintId: MintId,
  now: number,
  pusher: Pusher,
  mutation: Mutation,
  store: LockedStore | null,
): Promise<Outcome> {
  const refuse = (code: RefusalCode, message: string): Outcome => ({ verdict: refusal(code, message), changed: null })
  if (store === null || !pusher.stores.includes(store.id)) {
    return refuse('store_forbidden', 'The employee has no access to this store.')
  }
  if (pusher.employee.role === 'viewer') return refuse('role_forbidden', 'A viewer may only read.')
  const employee: EmployeeRef = { number: pusher.employee.number, name: pusher.employee.name }
  const shiftType = shiftDecisionTypeSchema.safeParse(mutation.type)
  if (shiftType.success) {
    const payload = parsePayload(shiftDecisionPayloads[shiftType.data], mutation.payload)
    if ('field' in payload) return refuse('invalid_payload', `payload.${payload.field}: ${payload.message}`)
    const decision = { ...mutation, type: shiftType.data, payload: payload.data } as ShiftDecision
    if (mutation.sessionId !== shiftSessionId(decision.payload)) {
      return refuse('invalid_payload', 'sessionId: must name the shift of the payload')
    }
    return { verdict: (await addShiftEntry(tx, store.id, decision, employee, now)).verdict, changed: null }
  }
  const type = decisionTypeSchema.safeParse(mutation.type)
  if (!type.success) return refuse('unknown_type', 'The backend knows no decision of this type.')
  const payload = parsePayload(decisionPayloads[type.data], mutation.payload)
  if ('field' in payload) return refuse('invalid_payload', `payload.${payload.field}: ${payload.message}`)
  const session = (await loadSessions(tx, [mutation.sessionId])).get(mutation.sessionId)
  if (session === undefined || session.storeId !== store.id) {
    return refuse('session_unknown', 'The store has no such session.')
  }
  if ((await loadEventIds(tx, store.id, [mutation.id])).size > 0) {
    return refuse('id_reused', 'This id was used before, for an event of the store.')
  }
  const frame = { id: session.id, storeId: store.id, settings: store.settings, version: session.version }
  const fold = (events: SessionEvent[]) => foldSession(frame, events, now)
  const decision = { ...mutation, type: type.data, payload: payload.data } as Decision
  const before = [...session.events, ...(await takeLapses(tx, store, session, mintId, now))]
  const { verdict, event } = judgeDecision(fold(before), decision, employee, now)
  if (!leavesEvent(verdict)) return { verdict, changed: before.length > session.events.length ? fold(before) : null }
  await insertEventIds(tx, store.id, [[event.id, session.id]])
  const changed = fold([...before, event])
  if (verdict.status === 'applied' && 'verificationId' in decision.payload) {
    await followDecision(tx, store, changed, decision.payload.verificationId, employee.number, now)
    await registerRefusal(tx, changed, event)
  }
  return { verdict, changed }
}

function parsePayload(schema: z.ZodType, payload: unknown): { data: unknown } | { field: string; message: string } {
  // A difference may carry fields of its own, so what they hold is checked here.
  if (nestsDeeperThan(payload, MAX_PAYLOAD_DEPTH)) return { field: '', message: 'nests too deeply' }
  const parsed = schema.safeParse(payload)
  if (!parsed.success) return describeIssue(parsed.error)
  const unstorable = unstorableField(parsed.data)
  return unstorable === null
    ? { data: parsed.data }
    : { field: unstorable, message: 'must not contain NUL characters or lone surrogates' }
}

/** Verdicts on a device's mutations to a store, of versions after `since`, oldest first. */
export async function outcomesSince(
  queries: Queries,
  deviceId: string,
  storeId: string,
  since: number,
  limit: number,
): Promise<{ version: number; result: MutationResult }[]> {
  const rows = await queries
    .select()
    .from(mutations)
    .where(
      and(eq(mutations.deviceId, deviceId), eq(mutations.storeId, storeId), sql`${mutations.storeVersion} > ${since}`),
    )
    .orderBy(mutations.storeVersion)
    .limit(limit)
  return rows.map((row) => ({
    version: row.storeVersion ?? 0,
    result: { id: row.mutationId, seq: row.seq, ...row.verdict },
  }))
}
