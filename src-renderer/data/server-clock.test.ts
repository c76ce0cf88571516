import { describe, expect, it } from 'vitest'
import { ServerClock } from './server-clock.ts'

/** A PC whose clock is wrong, and a backend that answers `/v1/time` after the given one-way delays. */
function pc(options: { wall: number; server: number; delays: [there: number, back: number][] }) {
  let { wall } = options
  let monotonic = 1_000
  const start = monotonic
  const pass = (ms: number) => {
    wall += ms
    monotonic += ms
  }
  const delays = [...options.delays]
  const clock = new ServerClock({ now: () => wall, monotonic: () => monotonic })
  return {
    clock,
    pass,
    setWallClock: (to: number) => {
      wall = to
    },
    trueServerTime: () => options.server + (monotonic - start),
    fetch: async () => {
      const [there, back] = delays.shift() ?? [5, 5]
      pass(there)
      const now = new Date(options.server + (monotonic - start)).toISOString()
      pass(back)
      return Response.json({ now })
    },
  }
}

describe('server time', () => {
  it('[CLK-1] is taken from the fastest of several round trips and is off by at most half of it', async () => {
    const { clock, fetch, trueServerTime } = pc({
      wall: 500,
      server: 1_000_000,
      delays: [
        [400, 2],
        [3, 900],
        [8, 4],
        [200, 10],
        [10, 300],
      ],
    })
    await clock.measure(fetch)
    const { uncertaintyMs, measuredAt } = clock.reading()
    expect(uncertaintyMs).toBe(6)
    expect(measuredAt).not.toBeNull()
    expect(Math.abs(clock.now() - trueServerTime())).toBeLessThanOrEqual(6)
    expect(clock.reading().offsetMs).toBe(clock.offsetMs())
  })

  it('[CLK-3] is not moved by a changed PC clock', async () => {
    const { clock, fetch, pass, setWallClock, trueServerTime } = pc({ wall: 500, server: 1_000_000, delays: [] })
    await clock.measure(fetch)
    const year = 365 * 24 * 3_600_000
    setWallClock(500 + year)
    pass(60_000)
    expect(Math.abs(clock.now() - trueServerTime())).toBeLessThanOrEqual(5)
    setWallClock(-year)
    expect(Math.abs(clock.now() - trueServerTime())).toBeLessThanOrEqual(5)
    expect(clock.offsetMs()).toBeGreaterThan(year)
  })

  it('uses the offset of the last run until it is measured', () => {
    const { clock } = pc({ wall: 500, server: 1_000_000, delays: [] })
    expect(clock.reading()).toEqual({ offsetMs: 0, uncertaintyMs: null, measuredAt: null })
    clock.restore(250)
    expect(clock.now()).toBe(750)
  })
})
