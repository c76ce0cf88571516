import { expect, it } from 'vitest'
import type { Bucket } from '../../data/chart-api.ts'
import { noListFilters } from '../../ui/list-filters.ts'
import { overTime } from './model-context.ts'

/** Days as New York has them, while the frame's instants are Berlin's. */
const buckets = ['2026-11-20', '2026-11-21'].map((label): Bucket => {
  const from = Date.parse(`${label}T00:00:00+01:00`)
  const isPartial = label === '2026-11-21'
  return { label, from, to: from + 86_400_000, isPartial, first: `${label}T00`, last: `${label}T23` }
})
const over = (time: string) => {
  const gap = { wallMs: Date.parse(`${time}Z`), zone: 'America/New_York', words: 'no contact' }
  return overTime({ buckets }, { filters: noListFilters, size: 'day', gap }, () => null)
}

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
