/** The room of a chart's drawing: how much of it axes take, and where rows and values lie in the rest. Pixels. */
import { axisOf } from './chart-axis.ts'
import { type ChartModel, type ChartRow, highestValue } from './chart-model.ts'
import { shortWords } from './chart-words.ts'

export interface PlotFrame {
  width: number
  height: number
  margin: { top: number; right: number; bottom: number; left: number }
  axisWidth: number
  axisHeight: number
  /** Where the marks are. */
  plot: { x: number; y: number; width: number; height: number }
}

const MARGIN = { top: 10, right: 14, bottom: 0, left: 0 }
const AXIS_HEIGHT = 22
/** Of a character under the axis, about. */
const CHARACTER = 6.4
const GAP = 24
const MAX_LABEL_SHARE = 0.5
export const TIME_HEIGHT = 196
const RANK_ROW = 27
const MIN_RANK_ROWS = 2

export const isTimeAxis = ({ layout }: ChartModel): boolean => layout === 'time'

/** Height of a chart: rankings grow with their rows. */
export const heightOf = (model: ChartModel): number =>
  isTimeAxis(model) ? TIME_HEIGHT : MARGIN.top + AXIS_HEIGHT + RANK_ROW * Math.max(model.rows.length, MIN_RANK_ROWS)

export function plotFrame(model: ChartModel, width: number): PlotFrame {
  const height = heightOf(model)
  const labels = isTimeAxis(model)
    ? axisOf(highestValue(model), model.unit).ticks.map((tick) => shortWords(tick, model.unit))
    : model.rows.map(({ tick }) => tick)
  const longest = Math.max(3, ...labels.map(({ length }) => length))
  const axisWidth = Math.min(Math.ceil(longest * CHARACTER) + GAP, Math.floor(width * MAX_LABEL_SHARE))
  return {
    width,
    height,
    margin: MARGIN,
    axisWidth,
    axisHeight: AXIS_HEIGHT,
    plot: {
      x: axisWidth,
      y: MARGIN.top,
      width: Math.max(1, width - axisWidth - MARGIN.right),
      height: height - MARGIN.top - AXIS_HEIGHT,
    },
  }
}

/** Room that a label under the axis wants. */
const TICK_ROOM = 58
const STEPS = [1, 2, 3, 4, 6, 7, 8, 12, 14, 24, 28, 48, 72, 96, 168, 336]

/** Rows that are labelled under the axis: evenly, and of hours those at which days begin. */
export function rowTicks(rows: readonly ChartRow[], width: number): number[] {
  const most = Math.max(2, Math.floor(width / TICK_ROOM))
  const step = STEPS.find((each) => rows.length / each <= most) ?? Math.ceil(rows.length / most)
  const dayStart = rows.findIndex(({ tick }) => !tick.includes(':'))
  const first = dayStart < 0 ? 0 : dayStart % step
  return rows.flatMap((_, row) => (row >= first && (row - first) % step === 0 ? row : []))
}

/** The row and the value of the axis at a place in the drawing; null outside of the marks' room. */
export function pointAt(
  model: ChartModel,
  { plot }: PlotFrame,
  x: number,
  y: number,
): { row: number; value: number } | null {
  const across = (x - plot.x) / plot.width
  const up = 1 - (y - plot.y) / plot.height
  if (across < 0 || across >= 1 || up < 0 || up > 1) return null
  const { max } = axisOf(highestValue(model), model.unit)
  const isTime = isTimeAxis(model)
  const along = isTime ? across : 1 - up
  const row = Math.min(model.rows.length - 1, Math.floor(along * model.rows.length))
  return { row, value: (isTime ? up : across) * max }
}

/** The stretch of a row in the drawing. */
export function rowBox(model: ChartModel, { plot }: PlotFrame, row: number) {
  const rows = Math.max(1, model.rows.length)
  return isTimeAxis(model)
    ? { left: plot.x + (plot.width * row) / rows, top: plot.y, width: plot.width / rows, height: plot.height }
    : { left: plot.x, top: plot.y + (plot.height * row) / rows, width: plot.width, height: plot.height / rows }
}
