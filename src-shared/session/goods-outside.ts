/** Goods that left their shelf or fridge: since when, and until when they may still go back. */
import type { LineItem, SessionDocument } from '../protocol/session-document.ts'
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
