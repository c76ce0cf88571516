import { expect, test } from 'vitest'
import { MINIMUM_SIZE, placeWindow } from './window-state.ts'

const primary = { x: 0, y: 0, width: 1920, height: 1040 }
const second = { x: 1920, y: 0, width: 1280, height: 984 }

test('opens where it was', () => {
  const kept = { x: 2000, y: 40, width: 1100, height: 800, maximised: true }
  expect(placeWindow(kept, [primary, second])).toEqual(kept)
})

test('a display that is gone or a title bar out of reach puts it back on the primary one', () => {
  const onSecond = { x: 2000, y: 40, width: 1100, height: 800, maximised: false }
  expect(placeWindow(onSecond, [primary])).toEqual({ width: 1100, height: 800, maximised: false })
  const above = { x: 100, y: -500, width: 1100, height: 800, maximised: false }
  expect(placeWindow(above, [primary])).not.toHaveProperty('x')
})

test('never larger than its display nor smaller than usable', () => {
  expect(placeWindow({ x: 0, y: 0, width: 9000, height: 9000, maximised: false }, [primary])).toMatchObject({
    width: 1920,
    height: 1040,
  })
  expect(placeWindow({ x: 0, y: 0, width: 1, height: 1, maximised: false }, [primary])).toMatchObject(MINIMUM_SIZE)
  expect(placeWindow(null, [{ x: 0, y: 0, width: 1024, height: 700 }])).toEqual({
    width: 1024,
    height: 700,
    maximised: false,
  })
})
