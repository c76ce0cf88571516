/**
 * What is really in a shopper's bag. Most shoppers scan right; some forget an item, scan too few or too many, or take another
 * product than they scanned. Nothing of it is reported: it is found by whoever looks into the bag.
 */
import type { LineItem, SessionDocument } from '#shared/protocol/session-document.ts'
import { unrestricted } from './catalogue.ts'
import { Random } from './random.ts'

/** Pieces of one product in the bag. */
export interface BagItem {
  sku: string
  name: string
  /** Minor units per piece. */
  unitPrice: number
  quantity: number
}

/** Share of shoppers whose bag is not what they scanned. */
const SLIPS = 0.25

const slips = [
  { name: 'forgotten', weight: 4 },
  { name: 'one_more', weight: 4 },
  { name: 'other_product', weight: 2 },
  { name: 'scanned_twice', weight: 2 },
] as const

type Basket = Pick<SessionDocument, 'id' | 'lineItems' | 'verifications'>

/** The bag, a function of session and basket: whoever looks sees the same. Once a check found it out, it is put right. */
export function bagOf(session: Basket): BagItem[] {
  const bag = session.lineItems.map(itemOf).filter(({ quantity }) => quantity > 0)
  const random = new Random('bag', session.id)
  const checked = session.verifications.some(({ kind, resolvedAt }) => kind === 'spot_check' && resolvedAt !== null)
  if (checked || bag.length === 0 || !random.chance(SLIPS)) return bag
  const item = random.pick(bag)
  const other = random.pick(unrestricted)
  switch (random.weighted(slips, (slip) => slip.weight).name) {
    case 'forgotten':
      return [...bag, { sku: other.sku, name: other.name, unitPrice: other.unitPrice, quantity: 1 }]
    case 'one_more':
      item.quantity += 1
      return bag
    case 'scanned_twice':
      item.quantity -= 1
      return bag.filter(({ quantity }) => quantity > 0)
    case 'other_product':
      item.quantity -= 1
      return [
        ...bag.filter(({ quantity }) => quantity > 0),
        { sku: other.sku, name: other.name, unitPrice: other.unitPrice, quantity: 1 },
      ]
  }
}

function itemOf({ sku, name, unitPrice, quantity, returnedQuantity }: LineItem): BagItem {
  return { sku, name, unitPrice, quantity: quantity - returnedQuantity }
}
