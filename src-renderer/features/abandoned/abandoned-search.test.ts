import fc from 'fast-check'
import { expect, test } from 'vitest'
import { storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { listScope } from '../../ui/list-filters.ts'
import {
  type AbandonedFilters,
  abandonedQuestion,
  defaultFilters,
  isNarrowed,
  keepAbandonedSearch,
  leftSpans,
  readAbandonedSearch,
  withoutAbandonedProblems,
  writeAbandonedFilters,
} from './abandoned-search.ts'

const store = storeSettingsSchema.parse({ id: 's', name: 'S', timezone: 'Europe/Berlin', currency: 'JPY' })
const NOW = Date.UTC(2026, 10, 21, 13, 0)

const bound = fc.option(fc.integer({ min: 0, max: 9_999 }), { nil: null })
const anyFilters: fc.Arbitrary<AbandonedFilters> = fc.record({
  left: fc.constantFrom(...leftSpans),
  shift: fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 3 }),
  reason: fc.uniqueArray(fc.constantFrom('payment_failed', 'none', 'of_a_newer_version'), { maxLength: 3 }),
  reviewed: fc.constantFrom('no', 'yes', 'all'),
  value: fc
    .tuple(bound, bound)
    .map(([min, max]) =>
      (min === null && max === null) || (min !== null && max !== null && min > max) ? null : { min, max },
    ),
  text: fc.string(),
})

test('filters come back from the URL as they were written', () => {
  fc.assert(
    fc.property(anyFilters, (filters) => {
      const { view, problems } = readAbandonedSearch(keepAbandonedSearch({ ...writeAbandonedFilters(filters) }))
      expect(problems).toEqual([])
      expect(view.filters).toEqual(filters)
    }),
    { seed: Number(process.env.FLOORWALKER_SEED ?? 71) },
  )
})

test('the default leaves nothing in the URL, and what is not understood is named and can be taken out', () => {
  expect(Object.values(writeAbandonedFilters(defaultFilters)).filter((part) => part !== undefined)).toEqual([])
  const search = { left: 'yesterday', reviewed: 'maybe', value: '9..1', mood: 'bad', basket: ['s'], shift: ['Late'] }
  const { view, problems } = readAbandonedSearch(search)
  expect(problems.map(({ field }) => field)).toEqual(['left', 'reviewed', 'value', 'mood', 'basket'])
  expect(view.filters).toEqual({ ...defaultFilters, shift: ['Late'] })
  expect(readAbandonedSearch(withoutAbandonedProblems(search)).problems).toEqual([])
})

test('the question has the money of the store and the days of its zone', () => {
  const { view } = readAbandonedSearch({ left: 'today', value: '10..', reviewed: 'all', basket: ['s', 'b'] })
  const question = abandonedQuestion(view, listScope([store], []), [], NOW)
  expect(question).toMatchObject({
    leftFrom: Date.UTC(2026, 10, 20, 23, 0),
    total: { min: 10, max: null },
    reviewed: null,
  })
  expect(view.open).toEqual({ storeId: 's', id: 'b' })
  expect(
    abandonedQuestion({ ...view, filters: { ...view.filters, left: 'all' } }, listScope([store], []), [], NOW),
  ).toMatchObject({
    leftFrom: null,
  })
})

test('another period is no narrowing, anything else is', () => {
  expect(isNarrowed({ ...defaultFilters, left: 'all' })).toBe(false)
  expect(isNarrowed({ ...defaultFilters, text: 'milk' })).toBe(true)
})
