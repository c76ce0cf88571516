import { expect, it } from 'vitest'
import { exportColumns } from '../../data/data-api.ts'
import { defaultLayout } from '../../ui/column-layout.ts'
import { sessionColumnIds } from '../../ui/session-columns.ts'
import { listExportColumns } from './list-export-columns.ts'

const everything = { ...defaultLayout, columnVisibility: Object.fromEntries(sessionColumnIds.map((id) => [id, true])) }

it('knows a column of a file for every column of the list', () => {
  expect(exportColumns).toEqual(expect.arrayContaining(listExportColumns(everything, true)))
})

it('leaves out who checked for those who may not see it, whatever their layout says', () => {
  const open = listExportColumns(everything, false)
  expect(listExportColumns(everything, true).filter((column) => !open.includes(column))).toEqual(['checkedBy'])
})
