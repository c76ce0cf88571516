import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { expect, it } from 'vitest'
import { nextLocalMidnight } from './local-day.ts'

it('names the first instant of the next local day, in whatever order days and zones are asked for', () => {
  // Midnight is skipped in Beirut on 29 March 2026; the others have their change of clocks at another hour, or none.
  const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Beirut', 'Asia/Kathmandu', 'Pacific/Auckland']
  const instant = fc.oneof(
    fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }),
    fc.integer({ min: Date.UTC(2026, 2, 28), max: Date.UTC(2026, 2, 30) }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(instant, fc.constantFrom(...zones)), { minLength: 1, maxLength: 20 }), (asked) => {
      for (const [at, zone] of asked) {
        const day = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate()
        const expected = day.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds
        expect(nextLocalMidnight(at, zone)).toBe(expected)
      }
    }),
  )
})
