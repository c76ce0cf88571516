import { expect, test } from 'vitest'
import { readSessionsSearch } from '../../ui/sessions-search.ts'
import { readChartsSearch, writeChartSettings } from './charts-search.ts'

test('the charts’ own settings are read, and the list’s filters are left to the list', () => {
  const { settings, list, problems } = readChartsSearch({ by: 'week', compare: false, client: ['matrix'] })
  expect(settings).toEqual({ by: 'week', compare: false, money: null, measure: 'sessions', week: null })
  expect(list).toEqual({ client: ['matrix'] })
  expect(problems).toEqual([])
  expect(readSessionsSearch(list).problems).toEqual([])
})

test('what is not understood is said, not ignored', () => {
  const { settings, problems } = readChartsSearch({ by: 'year', week: '2026-11-25', money: 'euro', measure: 'luck' })
  expect(settings).toEqual({ by: null, compare: true, money: null, measure: 'sessions', week: null })
  expect(problems.map(({ field }) => field).sort()).toEqual(['by', 'measure', 'money', 'week'])
  // Monday it is.
  expect(readChartsSearch({ week: '2026-11-23' }).problems).toEqual([])
})

test('settings that are as without leave the URL', () => {
  expect(writeChartSettings({ compare: true, by: 'day', money: null })).toEqual({
    compare: undefined,
    by: 'day',
    money: undefined,
  })
})
