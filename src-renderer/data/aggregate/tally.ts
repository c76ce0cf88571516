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

/** Values by code as few different ones, told apart by what their fields hold. */
function distinct<Value, Kind extends object>(column: CodeColumn<Value>, kindOf: (value: Value) => Kind) {
  const root = new Branch()
  const kinds: Kind[] = []
  const codes = new Int32Array(column.values.length)
  column.values.forEach((value, code) => {
    const kind = kindOf(value)
    let at = root
    for (const field of Object.values(kind)) at = at.of(field)
    if (at.number < 0) at.number = kinds.push(kind) - 1
    codes[code] = at.number
  })
  return { codes, kinds }
}

/** Kinds by their fields, one after the other: as text, thousands of codes would take milliseconds. */
class Branch {
  number = -1
  private readonly next = new Map<unknown, Branch>()

  of(field: unknown): Branch {
    let branch = this.next.get(field)
    if (branch === undefined) {
      branch = new Branch()
      this.next.set(field, branch)
    }
    return branch
  }
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

/** Numbers per class: sessions, sum of `total` whatever the currency, sum of `quantity`. */
const WIDTH = 3

/** Counts and sums of some sessions by class. */
export interface Sums<Kind> {
  readonly kinds: readonly Kind[]
  readonly numbers: Float64Array
  /** Of the first class among the numbers. */
  readonly from: number
}

/** Which group a session is in: by the hour of its start, and within that by its store. */
export interface Grouping {
  /** By row. */
  wallHours: Int32Array
  /** By wall hour, counted from `firstHour`. */
  groupOf: Int32Array
  firstHour: number
  groups: number
}

/** A table of groups by stores by classes. */
export class Table<Kind> {
  constructor(
    private readonly kinds: readonly Kind[],
    private readonly numbers: Float64Array,
    private readonly groups: number,
    private readonly stores: number,
  ) {}

  total(): Sums<Kind> {
    return this.collapsed(1, () => 0)[0] as Sums<Kind>
  }

  /** By group. */
  byGroup(): Sums<Kind>[] {
    return this.collapsed(this.groups, (group) => group)
  }

  /** By code of the store, of a table that tells them apart. */
  byStore(): Sums<Kind>[] {
    return this.collapsed(this.stores, (_group, store) => store)
  }

  private collapsed(places: number, placeOf: (group: number, store: number) => number): Sums<Kind>[] {
    const { kinds, numbers, groups, stores } = this
    const size = kinds.length * WIDTH
    const sums = new Float64Array(places * size)
    for (let group = 0; group < groups; group += 1) {
      for (let store = 0; store < stores; store += 1) {
        const [from, to] = [(group * stores + store) * size, placeOf(group, store) * size]
        for (let at = 0; at < size; at += 1) sums[to + at] = (sums[to + at] as number) + (numbers[from + at] as number)
      }
    }
    return Array.from({ length: places }, (_, place) => ({ kinds, numbers: sums, from: place * size }))
  }
}

/** Counts and sums by group, and on demand by store, in one pass over the rows. */
export function tally<OfProfile, OfTraits>(
  rows: RowSet,
  { profiles, traits, storeId, total, quantity }: SessionColumns,
  classes: Classes<OfProfile, OfTraits>,
  { wallHours, groupOf, firstHour, groups }: Grouping,
  { withStores } = { withStores: false },
): Table<OfProfile & OfTraits> {
  const { words } = rows
  const { profile: ofProfile, trait: ofTrait, count } = classes
  const stores = withStores ? Math.max(1, storeId.values.length) : 1
  const numbers = new Float64Array(groups * stores * count * WIDTH)
  const ofStore = Int32Array.from(storeId.values, (_, code) => (withStores ? code * count : 0))
  const ofHour = groupOf.map((group) => group * stores * count)
  const [profileCodes, traitCodes, storeCodes] = [profiles.codes, traits.codes, storeId.codes]
  const [totals, quantities] = [total.data, quantity.data]
  for (let word = 0; word < words.length; word += 1) {
    for (let rest = words[word] as number; rest !== 0; rest &= rest - 1) {
      const row = word * 32 + lowestBit(rest)
      const place =
        (ofHour[(wallHours[row] as number) - firstHour] as number) + (ofStore[storeCodes[row] as number] as number)
      const kind = (ofProfile[profileCodes[row] as number] as number) + (ofTrait[traitCodes[row] as number] as number)
      const at = (place + kind) * WIDTH
      numbers[at] = (numbers[at] as number) + 1
      numbers[at + 1] = (numbers[at + 1] as number) + (totals[row] as number)
      numbers[at + 2] = (numbers[at + 2] as number) + (quantities[row] as number)
    }
  }
  const kinds = Array.from({ length: count }, (_, number) => classes.of(number))
  return new Table(kinds, numbers, groups, stores)
}

type Weight<Kind> = (kind: Kind) => number | boolean

const weights = new WeakMap<readonly unknown[], Map<unknown, Float64Array>>()

/** What each class counts for. Kept for as long as the classes are, so that hundreds of groups ask it once. */
function weightsOf<Kind>(kinds: readonly Kind[], weightOf: Weight<Kind>): Float64Array {
  let ofKinds = weights.get(kinds)
  if (ofKinds === undefined) {
    ofKinds = new Map()
    weights.set(kinds, ofKinds)
  }
  let known = ofKinds.get(weightOf)
  if (known === undefined) {
    known = Float64Array.from(kinds, (kind) => Number(weightOf(kind)))
    ofKinds.set(weightOf, known)
  }
  return known
}

function sumBy<Kind>({ kinds, numbers, from }: Sums<Kind>, column: number, weightOf: Weight<Kind>): number {
  const ofKinds = weightsOf(kinds, weightOf)
  let sum = 0
  for (let kind = 0, at = from; kind < ofKinds.length; kind += 1, at += WIDTH) {
    // Where there are no labels at all, the one class has none either and weighs nothing that is a number.
    if (numbers[at] !== 0) sum += (numbers[at + column] as number) * (ofKinds[kind] as number)
  }
  return sum
}

const always = () => true

/** Sessions of the classes that `is` names. Where many groups are counted, `is` should be the same function for all. */
export const countIn = <Kind>(of: Sums<Kind>, is: (kind: Kind) => boolean = always): number => sumBy(of, 0, is)

/** Value of the classes that `is` names. */
export const valueIn = <Kind>(of: Sums<Kind>, is: (kind: Kind) => boolean): number => sumBy(of, 1, is)

/** Items of the classes that `is` names. */
export const itemsIn = <Kind>(of: Sums<Kind>, is: (kind: Kind) => boolean): number => sumBy(of, 2, is)

/** Sum over sessions of a number that their class has. */
export const sumIn = <Kind>(of: Sums<Kind>, numberOf: (kind: Kind) => number): number => sumBy(of, 0, numberOf)

/** The different labels of classes that have sessions, in alphabetical order; null is none. */
export function labelsIn<Kind>({ kinds, numbers, from }: Sums<Kind>, labelOf: (kind: Kind) => string | null): string[] {
  const labels = new Set<string>()
  kinds.forEach((kind, position) => {
    const label = labelOf(kind)
    if (label !== null && numbers[from + position * WIDTH] !== 0) labels.add(label)
  })
  return [...labels].sort()
}
