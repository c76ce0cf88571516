/** Growing columns of the session index, each as narrow as its values allow. */

/** Room for `needed` rows: enough more than before that growing stays rare, little enough that memory is not wasted. */
export function roomFor(needed: number, before: number): number {
  if (needed <= before) return before
  const room = Math.max(needed, 1024, Math.ceil(before * (before < 65_536 ? 2 : 1.25)))
  // Filters read 32 rows at a time.
  return (room + 31) & ~31
}

type Numbers = Uint8Array | Uint16Array | Int32Array | Float64Array

/** What a width can hold; `nil` stands for null and is no value. */
const widths = [
  { make: (rows: number): Numbers => new Uint8Array(rows), lowest: 0, highest: 0xfe, nil: 0xff },
  { make: (rows: number): Numbers => new Uint16Array(rows), lowest: 0, highest: 0xfffe, nil: 0xffff },
  { make: (rows: number): Numbers => new Int32Array(rows), lowest: 1 - 2 ** 31, highest: 2 ** 31 - 1, nil: -(2 ** 31) },
  {
    make: (rows: number): Numbers => new Float64Array(rows),
    lowest: Number.NEGATIVE_INFINITY,
    highest: Number.POSITIVE_INFINITY,
    nil: Number.NaN,
  },
] as const
const WIDEST = widths.length - 1

/** What `set` writes. */
const one = { row: new Int32Array(1), value: new Float64Array(1) }

/** Numbers or null; exact for everything a double holds. */
export class NumberColumn {
  data: Numbers = widths[0].make(0)
  /** The entry that stands for null; NaN in the widest column. */
  nil: number = widths[0].nil
  /** What the column could hold at its present width; null is outside. */
  lowest: number = widths[0].lowest
  highest: number = widths[0].highest
  private width = 0
  /** Bounds of all values that ever were here; NaN once one was null. */
  private least = Number.POSITIVE_INFINITY
  private most = Number.NEGATIVE_INFINITY

  /** Whether all values surely lie from `min` to `max`. */
  isWithin(min: number, max: number): boolean {
    return this.least >= min && this.most <= max
  }

  /** NaN for null. */
  get(row: number): number {
    const value = this.data[row] as number
    return value === this.nil ? Number.NaN : value
  }

  reserve(rows: number): void {
    const room = roomFor(rows, this.data.length)
    if (room > this.data.length) this.move(this.width, room)
  }

  /** Sets row `rows[i]` to `values[i]` (NaN for null); a negative row is left out. */
  write(rows: Int32Array, values: Float64Array): void {
    let { data, lowest, highest, nil } = this
    let isWidest = this.width === WIDEST
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number
      if (row < 0) continue
      const value = values[i] as number
      // Also makes them NaN for null, for good.
      this.least = Math.min(this.least, value)
      this.most = Math.max(this.most, value)
      if (value >= lowest && value <= highest && (isWidest || Math.trunc(value) === value)) {
        data[row] = value
      } else if (Number.isNaN(value)) {
        data[row] = nil
      } else {
        this.widenFor(value)
        ;({ data, lowest, highest, nil } = this)
        isWidest = this.width === WIDEST
        data[row] = value
      }
    }
  }

  /** @param value NaN for null */
  set(row: number, value: number): void {
    one.row[0] = row
    one.value[0] = value
    this.write(one.row, one.value)
  }

  private widenFor(value: number): void {
    const width = widths.findIndex(
      ({ lowest, highest }, index) =>
        value >= lowest && value <= highest && (index === WIDEST || Number.isInteger(value)),
    )
    this.move(width, this.data.length)
  }

  private move(width: number, room: number): void {
    const { data, nil } = this
    const limits = widths[width] as (typeof widths)[number]
    this.width = width
    this.data = limits.make(room)
    this.nil = limits.nil
    this.lowest = limits.lowest
    this.highest = limits.highest
    this.data.set(data)
    if (this.nil === nil || Number.isNaN(nil)) return
    for (let row = 0; row < data.length; row += 1) if (data[row] === nil) this.data[row] = this.nil
  }
}

type Codes = Uint8Array | Uint16Array | Int32Array

type RankKey = string | number | boolean | null

/** Values that repeat, as codes of one dictionary for all rows. */
export class CodeColumn<Value> {
  codes: Codes = new Uint8Array(0)
  /** By code. */
  readonly values: Value[] = []
  private readonly known = new Map<string, number>()

  get(row: number): Value {
    return this.values[this.codes[row] as number] as Value
  }

  /** Undefined for a value that no row ever had. */
  find(key: string): number | undefined {
    return this.known.get(key)
  }

  /** The code of the value that `key` names, given out at its first use. */
  codeOf(key: string, value: () => Value): number {
    const known = this.known.get(key)
    if (known !== undefined) return known
    const code = this.values.length
    this.values.push(value())
    this.known.set(key, code)
    if (code === 0x100) this.codes = Uint16Array.from(this.codes)
    if (code === 0x1_0000) this.codes = Int32Array.from(this.codes)
    return code
  }

  reserve(rows: number): void {
    const room = roomFor(rows, this.codes.length)
    if (room === this.codes.length) return
    const Width = this.codes.constructor as new (room: number) => Codes
    const codes = new Width(room)
    codes.set(this.codes)
    this.codes = codes
  }

  /**
   * The values in the order of a list, nulls last in both directions.
   * @param keyOf what a value sorts by; values of the same key share a rank
   * @returns how many ranks there are, and the rank of each code
   */
  ranked(keyOf: (value: Value) => RankKey, descending: boolean): { size: number; ranks: Int32Array } {
    const direction = descending ? -1 : 1
    const keys = [...new Set(this.values.map(keyOf))].sort((a, b) => {
      if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
      return a < b ? -direction : a > b ? direction : 0
    })
    const rankOf = new Map(keys.map((key, rank) => [key, rank]))
    return { size: keys.length, ranks: Int32Array.from(this.values, (value) => rankOf.get(keyOf(value)) ?? 0) }
  }

  /** Sets row `rows[i]` to the value of code `codes[i]`; a negative row is left out. */
  write(rows: Int32Array, codes: Int32Array): void {
    const { codes: data } = this
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number
      if (row >= 0) data[row] = codes[i] as number
    }
  }
}
