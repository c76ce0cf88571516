/**
 * IndexedDB of a simulated PC: its windows share the databases, a window's death aborts what it had not committed, and it
 * can be full or be deleted under an open connection. It reaches into fake-indexeddb, whose own events cannot say all this.
 */
import { IDBFactory as FakeFactory } from 'fake-indexeddb'
import type { Random } from '../simulator/random.ts'
import { Owner, type VirtualTime } from './virtual-time.ts'

/** The parts of fake-indexeddb's objects that are used here. */
interface FakeEventTarget {
  dispatchEvent(event: FakeEvent): boolean
}
interface FakeEvent {
  readonly type: string
  eventPath: unknown[]
}
type FakeEventClass = new (type: string, init: object) => FakeEvent
interface FakeRequest extends FakeEventTarget {
  result: FakeConnection
  transaction: FakeTransaction | null
  onsuccess: unknown
  onerror: unknown
}
interface FakeTransaction extends FakeEventTarget {
  db: FakeConnection
  _state: string
  _rollbackLog: (() => void)[]
  _requests: { request: FakeRequest }[]
  _start(): void
  _abort(errorName: string | null): void
  onabort: unknown
  oncomplete: unknown
  onerror: unknown
}
interface FakeObjectStore {
  name: string
  records: { values(): Iterable<{ value: unknown }> }
  storeRecord(record: unknown, noOverwrite: boolean, rollbackLog?: unknown[]): unknown
}
interface FakeDatabase {
  transactions: FakeTransaction[]
  connections: FakeConnection[]
  rawObjectStores: Map<string, FakeObjectStore>
  processTransactions(): void
}
interface FakeConnection extends FakeEventTarget {
  _rawDatabase: FakeDatabase
  _closed: boolean
  _closePending: boolean
  transaction(...values: unknown[]): FakeTransaction
}
interface Opening {
  _databases: Map<string, FakeDatabase>
  _connectionQueues: Map<string, Promise<unknown>>
}

/** How many of the writes fail while the disk is full. */
const FULL_FAILS = 0.6

export class SimulatedIndexedDb {
  /** True while the disk is full: most writes fail and abort their transaction, a small one may still find room. */
  full = false
  #databases = new Map<string, FakeDatabase>()
  #queues = new Map<string, Promise<unknown>>()
  #owners = new WeakMap<FakeConnection, Owner>()
  #marked = new WeakSet<FakeObjectStore>()
  #eventClass: FakeEventClass | null = null
  /** The browser's storage process: opening and closing goes on whatever becomes of a window. */
  #process: Owner

  constructor(
    private readonly time: VirtualTime,
    private readonly name: string,
    private readonly random: Random,
  ) {
    this.#process = new Owner(`${name}.storage`)
  }

  /** The factory that one window sees. */
  factoryFor(window: Owner): IDBFactory {
    const shared = this
    class WindowFactory extends FakeFactory {
      constructor() {
        super()
        const own = this as unknown as Opening
        own._databases = shared.#databases
        own._connectionQueues = shared.#queues
      }

      override open(name: string, version?: number): IDBOpenDBRequest {
        const request = shared.time.as(shared.#process, () => super.open(name, version))
        shared.#follow(request as unknown as FakeRequest, window)
        return request
      }
    }
    return new WindowFactory()
  }

  /** Values of a table as they stand now; a transaction under way is seen too. */
  peek(databaseName: string, table: string): unknown[] {
    const store = this.#databases.get(databaseName)?.rawObjectStores.get(table)
    return store === undefined ? [] : [...store.records.values()].map((record) => record.value)
  }

  /** A window died: what it had not committed is undone. */
  closed(window: Owner): void {
    for (const database of this.#databases.values()) {
      for (const connection of database.connections.filter((open) => this.#owners.get(open) === window)) {
        this.#abortAll(database, connection)
        connection._closed = true
        connection._closePending = true
        database.connections = database.connections.filter((other) => other !== connection)
      }
      this.time.as(this.#process, () => database.processTransactions())
    }
  }

  /** The whole PC died. */
  crashed(): void {
    for (const database of this.#databases.values()) {
      for (const connection of database.connections) this.#abortAll(database, connection)
      database.connections = []
      database.transactions = []
    }
    this.#process.die()
    this.#process = new Owner(`${this.name}.storage`)
    this.#queues = new Map()
  }

  /** Everything is deleted, as Chromium does to an origin under disk pressure: open connections are closed by force. */
  wipe(): void {
    for (const database of this.#databases.values()) {
      for (const connection of [...database.connections]) {
        const owner = this.#owners.get(connection)
        if (owner === undefined) continue
        const running = database.transactions.filter((tx) => tx.db === connection && tx._state !== 'finished')
        this.time.as(owner, () => {
          for (const transaction of running) transaction._abort('AbortError')
        })
        connection._closed = true
        connection._closePending = true
        const EventClass = this.#eventClass
        if (EventClass === null) continue
        this.time.post(owner, () => {
          const event = new EventClass('close', { bubbles: false, cancelable: false })
          event.eventPath = []
          connection.dispatchEvent(event)
        })
      }
      database.connections = []
    }
    this.#databases.clear()
    this.#queues.clear()
  }

  #abortAll(database: FakeDatabase, connection: FakeConnection): void {
    for (const transaction of database.transactions) {
      if (transaction.db !== connection || transaction._state === 'finished') continue
      // Nobody is left to hear of it.
      transaction.onabort = null
      transaction.oncomplete = null
      transaction.onerror = null
      for (const { request } of transaction._requests) {
        request.onsuccess = null
        request.onerror = null
      }
      this.time.as(this.#process, () => transaction._abort('AbortError'))
    }
  }

  #follow(request: FakeRequest, window: Owner): void {
    const dispatch = request.dispatchEvent.bind(request)
    request.dispatchEvent = (event) => {
      if (event.type === 'success') this.#eventClass ??= event.constructor as FakeEventClass
      if (!window.alive) {
        if (event.type === 'upgradeneeded') throw new Error('the window is gone')
        if (event.type === 'success') request.result._closed = true
        return true
      }
      if (event.type === 'success' || event.type === 'upgradeneeded') this.#mark(request.result, window)
      if (event.type === 'upgradeneeded' && request.transaction !== null)
        this.#markTransaction(request.transaction, window)
      this.time.become(window)
      return dispatch(event)
    }
  }

  #mark(connection: FakeConnection, window: Owner): void {
    for (const store of connection._rawDatabase.rawObjectStores.values()) this.#markStore(store)
    if (this.#owners.has(connection)) return
    this.#owners.set(connection, window)
    const begin = connection.transaction.bind(connection)
    connection.transaction = (...values) => {
      const transaction = begin(...values)
      this.#markTransaction(transaction, window)
      return transaction
    }
    const dispatch = connection.dispatchEvent.bind(connection)
    connection.dispatchEvent = (event) => {
      if (!window.alive) return true
      this.time.become(window)
      return dispatch(event)
    }
  }

  #markTransaction(transaction: FakeTransaction, window: Owner): void {
    const start = transaction._start.bind(transaction)
    transaction._start = () => {
      if (!window.alive) return
      this.time.become(window)
      start()
    }
  }

  #markStore(store: FakeObjectStore): void {
    if (this.#marked.has(store)) return
    this.#marked.add(store)
    const write = store.storeRecord.bind(store)
    store.storeRecord = (record, noOverwrite, rollbackLog) => {
      // An abort puts back what was there, and that always fits.
      const isRollback = rollbackLog === undefined
      if (this.full && !isRollback && this.random.chance(FULL_FAILS)) {
        throw new DOMException('the simulated disk is full', 'QuotaExceededError')
      }
      return write(record, noOverwrite, rollbackLog)
    }
  }
}
