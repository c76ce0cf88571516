/** One chart with all that can be done with it: point, walk it with keys, look behind it, read it as a table, take it along. */
import { type CSSProperties, memo, type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from 'react'
import { csvDialectOf } from '../../ui/csv-dialect.ts'
import { saveFile } from '../../ui/save-file.ts'
import { tableCsv } from '../../ui/table-csv.ts'
import { CardTools, type Taking } from './card-tools.tsx'
import { fileTable } from './chart-columns.ts'
import { type ChartModel, isEmptyModel } from './chart-model.ts'
import { chartPicture } from './chart-picture.ts'
import { ChartPlot } from './chart-plot.tsx'
import { ChartPointer } from './chart-pointer.tsx'
import { ChartTable } from './chart-table.tsx'
import classes from './charts.module.css'
import { copyPicture } from './picture-frame.ts'
import { heightOf, plotFrame } from './plot-frame.ts'
import { useInTurn } from './use-in-turn.ts'
import { useNear, useWidth } from './use-near.ts'

interface ChartCardProps {
  model: ChartModel
  /** Period and stores, for pictures and file names. */
  scopeWords: string
  /** Name of a file of a chart (its id), without the ending; absent on paper, where none is taken along. */
  fileNameOf?: (chart: string) => string
  /** Two columns of the page. */
  wide?: boolean
  /** Drawn at once and without buttons: for paper. */
  onPaper?: boolean
  /** Something below the chart, such as what cannot be counted. */
  children?: ReactNode
}

export const ChartCard = memo(function ChartCard({
  model,
  scopeWords,
  fileNameOf = plainName,
  wide,
  onPaper = false,
  children,
}: ChartCardProps) {
  const card = useRef<HTMLElement>(null)
  const room = useRef<HTMLDivElement>(null)
  const isNear = useNear(card, onPaper)
  const width = useWidth(room)
  const [isTable, setIsTable] = useState(false)
  const take = useTaking(model, room, scopeWords, fileNameOf)
  const isEmpty = isEmptyModel(model)
  // Axes of nothing would look like figures; a stretch without contact is shown all the same.
  const isDrawn = !isEmpty || model.gap !== undefined
  return (
    <section
      ref={card}
      className={classes.card}
      data-wide={wide || undefined}
      data-testid={`chart-${model.id}`}
      aria-label={model.title}
    >
      <div className={classes.cardHead}>
        <h2>{model.title}</h2>
        {model.hint !== undefined && <p title={model.hint}>{model.hint}</p>}
        {!onPaper && (
          <CardTools
            take={take}
            isTable={isTable}
            onTable={setIsTable}
            hasPicture={!isTable && !isEmpty}
            hasRows={model.rows.length > 0}
          />
        )}
      </div>
      {model.series.length > 1 && <Legend model={model} />}
      <div
        ref={room}
        className={classes.room}
        data-table={isTable || undefined}
        style={{ '--room': `${heightOf(model)}px` } as CSSProperties}
      >
        {isTable && <ChartTable model={model} />}
        {!isTable && isDrawn && isNear && width > 0 && <Drawing model={model} width={width} onPaper={onPaper} />}
        {!isTable && isEmpty && <p className={classes.nothing}>Nothing of this in the period.</p>}
      </div>
      {children}
    </section>
  )
})

const plainName = (chart: string): string => `floorwalker-${chart}`

/** What can be taken along, as of now. */
function useTaking(
  model: ChartModel,
  room: RefObject<HTMLElement | null>,
  scopeWords: string,
  fileNameOf: (chart: string) => string,
): Taking {
  const now = useRef({ model, scopeWords, fileNameOf })
  useEffect(() => {
    now.current = { model, scopeWords, fileNameOf }
  })
  return useMemo(
    () => ({
      async picture() {
        const drawing = room.current?.querySelector('svg')
        if (drawing == null) return null
        const { model, scopeWords, fileNameOf } = now.current
        return copyPicture(chartPicture(drawing, model, scopeWords, fileNameOf(model.id)))
      },
      file() {
        const { model, fileNameOf } = now.current
        const { titles, rows } = fileTable(model)
        saveFile(tableCsv(`${fileNameOf(model.id)}.csv`, titles, rows, csvDialectOf(navigator.language)))
      },
    }),
    [room],
  )
}

interface DrawingProps {
  model: ChartModel
  width: number
  onPaper: boolean
}

/** The model as of this chart's turn. */
function Drawing({ model, width, onPaper }: DrawingProps) {
  const shown = useInTurn(model)
  const frame = useMemo(() => shown && plotFrame(shown, width), [shown, width])
  if (shown === null || frame === null) return null
  return (
    <>
      <div aria-hidden className={classes.drawing} data-painted={shown === model || undefined}>
        <ChartPlot model={shown} frame={frame} />
      </div>
      {!onPaper && <ChartPointer model={shown} frame={frame} />}
    </>
  )
}

function Legend({ model }: { model: ChartModel }) {
  return (
    <ul className={classes.legend} aria-label="Legend">
      {model.series.map(({ id, name, color, mark }, at) => (
        <li key={id}>
          <i style={{ backgroundColor: `var(--fw-chart-${color})` }} data-mark={mark} data-hatch={at} aria-hidden />
          {name}
        </li>
      ))}
    </ul>
  )
}
