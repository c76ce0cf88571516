/** The room "Charts": its pages, the filters they share with the list, and how the figures are cut and compared. */
import { Checkbox, SegmentedControl } from '@mantine/core'
import { IconMapQuestion } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback, useEffect, useId, useMemo, useState } from 'react'
import { countDays, localDateOf } from '#shared/time/local-day.ts'
import type { BucketSize } from '../../data/chart-api.ts'
import { useData, useDataStatus, useRevision } from '../../ui/data-context.ts'
import { FilterMenu, FilterPills, type OpenFilter, SearchProblems } from '../../ui/filter-bar.tsx'
import { filterWords } from '../../ui/filter-words.ts'
import { activeFilters } from '../../ui/list-filters.ts'
import { useListPreferences } from '../../ui/list-preferences.ts'
import { Blank } from '../../ui/parts.tsx'
import { keepSessionsSearch } from '../../ui/sessions-search.ts'
import { useCommands } from '../../ui/shortcuts.ts'
import { daysOf, spanWords } from '../../ui/time-span.ts'
import { useUiState } from '../../ui/ui-state.ts'
import { ViewsMenu } from '../../ui/views-menu.tsx'
import { AbandonedCharts } from './abandoned-charts.tsx'
import { chartFileName, datesOf, fileScopeOf } from './chart-file-name.ts'
import { bucketTitles } from './chart-words.ts'
import classes from './charts.module.css'
import { type ChartPage, chartPages, chartPageTitles, isChartPage } from './charts-search.ts'
import { ChecksCharts } from './checks-charts.tsx'
import { ConversionCharts } from './conversion-charts.tsx'
import { ofAnyTime } from './drill-down.ts'
import { HeatMapCharts } from './heat-map.tsx'
import type { PageProps } from './page-props.ts'
import { SessionsCharts } from './sessions-charts.tsx'
import { TodayCharts } from './today-charts.tsx'
import { type Charts, useChartQuery, useCharts } from './use-charts.ts'
import { WeekReport } from './week-report.tsx'

const route = getRouteApi('/charts/$page')

const pages: Record<ChartPage, (props: PageProps) => React.ReactNode> = {
  today: TodayCharts,
  sessions: SessionsCharts,
  conversion: ConversionCharts,
  checks: ChecksCharts,
  abandoned: AbandonedCharts,
  'heat-map': HeatMapCharts,
  report: WeekReport,
}

export function ChartsPage() {
  const { page } = route.useParams()
  const charts = useCharts()
  const search = route.useSearch()
  const fileNameOf = useFileNames(page, charts)
  const kept = useMemo(() => keepSessionsSearch({ ...search }), [search])
  useEffect(() => useUiState.setState({ charts: { page, search: kept } }), [page, kept])
  if (!isChartPage(page)) {
    return (
      <Blank icon={IconMapQuestion} title="There are no such charts">
        <p>
          <Link to="/charts/$page" params={{ page: 'today' }} search={kept}>
            Go to today
          </Link>
        </p>
      </Blank>
    )
  }
  const Page = pages[page]
  return (
    <div className={classes.page} data-testid="charts-page">
      <div className={classes.head}>
        <h1>Charts</h1>
        <nav className={classes.tabs} aria-label="Charts">
          {chartPages.map((each) => (
            <Link
              key={each}
              to="/charts/$page"
              params={{ page: each }}
              search={kept}
              activeOptions={{ includeSearch: false }}
            >
              {chartPageTitles[each]}
            </Link>
          ))}
        </nav>
      </div>
      <ChartsBar page={page} charts={charts} />
      <Page {...{ charts, fileNameOf }} scopeWords={scopeWords(page, charts)} before={beforeWords(page, charts)} />
    </div>
  )
}

/** What pages ask of the time: today and the report have their own. */
const hasOwnTime = (page: ChartPage): boolean => page === 'today' || page === 'report'
const hasBuckets = (page: ChartPage): boolean => !hasOwnTime(page) && page !== 'heat-map'

function ChartsBar({ page, charts }: { page: ChartPage; charts: Charts }) {
  const { filters, scope, settings, problems } = charts
  const [open, setOpen] = useState<OpenFilter | 'views'>(null)
  const openFilter = open === 'views' ? null : open
  const data = useData()
  const revision = useRevision()
  const query = useChartQuery(charts)
  const { data: facets } = useQuery({
    queryKey: ['charts', 'facets', query.filter, revision],
    // After the figures, which are asked for below: they are what is looked at.
    queryFn: async ({ signal }) => {
      await new Promise((resolve) => setTimeout(resolve))
      return data.facets({ ...query.filter, nowMs: query.nowMs }, signal)
    },
    enabled: openFilter !== null,
    placeholderData: keepPreviousData,
  })
  const [{ layout }] = useListPreferences()
  const chosenView = useUiState((state) => state.chosenView)
  const own = hasOwnTime(page)
  const shownFilters = page === 'today' ? { ...filters, ...ofAnyTime } : own ? { ...filters, started: null } : filters
  const whyNot = whyNotCompared(page, charts)
  const reasonId = useId()
  useCommands([
    { id: 'charts.filter', group: 'Charts', text: 'Add a filter', keys: 'f', run: () => setOpen('menu') },
    { id: 'charts.views', group: 'Charts', text: 'Switch or save a view', keys: 'v', run: () => setOpen('views') },
    ...(whyNot === null
      ? [
          {
            id: 'charts.compare',
            group: 'Charts',
            text: settings.compare ? 'Leave the comparison out' : 'Compare with the period before',
            run: () => charts.set({ compare: !settings.compare }),
          },
        ]
      : []),
  ])
  return (
    <>
      <div className={classes.bar} role="toolbar" aria-label="Charts">
        <ViewsMenu
          search={charts.list}
          layout={layout}
          chosen={chosenView}
          onChoose={(view) => {
            useUiState.setState({ chosenView: view.id })
            charts.show(view.search)
          }}
          isOpen={open === 'views'}
          onOpen={(isOpen) => setOpen(isOpen ? 'views' : null)}
        />
        <FilterMenu
          all
          time={!own}
          filters={shownFilters}
          scope={scope}
          facets={facets}
          onChange={charts.change}
          open={openFilter}
          onOpen={setOpen}
        />
        <div className={classes.barRight}>
          {page !== 'heat-map' && (
            <Checkbox
              size="xs"
              label={page === 'today' ? 'Compare with a week ago' : 'Compare with the period before'}
              aria-describedby={whyNot === null ? undefined : reasonId}
              disabled={whyNot !== null}
              checked={settings.compare && whyNot === null}
              onChange={() => charts.set({ compare: !settings.compare })}
            />
          )}
          {whyNot !== null && page !== 'heat-map' && (
            <span id={reasonId} className={classes.reason}>
              {whyNot}
            </span>
          )}
          {hasBuckets(page) && (
            <SegmentedControl
              size="xs"
              aria-label="Cut into"
              value={settings.by ?? 'auto'}
              onChange={(by) => charts.set({ by: by === 'auto' ? null : (by as BucketSize) })}
              data={[
                { value: 'auto', label: 'Auto' },
                ...(['hour', 'day', 'week'] as const).map((size) => ({ value: size, label: bucketTitles[size] })),
              ]}
            />
          )}
        </div>
      </div>
      <div className={classes.pills}>
        <FilterPills all filters={shownFilters} scope={scope} onOpen={setOpen} onChange={charts.change} />
        <SearchProblems problems={problems} onRemove={charts.removeProblems} />
      </div>
    </>
  )
}

/** Names of the files of a page's charts; the same function while the names are the same. */
function useFileNames(page: string, { filters, scope, nowMs }: Charts): (chart: string) => string {
  const isWhole = useDataStatus((status) => status.reading === null)
  const fileScope = isChartPage(page) ? fileScopeOf({ page, filters, scope, nowMs, isWhole }) : ''
  return useCallback((chart) => chartFileName(page, chart, fileScope), [page, fileScope])
}

/** Stores and period, and what else narrows, for pictures. */
function scopeWords(page: ChartPage, { filters, scope, chosen, nowMs }: Charts): string {
  const stores =
    scope.stores.length === 1
      ? (scope.stores[0]?.name ?? '')
      : chosen.length === 0
        ? 'all stores'
        : `${chosen.length} stores`
  const span = page === 'today' ? 'today' : filters.started
  // A picture is looked at on another day: it has the dates.
  const time = span === null ? 'all history' : spanWords(datesOf(span, scope, nowMs))
  // Today leaves filters of time out.
  const others = activeFilters({ ...filters, ...(page === 'today' ? ofAnyTime : { started: null }) })
  return [stores, time, ...others.map((name) => filterWords(name, filters, scope))].join(', ')
}

/** Why nothing can be compared, in words; null where something can. */
function whyNotCompared(page: ChartPage, { filters: { started, storeTime } }: Charts): string | null {
  if (page === 'today') return null
  if (storeTime !== null) return '“Start in store time” has none'
  if (page === 'report') return null
  if (started === null) return '“Any time” has none'
  return typeof started === 'object' && started.from === null ? 'days without a first one have none' : null
}

/** What the period before is called; null where nothing is compared. */
function beforeWords(page: ChartPage, charts: Charts): string | null {
  const { filters, scope, settings, nowMs } = charts
  if (!settings.compare || whyNotCompared(page, charts) !== null) return null
  if (page === 'report') return 'the week before'
  if (filters.started === null) return null
  const { from, to } = daysOf(filters.started, scope.zone, nowMs)
  const today = localDateOf(nowMs, scope.zone)
  const days = from === null ? 0 : Math.max(1, countDays(from, to ?? today))
  return days === 1 ? 'the day before' : `the ${days} days before`
}
