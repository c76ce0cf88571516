/** Charts of the page "Today". */
import { type ContactEnd, missingIn } from '#shared/time/contact-end.ts'
import { HOUR_MS } from '#shared/time/wall-hour.ts'
import type { TodayFigures } from '../../data/chart-api.ts'
import type { ListFilters } from '../../ui/list-filters.ts'
import { type ChartModel, withoutMissing } from './chart-model.ts'
import { COUNT, hourWords, money } from './chart-words.ts'
import { paid, searchBehind } from './drill-down.ts'

/** Since when there is no contact, milliseconds since midnight of each store's own day. */
export interface TodayGap extends ContactEnd {
  words: string
}

/**
 * @param filters those of the charts, with today as the time
 * @param gap null while there is contact
 */
export function todayModels({ hours, currency }: TodayFigures, filters: ListFilters, gap: TodayGap | null) {
  const base = (narrowing: Parameters<typeof searchBehind>[1]) => ({
    layout: 'time' as const,
    rowTitle: 'Hour',
    rows: hours.map(({ hour, isPartial, sessions }) => {
      // Of hours still to come nothing is missing.
      const missing = gap && sessions !== null ? missingIn(hour, hour + 1, gap) : null
      return {
        label: hourWords(hour),
        tick: `${String(hour).padStart(2, '0')}:00`,
        ...(isPartial ? { isPartial } : {}),
        ...(missing === null ? {} : { missing }),
      }
    }),
    behind: (row: number, seriesId: string) => {
      const hour = hours[row]?.hour
      // The week before is another day, and its filters are not these.
      return hour === undefined || seriesId === 'before' ? null : searchBehind(filters, { ...narrowing, hour: [hour] })
    },
    ...(gap === null ? {} : { gap: { from: Math.max(0, gap.first / HOUR_MS), words: gap.words } }),
  })
  const sessions: ChartModel = {
    id: 'today-sessions',
    title: 'Sessions started, hour by hour',
    ...base({}),
    unit: COUNT,
    series: [
      { id: 'today', name: 'Today', color: 'main', mark: 'bar', values: hours.map((each) => each.sessions) },
      {
        id: 'before',
        name: 'A week ago',
        color: 'quiet',
        mark: 'line',
        values: hours.map((each) => each.before),
        isEarlier: true,
      },
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
      {
        id: 'before',
        name: 'A week ago',
        color: 'quiet',
        mark: 'line',
        values: hours.map((each) => each.salesBefore),
        isEarlier: true,
      },
    ],
  }
  return { sessions: withoutMissing(sessions), sales: withoutMissing(sales) }
}
