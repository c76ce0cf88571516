/**
 * The session reducer: a session is the fold of its events, ordered by `at` and then id. Backend and console run this
 * same code, so the same set of events gives the same document whatever the order or number of deliveries.
 */
import { applyLifecycleEvent, isLifecycleEvent } from '../lifecycle/apply-lifecycle-event.ts'
import { nextLifecycleState } from '../lifecycle/transitions.ts'
import type { Decision } from '../protocol/decisions.ts'
import type { StoreFact } from '../protocol/integration.ts'
import type { EmployeeRef } from '../protocol/primitives.ts'
import type { CheckSummary, SessionDocument, SessionEvent, Verification } from '../protocol/session-document.ts'
import { expiryOf } from './expiry.ts'
import {
  end,
  exactSum,
  type Fold,
  finish,
  iso,
  type SessionFrame,
  settle,
  type VerificationWork,
  withTotal,
} from './fold-state.ts'
import { unionTime } from './intervals.ts'
import { addOutcomes, isAboutItems, settledLines } from './item-outcomes.ts'

/** Decisions become events in the past tense. */
export const decisionEventTypes = {
  'verification.acknowledge': 'verification.acknowledged',
  'verification.release': 'verification.released',
  'verification.take_over': 'verification.taken_over',
  'verification.resolve': 'verification.resolved',
  'verification.request': 'verification.requested',
  'basket.review': 'basket.reviewed',
  'basket.put_back': 'basket.items_put_back',
  'note.add': 'note.added',
} as const satisfies Record<Decision['type'], string>

/** What the backend adds when a lease runs out: as if the holder had released the verification. */
export const LAPSED_EVENT = 'verification.lapsed'

/** Why a fact changed nothing; the code is stable, the message is for people. */
interface Contradiction {
  code: string
  message: string
}

const contradiction = (code: string, message: string): Contradiction => ({ code, message })
const SESSION_ENDED = contradiction('session_ended', 'The session had already ended.')
const SESSION_CLOSED = contradiction('session_closed', 'The session is closed and refuses changes.')
const ALREADY_PAID = contradiction('already_paid', 'The session was already paid.')
const UNKNOWN_LINE = contradiction('unknown_line', 'The basket has no such line.')

/** Order of the fold: by instant, then by id. */
export function compareEvents(a: SessionEvent, b: SessionEvent): number {
  return Date.parse(a.at) - Date.parse(b.at) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

/**
 * Folds events into the session document.
 *
 * @param events at least one; order and duplicates do not matter, ids are unique per content
 * @param expireUpTo UTC milliseconds up to which the expiry policy is judged. Only the backend passes its clock; a
 *   console passes `judgedUpTo(document)`, so that it never expires a session on its own.
 */
export function foldSession(frame: SessionFrame, events: readonly SessionEvent[], expireUpTo: number): SessionDocument {
  const byId = new Map(events.map((event) => [event.id, event]))
  const ordered = [...byId.values()].sort(compareEvents)
  // A decision never starts a session: one made on a PC with a wrong clock may be dated long before it.
  const first = ordered.find((event) => event.source !== 'console') ?? ordered[0]
  if (first === undefined) throw new RangeError('a session has at least one event')
  const start = Date.parse(first.at)
  const fold: Fold = {
    frame,
    customerId: null,
    client: null,
    state: 'open',
    progress: 'basket_created',
    startedAt: start,
    policySince: start,
    lastActivityAt: start,
    ended: null,
    lines: new Map(),
    definedLines: new Map(),
    transactions: [],
    verifications: new Map(),
    feedback: null,
    review: null,
    outcomes: new Map(),
    notes: [],
    attributes: {},
    customerSession: undefined,
    anomalies: [],
  }
  for (const event of ordered) {
    const at = Date.parse(event.at)
    if (event.source === 'store') {
      expire(fold, at)
      const against = applyFact(fold, event as unknown as StoreFact, at)
      if (against === null) fold.lastActivityAt = Math.max(fold.lastActivityAt, at)
      else fold.anomalies.push({ eventId: event.id, type: event.type, at: event.at, ...against })
    } else if (isApplied(event)) {
      // A verdict was given on arrival, so an applied decision or command always has its effect.
      if (isLifecycleEvent(event)) {
        expire(fold, at)
        applyLifecycleEvent(fold, event, at)
      } else applyDecision(fold, event, at)
    } else if (event.verdict?.status === 'superseded') addEventOutcomes(fold, event, false)
  }
  expire(fold, expireUpTo)
  return documentOf(fold, ordered)
}

/** Facts have no verdict; a decision of this console that was not judged yet is shown as if it were applied. */
function isApplied(event: SessionEvent): boolean {
  return event.verdict === undefined || event.verdict.status === 'applied'
}

/** How far a console may judge expiry: exactly as far as the backend did in this document. */
export function judgedUpTo(document: Pick<SessionDocument, 'endedAt' | 'endReason'>): number {
  const expired = document.endReason === 'expired_midnight' || document.endReason === 'expired_inactivity'
  return expired && document.endedAt !== null ? Date.parse(document.endedAt) : Number.NEGATIVE_INFINITY
}

function expire(fold: Fold, upTo: number): void {
  if (fold.ended !== null) return
  const expiry = expiryOf(fold.frame.settings, fold.policySince, fold.lastActivityAt)
  if (expiry === null || expiry.at > upTo) return
  if (fold.state === 'open') {
    fold.state = nextLifecycleState(fold.state, 'cancel') ?? fold.state
    fold.progress = 'abandoned'
  }
  end(fold, expiry.at, expiry.reason)
}

/** Applies a fact, or says what it contradicts and leaves the fold as it was. */
function applyFact(fold: Fold, fact: StoreFact, at: number): Contradiction | null {
  switch (fact.type) {
    case 'session.started':
      if (fold.client !== null) return contradiction('already_started', 'The session had already started.')
      fold.client = fact.client
      fold.customerId = fact.customerId ?? fold.customerId
      return null
    case 'feedback.given':
      fold.feedback = { rating: fact.rating, comment: fact.comment, at: iso(at) }
      return null
    case 'session.cancelled': {
      const next = nextLifecycleState(fold.state, 'cancel')
      if (next === null) return contradiction('transition_refused', `A ${fold.state} session cannot be cancelled.`)
      fold.state = next
      if (fold.ended === null) end(fold, at, 'cancelled')
      return null
    }
  }
  if (fold.ended !== null) return SESSION_ENDED
  switch (fact.type) {
    case 'customer.identified':
      if (fold.customerId === fact.customerId) return null
      if (fold.state !== 'open') return SESSION_CLOSED
      if (fold.customerId !== null) {
        return contradiction('already_identified', 'The session belongs to another customer.')
      }
      fold.customerId = fact.customerId
      return null
    case 'item.added':
    case 'item.quantity_changed':
    case 'item.removed':
      return fold.state === 'open' ? applyItem(fold, fact) : SESSION_CLOSED
    case 'checkout.started':
    case 'payment.started':
    case 'payment.cancelled':
    case 'payment.failed':
    case 'payment.completed':
      return fold.state === 'open' ? applyPayment(fold, fact, at) : ALREADY_PAID
    case 'verification.required':
      return requireVerification(fold, fact, at)
    case 'verification.withdrawn': {
      const work = fold.verifications.get(fact.verificationId)
      if (work === undefined) return contradiction('unknown_verification', 'The session has no such verification.')
      if (work.view.status !== 'waiting' && work.view.status !== 'in_progress') {
        return contradiction('already_decided', `The verification was already ${work.view.status}.`)
      }
      settle(work, 'withdrawn', at)
      return null
    }
    case 'exit.scanned':
      if (fold.state === 'open') return contradiction('exit_without_payment', 'The exit was scanned before a payment.')
      fold.progress = 'session_completed'
      end(fold, at, 'completed')
      return null
  }
}

type ItemFact = Extract<StoreFact, { type: `item.${string}` }>

function applyItem(fold: Fold, fact: ItemFact): Contradiction | null {
  const line = fold.lines.get(fact.lineId)
  if (fact.type === 'item.added') {
    if (line !== undefined) return contradiction('line_exists', 'The basket already has this line.')
    const { lineId, sku, name, quantity, unitPrice, category, department, storage, minAge } = fact
    const added = { lineId, sku, name, quantity, unitPrice, category, department, storage, minAge, returnedQuantity: 0 }
    fold.lines.set(lineId, withTotal(added))
    return null
  }
  if (line === undefined) return UNKNOWN_LINE
  if (fact.type === 'item.removed') fold.lines.delete(fact.lineId)
  else fold.lines.set(fact.lineId, withTotal({ ...line, quantity: fact.quantity }))
  return null
}

type PaymentFact = Extract<StoreFact, { transactionId: string; type: `payment.${string}` | 'checkout.started' }>

function applyPayment(fold: Fold, fact: PaymentFact, at: number): Contradiction | null {
  let transaction = fold.transactions.find((candidate) => candidate.id === fact.transactionId)
  if (transaction !== undefined && transaction.status !== 'started') {
    return contradiction('transaction_finished', `The transaction was already ${transaction.status}.`)
  }
  if (transaction === undefined) {
    transaction = { id: fact.transactionId, startedAt: iso(at), endedAt: null, status: 'started', lineItems: [] }
    fold.transactions.push(transaction)
  }
  const latest = fold.transactions.at(-1) === transaction
  switch (fact.type) {
    case 'checkout.started':
      if (latest) fold.progress = 'checkout_started'
      return null
    case 'payment.started':
      transaction.method = fact.method
      if (latest) fold.progress = 'payment_started'
      return null
    case 'payment.cancelled':
    case 'payment.failed':
      finish(fold, transaction, fact.type === 'payment.failed' ? 'failed' : 'cancelled', at)
      transaction.reason = fact.reason
      if (latest) fold.progress = 'basket_created'
      return null
    case 'payment.completed':
      finish(fold, transaction, 'completed', at)
      transaction.amount = fact.amount
      transaction.receiptNumber = fact.receiptNumber
      fold.progress = 'payment_completed'
      fold.state = nextLifecycleState(fold.state, 'close') ?? fold.state
      return null
  }
}

type RequiredFact = Extract<StoreFact, { type: 'verification.required' }>

function requireVerification(fold: Fold, fact: RequiredFact, at: number): Contradiction | null {
  if (fold.verifications.has(fact.verificationId)) {
    return contradiction('verification_exists', 'The session already has this verification.')
  }
  showVerification(fold, {
    id: fact.verificationId,
    kind: fact.kind,
    transactionId: fact.transactionId,
    reason: fact.reason,
    minAge: fact.minAge,
    at,
  })
  return null
}

function showVerification(
  fold: Fold,
  shown: Pick<Verification, 'id' | 'kind' | 'transactionId' | 'reason' | 'minAge' | 'requestedBy'> & { at: number },
): void {
  const { at, ...required } = shown
  fold.verifications.set(shown.id, {
    view: {
      ...required,
      status: 'waiting',
      shownAt: iso(at),
      acknowledgedAt: null,
      resolvedAt: null,
      employee: null,
    },
    waiting: { from: at, to: null },
    interactions: [],
  })
}

/** What a review or a tick says about single items. */
function addEventOutcomes(fold: Fold, event: SessionEvent, counts: boolean): void {
  if (!isAboutItems(event)) return
  const by = { employee: event.employee ?? { number: '', name: '' }, at: event.at }
  addOutcomes(fold.outcomes, event, by, counts, fold.review)
}

function applyDecision(fold: Fold, event: SessionEvent, at: number): void {
  const employee: EmployeeRef = event.employee ?? { number: '', name: '' }
  const decision = event as unknown as Record<string, unknown>
  switch (event.type) {
    case 'note.added':
      fold.notes.push({ id: event.id, text: String(decision.text), employee, at: event.at })
      return
    case 'basket.reviewed': {
      const said = {
        reason: String(decision.reason),
        note: (decision.note as string | null | undefined) ?? undefined,
        employee,
        at: event.at,
      }
      if (fold.review === null) fold.review = { ...said, putBack: decision.putBack as boolean, also: [] }
      else fold.review.also.push(said)
      addEventOutcomes(fold, event, true)
      return
    }
    case 'basket.items_put_back':
      addEventOutcomes(fold, event, true)
      return
    case 'verification.requested':
      // The decision's id names the verification; a store's system may have taken the same one.
      if (fold.verifications.has(event.id)) return
      fold.lastActivityAt = Math.max(fold.lastActivityAt, at)
      showVerification(fold, {
        id: event.id,
        kind: decision.kind as Verification['kind'],
        reason: decision.reason as string,
        requestedBy: employee,
        at,
      })
      return
  }
  const work = fold.verifications.get(String(decision.verificationId))
  // Unreachable for a decision that was judged; a fold over a prefix may still meet it.
  if (work === undefined) return
  const decided = work.view.status === 'approved' || work.view.status === 'rejected'
  // Nobody did anything when a lease ran out.
  if (fold.ended === null && event.type !== LAPSED_EVENT) fold.lastActivityAt = Math.max(fold.lastActivityAt, at)
  switch (event.type) {
    case 'verification.acknowledged':
      if (work.view.status !== 'waiting' && work.view.status !== 'in_progress') return
      acknowledge(work, employee, at)
      return
    case 'verification.taken_over':
      if (work.view.status !== 'waiting' && work.view.status !== 'in_progress') return
      if (work.view.employee?.number !== employee.number) {
        letGo(work, 'taken_over', at, String(decision.reason))
        acknowledge(work, employee, at)
      }
      return
    case 'verification.released':
      letGo(work, 'released', at)
      return
    case LAPSED_EVENT:
      if (work.view.employee?.number === employee.number) letGo(work, 'lapsed', at)
      return
    case 'verification.resolved':
      if (decided) return
      if (work.view.status !== 'in_progress') acknowledge(work, employee, at)
      settle(work, decision.outcome as 'approved' | 'rejected', at)
      Object.assign(work.view, {
        resolvedAt: event.at,
        employee,
        method: decision.method ?? undefined,
        itemsChecked: decision.itemsChecked ?? undefined,
        differences: decision.differences ?? [],
        note: decision.note ?? undefined,
        corrections: decision.corrections ?? undefined,
        plan: decision.plan ?? undefined,
        escalatedFrom: decision.escalatedFrom ?? undefined,
        fullRescanDeclined: decision.fullRescanDeclined ?? undefined,
        refusalReason: decision.refusalReason ?? undefined,
      })
  }
}

/** Whoever has it has it no longer: the verification waits again. */
function letGo(work: VerificationWork, how: NonNullable<Holder>['how'], at: number, reason?: string): void {
  const { view } = work
  if (view.status !== 'in_progress') return
  if (view.employee !== null) view.lastHolder = { employee: view.employee, how, at: iso(at), reason }
  settle(work, 'waiting', at)
  view.employee = null
}

type Holder = Verification['lastHolder']

function acknowledge(work: VerificationWork, employee: EmployeeRef, at: number): void {
  if (work.waiting.to === null) work.waiting.to = Math.max(at, work.waiting.from)
  work.view.acknowledgedAt ??= iso(at)
  work.view.employee = employee
  if (work.view.status === 'in_progress') return
  work.interactions.push({ from: at, to: null })
  work.view.status = 'in_progress'
  work.view.heldSince = iso(at)
}

function documentOf(fold: Fold, events: SessionEvent[]): SessionDocument {
  const lineItems = [...fold.lines.values()]
  const works = [...fold.verifications.values()]
  const waiting = unionTime(works.map((work) => work.waiting))
  const interaction = unionTime(works.flatMap((work) => work.interactions))
  const expiry = fold.ended === null ? expiryOf(fold.frame.settings, fold.policySince, fold.lastActivityAt) : null
  const lastOf = (kind: Verification['kind']): CheckSummary =>
    works.findLast((work) => work.view.kind === kind)?.view.status ?? 'not_required'
  return {
    id: fold.frame.id,
    storeId: fold.frame.storeId,
    customerId: fold.customerId,
    client: fold.client ?? { type: 'unknown' },
    state: fold.state,
    progress: fold.progress,
    startedAt: iso(fold.startedAt),
    lastActivityAt: iso(fold.lastActivityAt),
    endedAt: fold.ended === null ? null : iso(fold.ended.at),
    endReason: fold.ended?.reason ?? null,
    expiresAt: expiry === null ? null : iso(expiry.at),
    currency: fold.frame.settings.currency,
    lineItems,
    quantity: exactSum(lineItems.map((line) => line.quantity - line.returnedQuantity)),
    total: exactSum(lineItems.map((line) => line.total)),
    transactions: fold.transactions.map((transaction) =>
      // A running transaction is for the basket as it is now.
      transaction.status === 'started' ? { ...transaction, lineItems } : transaction,
    ),
    verifications: works.map((work) => work.view),
    spotCheck: lastOf('spot_check'),
    ageVerification: lastOf('age_verification'),
    waitingMs: waiting.ms,
    waitingSince: waiting.since === null ? null : iso(waiting.since),
    interactionMs: interaction.ms,
    interactingSince: interaction.since === null ? null : iso(interaction.since),
    feedback: fold.feedback,
    review: fold.review,
    putBack: settledLines(fold.outcomes, lineItems, fold.review),
    notes: fold.notes,
    attributes: fold.attributes,
    customerSession: fold.customerSession,
    anomalies: fold.anomalies,
    events,
    version: fold.frame.version,
  }
}
