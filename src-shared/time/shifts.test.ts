import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { ShiftCalendar } from './shifts.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_125)
const HOUR = 3_600_000
const shifts = [
  { name: 'Late', from: '14:00' },
  { name: 'Night', from: '22:00' },
  { name: 'Early', from: '06:00' },
]
const berlin = new ShiftCalendar({ timezone: 'Europe/Berlin', shifts })

describe(`shifts (seed ${seed})`, () => {
  it('follow one another without a gap, and each instant lies in the one that began last', () => {
    // Midnight is skipped in Beirut, half an hour in Lord Howe, a whole day in Samoa.
    const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Beirut', 'Australia/Lord_Howe', 'Pacific/Apia']
    const instant = fc.oneof(
      fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }),
      fc.integer({ min: Date.UTC(2026, 2, 28), max: Date.UTC(2026, 2, 30) }),
      fc.integer({ min: Date.UTC(2026, 9, 24), max: Date.UTC(2026, 9, 26) }),
      fc.integer({ min: Date.UTC(2011, 11, 28), max: Date.UTC(2012, 0, 1) }),
    )
    const two = (number: number) => String(number).padStart(2, '0')
    const from = fc
      .tuple(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 23 })), fc.constantFrom(0, 15, 30, 59))
      .map(([hours, minutes]) => `${two(hours)}:${two(minutes)}`)
    const settings = fc
      .uniqueArray(from, { minLength: 1, maxLength: 5 })
      .map((times) => times.map((time) => ({ name: `from ${time}`, from: time })))
    fc.assert(
      fc.property(fc.constantFrom(...zones), settings, instant, (timezone, given, at) => {
        const calendar = new ShiftCalendar({ timezone, shifts: given })
        const shift = calendar.at(at)
        if (shift === null) throw new Error('no shift')
        expect(shift.from <= at && at < shift.to).toBe(true)
        expect(calendar.find(shift.date, shift.name)).toEqual(shift)
        expect(calendar.next(shift)?.from).toBe(shift.to)
        expect(calendar.previous(shift)?.to).toBe(shift.from)
        // Where clocks do not change nearby, it begins when the clock says so.
        const begin = Temporal.Instant.fromEpochMilliseconds(shift.from).toZonedDateTimeISO(timezone)
        const asked = `${shift.date}T${given.find(({ name }) => name === shift.name)?.from}`
        const change = begin.subtract({ milliseconds: 1 }).getTimeZoneTransition('next')
        if (change === null || change.epochMilliseconds !== shift.from) {
          expect(begin.toPlainDateTime().toString({ smallestUnit: 'minute' })).toBe(asked)
        } else expect(begin.toPlainDateTime().toString({ smallestUnit: 'minute' }) >= asked).toBe(true)
      }),
      { seed, numRuns: 1_000 },
    )
  })

  it('of a night belong to the day on which they began', () => {
    const night = berlin.at(Date.parse('2026-03-11T02:00:00+01:00'))
    expect(night).toMatchObject({ date: '2026-03-10', name: 'Night', from: Date.parse('2026-03-10T22:00:00+01:00') })
    expect(night && berlin.next(night)).toMatchObject({ date: '2026-03-11', name: 'Early' })
  })

  it('are an hour shorter or longer when the clocks change', () => {
    const lengthOf = (date: string) => {
      const night = berlin.find(date, 'Night')
      return ((night?.to ?? 0) - (night?.from ?? 0)) / HOUR
    }
    expect([lengthOf('2026-03-28'), lengthOf('2026-06-01'), lengthOf('2026-10-24')]).toEqual([7, 8, 9])
  })

  it.each([
    ['Europe/Berlin', '02:00', '2026-03-29', '2026-03-29T01:00:00Z'],
    ['Europe/Berlin', '02:30', '2026-03-29', '2026-03-29T01:00:00Z'],
    ['Europe/Berlin', '02:30', '2026-10-25', '2026-10-25T00:30:00Z'],
    ['Asia/Beirut', '00:00', '2026-03-29', '2026-03-28T22:00:00Z'],
    ['Pacific/Apia', '00:00', '2011-12-30', '2011-12-30T10:00:00Z'],
  ])('in %s one from %s on %s begins at %s', (timezone, from, date, start) => {
    const calendar = new ShiftCalendar({ timezone, shifts: [{ name: 'it', from }] })
    expect(calendar.find(date, 'it')?.from).toBe(Date.parse(start))
  })

  it('are none where the store has none', () => {
    const none = new ShiftCalendar({ timezone: 'Europe/Berlin', shifts: [] })
    expect(none.at(0)).toBeNull()
    expect(berlin.find('2026-03-10', 'Brunch')).toBeNull()
  })
})
