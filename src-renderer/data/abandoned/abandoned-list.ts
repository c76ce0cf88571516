/** One page of abandoned baskets under a filter, with menus and sums over all of them. */
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { storyOf } from '#shared/session/abandoned-story.ts'
import { firstScans } from '#shared/session/goods-outside.ts'
import type { AbandonedBasket, AbandonedPage, AbandonedQuery, AbandonedSort } from '../abandoned-api.ts'
import type { AbandonedRow } from './abandoned-rows.ts'
import type { Basket } from './basket-lines.ts'

/** One candidate with what its conditions look at. */
interface Judged extends AbandonedRow {
  shift: string | null
}

export interface AbandonedListPorts {
  /** Name of the shift of an instant (UTC milliseconds) in a store. */
  shiftOf: (storeId: string, atMs: number) => string | null
  /** Undefined where its details are not on this PC. */
  basketOf: (storeId: string, id: string) => Basket | undefined
  isHere: (storeId: string, id: string) => boolean
}

export interface FoundBaskets extends Omit<AbandonedPage, 'rows' | 'complete'> {
  page: Judged[]
}

/** @param rows all abandoned baskets of the stores and the range */
export function findAbandoned(
  rows: readonly AbandonedRow[],
  query: AbandonedQuery,
  ports: AbandonedListPorts,
): FoundBaskets {
  const needle = query.text.trim().toLowerCase()
  const obstacles = new Map<string, number>()
  const shifts = new Map<string, number>()
  const found: Judged[] = []
  for (const each of rows) {
    const { row } = each
    if (query.reviewed !== null && row.reviewed !== query.reviewed) continue
    if (!isWithin(row.total, query.total)) continue
    if (needle !== '' && !hasText(each, needle, ports)) continue
    const obstacle = row.obstacle ?? 'none'
    const shift = ports.shiftOf(row.storeId, each.leftAt)
    const [hasObstacle, isOfShift] = [
      query.obstacles.length === 0 || query.obstacles.includes(obstacle),
      query.shifts.length === 0 || (shift !== null && query.shifts.includes(shift)),
    ]
    // A menu leaves its own filter out of account.
    if (isOfShift) obstacles.set(obstacle, (obstacles.get(obstacle) ?? 0) + 1)
    if (hasObstacle && shift !== null) shifts.set(shift, (shifts.get(shift) ?? 0) + 1)
    if (hasObstacle && isOfShift) found.push({ ...each, shift })
  }
  const byCurrency = new Map<string, number>()
  for (const { row } of found) byCurrency.set(row.currency, (byCurrency.get(row.currency) ?? 0) + row.total)
  return {
    page: found.sort(order(query)).slice(query.offset, query.offset + query.limit),
    count: found.length,
    totals: {
      quantity: found.reduce((sum, { row }) => sum + row.quantity, 0),
      byCurrency: [...byCurrency]
        .map(([currency, total]) => ({ currency, total }))
        .sort((a, b) => (a.currency < b.currency ? -1 : 1)),
    },
    obstacles: menuOf(obstacles),
    shifts: menuOf(shifts),
    withoutDetails: found.filter(({ row }) => !ports.isHere(row.storeId, row.id)).length,
  }
}

/** @param document with unsent decisions; undefined where it is not on this PC */
export function abandonedBasket(
  { row, leftAt, expired, shift }: Judged,
  document: SessionDocument | undefined,
  unsent: boolean,
): AbandonedBasket {
  const basket = { row, leftAt, expired, shift, unsent }
  if (document === undefined) return { ...basket, story: null, items: null, review: null }
  const scanned = firstScans(document)
  const settled = new Map(document.putBack.map((line) => [line.lineId, line]))
  const items = document.lineItems.map((line) => ({
    ...line,
    scannedAt: scanned.get(line.lineId) ?? null,
    settled: settled.get(line.lineId) ?? null,
  }))
  return { ...basket, story: storyOf(document), items, review: document.review }
}

function isWithin(value: number, range: AbandonedQuery['total']): boolean {
  return range === null || ((range.min === null || value >= range.min) && (range.max === null || value <= range.max))
}

function hasText({ row }: AbandonedRow, needle: string, { basketOf }: AbandonedListPorts): boolean {
  if (row.id.toLowerCase().includes(needle) || (row.customerId ?? '').toLowerCase().includes(needle)) return true
  const lines = basketOf(row.storeId, row.id)?.lines ?? []
  return lines.some(
    ({ product }) => product.name.toLowerCase().includes(needle) || product.sku.toLowerCase().includes(needle),
  )
}

const sortKeys: Record<AbandonedSort, (basket: Judged) => number | string> = {
  leftAt: ({ leftAt }) => leftAt,
  total: ({ row }) => row.total,
  quantity: ({ row }) => row.quantity,
  obstacle: ({ row }) => row.obstacle ?? 'none',
  storeId: ({ row }) => row.storeId,
}

/** Ties go by when it was left, newest first, then by id. */
function order({ sort, descending }: AbandonedQuery): (a: Judged, b: Judged) => number {
  const keyOf = sortKeys[sort]
  const sign = descending ? -1 : 1
  return (a, b) => {
    const [keyA, keyB] = [keyOf(a), keyOf(b)]
    if (keyA !== keyB) return keyA < keyB ? -sign : sign
    return b.leftAt - a.leftAt || (a.row.id < b.row.id ? -1 : 1)
  }
}

function menuOf(counts: ReadonlyMap<string, number>): { value: string; count: number }[] {
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
}
