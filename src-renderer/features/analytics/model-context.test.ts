import { expect, it } from 'vitest'
import { weekdayOf } from '#shared/time/wall-hour.ts'
import type { AbandonedFigures, Bucket, TodayFigures } from '../../data/chart-api.ts'
import { noListFilters } from '../../ui/list-filters.ts'
import { abandonedModels } from './abandoned-models.ts'
import { fileTable } from './chart-columns.ts'
import { COUNT } from './chart-words.ts'
import { type Gap, missingBy, overTime } from './model-context.ts'
import { todayModels } from './today-models.ts'

/** Days as New York has them, while the frame's instants are Berlin's. */
const buckets = ['2026-11-20', '2026-11-21'].map((label): Bucket => {
  const from = Date.parse(`${label}T00:00:00+01:00`)
  const isPartial = label === '2026-11-21'
  return { label, from, to: from + 86_400_000, isPartial, first: `${label}T00`, last: `${label}T23` }
})
const wall = (time: string) => Date.parse(`${time}Z`)
const over = (first: string, last = first) => {
  const gap: Gap = { first: wall(first), last: wall(last), ends: [], words: 'no contact' }
  return overTime({ buckets }, { filters: noListFilters, size: 'day', gap }, () => null, {
    id: 'checks',
    title: 'Checks',
    unit: COUNT,
    series: [{ id: 'a', name: 'Checks', color: 'main', mark: 'bar', values: [0, 0] }],
    extras: [{ name: 'Never served', unit: COUNT, values: [2, 0] }],
  })
}
const file = (first: string, last?: string) => fileTable(over(first, last)).rows.map(([, ...cells]) => cells)

it('puts the end of contact where the store’s own clock stood', () => {
  expect(over('2026-11-20T18:00:00').gap).toEqual({ from: 0.75, words: 'no contact' })
  expect(over('2026-11-21T00:00:00').gap?.from).toBe(1)
  // Before the first row all of them lack something, after the last none does.
  expect(over('2026-11-18T09:00:00').gap?.from).toBe(0)
  expect(over('2026-11-22T00:00:00').gap).toBeUndefined()
})

it('marks the rows that are not over in some store', () => {
  expect(over('2026-11-22T00:00:00').rows.map(({ isPartial }) => isPartial)).toEqual([undefined, true])
})

it('has no zero where nothing could be heard, and marks what is there in part', () => {
  expect(file('2026-11-23T00:00:00')).toEqual([
    [0, 2, ''],
    [0, 0, 'so far'],
  ])
  expect(file('2026-11-20T18:00:00')).toEqual([
    [0, 2, 'partly without contact'],
    [null, null, 'no contact'],
  ])
  // Of another store there is something until later.
  expect(file('2026-11-20T18:00:00', '2026-11-21T09:00:00')).toEqual([
    [0, 2, 'partly without contact'],
    [0, 0, 'so far, partly without contact'],
  ])
  // What was heard all the same is not taken away.
  expect(file('2026-11-19T18:00:00')).toEqual([
    [null, 2, 'no contact'],
    [null, null, 'no contact'],
  ])
})

it('knows the week before today whether there is contact now or not, and misses nothing of hours to come', () => {
  const hour = (of: number, sessions: number | null) => ({
    ...{ hour: of, sessions, before: 0, sales: sessions, salesBefore: 0, isPartial: of === 10 },
  })
  const figures = { currency: 'EUR', hours: [hour(8, 3), hour(9, 0), hour(10, 0), hour(11, null)] } as TodayFigures
  const gap = { first: 8.5 * 3_600_000, last: 8.5 * 3_600_000, words: 'no contact since 08:30' }
  const { sessions } = todayModels(figures, noListFilters, gap)
  expect(fileTable(sessions).rows.map(([, ...cells]) => cells)).toEqual([
    [3, 0, 'partly without contact'],
    [null, 0, 'no contact'],
    [null, 0, 'no contact'],
    [null, 0, ''],
  ])
  expect(sessions.gap).toEqual({ from: 8.5, words: gap.words })
})

it('knows of which weekdays all hours, or some, are later than the last contact', () => {
  // A Friday and a Saturday.
  const missing = (first: string) => {
    const gap: Gap = { first: wall(first), last: wall(first), ends: [], words: '' }
    return [...missingBy({ buckets }, gap, weekdayOf)]
  }
  expect(missing('2026-11-20T18:30:00')).toEqual([
    [4, 'part'],
    [5, 'all'],
  ])
  expect(missing('2026-11-21T00:00:01')).toEqual([[5, 'part']])
  expect(missing('2026-11-22T00:00:00')).toEqual([])
  expect(missingBy({ buckets }, null, weekdayOf).size).toBe(0)
})

it('knows no abandoned baskets of hours of the day that are all later than the last contact', () => {
  const none = { hits: 0, of: 0, share: null, low: null, high: null }
  const hours = [8, 9, 10].map((hour) => ({ hour, abandoned: none, value: 0 }))
  const ofHours = hours.map(({ hour }): Bucket => {
    const label = `2026-11-20T${String(hour).padStart(2, '0')}`
    return { label, from: 0, to: 0, isPartial: false, first: label, last: label }
  })
  const lists = { series: [], lastSteps: [], obstacles: [], clients: [] }
  const figures = {
    currency: 'EUR',
    buckets: ofHours,
    hours,
    ...lists,
  } as Partial<AbandonedFigures> as AbandonedFigures
  const end = wall('2026-11-20T09:30:00')
  const gap: Gap = { first: end, last: end, ends: [], words: '' }
  const { byHour } = abandonedModels(figures, { filters: noListFilters, size: 'hour', gap })
  const baskets = byHour.extras?.find(({ name }) => name === 'Baskets')
  expect(baskets?.values).toEqual([0, 0, null])
  expect(byHour.rows.map(({ missing }) => missing)).toEqual([undefined, 'part', 'all'])
})
