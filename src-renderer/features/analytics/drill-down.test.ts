import { expect, test } from 'vitest'
import { noListFilters } from '../../ui/list-filters.ts'
import { readSessionsSearch } from '../../ui/sessions-search.ts'
import {
  counted,
  inBucket,
  lostAt,
  ofAnyTime,
  paid,
  preventing,
  reachedStep,
  searchBehind,
  waitedBetween,
  withObstacle,
  worked,
} from './drill-down.ts'

const hour = { first: '2026-11-25T14', last: '2026-11-25T14' }

test('behind a bar are the charts’ own filters and what narrows them to it', () => {
  const filters = { ...noListFilters, started: 'last-7-days' as const, client: ['matrix'] }
  const search = searchBehind(filters, { ...counted.abandoned, ...inBucket(hour) })
  const { view, problems } = readSessionsSearch(search)
  expect(problems).toEqual([])
  expect(view.filters).toEqual({
    ...filters,
    abandoned: true,
    storeTime: { from: '2026-11-25T14', to: '2026-11-25T14' },
  })
})

test('a week that begins before the hours that are asked for is cut there', () => {
  const filters = { ...noListFilters, storeTime: { from: '2026-11-25T00', to: '2026-11-26T23' } }
  const week = { first: '2026-11-23T00', last: '2026-11-29T23' }
  const { view } = readSessionsSearch(searchBehind(filters, inBucket(week)))
  expect(view.filters.storeTime).toEqual(filters.storeTime)
})

test('what has a time of its own leaves those of the filters out', () => {
  const filters = { ...noListFilters, client: ['matrix'], started: 'yesterday' as const, weekday: [0], hour: [9] }
  const today = { ...filters, ...ofAnyTime, started: 'today' as const }
  const { view } = readSessionsSearch(searchBehind(today, { hour: [14] }))
  expect(view.filters).toEqual({ ...noListFilters, client: ['matrix'], started: 'today', hour: [14] })
})

test('a label that is filtered already is narrowed, not widened', () => {
  const filters = { ...noListFilters, state: ['closed' as const] }
  expect(readSessionsSearch(searchBehind(filters, paid)).view.filters.state).toEqual(['closed'])
})

test('every narrowing survives the way through a URL', () => {
  for (const narrowing of [
    ...Object.values(counted),
    paid,
    reachedStep('payment_started') ?? {},
    lostAt('checkout_started'),
    withObstacle('never_served'),
    worked,
    preventing('EUR'),
    waitedBetween(15_000, 30_000, true),
    waitedBetween(0, 15_000, false),
  ]) {
    const { view, problems } = readSessionsSearch(searchBehind(noListFilters, narrowing))
    expect(problems).toEqual([])
    expect(view.filters).toEqual({ ...noListFilters, ...narrowing })
  }
})

test('a step stands for itself and all later ones; what is no step has no sessions', () => {
  expect(reachedStep('payment_completed')).toEqual({ furthestStep: ['payment_completed', 'session_completed'] })
  expect(reachedStep('abandoned')).toBeNull()
})
