import { expect, it } from 'vitest'
import { deviceZone, formatShort, formatShortAmong, zoneName } from './format-time.ts'

const at = Date.parse('2026-11-20T20:05:00Z')
const kolkata = { timezone: 'Asia/Kolkata' }

it('tells what concerns one store by its clock', () => {
  expect(formatShortAmong([kolkata], at, at)).toBe('01:35')
  expect(formatShortAmong([kolkata], at, at + 24 * 3_600_000)).toBe('21 Nov 01:35')
})

it('tells what concerns several or none by this PC’s clock, and names its zone', () => {
  const here = `${formatShort(at, deviceZone(), at)} ${zoneName(at, deviceZone())}`
  expect(formatShortAmong([kolkata, { timezone: 'Europe/Berlin' }], at, at)).toBe(here)
  expect(formatShortAmong([], at, at)).toBe(here)
})
