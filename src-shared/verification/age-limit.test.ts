import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LineItem } from '../protocol/session-document.ts'
import { localDateOf, startOfLocalDate } from '../time/local-day.ts'
import { ageLimitOf, latestBirthDate } from './age-limit.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 1)
const BERLIN = 'Europe/Berlin'
const noon = (date: string) => Date.parse(`${date}T12:00:00Z`)
const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

/** Age by counting birthdays: in years without 29 February, 1 March stands for it. */
function ageOn(birth: string, today: string): number {
  const [year = 0] = today.split('-').map(Number)
  let birthday = `${today.slice(0, 4)}${birth.slice(4)}`
  if (birth.endsWith('-02-29') && !isLeap(year)) birthday = `${today.slice(0, 4)}-03-01`
  return year - Number(birth.slice(0, 4)) - (today < birthday ? 1 : 0)
}
const nextDay = (date: string) => new Date(noon(date) + 86_400_000).toISOString().slice(0, 10)

describe('the latest birth date', () => {
  it.each([
    // Born on 29 February 2008: eighteen on 1 March 2026, not a day before.
    ['2026-02-28', 18, '2008-02-28'],
    ['2026-03-01', 18, '2008-03-01'],
    // On a leap day nobody born in a year without one has that birthday.
    ['2028-02-29', 18, '2010-02-28'],
    ['2028-02-29', 16, '2012-02-29'],
    ['2026-12-31', 21, '2005-12-31'],
    ['2026-01-01', 0, '2026-01-01'],
  ])('on %s for %i years is %s', (today, minAge, expected) => {
    expect(latestBirthDate(minAge, noon(today), BERLIN)).toBe(expected)
  })

  it('divides those who are old enough from those who are not, on any day', () => {
    const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    const leapDays = fc.integer({ min: 498, max: 524 }).map((quarter) => new Date(`${quarter * 4}-02-29T12:00:00Z`))
    fc.assert(
      fc.property(fc.oneof(day, leapDays), fc.integer({ min: 0, max: 99 }), (at, minAge) => {
        const today = at.toISOString().slice(0, 10)
        const latest = latestBirthDate(minAge, at.getTime(), 'UTC')
        expect(ageOn(latest, today)).toBeGreaterThanOrEqual(minAge)
        if (latest !== today) expect(ageOn(nextDay(latest), today)).toBe(minAge - 1)
      }),
      { seed, numRuns: 1_000 },
    )
  })

  it('goes by the store’s calendar: midnight there, also where clocks change', () => {
    const zones = fc.constantFrom(BERLIN, 'America/New_York', 'Asia/Beirut', 'Pacific/Auckland', 'Asia/Kathmandu')
    // Beirut skips the midnight of 29 March 2026; Berlin changes its clock that night, New York three weeks before.
    const dates = fc.constantFrom('2026-03-08', '2026-03-29', '2026-10-25', '2026-11-01', '2026-04-05', '2026-07-01')
    fc.assert(
      fc.property(zones, dates, fc.integer({ min: 1, max: 30 }), (zone, date, minAge) => {
        const first = startOfLocalDate(date, zone)
        const birthday = `${Number(date.slice(0, 4)) - minAge}${date.slice(4)}`
        expect(localDateOf(first, zone)).toBe(date)
        expect(latestBirthDate(minAge, first, zone)).toBe(birthday)
        expect(latestBirthDate(minAge, first - 1, zone) < birthday).toBe(true)
      }),
      { seed },
    )
  })
})

describe('what an age verification asks for', () => {
  const line = (lineId: string, minAge?: number, returnedQuantity = 0): LineItem => {
    return { lineId, sku: lineId, name: lineId, quantity: 2, unitPrice: 100, total: 200, returnedQuantity, minAge }
  }
  const limitOf = (lineItems: LineItem[], minAge?: number) => ageLimitOf({ lineItems, transactions: [] }, { minAge })

  it('is the highest age that anybody names, with the items that name one', () => {
    expect(limitOf([line('milk'), line('beer', 16), line('rum', 18), line('gin', 18, 2)])).toMatchObject({
      minAge: 18,
      items: [{ lineId: 'rum' }, { lineId: 'beer' }],
    })
    expect(limitOf([line('beer', 16)], 18).minAge).toBe(18)
    expect(limitOf([line('knife', 18)], 16).minAge).toBe(18)
    expect(limitOf([line('milk')], 16)).toEqual({ minAge: 16, items: [] })
    expect(limitOf([line('milk')])).toEqual({ minAge: null, items: [] })
  })

  it('is about the basket of the payment that it belongs to', () => {
    const transaction = {
      id: 't1',
      startedAt: '',
      endedAt: '',
      status: 'failed' as const,
      lineItems: [line('rum', 18)],
    }
    const session = { lineItems: [line('beer', 16)], transactions: [transaction] }
    expect(ageLimitOf(session, { transactionId: 't1' }).items).toMatchObject([{ lineId: 'rum' }])
    expect(ageLimitOf(session, { transactionId: 't2' }).items).toMatchObject([{ lineId: 'beer' }])
  })
})
