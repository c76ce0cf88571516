/** Names of files of charts: which chart, of which stores and days, and whether it is of all their sessions. */
import { type DaySpan, localDateOf } from '#shared/time/local-day.ts'
import { activeFilters, type ListFilters, type ListScope } from '../../ui/list-filters.ts'
import { daysByZone, type TimeSpan } from '../../ui/time-span.ts'
import type { ChartPage } from './charts-search.ts'
import { ofAnyTime } from './drill-down.ts'

/** More stores than this are counted, not named. */
const MOST_NAMED = 2

/** What the charts of a page are of. */
export interface FileScope {
  page: ChartPage
  filters: ListFilters
  scope: ListScope
  /** Server time, UTC milliseconds: relative days are taken as of it. */
  nowMs: number
  /** False while this PC still reads its history. */
  isWhole: boolean
}

/** `berlin-mitte-2026-11-16--2026-11-22`, with `-filtered` where other filters narrow and `-incomplete` where history is missing. */
export function fileScopeOf({ page, filters, scope, nowMs, isWhole }: FileScope): string {
  const time = page === 'today' ? 'today' : filters.started
  const others = page === 'today' ? { ...filters, ...ofAnyTime } : { ...filters, started: null }
  return [
    storesPart(scope),
    daysPart(time, scope, nowMs),
    ...(activeFilters(others).length > 0 ? ['filtered'] : []),
    ...(isWhole ? [] : ['incomplete']),
  ].join('-')
}

/**
 * `floorwalker-checks-waiting-berlin-mitte-2026-11-16--2026-11-22`.
 * @param chart its id; one that begins with the page's is not told twice
 * @param scope of `fileScopeOf`
 */
export function chartFileName(page: string, chart: string, scope: string): string {
  const of = chart === page || chart.startsWith(`${page}-`) ? chart : `${page}-${chart}`
  return `floorwalker-${of}-${scope}`
}

function storesPart({ stores }: ListScope): string {
  if (stores.length === 0) return 'no-store'
  if (stores.length > MOST_NAMED) return `${stores.length}-stores`
  return stores.map(({ id, name }) => fileWords(name) || fileWords(id) || 'store').join('-and-')
}

/** From the first to the last day of any store: around midnight they are not the same. */
export function datesOf(span: TimeSpan, { zones }: ListScope, nowMs: number): DaySpan {
  const days = Object.values(daysByZone(span, zones, nowMs))
  const from = days.map((day) => day.from ?? '').sort()[0]
  const to = days.some((day) => day.to === null)
    ? null
    : days
        .map((day) => day.to ?? '')
        .sort()
        .at(-1)
  return { from: from || null, to: to ?? null }
}

function daysPart(span: TimeSpan | null, scope: ListScope, nowMs: number): string {
  const { zones } = scope
  if (span === null)
    return `all-history-to-${zones
      .map((zone) => localDateOf(nowMs, zone))
      .sort()
      .at(-1)}`
  const { from, to } = datesOf(span, scope, nowMs)
  if (from === null) return `until-${to}`
  if (to === null) return `since-${from}`
  return from === to ? from : `${from}--${to}`
}

/** Longer names of stores are cut: with them a file's name would not fit. */
const MOST_LETTERS = 40

/** Letters and digits of a name, of any script, in a file's name; empty where it has none. */
export const fileWords = (name: string): string =>
  name
    .normalize('NFC')
    .toLowerCase()
    .slice(0, MOST_LETTERS)
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
