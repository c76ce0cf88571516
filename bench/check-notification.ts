/**
 * `check-notification`: a check that a store's system asks for until the console shows the system's notification, against
 * a bare server-sent event to an open page. The notification centre is a stand-in: what counts is the call that shows it.
 */
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Desktop, launchDesktop } from '../e2e/launch-desktop.ts'
import { startBackend } from '../e2e/start-backend.ts'
import { badge, signIn } from '../e2e/story.ts'
import { keepNotifications, shownNotifications } from '../e2e/system-notifications.ts'
import { buildIfStale } from '../scripts/build-if-stale.mjs'
import { type BareListener, bareEvents, startBareListener } from './bare-events.ts'
import { readDemo } from './demo.ts'
import { gap } from './facts-to-rows.ts'
import { importHistory } from './import-history.ts'
import { type Benchmark, type Measurement, median, quantile } from './measurement.ts'
import { inTime } from './page-clock.ts'
import { inScratchFolder } from './scratch-folder.ts'
import { Shoppers } from './shoppers.ts'

const ROUNDS = 5
const CHECKS_PER_ROUND = 30
const LOOK_EVERY_MS = 20
const TIMEOUT_MS = 60_000

export const checkNotification: Benchmark = {
  about: 'check asked for at the backend to notification shown, as a ratio to a bare server-sent event',
  async run(log) {
    return inScratchFolder('notification', (folder) => measure(folder, log))
  },
}

async function measure(folder: string, log: (line: string) => void): Promise<Measurement[]> {
  await buildIfStale(log)
  const { bootstrap, store, apiKey, employee } = await readDemo()
  const closers: (() => Promise<unknown>)[] = []
  try {
    const backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
    closers.unshift(() => backend.stop())
    log('importing 30 days …')
    await importHistory(backend, apiKey, 30)
    const bare = await startBareListener(path.join(folder, 'bare'))
    closers.unshift(() => bare.stop())
    const desktop = await launchDesktop({ userData: path.join(folder, 'console'), backendUrl: backend.url })
    closers.unshift(() => desktop.kill())
    await keepNotifications(desktop)
    await signIn(desktop.page, employee.number, employee.password)
    await badge(desktop.page).getByText('Online').waitFor({ timeout: TIMEOUT_MS })
    await desktop.page.waitForSelector('[data-testid="session-row"]', { timeout: TIMEOUT_MS })
    const progress = desktop.page.getByRole('progressbar', { name: 'First sync' })
    // News are told once the first sync is complete; what comes to light in it is none.
    while ((await progress.count()) > 0) await pause(500)
    await pause(3_000)
    return await runRounds({ desktop, bare, shoppers: new Shoppers(backend.url, apiKey, store.id) }, log)
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
}

interface Ground {
  desktop: Desktop
  bare: BareListener
  shoppers: Shoppers
}

async function runRounds(ground: Ground, log: (line: string) => void): Promise<Measurement[]> {
  const rounds: { shown: number[]; bareEvent: number[] }[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const bodies = Array.from({ length: CHECKS_PER_ROUND }, (_, index) => JSON.stringify({ round, index }))
    const times = { shown: [] as number[], bareEvent: [] as number[] }
    const sides = [
      async () => void times.shown.push(...(await checksToNotifications(ground))),
      async () => void times.bareEvent.push(...(await bareEvents(ground.bare, bodies))),
    ]
    // Whoever goes after another finds other caches, so they take turns.
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) await side()
    const words = Object.entries(times).map(
      ([name, values]) => `${name} ${quantile(values, 0.5).toFixed(1)}/${quantile(values, 0.95).toFixed(1)}`,
    )
    log(`${round === 0 ? 'warm-up' : `round ${round}`}, p50/p95 ms: ${words.join(', ')}`)
    // The first round compiles code and fills caches.
    if (round > 0) rounds.push(times)
  }
  const of = (name: 'shown' | 'bareEvent', share: number) =>
    Number(median(rounds.map((times) => quantile(times[name], share))).toFixed(2))
  const ratio = (share: number) =>
    Number(median(rounds.map((times) => quantile(times.shown, share) / quantile(times.bareEvent, share))).toFixed(2))
  return [
    { name: 'check-notification-p50-ms', value: of('shown', 0.5), unit: 'ms' },
    { name: 'check-notification-p95-ms', value: of('shown', 0.95), unit: 'ms' },
    { name: 'bare-sse-p50-ms', value: of('bareEvent', 0.5), unit: 'ms' },
    { name: 'bare-sse-p95-ms', value: of('bareEvent', 0.95), unit: 'ms' },
    { name: 'check-notification-vs-bare-sse-p50', value: ratio(0.5), unit: 'x' },
    { name: 'check-notification-vs-bare-sse-p95', value: ratio(0.95), unit: 'x' },
  ]
}

/** From the instant at which the facts are posted to the one at which the main process shows the notification. */
async function checksToNotifications({ desktop, shoppers }: Ground): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < CHECKS_PER_ROUND; index++) {
    await pause(gap(index))
    const before = (await shownNotifications(desktop)).length
    const startedAt = Number(process.hrtime.bigint()) / 1e6
    const [sessionId = ''] = await shoppers.enterWithCheck(1)
    const shown = await inTime(nextNotification(desktop, before), 'the notification')
    times.push(shown - startedAt)
    await shoppers.leave(sessionId)
  }
  return times
}

/** When the notification after the first `before` ones was shown; looking often is not part of the time. */
async function nextNotification(desktop: Desktop, before: number): Promise<number> {
  for (;;) {
    const next = (await shownNotifications(desktop))[before]
    if (next !== undefined) return next.at
    await pause(LOOK_EVERY_MS)
  }
}
