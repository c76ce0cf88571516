/**
 * The put-back list on its way from the worker to the window: thousands of lines are a few columns there, and become
 * objects where a screen looks at them.
 */
import type { PutBackItem, PutBackList } from './abandoned-api.ts'

type Line = PutBackItem['lines'][number]

/** Lines of all items one after the other. */
export interface PackedPutBack extends Omit<PutBackList, 'items'> {
  items: Omit<PutBackItem, 'lines'>[]
  /** How many lines each item has. */
  counts: Uint32Array
  sessionIds: string[]
  lineIds: string[]
  /** Places in these. */
  sessions: Uint32Array
  ids: Uint32Array
  quantities: Float64Array
  scannedAt: Float64Array
}

export function packPutBack({ items, ...list }: PutBackList): PackedPutBack {
  const total = items.reduce((sum, { lines }) => sum + lines.length, 0)
  const [sessionPlaces, linePlaces] = [new Map<string, number>(), new Map<string, number>()]
  const place = (places: Map<string, number>, value: string) => {
    const known = places.get(value)
    if (known !== undefined) return known
    places.set(value, places.size)
    return places.size - 1
  }
  const [sessions, ids] = [new Uint32Array(total), new Uint32Array(total)]
  const [quantities, scannedAt] = [new Float64Array(total), new Float64Array(total)]
  let at = 0
  for (const { lines } of items) {
    for (const line of lines) {
      sessions[at] = place(sessionPlaces, line.sessionId)
      ids[at] = place(linePlaces, line.lineId)
      quantities[at] = line.quantity
      scannedAt[at] = line.scannedAt
      at += 1
    }
  }
  return {
    ...list,
    items: items.map(({ lines: _lines, ...item }) => item),
    counts: Uint32Array.from(items, ({ lines }) => lines.length),
    sessionIds: [...sessionPlaces.keys()],
    lineIds: [...linePlaces.keys()],
    sessions,
    ids,
    quantities,
    scannedAt,
  }
}

export function unpackPutBack(packed: PackedPutBack): PutBackList {
  const { items, counts, baskets, pieces, withoutDetails, complete } = packed
  let from = 0
  const unpacked = items.map((item, index) => {
    const to = from + (counts[index] ?? 0)
    const of = new UnpackedItem(item, packed, from, to)
    from = to
    return of
  })
  return { items: unpacked, baskets, pieces, withoutDetails, complete }
}

class UnpackedItem implements PutBackItem {
  readonly storeId: string
  readonly sku: string
  readonly name: string
  readonly department: string | null
  readonly storage: PutBackItem['storage']
  readonly quantity: number
  readonly value: number
  readonly currency: string
  readonly scannedAt: number
  readonly discardAt: number | null
  readonly overdue: number
  readonly #packed: PackedPutBack
  readonly #from: number
  readonly #to: number
  #lines: Line[] | null = null

  constructor(item: Omit<PutBackItem, 'lines'>, packed: PackedPutBack, from: number, to: number) {
    this.storeId = item.storeId
    this.sku = item.sku
    this.name = item.name
    this.department = item.department
    this.storage = item.storage
    this.quantity = item.quantity
    this.value = item.value
    this.currency = item.currency
    this.scannedAt = item.scannedAt
    this.discardAt = item.discardAt
    this.overdue = item.overdue
    this.#packed = packed
    this.#from = from
    this.#to = to
  }

  get lines(): Line[] {
    this.#lines ??= this.#unpack()
    return this.#lines
  }

  #unpack(): Line[] {
    const { sessionIds, lineIds, sessions, ids, quantities, scannedAt } = this.#packed
    return Array.from({ length: this.#to - this.#from }, (_, index) => {
      const at = this.#from + index
      return {
        sessionId: sessionIds[sessions[at] as number] as string,
        lineId: lineIds[ids[at] as number] as string,
        quantity: quantities[at] as number,
        scannedAt: scannedAt[at] as number,
      }
    })
  }
}
