/** One chart as data: from it come the drawing, the table, the CSV, the words of the tooltip, and what a click leads to. */
import type { Missing } from '#shared/time/contact-end.ts'
import type { Unit } from './chart-words.ts'
import type { ListTarget } from './drill-down.ts'

/** A colour of the charts by what it stands for; tokens `--fw-chart-…`. */
export type ChartColor = 'main' | 'good' | 'lost' | 'other' | 'extra' | 'quiet'

export interface ChartSeries {
  /** Unique in its chart. */
  id: string
  name: string
  color: ChartColor
  /** Bars of one chart that are `stacked` stand on each other, others side by side. */
  mark: 'bar' | 'stacked' | 'line'
  /** Null is not known, which is not zero. */
  values: (number | null)[]
  /** 95 % intervals, where the values are shares of a sample. */
  intervals?: (readonly [low: number, high: number] | null)[]
  /** Of an earlier time than the rows say, in which nothing is missing. */
  isEarlier?: boolean
}

/** A figure that the table, the CSV and the tooltip have beside those drawn. */
export interface ExtraColumn {
  name: string
  unit: Unit
  values: (number | null)[]
}

export interface ChartRow {
  /** In full, such as `Wed 25 Nov, 14:00–15:00`. */
  label: string
  /** Under the axis, where there is room. */
  tick: string
  /** True for a stretch of time that is not over: its figures are `so far`. */
  isPartial?: boolean
  /** What of it lies after the end of contact. */
  missing?: Missing
}

export interface ChartModel {
  /** Part of file names. */
  id: string
  title: string
  /** What is counted, where the title does not say it. */
  hint?: string
  /** `time` runs from left to right; `ranking` has one horizontal bar per row. */
  layout: 'time' | 'ranking'
  /** What a row is: `Day`, `Client`. */
  rowTitle: string
  rows: ChartRow[]
  /** Of all series: they share one axis. */
  unit: Unit
  series: ChartSeries[]
  extras?: ExtraColumn[]
  /** From here on this PC has no contact, in rows from the left edge, and since when in words. */
  gap?: { from: number; words: string }
  /** Filters of the list that find exactly the sessions behind a value; null where no filter does. */
  behind: (row: number, seriesId: string) => ListTarget | null
}

/** The chart with its zeros of stretches without any contact as what they are: not known. */
export function withoutMissing(model: ChartModel): ChartModel {
  if (model.rows.every(({ missing }) => missing !== 'all')) return model
  const known = (values: (number | null)[]) =>
    values.map((value, row) => (value === 0 && model.rows[row]?.missing === 'all' ? null : value))
  return {
    ...model,
    series: model.series.map((each) => (each.isEarlier ? each : { ...each, values: known(each.values) })),
    ...(model.extras && { extras: model.extras.map((each) => ({ ...each, values: known(each.values) })) }),
  }
}

/** A value in its row: what a person points at. */
export interface ChartPoint {
  row: number
  series: number
}

/** True where there is nothing to draw. */
export const isEmptyModel = ({ rows, series }: ChartModel): boolean =>
  rows.length === 0 || series.every(({ values }) => values.every((value) => value === null || value === 0))

/** The most that a row reaches: stacked bars count together, intervals up to their ends. */
export function highestValue({ rows, series }: ChartModel): number {
  let highest = 0
  for (let row = 0; row < rows.length; row += 1) {
    let stack = 0
    for (const each of series) {
      const value = each.values[row] ?? 0
      if (each.mark === 'stacked') stack += value
      else highest = Math.max(highest, value, each.intervals?.[row]?.[1] ?? 0)
    }
    highest = Math.max(highest, stack)
  }
  return highest
}

/**
 * The series a person points at in a row: of a stack the part that holds the value, else the nearest line or bar.
 *
 * @param value on the axis
 */
export function seriesAt({ series }: ChartModel, row: number, value: number): number {
  let stack = 0
  let nearest = 0
  let distance = Number.POSITIVE_INFINITY
  let isInStack = false
  for (const [at, each] of series.entries()) {
    const own = each.values[row]
    if (own === null || own === undefined) continue
    if (each.mark === 'stacked') {
      if (own > 0 && value >= stack && value < stack + own) {
        nearest = at
        distance = 0
        isInStack = true
      }
      stack += own
    }
    const away = Math.abs((each.mark === 'stacked' ? stack - own / 2 : own) - value)
    if (!isInStack && away < distance) {
      nearest = at
      distance = away
    }
  }
  return nearest
}
