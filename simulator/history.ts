/**
 * The past of a demo: whole sessions of the last days, reported through the same endpoint as live ones.
 *
 * Everything follows from the seed, the store and the local day, so an interrupted import can simply be run again. No
 * check of the past has an outcome: a decision is judged on arrival, and a session of yesterday has ended by then.
 */
import { Temporal } from 'temporal-polyfill'
import { MAX_EVENTS_PER_BATCH, type StoreFact } from '#shared/protocol/integration.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { localDateOf } from '#shared/time/local-day.ts'
import type { StoreClient } from '../integration-tools/store-client.ts'
import { sameLocalDay, shoppersOfDay, startWithin } from './arrivals.ts'
import { Random } from './random.ts'
import { historyHabits, playOut } from './shopper.ts'

export interface HistoryOptions {
  stores: readonly StoreSettings[]
  days: number
  /** Sessions of an average day in each store. */
  perDay: number
  seed: number
  /** UTC milliseconds: the end of the past. */
  nowMs: number
}

export interface HistoryResult {
  sessions: number
  events: number
  duplicates: number
  refused: { id: string | null; code: string; message: string }[]
}

/** All sessions of a store-local day (YYYY-MM-DD) that are over by now, each as its facts. */
export function historyOfDay(store: StoreSettings, date: string, options: HistoryOptions): StoreFact[][] {
  const { seed, perDay, nowMs } = options
  const sessions: StoreFact[][] = []
  const shoppers = shoppersOfDay(new Random(seed, store.id, date), date, perDay)
  for (let number = 1; number <= shoppers; number += 1) {
    const sessionId = `${store.id}-${date.replaceAll('-', '')}-s${seed}-${String(number).padStart(4, '0')}`
    const random = new Random(seed, store.id, date, number)
    const start = startWithin(random, date, store.timezone)
    if (start >= nowMs) continue
    const facts = playOut({ sessionId, random, habits: historyHabits }, start, ({ patienceMs }) => ({
      reply: { outcome: 'impatient' },
      afterMs: patienceMs,
    }))
    if (isOver(store, facts, start, nowMs)) sessions.push(facts)
  }
  return sessions
}

/** Leaves out who is still shopping, and who would stand in the queue of waiting checks with nobody behind it. */
function isOver(store: StoreSettings, facts: readonly StoreFact[], startMs: number, nowMs: number): boolean {
  const lastAt = Date.parse(facts.at(-1)?.at ?? '')
  if (!(lastAt < nowMs) || !sameLocalDay(startMs, lastAt, store.timezone)) return false
  const open = new Set<string>()
  for (const fact of facts) {
    if (fact.type === 'verification.required') open.add(fact.verificationId)
    if (fact.type === 'verification.withdrawn') open.delete(fact.verificationId)
    if (fact.type === 'session.cancelled') open.clear()
  }
  if (open.size === 0) return true
  const { mode, inactivityMinutes } = store.expiry
  if (mode === 'never') return false
  const inactiveFor = nowMs - lastAt
  return mode === 'midnight' ? !sameLocalDay(startMs, nowMs, store.timezone) : inactiveFor > inactivityMinutes * 60_000
}

/**
 * Reports the past of all stores, oldest day first.
 *
 * @param report told one line per store and day
 */
export async function importHistory(
  client: StoreClient,
  options: HistoryOptions,
  report: (line: string) => void,
): Promise<HistoryResult> {
  const result: HistoryResult = { sessions: 0, events: 0, duplicates: 0, refused: [] }
  await Promise.all(
    options.stores.map(async (store) => {
      let sessions = 0
      let batch: StoreFact[] = []
      const flush = async () => {
        if (batch.length === 0) return
        const sent = batch
        batch = []
        const answer = await client.postEvents(store.id, sent)
        result.events += sent.length
        result.duplicates += answer.duplicates
        result.refused.push(...answer.refused)
      }
      const today = Temporal.PlainDate.from(localDateOf(options.nowMs, store.timezone))
      for (let day = 1; day <= options.days; day += 1) {
        const date = today.subtract({ days: options.days - day }).toString()
        for (const facts of historyOfDay(store, date, options)) {
          // A session stays in one batch, so nobody ever sees half of a past one.
          if (batch.length + facts.length > MAX_EVENTS_PER_BATCH) await flush()
          batch.push(...facts)
          sessions += 1
          result.sessions += 1
        }
        if (day === options.days) await flush()
        const count = sessions.toLocaleString('en')
        report(`history: day ${day} of ${options.days} · ${store.name} · ${count} sessions`)
      }
    }),
  )
  return result
}
