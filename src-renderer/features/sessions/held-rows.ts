/**
 * Rows that hold still while somebody reads them. The worker answers pages of the list as it is now; what is shown keeps
 * its places, with new values in them, and grows along the present order at both ends as one scrolls.
 */
import type { SessionKey } from '../../data/data-api.ts'

/** A part of the list as it is now. */
export interface FreshRows<Row extends SessionKey> {
  /** Place of the first of `rows` in the present order. */
  offset: number
  rows: readonly Row[]
  /** All rows of the list. */
  count: number
}

/** A part of the list as it is shown. */
export interface ShownRows<Row extends SessionKey> {
  /** Place of the first of `rows` on the screen. */
  offset: number
  rows: readonly { row: Row; key: string; gone: boolean }[]
  /** Rows the screen has room for, those not loaded included. */
  count: number
  /** How many places the rows around the shown ones stand further down by now: where to ask for more of them. */
  shift: number
  /** Rows that belong above or among the shown ones and wait to be let in. */
  waiting: number
  /** True when rows stand where the present order has them no more. */
  isHeld: boolean
}

export const keyOf = ({ storeId, id }: SessionKey): string => JSON.stringify([storeId, id])

/** The list as it is now. */
export function follow<Row extends SessionKey>({ offset, rows, count }: FreshRows<Row>): ShownRows<Row> {
  const shown = rows.map((row) => ({ row, key: keyOf(row), gone: false }))
  return { offset, rows: shown, count, shift: 0, waiting: 0, isHeld: false }
}

/**
 * The shown rows in their places, with what they hold now, and more rows of the present order up to the wanted range.
 *
 * @param strays what became of the rows that `straysOf` names, by key; null for one that is gone
 * @param wanted places on the screen that should be filled; shown rows far from them are dropped
 * @returns null where nothing shown is left to hold on to: then the list is followed
 */
export function hold<Row extends SessionKey>(
  shown: ShownRows<Row>,
  fresh: FreshRows<Row>,
  strays: ReadonlyMap<string, Row | null>,
  wanted: { offset: number; limit: number },
): ShownRows<Row> | null {
  const freshRows = fresh.rows.map((row, index) => ({ row, key: keyOf(row), gone: false, place: fresh.offset + index }))
  const byKey = new Map(freshRows.map((each) => [each.key, each]))
  const places = shown.rows.map(({ key }) => byKey.get(key)?.place ?? null)
  const anchors = longestRise(places)
  const [first, last] = [anchors[0], anchors.at(-1)]
  if (first === undefined || last === undefined) return null
  const [firstPlace, lastPlace] = [places[first] as number, places[last] as number]

  const held = shown.rows.map((each) => {
    const now = byKey.get(each.key)?.row ?? strays.get(each.key)
    return now === null ? { ...each, gone: true } : { ...each, row: now ?? each.row, gone: false }
  })
  const keys = new Set(shown.rows.map(({ key }) => key))
  const others = freshRows.filter(({ key }) => !keys.has(key))
  const above = others.filter(({ place }) => place < firstPlace)
  const among = others.filter(({ place }) => place > firstPlace && place < lastPlace)
  const below = others.filter(({ place }) => place > lastPlace)

  const before = above.slice(Math.max(0, above.length - shown.offset))
  const offset = shown.offset - before.length
  // The present order ends above, and yet there are places left: only a list that follows has none.
  if (offset > wanted.offset && fresh.offset === 0) return null
  const rows = [...before, ...held, ...below].map(({ row, key, gone }) => ({ row, key, gone }))

  const shift = firstPlace - (shown.offset + first)
  const freshEnd = fresh.offset + freshRows.length
  const left = fresh.count - 1 - (below.at(-1)?.place ?? lastPlace)
  // Shown rows below the last fresh one are among those left; where more fresh ones follow, they have no other place.
  const beyond = lastPlace + 1 === freshEnd && freshEnd < fresh.count ? held.length - 1 - last : 0
  const count = offset + rows.length - beyond + left
  // Rows that come in above the first shown one push all others down by one each.
  const waiting = Math.max(0, shift) + among.length
  // Shown rows beyond the fresh ones are not missing; those that the fresh ones should have among them are.
  const hasStrayed =
    anchors.length < last - first + 1 ||
    (first > 0 && fresh.offset < firstPlace) ||
    (last < held.length - 1 && lastPlace + 1 < freshEnd)
  return trim({ offset, rows, count, shift, waiting, isHeld: waiting > 0 || shift !== 0 || hasStrayed }, wanted)
}

/** Keys of shown rows in the wanted range that the fresh ones do not tell about. */
export function straysOf<Row extends SessionKey>(
  shown: ShownRows<Row>,
  fresh: FreshRows<Row>,
  wanted: { offset: number; limit: number },
): SessionKey[] {
  const here = new Set(fresh.rows.map(keyOf))
  return shown.rows
    .slice(Math.max(0, wanted.offset - shown.offset), Math.max(0, wanted.offset + wanted.limit - shown.offset))
    .flatMap(({ row, key }) => (here.has(key) ? [] : { storeId: row.storeId, id: row.id }))
}

/** So many rows beyond the wanted ones are kept, so that scrolling to and fro shows the same. */
const KEPT_BEYOND = 100

function trim<Row extends SessionKey>(
  shown: ShownRows<Row>,
  wanted: { offset: number; limit: number },
): ShownRows<Row> | null {
  const from = Math.max(0, wanted.offset - KEPT_BEYOND - shown.offset)
  const to = wanted.offset + wanted.limit + KEPT_BEYOND - shown.offset
  const rows = shown.rows.slice(from, Math.max(from, to))
  return rows.length === 0 ? null : { ...shown, offset: shown.offset + from, rows }
}

/** Indexes of a longest rising run among the places, which may leave out any; nulls are never in it. */
export function longestRise(places: readonly (number | null)[]): number[] {
  /** By length, the index of the lowest place that ends a run of that length. */
  const ends: number[] = []
  const previous: number[] = []
  for (const [index, place] of places.entries()) {
    if (place === null) continue
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((places[ends[middle] as number] as number) < place) low = middle + 1
      else high = middle
    }
    previous[index] = low === 0 ? -1 : (ends[low - 1] as number)
    ends[low] = index
  }
  const run: number[] = []
  for (let index = ends.at(-1) ?? -1; index >= 0; index = previous[index] as number) run.push(index)
  return run.reverse()
}
