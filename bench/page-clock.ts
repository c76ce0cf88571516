/** One clock for this process and a page, and patience with what a page does. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'

const CLOCK_ROUND_TRIPS = 200
const TIMEOUT_MS = 120_000

/** What to add to a page's `performance.now()` for ours: each round trip bounds it, together they bound it tightly. */
export async function clockOf(page: Page): Promise<{ offsetMs: number; errorMs: number }> {
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let trip = 0; trip < CLOCK_ROUND_TRIPS; trip++) {
    const sentAt = performance.now()
    const there = await page.evaluate(() => performance.now())
    low = Math.max(low, sentAt - there)
    high = Math.min(high, performance.now() - there)
  }
  return { offsetMs: (low + high) / 2, errorMs: (high - low) / 2 }
}

/** @throws where the result does not come in time; within two minutes, where nothing else is said */
export async function inTime<Result>(result: Promise<Result>, what: string, patienceMs = TIMEOUT_MS): Promise<Result> {
  const timer = new AbortController()
  const late = pause(patienceMs, undefined, { signal: timer.signal }).then(
    () => Promise.reject(new Error(`${what} did not come in time`)),
    () => new Promise<never>(() => {}),
  )
  try {
    return await Promise.race([result, late])
  } finally {
    timer.abort()
  }
}
