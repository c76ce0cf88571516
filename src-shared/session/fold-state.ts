/** The state of a fold under way, and the steps that facts and commands share. */
import type { LifecycleState } from '../protocol/lifecycle-state.ts'
import type {
  CustomerSessionExtras,
  EndReason,
  LineItem,
  SessionDocument,
  Transaction,
  Verification,
} from '../protocol/session-document.ts'
import type { StoreSettings } from '../protocol/store-settings.ts'
import type { Interval } from './intervals.ts'
import type { ItemOutcomes } from './item-outcomes.ts'

/** Everything about a session that its events do not say. */
export interface SessionFrame {
  id: string
  storeId: string
  settings: Pick<StoreSettings, 'currency' | 'timezone' | 'expiry'>
  version: number
}

export interface VerificationWork {
  view: Verification
  waiting: Interval
  interactions: Interval[]
}

/** Instants are UTC milliseconds. */
export interface Fold {
  frame: SessionFrame
  customerId: string | null
  client: SessionDocument['client'] | null
  state: LifecycleState
  progress: string
  startedAt: number
  /** Since when the expiry policy counts: the start, or the last reopening. */
  policySince: number
  lastActivityAt: number
  ended: { at: number; reason: EndReason } | null
  lines: Map<string, LineItem>
  /** Lines as commands last defined them; a later command may name one instead of repeating it. */
  definedLines: Map<string, LineItem>
  transactions: Transaction[]
  verifications: Map<string, VerificationWork>
  feedback: SessionDocument['feedback']
  review: SessionDocument['review']
  outcomes: ItemOutcomes
  notes: SessionDocument['notes']
  attributes: SessionDocument['attributes']
  customerSession: CustomerSessionExtras | undefined
  anomalies: SessionDocument['anomalies']
}

export const iso = (ms: number): string => new Date(ms).toISOString()

/** A line with its total; more than there is cannot have been returned. */
export function withTotal(line: Omit<LineItem, 'total'>): LineItem {
  const returnedQuantity = Math.min(line.returnedQuantity, line.quantity)
  return { ...line, returnedQuantity, total: (line.quantity - returnedQuantity) * line.unitPrice }
}

/** Ends the session; verifications that nobody decided end with it. */
export function end(fold: Fold, at: number, reason: EndReason): void {
  fold.ended = { at, reason }
  for (const work of fold.verifications.values()) {
    if (work.view.status !== 'waiting' && work.view.status !== 'in_progress') continue
    settle(work, work.view.acknowledgedAt === null ? 'never_served' : 'withdrawn', at)
  }
}

/** Gives a verification a status in which nobody works on it: its intervals end. */
export function settle(
  work: VerificationWork,
  status: Exclude<Verification['status'], 'in_progress'>,
  at: number,
): void {
  work.view.status = status
  work.view.heldSince = undefined
  if (work.waiting.to === null) work.waiting.to = Math.max(at, work.waiting.from)
  for (const interval of work.interactions) {
    if (interval.to === null) interval.to = Math.max(at, interval.from)
  }
}

/** Ends a transaction, which keeps the line items it was for. */
export function finish(fold: Fold, transaction: Transaction, status: Transaction['status'], at: number): void {
  transaction.status = status
  transaction.endedAt = iso(at)
  transaction.lineItems = [...fold.lines.values()]
}

/** A sum that stays within the integers the wire can carry, however absurd the basket. */
export function exactSum(values: number[]): number {
  return Math.min(
    values.reduce((sum, value) => sum + value, 0),
    Number.MAX_SAFE_INTEGER,
  )
}
