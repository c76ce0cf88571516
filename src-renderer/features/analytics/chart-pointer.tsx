/** What lies over a chart's drawing: hover, keys, tooltip, and the way to the sessions behind a mark. */
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, type PointerEvent, useState } from 'react'
import { rowFigure, rowNote } from './chart-columns.ts'
import { type ChartModel, type ChartPoint, seriesAt } from './chart-model.ts'
import { intervalWords, MISSING } from './chart-words.ts'
import classes from './charts.module.css'
import { isTimeAxis, type PlotFrame, pointAt, rowBox } from './plot-frame.ts'

interface ChartPointerProps {
  model: ChartModel
  frame: PlotFrame
}

export function ChartPointer({ model, frame }: ChartPointerProps) {
  const navigate = useNavigate()
  const [point, setPoint] = useState<ChartPoint | null>(null)
  const { rows, series } = model
  // The figures may have changed under it.
  const active =
    point === null || rows.length === 0 || series.length === 0
      ? null
      : { row: Math.min(point.row, rows.length - 1), series: Math.min(point.series, series.length - 1) }

  const seen = (event: PointerEvent): ChartPoint | null => {
    const box = event.currentTarget.getBoundingClientRect()
    const at = pointAt(model, frame, event.clientX - box.left, event.clientY - box.top)
    return at && { row: at.row, series: seriesAt(model, at.row, at.value) }
  }
  const open = (at: ChartPoint | null) => {
    const behind = at && behindPoint(model, at)
    if (behind !== null) void navigate({ to: '/sessions', search: behind })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const next = afterKey(event.key, active, model)
    if (next === undefined) return
    event.preventDefault()
    event.stopPropagation()
    if (event.key === 'Enter' || event.key === ' ') open(active)
    else setPoint(next)
  }
  return (
    <>
      {active !== null && <Highlight model={model} frame={frame} row={active.row} />}
      <div
        className={classes.pointer}
        role="application"
        aria-roledescription="chart"
        aria-label={`${model.title}: arrow keys walk it, Enter shows the sessions`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is walked with arrow keys
        tabIndex={0}
        data-link={(active !== null && behindPoint(model, active) !== null) || undefined}
        onPointerMove={(event) => {
          const next = seen(event)
          setPoint((now) => (now?.row === next?.row && now?.series === next?.series ? now : next))
        }}
        onPointerLeave={() => setPoint(null)}
        onClick={(event) => {
          if (event.detail > 0) open(active)
        }}
        onFocus={(event) => event.target.matches(':focus-visible') && setPoint(lastPoint(model))}
        onBlur={() => setPoint(null)}
        onKeyDown={onKeyDown}
      />
      {active !== null && <PointTip model={model} frame={frame} at={active} />}
      <span className={classes.spoken} role="status">
        {active !== null && pointWords(model, active)}
      </span>
    </>
  )
}

/** The newest row that has a figure, or the first of a ranking. */
function lastPoint(model: ChartModel): ChartPoint | null {
  if (model.rows.length === 0) return null
  return { row: isTimeAxis(model) ? model.rows.length - 1 : 0, series: 0 }
}

const behindPoint = (model: ChartModel, { row, series }: ChartPoint) => {
  const own = model.series[series]
  return own === undefined || (own.values[row] ?? 0) === 0 ? null : model.behind(row, own.id)
}

/** Where a key leads; undefined for one that means nothing here, null to leave the chart's rows. */
function afterKey(key: string, at: ChartPoint | null, model: ChartModel): ChartPoint | null | undefined {
  const rows = model.rows.length
  if (rows === 0) return undefined
  const [back, on, up, down] = isTimeAxis(model)
    ? ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']
    : ['ArrowUp', 'ArrowDown', 'ArrowRight', 'ArrowLeft']
  const from = at ?? lastPoint(model) ?? { row: 0, series: 0 }
  const to = (row: number) => ({ ...from, row: Math.min(rows - 1, Math.max(0, row)) })
  const other = (step: number) => ({
    ...from,
    series: (from.series + step + model.series.length) % model.series.length,
  })
  switch (key) {
    case back:
      return to(from.row - 1)
    case on:
      return to(from.row + 1)
    case up:
      return other(1)
    case down:
      return other(-1)
    case 'Home':
      return to(0)
    case 'End':
      return to(rows - 1)
    case 'Enter':
    case ' ':
      return at
    case 'Escape':
      return at === null ? undefined : null
    default:
      return undefined
  }
}

function Highlight({ model, frame, row }: ChartPointerProps & { row: number }) {
  return <div className={classes.highlight} style={rowBox(model, frame, row)} aria-hidden />
}

const TIP_WIDTH = 230

function PointTip({ model, frame, at }: ChartPointerProps & { at: ChartPoint }) {
  const box = rowBox(model, frame, at.row)
  const row = model.rows[at.row]
  const middle = box.left + box.width / 2
  const isTime = isTimeAxis(model)
  const left = isTime
    ? middle > frame.width / 2
      ? box.left - TIP_WIDTH - 6
      : box.left + box.width + 6
    : Math.min(frame.plot.x + frame.plot.width * 0.45, frame.width - TIP_WIDTH)
  const top = isTime ? 4 : box.top + box.height + 2
  if (row === undefined) return null
  return (
    <div className={classes.tip} style={{ left: Math.max(0, left), top, width: TIP_WIDTH }} aria-hidden>
      <strong>
        {row.label}
        {row.isPartial && ' · so far'}
      </strong>
      {row.missing !== undefined && <p>{model.gap?.words ?? MISSING}: what happened since is missing.</p>}
      <dl>
        {model.series.map((series, index) => (
          <div key={series.id} data-active={(index === at.series && model.series.length > 1) || undefined}>
            <dt>
              <i
                style={{ backgroundColor: `var(--fw-chart-${series.color})` }}
                data-mark={series.mark}
                data-hatch={index}
              />
              {series.name}
            </dt>
            <dd>
              {rowFigure(row, { ...series, unit: model.unit }, at.row)}
              <Interval of={series.intervals?.[at.row]} />
            </dd>
          </div>
        ))}
        {model.extras?.map((extra) => (
          <div key={extra.name}>
            <dt>{extra.name}</dt>
            <dd>{rowFigure(row, extra, at.row)}</dd>
          </div>
        ))}
      </dl>
      {behindPoint(model, at) !== null && <p>Click or Enter: show them in the list</p>}
    </div>
  )
}

function Interval({ of }: { of: readonly [number, number] | null | undefined }) {
  return of == null ? null : <span> ({intervalWords(of)})</span>
}

/** For a screen reader: row, series and figure. */
function pointWords(model: ChartModel, at: ChartPoint): string {
  const series = model.series[at.series]
  const row = model.rows[at.row]
  if (series === undefined || row === undefined) return ''
  const figure = rowFigure(row, { ...series, unit: model.unit }, at.row)
  const note = row.missing === 'all' ? '' : rowNote(row)
  return `${row.label}${note === '' ? '' : ` ${note}`}: ${series.name} ${figure}`
}
