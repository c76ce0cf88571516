import { expect, test } from 'vitest'
import { type ListFilters, type ListScope, noListFilters } from '../../ui/list-filters.ts'
import { chartFileName, fileScopeOf } from './chart-file-name.ts'
import type { ChartPage } from './charts-search.ts'

const store = (id: string, name: string, timezone: string) => ({ id, name, timezone }) as ListScope['stores'][number]
const mitte = store('s1', 'Berlin Mitte', 'Europe/Berlin')
const york = store('s2', 'Łódź & New York', 'America/New_York')
/** 00:30 of the 23rd in Berlin, 18:30 of the 22nd in New York. */
const nowMs = Date.parse('2026-11-22T23:30:00Z')

function nameOf(filters: Partial<ListFilters>, stores = [mitte], page: ChartPage = 'checks', isWhole = true): string {
  const zones = [...new Set(stores.map(({ timezone }) => timezone))]
  const scope: ListScope = { stores, zones, zone: zones[0] ?? 'UTC' }
  return fileScopeOf({ page, filters: { ...noListFilters, ...filters }, scope, nowMs, isWhole })
}

test('a file is named after its chart, its stores and its days', () => {
  const days = { started: { from: '2026-11-16', to: '2026-11-22' } }
  expect(chartFileName('checks', 'waiting', nameOf(days))).toBe(
    'floorwalker-checks-waiting-berlin-mitte-2026-11-16--2026-11-22',
  )
  expect(chartFileName('today', 'today-sales', nameOf({}, [mitte], 'today'))).toBe(
    'floorwalker-today-sales-berlin-mitte-2026-11-23',
  )
  expect(chartFileName('sessions', 'sessions', nameOf(days, [mitte, york, store('s3', 'C', 'UTC')]))).toBe(
    'floorwalker-sessions-3-stores-2026-11-16--2026-11-22',
  )
})

test('relative days are dates, of all stores, whatever day each has', () => {
  expect(nameOf({ started: 'today' }, [mitte, york])).toBe('berlin-mitte-and-łódź-new-york-2026-11-22--2026-11-23')
  expect(nameOf({ started: 'yesterday' })).toBe('berlin-mitte-2026-11-22')
  expect(nameOf({ started: { from: '2026-11-01', to: null } })).toBe('berlin-mitte-since-2026-11-01')
  expect(nameOf({ started: { from: null, to: '2026-11-01' } })).toBe('berlin-mitte-until-2026-11-01')
  expect(nameOf({})).toBe('berlin-mitte-all-history-to-2026-11-23')
})

test('what is not of all sessions of these days says so', () => {
  expect(nameOf({ started: 'yesterday', client: ['matrix'] })).toBe('berlin-mitte-2026-11-22-filtered')
  expect(nameOf({ started: 'yesterday' }, [mitte], 'checks', false)).toBe('berlin-mitte-2026-11-22-incomplete')
  // Today leaves filters of time out, and so does its name.
  expect(nameOf({ started: 'yesterday', hour: [8] }, [mitte], 'today')).toBe('berlin-mitte-2026-11-23')
  expect(nameOf({ hour: [8] })).toContain('-filtered')
})

test('a store’s name leads to no other folder and is not too long; without letters its id stands for it', () => {
  expect(nameOf({ started: 'yesterday' }, [store('x', '../a\\b:Größe 渋谷?', 'UTC')])).toBe('a-b-größe-渋谷-2026-11-21')
  expect(nameOf({ started: 'yesterday' }, [store('tokyo/1', '★', 'Europe/Berlin')])).toBe('tokyo-1-2026-11-22')
  expect(nameOf({}, [store('x', 'x'.repeat(300), 'UTC')]).length).toBeLessThan(80)
})
