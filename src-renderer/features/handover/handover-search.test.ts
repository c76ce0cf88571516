import { expect, test } from 'vitest'
import { ShiftCalendar } from '#shared/time/shifts.ts'
import { chosenShift, nextBegun, readHandoverSearch, sameShift } from './handover-search.ts'

const shifts = [
  { name: 'Early', from: '06:00' },
  { name: 'Late', from: '14:00' },
  { name: 'Night', from: '22:00' },
]
const berlin = new ShiftCalendar({ timezone: 'Europe/Berlin', shifts })
/** 15:30 in Berlin. */
const now = Date.parse('2026-11-25T14:30:00Z')

test('without a name it is the shift of now, also after midnight', () => {
  expect(chosenShift(berlin, {}, now, now)).toMatchObject({
    span: { date: '2026-11-25', name: 'Late' },
    isCurrent: true,
  })
  const nightTime = Date.parse('2026-11-26T02:00:00Z')
  const night = chosenShift(berlin, {}, nightTime, nightTime)
  expect(night).toMatchObject({ span: { date: '2026-11-25', name: 'Night' }, isCurrent: true, isUnknown: false })
})

test('a named one is shown, whenever it was', () => {
  const chosen = chosenShift(berlin, { date: '2026-11-24', shift: 'Early' }, now, now)
  expect(chosen).toMatchObject({ span: { date: '2026-11-24', name: 'Early' }, isCurrent: false, isUnknown: false })
  expect(chosenShift(berlin, { date: '2026-11-25', shift: 'Late' }, now, now)?.isCurrent).toBe(true)
})

test('one that the store does not have is said to be none', () => {
  for (const search of [{ date: '2026-11-24', shift: 'Noon' }, { date: '2026-11-24' }, { shift: 'Late' }]) {
    expect(chosenShift(berlin, search, now, now)).toMatchObject({
      span: { name: 'Late' },
      isCurrent: true,
      isUnknown: true,
    })
  }
  expect(chosenShift(new ShiftCalendar({ timezone: 'UTC', shifts: [] }), {}, now, now)).toBeNull()
})

test('the shift of now stays the one with which the page was opened, and the one that has begun meanwhile is at hand', () => {
  const opened = chosenShift(berlin, {}, now, now)
  expect(opened).toMatchObject({ span: { name: 'Late' }, isCurrent: true, begun: null })
  const night = Date.parse('2026-11-25T21:00:00Z')
  const later = chosenShift(berlin, {}, night, now)
  expect(later).toMatchObject({ span: { name: 'Late' }, isCurrent: false, isUnknown: false, begun: { name: 'Night' } })
  // Looked at anew, it is the new one.
  expect(chosenShift(berlin, {}, night, night)).toMatchObject({ span: { name: 'Night' }, isCurrent: true, begun: null })
  // A shift that the URL names was chosen, whatever has begun since.
  const named = chosenShift(berlin, { date: '2026-11-25', shift: 'Late' }, night, now)
  expect(named).toMatchObject({ span: { name: 'Late' }, isCurrent: false, begun: null })
})

test('the next one is there only once it has begun', () => {
  const late = chosenShift(berlin, {}, now, now)?.span
  const early = late && berlin.previous(late)
  expect(early?.name).toBe('Early')
  expect(early && nextBegun(berlin, early, now)).toEqual(late)
  expect(late && nextBegun(berlin, late, now)).toBeNull()
})

test('another day shows the same shift, or the last that has begun', () => {
  expect(sameShift(berlin, '2026-11-20', 'Night', now)).toMatchObject({ date: '2026-11-20', name: 'Night' })
  expect(sameShift(berlin, '2026-11-25', 'Night', now)).toMatchObject({ date: '2026-11-25', name: 'Late' })
  expect(sameShift(berlin, '2026-11-26', 'Early', now)).toBeNull()
})

test('the URL is read as far as it names something', () => {
  expect(readHandoverSearch({ store: 'a', date: '2026-02-28', shift: 1, other: 'x' })).toEqual({
    store: 'a',
    date: '2026-02-28',
    shift: '1',
  })
  expect(readHandoverSearch({ store: '', date: '2026-02-30', shift: ['Late'] })).toEqual({})
})
