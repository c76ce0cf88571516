/** What the put-back screen makes of the list: groups, what a tick or a scan settles, what is settled already here. */
import type { ItemOutcome } from '#shared/protocol/decisions.ts'
import { productKey } from '#shared/verification/product-code.ts'
import type { LineKey, PutBackItem, PutBackList } from '../../data/abandoned-api.ts'
import { storageLabels } from '../../ui/abandoned-words.ts'

type Line = PutBackItem['lines'][number]

export const itemKey = ({ storeId, sku, department, storage, currency }: PutBackItem): string =>
  JSON.stringify([storeId, sku, department, storage, currency])

export const lineKey = ({ storeId, sessionId, lineId }: LineKey): string => JSON.stringify([storeId, sessionId, lineId])

const sessionOf = (key: string): string => (JSON.parse(key) as [string, string, string])[1]

/** The lines of a product as decisions name them. */
export const linesOf = ({ storeId }: PutBackItem, lines: readonly Line[]): LineKey[] =>
  lines.map(({ sessionId, lineId }) => ({ storeId, sessionId, lineId }))

/** The line that a scan counts for: the one that lies longest. */
export const lineInTurn = ({ storeId, lines }: PutBackItem): string => {
  const [first] = lines
  return first === undefined ? '' : lineKey({ storeId, ...first })
}

export const piecesOf = (lines: readonly Pick<Line, 'quantity'>[]): number =>
  lines.reduce((sum, { quantity }) => sum + quantity, 0)

/** From when on a line must be discarded, UTC milliseconds; the rule is the same for all lines of a product. */
export const lineDiscardAt = ({ discardAt, scannedAt }: PutBackItem, line: Pick<Line, 'scannedAt'>): number | null =>
  discardAt === null ? null : line.scannedAt + (discardAt - scannedAt)

/** What the store's rule makes of lines now: those past their limit are discarded, the others go back. */
export function splitByRule(
  item: PutBackItem,
  lines: readonly Line[],
  nowMs: number,
): { outcome: ItemOutcome; lines: Line[] }[] {
  const isOver = (line: Line) => (lineDiscardAt(item, line) ?? Number.POSITIVE_INFINITY) <= nowMs
  const parts = [
    { outcome: 'discarded' as const, lines: lines.filter(isOver) },
    { outcome: 'put_back' as const, lines: lines.filter((line) => !isOver(line)) },
  ]
  return parts.filter(({ lines }) => lines.length > 0)
}

/** The list without lines that are settled here and not yet gone from the answer. */
export function withoutLines(
  items: readonly PutBackItem[],
  settled: ReadonlySet<string>,
  nowMs: number,
): readonly PutBackItem[] {
  if (settled.size === 0) return items
  // Few lines among many thousands: their sessions tell at a glance which to look at.
  const sessions = new Set(Array.from(settled, sessionOf))
  return items.flatMap((item) => {
    const left = item.lines.filter(
      (line) => !sessions.has(line.sessionId) || !settled.has(lineKey({ storeId: item.storeId, ...line })),
    )
    if (left.length === item.lines.length) return item
    const [first] = left
    if (first === undefined) return []
    const quantity = piecesOf(left)
    const over = splitByRule(item, left, nowMs).find(({ outcome }) => outcome === 'discarded')
    return {
      ...item,
      lines: left,
      quantity,
      // Of the lines alone it is not known; pieces of a product cost about the same.
      value: Math.round((item.value * quantity) / item.quantity),
      scannedAt: first.scannedAt,
      discardAt: lineDiscardAt(item, first),
      overdue: piecesOf(over?.lines ?? []),
    }
  })
}

export interface PutBackGroup {
  title: string
  isCold: boolean
  items: PutBackItem[]
}

const NO_DEPARTMENT = 'Without a department'

/** Frozen, chilled, then by department; the order within each stays. */
export function groupItems(items: readonly PutBackItem[]): PutBackGroup[] {
  const groups = new Map<string, PutBackGroup>()
  const add = (key: string, title: string, isCold: boolean, item: PutBackItem) => {
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { title, isCold, items: [item] })
    else group.items.push(item)
  }
  for (const cold of ['frozen', 'chilled'] as const)
    for (const item of items) if (item.storage === cold) add(`cold ${cold}`, storageLabels[cold], true, item)
  for (const item of items)
    if (item.storage === 'ambient') add(`of ${item.department}`, item.department ?? NO_DEPARTMENT, false, item)
  return [...groups.values()]
}

/** The product of a scanned code; of several stores' the one that must be dealt with first. */
export function findScanned(items: readonly PutBackItem[], code: string): PutBackItem | undefined {
  const key = productKey(code)
  return items.find(({ sku }) => productKey(sku) === key)
}

/**
 * What one more scanned piece settles: the line that lies longest, once all its pieces were scanned.
 * @param scanned pieces that were scanned before for the same line, see `lineInTurn`
 */
export function scanPiece(item: PutBackItem, scanned: number): { settled: Line | null; scanned: number } {
  const first = item.lines[0]
  const now = scanned + 1
  return first !== undefined && now >= first.quantity ? { settled: first, scanned: 0 } : { settled: null, scanned: now }
}

/**
 * Every answer crosses from the worker as a copy: products that say the same stay the same objects, and are not drawn anew.
 * An answer that says nothing new is the former one: else whoever waits for a change would find one each time it looks.
 */
export function withSameItems(before: PutBackList | undefined, next: PutBackList): PutBackList {
  if (before === undefined || before === next) return next
  const known = new Map(before.items.map((item) => [itemKey(item), item]))
  const items = next.items.map((item) => {
    const same = known.get(itemKey(item))
    return same !== undefined && isSameItem(same, item) ? same : item
  })
  const isSame =
    items.length === before.items.length &&
    items.every((item, index) => item === before.items[index]) &&
    next.baskets === before.baskets &&
    next.pieces === before.pieces &&
    next.withoutDetails === before.withoutDetails &&
    next.complete === before.complete
  return isSame ? before : { ...next, items }
}

function isSameItem(a: PutBackItem, b: PutBackItem): boolean {
  if (a.name !== b.name || a.quantity !== b.quantity || a.value !== b.value || a.overdue !== b.overdue) return false
  if (a.discardAt !== b.discardAt || a.lines.length !== b.lines.length) return false
  return a.lines.every((line, index) => isSameLine(line, b.lines[index]))
}

const isSameLine = (a: Line, b: Line | undefined): boolean =>
  b !== undefined &&
  a.lineId === b.lineId &&
  a.sessionId === b.sessionId &&
  a.quantity === b.quantity &&
  a.scannedAt === b.scannedAt
