/** The put-back list: lines that nobody dealt with, merged by product over all baskets of a store. */
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { discardAtOf } from '#shared/session/goods-outside.ts'
import type { PutBackItem, PutBackList } from '../abandoned-api.ts'
import type { SessionOutline } from '../session-index.ts'
import type { Basket, BasketLine, BasketProduct } from './basket-lines.ts'

/** A basket that is not reviewed. */
export interface LeftBasket {
  row: SessionOutline
  /** Undefined where its details are not on this PC. */
  basket: Pick<Basket, 'lines'> | undefined
}

interface Merged {
  item: PutBackItem
  /** Milliseconds since it was scanned; null where it may always go back. */
  keepsMs: number | null
  /** When the line was scanned that `name` is of. */
  nameAt: number
}

/**
 * @param rulesOf the rule of a store for when goods must be discarded
 * @param nowMs UTC milliseconds
 */
export function mergePutBack(
  baskets: readonly LeftBasket[],
  rulesOf: (storeId: string) => StoreSettings['putBack'] | undefined,
  nowMs: number,
): Omit<PutBackList, 'complete'> {
  const merging = new Merging(rulesOf, nowMs)
  let withItems = 0
  let withoutDetails = 0
  for (const { row, basket } of baskets) {
    // An empty basket leaves nothing to be put back, whatever its details are.
    if (basket === undefined) withoutDetails += row.quantity > 0 ? 1 : 0
    else if (merging.add(row, basket.lines)) withItems += 1
  }
  const items = merging.items()
  const pieces = items.reduce((sum, { quantity }) => sum + quantity, 0)
  return { items: items.sort(compareItems), baskets: withItems, pieces, withoutDetails }
}

class Merging {
  private readonly merged = new Map<string, Merged>()
  /** By store and currency: baskets of a store share their products, so that a line needs no key of its own. */
  private readonly known = new Map<string, Map<BasketProduct, Merged>>()

  constructor(
    private readonly rulesOf: (storeId: string) => StoreSettings['putBack'] | undefined,
    private readonly nowMs: number,
  ) {}

  /** @returns whether anything of the basket is still to be put back */
  add(row: LeftBasket['row'], lines: readonly BasketLine[]): boolean {
    const scope = `${row.currency}\n${row.storeId}`
    const known = this.known.get(scope) ?? new Map<BasketProduct, Merged>()
    this.known.set(scope, known)
    let hasItems = false
    for (const { lineId, product, quantity, total, scannedAt, settled } of lines) {
      if (settled || quantity <= 0) continue
      hasItems = true
      let of = known.get(product)
      if (of === undefined) {
        of = this.of(row, product, scannedAt)
        known.set(product, of)
      }
      const { item } = of
      item.lines.push({ sessionId: row.id, lineId, quantity, scannedAt })
      item.quantity += quantity
      item.value += total
      if (scannedAt < item.scannedAt) item.scannedAt = scannedAt
      // A product that was renamed is called what it was called last.
      if (scannedAt > of.nameAt) {
        of.nameAt = scannedAt
        item.name = product.name
      }
      if (of.keepsMs !== null && scannedAt + of.keepsMs <= this.nowMs) item.overdue += quantity
    }
    return hasItems
  }

  items(): PutBackItem[] {
    return Array.from(this.merged.values(), ({ item, keepsMs }) => {
      item.lines.sort((a, b) => a.scannedAt - b.scannedAt || compare(a.sessionId, b.sessionId))
      item.discardAt = keepsMs === null ? null : item.scannedAt + keepsMs
      return item
    })
  }

  private of({ storeId, currency }: LeftBasket['row'], product: BasketProduct, scannedAt: number): Merged {
    const { sku, name, department, storage } = product
    const key = `${storeId}\n${sku}\n${department ?? ''}\n${storage}\n${currency}`
    const known = this.merged.get(key)
    if (known !== undefined) return known
    const rules = this.rulesOf(storeId)
    const item = { storeId, sku, name, department, storage, quantity: 0, value: 0, currency, lines: [] }
    const merged: Merged = {
      item: { ...item, scannedAt, discardAt: null, overdue: 0 },
      keepsMs: rules === undefined ? null : discardAtOf(storage, 0, rules),
      nameAt: scannedAt,
    }
    this.merged.set(key, merged)
    return merged
  }
}

/** Cold goods first, what must be discarded soonest first; the others by department and name. */
function compareItems(a: PutBackItem, b: PutBackItem): number {
  const isCold = ({ storage }: PutBackItem) => storage !== 'ambient'
  if (isCold(a) !== isCold(b)) return isCold(a) ? -1 : 1
  const untilDiscarded = (a.discardAt ?? Number.MAX_VALUE) - (b.discardAt ?? Number.MAX_VALUE)
  if (isCold(a) && untilDiscarded !== 0) return untilDiscarded
  const departments =
    a.department === b.department
      ? 0
      : a.department === null
        ? 1
        : b.department === null
          ? -1
          : compare(a.department, b.department)
  return departments || compare(a.name, b.name) || compare(a.sku, b.sku) || compare(a.storeId, b.storeId)
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
