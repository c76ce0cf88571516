/**
 * Which columns a list shows, in which order and how wide: the table's state as it is kept, checked when read. Columns of
 * a newer version stay in it, so that they are there again after an update.
 */
import {
  isSessionColumn,
  MAX_COLUMN_WIDTH,
  MIN_COLUMN_WIDTH,
  sessionColumn,
  sessionColumnIds,
} from './session-columns.ts'

export interface ColumnLayout {
  /** Ids; columns that are missing come last, in their own order. */
  columnOrder: string[]
  /** Of columns that differ from what they are by themselves. */
  columnVisibility: Record<string, boolean>
  /** Pixels, of columns that were sized. */
  columnSizing: Record<string, number>
}

export const defaultLayout: ColumnLayout = { columnOrder: [], columnVisibility: {}, columnSizing: {} }

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const entriesOf = (value: unknown): [string, unknown][] => (isRecord(value) ? Object.entries(value) : [])

/** Takes of a kept layout what is sound; anything else is as in a list nobody has changed. */
export function readLayout(kept: unknown): ColumnLayout {
  if (!isRecord(kept)) return defaultLayout
  const order = Array.isArray(kept.columnOrder) ? kept.columnOrder.filter((id) => typeof id === 'string') : []
  const visibility = entriesOf(kept.columnVisibility).filter(
    (entry): entry is [string, boolean] => typeof entry[1] === 'boolean',
  )
  const sizing = entriesOf(kept.columnSizing).flatMap(([id, width]): [string, number][] =>
    typeof width === 'number' && Number.isFinite(width) ? [[id, clampWidth(width)]] : [],
  )
  return {
    columnOrder: [...new Set(order)],
    columnVisibility: Object.fromEntries(visibility),
    columnSizing: Object.fromEntries(sizing),
  }
}

/** Ids in a layout that this version does not know and that it would show. */
export function unknownColumns({ columnOrder, columnVisibility, columnSizing }: ColumnLayout): string[] {
  const named = [...columnOrder, ...Object.keys(columnVisibility), ...Object.keys(columnSizing)]
  return [...new Set(named)].filter((id) => !isSessionColumn(id) && columnVisibility[id] !== false)
}

export const clampWidth = (width: number): number =>
  Math.round(Math.min(Math.max(width, MIN_COLUMN_WIDTH), MAX_COLUMN_WIDTH))

/** All ids in the order of the list: known ones that a layout does not name come last. */
export function orderedColumns({ columnOrder }: ColumnLayout): string[] {
  return [...columnOrder, ...sessionColumnIds.filter((id) => !columnOrder.includes(id))]
}

/** Whether a column is shown. */
export const isShown = ({ columnVisibility }: ColumnLayout, id: string): boolean =>
  columnVisibility[id] ?? (isSessionColumn(id) && sessionColumn(id).shown === true)

/** The layout with a column moved to where another one stands; the others keep their order. */
export function moveColumn(layout: ColumnLayout, id: string, to: string): ColumnLayout {
  const order = orderedColumns(layout)
  const [from, target] = [order.indexOf(id), order.indexOf(to)]
  if (from < 0 || target < 0) return layout
  order.splice(target, 0, ...order.splice(from, 1))
  return { ...layout, columnOrder: order }
}

/**
 * The layout with a column moved over its neighbour.
 * @param listed the columns that the person sees, in the layout's order; all others are jumped over
 */
export function moveColumnBy(layout: ColumnLayout, listed: readonly string[], id: string, step: -1 | 1): ColumnLayout {
  const neighbour = listed[listed.indexOf(id) + step]
  return neighbour === undefined ? layout : moveColumn(layout, id, neighbour)
}

export const isSameLayout = (a: ColumnLayout, b: ColumnLayout): boolean => canonical(a) === canonical(b)

function canonical(layout: ColumnLayout): string {
  const ids = orderedColumns(layout)
  return JSON.stringify(ids.map((id) => [id, isShown(layout, id), layout.columnSizing[id] ?? null]))
}
