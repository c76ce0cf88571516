/** The put-back list: lines that nobody dealt with, merged by product over all baskets of a store. */
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { discardAtOf } from '#shared/session/goods-outside.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { PutBackItem, PutBackList } from '../abandoned-api.ts'
import type { Basket } from './basket-lines.ts'

/** A basket that is not reviewed. */
export interface LeftBasket {
  row: Pick<SessionSummary, 'storeId' | 'id' | 'quantity' | 'currency'>
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
  const merged = new Map<string, Merged>()
  let withItems = 0
  let withoutDetails = 0
  let pieces = 0
  let key = ''
  let of: Merged | undefined
  for (const { row, basket } of baskets) {
    // An empty basket leaves nothing to be put back, whatever its details are.
    if (basket === undefined) withoutDetails += row.quantity > 0 ? 1 : 0
    let hasItems = false
    for (const { lineId, product, quantity, total, scannedAt, settled } of basket?.lines ?? []) {
      if (settled || quantity <= 0) continue
      hasItems = true
      const { sku, name, department, storage } = product
      key = `${row.storeId}\n${sku}\n${department ?? ''}\n${storage}\n${row.currency}`
      of = merged.get(key)
      if (of === undefined) {
        const { storeId, currency } = row
        const rules = rulesOf(storeId)
        const item = { storeId, sku, name, department, storage, quantity: 0, value: 0, currency, lines: [] }
        of = {
          item: { ...item, scannedAt, discardAt: null, overdue: 0 },
          keepsMs: rules === undefined ? null : discardAtOf(storage, 0, rules),
          nameAt: scannedAt,
        }
        merged.set(key, of)
      }
      const { item } = of
      item.lines.push({ sessionId: row.id, lineId, quantity, scannedAt })
      item.quantity += quantity
      item.value += total
      item.scannedAt = Math.min(item.scannedAt, scannedAt)
      // A product that was renamed is called what it was called last.
      if (scannedAt > of.nameAt) {
        of.nameAt = scannedAt
        item.name = name
      }
      if (of.keepsMs !== null && scannedAt + of.keepsMs <= nowMs) item.overdue += quantity
      pieces += quantity
    }
    if (hasItems) withItems += 1
  }
  const items = Array.from(merged.values(), ({ item, keepsMs }) => {
    item.lines.sort((a, b) => a.scannedAt - b.scannedAt || compare(a.sessionId, b.sessionId))
    item.discardAt = keepsMs === null ? null : item.scannedAt + keepsMs
    return item
  })
  return { items: items.sort(compareItems), baskets: withItems, pieces, withoutDetails }
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
