/** A backend for tests: three stores, a clock that the test moves, and short ways to call it. */
import { sql } from 'drizzle-orm/sql'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { z } from 'zod'
import type { DecisionType } from '#shared/protocol/decisions.ts'
import { pushResponseSchema } from '#shared/protocol/decisions.ts'
import { eventsResponseSchema } from '#shared/protocol/integration.ts'
import { PROBLEM_MEDIA_TYPE, type Problem, problemSchema } from '#shared/protocol/problems.ts'
import { type SessionDocument, sessionDocumentSchema } from '#shared/protocol/session-document.ts'
import { bootstrapSchema } from '#shared/protocol/store-settings.ts'
import {
  changesPageSchema,
  changesResponseSchema,
  manifestSchema,
  signInResponseSchema,
} from '#shared/protocol/sync.ts'
import type { Clock } from '#shared/time/clock.ts'
import { type Backend, startBackend } from '../backend.ts'
import { type Database, openPglite, openPostgres, rowsOf } from '../storage/open-database.ts'
import { type PostgresServer, skipsPostgres, startPostgres } from './postgres-server.ts'

export interface TestClock extends Clock {
  /** Milliseconds forward. */
  advance(ms: number): void
}

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** Noon in Berlin. */
export const START = Date.UTC(2026, 2, 10, 11)

export function testClock(start = START): TestClock {
  let now = start
  return {
    now: () => now,
    monotonic: () => now - start,
    advance: (ms) => {
      now += ms
    },
  }
}

export const bootstrap = bootstrapSchema.parse({
  stores: [
    { id: 'berlin', name: 'Berlin', timezone: 'Europe/Berlin', currency: 'EUR' },
    { id: 'new york/1', name: 'New York', timezone: 'America/New_York', currency: 'USD' },
    {
      id: 'patient',
      name: 'Never expires',
      timezone: 'Europe/Berlin',
      currency: 'EUR',
      expiry: { mode: 'never' },
    },
  ],
  apiKeys: [
    { key: 'key-of-berlin', stores: ['berlin', 'patient'] },
    { key: 'key-of-new-york', stores: ['new york/1'] },
  ],
  employees: [
    { number: '100', name: 'Ada', password: 'correct horse', role: 'supervisor', stores: ['berlin', 'patient'] },
    { number: '101', name: 'Ben', password: 'battery', role: 'supervisor', stores: ['berlin', 'patient'] },
    { number: '200', name: 'Vic', password: 'viewer pw', role: 'viewer', stores: ['berlin', 'patient'] },
    { number: '300', name: 'Nia', password: 'apple', role: 'manager', stores: ['new york/1'] },
  ],
})

const keys: Record<string, string> = {
  berlin: 'key-of-berlin',
  patient: 'key-of-berlin',
  'new york/1': 'key-of-new-york',
}
const passwords = new Map(bootstrap.employees.map(({ number, password }) => [number, password]))

export interface Call {
  method?: string
  token?: string
  key?: string
  json?: unknown
  body?: string | Uint8Array
  headers?: Record<string, string>
}

export interface Console {
  token: string
  refreshToken: string
  deviceId: string
}

export interface TestMutation {
  id: string
  seq: number
  sessionId: string
  type: DecisionType | (string & {})
  payload: unknown
  storeId?: string
  occurredAt?: string
}

export interface TestBackend {
  backend: Backend
  database: Database
  clock: TestClock
  fetch(path: string, call?: Call): Promise<Response>
  /** Sends facts of a store and expects an answer. */
  send(storeId: string, events: unknown[]): Promise<z.infer<typeof eventsResponseSchema>>
  /** The session as the store's system reads it; its shape is checked. */
  session(storeId: string, sessionId: string): Promise<SessionDocument>
  signIn(employeeNumber: string, deviceId: string): Promise<Console>
  push(console: Console, mutations: TestMutation[]): Promise<z.infer<typeof pushResponseSchema>>
  pull(console: Console, storeId: string, since: number, limit?: number): Promise<z.infer<typeof changesPageSchema>>
  manifest(console: Console, storeId: string): Promise<z.infer<typeof manifestSchema>>
}

/** The problem document of a response with this status; checks its media type and shape. */
export async function problemIn(response: Response, status: number): Promise<Problem> {
  const text = await response.text()
  expect({ status: response.status, type: response.headers.get('content-type') }, text).toEqual({
    status,
    type: PROBLEM_MEDIA_TYPE,
  })
  return problemSchema.parse(JSON.parse(text))
}

async function answerOf<Schema extends z.ZodType>(response: Response, schema: Schema): Promise<z.output<Schema>> {
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return schema.parse(JSON.parse(text))
}

/** Starts a backend on an open database. Nothing expires until the test asks for it. */
export async function startTestBackend(database: Database, clock = testClock()): Promise<TestBackend> {
  const backend = await startBackend({ database, bootstrap, clock, expireEveryMs: null })
  const fetch: TestBackend['fetch'] = async (path, call = {}) => {
    const headers = new Headers(call.headers)
    if (call.token !== undefined) headers.set('authorization', `Bearer ${call.token}`)
    if (call.key !== undefined) headers.set('authorization', `ApiKey ${call.key}`)
    const body = call.json === undefined ? call.body : JSON.stringify(call.json)
    return backend.app.request(path, {
      method: call.method ?? (body === undefined ? 'GET' : 'POST'),
      headers,
      body: body as BodyInit | undefined,
    })
  }
  const store = (storeId: string) => encodeURIComponent(storeId)
  return {
    backend,
    database,
    clock,
    fetch,
    async send(storeId, events) {
      const response = await fetch(`/v1/stores/${store(storeId)}/events`, { key: keys[storeId], json: { events } })
      return answerOf(response, eventsResponseSchema)
    },
    async session(storeId, sessionId) {
      const path = `/v1/stores/${store(storeId)}/sessions/${encodeURIComponent(sessionId)}`
      return answerOf(await fetch(path, { key: keys[storeId] }), sessionDocumentSchema)
    },
    async signIn(employeeNumber, deviceId) {
      const json = { employeeNumber, password: passwords.get(employeeNumber), device: { id: deviceId, name: 'Test' } }
      const { accessToken, refreshToken } = await answerOf(
        await fetch('/v1/auth/sign-in', { json }),
        signInResponseSchema,
      )
      return { token: accessToken, refreshToken, deviceId }
    },
    async push({ token, deviceId }, mutations) {
      const json = {
        deviceId,
        mutations: mutations.map((mutation) => ({
          storeId: 'berlin',
          occurredAt: new Date(clock.now()).toISOString(),
          ...mutation,
        })),
      }
      return answerOf(await fetch('/v1/sync/mutations', { token, json }), pushResponseSchema)
    },
    async pull({ token }, storeId, since, limit) {
      const path = `/v1/sync/stores/${store(storeId)}/changes?since=${since}${limit === undefined ? '' : `&limit=${limit}`}`
      return changesPageSchema.parse(await answerOf(await fetch(path, { token }), changesResponseSchema))
    },
    async manifest({ token }, storeId) {
      return answerOf(await fetch(`/v1/sync/stores/${store(storeId)}/manifest`, { token }), manifestSchema)
    },
  }
}

/** Runs a suite on PGlite in memory and on a real PostgreSQL, each with one fresh backend. */
export function describeBackend(name: string, suite: (backend: () => TestBackend) => void): void {
  describe(`${name} on PGlite`, () => {
    let world: TestBackend | undefined
    beforeAll(async () => {
      world = await startTestBackend(await openPglite(undefined))
    })
    afterAll(() => world?.backend.close())
    suite(() => world ?? raiseUnstarted())
  })
  describe.skipIf(skipsPostgres)(`${name} on PostgreSQL`, () => {
    let server: PostgresServer | undefined
    let world: TestBackend | undefined
    beforeAll(async () => {
      server = await startPostgres()
      world = await startTestBackend(await openPostgres(await server.createDatabase('floorwalker')))
    })
    afterAll(async () => {
      await world?.backend.close()
      await server?.stop()
    })
    suite(() => world ?? raiseUnstarted())
  })
}

function raiseUnstarted(): never {
  throw new Error('the backend of this suite did not start')
}

let counter = 0

/** An id no other test of this run uses. */
export function freshId(prefix: string): string {
  counter++
  return `${prefix}-${counter}`
}

/** Days of all stores as they are kept, and as they are when counted anew. */
export async function keptAndCountedDays({ queries }: Database): Promise<{ kept: unknown[]; counted: unknown[] }> {
  const numbers = sql.raw('count::text, version::text, version_sum::text')
  const kept = await rowsOf(queries, sql`select store_id, date, ${numbers} from store_days order by store_id, date`)
  const counted = await rowsOf(
    queries,
    sql`select store_id, date, ${numbers} from (
          select store_id, local_date as date, count(*) as count, max(version) as version, sum(version) as version_sum
          from sessions group by store_id, local_date) as day
        order by store_id, date`,
  )
  return { kept, counted }
}

/** Builds facts of one session, a second apart unless told otherwise. */
export function factsOf(sessionId: string, start = START) {
  let at = start
  return {
    /** Milliseconds forward. */
    after(ms: number) {
      at += ms
      return this
    },
    fact(type: string, payload: Record<string, unknown> = {}) {
      at += 1_000
      return { id: freshId('event'), sessionId, type, at: new Date(at).toISOString(), ...payload }
    },
    started(client: unknown = 'sdk-android') {
      return this.fact('session.started', { client })
    },
    item(lineId: string, unitPrice = 250, quantity = 1) {
      return this.fact('item.added', { lineId, sku: `sku ${lineId}`, name: `Item ${lineId}`, quantity, unitPrice })
    },
    check(verificationId: string, kind = 'spot_check') {
      return this.fact('verification.required', { verificationId, kind, transactionId: 't1' })
    },
  }
}

/** Reads a stream of server-sent events until `enough` or until it ends. */
export async function readEvents(
  response: Response,
  enough: (events: { event: string; data: unknown }[]) => boolean,
): Promise<{ event: string; data: unknown }[]> {
  const events: { event: string; data: unknown }[] = []
  if (response.body === null) return events
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ''
  while (!enough(events)) {
    const { value, done } = await reader.read()
    if (done) return events
    buffer += value
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const block = buffer.slice(0, end)
      buffer = buffer.slice(end + 2)
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
      const event = field('event')
      if (event !== undefined) events.push({ event, data: JSON.parse(field('data') ?? 'null') })
    }
  }
  await reader.cancel()
  return events
}
