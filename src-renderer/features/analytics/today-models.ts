/** Charts of the page "Today". */
import type { TodayFigures } from '../../data/chart-api.ts'
import type { ListFilters } from '../../ui/list-filters.ts'
import type { ChartModel } from './chart-model.ts'
import { COUNT, hourWords, money } from './chart-words.ts'
import { paid, searchBehind } from './drill-down.ts'

/**
 * @param filters those of the charts, with today as the time
 * @param gap since when there is no contact, as hour of the day with its fraction
 */
export function todayModels({ hours, currency }: TodayFigures, filters: ListFilters, gap: ChartModel['gap']) {
  const base = (narrowing: Parameters<typeof searchBehind>[1]) => ({
    layout: 'time' as const,
    rowTitle: 'Hour',
    rows: hours.map(({ hour, isPartial }) => ({
      label: hourWords(hour),
      tick: `${String(hour).padStart(2, '0')}:00`,
      ...(isPartial ? { isPartial } : {}),
    })),
    behind: (row: number, seriesId: string) => {
      const hour = hours[row]?.hour
      // The week before is another day, and its filters are not these.
      return hour === undefined || seriesId === 'before' ? null : searchBehind(filters, { ...narrowing, hour: [hour] })
    },
    ...(gap === undefined ? {} : { gap }),
  })
  const sessions: ChartModel = {
    id: 'today-sessions',
    title: 'Sessions started, hour by hour',
    ...base({}),
    unit: COUNT,
    series: [
      { id: 'today', name: 'Today', color: 'main', mark: 'bar', values: hours.map((each) => each.sessions) },
      { id: 'before', name: 'A week ago', color: 'quiet', mark: 'line', values: hours.map((each) => each.before) },
    ],
  }
  const sales: ChartModel = {
    id: 'today-sales',
    title: 'Sales, hour by hour',
    hint: 'paid baskets, by start of the session',
    ...base(paid),
    unit: money(currency),
    series: [
      { id: 'today', name: 'Today', color: 'good', mark: 'bar', values: hours.map((each) => each.sales) },
      { id: 'before', name: 'A week ago', color: 'quiet', mark: 'line', values: hours.map((each) => each.salesBefore) },
    ],
  }
  return { sessions, sales }
}
