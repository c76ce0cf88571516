import { expect, test } from 'vitest'
import { fileTable } from './chart-columns.ts'
import { type ChartModel, highestValue, isEmptyModel, seriesAt } from './chart-model.ts'
import { COUNT, SHARE } from './chart-words.ts'
import { barPath, intervalPath, linePath, type Place } from './mark-paths.ts'
import { plotFrame, pointAt, rowTicks } from './plot-frame.ts'

const stack: ChartModel = {
  id: 'sessions',
  title: 'Sessions',
  layout: 'time',
  rowTitle: 'Day',
  rows: [
    { label: 'Mon', tick: 'Mon' },
    { label: 'Tue', tick: 'Tue', isPartial: true },
  ],
  unit: COUNT,
  series: [
    { id: 'a', name: 'Completed', color: 'main', mark: 'stacked', values: [10, 0] },
    { id: 'b', name: '=Abandoned', color: 'lost', mark: 'stacked', values: [5, null] },
  ],
  extras: [{ name: 'Share', unit: SHARE, values: [0.5, null] }],
  behind: () => null,
}
/** Ten pixels a value, rows of 100. */
const place: Place = {
  isTime: true,
  area: { x: 0, y: 0, width: 200, height: 200 },
  rows: 2,
  reach: (value) => 200 - value * 10,
}

test('bars of a stack stand on each other; zero and unknown have none', () => {
  expect(barPath(stack, 0, place)).toMatch(/^M\d+(\.\d)? 100V200H/)
  expect(barPath(stack, 1, place)).toMatch(/^M\d+(\.\d)? 50V100H/)
  expect(barPath(stack, 0, place).match(/M/g)).toHaveLength(1)
  expect(highestValue(stack)).toBe(15)
})

test('a line breaks where a value is not known, and what stands alone is still seen', () => {
  const lines = linePath([1, 2, null, 3, null], { ...place, rows: 5 })
  expect(lines.match(/M/g)).toHaveLength(2)
  expect(lines.match(/L/g)).toHaveLength(1)
  expect(lines.match(/a2 2/g)).toHaveLength(2)
})

test('whiskers are drawn where an interval is known', () => {
  const rates: ChartModel = {
    ...stack,
    unit: SHARE,
    series: [
      { id: 'a', name: 'Share', color: 'main', mark: 'bar', values: [0.2, null], intervals: [[0.1, 0.4], null] },
    ],
  }
  expect(intervalPath(rates, 0, place).match(/M/g)).toHaveLength(3)
  expect(highestValue(rates)).toBe(0.4)
})

test('what a person points at is the part of the stack under the pointer', () => {
  expect(seriesAt(stack, 0, 3)).toBe(0)
  expect(seriesAt(stack, 0, 12)).toBe(1)
  const frame = plotFrame(stack, 500)
  const middle = frame.plot.x + frame.plot.width * 0.25
  expect(pointAt(stack, frame, middle, frame.plot.y + frame.plot.height)?.value).toBe(0)
  expect(pointAt(stack, frame, middle, frame.plot.y + 1)?.row).toBe(0)
  expect(pointAt(stack, frame, frame.plot.x - 1, 50)).toBeNull()
  expect(pointAt(stack, frame, frame.plot.x + frame.plot.width * 0.9, 50)?.row).toBe(1)
})

test('the file says what is so far, and lets no name become a formula later', () => {
  const { titles, rows } = fileTable(stack)
  expect(titles).toEqual(['Day', 'Completed', '=Abandoned', 'Share (%)', 'Note'])
  expect(rows).toEqual([
    ['Mon', 10, 5, 50, ''],
    ['Tue', 0, null, null, 'so far'],
  ])
})

test('nothing known and nothing counted is an empty chart', () => {
  expect(isEmptyModel(stack)).toBe(false)
  expect(isEmptyModel({ ...stack, series: stack.series.map((each) => ({ ...each, values: [0, null] })) })).toBe(true)
})

test('hours are labelled at midnight and evenly between', () => {
  const rows = Array.from({ length: 72 }, (_, hour) => {
    const clock = (hour + 6) % 24
    return { label: String(hour), tick: clock === 0 ? 'day' : `${clock}:00` }
  })
  const ticks = rowTicks(rows, 400)
  expect(ticks.length).toBeLessThanOrEqual(7)
  expect(ticks).toContain(18)
  expect(ticks).toContain(42)
  expect(rowTicks(rows.slice(0, 3), 400)).toEqual([0, 1, 2])
})
