/** A whole backend: database, accounts, app, jobs; started and closed together. */
import type { Hono } from 'hono'
import type { Bootstrap } from '#shared/protocol/store-settings.ts'
import { ACCESS_TOKEN_LIFETIME_MS } from '#shared/protocol/sync.ts'
import { type Clock, type MintId, randomId, systemClock } from '#shared/time/clock.ts'
import { prepareDatabase } from './accounts/bootstrap.ts'
import { forgetExpiredSignIns, openAccounts } from './accounts/sign-in.ts'
import { createApp } from './http/app.ts'
import { createThrottle } from './http/auth.ts'
import { createHub } from './http/event-stream.ts'
import { lapseChecks } from './sessions/check-leases.ts'
import { DayBlocks } from './sessions/day-blocks.ts'
import { expireSessions } from './sessions/expire-sessions.ts'
import { forgetOldAnswers } from './sessions/idempotent-answers.ts'
import type { Restoration } from './storage/database-origin.ts'
import { type Database, databaseErrorCode, innermostCause } from './storage/open-database.ts'

export interface BackendOptions {
  database: Database
  bootstrap?: Bootstrap
  /** The database was restored from a backup: it starts a new epoch. */
  restored?: boolean
  clock?: Clock
  mintId?: MintId
  /** Lifetime of access tokens, milliseconds. */
  accessLifetimeMs?: number
  consoleFolder?: string
  /** Pause between looks for sessions and leases to end, milliseconds; null for none (tests call `expire`, `lapse`). */
  expireEveryMs?: number | null
}

export interface Backend {
  app: Hono
  /** Why the database started a new epoch at this start; null where it did not. */
  restoration: Restoration | null
  /** Ends the sessions whose time is up; answers how many. */
  expire(): Promise<number>
  /** Ends the leases of taken checks whose time is up; answers how many checks wait again. */
  lapse(): Promise<number>
  /** Builds the blocks of days that are over and have none; answers how many. */
  buildBlocks(): Promise<number>
  /** Ends open event streams; everything else goes on answering. */
  endStreams(): void
  /** Ends streams, jobs and the database. */
  close(): Promise<void>
}

const FORGET_EVERY_MS = 3_600_000
/** A day that still changes is built ahead at most this often. */
const BUILD_EVERY_MS = 60_000

/** Prepares the database and starts the jobs; the app answers from then on. */
export async function startBackend({
  database,
  bootstrap,
  restored = false,
  clock = systemClock,
  mintId = randomId,
  accessLifetimeMs = ACCESS_TOKEN_LIFETIME_MS,
  consoleFolder,
  expireEveryMs = 3_000,
}: BackendOptions): Promise<Backend> {
  const restoration = await prepareDatabase(database, clock, mintId, bootstrap, restored)
  const { hub, notified, missedSome, close: closeStreams } = createHub()
  await database.listen(notified, missedSome)
  const accounts = await openAccounts(database, clock, mintId, accessLifetimeMs)
  const dayBlocks = new DayBlocks(database)
  const throttle = createThrottle(clock)
  const app = createApp({ accounts, clock, database, dayBlocks, hub, mintId, throttle, consoleFolder })
  const jobs: { stop: () => Promise<void> }[] = []
  if (expireEveryMs !== null) {
    jobs.push(repeat('expiry', expireEveryMs, () => expireSessions(database, clock)))
    jobs.push(repeat('leases', expireEveryMs, () => lapseChecks(database, clock, mintId)))
    jobs.push(
      repeat('forget', FORGET_EVERY_MS, async () => {
        await forgetExpiredSignIns(database, clock.now())
        await forgetOldAnswers(database, clock.now())
      }),
    )
    jobs.push(repeat('day blocks', BUILD_EVERY_MS, (signal) => dayBlocks.buildAhead(clock, signal)))
  }
  return {
    app,
    restoration,
    expire: () => expireSessions(database, clock),
    lapse: () => lapseChecks(database, clock, mintId),
    buildBlocks: () => dayBlocks.buildAhead(clock, new AbortController().signal),
    endStreams: closeStreams,
    async close() {
      closeStreams()
      await Promise.all(jobs.map((job) => job.stop()))
      await database.close()
    },
  }
}

/**
 * Runs a job now and again after each pause; a failure is reported and tried again at the next turn. Stopping waits for
 * the turn that runs, which a long job ends early by its signal.
 */
function repeat(
  name: string,
  pauseMs: number,
  job: (signal: AbortSignal) => Promise<unknown>,
): { stop: () => Promise<void> } {
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const turn = () => {
    running = job(stopping.signal)
      .catch((error: unknown) => {
        const cause = String(innermostCause(error))
        console.error(JSON.stringify({ level: 'error', job: name, error: cause, code: databaseErrorCode(error) }))
      })
      .then(() => {
        if (!stopping.signal.aborted) timer = setTimeout(turn, pauseMs)
      })
  }
  turn()
  return {
    stop: () => {
      stopping.abort()
      clearTimeout(timer)
      return running
    },
  }
}
