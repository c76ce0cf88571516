/** The charts' page "Heat map": weekday × hour of the stores' own time, for any measure. */
import { Loader, NativeSelect } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type CSSProperties, type KeyboardEvent, memo, type RefObject, useRef, useState } from 'react'
import { type HeatMap, type HeatMeasure, heatMeasures } from '../../data/chart-api.ts'
import { csvDialectOf } from '../../ui/csv-dialect.ts'
import { useData } from '../../ui/data-context.ts'
import type { ListFilters } from '../../ui/list-filters.ts'
import { saveFile } from '../../ui/save-file.ts'
import { tableCsv } from '../../ui/table-csv.ts'
import { CardTools, type Taking } from './card-tools.tsx'
import { fileWords } from './chart-file-name.ts'
import { hourWords, shortWords, type Unit, weekdayNames } from './chart-words.ts'
import classes from './charts.module.css'
import { type ListTarget, searchBehind } from './drill-down.ts'
import { FiguresFrame } from './figures-frame.tsx'
import {
  cellSentence,
  type HeatCell,
  HOURS_OF_DAY,
  heatFile,
  heatGrid,
  heatMeasureWords,
  heatOf,
  heatWords,
} from './heat-model.ts'
import { heatPicture } from './heat-picture.ts'
import type { PageProps } from './page-props.ts'
import { copyPicture } from './picture-frame.ts'
import { useAnswer, useChartQuery, useContactGaps, useModelContext } from './use-charts.ts'

export function HeatMapCharts({ charts, scopeWords, fileNameOf, onPaper }: PageProps) {
  const data = useData()
  const query = useChartQuery(charts)
  const table = useRef<HTMLTableElement>(null)
  const { measure } = charts.settings
  const gaps = useContactGaps(charts.chosen)
  const context = useModelContext(charts, 'hour', gaps)
  const contactEnd = context.gap && { first: context.gap.first, last: context.gap.last }
  const {
    answer: map,
    isOutdated,
    error,
  } = useAnswer(['heatMap', query, measure, contactEnd], query.nowMs, (nowMs, signal) =>
    data.heatMap({ ...query, nowMs, measure, contactEnd }, signal),
  )
  const name = fileNameOf?.(`heat-map-${fileWords(heatMeasureWords[map?.measure ?? measure].title)}`) ?? ''
  const take: Taking = {
    async picture() {
      if (map === undefined || table.current === null) return null
      const { title, lowest, highest, hatched } = heatWords(map)
      return copyPicture(heatPicture(table.current, { title, subtitle: scopeWords, lowest, highest, hatched, name }))
    },
    file() {
      if (map === undefined) return
      const { titles, rows } = heatFile(map)
      saveFile(tableCsv(`${name}.csv`, titles, rows, csvDialectOf(navigator.language)))
    },
  }
  return (
    <FiguresFrame {...{ charts, error, onPaper }} answer={map} isOutdated={isOutdated} gap={context.gap?.words ?? null}>
      <section className={classes.card} data-testid="chart-heat-map" aria-label="Heat map">
        <div className={classes.cardHead}>
          <h2>{heatMeasureWords[map?.measure ?? measure].title}</h2>
          <p>by weekday and hour of the start; counts and sums are of the whole period</p>
          {!onPaper && (
            <div className={classes.cardTools}>
              <NativeSelect
                size="xs"
                aria-label="Measure"
                value={measure}
                data={heatMeasures.map((value) => ({ value, label: heatMeasureWords[value].title }))}
                onChange={(event) => charts.set({ measure: event.currentTarget.value as HeatMeasure })}
              />
              <CardTools take={take} hasPicture={map !== undefined} hasRows={map !== undefined} />
            </div>
          )}
        </div>
        {map === undefined ? (
          <Loader size="sm" role="status" aria-label="Counting" />
        ) : (
          <Grid table={table} map={map} filters={context.filters} />
        )}
      </section>
    </FiguresFrame>
  )
}

interface GridProps {
  table: RefObject<HTMLTableElement | null>
  map: HeatMap
  filters: ListFilters
}

/** A table whose cells are walked with arrow keys; each leads to its sessions. */
const Grid = memo(function Grid({ table, map, filters }: GridProps) {
  const [at, setAt] = useState({ weekday: 0, hour: 0 })
  const { of } = heatMeasureWords[map.measure]
  const { title, unit, top, lowest, highest, hatched } = heatWords(map)
  // Money is of one currency.
  const money = unit.kind === 'money' ? { currency: [unit.currency] } : {}
  const behind = (weekday: number, hour: number): ListTarget =>
    searchBehind(filters, { ...of, ...money, weekday: [weekday], hour: [hour] })
  const move = (event: KeyboardEvent) => {
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      Home: [0, -24],
      End: [0, 24],
    }
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const within = (value: number, count: number) => Math.min(count - 1, Math.max(0, value))
    const next = { weekday: within(at.weekday + step[0], 7), hour: within(at.hour + step[1], 24) }
    setAt(next)
    table.current?.querySelector<HTMLElement>(`[data-cell="${next.weekday}-${next.hour}"]`)?.focus()
  }
  return (
    <>
      <table ref={table} className={classes.heat} aria-label={title}>
        <thead>
          <tr>
            <th scope="col">
              <span className={classes.spoken}>Weekday</span>
            </th>
            {HOURS_OF_DAY.map((hour) => (
              <th key={hour} scope="col" aria-label={hourWords(hour)}>
                {String(hour).padStart(2, '0')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={move}>
          {heatGrid(map).map((cells, weekday) => (
            <tr key={weekdayNames[weekday]}>
              <th scope="row">{weekdayNames[weekday]}</th>
              {cells.map((cell, hour) => (
                <td key={HOURS_OF_DAY[hour]}>
                  <Cell
                    cell={cell}
                    unit={unit}
                    words={cellSentence(cell, weekday, hour, unit)}
                    heat={heatOf(cell?.value ?? 0, top)}
                    place={`${weekday}-${hour}`}
                    isStop={at.weekday === weekday && at.hour === hour}
                    behind={behind(weekday, hour)}
                    onFocus={() => setAt({ weekday, hour })}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className={classes.heatScale} aria-hidden>
        {lowest} <i /> {highest}
        <span>empty: nobody knows, or no such hour in the period</span>
        {hatched !== null && (
          <span>
            <i data-missing /> {hatched}
          </span>
        )}
      </p>
    </>
  )
})

interface CellProps {
  cell: HeatCell | null
  unit: Unit
  words: string
  heat: number
  place: string
  /** True for the one cell that Tab reaches. */
  isStop: boolean
  behind: ListTarget
  onFocus: () => void
}

function Cell({ cell, unit, words, heat, place, isStop, behind, onFocus }: CellProps) {
  const value = cell?.value ?? null
  const sessions = cell?.sessions ?? 0
  const shared = {
    className: classes.cell,
    tabIndex: isStop ? 0 : -1,
    'data-cell': place,
    'data-missing': cell?.missing ?? undefined,
    title: words,
    style: { '--heat': heat } as CSSProperties,
    onFocus,
  }
  if (value === null || sessions === 0) {
    return (
      <span {...shared} data-unknown={value === null || undefined}>
        <span className={classes.spoken}>{words}</span>
        {value !== null && <span aria-hidden>{shortWords(value, unit)}</span>}
      </span>
    )
  }
  return (
    <Link to="/sessions" search={behind} aria-label={words} {...shared}>
      {shortWords(value, unit)}
    </Link>
  )
}
