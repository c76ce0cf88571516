/** Which abandoned baskets are selected for one review. */
import type { SessionKey } from '../../data/data-api.ts'

export type BasketSelection = ReadonlyMap<string, SessionKey>

export const noBaskets: BasketSelection = new Map()

/** So many are reviewed at once. */
export const MAX_BASKETS = 1_000

export const basketKey = ({ storeId, id }: SessionKey): string => JSON.stringify([storeId, id])

/** With one basket added or taken out; a full selection takes no more. */
export function toggleBasket(selection: BasketSelection, { storeId, id }: SessionKey): BasketSelection {
  const next = new Map(selection)
  const key = basketKey({ storeId, id })
  if (!next.delete(key) && next.size < MAX_BASKETS) next.set(key, { storeId, id })
  return next
}

/** These baskets, in their order, as many as can be selected. */
export const selectBaskets = (baskets: readonly SessionKey[]): BasketSelection =>
  new Map(baskets.slice(0, MAX_BASKETS).map(({ storeId, id }) => [basketKey({ storeId, id }), { storeId, id }]))

/** Without those that are done. */
export function withoutBaskets(selection: BasketSelection, done: readonly SessionKey[]): BasketSelection {
  const keys = new Set(done.map(basketKey))
  return new Map([...selection].filter(([key]) => !keys.has(key)))
}
