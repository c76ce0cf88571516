/** The decisions by which an employee takes back what was ticked by mistake. */
import { MAX_ITEMS_PER_DECISION } from '#shared/protocol/decisions.ts'
import type { LineKey } from '../abandoned-api.ts'
import type { Deciding } from '../decision-desk.ts'

/** One decision per basket; more only where one cannot name all its lines. */
export function takingBack(lines: readonly LineKey[]): Deciding[] {
  const baskets = new Map<string, { storeId: string; sessionId: string; lineIds: Set<string> }>()
  for (const { storeId, sessionId, lineId } of lines) {
    const key = JSON.stringify([storeId, sessionId])
    const basket = baskets.get(key) ?? { storeId, sessionId, lineIds: new Set() }
    baskets.set(key, basket)
    basket.lineIds.add(lineId)
  }
  return [...baskets.values()].flatMap(({ storeId, sessionId, lineIds }) => {
    const ids = [...lineIds]
    const decisions: Deciding[] = []
    for (let start = 0; start < ids.length; start += MAX_ITEMS_PER_DECISION) {
      const takenBack = ids.slice(start, start + MAX_ITEMS_PER_DECISION)
      decisions.push({ storeId, sessionId, input: { type: 'basket.put_back', payload: { items: [], takenBack } } })
    }
    return decisions
  })
}
