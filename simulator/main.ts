/**
 * `npm run simulate`: shoppers of whole stores, through the public API only.
 *
 *   tsx simulator/main.ts import-history --backend URL --api-key KEY [--days 30] [--per-day 60]
 *   tsx simulator/main.ts [live]         --backend URL --api-key KEY [--speed 1] [--stores a,b]
 */
import { systemClock } from '#shared/time/clock.ts'
import { checkAccess } from '../integration-tools/check-access.ts'
import { UsageError } from '../integration-tools/connection-arguments.ts'
import { CallError, StoreClient } from '../integration-tools/store-client.ts'
import { type Arguments, type Command, readArguments, usage } from './arguments.ts'
import { importHistory } from './history.ts'
import { runLive } from './live.ts'
import { Random } from './random.ts'
import { liveHabits } from './shopper.ts'
import { Staff } from './staff.ts'

const FAREWELL_MS = 3_000
/** What shells use for a process that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130

const log = (line: string): void => console.log(line)

async function importCommand(options: Arguments, stop: AbortController): Promise<void> {
  const { backend, apiKey, stores, days, perDay, seed } = options
  const client = new StoreClient({
    backend,
    apiKey,
    signal: stop.signal,
    onRetry: (error, waitMs) => log(`history: ${error.message}; next try in ${waitMs} ms`),
  })
  await checkAccess(
    client,
    stores.map((store) => store.id),
  )
  const began = systemClock.monotonic()
  const now = systemClock.now()
  const result = await importHistory(client, { stores, days, perDay, seed, nowMs: now }, log)
  const seconds = ((systemClock.monotonic() - began) / 1_000).toFixed(1)
  const numbers = [result.sessions, result.events, result.duplicates].map((count) => count.toLocaleString('en'))
  log(`history: done · ${numbers[0]} sessions · ${numbers[1]} events (${numbers[2]} known before) · ${seconds} s`)
  if (result.refused.length > 0) {
    for (const { id, code, message } of result.refused.slice(0, 5)) console.error(`refused: ${id}: ${code}, ${message}`)
    throw new Error(`the backend refused ${result.refused.length.toLocaleString('en')} events`)
  }
}

async function liveCommand(options: Arguments, stop: AbortController): Promise<void> {
  const { backend, apiKey, stores, speed, perDay, seed, patienceMs } = options
  let away = false
  const client = new StoreClient({
    backend,
    apiKey,
    signal: stop.signal,
    attempts: Number.POSITIVE_INFINITY,
    // One line per outage is enough; the status line shows that life goes on.
    onRetry: (error) => {
      if (!away) log(`live: ${error.message}; trying again, nothing is lost`)
      away = true
    },
    onSuccess: () => {
      if (away) log('live: the backend is back')
      away = false
    },
  })
  await checkAccess(
    client,
    stores.map((store) => store.id),
  )
  const staff = options.staff ? await hireStaff(options, stop) : []
  log(`live: ${stores.map((store) => store.name).join(', ')} at ${speed} × real pace; Ctrl-C ends it`)
  const farewell = new StoreClient({ backend, apiKey, attempts: 1, callTimeoutMs: FAREWELL_MS })
  const habits = { ...liveHabits, patienceMs }
  const live = runLive(client, farewell, { stores, seed, speed, perDay, habits, clock: systemClock, stop, log })
  const duties: Promise<void>[] = [live]
  for (const each of staff) {
    duties.push(
      each.run().catch((error: unknown) => {
        stop.abort()
        throw error
      }),
    )
  }
  const outcomes = await Promise.allSettled(duties)
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

/** Two where there are two: they compete for checks as colleagues do. */
const MOST_STAFF = 2

async function hireStaff(options: Arguments, stop: AbortController): Promise<Staff[]> {
  const { backend, stores, file, seed, speed } = options
  const able = file.employees.filter((candidate) => {
    return candidate.role !== 'viewer' && stores.every((store) => candidate.stores.includes(store.id))
  })
  if (able.length === 0) throw new UsageError('--staff: no employee of the file may decide in all of the stores')
  const staff = able.slice(0, MOST_STAFF).map(
    ({ number, password }) =>
      new Staff({
        backend,
        signal: stop.signal,
        employeeNumber: number,
        password,
        stores,
        clock: systemClock,
        random: new Random(seed, 'staff', number),
        speed,
        deviceId: `simulated-staff-${number}-${systemClock.now().toString(36)}`,
        log,
      }),
  )
  for (const each of staff) await each.start()
  return staff
}

async function main(): Promise<number> {
  const stop = new AbortController()
  // A second signal ends the process the hard way: the handlers are gone by then.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  let command: Command = 'live'
  try {
    const options = readArguments(process.argv.slice(2))
    if (options === null) {
      log(usage)
      return 0
    }
    command = options.command
    await (options.command === 'live' ? liveCommand : importCommand)(options, stop)
    return 0
  } catch (error) {
    if (error instanceof CallError && error.failure === 'stopped') {
      if (command === 'live') return 0
      console.error('history: stopped before its end; run it again to complete it')
      return EXIT_INTERRUPTED
    }
    const message = error instanceof Error ? error.message : String(error)
    console.error(error instanceof UsageError ? `${message}\n\n${usage}` : `error: ${message}`)
    return error instanceof UsageError ? 2 : 1
  }
}

process.exitCode = await main()
