/** A fact at the backend until its row in an open console: what `sync` and `million` measure the same way. */
import { setTimeout as pause } from 'node:timers/promises'
import type { JSHandle, Page } from 'playwright-core'
import type { RowWatch } from './in-page.ts'
import { clockOf, inTime } from './page-clock.ts'
import type { Shoppers } from './shoppers.ts'

/** Milliseconds from the call of each fact's POST: to its answer, to the screen's query answered, to the painted row. */
export interface FactTimes {
  posted: number[]
  answered: number[]
  painted: number[]
}

/** Pauses between measured steps, milliseconds; spread, so that they do not fall into step with frames or timers. */
export function gap(index: number): number {
  return 40 + ((index * 37) % 80)
}

/**
 * From the instant at which a fact's POST is called to the row. The start is this process' clock, the end the page's:
 * both count the same monotonic clock of the system from another zero, and the distance of the zeros is measured.
 */
export async function factsToRows(
  { shoppers, console: page, rows }: { shoppers: Shoppers; console: Page; rows: JSHandle<RowWatch> },
  count: number,
  times: FactTimes,
  log: (line: string) => void,
): Promise<void> {
  const clock = await clockOf(page)
  for (let index = 0; index < count; index++) {
    await pause(gap(index))
    const fact = shoppers.nextScan(index)
    await page.evaluate(({ rows, sessionId, quantity }) => rows.expect(sessionId, quantity), { rows, ...fact })
    const startedAt = performance.now()
    await shoppers.post(fact)
    times.posted.push(performance.now() - startedAt)
    const sighting = await inTime(
      page.evaluate((rows) => rows.seen(), rows),
      `the row of ${fact.sessionId}`,
    )
    if (sighting.answeredAt === 0) throw new Error('a row was painted that the data interface did not answer')
    times.answered.push(sighting.answeredAt + clock.offsetMs - startedAt)
    times.painted.push(sighting.paintedAt + clock.offsetMs - startedAt)
  }
  log(`clock of the console's page known within ${clock.errorMs.toFixed(2)} ms`)
}
