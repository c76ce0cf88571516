/** Charts of the page "Sessions". */
import { weekdayOf } from '#shared/time/wall-hour.ts'
import type { SessionFigures } from '../../data/chart-api.ts'
import { clientLabel } from '../../ui/labels.ts'
import { type ChartModel, withoutMissing } from './chart-model.ts'
import { COUNT, MEAN, money, weekdayNames } from './chart-words.ts'
import { counted, paid, searchBehind } from './drill-down.ts'
import { type ModelContext, missingBy, type NarrowingOf, type OwnParts, overTime, ranking } from './model-context.ts'

const stars = (rating: number): string => (rating === 0 ? 'No feedback' : rating === 1 ? '1 star' : `${rating} stars`)

/** @param storeName of a store's id */
export function sessionModels(figures: SessionFigures, context: ModelContext, storeName: (id: string) => string) {
  const { series, clients, ratings, weekdays, stores } = figures
  const { filters } = context
  const sales = money(figures.currency)
  const own = { currency: [figures.currency] }
  const time = (narrowingOf: NarrowingOf, chart: OwnParts) => overTime(figures, context, narrowingOf, chart)
  const ends = time((id) => counted[id as keyof typeof counted] ?? null, {
    id: 'sessions',
    title: 'Sessions by how they went',
    hint: 'by start; those not listed are under way or paid without an exit scan',
    unit: COUNT,
    series: [
      {
        id: 'completed',
        name: 'Completed',
        color: 'main',
        mark: 'stacked',
        values: series.map((each) => each.completed),
      },
      {
        id: 'abandoned',
        name: 'Abandoned',
        color: 'lost',
        mark: 'stacked',
        values: series.map((each) => each.abandoned),
      },
      {
        id: 'cancelled',
        name: 'Cancelled',
        color: 'quiet',
        mark: 'stacked',
        values: series.map((each) => each.cancelled),
      },
      {
        id: 'returned',
        name: 'With returns',
        color: 'other',
        mark: 'stacked',
        values: series.map((each) => each.returned),
      },
    ],
    extras: [{ name: 'Started', unit: COUNT, values: series.map((each) => each.started) }],
  })
  const started = time(() => counted.started, {
    id: 'started',
    title: 'Sessions started',
    unit: COUNT,
    series: [
      { id: 'started', name: 'Started', color: 'main', mark: 'bar', values: series.map((each) => each.started) },
    ],
  })
  const value = time(() => ({ ...paid, ...own }), {
    id: 'sales',
    title: 'Sales',
    hint: 'paid baskets, by start of the session',
    unit: sales,
    series: [{ id: 'value', name: 'Sales', color: 'good', mark: 'bar', values: series.map((each) => each.value) }],
  })
  const basket = time(() => ({ ...paid, ...own }), {
    id: 'basket-value',
    title: 'Value of a basket',
    hint: 'mean of paid ones',
    unit: sales,
    series: [
      { id: 'basket', name: 'Mean value', color: 'main', mark: 'line', values: series.map((each) => each.basketValue) },
    ],
  })
  const items = time(() => paid, {
    id: 'basket-items',
    title: 'Items in a basket',
    hint: 'mean of paid ones',
    unit: MEAN,
    series: [
      { id: 'items', name: 'Mean items', color: 'other', mark: 'line', values: series.map((each) => each.basketItems) },
    ],
  })
  const rating = time(() => ({ rating: [1, 2, 3, 4, 5] }), {
    id: 'rating',
    title: 'Feedback',
    hint: 'mean stars of those who gave some',
    unit: MEAN,
    series: [
      { id: 'rating', name: 'Mean stars', color: 'lost', mark: 'line', values: series.map((each) => each.rating) },
    ],
    extras: [{ name: 'Ratings', unit: COUNT, values: series.map((each) => each.ratings) }],
  })
  const byClient: ChartModel = {
    id: 'clients',
    title: 'What shoppers scan with',
    ...ranking(
      clients,
      'Client',
      ({ client }) => clientLabel(client).text,
      filters,
      ({ client }) => ({ client: [client] }),
    ),
    unit: COUNT,
    series: [
      { id: 'sessions', name: 'Sessions', color: 'main', mark: 'bar', values: clients.map((each) => each.sessions) },
    ],
    extras: [{ name: 'Sales', unit: sales, values: clients.map((each) => each.value) }],
  }
  const byRating: ChartModel = {
    id: 'ratings',
    title: 'Stars given',
    ...ranking(
      ratings,
      'Rating',
      ({ rating }) => stars(rating),
      filters,
      ({ rating }) => ({ rating: [rating] }),
    ),
    unit: COUNT,
    series: [
      { id: 'sessions', name: 'Sessions', color: 'lost', mark: 'bar', values: ratings.map((each) => each.sessions) },
    ],
  }
  const missing = missingBy(figures, context.gap, weekdayOf)
  const byWeekday = withoutMissing({
    id: 'weekdays',
    title: 'By weekday',
    ...ranking(
      weekdays,
      'Weekday',
      ({ weekday }) => weekdayNames[weekday] ?? '',
      filters,
      ({ weekday }) => ({ weekday: [weekday] }),
    ),
    rows: weekdays.map(({ weekday }) => {
      const name = weekdayNames[weekday] ?? ''
      const lack = missing.get(weekday)
      return { label: name, tick: name, ...(lack === undefined ? {} : { missing: lack }) }
    }),
    unit: COUNT,
    series: [
      { id: 'sessions', name: 'Sessions', color: 'main', mark: 'bar', values: weekdays.map((each) => each.sessions) },
    ],
    extras: [{ name: 'Sales', unit: sales, values: weekdays.map((each) => each.value) }],
  })
  const byStore: ChartModel = {
    id: 'stores',
    title: 'By store',
    ...ranking(
      stores,
      'Store',
      ({ storeId }) => storeName(storeId),
      filters,
      () => null,
    ),
    // A store is the choice of the shell, not a filter of the list.
    behind: (row, seriesId) => {
      const storeId = stores[row]?.storeId
      const narrowing = counted[seriesId as 'completed' | 'abandoned']
      return storeId === undefined ? null : { ...searchBehind(filters, narrowing), stores: [storeId] }
    },
    unit: COUNT,
    series: [
      { id: 'completed', name: 'Completed', color: 'main', mark: 'bar', values: stores.map((each) => each.completed) },
      { id: 'abandoned', name: 'Abandoned', color: 'lost', mark: 'bar', values: stores.map((each) => each.abandoned) },
    ],
    extras: [
      { name: 'Sessions', unit: COUNT, values: stores.map((each) => each.sessions) },
      { name: 'Sales', unit: sales, values: stores.map((each) => each.value) },
    ],
  }
  return { started, ends, value, basket, items, rating, byClient, byRating, byWeekday, byStore }
}
