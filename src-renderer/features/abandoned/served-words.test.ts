import { expect, test } from 'vitest'
import { countHours, lostValue, medianWait, type Served, thenWords, waitingFrom } from './served-words.ts'

const at = (text: string) => Date.parse(text)

const plain: Served['row'] = {
  storeId: 'berlin',
  endedAt: 0,
  lastActivityAt: 0,
  progress: 'abandoned',
  currency: 'EUR',
  total: 0,
}
const served = (row: Partial<Served['row']>, waitedMs: number, shownAt: string[] | null = null): Served => ({
  row: { ...plain, ...row },
  waitedMs,
  verifications: shownAt?.map((each) => ({ shownAt: each })) ?? null,
})

test('what a shopper did then', () => {
  const ended = { endedAt: 1, endReason: 'expired_inactivity' as const }
  expect(thenWords({ ...ended, progress: 'abandoned' })).toBe('Left the basket, expired')
  expect(thenWords({ ...ended, progress: 'payment_completed' })).toBe('Paid unchecked, no exit')
  expect(thenWords({ endedAt: 1, endReason: 'completed', progress: 'session_completed' })).toContain('exit unchecked')
  expect(thenWords({ endedAt: 1, endReason: 'cancelled', progress: 'abandoned' })).toBe('Session cancelled')
  expect(thenWords({ endedAt: null, endReason: null, progress: 'checkout_started' })).toBe('Still in the store')
})

test('waiting began with the first check shown, or as long before the end as was waited', () => {
  const end = at('2026-11-25T12:00:00Z')
  expect(waitingFrom(served({ endedAt: end }, 60_000))).toBe(end - 60_000)
  const shown = ['2026-11-25T11:30:00Z', '2026-11-25T11:20:00Z']
  expect(waitingFrom(served({ endedAt: end }, 60_000, shown))).toBe(at('2026-11-25T11:20:00Z'))
})

test('hours are the store’s, in summer and winter', () => {
  const zones: Record<string, string> = { berlin: 'Europe/Berlin', tokyo: 'Asia/Tokyo' }
  const hours = countHours(
    [
      served({ storeId: 'berlin' }, 0, ['2026-07-01T15:59:00Z']),
      served({ storeId: 'berlin' }, 0, ['2026-12-01T16:10:00Z']),
      served({ storeId: 'tokyo' }, 0, ['2026-12-01T15:30:00Z']),
    ],
    (storeId) => zones[storeId] ?? 'UTC',
  )
  expect(hours.flatMap((count, hour) => (count > 0 ? [[hour, count]] : []))).toEqual([
    [0, 1],
    [17, 2],
  ])
})

test('the middle wait, and the value that was left behind', () => {
  expect(medianWait([])).toBeNull()
  expect(medianWait([10, 30, 20].map((ms) => served({}, ms)))).toBe(20)
  expect(medianWait([10, 40, 20, 30].map((ms) => served({}, ms)))).toBe(25)
  const left = { progress: 'abandoned', currency: 'EUR' }
  expect(
    lostValue([
      served({ ...left, total: 500 }, 1),
      served({ ...left, total: 700 }, 1),
      served({ ...left, currency: 'CHF', total: 100 }, 1),
      served({ progress: 'session_completed', currency: 'EUR', total: 9_999 }, 1),
    ]),
  ).toEqual([
    { currency: 'EUR', total: 1_200, count: 2 },
    { currency: 'CHF', total: 100, count: 1 },
  ])
})
