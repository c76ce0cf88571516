/** A chart as a table: the same figures, and every one that has sessions behind it is a link to them. */
import { Link } from '@tanstack/react-router'
import { type ChartColumn, columnsOf } from './chart-columns.ts'
import type { ChartModel } from './chart-model.ts'
import { figureWords, intervalWords } from './chart-words.ts'
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
            <tr key={row.label}>
              <th scope="row">
                {row.label}
                {row.isPartial && <span className={classes.soft}> so far</span>}
              </th>
              {columns.map((column) => (
                <td key={column.name}>
                  <Figure model={model} column={column} row={at} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Figure({ model, column, row }: { model: ChartModel; column: ChartColumn; row: number }) {
  const value = column.values[row] ?? null
  const interval = column.intervals?.[row] ?? null
  const behind = column.seriesId === null || value === null || value === 0 ? null : model.behind(row, column.seriesId)
  const words = figureWords(value, column.unit)
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
