/** Lifecycle commands: judged once, on arrival, and stored with their verdict in one transaction. */
import { sql } from 'drizzle-orm/sql'
import { type CommandArrival, judgeCommand, type LifecycleRefusal } from '#shared/lifecycle/judge-command.ts'
import type { LifecycleCommand } from '#shared/lifecycle/lifecycle-command.ts'
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import type { FieldFault } from '#shared/protocol/customer-sessions.ts'
import { lifecycleStateSchema } from '#shared/protocol/lifecycle-state.ts'
import type { SessionDocument, SessionEvent } from '#shared/protocol/session-document.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import type { Clock, MintId } from '#shared/time/clock.ts'
import { type Database, type Queries, rowsOf } from '../storage/open-database.ts'
import { type IdempotencyKey, keepAnswer, recallAnswer, type StoredAnswer } from './idempotent-answers.ts'
import { insertEventIds, type LockedStore, loadSessions, lockStore, writeSessions } from './store-writer.ts'

export interface CommandCall {
  storeId: string
  sessionId: string
  /** Builds the command for a store's currency (ISO 4217 code), or says what is wrong with it. */
  command(currency: string): LifecycleCommand | FieldFault
  /** Whether the command may create the session. */
  creates: boolean
  /** Nothing is stored; the answer is as if it were. */
  dry: boolean
  idempotency?: IdempotencyKey
}

export type CommandOutcome =
  | { status: 'applied'; session: SessionDocument; event: SessionEvent; history: CustomerHistory | null }
  | { status: 'refused'; refusal: LifecycleRefusal }
  | { status: 'invalid'; fault: FieldFault }
  | { status: 'session_unknown' }
  | { status: 'session_of_another_store' }

/**
 * Judges and applies a command to a session of an existing store. A refused command leaves its event in the session.
 *
 * @param answer builds what is answered; with an idempotency key it is kept with the command, in the same transaction
 * @returns `reused` where the idempotency key stood for another request
 */
export async function applyCommand(
  database: Database,
  clock: Clock,
  mintId: MintId,
  call: CommandCall,
  answer: (outcome: CommandOutcome) => StoredAnswer,
): Promise<StoredAnswer | 'reused'> {
  return database.transaction(async (tx) => {
    const store = await lockStore(tx, call.storeId)
    if (store === null) throw new RangeError(`no store ${call.storeId}`)
    const idempotency = call.dry ? undefined : call.idempotency
    const nowMs = clock.now()
    const first = idempotency === undefined ? null : await recallAnswer(tx, store.id, idempotency, nowMs)
    if (first !== null) return first
    const answered = answer(await perform(tx, store, call, { id: mintId(), nowMs, source: 'integration' }))
    if (idempotency !== undefined) await keepAnswer(tx, store.id, idempotency, answered, nowMs)
    return answered
  })
}

async function perform(
  tx: Queries,
  store: LockedStore,
  call: CommandCall,
  arrival: CommandArrival,
): Promise<CommandOutcome> {
  const stored = (await loadSessions(tx, [call.sessionId])).get(call.sessionId) ?? null
  if (stored !== null && stored.storeId !== store.id) return { status: 'session_of_another_store' }
  if (stored === null && !call.creates) return { status: 'session_unknown' }
  const command = call.command(store.settings.currency)
  if ('field' in command) return { status: 'invalid', fault: command }
  const frame = { id: call.sessionId, storeId: store.id, settings: store.settings, version: stored?.version ?? 0 }
  const fold = (events: SessionEvent[]) => foldSession(frame, events, arrival.nowMs)
  const { refusal, event } = judgeCommand(stored === null ? null : fold(stored.events), command, arrival)
  const folded = fold([...(stored?.events ?? []), event])
  const leavesEvent = stored !== null || refusal === null
  if (leavesEvent && !call.dry) {
    await insertEventIds(tx, store.id, [[event.id, call.sessionId]])
    await writeSessions(tx, store, [folded])
  }
  if (refusal !== null) return { status: 'refused', refusal }
  return { status: 'applied', session: folded, event, history: await customerHistory(tx, folded) }
}

/** The other sessions that a store has of a customer. Instants are UTC milliseconds, money is minor units. */
export interface CustomerHistory {
  firstStartedAt: number | null
  lastActivityAt: number | null
  closedSessions: number
  closedTotal: number
}

/** What the store knows of a session's customer besides this session; null for an anonymous one. */
export async function customerHistory(queries: Queries, session: SessionDocument): Promise<CustomerHistory | null> {
  if (session.customerId === null) return null
  const closed = sql`summary ->> 'state' = any(${sql.param(lifecycleStateSchema.options.filter(countsAsClosed))}::text[])`
  const [row] = await rowsOf<Record<keyof CustomerHistory, string | number | null>>(
    queries,
    sql`select min((summary ->> 'startedAt')::float8) as "firstStartedAt",
               max((summary ->> 'lastActivityAt')::float8) as "lastActivityAt",
               count(*) filter (where ${closed}) as "closedSessions",
               coalesce(sum((summary ->> 'total')::float8) filter (where ${closed}), 0) as "closedTotal"
        from sessions
        where store_id = ${session.storeId} and summary ->> 'customerId' is not null
          and summary ->> 'customerId' = ${session.customerId} and id <> ${session.id}`,
  )
  const number = (value: string | number | null | undefined) => (value == null ? null : Number(value))
  return {
    firstStartedAt: number(row?.firstStartedAt),
    lastActivityAt: number(row?.lastActivityAt),
    closedSessions: number(row?.closedSessions) ?? 0,
    closedTotal: number(row?.closedTotal) ?? 0,
  }
}
