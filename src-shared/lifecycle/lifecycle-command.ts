/** Lifecycle commands, and the events they leave in a session's log. */

import type { LifecycleState } from '../protocol/lifecycle-state.ts'
import type { CustomerSessionExtras, LineItem } from '../protocol/session-document.ts'
import type { LifecycleAction } from './transitions.ts'

/** One line of a basket as a command states it; the line's id is given by the judge. */
export type CartLine = Omit<LineItem, 'lineId' | 'total' | 'returnedQuantity'>

/** What a command changes besides the state. An absent field keeps what was there, an empty one clears it. */
export interface SessionChanges extends Partial<Omit<CustomerSessionExtras, 'updateCount'>> {
  customerId?: string
  attributes?: Record<string, unknown>
  /** The whole basket, in its order. */
  cartLines?: CartLine[]
}

/** Pieces to return of one line, named by its place in the basket (from 0) or its SKU; all that is left by default. */
export interface ReturnRequest {
  position?: number
  sku?: string
  quantity?: number
}

export type LifecycleCommand =
  /** `stated` is the state that the sender says the session has. */
  | { type: 'session.update'; changes: SessionChanges; stated?: LifecycleState }
  | { type: 'session.close' | 'session.cancel'; changes: SessionChanges }
  | { type: 'session.reopen' }
  | { type: 'items.return'; items: ReturnRequest[] }

/** Commands become events in the past tense; `action` is the column of the transition table, null for none. */
export const lifecycleEvents = {
  'session.update': { type: 'session.updated', action: null },
  'session.close': { type: 'session.closed', action: 'close' },
  'session.cancel': { type: 'session.cancelled', action: 'cancel' },
  'session.reopen': { type: 'session.reopened', action: 'reopen' },
  'items.return': { type: 'items.returned', action: 'return' },
} as const satisfies Record<LifecycleCommand['type'], { type: string; action: LifecycleAction | null }>

/** A line with its id. */
export type DefinedLine = Omit<LineItem, 'total' | 'returnedQuantity'>

/** Changes as an event keeps them: a line that is as a command defined it before is named, not repeated. */
export interface RecordedChanges extends Omit<SessionChanges, 'cartLines'> {
  lines?: (DefinedLine | string)[]
}

/** Payload of `items.returned`. */
export interface ReturnedLine {
  lineId: string
  quantity: number
}
