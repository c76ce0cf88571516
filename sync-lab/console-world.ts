/** Real consoles (data service, Dexie) and one real backend in one process, with a network that can be cut. */
import 'fake-indexeddb/auto'
import type { StoreFactInput } from '#shared/protocol/integration.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { bootstrapSchema } from '#shared/protocol/store-settings.ts'
import { randomId, systemClock } from '#shared/time/clock.ts'
import { type Backend, startBackend } from '../src-backend/backend.ts'
import { openPglite } from '../src-backend/storage/open-database.ts'
import { Journal } from '../src-main/journal.ts'
import { createLocalApi } from '../src-main/local-api.ts'
import type { MemoryFolder } from '../src-main/testing/memory-folder.ts'
import type { DataStatus, WorkerApi } from '../src-renderer/data/data-api.ts'
import { DataService } from '../src-renderer/data/data-service.ts'
import { ConsoleDatabase } from '../src-renderer/data/database.ts'

const ORIGIN = 'http://console.test'
export const API_KEY = 'key-of-the-lab'
export const STORE = 'berlin'
/** Unpaid sessions of this store expire. */
export const EXPIRING_STORE = 'paris'

export const bootstrap = bootstrapSchema.parse({
  stores: [
    { id: STORE, name: 'Berlin', timezone: 'Europe/Berlin', currency: 'EUR', expiry: { mode: 'never' } },
    { id: 'london', name: 'London', timezone: 'Europe/London', currency: 'GBP' },
    {
      id: EXPIRING_STORE,
      name: 'Paris',
      timezone: 'Europe/Paris',
      currency: 'EUR',
      expiry: { mode: 'inactivity', inactivityMinutes: 10 },
    },
  ],
  apiKeys: [{ key: API_KEY, stores: [STORE, 'london', EXPIRING_STORE] }],
  employees: [
    { number: '100', name: 'Anna', password: 'anna', role: 'supervisor', stores: [STORE] },
    { number: '200', name: 'Ben', password: 'ben', role: 'supervisor', stores: [STORE] },
    { number: '300', name: 'Vera', password: 'vera', role: 'viewer', stores: [STORE] },
    { number: '400', name: 'Dora', password: 'dora', role: 'supervisor', stores: [EXPIRING_STORE] },
    { number: '500', name: 'Emil', password: 'emil', role: 'supervisor', stores: [EXPIRING_STORE] },
    { number: '600', name: 'Mira', password: 'mira', role: 'manager', stores: [STORE] },
  ],
})

export interface LabConsole {
  data: WorkerApi
  status: () => DataStatus
  /** Resolves once the status satisfies the condition; rejects after a while with the last status. */
  until: (condition: (status: DataStatus) => boolean) => Promise<DataStatus>
  /** Cuts or mends this console's network. */
  setOnline: (online: boolean) => void
  /** Lets the backend act on the next call to this path, then loses the answer. */
  loseNextAnswer: (path: string) => void
  /** Opened with the same name (and journal folder) by the next `openConsole`. */
  database: ConsoleDatabase
  /** Bytes that the browser says are left. */
  setRoom: (bytes: number) => void
}

/** A PC with the desktop app: the folder of its journal, which outlives the consoles opened on it. */
export interface Desktop {
  journalFolder: MemoryFolder
  /** The main process has a refresh token (here: the cookies of the PC). */
  hasSignIn?: boolean
}

export interface World {
  backend: Backend
  /** Lets time pass for the backend alone: tokens expire, sessions grow old. */
  advanceBackendClock: (ms: number) => void
  /** Posts facts as a store system. */
  post: (events: StoreFactInput[], storeId?: string) => Promise<void>
  read: (sessionId: string, storeId?: string) => Promise<SessionDocument>
  /** In a browser, or on a desktop. */
  openConsole: (databaseName: string, desktop?: Desktop) => Promise<LabConsole>
  close: () => Promise<void>
}

/** Starts a world on an in-memory database. */
export async function startWorld(): Promise<World> {
  let backendAheadMs = 0
  const clock = { ...systemClock, now: () => systemClock.now() + backendAheadMs }
  const database = await openPglite(undefined)
  const backend = await startBackend({ database, bootstrap, clock, expireEveryMs: null })
  /** By database name: sign-ins outlive the consoles opened on a PC. */
  const cookieJars = new Map<string, Map<string, string>>()
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
    read: async (sessionId, storeId = STORE) => {
      const response = await request(`/v1/stores/${storeId}/sessions/${sessionId}`, {
        headers: { authorization: `ApiKey ${API_KEY}` },
      })
      return response.json()
    },
    openConsole: (name, desktop) => {
      const cookies = cookieJars.get(name) ?? new Map<string, string>()
      cookieJars.set(name, cookies)
      return openConsole(request, cookies, name, desktop)
    },
    close: () => backend.close(),
  }
}

/** The main process of a desktop, as far as the journal is concerned. */
async function openLocal({
  journalFolder,
  hasSignIn = false,
}: Desktop): Promise<(request: Request) => Promise<Response>> {
  const journal = await Journal.open({ folder: journalFolder, mintId: randomId })
  return createLocalApi({
    journal: async () => journal,
    info: () => ({
      appVersion: '0',
      deviceName: 'Lab',
      backendUrl: ORIGIN,
      canKeepSignIn: true,
      hasSignIn,
      demo: null,
    }),
    freeDiskBytes: async () => null,
    setBackendUrl: async () => undefined,
    fetch: async () => new Response(null, { status: 404 }),
  })
}

async function openConsole(
  request: (path: string, init: RequestInit) => Promise<Response>,
  cookies: Map<string, string>,
  databaseName: string,
  desktop?: Desktop,
): Promise<LabConsole> {
  const local = desktop === undefined ? null : await openLocal(desktop)
  const database = new ConsoleDatabase(databaseName)
  let room = Number.MAX_SAFE_INTEGER
  let online = true
  let lose: string | null = null
  const data = new DataService({
    database,
    clock: systemClock,
    mintId: randomId,
    random: () => 0,
    storage: { estimate: async () => ({ usedBytes: 0, quotaBytes: room }), persisted: async () => true },
    leadership: () => Promise.resolve(),
    broadcast: () => undefined,
    fetch: async (path, init = {}) => {
      if (path.startsWith('/local/')) {
        return local === null ? new Response(null, { status: 404 }) : local(new Request(ORIGIN + path, init))
      }
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
    database,
    setRoom: (bytes) => {
      room = bytes
    },
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
