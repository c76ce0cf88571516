/**
 * The effect of an applied lifecycle command in the fold. It was judged on arrival, so it has its effect whatever facts
 * arrive later with an earlier date; where those contradict it, that is listed as an anomaly.
 */
import type { LineItem, SessionEvent } from '../protocol/session-document.ts'
import { end, exactSum, type Fold, finish, iso, withTotal } from '../session/fold-state.ts'
import { lifecycleEvents, type RecordedChanges, type ReturnedLine } from './lifecycle-command.ts'
import { countsAsClosed, nextLifecycleState } from './transitions.ts'

const actions = new Map(Object.values(lifecycleEvents).map(({ type, action }) => [type as string, action]))

/** Whether an event is what a lifecycle command left; a store's report of a cancellation is a fact. */
export function isLifecycleEvent(event: SessionEvent): boolean {
  return event.source !== 'store' && actions.has(event.type)
}

/** Value of a session's additional costs, minor units: its own, and those of each piece that was not returned. */
export function additionalCostTotal(
  lines: readonly LineItem[],
  sessionCosts: Record<string, number> | undefined,
): number {
  return exactSum([
    ...Object.values(sessionCosts ?? {}),
    ...lines.map(
      (line) => exactSum(Object.values(line.additionalCosts ?? {})) * (line.quantity - line.returnedQuantity),
    ),
  ])
}

/** Applies an event that `isLifecycleEvent`, at its instant in UTC milliseconds. */
export function applyLifecycleEvent(fold: Fold, event: SessionEvent, at: number): void {
  const action = actions.get(event.type) ?? null
  const allowed = action === null ? fold.state === 'open' : nextLifecycleState(fold.state, action) !== null
  if (!allowed) {
    fold.anomalies.push({
      eventId: event.id,
      type: event.type,
      at: event.at,
      code: 'overtaken',
      message: `Facts that arrived later say that the session was ${fold.state} by then; the command stands.`,
    })
  }
  recordChanges(fold, event)
  switch (action) {
    case null:
      break
    case 'close':
      close(fold, event, at)
      break
    case 'reopen':
      fold.state = 'open'
      fold.progress = 'basket_created'
      revive(fold, at)
      break
    case 'cancel':
      fold.state = 'cancelled'
      if (fold.ended !== null) return
      end(fold, at, 'cancelled')
      break
    case 'return':
      returnItems(fold, (event.items ?? []) as ReturnedLine[], at)
      // Goods brought back are not shopping: they keep no session alive.
      return
  }
  if (allowed) fold.lastActivityAt = Math.max(fold.lastActivityAt, at)
}

function recordChanges(fold: Fold, event: SessionEvent): void {
  const { customerId, attributes, lines, ...extras } = (event.changes ?? {}) as RecordedChanges
  if (event.source === 'integration') {
    const before = fold.customerSession
    fold.customerSession = {
      couponCodes: extras.couponCodes ?? before?.couponCodes ?? [],
      referralCode: extras.referralCode ?? before?.referralCode ?? '',
      loyaltyCards: extras.loyaltyCards ?? before?.loyaltyCards ?? [],
      identifiers: extras.identifiers ?? before?.identifiers ?? [],
      additionalCosts: extras.additionalCosts ?? before?.additionalCosts ?? {},
      updateCount: (before?.updateCount ?? 0) + 1,
    }
  }
  if (customerId !== undefined) fold.customerId = customerId
  if (attributes !== undefined) fold.attributes = attributes
  if (lines === undefined) return
  fold.lines = new Map()
  for (const entry of lines) {
    if (typeof entry !== 'string') fold.definedLines.set(entry.lineId, withTotal({ ...entry, returnedQuantity: 0 }))
    const line = fold.definedLines.get(typeof entry === 'string' ? entry : entry.lineId)
    // Only a fold over a part of the events can miss the definition.
    if (line !== undefined) fold.lines.set(line.lineId, line)
  }
}

/** A session closed by a command is paid: the payment under way, or one of its own, is completed by it. */
function close(fold: Fold, event: SessionEvent, at: number): void {
  if (countsAsClosed(fold.state)) return
  makePaid(fold, at)
  fold.state = 'closed'
  let transaction = fold.transactions.at(-1)
  if (transaction?.status !== 'started') {
    transaction = { id: event.id, startedAt: iso(at), endedAt: null, status: 'started', lineItems: [] }
    fold.transactions.push(transaction)
  }
  finish(fold, transaction, 'completed', at)
  const lines = transaction.lineItems
  transaction.amount = exactSum([
    ...lines.map((line) => line.total),
    additionalCostTotal(lines, fold.customerSession?.additionalCosts),
  ])
}

function makePaid(fold: Fold, at: number): void {
  if (countsAsClosed(fold.state)) return
  if (fold.state === 'cancelled') revive(fold, at)
  fold.progress = 'payment_completed'
}

/** The session goes on from here, and the expiry policy counts anew. */
function revive(fold: Fold, at: number): void {
  fold.ended = null
  fold.policySince = at
  fold.lastActivityAt = Math.max(fold.lastActivityAt, at)
}

function returnItems(fold: Fold, items: readonly ReturnedLine[], at: number): void {
  for (const { lineId, quantity } of items) {
    const line = fold.lines.get(lineId)
    if (line !== undefined) {
      fold.lines.set(lineId, withTotal({ ...line, returnedQuantity: line.returnedQuantity + quantity }))
    }
  }
  makePaid(fold, at)
  fold.state = 'partially_returned'
}
