/** A chart's figures as columns: of its table, and of its file. */
import type { CsvValue } from '../../ui/table-csv.ts'
import type { ChartModel } from './chart-model.ts'
import { fileUnit, fileValue, type Unit } from './chart-words.ts'

export interface ChartColumn {
  name: string
  unit: Unit
  values: readonly (number | null)[]
  intervals?: ChartModel['series'][number]['intervals']
  /** Null for a figure that is not drawn: it has no sessions of its own. */
  seriesId: string | null
}

/** What is drawn, then what only tables have. */
export const columnsOf = ({ series, unit, extras = [] }: ChartModel): ChartColumn[] => [
  ...series.map(({ name, values, intervals, id }) => ({ name, unit, values, intervals, seriesId: id })),
  ...extras.map((extra) => ({ ...extra, seriesId: null })),
]

/** Titles and rows of the chart's file. */
export function fileTable(model: ChartModel): { titles: string[]; rows: CsvValue[][] } {
  const columns = columnsOf(model)
  const titles = columns.flatMap(({ name, unit, intervals }) => {
    const title = `${name}${fileUnit(unit)}`
    return intervals === undefined
      ? [title]
      : [title, `${name}, 95 % from${fileUnit(unit)}`, `${name}, 95 % to${fileUnit(unit)}`]
  })
  const hasPartial = model.rows.some(({ isPartial }) => isPartial)
  const rows = model.rows.map(({ label, isPartial }, row) => [
    label,
    ...columns.flatMap(({ unit, values, intervals }) => {
      const value = fileValue(values[row] ?? null, unit)
      const interval = intervals?.[row] ?? null
      return intervals === undefined
        ? [value]
        : [value, fileValue(interval?.[0] ?? null, unit), fileValue(interval?.[1] ?? null, unit)]
    }),
    ...(hasPartial ? [isPartial ? 'so far' : ''] : []),
  ])
  return { titles: [model.rowTitle, ...titles, ...(hasPartial ? ['Note'] : [])], rows }
}
