/** A chart's figures as columns: of its table, and of its file. */
import type { CsvValue } from '../../ui/table-csv.ts'
import type { ChartModel, ChartRow } from './chart-model.ts'
import { figureWords, fileUnit, fileValue, MISSING, PARTLY_MISSING, type Unit } from './chart-words.ts'

export interface ChartColumn {
  name: string
  unit: Unit
  values: readonly (number | null)[]
  intervals?: ChartModel['series'][number]['intervals']
  /** Null for a figure that is not drawn: it has no sessions of its own. */
  seriesId: string | null
  isEarlier?: boolean
}

/** What is drawn, then what only tables have. */
export const columnsOf = ({ series, unit, extras = [] }: ChartModel): ChartColumn[] => [
  ...series.map(({ name, values, intervals, id, isEarlier }) => ({
    ...{ name, unit, values, intervals, isEarlier },
    seriesId: id,
  })),
  ...extras.map((extra) => ({ ...extra, seriesId: null })),
]

/** A figure of a row in words: what nobody knows for lack of contact says so. */
export function rowFigure(
  { missing }: ChartRow,
  { unit, values, isEarlier }: Pick<ChartColumn, 'unit' | 'values' | 'isEarlier'>,
  row: number,
): string {
  const value = values[row] ?? null
  return value === null && missing === 'all' && !isEarlier ? MISSING : figureWords(value, unit)
}

/** What is to be said of a row's figures, such as `so far`; empty where they are all there is. */
export function rowNote({ isPartial, missing }: ChartRow): string {
  if (missing === 'all') return MISSING
  return [isPartial ? 'so far' : '', missing === 'part' ? PARTLY_MISSING : ''].filter((note) => note !== '').join(', ')
}

/** Titles and rows of the chart's file. */
export function fileTable(model: ChartModel): { titles: string[]; rows: CsvValue[][] } {
  const columns = columnsOf(model)
  const titles = columns.flatMap(({ name, unit, intervals }) => {
    const title = `${name}${fileUnit(unit)}`
    return intervals === undefined
      ? [title]
      : [title, `${name}, 95 % from${fileUnit(unit)}`, `${name}, 95 % to${fileUnit(unit)}`]
  })
  const notes = model.rows.map(rowNote)
  const hasNotes = notes.some((note) => note !== '')
  const rows = model.rows.map(({ label }, row) => [
    label,
    ...columns.flatMap(({ unit, values, intervals }) => {
      const value = fileValue(values[row] ?? null, unit)
      const interval = intervals?.[row] ?? null
      return intervals === undefined
        ? [value]
        : [value, fileValue(interval?.[0] ?? null, unit), fileValue(interval?.[1] ?? null, unit)]
    }),
    ...(hasNotes ? [notes[row] ?? ''] : []),
  ])
  return { titles: [model.rowTitle, ...titles, ...(hasNotes ? ['Note'] : [])], rows }
}
