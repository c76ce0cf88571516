/**
 * The drawing of a chart: surface and axes are recharts', but not its chart, which keeps a store of its own and draws in two
 * steps: with eight charts on a page that alone is longer than a frame. Marks are one path per series for the same reason.
 */
import { memo, useId } from 'react'
import { CartesianAxis, type CartesianTickItem, Surface, type XAxisTickContentProps } from 'recharts'
import { axisOf } from './chart-axis.ts'
import { type ChartModel, highestValue } from './chart-model.ts'
import { shortWords } from './chart-words.ts'
import classes from './charts.module.css'
import { barPath, intervalPath, linePath, type Place, rowExtent } from './mark-paths.ts'
import { isTimeAxis, type PlotFrame, rowTicks } from './plot-frame.ts'

interface ChartPlotProps {
  model: ChartModel
  frame: PlotFrame
}

/** Drawn anew when the figures or the room change, not while somebody points at it. */
export const ChartPlot = memo(function ChartPlot({ model, frame }: ChartPlotProps) {
  const { rows, unit } = model
  const { width, height, plot } = frame
  const { max, ticks } = axisOf(highestValue(model), unit)
  const isTime = isTimeAxis(model)
  const place: Place = {
    isTime,
    area: plot,
    rows: rows.length,
    reach: (value) => (isTime ? plot.y + plot.height * (1 - value / max) : plot.x + plot.width * (value / max)),
  }
  const ofFigures = ticks.map((value, index) => ({ value, index, coordinate: place.reach(value) }))
  const labelled = isTime ? rowTicks(rows, plot.width) : rows.keys()
  const ofRows = Array.from(labelled, (row): CartesianTickItem => {
    const { from, to } = rowExtent(place, row)
    return { value: row, index: row, coordinate: (from + to) / 2 }
  })
  const rowName = (row: number) => rows[row]?.tick ?? ''
  const figureName = (value: number) => shortWords(value, unit)
  return (
    <Surface width={width} height={height} role="presentation">
      <path d={gridPath(place, ofFigures)} className={classes.grid} />
      <CartesianAxis
        {...quiet}
        orientation="bottom"
        x={plot.x}
        y={plot.y + plot.height}
        width={plot.width}
        height={height - plot.y - plot.height}
        ticks={isTime ? ofRows : ofFigures}
        tickFormatter={isTime ? rowName : figureName}
      />
      <CartesianAxis
        {...quiet}
        orientation="left"
        x={0}
        y={plot.y}
        width={plot.x}
        height={plot.height}
        ticks={isTime ? ofFigures : ofRows}
        tickFormatter={isTime ? figureName : (row: number) => shorten(rowName(row), frame.axisWidth)}
      />
      <Marks model={model} place={place} />
    </Surface>
  )
})

const quiet = { axisLine: false, tickLine: false, tick: tickText, interval: 0 } as const

/** A label of one line: recharts' own measures and breaks its text. */
function tickText(props: unknown) {
  const { x, y, textAnchor, verticalAnchor, index, payload, tickFormatter } = props as XAxisTickContentProps
  return (
    <text
      x={x}
      y={y}
      dy={verticalAnchor === 'middle' ? '0.355em' : '0.71em'}
      textAnchor={textAnchor}
      className={classes.tick}
    >
      {tickFormatter?.(payload.value, index)}
    </text>
  )
}

/** Lines across the drawing at each figure of the axis. */
function gridPath({ isTime, area }: Place, ticks: readonly CartesianTickItem[]): string {
  return ticks
    .map(({ coordinate }) =>
      isTime ? `M${area.x} ${coordinate}h${area.width}` : `M${coordinate} ${area.y}v${area.height}`,
    )
    .join('')
}

const CHARACTER = 6.4

/** What fits beside a bar; the table has it in full. */
function shorten(text: string, width: number): string {
  const fits = Math.floor(width / CHARACTER)
  return text.length <= fits ? text : `${text.slice(0, Math.max(1, fits - 1))}…`
}

/** How the parts of a stack differ without colour. */
const HATCHES = ['', 'M0 6L6 0M-1 1L1 -1M5 7L7 5', 'M0 3H6', 'M3 0V6', 'M0 0L6 6M-1 5L1 7M5 -1L7 1']
const DASHES = ['', '7 4', '2 4', '9 3 2 3', '1 3']

function Marks({ model, place }: { model: ChartModel; place: Place }) {
  const id = useId()
  const [partial, lastPartial] = [model.rows.findIndex(isPartial), model.rows.findLastIndex(isPartial)]
  return (
    <g>
      <defs>
        {HATCHES.map((path, at) => (
          <pattern key={path} id={`${id}${at}`} width="6" height="6" patternUnits="userSpaceOnUse">
            <path d={path} className={classes.hatch} />
          </pattern>
        ))}
        <pattern id={`${id}gap`} width="8" height="8" patternUnits="userSpaceOnUse">
          <path d="M0 8L8 0" className={classes.gapHatch} />
        </pattern>
      </defs>
      {partial >= 0 && <Partial place={place} first={partial} last={lastPartial} />}
      {model.series.map((series, at) => {
        const color = `var(--fw-chart-${series.color})`
        if (series.mark === 'line')
          return (
            <g key={series.id} data-series={series.id}>
              <path d={intervalPath(model, at, place)} stroke={color} className={classes.interval} />
              <path
                d={linePath(series.values, place)}
                stroke={color}
                strokeDasharray={DASHES[at]}
                className={classes.line}
              />
            </g>
          )
        const path = barPath(model, at, place)
        return (
          <g key={series.id} data-series={series.id}>
            <path d={path} fill={color} />
            {HATCHES[at] !== '' && <path d={path} fill={`url(#${id}${at % HATCHES.length})`} />}
            {series.intervals !== undefined && <path d={intervalPath(model, at, place)} className={classes.whisker} />}
          </g>
        )
      })}
      {model.gap !== undefined && <Gap gap={model.gap} place={place} pattern={`url(#${id}gap)`} />}
    </g>
  )
}

const isPartial = (row: ChartModel['rows'][number]): boolean => row.isPartial === true

/** Stretches of time that are not over, in several zones maybe two: what is there is so far. */
function Partial({ place, first, last }: { place: Place; first: number; last: number }) {
  const [{ from }, { to }] = [rowExtent(place, first), rowExtent(place, last)]
  return <rect x={from} y={place.area.y} width={to - from} height={place.area.height} className={classes.partial} />
}

/** Since then this PC knows nothing: hatched, so that nobody takes a missing bar for a zero. */
function Gap({ gap, place, pattern }: { gap: NonNullable<ChartModel['gap']>; place: Place; pattern: string }) {
  const { area, rows } = place
  const from = area.x + (area.width * gap.from) / Math.max(rows, 1)
  const width = Math.max(2, area.x + area.width - from)
  const needed = gap.words.length * CHARACTER
  // Behind its edge, before it, and where neither side is wide enough across it: never out of the picture.
  const isBehind = width > needed
  const end = from - area.x > needed ? from - 5 : area.x + area.width - 5
  return (
    <g data-testid="contact-gap">
      <rect x={from} y={area.y} width={width} height={area.height} className={classes.gap} />
      <rect x={from} y={area.y} width={width} height={area.height} fill={pattern} />
      <line x1={from} x2={from} y1={area.y} y2={area.y + area.height} className={classes.gapEdge} />
      <text
        x={isBehind ? from + 5 : end}
        y={area.y + 11}
        textAnchor={isBehind ? 'start' : 'end'}
        className={classes.gapWords}
      >
        {gap.words}
      </text>
    </g>
  )
}
