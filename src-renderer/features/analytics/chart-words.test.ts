import { describe, expect, it, test } from 'vitest'
import {
  bucketTick,
  bucketWords,
  COUNT,
  changeWords,
  DURATION,
  daysWords,
  figureWords,
  fileValue,
  MEAN,
  money,
  rateWords,
  SHARE,
  shortWords,
} from './chart-words.ts'

describe('figures in words', () => {
  it.each([
    [1_204, COUNT, '1,204'],
    [199_950, money('EUR'), '€1,999.50'],
    [1_999, money('JPY'), '¥1,999'],
    [0.0314, SHARE, '3.1 %'],
    [65_000, DURATION, '1 min 05 s'],
    [4.256, MEAN, '4.26'],
    [null, COUNT, '–'],
    [0, money('EUR'), '€0.00'],
  ])('%s of %o is %s', (value, unit, words) => expect(figureWords(value, unit)).toBe(words))

  it.each([
    [12_345, COUNT, '12.3K'],
    [1_234_500, money('EUR'), '€12.3K'],
    [0.025, SHARE, '2.5 %'],
    [45_000, DURATION, '45 s'],
    [90_000, DURATION, '1.5 min'],
  ])('in short, %s of %o is %s', (value, unit, words) => expect(shortWords(value, unit)).toBe(words))

  it('says a rate with where it lies', () => {
    expect(rateWords({ hits: 31, of: 1_000, share: 0.031, low: 0.024, high: 0.04 })).toBe('3.1 %, 2.4–4.0 %')
    expect(rateWords({ hits: 0, of: 0, share: null, low: null, high: null })).toBe('–')
  })
})

describe('how a figure stands to the one before', () => {
  it.each([
    [110, 100, COUNT, '10.0 % more', 1],
    [75, 100, COUNT, '25.0 % less', -1],
    [100, 100, COUNT, 'the same', 0],
    [5, 0, COUNT, 'from 0', 1],
    [2_000, 100, COUNT, '20.0 times', 1],
    // Of 4 % and 5 %, the one is not "25 % more abandoned".
    [0.05, 0.04, SHARE, '1.0 points more', 1],
  ] as const)('%s after %s of %o', (value, before, unit, words, sign) =>
    expect(changeWords({ value, before }, unit)).toEqual({ words, sign }),
  )

  it('compares nothing with what nobody knows', () => {
    expect(changeWords({ value: 5, before: null }, COUNT)).toBeNull()
    expect(changeWords({ value: null, before: 5 }, COUNT)).toBeNull()
  })
})

test('stretches of time are named by the store’s wall clock, whatever the zone of this PC', () => {
  expect(bucketWords({ label: '2026-11-25T14' }, 'hour')).toBe('Wed 25 Nov, 14:00–15:00')
  expect(bucketWords({ label: '2026-10-25T23' }, 'hour')).toBe('Sun 25 Oct, 23:00–00:00')
  expect(bucketWords({ label: '2026-11-25' }, 'day')).toBe('Wed 25 Nov 2026')
  expect(bucketWords({ label: '2026-11-23' }, 'week')).toBe('week of 23 Nov')
  expect(bucketTick({ label: '2026-11-25T14' }, 'hour')).toBe('14:00')
  expect(bucketTick({ label: '2026-11-25T00' }, 'hour')).toBe('25 Nov')
})

test('a file has money in its currency’s units, shares in percent, durations in seconds, and nothing for the unknown', () => {
  expect(fileValue(199_950, money('EUR'))).toBe(1_999.5)
  expect(fileValue(1_999, money('JPY'))).toBe(1_999)
  expect(fileValue(0.0314, SHARE)).toBe(3.14)
  expect(fileValue(65_500, DURATION)).toBe(65.5)
  expect(fileValue(null, COUNT)).toBeNull()
})

test('one day is not told as a range', () => {
  expect(daysWords('29 Nov 2026', '29 Nov 2026')).toBe('on 29 Nov 2026')
  expect(daysWords('23 Nov 2026', '29 Nov 2026')).toBe('from 23 Nov 2026 to 29 Nov 2026')
})
