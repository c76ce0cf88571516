/** Real consoles (data service, Dexie) and one real backend in one process, with a network that can be cut. */
import 'fake-indexeddb/auto'
import type { StoreFactInput } from '#shared/protocol/integration.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { bootstrapSchema } from '#shared/protocol/store-settings.ts'
import { randomId, systemClock } from '#shared/time/clock.ts'
import { type Backend, startBackend } from '../src-backend/backend.ts'
import { openPglite } from '../src-backend/storage/open-database.ts'
import type { DataApi, DataStatus } from '../src-renderer/data/data-api.ts'
import { DataService } from '../src-renderer/data/data-service.ts'
import { ConsoleDatabase } from '../src-renderer/data/database.ts'

const ORIGIN = 'http://console.test'
export const API_KEY = 'key-of-the-lab'
export const STORE = 'berlin'

export const bootstrap = bootstrapSchema.parse({
  stores: [
    { id: STORE, name: 'Berlin', timezone: 'Europe/Berlin', currency: 'EUR', expiry: { mode: 'never' } },
    { id: 'london', name: 'London', timezone: 'Europe/London', currency: 'GBP' },
  ],
  apiKeys: [{ key: API_KEY, stores: [STORE, 'london'] }],
  employees: [
    { number: '100', name: 'Anna', password: 'anna', role: 'supervisor', stores: [STORE] },
    { number: '200', name: 'Ben', password: 'ben', role: 'supervisor', stores: [STORE] },
    { number: '300', name: 'Vera', password: 'vera', role: 'viewer', stores: [STORE] },
  ],
})

export interface LabConsole {
  data: DataApi
  status: () => DataStatus
  /** Resolves once the status satisfies the condition; rejects after a while with the last status. */
  until: (condition: (status: DataStatus) => boolean) => Promise<DataStatus>
  /** Cuts or mends this console's network. */
  setOnline: (online: boolean) => void
  /** Lets the backend act on the next call to this path, then loses the answer. */
  loseNextAnswer: (path: string) => void
}

export interface World {
  backend: Backend
  /** Lets time pass for the backend alone: tokens expire, sessions grow old. */
  advanceBackendClock: (ms: number) => void
  /** Posts facts as a store system. */
  post: (events: StoreFactInput[], storeId?: string) => Promise<void>
  read: (sessionId: string) => Promise<SessionDocument>
  openConsole: (databaseName: string) => Promise<LabConsole>
  close: () => Promise<void>
}

/** Starts a world on an in-memory database. */
export async function startWorld(): Promise<World> {
  let backendAheadMs = 0
  const clock = { ...systemClock, now: () => systemClock.now() + backendAheadMs }
  const database = await openPglite(undefined)
  const backend = await startBackend({ database, bootstrap, clock, expireEveryMs: null })
  const request = async (path: string, init: RequestInit) => backend.app.request(`${ORIGIN}${path}`, init)
  return {
    backend,
    advanceBackendClock: (ms) => {
      backendAheadMs += ms
    },
    post: async (events, storeId = STORE) => {
      const response = await request(`/v1/stores/${storeId}/events`, {
        method: 'POST',
        headers: { authorization: `ApiKey ${API_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ events }),
      })
      const { refused } = await response.json()
      if (refused.length > 0) throw new Error(JSON.stringify(refused))
    },
    read: async (sessionId) => {
      const response = await request(`/v1/stores/${STORE}/sessions/${sessionId}`, {
        headers: { authorization: `ApiKey ${API_KEY}` },
      })
      return response.json()
    },
    openConsole: (name) => openConsole(request, name),
    close: () => backend.close(),
  }
}

async function openConsole(
  request: (path: string, init: RequestInit) => Promise<Response>,
  databaseName: string,
): Promise<LabConsole> {
  const cookies = new Map<string, string>()
  let online = true
  let lose: string | null = null
  const data = new DataService({
    database: new ConsoleDatabase(databaseName),
    clock: systemClock,
    mintId: randomId,
    random: () => 0,
    leadership: () => Promise.resolve(),
    broadcast: () => undefined,
    fetch: async (path, init = {}) => {
      if (path.startsWith('/local/')) return new Response(null, { status: 404 })
      if (!online) throw new TypeError('network')
      const response = await request(path, {
        ...init,
        headers: {
          ...(init.headers as Record<string, string>),
          origin: ORIGIN,
          'sec-fetch-site': 'same-origin',
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        },
      })
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';')
        const at = pair.indexOf('=')
        cookies.set(pair.slice(0, at), pair.slice(at + 1))
      }
      if (lose !== null && path.startsWith(lose)) {
        lose = null
        throw new TypeError('the answer was lost')
      }
      return response
    },
  })
  let latest: DataStatus
  const listeners = new Set<() => void>()
  latest = await data.start((status) => {
    latest = status
    for (const listener of listeners) listener()
  })
  return {
    data,
    status: () => latest,
    setOnline: (value) => {
      online = value
    },
    loseNextAnswer: (path) => {
      lose = path
    },
    until: (condition) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!condition(latest)) return
          clearTimeout(timer)
          listeners.delete(check)
          resolve(latest)
        }
        const timer = setTimeout(() => {
          listeners.delete(check)
          reject(new Error(`still not so: ${JSON.stringify({ ...latest, identity: undefined })}`))
        }, 15_000)
        listeners.add(check)
        check()
      }),
  }
}
