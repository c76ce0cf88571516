/** A chart as a table: the same figures, and every one that has sessions behind it is a link to them. */
import { Link } from '@tanstack/react-router'
import { type ChartColumn, columnsOf, rowFigure, rowNote } from './chart-columns.ts'
import type { ChartModel, ChartRow } from './chart-model.ts'
import { intervalWords } from './chart-words.ts'
import classes from './charts.module.css'

export function ChartTable({ model }: { model: ChartModel }) {
  const columns = columnsOf(model)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
    <section className={classes.tableRoom} tabIndex={0} aria-label={`${model.title}, as a table`}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{model.rowTitle}</th>
            {columns.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {model.rows.map((row, at) => (
            <tr key={row.label} data-missing={row.missing}>
              <th scope="row">
                {row.label}
                <Note of={row} />
              </th>
              {columns.map((column) => (
                <td key={column.name}>
                  <Figure model={model} column={column} row={row} at={at} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** Where a row is all missing, its figures say so. */
function Note({ of }: { of: ChartRow }) {
  const note = rowNote(of)
  return note === '' || of.missing === 'all' ? null : <span className={classes.soft}> {note}</span>
}

interface FigureProps {
  model: ChartModel
  column: ChartColumn
  row: ChartRow
  at: number
}

function Figure({ model, column, row, at }: FigureProps) {
  const value = column.values[at] ?? null
  const interval = column.intervals?.[at] ?? null
  const behind = column.seriesId === null || value === null || value === 0 ? null : model.behind(at, column.seriesId)
  const words = rowFigure(row, column, at)
  return (
    <>
      {behind === null ? (
        words
      ) : (
        <Link to="/sessions" search={behind}>
          {words}
        </Link>
      )}
      {interval !== null && <span className={classes.soft}> {intervalWords(interval)}</span>}
    </>
  )
}
