/** What an employee decided, in words. */
import type { ItemOutcome } from '#shared/protocol/decisions.ts'
import type { ShiftDecision } from '#shared/protocol/shift-entries.ts'
import type { AnyDecision } from '../data/data-api.ts'
import { outcomeLabels } from './labels.ts'

/** A decision in the past tense, with the words that were typed. */
export function decisionWords(decision: AnyDecision): string {
  switch (decision.type) {
    case 'verification.acknowledge':
      return 'Took the check'
    case 'verification.release':
      return 'Released the check'
    case 'verification.take_over':
      return `Took the check over: “${decision.payload.reason}”`
    case 'verification.resolve': {
      const { outcome, note } = decision.payload
      return `${outcomeLabels[outcome]} the check${note ? `: “${note}”` : ''}`
    }
    case 'verification.request':
      return `Asked for a check: “${decision.payload.reason}”`
    case 'basket.review':
      return `Reviewed the basket: ${decision.payload.reason}`
    case 'basket.put_back':
      return putBackWords(decision.payload.items)
    case 'note.add':
      return `Note: “${decision.payload.text}”`
    case 'shift.note':
      return `Note on the shift: “${decision.payload.text}”`
    case 'shift.acknowledge': {
      const { note } = decision.payload
      return `Took the shift over${note ? `: “${note}”` : ''}`
    }
  }
}

/** Whether a decision is on a shift and not on a session. */
export function isOnShift(decision: AnyDecision): decision is ShiftDecision {
  return decision.type === 'shift.note' || decision.type === 'shift.acknowledge'
}

const itemOutcomeWords: Record<ItemOutcome, string> = {
  put_back: 'put back',
  discarded: 'discarded',
  not_found: 'not found',
}

function putBackWords(items: readonly { outcome: ItemOutcome }[]): string {
  const words = Object.entries(itemOutcomeWords).flatMap(([outcome, word]) => {
    const count = items.filter((item) => item.outcome === outcome).length
    return count === 0 ? [] : [`${count} ${word}`]
  })
  return `Items: ${words.join(', ')}`
}
