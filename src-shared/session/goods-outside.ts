/** Goods that left their shelf or fridge: since when, and until when they may still go back. */
import type { ItemOutcome } from '../protocol/decisions.ts'
import type { LineItem, SessionDocument, SettledLine } from '../protocol/session-document.ts'
import type { PutBackSettings } from '../protocol/store-settings.ts'

/**
 * When each line was scanned first, UTC milliseconds by line: of goods that were taken out of the basket and scanned again the
 * longest time outside the fridge counts. Lines that no event says it of are not in it.
 */
export function firstScans({ events }: Pick<SessionDocument, 'events'>): Map<string, number> {
  const first = new Map<string, number>()
  for (const event of events) {
    if (event.type !== 'item.added' || typeof event.lineId !== 'string') continue
    const at = Date.parse(event.at)
    const before = first.get(event.lineId)
    if (before === undefined || at < before) first.set(event.lineId, at)
  }
  return first
}

const minutesOf = {
  chilled: 'chilledMinutes',
  frozen: 'frozenMinutes',
  ambient: 'ambientMinutes',
} as const satisfies Record<NonNullable<LineItem['storage']>, keyof PutBackSettings>

/**
 * From when on goods must be discarded by the store's rule, UTC milliseconds; null where the rule never says so.
 * @param scannedAt UTC milliseconds
 */
export function discardAtOf(
  storage: NonNullable<LineItem['storage']>,
  scannedAt: number,
  settings: PutBackSettings,
): number | null {
  const minutes = settings[minutesOf[storage]]
  return minutes === null ? null : scannedAt + minutes * 60_000
}

/** One line of a basket with all that decides what becomes of it. */
export interface BasketGoods {
  line: LineItem
  /** Pieces that were not returned. */
  quantity: number
  /** UTC milliseconds; the start of the session where no event says when it was scanned. */
  scannedAt: number
  /** UTC milliseconds; null where the store's rule never says so. */
  discardAt: number | null
  settled: SettledLine | null
}

/** The lines of a basket, frozen and chilled first, as they were scanned. */
export function goodsOf(document: SessionDocument, settings: PutBackSettings): BasketGoods[] {
  const scans = firstScans(document)
  const settled = new Map(document.putBack.map((each) => [each.lineId, each]))
  const goods = document.lineItems.map((line): BasketGoods => {
    const scannedAt = scans.get(line.lineId) ?? Date.parse(document.startedAt)
    const discardAt = discardAtOf(line.storage ?? 'ambient', scannedAt, settings)
    const quantity = line.quantity - line.returnedQuantity
    return { line, quantity, scannedAt, discardAt, settled: settled.get(line.lineId) ?? null }
  })
  return goods.filter(({ quantity }) => quantity > 0).sort((a, b) => coldness(a) - coldness(b))
}

const coldness = ({ line }: BasketGoods): number => ['frozen', 'chilled', 'ambient'].indexOf(line.storage ?? 'ambient')

/** What the store's rule says about goods now: those past their limit are discarded, all others go back. */
export const byRule = ({ discardAt }: Pick<BasketGoods, 'discardAt'>, nowMs: number): ItemOutcome =>
  discardAt !== null && nowMs >= discardAt ? 'discarded' : 'put_back'
