/** The heat map's measures in words, and the sessions behind a cell. */
import type { HeatMap, HeatMeasure } from '../../data/chart-api.ts'
import { COUNT, DURATION, hourWords, MEAN, money, SHARE, type Unit, weekdayNames } from './chart-words.ts'
import { counted, type Narrowing, paid, withCheck } from './drill-down.ts'

interface Measure {
  title: string
  unit: (currency: string) => Unit
  /** Sessions that it is of. */
  of: Narrowing
}

export const heatMeasureWords: Record<HeatMeasure, Measure> = {
  sessions: { title: 'Sessions started', unit: () => COUNT, of: {} },
  value: { title: 'Sales', unit: money, of: paid },
  abandoned: { title: 'Abandoned baskets', unit: () => COUNT, of: counted.abandoned },
  abandonedShare: { title: 'Share of sessions abandoned', unit: () => SHARE, of: counted.abandoned },
  abandonedValue: { title: 'Value left behind', unit: money, of: counted.abandoned },
  checks: { title: 'Sessions with a check', unit: () => COUNT, of: withCheck },
  waitingP50Ms: { title: 'Median waiting time', unit: () => DURATION, of: withCheck },
  waitingP95Ms: { title: '95th percentile of waiting times', unit: () => DURATION, of: withCheck },
  rating: { title: 'Mean stars', unit: () => MEAN, of: { rating: [1, 2, 3, 4, 5] } },
  preventedLoss: { title: 'Prevented loss', unit: money, of: withCheck },
}

export const HOURS_OF_DAY = Array.from({ length: 24 }, (_, hour) => hour)

export type HeatCell = HeatMap['cells'][number]

/** Cells by weekday and hour; what the answer leaves out is not known. */
export function heatGrid({ cells }: Pick<HeatMap, 'cells'>): (HeatCell | null)[][] {
  const grid: (HeatCell | null)[][] = weekdayNames.map(() => HOURS_OF_DAY.map(() => null))
  for (const cell of cells) {
    const row = grid[cell.weekday]
    if (row !== undefined) row[cell.hour] = cell
  }
  return grid
}

/** `Monday, 14:00–15:00`. */
export const cellWords = (weekday: number, hour: number): string => `${weekdayNames[weekday]}, ${hourWords(hour)}`

/** A cell's place between nothing and the highest, 0 to 1. */
export const heatOf = (value: number, highest: number): number => (highest <= 0 ? 0 : Math.max(0, value) / highest)
