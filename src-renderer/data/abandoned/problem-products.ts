/** Products that make trouble: counted over the documents of a period, a few at a time. */
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { ProblemProducts, ProductTrouble } from '../abandoned-api.ts'

/** Differences by which a product was missed: it is not in the basket, too few of it are, or another one is. */
const MISSED: readonly string[] = ['missing_item', 'quantity_too_low', 'wrong_item']

export class ProductCount {
  private readonly products = new Map<string, ProductTrouble & { nameAt: number }>()
  private counted = 0

  /** @param isLeft it is an abandoned basket */
  add(document: SessionDocument, isLeft: boolean): void {
    this.counted += 1
    const at = Date.parse(document.startedAt)
    const seen = new Map<string, ProductTrouble>()
    const meet = (sku: string, name: string, department: string | null) => {
      const known = seen.get(sku)
      if (known !== undefined) return known
      const product = this.product(sku, name, department, document.currency, at)
      product.baskets += 1
      seen.set(sku, product)
      return product
    }
    const without = new Set(document.anomalies.map(({ eventId }) => eventId))
    const skuOfLine = new Map<string, string>()
    const removed = new Set<string>()
    for (const event of document.events) {
      if (event.source !== 'store' || without.has(event.id)) continue
      if (event.type === 'item.added') {
        const { lineId, sku, name, department } = event as { lineId?: unknown } & Record<string, unknown>
        skuOfLine.set(String(lineId), String(sku))
        meet(String(sku), String(name), typeof department === 'string' ? department : null)
      } else if (event.type === 'item.removed') {
        const sku = skuOfLine.get(String(event.lineId))
        if (sku !== undefined) removed.add(sku)
      }
    }
    // Lines of customer sessions come in no event of their own.
    for (const { sku, name, department } of document.lineItems) meet(sku, name, department ?? null)
    for (const sku of removed) {
      const product = seen.get(sku)
      if (product !== undefined) product.removedFrom += 1
    }
    if (isLeft) this.addAbandoned(document, seen)
    this.addMissed(document, at)
  }

  /** @param sessions in the period, with and without details here */
  result(sessions: number): ProblemProducts {
    const troubles = [...this.products.values()].filter(
      ({ abandonedBaskets, missedInChecks, removedFrom }) => abandonedBaskets + missedInChecks + removedFrom > 0,
    )
    const products = troubles
      .map(({ nameAt: _nameAt, ...product }) => product)
      .sort((a, b) => b.abandonedBaskets - a.abandonedBaskets || (a.sku < b.sku ? -1 : 1))
    return { products, sessions, counted: this.counted }
  }

  private addAbandoned({ lineItems }: SessionDocument, seen: ReadonlyMap<string, ProductTrouble>): void {
    const left = new Set<string>()
    for (const { sku, quantity, returnedQuantity, total } of lineItems) {
      const product = seen.get(sku)
      if (product === undefined) continue
      if (!left.has(sku)) product.abandonedBaskets += 1
      left.add(sku)
      product.abandonedPieces += quantity - returnedQuantity
      product.abandonedValue += total
    }
  }

  private addMissed({ verifications, lineItems, transactions, currency }: SessionDocument, at: number): void {
    const lines = new Map(
      [...transactions.flatMap((each) => each.lineItems), ...lineItems].map((line) => [line.lineId, line]),
    )
    for (const { kind, differences } of verifications) {
      if (kind !== 'spot_check') continue
      const missed = new Set<string>()
      for (const difference of differences ?? []) {
        if (!MISSED.includes(difference.kind)) continue
        const line = difference.lineId === undefined ? undefined : lines.get(difference.lineId)
        const sku = difference.sku ?? line?.sku
        if (sku === undefined || missed.has(sku)) continue
        missed.add(sku)
        const name = difference.name ?? line?.name ?? sku
        this.product(sku, name, line?.department ?? null, currency, at).missedInChecks += 1
      }
    }
  }

  private product(sku: string, name: string, department: string | null, currency: string, at: number): ProductTrouble {
    const key = `${currency}\n${sku}`
    const known = this.products.get(key)
    if (known !== undefined) {
      if (at >= known.nameAt) Object.assign(known, { name, department: department ?? known.department, nameAt: at })
      return known
    }
    const none = {
      baskets: 0,
      abandonedBaskets: 0,
      abandonedPieces: 0,
      abandonedValue: 0,
      missedInChecks: 0,
      removedFrom: 0,
    }
    const product = { sku, name, department, currency, nameAt: at, ...none }
    this.products.set(key, product)
    return product
  }
}
