/** Live stores: shoppers arrive at the rate of the hour, act at real pace and wait for what a console decides. */
import { setMaxListeners } from 'node:events'
import { type EventRefusal, MAX_EVENTS_PER_BATCH, type StoreFact } from '#shared/protocol/integration.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { Clock } from '#shared/time/clock.ts'
import { CallError, pause, type StoreClient } from '../integration-tools/store-client.ts'
import { arrivalRate, sameLocalDay } from './arrivals.ts'
import { Random } from './random.ts'
import { isPending, verificationOf } from './scripted-shopper.ts'
import {
  type CheckReply,
  FactStamp,
  type Habits,
  type Script,
  type ShopperSetup,
  type ShopperStep,
  shop,
} from './shopper.ts'

export interface LiveOptions {
  stores: readonly StoreSettings[]
  seed: number
  /** Divides the time between a shopper's actions and between arrivals; patience stays as real people need it. */
  speed: number
  /** Shoppers of an average day in each store. */
  perDay: number
  habits: Habits
  clock: Clock
  /** Stops the run; its signal also ends the client's calls. */
  stop: AbortController
  log: (line: string) => void
  /** How often facts are sent and checks are asked for; tests hurry. */
  tickMs?: number
}

const DEFAULT_TICK_MS = 1_000
/** Longest stretch of time whose arrivals are made up for. */
const LONGEST_GAP_MS = 10_000
const STATUS_EVERY_MS = 60_000
/** Share of the mean rate that even the night has, so that a demo is alive whenever it is started. */
const NIGHT_FLOOR = 0.5
const SHOPPERS_AT_START = 5
const MOST_SHOPPERS_PER_STORE = 250
/** Once an employee has come, the shopper stays this many times longer. */
const SERVED_PATIENCE = 3

/** Facts of one store on their way: kept, in order, until the backend has them. */
export class FactQueue {
  private readonly facts: StoreFact[] = []

  constructor(private readonly storeId: string) {}

  get length(): number {
    return this.facts.length
  }

  add(fact: StoreFact): void {
    this.facts.push(fact)
  }

  /**
   * Sends what is there and answers what the backend refused. On an error all that was not confirmed stays, with the same
   * ids: sent again, it counts once.
   */
  async flush(client: StoreClient): Promise<EventRefusal[]> {
    const refusals: EventRefusal[] = []
    while (this.facts.length > 0) {
      const batch = this.facts.slice(0, MAX_EVENTS_PER_BATCH)
      const { refused } = await client.postEvents(this.storeId, batch)
      this.facts.splice(0, batch.length)
      refusals.push(...refused)
    }
    return refusals
  }
}

/** A store and who is in it. */
interface Floor {
  store: StoreSettings
  client: StoreClient
  queue: FactQueue
  options: LiveOptions
  shoppers: Set<Promise<void>>
  /** Checks that shoppers of this store wait for now. */
  waiting: number
}

/**
 * Runs the stores until `options.stop` fires or a call can never succeed; then sends what is queued, as far as
 * `farewell` gets it through.
 *
 * @param client should retry for ever: the facts of an outage are kept and sent later
 * @param farewell sends the last facts; it does not listen to the signal that has fired
 */
export async function runLive(client: StoreClient, farewell: StoreClient, options: LiveOptions): Promise<void> {
  const { clock, stop, log, stores } = options
  // Every shopper who pauses listens; the default of ten would warn of a leak.
  setMaxListeners(0, stop.signal)
  const floors = stores.map<Floor>((store) => {
    return { store, client, queue: new FactQueue(store.id), options, shoppers: new Set(), waiting: 0 }
  })
  // Session ids carry the start of the run: the same seed gives the same people, not the same sessions again.
  const run = clock.now().toString(36)
  try {
    const duties = floors.flatMap((floor, index) => [admit(floor, index, run), forward(floor)])
    await Promise.all([...duties, reportStatus(floors, options)])
  } catch (error) {
    if (!(error instanceof CallError) || error.failure !== 'stopped') throw error
  } finally {
    stop.abort()
    await Promise.all(floors.flatMap((floor) => [...floor.shoppers]))
    for (const { queue, store } of floors) {
      await queue.flush(farewell).catch((error: unknown) => {
        log(`live: ${store.name}: ${queue.length} facts could not be sent: ${messageOf(error)}`)
      })
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Lets shoppers in: some who are in the middle of it at once, then as the hour has it. */
async function admit(floor: Floor, index: number, run: string): Promise<void> {
  const { store, options } = floor
  const { clock, seed, speed, perDay, habits, stop, tickMs = DEFAULT_TICK_MS } = options
  const random = new Random(seed, store.id, 'arrivals')
  let number = 0
  const enter = (script: Script, startOf: (setup: () => ShopperSetup) => number) => {
    number += 1
    const sessionId = `${store.id}-live-${run}-${String(number).padStart(5, '0')}`
    const key = number
    const setup = () => ({ sessionId, random: new Random(seed, store.id, 'live', key), habits, script })
    const shopper = follow(floor, setup(), startOf(setup))
    floor.shoppers.add(shopper)
    void shopper.finally(() => floor.shoppers.delete(shopper))
  }

  // The first one comes to a check within seconds, in each store a little later: a newcomer sees a queue at work.
  const firstCheckAt = clock.now() + (4 + index * 7) * tickMs
  enter({ abandon: false, spotCheck: index % 2 === 0, ageRestrictedItems: index % 2 === 1 }, (setup) => {
    return firstCheckAt - timeToFirstCheck(setup()) / speed
  })
  for (let early = 1; early < SHOPPERS_AT_START; early += 1) {
    enter({}, () => clock.now() - random.int(20_000, 300_000) / speed)
  }

  let last = clock.now()
  let left = random.exponential()
  for (;;) {
    await pause(tickMs, stop.signal)
    const now = clock.now()
    // A PC that slept does not let the shoppers of the night in at once.
    const elapsed = Math.min(Math.max(0, now - last), LONGEST_GAP_MS)
    last = now
    left -= arrivalRate(now, store.timezone, perDay, NIGHT_FLOOR) * elapsed * speed
    while (left <= 0) {
      left += random.exponential()
      if (floor.shoppers.size < MOST_SHOPPERS_PER_STORE) enter({}, () => now)
    }
  }
}

function timeToFirstCheck(setup: ShopperSetup): number {
  let ms = 0
  for (const step of shop(setup)) {
    if (step.kind === 'check') return ms
    ms += step.afterMs
  }
  return ms
}

/** Sends what happened in the store, about once a second. */
async function forward({ queue, client, options, store }: Floor): Promise<void> {
  for (;;) {
    await pause(options.tickMs ?? DEFAULT_TICK_MS, options.stop.signal)
    for (const { id, code, message } of await queue.flush(client)) {
      options.log(`live: ${store.name}: event ${id} was refused: ${code}, ${message}`)
    }
  }
}

async function reportStatus(floors: readonly Floor[], { stop, log }: LiveOptions): Promise<void> {
  for (;;) {
    await pause(STATUS_EVERY_MS, stop.signal)
    const lines = floors.map(({ store, shoppers, waiting }) => {
      return `${store.name} ${shoppers.size} shoppers, ${waiting} at a check`
    })
    log(`live: ${lines.join(' · ')}`)
  }
}

/**
 * Lives one shopper's life. What lies before the moment of joining is reported with its past instants, the rest as it
 * happens.
 */
async function follow(floor: Floor, setup: ShopperSetup, startMs: number): Promise<void> {
  const { store, queue, options } = floor
  const { clock, speed, stop, log } = options
  const joinedAt = clock.now()
  const stamp = new FactStamp(setup.sessionId)
  const steps = shop(setup)
  let due = startMs
  try {
    let step = steps.next()
    while (step.done !== true) {
      if (step.value.kind === 'fact') {
        due += step.value.afterMs / speed
        if (due > joinedAt) {
          await pause(due - clock.now(), stop.signal)
          due = clock.now()
        }
        if (midnightEnds(store) && !sameLocalDay(startMs, due, store.timezone)) return
        queue.add(stamp.stamp(step.value.fact, due))
        step = steps.next()
      } else {
        floor.waiting += 1
        const reply = await waitForStaff(floor, setup.sessionId, step.value, stamp).finally(() => {
          floor.waiting -= 1
        })
        due = clock.now()
        step = steps.next(reply)
      }
    }
  } catch (error) {
    if (error instanceof CallError && error.failure === 'stopped') return
    log(`live: ${store.name}: session ${setup.sessionId} breaks off: ${messageOf(error)}`)
  }
}

const midnightEnds = ({ expiry }: StoreSettings): boolean => expiry.mode === 'midnight' || expiry.mode === 'either'

/** Asks the backend every second how the check ended, until it has or the shopper's patience has. */
async function waitForStaff(
  { store, client, options }: Floor,
  sessionId: string,
  check: Extract<ShopperStep, { kind: 'check' }>,
  stamp: FactStamp,
): Promise<CheckReply> {
  const { clock, stop, tickMs = DEFAULT_TICK_MS } = options
  let patience = check.patienceMs
  let last = clock.now()
  for (;;) {
    await pause(tickMs, stop.signal)
    const verification = await verificationOf(client, store.id, sessionId, check.verificationId)
    const now = clock.now()
    const elapsed = now - last
    last = now
    // During an outage nobody can tell how the check stands, and so patience does not run out.
    if (verification === null) continue
    if (verification.resolvedAt !== null) stamp.lastAt = Math.max(stamp.lastAt, Date.parse(verification.resolvedAt))
    if (verification.status === 'approved') return { outcome: 'approved', corrections: verification.corrections ?? [] }
    if (verification.status === 'rejected') return { outcome: 'rejected', differences: verification.differences ?? [] }
    if (!isPending(verification)) return { outcome: 'ended' }
    patience -= verification.status === 'in_progress' ? elapsed / SERVED_PATIENCE : elapsed
    if (patience <= 0) return { outcome: 'impatient' }
  }
}
