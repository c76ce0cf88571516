/** Marks of a chart as paths of SVG: one per series, however many rows it has. Lengths are pixels. */
import type { ChartModel } from './chart-model.ts'

/** Where the marks of a chart lie. */
export interface Place {
  /** True where rows run from left to right. */
  isTime: boolean
  area: { x: number; y: number; width: number; height: number }
  rows: number
  /** Where a value of the axis lies. */
  reach: (value: number) => number
}

/** Of a row's room, what its bars take. */
const FILLED = 0.78
const MAX_BAR = 34
const WHISKER = 3

/** From where to where a row goes along the axis of rows. */
export function rowExtent({ isTime, area, rows }: Place, row: number): { from: number; to: number } {
  const [start, length] = isTime ? [area.x, area.width] : [area.y, area.height]
  return { from: start + (length * row) / rows, to: start + (length * (row + 1)) / rows }
}

const round = (pixels: number): number => Math.round(pixels * 10) / 10

function rectangle({ isTime }: Place, along: number, thick: number, a: number, b: number): string {
  const [low, high] = [round(Math.min(a, b)), round(Math.max(a, b))]
  const [from, to] = [round(along), round(along + thick)]
  return isTime ? `M${from} ${low}V${high}H${to}V${low}Z` : `M${low} ${from}H${high}V${to}H${low}Z`
}

/** Where a series' bar lies across its row. */
function barExtent({ series }: ChartModel, at: number, place: Place, row: number): { along: number; thick: number } {
  const { from, to } = rowExtent(place, row)
  const lanes = series.filter(({ mark }) => mark === 'bar').length + (series.some(isStacked) ? 1 : 0)
  const own = series[at]
  const before = series.slice(0, at).filter(({ mark }) => mark === 'bar').length
  const lane = own?.mark === 'stacked' ? lanes - 1 : before
  const thick = Math.max(1, Math.min(((to - from) * FILLED) / Math.max(lanes, 1), MAX_BAR))
  return { along: (from + to) / 2 - (thick * lanes) / 2 + lane * thick, thick }
}

const isStacked = ({ mark }: ChartModel['series'][number]): boolean => mark === 'stacked'

/** All bars of a series; unknown values have none, and neither has zero. */
export function barPath(model: ChartModel, at: number, place: Place): string {
  const { series } = model
  const own = series[at]
  const below = own?.mark === 'stacked' ? series.slice(0, at).filter(isStacked) : []
  let path = ''
  for (let row = 0; row < place.rows; row += 1) {
    const value = own?.values[row] ?? 0
    if (value === 0) continue
    const base = below.reduce((sum, { values }) => sum + (values[row] ?? 0), 0)
    const { along, thick } = barExtent(model, at, place, row)
    path += rectangle(place, along, thick, place.reach(base), place.reach(base + value))
  }
  return path
}

/** A line through the middles of the rows, broken where a value is not known; one that stands alone is a dot. */
export function linePath(values: readonly (number | null)[], place: Place): string {
  let path = ''
  let isDrawing = false
  for (let row = 0; row < place.rows; row += 1) {
    const value = values[row] ?? null
    if (value === null) {
      isDrawing = false
      continue
    }
    const { from, to } = rowExtent(place, row)
    const [x, y] = [round((from + to) / 2), round(place.reach(value))]
    path += `${isDrawing ? 'L' : 'M'}${x} ${y}`
    if (!isDrawing && (values[row + 1] ?? null) === null) path += `m-2 0a2 2 0 1 0 4 0a2 2 0 1 0 -4 0`
    isDrawing = true
  }
  return path
}

/** Ends of intervals, joined by a line: whiskers. */
export function intervalPath(model: ChartModel, at: number, place: Place): string {
  const own = model.series[at]
  let path = ''
  for (let row = 0; row < place.rows; row += 1) {
    const interval = own?.intervals?.[row] ?? null
    if (interval === null) continue
    const { along, thick } = own?.mark === 'line' ? lineExtent(place, row) : barExtent(model, at, place, row)
    const middle = round(along + thick / 2)
    const [low, high] = [round(place.reach(interval[0])), round(place.reach(interval[1]))]
    path += place.isTime
      ? `M${middle} ${low}V${high}M${middle - WHISKER} ${low}h${2 * WHISKER}M${middle - WHISKER} ${high}h${2 * WHISKER}`
      : `M${low} ${middle}H${high}M${low} ${middle - WHISKER}v${2 * WHISKER}M${high} ${middle - WHISKER}v${2 * WHISKER}`
  }
  return path
}

function lineExtent(place: Place, row: number): { along: number; thick: number } {
  const { from, to } = rowExtent(place, row)
  return { along: from, thick: to - from }
}
