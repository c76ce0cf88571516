import { expect, test } from 'vitest'
import type { HeatMap } from '../../data/chart-api.ts'
import { COUNT } from './chart-words.ts'
import { cellSentence, heatFile } from './heat-model.ts'

const cell = (hour: number, value: number | null, missing: 'part' | 'all' | null) => ({
  ...{ weekday: 1, hour, value, sessions: value ?? 0, hours: 1, missing },
})
const map = (...cells: HeatMap['cells']) => ({ measure: 'sessions', currency: 'EUR', cells }) as HeatMap

test('the file leaves hours without contact empty, and says of which hours something is missing', () => {
  const { titles, rows } = heatFile(
    map(cell(13, 0, null), cell(14, 2, 'part'), cell(15, null, 'all'), cell(16, null, 'all'), cell(18, 0, 'part')),
  )
  expect(titles.at(-1)).toBe('Note')
  expect(rows[1]?.slice(13, 17)).toEqual([null, 0, 2, null])
  expect(rows.map((row) => row.at(-1))).toEqual([
    '',
    'no contact 15:00–17:00; partly without contact 14:00–15:00, 18:00–19:00',
    ...['', '', '', '', ''],
  ])
  expect(heatFile(map(cell(13, 0, null))).titles).toHaveLength(25)
})

test('a cell says in words whether it is a zero or nothing known', () => {
  expect(cellSentence(cell(13, 0, null), 1, 13, COUNT)).toBe('Tuesday, 13:00–14:00: 0, 0 sessions')
  expect(cellSentence(cell(14, 2, 'part'), 1, 14, COUNT)).toBe(
    'Tuesday, 14:00–15:00: 2, 2 sessions, partly without contact',
  )
  expect(cellSentence(cell(15, null, 'all'), 1, 15, COUNT)).toBe('Tuesday, 15:00–16:00: no contact')
  expect(cellSentence(null, 1, 16, COUNT)).toBe('Tuesday, 16:00–17:00: –, 0 sessions')
})
