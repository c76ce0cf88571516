/** What a basket that was left holds, in the few fields that lists over thousands of baskets need. */
import type { LineItem, SessionDocument } from '#shared/protocol/session-document.ts'
import { firstScans } from '#shared/session/goods-outside.ts'

export type Storage = NonNullable<LineItem['storage']>

/** Shared by all baskets of a store that have it. */
export interface BasketProduct {
  sku: string
  name: string
  department: string | null
  storage: Storage
}

export interface BasketLine {
  lineId: string
  product: BasketProduct
  /** Pieces that were not returned, and their value in minor units. */
  quantity: number
  total: number
  /** UTC milliseconds; the start of the session where no event says so. */
  scannedAt: number
  /** Somebody said what became of it. */
  settled: boolean
}

export interface Basket {
  /** Of the document that it was read from. */
  version: number
  lines: BasketLine[]
}

const storages: readonly Storage[] = ['ambient', 'chilled', 'frozen']

/** One line as it is stored. */
type StoredLine = [
  lineId: string,
  sku: string,
  name: string,
  department: string | null,
  storage: number,
  quantity: number,
  total: number,
  scannedAt: number,
  settled: 0 | 1,
]

/** Each product once: thousands of baskets have the same. */
export class Products {
  private readonly known = new Map<string, BasketProduct>()

  product(sku: string, name: string, department: string | null, storage: Storage): BasketProduct {
    const key = `${sku}\n${name}\n${department ?? ''}\n${storage}`
    let product = this.known.get(key)
    if (product === undefined) {
      product = { sku, name, department, storage }
      this.known.set(key, product)
    }
    return product
  }
}

/** The lines of a document as they are stored: a text costs a fraction of as many objects to read. */
export function encodeLines(session: SessionDocument): string {
  const scanned = firstScans(session)
  const start = Date.parse(session.startedAt)
  const settled = new Set(session.putBack.map(({ lineId }) => lineId))
  const lines = session.lineItems.map((line): StoredLine => {
    const { lineId, sku, name, department = null, storage = 'ambient', quantity, returnedQuantity, total } = line
    const at = scanned.get(lineId) ?? start
    const kept = storages.indexOf(storage)
    return [lineId, sku, name, department, kept, quantity - returnedQuantity, total, at, settled.has(lineId) ? 1 : 0]
  })
  return JSON.stringify(lines)
}

/** @throws SyntaxError where the text is damaged */
export function decodeLines(text: string, products: Products): BasketLine[] {
  return (JSON.parse(text) as StoredLine[]).map(
    ([lineId, sku, name, department, storage, quantity, total, scannedAt, settled]) => ({
      lineId,
      product: products.product(sku, name, department, storages[storage] ?? 'ambient'),
      quantity,
      total,
      scannedAt,
      settled: settled === 1,
    }),
  )
}
