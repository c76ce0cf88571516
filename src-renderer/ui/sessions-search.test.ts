import fc from 'fast-check'
import { expect, it } from 'vitest'
import { storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import type { Range } from '../data/data-api.ts'
import { filterTitles } from './filter-words.ts'
import { type FilterName, filterOf, type ListFilters, listScope, noListFilters } from './list-filters.ts'
import {
  isSameSearch,
  keepSessionsSearch,
  readSessionsSearch,
  type SessionsSearch,
  withoutProblems,
  writeFilters,
  writeSort,
} from './sessions-search.ts'
import type { TimeSpan } from './time-span.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_126)

const range: fc.Arbitrary<Range | null> = fc
  .tuple(fc.option(fc.nat(9_999)), fc.option(fc.nat(9_999)))
  .map(([a, b]) => (a === null && b === null ? null : { min: a, max: b === null ? null : b + (a ?? 0) }))
const filters: fc.Arbitrary<ListFilters> = fc.record({
  activity: fc.uniqueArray(fc.constantFrom('ongoing', 'stale', 'paid_not_exited', 'ended')),
  state: fc.uniqueArray(fc.constantFrom('open', 'closed', 'cancelled', 'partially_returned')),
  progress: fc.uniqueArray(fc.string({ minLength: 1 })),
  client: fc.uniqueArray(fc.string({ minLength: 1 })),
  spotCheck: fc.uniqueArray(fc.constantFrom('waiting', 'approved', 'not_required')),
  ageVerification: fc.uniqueArray(fc.constantFrom('waiting', 'never_served')),
  endReason: fc.uniqueArray(fc.constantFrom('completed', 'none')),
  currency: fc.uniqueArray(fc.constantFrom('EUR', 'USD', 'JPY')),
  rating: fc.uniqueArray(fc.nat(5)),
  reviewed: fc.option(fc.boolean()),
  waitingNow: fc.option(fc.boolean()),
  furthestStep: fc.uniqueArray(fc.constantFrom('basket_created', 'payment_started')),
  obstacle: fc.uniqueArray(fc.constantFrom('payment_failed', 'none')),
  checkMethod: fc.uniqueArray(fc.constantFrom('sight_check', 'full_rescan')),
  checkedBy: fc.uniqueArray(fc.constantFrom('1001', '007', 'A 1')),
  withFinding: fc.option(fc.boolean()),
  withLoss: fc.option(fc.boolean()),
  opened: fc.option(fc.boolean()),
  abandoned: fc.option(fc.boolean()),
  withCheck: fc.option(fc.boolean()),
  neverServed: fc.option(fc.boolean()),
  weekday: fc.uniqueArray(fc.nat(6)),
  hour: fc.uniqueArray(fc.nat(23)),
  storeTime: fc.constantFrom(null, { from: '2026-11-25T00', to: '2026-11-25T23' }, { from: null, to: '2026-01-01T09' }),
  started: fc.constantFrom<TimeSpan | null>(null, 'today', { from: '2026-11-01', to: null }),
  lastActivity: fc.constantFrom<TimeSpan | null>(null, 'last-7-days'),
  ended: fc.constantFrom<TimeSpan | null>(null, { from: '2026-11-01', to: '2026-11-03' }),
  value: range,
  items: range,
  waiting: range,
  interaction: range,
  attempts: range,
  text: fc.string(),
})

it(`reads back every list it wrote, through a URL (seed ${seed})`, () => {
  fc.assert(
    fc.property(filters, fc.constantFrom('total', 'lastActivityAt', 'id'), fc.boolean(), (wanted, sort, descending) => {
      const search = JSON.parse(JSON.stringify({ ...writeFilters(wanted), ...writeSort(sort, descending) }))
      const { view, problems } = readSessionsSearch(search)
      expect(problems).toEqual([])
      expect(view).toEqual({ filters: wanted, sort, descending })
    }),
    { seed },
  )
})

it('names a filter, a value and a sort of a newer version, and shows the rest', () => {
  const search = { loyaltyTier: ['gold'], activity: ['stale', 'napping'], sort: 'loyaltyPoints', client: 'kiosk-9' }
  const { view, problems } = readSessionsSearch(search as SessionsSearch)
  expect(view.filters).toEqual({ ...noListFilters, activity: ['stale'], client: ['kiosk-9'] })
  expect(view.sort).toBe('lastActivityAt')
  expect(problems.map((problem) => problem.field)).toEqual(['loyaltyTier', 'activity', 'sort'])
  expect(problems[0]?.message).toContain('“loyaltyTier”')
  expect(problems[0]?.message).toContain('gold')
  expect(problems[1]?.message).toContain('“napping”')
})

it.each([
  ['value', 'ten'],
  ['value', '50..10'],
  ['value', '..'],
  ['items', '1.5..'],
  ['waiting', { min: 1 }],
  ['started', '2026-13-01..'],
  ['started', 20_261_101],
  ['rating', [6]],
  ['reviewed', 'yes'],
  ['currency', ['euro']],
  ['text', { like: 'x' }],
  ['ascending', 'up'],
])('names the field of a malformed value: %s=%j', (field, value) => {
  const { view, problems } = readSessionsSearch({ [field]: value })
  expect(problems.map((problem) => problem.field)).toEqual([field])
  const title = field === 'ascending' ? 'ascends' : `“${filterTitles[field as FilterName]}”`
  expect(problems[0]?.message).toContain(title)
  // In words, not as it is written for machines.
  expect(problems[0]?.message).not.toContain('{')
  expect(view.filters).toEqual(noListFilters)
})

it('understands what a browser makes of a hand-typed URL', () => {
  // `?text=4711&client=matrix` is parsed as JSON where it can be.
  expect(readSessionsSearch({ text: 4711, client: 'matrix' }).view.filters).toMatchObject({
    text: '4711',
    client: ['matrix'],
  })
})

it('keeps what it does not know, so that the link still means the same to a newer version', () => {
  const search = { stores: ['berlin'], loyaltyTier: 'gold', items: '3..' }
  expect(keepSessionsSearch(search)).toEqual({ loyaltyTier: 'gold', items: '3..' })
})

it('takes out only what was not understood', () => {
  const search = { loyaltyTier: 'gold', activity: ['stale', 'napping'], items: '3..', sort: 'x' } as SessionsSearch
  const cleaned = withoutProblems(search)
  expect(readSessionsSearch(cleaned).problems).toEqual([])
  expect(isSameSearch(cleaned, { items: '3..', activity: ['stale'] })).toBe(true)
})

it('follows a filter by single employees for those alone who may see their figures, and says so', () => {
  const search: SessionsSearch = { checkedBy: ['1001'], checkMethod: ['sight_check'] }
  expect(readSessionsSearch(search, true)).toMatchObject({ view: { filters: { checkedBy: ['1001'] } }, problems: [] })
  const { view, problems } = readSessionsSearch(search, false)
  expect(view.filters).toMatchObject({ checkedBy: [], checkMethod: ['sight_check'] })
  expect(problems).toEqual([{ field: 'checkedBy', message: 'The filter “Checked by employee” is for managers only.' }])
  expect(isSameSearch(withoutProblems(search, false), { checkMethod: ['sight_check'] })).toBe(true)
})

const stores = [
  { id: 'berlin', name: 'Berlin', timezone: 'Europe/Berlin', currency: 'EUR' },
  { id: 'osaka', name: 'Osaka', timezone: 'Asia/Tokyo', currency: 'JPY' },
].map((store) => storeSettingsSchema.parse(store))
const NOW = Date.parse('2026-11-20T12:00:00Z')

it('takes an amount in one currency and its own minor units', () => {
  const filtered = (currency: string[], chosen: string[]) => {
    const wanted = { ...noListFilters, currency, value: { min: 10.5, max: null } }
    const { total, currency: codes } = filterOf(wanted, listScope(stores, chosen), chosen, NOW)
    return { total, codes }
  }
  expect(filtered([], [])).toEqual({ total: { min: 1050, max: null }, codes: ['EUR'] })
  expect(filtered([], ['osaka'])).toEqual({ total: { min: 11, max: null }, codes: ['JPY'] })
  const cents = (max: number) =>
    filterOf({ ...noListFilters, value: { min: max, max } }, listScope(stores, []), [], NOW).total
  expect(cents(19.99)).toEqual({ min: 1999, max: 1999 })
  expect(filtered(['JPY'], [])).toEqual({ total: { min: 11, max: null }, codes: ['JPY'] })
})

it('takes days as each store in view has them', () => {
  const wanted = { ...noListFilters, started: 'today', ended: 'yesterday', lastActivity: 'today' } as const
  // Already the next day in Osaka.
  const night = Date.parse('2026-11-20T16:00:00Z')
  const span = (date: string) => ({ from: date, to: date })
  const all = filterOf(wanted, listScope(stores, []), [], night)
  const today = { 'Europe/Berlin': span('2026-11-20'), 'Asia/Tokyo': span('2026-11-21') }
  expect(all).toMatchObject({ startedOn: today, lastActivityOn: today, startedFrom: null, startedTo: null })
  expect(all.endedOn).toEqual({ 'Europe/Berlin': span('2026-11-19'), 'Asia/Tokyo': span('2026-11-20') })
  const osaka = filterOf(wanted, listScope(stores, ['osaka']), ['osaka'], night)
  expect(osaka.startedOn).toEqual({ 'Asia/Tokyo': span('2026-11-21') })
  expect(filterOf(noListFilters, listScope(stores, []), [], night).startedOn).toBeNull()
})
