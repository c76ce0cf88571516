/**
 * One PC of the simulated world, with the product's own code on it: main process (journal, sign-in, proxy) and windows
 * (data service over Dexie). It can be killed, put to sleep, filled up and wiped. A PC may also be a mere browser.
 */
import { IDBKeyRange } from 'fake-indexeddb'
import type { Clock } from '#shared/time/clock.ts'
import type { Random } from '../simulator/random.ts'
import { ApiProxy } from '../src-main/api-proxy.ts'
import type { DurableFolder } from '../src-main/durable-folder.ts'
import { Journal } from '../src-main/journal.ts'
import { createLocalApi } from '../src-main/local-api.ts'
import { problemResponse } from '../src-main/problem-response.ts'
import { SignInKeeper } from '../src-main/sign-in-keeper.ts'
import { MemoryFolder } from '../src-main/testing/memory-folder.ts'
import type { DataStatus } from '../src-renderer/data/data-api.ts'
import { DataService, type ServicePorts, type WindowMessage } from '../src-renderer/data/data-service.ts'
import { ConsoleDatabase, type CursorRow, type OutboxRow, type SessionRow } from '../src-renderer/data/database.ts'
import { Line, type Network } from './network.ts'
import type { PlantedBug } from './planted-bugs.ts'
import { SimulatedIndexedDb } from './simulated-indexeddb.ts'
import { Owner, type VirtualTime } from './virtual-time.ts'

const BACKEND_URL = 'http://backend.lab'
const APP_ORIGIN = 'app://floorwalker'
const EVENT_STREAM = 'text/event-stream'
const QUOTA_BYTES = 2 ** 31

export interface PcSetup {
  kind: 'desktop' | 'browser'
  /** Whether the OS can keep the refresh token. */
  keepsSignIn: boolean
  windows: number
  /** Wall clock minus true time, milliseconds. */
  skewMs: number
}

/** What the world gives to each PC. */
export interface PcWorld {
  time: VirtualTime
  network: Network
  /** True time, UTC milliseconds. */
  trueNow: () => number
  randomFor: (purpose: string) => Random
  note: (text: string) => void
  /** Tells every status a window shows. */
  onStatus: (pc: SimulatedPc, window: LabWindow, status: DataStatus) => void
  plant: PlantedBug | null
  /** Makes database names of this run its own: Dexie keeps some state by name. */
  runName: string
}

/** The result of something a person started in a window; it never comes where the window dies. */
export interface Pending<Value> {
  state: 'running' | 'done' | 'failed'
  value: Value | null
  error: unknown
}

export class LabWindow {
  status: DataStatus | null = null
  /** Hears the next id that this window mints. */
  onMint: ((id: string) => void) | null = null

  constructor(
    readonly owner: Owner,
    readonly data: DataService,
    readonly database: ConsoleDatabase,
    private readonly time: VirtualTime,
  ) {}

  get isReady(): boolean {
    return this.owner.alive && this.status !== null
  }

  /** Starts something in the window. */
  start<Value>(work: (data: DataService) => Promise<Value>): Pending<Value> {
    const pending: Pending<Value> = { state: 'running', value: null, error: null }
    this.time.post(this.owner, () => {
      work(this.data).then(
        (value) => Object.assign(pending, { state: 'done', value }),
        (error) => Object.assign(pending, { state: 'failed', error }),
      )
    })
    return pending
  }
}

interface MainProcess {
  owner: Owner
  proxy: ApiProxy
  local: (request: Request) => Promise<Response>
  journal: () => Promise<Journal>
}

export class SimulatedPc {
  readonly name: string
  readonly line = new Line()
  readonly idb: SimulatedIndexedDb
  readonly windows: LabWindow[] = []
  state: 'off' | 'on' = 'off'
  wallOffsetMs: number
  /** Bytes that fit into its folders; null without limit. */
  diskSpace: number | null = null
  /** Reported to the console as almost full. */
  lowStorage = false
  protocolVersion = '1'
  journalFolder = new MemoryFolder()
  settingsFolder = new MemoryFolder()
  openedJournal: Journal | null = null
  /** IndexedDB had no room for a while, so the journal may know more. */
  wasFull = false
  /** IndexedDB was deleted once: what only it remembered (refusals of decisions long settled) is gone. */
  databaseDeleted = false
  readonly #world: PcWorld
  /** Every process of the running app, those included that are still starting. */
  readonly #processes = new Set<Owner>()
  readonly #cookies = new Map<'access' | 'refresh', string>()
  #main: MainProcess | null = null
  #bootedAt = 0
  #sleptMs = 0
  #asleepSince: number | null = null
  #minted = 0
  #windowsOpened = 0
  #lock: { holder: Owner | null; waiting: { owner: Owner; grant: () => void }[] } = { holder: null, waiting: [] }

  constructor(
    readonly index: number,
    readonly setup: PcSetup,
    world: PcWorld,
  ) {
    this.name = `pc${index}`
    this.#world = world
    this.wallOffsetMs = setup.skewMs
    this.idb = new SimulatedIndexedDb(world.time, this.name, world.randomFor(`${this.name}.disk`))
  }

  get databaseName(): string {
    return `${this.#world.runName}-${this.name}`
  }

  get isAsleep(): boolean {
    return this.#asleepSince !== null
  }

  get readyWindows(): LabWindow[] {
    return this.windows.filter((window) => window.isReady)
  }

  get hasSeveralWindows(): boolean {
    return this.#windowsOpened > 1
  }

  /** Rows of the outbox as they stand in IndexedDB. */
  outbox(): OutboxRow[] {
    return this.idb.peek(this.databaseName, 'outbox') as OutboxRow[]
  }

  cursors(): CursorRow[] {
    return this.idb.peek(this.databaseName, 'cursors') as CursorRow[]
  }

  keptDocuments(): SessionRow[] {
    return this.idb.peek(this.databaseName, 'sessions') as SessionRow[]
  }

  /** Employees who have decisions waiting in outbox or journal. */
  ownersOfUnsent(): string[] {
    const entries = [...this.outbox(), ...(this.openedJournal?.entries() ?? [])]
    return [...new Set(entries.map((entry) => entry.employeeNumber))]
  }

  /** Which of the ids a browser has stored a decision under. */
  storedIdOf(ids: readonly string[]): string | undefined {
    if (this.setup.kind === 'desktop') return ids[0]
    const stored = ['outbox', 'sent', 'results'].flatMap((table) => this.idb.peek(this.databaseName, table))
    return ids.find((id) => stored.some((row) => (row as { id: string }).id === id))
  }

  /** For whom a decision waits in outbox or journal. */
  ownerOf(id: string): string | undefined {
    const entries = [...this.outbox(), ...(this.openedJournal?.entries() ?? [])]
    return entries.find((entry) => entry.mutation.id === id)?.employeeNumber
  }

  /** The folder of the journal is gone; only while the PC is off. */
  loseJournal(): void {
    this.journalFolder = new MemoryFolder()
  }

  /** Starts the app with one window, or as many as asked. */
  boot(windows = 1): void {
    if (this.state === 'on') return
    const { time } = this.#world
    this.state = 'on'
    this.line.protocolVersion = this.protocolVersion === '1' ? null : this.protocolVersion
    this.#bootedAt = time.now
    this.#sleptMs = 0
    this.#lock = { holder: null, waiting: [] }
    const open = () => {
      for (let count = 0; count < windows; count += 1) this.openWindow()
    }
    if (this.setup.kind === 'browser') {
      open()
      return
    }
    const owner = this.#process('main')
    time.post(owner, () => {
      void this.#startMain(owner).then((main) => {
        this.#main = main
        open()
      })
    })
  }

  openWindow(): void {
    if (this.state === 'off') return
    const { time, plant, note } = this.#world
    this.#windowsOpened += 1
    const owner = this.#process(`window${this.#windowsOpened}`)
    time.post(owner, () => {
      const Database = plant?.Database ?? ConsoleDatabase
      const database = new Database(this.databaseName, { indexedDB: this.idb.factoryFor(owner), IDBKeyRange })
      const ports = this.#portsOf(owner, database)
      const data = new DataService(plant?.ports?.(ports) ?? ports)
      const window = new LabWindow(owner, data, database, time)
      this.windows.push(window)
      const take = (status: DataStatus) => {
        window.status = status
        this.#world.onStatus(this, window, status)
      }
      // Statuses before the first answer are of a console that has not read its storage yet.
      data
        .start((status) => {
          if (window.status !== null) take(status)
        })
        .then(take, (error) => note(`${owner.name} did not start: ${error}`))
    })
  }

  /** Closes one window, as a person does or a crash of its process. */
  closeWindow(window: LabWindow): void {
    window.owner.die()
    this.windows.splice(this.windows.indexOf(window), 1)
    this.idb.closed(window.owner)
    if (this.#lock.holder === window.owner) this.#grantLock()
  }

  /** Everything of this PC stops at once. What was not synced may be gone; what IndexedDB had not committed is. */
  kill(pick: (below: number) => number): void {
    if (this.state === 'off') return
    this.#stop()
    this.journalFolder = this.journalFolder.afterCrash(pick)
    this.settingsFolder = this.settingsFolder.afterCrash(pick)
    this.applyDiskSpace()
  }

  /** The app is quit; the files stay as they are. */
  quit(): void {
    this.#stop()
  }

  /** Applies `diskSpace` to the folders. */
  applyDiskSpace(): void {
    for (const folder of [this.journalFolder, this.settingsFolder]) {
      folder.space = this.diskSpace ?? Number.POSITIVE_INFINITY
    }
  }

  sleep(): void {
    if (this.state === 'off' || this.#asleepSince !== null) return
    this.#asleepSince = this.#world.time.now
    for (const breakStream of [...this.line.breakStreams]) breakStream()
    for (const owner of [...this.#processes]) owner.asleep = true
  }

  wake(): void {
    if (this.#asleepSince === null) return
    this.#sleptMs += this.#world.time.now - this.#asleepSince
    this.#asleepSince = null
    for (const owner of [...this.#processes]) owner.asleep = false
  }

  /** Drops what Dexie keeps of windows; the PC is not used again. */
  dispose(): void {
    const databases = this.windows.map((window) => window.database)
    this.#stop()
    for (const database of databases) database.close()
  }

  #process(name: string): Owner {
    const owner = new Owner(`${this.name}.${name}`)
    this.#processes.add(owner)
    owner.onDeath.add(() => this.#processes.delete(owner))
    return owner
  }

  #stop(): void {
    this.wake()
    for (const owner of [...this.#processes]) owner.die()
    this.#main = null
    this.openedJournal = null
    this.windows.splice(0)
    this.idb.crashed()
    this.line.breakStreams.clear()
    this.state = 'off'
  }

  async #startMain(owner: Owner): Promise<MainProcess> {
    const { network } = this.#world
    const settings = withLatency(this.#world.time, owner, () => this.settingsFolder)
    const box = this.setup.keepsSignIn
      ? {
          encrypt: async (text: string) => Buffer.from(text),
          decrypt: async (bytes: Uint8Array) => Buffer.from(bytes).toString(),
        }
      : null
    const signIn = await SignInKeeper.open(settings, box)
    const fetch = (url: string, init: RequestInit) =>
      network.fetch(this.line, owner, url.slice(BACKEND_URL.length), init)
    const proxy = new ApiProxy({ fetch, backendUrl: () => BACKEND_URL, signIn })
    const mintId = () => this.#mint('main')
    let opening: Promise<Journal> | null = null
    const journal = () => {
      const folder = withLatency(this.#world.time, owner, () => this.journalFolder)
      opening ??= Journal.open({ folder, mintId, compactAfter: 3 }).then(
        (opened) => {
          this.openedJournal = opened
          return opened
        },
        (error) => {
          opening = null
          throw error
        },
      )
      return opening
    }
    const local = createLocalApi({
      fetch,
      journal,
      freeDiskBytes: async () => this.diskSpace,
      info: () => ({
        appVersion: '0.0.0-lab',
        deviceName: this.name,
        backendUrl: BACKEND_URL,
        canKeepSignIn: signIn.canKeep,
        hasSignIn: signIn.refreshToken(BACKEND_URL) !== null,
        demo: null,
      }),
      setBackendUrl: async () => undefined,
    })
    return { owner, proxy, local, journal }
  }

  #portsOf(owner: Owner, database: ConsoleDatabase): ServicePorts {
    const { time, randomFor } = this.#world
    const random = randomFor(owner.name)
    const fetch =
      this.setup.kind === 'browser'
        ? (path: string, init?: RequestInit) => this.#browserFetch(owner, path, init)
        : (path: string, init?: RequestInit) => this.#desktopFetch(owner, path, init)
    return {
      database,
      fetch,
      clock: this.clock(),
      mintId: () => {
        const id = this.#mint('window')
        const window = this.windows.find((candidate) => candidate.owner === owner)
        window?.onMint?.(id)
        return id
      },
      random: () => random.next(),
      storage: {
        estimate: async () => ({ usedBytes: this.lowStorage ? QUOTA_BYTES - 1 : 2 ** 20, quotaBytes: QUOTA_BYTES }),
        persisted: async () => true,
      },
      leadership: () =>
        new Promise((lead) => {
          this.#lock.waiting.push({ owner, grant: () => time.post(owner, lead) })
          if (this.#lock.holder === null) this.#grantLock()
        }),
      broadcast: (message) => this.#broadcast(owner, message),
    }
  }

  /** The clocks of this PC. Its monotonic clock stands still while it sleeps, as Linux's does. */
  clock(): Clock {
    const { time, trueNow } = this.#world
    return { now: () => trueNow() + this.wallOffsetMs, monotonic: () => time.now - this.#bootedAt - this.#sleptMs }
  }

  #mint(room: string): string {
    this.#minted += 1
    return `${this.name}-${room}-${this.#minted}`
  }

  #grantLock(): void {
    const next = this.#lock.waiting.shift()
    this.#lock.holder = next?.owner ?? null
    if (next === undefined) return
    if (next.owner.alive) next.grant()
    else this.#grantLock()
  }

  #broadcast(from: Owner, message: WindowMessage): void {
    for (const window of this.windows) {
      if (window.owner === from) continue
      const copy = structuredClone(message)
      this.#world.time.post(window.owner, () => void window.data.hear(copy))
    }
  }

  /** Through the main process, as a call to the app's own scheme goes. */
  #desktopFetch(owner: Owner, path: string, init: RequestInit = {}): Promise<Response> {
    const { time } = this.#world
    const main = this.#main
    return new Promise((resolve, reject) => {
      if (main === null || !owner.alive) return
      init.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))
      time.post(main.owner, () => {
        const { signal: _signal, ...passed } = init
        const request = new Request(APP_ORIGIN + path, passed)
        const answered = path.startsWith('/api/') ? main.proxy.handle(request) : main.local(request)
        void answered.then(async (response) => {
          const headers = new Headers(response.headers)
          const isStream = response.ok && headers.get('content-type')?.startsWith(EVENT_STREAM)
          const body = isStream
            ? this.#passStream(main.owner, owner, response, init.signal ?? null)
            : await bodyOf(response)
          time.post(owner, () => resolve(new Response(body, { status: response.status, headers })))
        })
      })
    })
  }

  #passStream(main: Owner, owner: Owner, response: Response, signal: AbortSignal | null): ReadableStream<Uint8Array> {
    const { time } = this.#world
    const reader = response.body?.getReader()
    const cancel = () => time.post(main, () => void reader?.cancel().catch(() => undefined))
    owner.onDeath.add(cancel)
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        let open = true
        const deliver = (act: () => void) =>
          time.post(owner, () => {
            if (open) act()
          })
        const end = () => {
          open = false
          controller.close()
        }
        signal?.addEventListener('abort', () => {
          if (open) controller.error(new DOMException('aborted', 'AbortError'))
          open = false
          cancel()
        })
        const pump = async () => {
          for (;;) {
            const chunk = await reader?.read().catch(() => undefined)
            if (chunk === undefined || chunk.done) return deliver(end)
            deliver(() => controller.enqueue(chunk.value))
          }
        }
        time.post(main, () => void pump())
      },
      cancel,
    })
  }

  /** Straight to the backend; its cookies are simplified to two tokens that the page never sees. */
  async #browserFetch(owner: Owner, path: string, init: RequestInit = {}): Promise<Response> {
    if (path.startsWith('/local/')) return problemResponse('not_found')
    const target = path.slice('/api'.length)
    const headers = new Headers(init.headers)
    const access = this.#cookies.get('access')
    if (access !== undefined) headers.set('authorization', `Bearer ${access}`)
    let body = init.body ?? null
    const refreshes = target === '/v1/auth/refresh'
    if (refreshes) {
      const refreshToken = this.#cookies.get('refresh')
      if (refreshToken === undefined) return problemResponse('unauthorized')
      body = JSON.stringify({ ...(typeof body === 'string' ? JSON.parse(body) : {}), refreshToken })
    }
    const response = await this.#world.network.fetch(this.line, owner, target, { ...init, headers, body })
    if (target === '/v1/auth/sign-out' && response.ok) this.#cookies.clear()
    if (refreshes && response.status === 401) this.#cookies.clear()
    if (!response.ok || !(refreshes || target === '/v1/auth/sign-in')) return response
    const text = await response.text()
    if (!text.startsWith('{')) return new Response(text, response)
    const { accessToken, refreshToken, ...identity } = JSON.parse(text)
    this.#cookies.set('access', accessToken)
    this.#cookies.set('refresh', refreshToken)
    return new Response(JSON.stringify(identity), response)
  }
}

async function bodyOf(response: Response): Promise<ArrayBuffer | null> {
  const bytes = await response.arrayBuffer()
  return bytes.byteLength === 0 ? null : bytes
}

/** Each operation takes tasks of its own, so that other things happen before and after it, a crash included. */
function withLatency(time: VirtualTime, owner: Owner, folder: () => MemoryFolder): DurableFolder {
  const slow = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    await new Promise<void>((done) => time.post(owner, done))
    const value = await work()
    await new Promise<void>((done) => time.post(owner, done))
    return value
  }
  return {
    read: (name) => slow(() => folder().read(name)),
    write: (name, bytes) => slow(() => folder().write(name, bytes)),
    rename: (from, to) => slow(() => folder().rename(from, to)),
    remove: (name) => slow(() => folder().remove(name)),
    sync: () => slow(() => folder().sync()),
    openForAppend: async (name) => {
      const file = await slow(() => folder().openForAppend(name))
      return {
        length: file.length,
        append: (bytes) => slow(() => file.append(bytes)),
        sync: () => slow(() => file.sync()),
        truncate: (length) => slow(() => file.truncate(length)),
        close: () => file.close(),
      }
    },
  }
}
