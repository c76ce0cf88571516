/** What a basket that was left holds, in the few fields that lists over thousands of baskets need, and how it is stored. */
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
  id: string
  /** Of the document that it was read from. */
  version: number
  /** On which it started, as UTC has it: which page holds it. */
  day: string
  lines: BasketLine[]
}

/** Baskets of one day as they are stored: few objects, whose reading is what a start waits for. */
export interface PackedBaskets {
  ids: string[]
  products: BasketProduct[]
  lineIds: string[]
  /** Of each basket its version and how many lines it has. */
  baskets: Float64Array
  /** Of each line its id and product, by their places, quantity, total, instant and whether it is settled. */
  lines: Float64Array
}

const BASKET_FIELDS = 2
const LINE_FIELDS = 6

/** Each product once: thousands of baskets have the same. */
export class Products {
  private readonly known = new Map<string, BasketProduct>()

  shared(product: BasketProduct): BasketProduct {
    const { sku, name, department, storage } = product
    const key = `${sku}\n${name}\n${department ?? ''}\n${storage}`
    const known = this.known.get(key)
    if (known !== undefined) return known
    this.known.set(key, product)
    return product
  }
}

export function basketOf(session: SessionDocument, products: Products): Basket {
  const scanned = firstScans(session)
  const start = Date.parse(session.startedAt)
  const settled = new Set(session.putBack.map(({ lineId }) => lineId))
  const lines = session.lineItems.map((line): BasketLine => {
    const { lineId, sku, name, department = null, storage = 'ambient', quantity, returnedQuantity, total } = line
    return {
      lineId,
      product: products.shared({ sku, name, department, storage }),
      quantity: quantity - returnedQuantity,
      total,
      scannedAt: scanned.get(lineId) ?? start,
      settled: settled.has(lineId),
    }
  })
  return { id: session.id, version: session.version, day: session.startedAt.slice(0, 10), lines }
}

export function packBaskets(baskets: readonly Basket[]): PackedBaskets {
  const [products, lineIds] = [new Places<BasketProduct>(), new Places<string>()]
  const numbers: number[] = []
  for (const { lines } of baskets) {
    for (const { lineId, product, quantity, total, scannedAt, settled } of lines) {
      numbers.push(lineIds.of(lineId), products.of(product), quantity, total, scannedAt, settled ? 1 : 0)
    }
  }
  return {
    ids: baskets.map(({ id }) => id),
    products: products.values,
    lineIds: lineIds.values,
    baskets: Float64Array.from(baskets.flatMap(({ version, lines }) => [version, lines.length])),
    lines: Float64Array.from(numbers),
  }
}

/** @throws RangeError where what was stored is damaged */
export function unpackBaskets(packed: PackedBaskets, day: string, shared: Products): Basket[] {
  const { ids, lineIds, baskets, lines: numbers } = packed
  const products = packed.products.map((product) => shared.shared(product))
  let at = 0
  const unpacked = ids.map((id, index): Basket => {
    const count = baskets[index * BASKET_FIELDS + 1] ?? Number.NaN
    const lines: BasketLine[] = []
    for (let line = 0; line < count; line += 1, at += LINE_FIELDS) {
      const lineId = lineIds[numbers[at] ?? -1]
      const product = products[numbers[at + 1] ?? -1]
      if (lineId === undefined || product === undefined) throw new RangeError('baskets of a day are damaged')
      lines.push({
        lineId,
        product,
        quantity: numbers[at + 2] as number,
        total: numbers[at + 3] as number,
        scannedAt: numbers[at + 4] as number,
        settled: numbers[at + 5] === 1,
      })
    }
    return { id, version: baskets[index * BASKET_FIELDS] ?? 0, day, lines }
  })
  if (at !== numbers.length) throw new RangeError('baskets of a day are damaged')
  return unpacked
}

/** Numbers values in the order in which they come up. */
class Places<Value> {
  readonly values: Value[] = []
  private readonly places = new Map<Value, number>()

  of(value: Value): number {
    const known = this.places.get(value)
    if (known !== undefined) return known
    const place = this.values.push(value) - 1
    this.places.set(value, place)
    return place
  }
}
