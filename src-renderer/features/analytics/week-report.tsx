/** The charts' page "Week report": a week on paper, with its main figures and charts. */
import { ActionIcon } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { addDays, localDateOf } from '#shared/time/local-day.ts'
import { filterWords } from '../../ui/filter-words.ts'
import { formatExact, formatLocalDate } from '../../ui/format-time.ts'
import { activeFilters } from '../../ui/list-filters.ts'
import { PrintPage } from '../../ui/print-page.tsx'
import { AbandonedCharts } from './abandoned-charts.tsx'
import classes from './charts.module.css'
import { ChecksCharts } from './checks-charts.tsx'
import { ConversionCharts } from './conversion-charts.tsx'
import { HeatMapCharts } from './heat-map.tsx'
import type { PageProps } from './page-props.ts'
import { SessionsCharts } from './sessions-charts.tsx'

const WEEK = 7
/** Of the week that holds a day. */
const mondayOf = (date: string): string => addDays(date, -((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % WEEK))

export function WeekReport({ charts, before }: PageProps) {
  const { scope, nowMs, settings } = charts
  // Around midnight it is another week in some stores than in others.
  const mondays = scope.zones.map((zone) => mondayOf(localDateOf(nowMs, zone))).sort()
  const [firstMonday = '', lastMonday = ''] = [mondays[0], mondays.at(-1)]
  const monday = settings.week ?? addDays(firstMonday, -WEEK)
  const sunday = addDays(monday, WEEK - 1)
  const show = (weeks: number) => charts.set({ week: addDays(monday, weeks * WEEK) })
  const filters = { ...charts.filters, started: { from: monday, to: sunday } }
  const week = { ...charts, filters, settings: { ...settings, by: 'day' as const } }
  const others = activeFilters(charts.filters).filter((name) => name !== 'started')
  const stores = scope.stores.map(({ name }) => name).join(', ')
  const days = `${formatLocalDate(monday)} – ${formatLocalDate(sunday)}`
  const part = {
    charts: week,
    scopeWords: `${stores}, ${days}`,
    before,
    onPaper: true,
  }
  return (
    <div className={classes.report}>
      <div className={classes.reportBar}>
        <ActionIcon variant="default" size={28} aria-label="The week before" onClick={() => show(-1)}>
          <IconChevronLeft size={16} />
        </ActionIcon>
        <strong>{days}</strong>
        <ActionIcon
          variant="default"
          size={28}
          aria-label="The week after"
          disabled={monday >= lastMonday}
          onClick={() => show(1)}
        >
          <IconChevronRight size={16} />
        </ActionIcon>
        <PrintPage name={`floorwalker-week-${monday}`} title={`Week report ${days}, ${stores}`} group="Week report" />
      </div>
      <article className={classes.paper} aria-label={`Week report ${days}`} data-testid="week-report">
        <header>
          <h2>Week report: {days}</h2>
          <p>
            {stores}
            {others.length > 0 && ` · ${others.map((name) => filterWords(name, charts.filters, scope)).join(' · ')}`}
            {` · printed ${formatExact(nowMs, scope.zone)}`}
            {monday >= firstMonday && ' · the week is not over: figures are so far'}
          </p>
        </header>
        <section>
          <h3>Sessions and sales</h3>
          <SessionsCharts {...part} />
        </section>
        <section>
          <h3>Conversion</h3>
          <ConversionCharts {...part} />
        </section>
        <section>
          <h3>Checks</h3>
          <ChecksCharts {...part} />
        </section>
        <section>
          <h3>Abandoned baskets</h3>
          <AbandonedCharts {...part} />
        </section>
        <section>
          <h3>By weekday and hour</h3>
          <HeatMapCharts {...part} />
        </section>
      </article>
    </div>
  )
}
