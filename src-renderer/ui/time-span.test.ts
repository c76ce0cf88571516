import fc from 'fast-check'
import { expect, it } from 'vitest'
import { boundsOfDays, localDateOf } from '#shared/time/local-day.ts'
import { daysByZone, daysOf, readTimeSpan, relativeSpans, spanWords, writeTimeSpan } from './time-span.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_125)
const HOUR = 3_600_000

it('reads what it writes and nothing else', () => {
  for (const text of [...relativeSpans, '2026-11-01..2026-11-07', '2026-11-01..', '..2026-11-07']) {
    const span = readTimeSpan(text)
    expect(span && writeTimeSpan(span)).toBe(text)
  }
  const wrong = [
    '',
    '..',
    'tomorrow',
    '2026-11-01',
    '2026-02-30..',
    '2026-11-07..2026-11-01',
    '2026-11-01..x',
    '1..2..3',
  ]
  for (const text of wrong) expect(readTimeSpan(text)).toBeNull()
})

it('takes days as the store has them, across a change of clocks', () => {
  const noon = Date.parse('2026-10-25T11:00:00Z')
  const { from, to } = boundsOfDays(daysOf('today', 'Europe/Berlin', noon), 'Europe/Berlin')
  expect(new Date(from as number).toISOString()).toBe('2026-10-24T22:00:00.000Z')
  expect(((to as number) - (from as number)) / HOUR).toBe(25)
  // It is still yesterday in New York, and already tomorrow in Auckland.
  const night = Date.parse('2026-11-20T02:00:00Z')
  expect(daysOf('today', 'America/New_York', night).from).toBe('2026-11-19')
  expect(daysOf('yesterday', 'Pacific/Auckland', night)).toEqual({ from: '2026-11-19', to: '2026-11-19' })
  const apart = ['America/New_York', 'Pacific/Auckland']
  expect(daysByZone('yesterday', apart, night)).toEqual({
    'America/New_York': { from: '2026-11-18', to: '2026-11-18' },
    'Pacific/Auckland': { from: '2026-11-19', to: '2026-11-19' },
  })
  const week = { from: '2026-11-16', to: '2026-11-22' }
  expect(daysByZone(week, apart, night)).toEqual({ 'America/New_York': week, 'Pacific/Auckland': week })
})

it(`holds exactly the instants whose local day is in the span (seed ${seed})`, () => {
  const zones = fc.constantFrom(
    'Europe/Berlin',
    'America/New_York',
    'Asia/Beirut',
    'Asia/Kathmandu',
    'Asia/Kolkata',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Pacific/Auckland',
  )
  const instant = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 31) })
  fc.assert(
    fc.property(zones, instant, instant, fc.constantFrom(...relativeSpans), (zone, nowMs, at, span) => {
      const days = daysOf(span, zone, nowMs)
      const { from, to } = boundsOfDays(days, zone)
      const date = localDateOf(at, zone)
      const inBounds = at >= (from as number) && at < (to as number)
      expect(inBounds).toBe(date >= (days.from as string) && date <= (days.to as string))
    }),
    { seed },
  )
})

it('says a span in words', () => {
  expect(spanWords('last-7-days')).toBe('Last 7 days')
  expect(spanWords({ from: '2026-11-01', to: '2026-11-01' })).toBe('1 Nov 2026')
  expect(spanWords({ from: '2026-11-01', to: null })).toBe('since 1 Nov 2026')
})
