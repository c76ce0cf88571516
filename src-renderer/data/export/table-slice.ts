/** What every format of an export is fed with: some rows of a table, as columns, whatever they were made from. */
import type { ZoneOffsets } from '#shared/time/zone-offsets.ts'

export type ColumnKind = SliceColumn['kind']

/** A column of a table, the same for all its slices. */
export interface ColumnHead {
  /** Name for programs, with the unit where there is one. */
  field: string
  /** Name for people, with the unit where there is one. */
  title: string
  kind: ColumnKind
  /** Of `number`: always whole. */
  whole?: boolean
  /** Characters that a spreadsheet's column shows. */
  width: number
}

/** UTF-8 of row `i` from `from[i]` to `to[i]`; `from` is -1 for null. */
export interface TextColumn {
  kind: 'text'
  bytes: Uint8Array
  from: Int32Array
  to: Int32Array
}

/** Strings that repeat. A code means the same in all slices of a table; new ones may come. */
export interface LabelColumn {
  kind: 'label'
  codes: Int32Array
  labelOf: (code: number) => string | null
}

/** Exact decimals: row `i` is `units[i]` divided by ten to the power of `digits[i]`; NaN for null. */
export interface DecimalColumn {
  kind: 'number'
  units: Float64Array
  digits: Uint8Array
}

/** UTC milliseconds, NaN for null, each with the zone of its store. */
export interface InstantColumn {
  kind: 'instant'
  at: Float64Array
  zones: Int32Array
  zoneOf: (code: number) => ZoneOffsets
}

/** 0 or 1. */
export interface FlagColumn {
  kind: 'flag'
  values: Uint8Array
}

export type SliceColumn = TextColumn | LabelColumn | DecimalColumn | InstantColumn | FlagColumn

export interface TableSlice {
  rows: number
  /** Parallel to the table's heads. */
  columns: SliceColumn[]
}

/** A table of an export, given to a format slice by slice. */
export interface TableHead {
  title: string
  columns: readonly ColumnHead[]
}

/** How a file is written: everything goes to `output`, which the exporter empties now and then. */
export interface TableFormat {
  /** Rows that a slice should have: a few milliseconds of work. */
  readonly sliceRows: number
  beginTable(head: TableHead): void
  write(slice: TableSlice): void
  endTable(): void
  /** After the last table. */
  end(): void
}
