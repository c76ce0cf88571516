/**
 * `@tanstack/offline-transactions`, used as its README says: an outbox in IndexedDB, the idempotency key sent along, 422
 * as the permanent failure, everything else thrown so that it is retried. Its backend keeps a log and honours the key.
 */
import { createCollection } from '@tanstack/db'
import {
  IndexedDBAdapter,
  NonRetriableError,
  type OfflineExecutor,
  type OnlineDetector,
  type StorageAdapter,
  startOfflineExecutor,
  WebLocksLeader,
} from '@tanstack/offline-transactions'
import { randomId, systemClock } from '#shared/time/clock.ts'
import { type ConsoleWindow, type Contender, Life, Line, NotApplicable, type Pc } from './contender.ts'
import { FaultyIndexedDb } from './faulty-indexeddb.ts'

const DATABASE = 'my-app'
const STORE = 'transactions'
const RealDate = Date

interface Decision {
  id: string
  text: string
  decidedAt: string
}

export const tanstack: Contender = {
  name: '@tanstack/offline-transactions',
  startPc: async () => new TanstackPc(),
  end: async () => {
    globalThis.Date = RealDate
  },
}

/** A backend that knows a decision by its idempotency key. */
class LogBackend {
  readonly log: string[] = []
  token: 'valid' | 'renewable' | 'person_needed' = 'valid'
  private readonly keys = new Set<string>()

  save(texts: string[], idempotencyKey: string): number {
    if (this.token !== 'valid') return 401
    if (!this.keys.has(idempotencyKey)) this.log.push(...texts)
    this.keys.add(idempotencyKey)
    return 200
  }

  refresh(): number {
    if (this.token === 'person_needed') return 401
    this.token = 'valid'
    return 200
  }
}

class TanstackPc implements Pc {
  readonly line = new Line()
  readonly backend = new LogBackend()
  private clockOffsetMs = 0
  private idb = new FaultyIndexedDb()

  constructor() {
    const offset = () => this.clockOffsetMs
    globalThis.Date = class extends RealDate {
      constructor(...parts: [] | [string | number | Date]) {
        super(parts[0] ?? RealDate.now() + offset())
      }
      static override now() {
        return RealDate.now() + offset()
      }
    } as DateConstructor
    const locks = createLocks()
    Object.defineProperty(globalThis, 'navigator', { value: { locks, onLine: true }, configurable: true })
  }

  async open(): Promise<ConsoleWindow> {
    globalThis.indexedDB = this.idb.factory
    const window = new TanstackWindow(this)
    await window.ready
    return window
  }

  moveClock(ms: number): void {
    this.clockOffsetMs += ms
  }

  endToken(how: 'renewable' | 'person_needed'): void {
    this.backend.token = how
  }

  async signInAgain(): Promise<void> {
    this.backend.token = 'valid'
  }

  setFull(full: boolean): void {
    this.idb.full = full
  }

  async damageOneEntry(where: 'indexeddb' | 'journal'): Promise<void> {
    if (where === 'journal') throw new NotApplicable()
    const storage = new IndexedDBAdapter(DATABASE, STORE)
    const [key = ''] = await storage.keys()
    const value = (await storage.get(key)) ?? ''
    await storage.set(key, value.slice(0, value.length / 2))
  }

  async deleteIndexedDb(): Promise<void> {
    this.idb = new FaultyIndexedDb()
  }

  /** Its process is gone. */
  crash(): void {
    this.idb.crash()
  }

  async taken() {
    const times = new Map<string, number>()
    for (const text of this.backend.log) times.set(text, (times.get(text) ?? 0) + 1)
    return { order: [...times.keys()], times }
  }
}

class TanstackWindow implements ConsoleWindow {
  readonly toldLater: string[] = []
  readonly ready: Promise<void>
  private readonly life = new Life()
  private readonly executor: OfflineExecutor
  private readonly decisions
  private readonly leader = new WebLocksLeader()
  private readonly onlineListeners = new Set<() => void>()

  constructor(private readonly pc: TanstackPc) {
    this.decisions = createCollection<Decision, string>({
      id: `decisions-${randomId()}`,
      getKey: (decision) => decision.id,
      startSync: true,
      sync: { sync: ({ markReady }) => markReady() },
    })
    this.executor = startOfflineExecutor({
      collections: { decisions: this.decisions },
      storage: this.storage(),
      leaderElection: this.leader,
      onlineDetector: this.onlineDetector(),
      mutationFns: {
        saveDecisions: async ({ transaction, idempotencyKey }) => {
          const texts = transaction.mutations.map(({ modified }) => String(modified.text))
          const status = await this.save(texts, idempotencyKey)
          if (status === 422) throw new NonRetriableError('Invalid data - will not retry')
          // Not the number alone, but as clients word it: `Request failed with status code 503`.
          if (status !== 200) throw new Error(`Request failed with status code ${status}`)
        },
      },
    })
    this.ready = this.executor.waitForInit()
  }

  async decide(text: string): Promise<boolean> {
    const transaction = this.executor.createOfflineTransaction({ mutationFnName: 'saveDecisions', autoCommit: false })
    const decidedAt = new RealDate(systemClock.now()).toISOString()
    // The row is in the list from here on; nothing says later that it is safe on this PC.
    transaction.mutate(() => {
      this.decisions.insert({ id: randomId(), text, decidedAt })
    })
    transaction.commit().catch(() => {
      if (this.life.alive) this.toldLater.push(text)
    })
    return true
  }

  async waiting(): Promise<string[]> {
    if (!this.life.alive) return []
    const transactions = await this.executor.peekOutbox()
    return transactions.flatMap(({ mutations }) => mutations.map(({ modified }) => String(modified.text)))
  }

  networkIsBack(): void {
    for (const listener of this.onlineListeners) listener()
  }

  close(): void {
    this.executor.dispose()
    this.life.alive = false
  }

  die(): void {
    this.life.alive = false
    this.pc.crash()
    this.leader.releaseLeadership()
  }

  /** The client of the backend renews the access token itself, as any client of such a backend does. */
  private async save(texts: string[], idempotencyKey: string): Promise<number> {
    const call = (act: () => number) => this.pc.line.carry(this.life, async () => act())
    const status = await call(() => this.pc.backend.save(texts, idempotencyKey))
    if (status !== 401 || (await call(() => this.pc.backend.refresh())) !== 200) return status
    return call(() => this.pc.backend.save(texts, idempotencyKey))
  }

  /** Their adapter, out of reach for a dead process. */
  private storage(): StorageAdapter {
    const inner = new IndexedDBAdapter(DATABASE, STORE)
    return {
      get: (key) => this.life.of(() => inner.get(key)),
      set: (key, value) => this.life.of(() => inner.set(key, value)),
      delete: (key) => this.life.of(() => inner.delete(key)),
      keys: () => this.life.of(() => inner.keys()),
      clear: () => this.life.of(() => inner.clear()),
    }
  }

  private onlineDetector(): OnlineDetector {
    return {
      isOnline: () => this.pc.line.up,
      subscribe: (listener) => {
        this.onlineListeners.add(listener)
        return () => this.onlineListeners.delete(listener)
      },
      notifyOnline: () => this.networkIsBack(),
      dispose: () => this.onlineListeners.clear(),
    }
  }
}

type LockCallback = (lock: object | null) => unknown

/** Web Locks, as far as their leader election uses them. */
function createLocks() {
  const held = new Map<string, Promise<unknown>>()
  return {
    request: async (name: string, options: { ifAvailable?: boolean }, callback: LockCallback): Promise<unknown> => {
      const before = held.get(name)
      if (before !== undefined && options.ifAvailable) return callback(null)
      const holding = (before ?? Promise.resolve()).then(() => callback({ name }))
      held.set(name, holding)
      const release = () => {
        if (held.get(name) === holding) held.delete(name)
      }
      holding.then(release, release)
      return holding
    },
  }
}
