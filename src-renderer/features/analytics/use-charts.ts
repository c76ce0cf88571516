/** What the charts' URL asks, and the answers of the data worker to it. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { boundsOfDays } from '#shared/time/local-day.ts'
import { ZoneOffsets } from '#shared/time/zone-offsets.ts'
import type {
  AbandonedFigures,
  BucketSize,
  ChartQuery,
  CheckFigures,
  ContactGap,
  ConversionFigures,
  SessionFigures,
} from '../../data/chart-api.ts'
import { useChosenStores } from '../../ui/chosen-stores.ts'
import { useData, useDataStatus, useMaySeeEmployees, useRevision, useStores } from '../../ui/data-context.ts'
import { formatShort } from '../../ui/format-time.ts'
import { filterOf, type ListFilters, type ListScope, listScope } from '../../ui/list-filters.ts'
import {
  keepSessionsSearch,
  readSessionsSearch,
  type SearchProblem,
  type SessionsSearch,
  withoutProblems,
  writeFilters,
} from '../../ui/sessions-search.ts'
import { serverNow, useNow } from '../../ui/use-now.ts'
import { bucketFor } from './bucket-choice.ts'
import { type ChartSettings, type ChartsSearch, readChartsSearch, writeChartSettings } from './charts-search.ts'
import type { Gap, ModelContext } from './model-context.ts'

const route = getRouteApi('/charts/$page')

/** How often figures are asked for anew while nothing changes; between, changes of the data do. */
const STEP_MS = 60_000

export interface Charts {
  settings: ChartSettings
  filters: ListFilters
  scope: ListScope
  chosen: readonly string[]
  problems: SearchProblem[]
  /** The list's part of the URL. */
  list: SessionsSearch
  /** Server time, UTC milliseconds, as of which figures are asked. */
  nowMs: number
  change: (filters: Partial<ListFilters>) => void
  set: (settings: Partial<ChartSettings>) => void
  /** Shows other filters, as a saved view has them; the charts' own settings stay. */
  show: (search: SessionsSearch) => void
  removeProblems: () => void
}

export function useCharts(): Charts {
  const wholeSearch = route.useSearch()
  const search = useMemo(() => keepSessionsSearch({ ...wholeSearch }) as ChartsSearch, [wholeSearch])
  const { settings, list, problems: ownProblems } = useMemo(() => readChartsSearch(search), [search])
  const maySeeEmployees = useMaySeeEmployees()
  const { view, problems } = useMemo(() => readSessionsSearch(list, maySeeEmployees), [list, maySeeEmployees])
  const navigate = useNavigate()
  const stores = useStores()
  const chosen = useChosenStores()
  const scope = useMemo(() => listScope(stores, chosen), [stores, chosen])
  const nowMs = useNow(STEP_MS)
  const go = useCallback(
    (next: ChartsSearch) => void navigate({ to: '.', search: next as SessionsSearch, replace: true }),
    [navigate],
  )
  return {
    settings,
    filters: view.filters,
    scope,
    chosen,
    problems: useMemo(() => [...problems, ...ownProblems], [problems, ownProblems]),
    list,
    nowMs,
    change: (part) => go({ ...search, ...writeFilters(part) }),
    set: (part) => go({ ...search, ...writeChartSettings(part) }),
    show: (other) => go({ ...other, ...writeChartSettings(settings) }),
    removeProblems: () => go({ ...withoutProblems(list, maySeeEmployees), ...writeChartSettings(settings) }),
  }
}

/** Questions of charts to the worker by their names there. */
interface Answers {
  sessionFigures: SessionFigures
  conversionFigures: ConversionFigures
  checkFigures: CheckFigures
  abandonedFigures: AbandonedFigures
}
type Question = keyof Answers

export interface Figures<Name extends Question> {
  /** Perhaps of a former question, which `isOutdated` says; undefined until the first answer. */
  figures: Answers[Name] | undefined
  size: BucketSize
  isOutdated: boolean
  error: Error | null
}

/** The base of every question of the page. */
export function useChartQuery({ filters, scope, chosen, nowMs, settings }: Charts): Omit<ChartQuery, 'bucket'> {
  const key = JSON.stringify(filterOf(filters, scope, chosen, nowMs))
  return useMemo(
    () => ({ filter: JSON.parse(key) as ChartQuery['filter'], nowMs, zone: scope.zone, currency: settings.money }),
    [key, nowMs, scope.zone, settings.money],
  )
}

/**
 * An answer of the data worker, asked for anew with every change of the data and every step of the clock. What is shown is
 * outdated only while another question waits for its answer.
 *
 * @param question tells questions apart; instants in it do not
 * @param step server time in steps
 * @param ask is given the server time of the asking: sessions start every second
 */
export function useAnswer<Answer>(
  question: unknown,
  step: number,
  ask: (nowMs: number, signal: AbortSignal) => Promise<Answer>,
) {
  const revision = useRevision()
  const key = JSON.stringify(question, (name, value: unknown) => (name === 'nowMs' ? undefined : value))
  const { data: held, error } = useQuery({
    queryKey: ['charts', key, step, revision],
    queryFn: async ({ signal }) => ({
      key,
      answer: await ask(Math.floor(serverNow()), signal),
    }),
    placeholderData: keepPreviousData,
  })
  return { answer: held?.answer, isOutdated: held !== undefined && held.key !== key, error }
}

/** The figures of a page over the URL's filters, in buckets that suit the range. */
export function useFigures<Name extends Question>(name: Name, charts: Charts): Figures<Name> {
  const ask: { [Asked in Question]: (query: ChartQuery, signal: AbortSignal) => Promise<Answers[Asked]> } = useData()
  const query = useChartQuery(charts)
  const days = query.filter.startedOn?.[query.zone] ?? { from: null, to: null }
  const { from, to } = useMemo(() => boundsOfDays(days, query.zone), [days, query.zone])
  // How long all history is, an answer tells; until then it is taken as long as under the filters before.
  const [history, setHistory] = useState<number | null>(null)
  const span = from === null ? history : Math.min(to ?? query.nowMs, query.nowMs) - from
  const wanted = bucketFor(charts.settings.by, span)
  const {
    answer: figures,
    isOutdated,
    error,
  } = useAnswer([name, query, wanted], query.nowMs, (nowMs, signal) =>
    ask[name]({ ...query, nowMs, bucket: wanted }, signal),
  )
  const answered = figures === undefined || figures.sessions === 0 ? null : figures.to - figures.from
  useEffect(() => {
    if (from === null && !isOutdated) setHistory(answered)
  }, [from, isOutdated, answered])
  return { figures, size: figures?.bucket ?? wanted, isOutdated, error }
}

/** Which stores this PC has no contact with now. */
export function useContactGaps(chosen: readonly string[]): ContactGap[] {
  const data = useData()
  const connection = useDataStatus((status) => status.connection)
  const { answer: gaps = NO_GAPS } = useAnswer(['gaps', chosen, connection], useNow(STEP_MS), (_, signal) =>
    data.contactGaps([...chosen], signal),
  )
  return gaps
}

const NO_GAPS: ContactGap[] = []

/** What models are made with; the same object while nothing in it changes. */
export function useModelContext({ filters, scope, nowMs }: Charts, size: BucketSize, gaps: ContactGap[]): ModelContext {
  const gap = useMemo(() => firstGap(gaps, scope, nowMs), [gaps, scope, nowMs])
  return useMemo(() => ({ filters, size, gap }), [filters, size, gap])
}

/** Charts run by the stores' clocks: the first of the gaps is the one that begins first on them. */
function firstGap(gaps: readonly ContactGap[], { stores }: ListScope, nowMs: number): Gap | null {
  const all = gaps.flatMap(({ storeId, from }) => {
    const store = stores.find(({ id }) => id === storeId)
    if (store === undefined) return []
    const zone = store.timezone
    const since = `no contact since ${formatShort(from, zone, nowMs)}`
    const words = stores.length > 1 ? `${since} (${store.name})` : since
    return [{ wallMs: from + new ZoneOffsets(zone).at(from), zone, words }]
  })
  const ends = all.sort((a, b) => a.wallMs - b.wallMs)
  const [first, last] = [ends[0], ends.at(-1)]
  return first && last ? { first: first.wallMs, last: last.wallMs, ends, words: first.words } : null
}
