/**
 * Counts and sums over many rows in one pass. Sessions with the same labels are one class, and a chart asks for as few classes as
 * it tells apart: all its numbers come out of a small table of groups by classes.
 */
import type { CodeColumn } from '../columns.ts'
import { lowestBit, type RowSet } from '../row-set.ts'
import type { SessionColumns } from '../session-columns.ts'
import type { Profile } from '../session-profiles.ts'
import type { Traits } from '../session-traits.ts'

/** What a chart tells apart in profiles, and in traits. */
export interface Classes<OfProfile, OfTraits> {
  count: number
  /** By code, so that both together are the number of the class. */
  profile: Int32Array
  trait: Int32Array
  of: (number: number) => OfProfile & OfTraits
}

/** Values by code as few different ones, told apart by what they hold. */
function distinct<Value, Kind>(column: CodeColumn<Value>, kindOf: (value: Value) => Kind) {
  const known = new Map<string, number>()
  const kinds: Kind[] = []
  const codes = Int32Array.from(column.values, (value) => {
    const kind = kindOf(value)
    const key = JSON.stringify(kind)
    const number = known.get(key) ?? kinds.push(kind) - 1
    known.set(key, number)
    return number
  })
  return { codes, kinds }
}

/**
 * The classes of a chart.
 * @param ofProfile plain values that the chart tells apart
 */
export function classesOf<OfProfile extends object, OfTraits extends object>(
  columns: SessionColumns,
  ofProfile: (profile: Profile) => OfProfile,
  ofTraits: (traits: Traits) => OfTraits,
): Classes<OfProfile, OfTraits> {
  const profiles = distinct(columns.profiles, ofProfile)
  const traits = distinct(columns.traits, ofTraits)
  const perProfile = Math.max(1, traits.kinds.length)
  return {
    count: Math.max(1, profiles.kinds.length) * perProfile,
    profile: profiles.codes.map((kind) => kind * perProfile),
    trait: traits.codes,
    of: (number) => ({
      ...(profiles.kinds[Math.floor(number / perProfile)] as OfProfile),
      ...(traits.kinds[number % perProfile] as OfTraits),
    }),
  }
}

/** Sessions of one group and class. */
export interface Cell<Kind> {
  group: number
  kind: Kind
  sessions: number
  /** Sum of `total`, whatever the currency. */
  value: number
  items: number
}

/** Numbers per cell of the table. */
const WIDTH = 3

/**
 * @param keys by row, each minus `firstKey` a position in `groupOf`
 * @returns the cells that have sessions, by group
 */
export function tallyBy<OfProfile, OfTraits>(
  rows: RowSet,
  { profiles, traits, total, quantity }: SessionColumns,
  classes: Classes<OfProfile, OfTraits>,
  by: { keys: ArrayLike<number>; firstKey: number; groupOf: Int32Array; groups: number },
): Cell<OfProfile & OfTraits>[] {
  const { words } = rows
  const { keys, firstKey, groupOf, groups } = by
  const table = new Float64Array(groups * classes.count * WIDTH)
  const { profile: ofProfile, trait: ofTrait, count } = classes
  const [profileCodes, traitCodes] = [profiles.codes, traits.codes]
  const [totals, quantities] = [total.data, quantity.data]
  for (let word = 0; word < words.length; word += 1) {
    for (let rest = words[word] as number; rest !== 0; rest &= rest - 1) {
      const row = word * 32 + lowestBit(rest)
      const kind = (ofProfile[profileCodes[row] as number] as number) + (ofTrait[traitCodes[row] as number] as number)
      const group = groupOf[(keys[row] as number) - firstKey] as number
      const at = (group * count + kind) * WIDTH
      table[at] = (table[at] as number) + 1
      table[at + 1] = (table[at + 1] as number) + (totals[row] as number)
      table[at + 2] = (table[at + 2] as number) + (quantities[row] as number)
    }
  }
  const kinds = Array.from({ length: count }, (_, number) => classes.of(number))
  const cells: Cell<OfProfile & OfTraits>[] = []
  for (let at = 0; at < table.length; at += WIDTH) {
    const sessions = table[at] as number
    if (sessions === 0) continue
    const place = at / WIDTH
    const kind = kinds[place % count] as OfProfile & OfTraits
    const [value, items] = [table[at + 1] as number, table[at + 2] as number]
    cells.push({ group: Math.floor(place / count), kind, sessions, value, items })
  }
  return cells
}

/** As above, without groups. */
export function tally<OfProfile, OfTraits>(
  rows: RowSet,
  columns: SessionColumns,
  classes: Classes<OfProfile, OfTraits>,
): Cell<OfProfile & OfTraits>[] {
  const { codes, values } = columns.storeId
  // All stores are one group.
  const groupOf = new Int32Array(values.length)
  return tallyBy(rows, columns, classes, { keys: codes, firstKey: 0, groupOf, groups: 1 })
}

/** Sum of what `of` takes from each cell. */
export function sumOf<Kind>(cells: readonly Cell<Kind>[], of: (cell: Cell<Kind>) => number): number {
  let sum = 0
  for (const cell of cells) sum += of(cell)
  return sum
}

/** Sessions of the cells that `is` names. */
export const countOf = <Kind>(cells: readonly Cell<Kind>[], is: (kind: Kind) => boolean): number =>
  sumOf(cells, ({ kind, sessions }) => (is(kind) ? sessions : 0))

/** Value of the cells that `is` names. */
export const valueIn = <Kind>(cells: readonly Cell<Kind>[], is: (kind: Kind) => boolean): number =>
  sumOf(cells, ({ kind, value }) => (is(kind) ? value : 0))

/** Cells by what `keyOf` says of them, in the order of their first cell. */
export function cellsBy<Kind, Key>(
  cells: readonly Cell<Kind>[],
  keyOf: (cell: Cell<Kind>) => Key,
): Map<Key, Cell<Kind>[]> {
  const by = new Map<Key, Cell<Kind>[]>()
  for (const cell of cells) {
    const key = keyOf(cell)
    const list = by.get(key)
    if (list === undefined) by.set(key, [cell])
    else list.push(cell)
  }
  return by
}

/** Cells of each group from 0 to below `groups`. */
export function cellsByGroup<Kind>(cells: readonly Cell<Kind>[], groups: number): Cell<Kind>[][] {
  const by = Array.from({ length: groups }, (): Cell<Kind>[] => [])
  for (const cell of cells) by[cell.group]?.push(cell)
  return by
}
