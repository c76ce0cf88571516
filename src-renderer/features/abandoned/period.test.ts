import { expect, test } from 'vitest'
import { readPeriod, startOfPeriod, wholeDays } from './period.ts'

const BERLIN = 'Europe/Berlin'
const at = (text: string) => Date.parse(text)

test('today begins at the store’s midnight, hours and days count back', () => {
  const now = at('2026-11-25T23:30:00Z')
  expect(startOfPeriod('today', BERLIN, now)).toBe(at('2026-11-25T23:00:00Z'))
  expect(startOfPeriod('24h', BERLIN, now)).toBe(at('2026-11-24T23:30:00Z'))
  expect(startOfPeriod('7d', BERLIN, now)).toBe(at('2026-11-18T23:30:00Z'))
})

test('whole days stay the same until midnight, also where a day has 25 hours', () => {
  const morning = wholeDays('7d', BERLIN, at('2026-10-25T05:00:00Z'))
  expect(wholeDays('7d', BERLIN, at('2026-10-25T22:59:59Z'))).toEqual(morning)
  expect(morning).toEqual({ from: at('2026-10-18T22:00:00Z'), to: at('2026-10-25T23:00:00Z') })
})

test('what no page can follow is left out', () => {
  expect(readPeriod({ period: '7d', other: 1 })).toEqual({ period: '7d' })
  for (const period of ['year', 7, null, 'constructor', undefined]) expect(readPeriod({ period })).toEqual({})
})
