import { expect, it } from 'vitest'
import { ShownClock } from './shown-clock.ts'

function pc(wall: number) {
  const time = { wall, monotonic: 7_000 }
  const clock = new ShownClock({ now: () => time.wall, monotonic: () => time.monotonic }, 500)
  const pass = (ms: number) => {
    time.wall += ms
    time.monotonic += ms
  }
  return { time, clock, pass }
}

it('runs on through a changed PC clock, and notices it', () => {
  const { time, clock, pass } = pc(1_000_000)
  pass(60_000)
  expect(clock.now()).toBe(1_060_500)
  expect(clock.drifted()).toBe(false)
  time.wall += 3_600_000
  pass(1_000)
  expect(clock.now()).toBe(1_061_500)
  expect(clock.drifted()).toBe(true)
  // The worker measures again: the server's time was never moved.
  clock.anchor(500 - 3_600_000)
  expect(clock.now()).toBe(1_061_500)
  expect(clock.drifted()).toBe(false)
})

it('is right after a sleep in which the monotonic clock stood still, once the server was asked', () => {
  const { time, clock, pass } = pc(1_000_000)
  time.wall += 8 * 3_600_000
  pass(1_000)
  expect(clock.drifted()).toBe(true)
  clock.anchor(500)
  expect(clock.now()).toBe(1_000_000 + 8 * 3_600_000 + 1_500)
})
