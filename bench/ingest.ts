/** `ingest`: facts through HTTP, checked, folded and stored, against bare INSERTs of the same events. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { sql } from 'drizzle-orm/sql'
import { eventsResponseSchema, MAX_EVENTS_PER_BATCH, type StoreFact } from '#shared/protocol/integration.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { startBackend as startProcess } from '../e2e/start-backend.ts'
import { historyOfDay } from '../simulator/history.ts'
import { startBackend } from '../src-backend/backend.ts'
import { type Database, openPglite, openPostgres } from '../src-backend/storage/open-database.ts'
import { startPostgres } from '../src-backend/testing/postgres-server.ts'
import { readDemo } from './demo.ts'
import { type Benchmark, type Measurement, median } from './measurement.ts'
import { inScratchFolder } from './scratch-folder.ts'

const ROUNDS = 7
const BATCHES_PER_ROUND = 8
/** The simulator's own busy day: sessions of 15 minutes lie side by side, so most span two batches. */
const SHOPPERS_PER_DAY = 900
const DAY = '2026-03-10'
const NOON_AFTER = Date.UTC(2026, 2, 11, 12)

export const ingest: Benchmark = {
  about:
    'events per second through HTTP on PostgreSQL and PGlite, as a ratio to bare batched INSERTs of the same events',
  async run(log) {
    return inScratchFolder('ingest', async (folder) => [
      ...(await onPostgres(folder, log)),
      ...(await onPglite(folder, log)),
    ])
  },
}

interface Ground {
  store: StoreSettings
  apiKey: string
  url: string
  /** The database that the backend at `url` writes to. */
  database: Database
}

/** A backend in a process of its own; the INSERTs go to the same server over a connection of theirs. */
async function onPostgres(folder: string, log: (line: string) => void): Promise<Measurement[]> {
  const { bootstrap, store, apiKey } = await readDemo()
  const server = await startPostgres()
  try {
    const url = await server.createDatabase('ingest')
    const backend = await startProcess({ dataDir: path.join(folder, 'backend'), bootstrap, env: { DATABASE_URL: url } })
    try {
      const database = await openPostgres(url)
      try {
        return await measure('postgres', { store, apiKey, url: backend.url, database }, log)
      } finally {
        await database.close()
      }
    } finally {
      await backend.stop()
    }
  } finally {
    await server.stop()
  }
}

/** PGlite lives in one process: backend, its HTTP client and the INSERTs share it, which costs the backend some of its speed. */
async function onPglite(folder: string, log: (line: string) => void): Promise<Measurement[]> {
  const { bootstrap, store, apiKey } = await readDemo()
  const database = await openPglite(path.join(folder, 'pglite'))
  const backend = await startBackend({ database, bootstrap })
  const server = createServer(getRequestListener(backend.app.fetch))
  try {
    return await measure('pglite', { store, apiKey, url: await listen(server), database }, log)
  } finally {
    server.closeAllConnections()
    server.close()
    await backend.close()
  }
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  })
}

async function measure(name: string, ground: Ground, log: (line: string) => void): Promise<Measurement[]> {
  await ground.database.queries.execute(
    sql`create table bare_events (
      id text primary key, store_id text not null, session_id text not null, type text not null,
      at timestamptz not null, payload jsonb not null)`,
  )
  const http: number[] = []
  const bare: number[] = []
  const ratios: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const batches = batchesOf(ground.store, round)
    const events = batches.reduce((sum, batch) => sum + batch.length, 0)
    const seconds = { http: 0, bare: 0 }
    // Whoever goes second finds warmer caches, so they take turns.
    for (const side of round % 2 === 0 ? (['http', 'bare'] as const) : (['bare', 'http'] as const)) {
      seconds[side] = await (side === 'http' ? postAll : insertAll)(ground, batches)
    }
    const perSecond = { http: events / seconds.http, bare: events / seconds.bare }
    log(
      `${name} ${round === 0 ? 'warm-up' : `round ${round}`}: ${Math.round(perSecond.http)} events/s through HTTP, ${Math.round(perSecond.bare)} bare`,
    )
    // The first round compiles code and fills caches.
    if (round === 0) continue
    http.push(perSecond.http)
    bare.push(perSecond.bare)
    ratios.push(perSecond.http / perSecond.bare)
  }
  return [
    { name: `ingest-vs-insert-${name}`, value: Number(median(ratios).toFixed(3)), unit: 'x' },
    { name: `ingest-http-${name}`, value: Math.round(median(http)), unit: 'events/s' },
    { name: `ingest-insert-${name}`, value: Math.round(median(bare)), unit: 'events/s' },
  ]
}

/** A store's day as its system would report it: the facts of all shoppers in the order of time, cut into full batches. */
function batchesOf(store: StoreSettings, seed: number): StoreFact[][] {
  const options = { stores: [store], days: 1, perDay: SHOPPERS_PER_DAY, seed, nowMs: NOON_AFTER }
  const facts = historyOfDay(store, DAY, options)
    .flat()
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  const batches = Array.from({ length: BATCHES_PER_ROUND }, (_, index) =>
    facts.slice(index * MAX_EVENTS_PER_BATCH, (index + 1) * MAX_EVENTS_PER_BATCH),
  )
  if (batches.some((batch) => batch.length < MAX_EVENTS_PER_BATCH)) throw new Error('the simulated day is too short')
  return batches
}

/** Seconds to report the batches one after the other; JSON is made before, as for the INSERTs. */
async function postAll({ store, apiKey, url }: Ground, batches: StoreFact[][]): Promise<number> {
  const bodies = batches.map((events) => JSON.stringify({ events }))
  const startedAt = performance.now()
  for (const body of bodies) {
    const response = await fetch(`${url}/v1/stores/${encodeURIComponent(store.id)}/events`, {
      method: 'POST',
      headers: { authorization: `ApiKey ${apiKey}`, 'content-type': 'application/json' },
      body,
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`the backend answered ${response.status}: ${text}`)
    const { accepted } = eventsResponseSchema.parse(JSON.parse(text))
    if (accepted !== MAX_EVENTS_PER_BATCH) throw new Error(`the backend accepted ${accepted} of a batch`)
  }
  return (performance.now() - startedAt) / 1_000
}

/** Seconds to insert the batches one after the other, each as one statement of one row per event. */
async function insertAll({ store, database }: Ground, batches: StoreFact[][]): Promise<number> {
  const prepared = batches.map((batch) =>
    batch.map(({ id, sessionId, type, at, ...payload }) => ({
      id,
      sessionId,
      type,
      at,
      payload: JSON.stringify(payload),
    })),
  )
  const startedAt = performance.now()
  for (const rows of prepared) {
    const column = (name: 'id' | 'sessionId' | 'type' | 'at' | 'payload') => sql.param(rows.map((row) => row[name]))
    await database.queries.execute(
      sql`insert into bare_events (id, store_id, session_id, type, at, payload)
          select id, ${store.id}, session_id, type, at, payload
          from unnest(${column('id')}::text[], ${column('sessionId')}::text[], ${column('type')}::text[],
            ${column('at')}::timestamptz[], ${column('payload')}::jsonb[]) as row (id, session_id, type, at, payload)`,
    )
  }
  return (performance.now() - startedAt) / 1_000
}
