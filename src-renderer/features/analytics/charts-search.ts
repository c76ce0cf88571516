/** The URL of the charts: the list's filters, and what only charts have. */
import { type BucketSize, type HeatMeasure, heatMeasures } from '../../data/chart-api.ts'
import type { SearchProblem, SessionsSearch } from '../../ui/sessions-search.ts'

export const chartPages = ['today', 'sessions', 'conversion', 'checks', 'abandoned', 'heat-map', 'report'] as const
export type ChartPage = (typeof chartPages)[number]
export const isChartPage = (text: string): text is ChartPage => (chartPages as readonly string[]).includes(text)

export const chartPageTitles: Record<ChartPage, string> = {
  today: 'Today',
  sessions: 'Sessions',
  conversion: 'Conversion',
  checks: 'Checks',
  abandoned: 'Abandoned',
  'heat-map': 'Heat map',
  report: 'Week report',
}

/** Parts of the URL that the list does not have. */
export interface ChartSettings {
  /** Null lets the range decide. */
  by: BucketSize | null
  /** False leaves the period before out. */
  compare: boolean
  /** ISO 4217; null takes the most frequent currency. */
  money: string | null
  measure: HeatMeasure
  /** Monday of the report's week (YYYY-MM-DD); null is the last whole one. */
  week: string | null
}

export type ChartsSearch = SessionsSearch & { [Name in keyof ChartSettings]?: unknown }

const sizes: readonly unknown[] = ['hour', 'day', 'week'] satisfies BucketSize[]
const isMonday = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00:00Z`).getUTCDay() === 1

interface Setting<T> {
  fallback: T
  read: (raw: unknown) => T | undefined
  expected: string
}
const settings: { [Name in keyof ChartSettings]: Setting<ChartSettings[Name]> } = {
  by: {
    fallback: null,
    read: (raw) => (sizes.includes(raw) ? (raw as BucketSize) : undefined),
    expected: 'hour, day or week',
  },
  compare: { fallback: true, read: (raw) => (typeof raw === 'boolean' ? raw : undefined), expected: 'true or false' },
  money: {
    fallback: null,
    read: (raw) => (typeof raw === 'string' && /^[A-Z]{3}$/.test(raw) ? raw : undefined),
    expected: 'a currency code such as EUR',
  },
  measure: {
    fallback: 'sessions',
    read: (raw) => heatMeasures.find((measure) => measure === raw),
    expected: `one of ${heatMeasures.join(', ')}`,
  },
  week: {
    fallback: null,
    read: (raw) => (typeof raw === 'string' && isMonday(raw) ? raw : undefined),
    expected: 'a Monday such as 2026-11-23',
  },
}
const settingNames = Object.keys(settings) as (keyof ChartSettings)[]

/** The charts' own settings, the list's part of the search, and what of the former is not understood. */
export function readChartsSearch(search: ChartsSearch): {
  settings: ChartSettings
  list: SessionsSearch
  problems: SearchProblem[]
} {
  const problems: SearchProblem[] = []
  const read = <Name extends keyof ChartSettings>(name: Name): ChartSettings[Name] => {
    const raw = search[name]
    if (raw === undefined) return settings[name].fallback
    const value = settings[name].read(raw)
    if (value !== undefined) return value
    const shown = typeof raw === 'string' ? raw : JSON.stringify(raw)
    problems.push({
      field: name,
      message: `The charts’ setting “${name}” is not understood: “${shown}”. It takes ${settings[name].expected}.`,
    })
    return settings[name].fallback
  }
  const own = {
    by: read('by'),
    compare: read('compare'),
    money: read('money'),
    measure: read('measure'),
    week: read('week'),
  }
  const list = Object.fromEntries(
    Object.entries(search).filter(([name]) => !(settingNames as string[]).includes(name)),
  ) as SessionsSearch
  return { settings: own, list, problems }
}

/** Changed settings as the URL holds them; what is as without is left out. */
export function writeChartSettings(change: Partial<ChartSettings>): ChartsSearch {
  return Object.fromEntries(
    (Object.keys(change) as (keyof ChartSettings)[]).map((name) => [
      name,
      change[name] === settings[name].fallback ? undefined : change[name],
    ]),
  )
}
