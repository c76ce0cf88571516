import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import {
  HOUR_MS,
  hourOfDay,
  instantOfWallTime,
  readWallHour,
  startOfWallWeek,
  wallHourLabel,
  wallHourOf,
  weekdayOf,
} from './wall-hour.ts'
import { ZoneOffsets } from './zone-offsets.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_208)
const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Beirut',
  'Pacific/Apia',
]
const offsets = new Map(zones.map((zone) => [zone, new ZoneOffsets(zone)]))
const offsetsOf = (zone: string) => offsets.get(zone) ?? new ZoneOffsets(zone)
const wallHours = fc.integer({ min: Date.UTC(1960, 0, 1) / HOUR_MS, max: Date.UTC(2040, 0, 1) / HOUR_MS })
// Around the changes of clocks of 2026, and the day that Apia never had.
const changes = fc
  .constantFrom('2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-10-04', '2011-12-30')
  .chain((day) => fc.integer({ min: -3, max: 26 }).map((hours) => Date.parse(day) / HOUR_MS + hours))

describe(`hours of a zone's wall time (seed ${seed})`, () => {
  it('are those of the calendar', () => {
    fc.assert(
      fc.property(fc.oneof(wallHours, changes), fc.constantFrom(...zones), (wallHour, zone) => {
        const at = Temporal.PlainDateTime.from(`${wallHourLabel(wallHour)}:00`)
        expect([hourOfDay(wallHour), weekdayOf(wallHour)]).toEqual([at.hour, at.dayOfWeek - 1])
        expect(readWallHour(wallHourLabel(wallHour))).toBe(wallHour)
        expect(wallHourLabel(startOfWallWeek(wallHour))).toBe(
          `${at.toPlainDate().subtract({ days: at.dayOfWeek - 1 })}T00`,
        )
        // Shown twice or skipped, the calendar takes the same instant.
        const instant = at.toZonedDateTime(zone).epochMilliseconds
        expect(instantOfWallTime(wallHour * HOUR_MS, offsetsOf(zone))).toBe(instant)
        const shown = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone)
        expect(wallHourLabel(wallHourOf(instant, offsetsOf(zone)))).toBe(
          shown.toPlainDateTime().toString().slice(0, 13),
        )
      }),
      { seed, numRuns: 600 },
    )
  })

  it('hold the instants at which clocks show them', () => {
    const within = fc.integer({ min: -HOUR_MS, max: HOUR_MS })
    fc.assert(
      fc.property(fc.oneof(wallHours, changes), within, fc.constantFrom(...zones), (wallHour, off, zone) => {
        // As of UTC and of the zone itself: full hours are not the same everywhere.
        for (const around of [wallHour * HOUR_MS, instantOfWallTime(wallHour * HOUR_MS, offsetsOf(zone))]) {
          const shown = Temporal.Instant.fromEpochMilliseconds(around + off).toZonedDateTimeISO(zone)
          expect(wallHourLabel(wallHourOf(around + off, offsetsOf(zone)))).toBe(
            shown.toPlainDateTime().toString().slice(0, 13),
          )
        }
      }),
      { seed, numRuns: 600 },
    )
  })

  it.each(['2026-11-25', '2026-13-01T00', '2026-02-30T10', '2026-11-25T24', 'x'])('do not read %s', (label) => {
    expect(readWallHour(label)).toBeNull()
  })
})
