/** The lifecycle of a session: exactly the transitions of the rules, as a total table. */
import type { LifecycleState } from '../protocol/lifecycle-state.ts'

/** What may cause a transition. `reopen` and `return` exist because the table allows some only through them. */
export type LifecycleAction = 'close' | 'cancel' | 'reopen' | 'return'

const table: Record<LifecycleState, Record<LifecycleAction, LifecycleState | null>> = {
  open: { close: 'closed', cancel: 'cancelled', reopen: null, return: null },
  closed: { close: null, cancel: 'cancelled', reopen: 'open', return: 'partially_returned' },
  partially_returned: { close: null, cancel: 'cancelled', reopen: null, return: 'partially_returned' },
  cancelled: { close: null, cancel: null, reopen: null, return: null },
}

/** The state after an action, or null where the transition is refused. */
export function nextLifecycleState(state: LifecycleState, action: LifecycleAction): LifecycleState | null {
  return table[state][action]
}

/** Whether a session counts in the closed total. */
export function countsAsClosed(state: LifecycleState): boolean {
  return state === 'closed' || state === 'partially_returned'
}
