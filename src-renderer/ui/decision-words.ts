/** What an employee decided, in words. */
import type { Decision, ItemOutcome } from '#shared/protocol/decisions.ts'
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
      return putBackWords(decision.payload)
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

export type PutBackPayload = Extract<Decision, { type: 'basket.put_back' }>['payload']

const itemOutcomeWords: Record<ItemOutcome, string> = {
  put_back: 'put back',
  discarded: 'discarded',
  not_found: 'not found',
}

/** `Items: 2 discarded, 1 taken back` */
export function putBackWords({ items, takenBack }: PutBackPayload): string {
  const words = Object.entries(itemOutcomeWords).flatMap(([outcome, word]) => {
    const count = items.filter((item) => item.outcome === outcome).length
    return count === 0 ? [] : [`${count} ${word}`]
  })
  const back = takenBack?.length ?? 0
  return `Items: ${[...words, ...(back === 0 ? [] : [`${back} taken back`])].join(', ')}`
}
