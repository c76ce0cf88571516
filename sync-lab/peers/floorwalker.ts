/** Floorwalker's own data service under the fault script: in a browser (IndexedDB alone) and on the desktop (with journal). */
import { IDBKeyRange } from 'fake-indexeddb'
import { bootstrapSchema } from '#shared/protocol/store-settings.ts'
import { ACCESS_TOKEN_LIFETIME_MS } from '#shared/protocol/sync.ts'
import { type Clock, randomId, systemClock } from '#shared/time/clock.ts'
import { type Backend, startBackend } from '../../src-backend/backend.ts'
import { openPglite } from '../../src-backend/storage/open-database.ts'
import { JOURNAL_FILE, Journal } from '../../src-main/journal.ts'
import { createLocalApi } from '../../src-main/local-api.ts'
import { MemoryFolder } from '../../src-main/testing/memory-folder.ts'
import { DataService, type WindowMessage } from '../../src-renderer/data/data-service.ts'
import { ConsoleDatabase } from '../../src-renderer/data/database.ts'
import { type ConsoleWindow, type Contender, Life, Line, NotApplicable, type Pc } from './contender.ts'
import { FaultyIndexedDb } from './faulty-indexeddb.ts'

const ORIGIN = 'http://console.test'
const STORE = 'berlin'
const API_KEY = 'key-of-the-peers'
const EMPLOYEE = '100'
const PASSWORD = 'anna'
const POLL_MS = 20
const START_PATIENCE_MS = 15_000

const bootstrap = bootstrapSchema.parse({
  stores: [{ id: STORE, name: 'Berlin', timezone: 'Europe/Berlin', currency: 'EUR', expiry: { mode: 'never' } }],
  apiKeys: [{ key: API_KEY, stores: [STORE] }],
  employees: [{ number: EMPLOYEE, name: 'Anna', password: PASSWORD, role: 'supervisor', stores: [STORE] }],
})

/** A contender with one backend for all its PCs: each has a session of its own to decide on. */
export async function floorwalker(kind: 'browser' | 'desktop'): Promise<Contender> {
  let aheadMs = 0
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + aheadMs }
  const backend = await startBackend({
    database: await openPglite(undefined),
    bootstrap,
    clock,
    expireEveryMs: null,
  })
  const passTime = (ms: number) => {
    aheadMs += ms
  }
  return {
    name: `Floorwalker, ${kind}`,
    startPc: async () => {
      const pc = new FloorwalkerPc(kind, backend, passTime)
      await pc.prepare()
      return pc
    },
    end: () => backend.close(),
  }
}

class FloorwalkerPc implements Pc {
  readonly line = new Line()
  readonly windows: FloorwalkerWindow[] = []
  readonly cookies = new Map<string, string>()
  readonly sessionId = randomId()
  private readonly databaseName = `floorwalker-${randomId()}`
  private readonly order: string[] = []
  private clockOffsetMs = 0
  private idb = new FaultyIndexedDb()
  private journalFolder = new MemoryFolder()
  private local: ((request: Request) => Promise<Response>) | null = null
  private leader: FloorwalkerWindow | null = null
  private readonly wouldLead: { window: FloorwalkerWindow; lead: () => void }[] = []

  constructor(
    readonly kind: 'browser' | 'desktop',
    private readonly backend: Backend,
    private readonly passTime: (ms: number) => void,
  ) {}

  /** Posts the session that the decisions are about. */
  async prepare(): Promise<void> {
    const at = new Date(systemClock.now() - 60_000).toISOString()
    const event = { id: randomId(), sessionId: this.sessionId, type: 'session.started', at, client: 'matrix' }
    await this.request(`/v1/stores/${STORE}/events`, {
      method: 'POST',
      headers: { authorization: `ApiKey ${API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events: [event] }),
    })
  }

  async open(): Promise<ConsoleWindow> {
    if (this.kind === 'desktop') this.local ??= await this.startMain()
    const window = new FloorwalkerWindow(this, this.openDatabase())
    this.windows.push(window)
    await window.start()
    return window
  }

  moveClock(ms: number): void {
    this.clockOffsetMs += ms
  }

  endToken(how: 'renewable' | 'person_needed'): void {
    if (how === 'renewable') this.passTime(ACCESS_TOKEN_LIFETIME_MS + 1_000)
    else this.cookies.clear()
  }

  async signInAgain(window: ConsoleWindow): Promise<void> {
    await (window as FloorwalkerWindow).signIn()
  }

  setFull(full: boolean): void {
    this.idb.full = full
  }

  async damageOneEntry(where: 'indexeddb' | 'journal'): Promise<void> {
    if (where === 'indexeddb') {
      const database = this.openDatabase()
      const row = await database.outbox.toCollection().first()
      // What a half-written record looks like to whoever reads it.
      await database.outbox.update(row?.id ?? '', { mutation: undefined })
      database.close()
      return
    }
    if (this.kind === 'browser') throw new NotApplicable()
    const bytes = Buffer.from((await this.journalFolder.read(JOURNAL_FILE)) ?? [])
    const text = bytes.toString()
    const at = text.indexOf('"note.add"')
    await this.journalFolder.write(JOURNAL_FILE, Buffer.from(`${text.slice(0, at)}#${text.slice(at + 1)}`))
  }

  async deleteIndexedDb(): Promise<void> {
    this.idb = new FaultyIndexedDb()
  }

  async taken() {
    const response = await this.request(`/v1/stores/${STORE}/sessions/${this.sessionId}`, {
      headers: { authorization: `ApiKey ${API_KEY}` },
    })
    const { notes } = (await response.json()) as { notes: { text: string }[] }
    const times = new Map<string, number>()
    for (const { text } of notes) times.set(text, (times.get(text) ?? 0) + 1)
    return { order: this.order.filter((text) => times.has(text)), times }
  }

  clock(): Clock {
    return { ...systemClock, now: () => systemClock.now() + this.clockOffsetMs }
  }

  leadership(window: FloorwalkerWindow): Promise<void> {
    return new Promise((lead) => {
      this.wouldLead.push({ window, lead })
      this.passLeadership()
    })
  }

  broadcast(from: FloorwalkerWindow, message: WindowMessage): void {
    for (const window of this.windows) if (window !== from) window.hear(structuredClone(message))
  }

  /** A window is gone; with the last one the app is. */
  gone(window: FloorwalkerWindow, how: 'closed' | 'died'): void {
    if (how === 'died') this.idb.crash()
    this.windows.splice(this.windows.indexOf(window), 1)
    if (this.leader === window) this.leader = null
    this.passLeadership()
    if (this.windows.length > 0) return
    this.local = null
    if (how === 'died') this.journalFolder = this.journalFolder.afterCrash(() => 0)
  }

  /** A call of a window: `/local/…` to the main process, `/api/…` over the line, with cookies as a browser sends them. */
  async fetch(life: Life, path: string, init: RequestInit = {}): Promise<Response> {
    if (path.startsWith('/local/')) {
      const { local } = this
      if (local === null) return new Response(null, { status: 404 })
      return life.of(() => local(new Request(ORIGIN + path, { ...init, signal: null })))
    }
    return this.line.carry(life, async () => {
      const response = await this.request(path, {
        ...init,
        headers: {
          ...(init.headers as Record<string, string>),
          origin: ORIGIN,
          'sec-fetch-site': 'same-origin',
          cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        },
      })
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = ''] = cookie.split(';')
        const at = pair.indexOf('=')
        this.cookies.set(pair.slice(0, at), pair.slice(at + 1))
      }
      if (path === '/api/v1/sync/mutations' && response.ok) this.note(String(init.body))
      return response
    })
  }

  private note(push: string): void {
    const { mutations } = JSON.parse(push) as { mutations: { payload: { text: string } }[] }
    for (const { payload } of mutations) if (!this.order.includes(payload.text)) this.order.push(payload.text)
  }

  private async request(path: string, init: RequestInit): Promise<Response> {
    return this.backend.app.request(ORIGIN + path, init)
  }

  private openDatabase(): ConsoleDatabase {
    return new ConsoleDatabase(this.databaseName, { indexedDB: this.idb.factory, IDBKeyRange })
  }

  private async startMain() {
    const journal = await Journal.open({ folder: this.journalFolder, mintId: randomId })
    return createLocalApi({
      fetch: async () => new Response(null, { status: 404 }),
      journal: async () => journal,
      freeDiskBytes: async () => null,
      info: () => ({
        appVersion: '0',
        deviceName: 'Peers',
        backendUrl: ORIGIN,
        canKeepSignIn: false,
        hasSignIn: false,
        demo: null,
      }),
      setBackendUrl: async () => undefined,
    })
  }

  private passLeadership(): void {
    while (this.leader === null) {
      const next = this.wouldLead.shift()
      if (next === undefined) return
      if (!this.windows.includes(next.window)) continue
      this.leader = next.window
      next.lead()
    }
  }
}

class FloorwalkerWindow implements ConsoleWindow {
  readonly toldLater: string[] = []
  private readonly life = new Life()
  private readonly data: DataService
  private signedIn = false
  private contact = false

  constructor(
    private readonly pc: FloorwalkerPc,
    private readonly database: ConsoleDatabase,
  ) {
    this.data = new DataService({
      database,
      fetch: (path, init) => pc.fetch(this.life, path, init),
      clock: pc.clock(),
      mintId: randomId,
      random: () => 0.5,
      storage: { estimate: async () => null, persisted: async () => null },
      leadership: () => pc.leadership(this),
      broadcast: (message) => {
        if (this.life.alive) pc.broadcast(this, message)
      },
    })
  }

  async start(): Promise<void> {
    const take = (status: Awaited<ReturnType<DataService['start']>>) => {
      this.signedIn = status.identity !== null
      this.contact = status.lastContactAt[STORE] !== undefined
    }
    take(await this.data.start(take))
    // An employee who is not known here signs in, once the network allows it.
    if (!this.signedIn && this.pc.line.up) await this.signIn()
    for (let waited = 0; this.pc.line.up && !this.contact && waited < START_PATIENCE_MS; waited += POLL_MS) {
      await new Promise((done) => setTimeout(done, POLL_MS))
    }
  }

  async signIn(): Promise<void> {
    const outcome = await this.data.signIn(EMPLOYEE, PASSWORD)
    if (!outcome.ok) throw new Error(`sign-in: ${outcome.message}`)
  }

  async decide(text: string): Promise<boolean> {
    const outcome = await this.data.decide(STORE, this.pc.sessionId, { type: 'note.add', payload: { text } })
    return outcome.ok
  }

  async waiting(): Promise<string[]> {
    if (!this.life.alive) return []
    const view = await this.data.session(STORE, this.pc.sessionId)
    return (view?.unsent ?? []).flatMap(({ decision }) => (decision.type === 'note.add' ? [decision.payload.text] : []))
  }

  networkIsBack(): void {
    // The console asks the backend itself and never the browser; a person may press "Sync now".
    void this.data.syncNow()
  }

  hear(message: WindowMessage): void {
    void this.data.hear(message)
  }

  close(): void {
    this.end('closed')
  }

  die(): void {
    this.end('died')
  }

  private end(how: 'closed' | 'died'): void {
    this.life.alive = false
    this.pc.gone(this, how)
    this.database.close()
  }
}
