import { describe, expect, it } from 'vitest'
import { lifecycleStateSchema } from '../protocol/lifecycle-state.ts'
import { countsAsClosed, type LifecycleAction, nextLifecycleState } from './transitions.ts'

const actions: LifecycleAction[] = ['close', 'cancel', 'reopen', 'return']
/** The transitions of the rules, and no others. */
const allowed = new Map([
  ['open close', 'closed'],
  ['open cancel', 'cancelled'],
  ['closed cancel', 'cancelled'],
  ['closed reopen', 'open'],
  ['closed return', 'partially_returned'],
  ['partially_returned return', 'partially_returned'],
  ['partially_returned cancel', 'cancelled'],
])

describe('the transition table', () => {
  for (const state of lifecycleStateSchema.options) {
    for (const action of actions) {
      const next = allowed.get(`${state} ${action}`) ?? null
      it(`${state} by ${action}: ${next ?? 'refused'}`, () => expect(nextLifecycleState(state, action)).toBe(next))
    }
  }

  it('counts closed and partially returned sessions as closed, no others', () => {
    expect(lifecycleStateSchema.options.filter(countsAsClosed)).toEqual(['closed', 'partially_returned'])
  })
})
