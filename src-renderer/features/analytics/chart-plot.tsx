/**
 * The drawing of a chart: axes, grid and scales are recharts', the marks are one path per series. Hundreds of bars as elements
 * of their own would take longer than a frame.
 */
import { memo, useId } from 'react'
import { CartesianGrid, ComposedChart, usePlotArea, useXAxisScale, useYAxisScale, XAxis, YAxis } from 'recharts'
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
  const { max, ticks } = axisOf(highestValue(model), unit)
  const isTime = isTimeAxis(model)
  const data = rows.map((_, row) => ({ row }))
  const figures = {
    type: 'number',
    domain: [0, max],
    // The axis is as long as it is said to be: what stands on it is drawn beside recharts.
    allowDataOverflow: true,
    ticks,
    tickFormatter: (value: number) => shortWords(value, unit),
  } as const
  const stretch = { type: 'category', dataKey: 'row', scale: 'band', allowDuplicatedCategory: true } as const
  const quiet = { axisLine: false, tickLine: false, tick: { className: classes.tick }, interval: 0 } as const
  return (
    <ComposedChart
      width={frame.width}
      height={frame.height}
      data={data}
      layout={isTime ? 'horizontal' : 'vertical'}
      margin={frame.margin}
      accessibilityLayer={false}
      role="presentation"
    >
      <CartesianGrid horizontal={isTime} vertical={!isTime} stroke="var(--fw-line)" />
      {isTime ? (
        <>
          <XAxis
            {...stretch}
            {...quiet}
            height={frame.axisHeight}
            ticks={rowTicks(rows, frame.plot.width)}
            tickFormatter={(row: number) => rows[row]?.tick ?? ''}
          />
          <YAxis {...figures} {...quiet} width={frame.axisWidth} />
        </>
      ) : (
        <>
          <XAxis {...figures} {...quiet} height={frame.axisHeight} />
          <YAxis
            {...stretch}
            {...quiet}
            width={frame.axisWidth}
            tickFormatter={(row: number) => shorten(rows[row]?.tick ?? '', frame.axisWidth)}
          />
        </>
      )}
      <Marks model={model} />
    </ComposedChart>
  )
})

const CHARACTER = 6.4

/** What fits beside a bar; the table has it in full. */
function shorten(text: string, width: number): string {
  const fits = Math.floor(width / CHARACTER)
  return text.length <= fits ? text : `${text.slice(0, Math.max(1, fits - 1))}…`
}

/** How the parts of a stack differ without colour. */
const HATCHES = ['', 'M0 6L6 0M-1 1L1 -1M5 7L7 5', 'M0 3H6', 'M3 0V6', 'M0 0L6 6M-1 5L1 7M5 -1L7 1']
const DASHES = ['', '7 4', '2 4', '9 3 2 3', '1 3']

function Marks({ model }: { model: ChartModel }) {
  const id = useId()
  const plot = usePlotArea()
  const xScale = useXAxisScale()
  const yScale = useYAxisScale()
  if (plot === undefined || xScale === undefined || yScale === undefined) return null
  const isTime = isTimeAxis(model)
  const scale = isTime ? yScale : xScale
  const place: Place = {
    isTime,
    area: plot,
    rows: model.rows.length,
    reach: (value) => scale(value) ?? 0,
  }
  const partial = model.rows.findIndex(({ isPartial }) => isPartial)
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
      {partial >= 0 && <Partial place={place} row={partial} />}
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

/** A stretch of time that is not over: what is there is so far. */
function Partial({ place, row }: { place: Place; row: number }) {
  const { from, to } = rowExtent(place, row)
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
