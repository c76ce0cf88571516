import { expect, test } from 'vitest'
import { bucketFor, MAX_BUCKETS } from './bucket-choice.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

test('a range is cut so that it can be taken in at a glance', () => {
  expect(bucketFor(null, DAY)).toBe('hour')
  expect(bucketFor(null, 7 * DAY)).toBe('day')
  expect(bucketFor(null, 30 * DAY)).toBe('day')
  expect(bucketFor(null, 365 * DAY)).toBe('week')
  expect(bucketFor(null, null)).toBe('day')
  expect(bucketFor('hour', null)).toBe('hour')
})

test('what a person wants is followed as far as it can be drawn', () => {
  expect(bucketFor('hour', 7 * DAY)).toBe('hour')
  expect(bucketFor('week', DAY)).toBe('week')
  expect(bucketFor('hour', 60 * DAY)).toBe('day')
  expect(bucketFor('hour', MAX_BUCKETS * HOUR)).toBe('hour')
  expect(bucketFor('day', 3_650 * DAY)).toBe('week')
})
