/** The columns of the list as columns of an export. */
import type { ExportColumn } from '../../data/data-api.ts'
import { type ColumnLayout, isShown, orderedColumns } from '../../ui/column-layout.ts'
import { isOpenColumn, type SessionColumnId } from '../../ui/session-columns.ts'

/** In a cell of the list money has its currency and a check its time; a cell of a file has one value. */
const exported: Partial<Record<SessionColumnId, ExportColumn[]>> &
  Record<Exclude<SessionColumnId, ExportColumn>, ExportColumn[]> = {
  duration: ['durationMs'],
  storeId: ['store'],
  total: ['total', 'currency'],
}

/** Those shown, in the order of the list. */
export function listExportColumns(layout: ColumnLayout, maySeeEmployees: boolean): ExportColumn[] {
  const shown = orderedColumns(layout).filter((id) => isOpenColumn(id, maySeeEmployees))
  const columns = shown.filter((id) => isShown(layout, id)).flatMap((id) => exported[id] ?? [id as ExportColumn])
  return [...new Set(columns)]
}
