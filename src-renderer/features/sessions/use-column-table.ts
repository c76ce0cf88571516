/** The columns of the list as TanStack Table keeps them: order, visibility and width. Rows are the worker's business. */
import {
  columnOrderingFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  functionalUpdate,
  tableFeatures,
  type Updater,
  useTable,
} from '@tanstack/react-table'
import { useMemo } from 'react'
import { type ColumnLayout, clampWidth, isShown, orderedColumns } from '../../ui/column-layout.ts'
import { useMaySeeEmployees } from '../../ui/data-context.ts'
import {
  isOpenColumn,
  isSessionColumn,
  MAX_COLUMN_WIDTH,
  MIN_COLUMN_WIDTH,
  sessionColumn,
  sessionColumnIds,
} from '../../ui/session-columns.ts'

const features = tableFeatures({
  columnOrderingFeature,
  columnVisibilityFeature,
  columnSizingFeature,
  columnResizingFeature,
})
const definitions = sessionColumnIds.map((id) => ({
  id,
  size: sessionColumn(id).width,
  minSize: MIN_COLUMN_WIDTH,
  maxSize: MAX_COLUMN_WIDTH,
}))
const NO_ROWS: never[] = []

/** Headers of the shown columns, their widths as a grid template, and handlers that change the layout. */
export function useColumnTable(layout: ColumnLayout, onChange: (layout: ColumnLayout) => void) {
  const maySeeEmployees = useMaySeeEmployees()
  const state = useMemo(
    () => ({
      columnOrder: orderedColumns(layout),
      columnVisibility: Object.fromEntries(
        sessionColumnIds.map((id) => [id, isOpenColumn(id, maySeeEmployees) && isShown(layout, id)]),
      ),
      columnSizing: layout.columnSizing,
    }),
    [layout, maySeeEmployees],
  )
  const table = useTable({
    features,
    columns: definitions,
    data: NO_ROWS,
    state,
    columnResizeMode: 'onChange',
    onColumnSizingChange: (updater: Updater<Record<string, number>>) => {
      const sizing = functionalUpdate(updater, layout.columnSizing)
      onChange({
        ...layout,
        columnSizing: Object.fromEntries(Object.entries(sizing).map(([id, width]) => [id, clampWidth(width)])),
      })
    },
  })
  const headers = table.getHeaderGroups()[0]?.headers ?? []
  const ids = headers.map((header) => header.column.id).filter(isSessionColumn)
  const idsKey = ids.join()
  // Rows are drawn anew when the columns change, not when their widths do.
  const columns = useMemo(() => idsKey.split(',').filter(isSessionColumn), [idsKey])
  const widths = ids.map((id) => layout.columnSizing[id] ?? sessionColumn(id).width)
  const template = ids
    .map((id, index) => {
      const isSized = layout.columnSizing[id] !== undefined
      return sessionColumn(id).wide && !isSized
        ? `minmax(${widths[index]}px, ${widths[index]}fr)`
        : `${widths[index]}px`
    })
    .join(' ')
  return { headers, columns, template, width: widths.reduce((sum, width) => sum + width, 0) }
}
