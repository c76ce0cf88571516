/** The heat map's measures in words, and the sessions behind a cell. */
import type { HeatMap, HeatMeasure } from '../../data/chart-api.ts'
import { counted as countedWords } from '../../ui/labels.ts'
import type { CsvValue } from '../../ui/table-csv.ts'
import {
  COUNT,
  DURATION,
  figureWords,
  fileUnit,
  fileValue,
  hoursWords,
  hourWords,
  MEAN,
  MISSING,
  money,
  PARTLY_MISSING,
  SHARE,
  type Unit,
  weekdayNames,
} from './chart-words.ts'
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
  preventedLoss: { title: 'Prevented loss', unit: money, of: { ...withCheck, withLoss: true } },
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

/** A cell in a sentence: `Monday, 14:00–15:00: €120.00, 3 sessions`. */
export function cellSentence(cell: HeatCell | null, weekday: number, hour: number, unit: Unit): string {
  const [value, sessions] = [cell?.value ?? null, cell?.sessions ?? 0]
  const when = cellWords(weekday, hour)
  if (value === null && cell?.missing === 'all') return `${when}: ${MISSING}`
  const figure = `${when}: ${figureWords(value, unit)}, ${countedWords(sessions, 'session')}`
  return cell?.missing == null ? figure : `${figure}, ${PARTLY_MISSING}`
}

/** Titles and rows of the heat map's file: one row per weekday, and where contact is missing which hours lack something. */
export function heatFile(map: HeatMap): { titles: string[]; rows: CsvValue[][] } {
  const { title, unit: unitOf } = heatMeasureWords[map.measure]
  const unit = unitOf(map.currency)
  const notes = heatGrid(map).map(missingHours)
  const hasNotes = notes.some((note) => note !== '')
  return {
    titles: [`${title}${fileUnit(unit)}`, ...HOURS_OF_DAY.map(hourWords), ...(hasNotes ? ['Note'] : [])],
    rows: heatGrid(map).map((cells, weekday) => [
      weekdayNames[weekday] ?? '',
      ...cells.map((cell) => fileValue(cell?.value ?? null, unit)),
      ...(hasNotes ? [notes[weekday] ?? ''] : []),
    ]),
  }
}

/** `no contact 15:00–17:00; partly without contact 14:00–15:00, 19:00–20:00`. */
function missingHours(cells: readonly (HeatCell | null)[]): string {
  const of = (wanted: 'all' | 'part', words: string): string[] => {
    const is = (hour: number) => cells[hour]?.missing === wanted
    const starts = HOURS_OF_DAY.filter((hour) => is(hour) && !is(hour - 1))
    const ends = HOURS_OF_DAY.filter((hour) => is(hour) && !is(hour + 1))
    const spans = starts.map((start, at) => hoursWords(start, (ends[at] ?? start) + 1))
    return spans.length === 0 ? [] : [`${words} ${spans.join(', ')}`]
  }
  return [...of('all', MISSING), ...of('part', PARTLY_MISSING)].join('; ')
}

/** What is said around the heat map: its title, the ends of its scale, and what hatched cells are, null where none are. */
export function heatWords({ measure, currency, cells }: HeatMap) {
  const { title, unit: unitOf } = heatMeasureWords[measure]
  const unit = unitOf(currency)
  const top = Math.max(0, ...cells.map(({ value }) => value ?? 0))
  const isHatched = cells.some(({ missing }) => missing !== null)
  return {
    title: `${title} by weekday and hour`,
    unit,
    /** The highest value. */
    top,
    lowest: figureWords(0, unit),
    highest: figureWords(top, unit),
    hatched: isHatched ? `hatched: ${MISSING}, or for a part of it` : null,
  }
}
