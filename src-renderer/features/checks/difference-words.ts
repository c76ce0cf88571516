/** Differences of checks in plain words. */
import type { Difference } from '#shared/protocol/decisions.ts'
import type { LineItem } from '#shared/protocol/session-document.ts'
import { inFavourOf } from '#shared/verification/differences.ts'

export const differenceKinds: Record<Difference['kind'], string> = {
  missing_item: 'Missing item',
  quantity_too_low: 'Too many in the bag',
  quantity_too_high: 'Too few in the bag',
  wrong_item: 'Wrong item',
  wrong_discount: 'Wrong discount',
}

/** What is wrong, as a colleague would say it. */
export function differenceWords(
  { kind, lineId, sku, name, quantity = 0 }: Difference,
  basket: readonly Pick<LineItem, 'lineId' | 'name' | 'quantity' | 'returnedQuantity'>[],
): string {
  const line = basket.find((each) => each.lineId === lineId)
  const paid = line === undefined ? 0 : line.quantity - line.returnedQuantity
  const found = name ?? sku ?? 'an unnamed item'
  switch (kind) {
    case 'missing_item':
      return `${quantity} × ${found}, not in the basket`
    case 'quantity_too_low':
    case 'quantity_too_high':
      return `${line?.name ?? found}: ${quantity} in the bag, ${paid} in the basket`
    case 'wrong_item':
      return `${quantity} × ${name ?? sku ?? 'another product'} instead of ${line?.name ?? 'what the basket says'}`
    case 'wrong_discount':
      return line?.name ?? found
  }
}

/** Who would have lost it. */
export const lossWords = (difference: Difference): string =>
  inFavourOf(difference) === 'store' ? 'the store would have lost' : 'the shopper would have lost'
