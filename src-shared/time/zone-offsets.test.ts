import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { ZoneOffsets } from './zone-offsets.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_125)
const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Africa/Casablanca', 'UTC']

describe(`offsets of zones (seed ${seed})`, () => {
  it('are those of the calendar, whatever was asked before', () => {
    const known = new Map(zones.map((zone) => [zone, new ZoneOffsets(zone)]))
    const instants = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2060, 0, 1) })
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.array(instants, { maxLength: 8 }), (zone, asked) => {
        for (const instant of asked) {
          const right = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6
          expect(known.get(zone)?.at(instant)).toBe(right)
        }
      }),
      { seed, numRuns: 300 },
    )
  })

  it('are those of the millisecond where an instant was measured finer', () => {
    const change = Date.parse('2026-03-29T01:00:00Z')
    expect(new ZoneOffsets('Europe/Berlin').at(change - 0.25)).toBe(3_600_000)
    expect(new ZoneOffsets('Europe/Berlin').at(change + 0.25)).toBe(7_200_000)
  })

  it.each([
    ['Europe/Berlin', '2026-03-29T00:59:59.999Z', 1],
    ['Europe/Berlin', '2026-03-29T01:00:00.000Z', 2],
    ['Europe/Berlin', '2026-10-25T00:59:59.999Z', 2],
    ['Europe/Berlin', '2026-10-25T01:00:00.000Z', 1],
  ])('%s at %s is %d h ahead, also when asked first', (zone, at, hours) => {
    const offsets = new ZoneOffsets(zone)
    expect(offsets.at(Date.parse(at))).toBe(hours * 3_600_000)
    expect(offsets.at(Date.parse(at) - 1)).toBe(new ZoneOffsets(zone).at(Date.parse(at) - 1))
    expect(offsets.at(Date.parse(at))).toBe(hours * 3_600_000)
  })
})
