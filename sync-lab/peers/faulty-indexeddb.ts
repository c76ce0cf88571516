/** IndexedDB of one PC that can be full, and whose process can die in the middle of a write. */
import { IDBFactory as FakeFactory } from 'fake-indexeddb'

export class FaultyIndexedDb {
  readonly factory: IDBFactory
  /** While true, a write succeeds as a request and its transaction aborts: room is counted when all is written. */
  full = false
  private readonly running = new Set<IDBTransaction>()

  constructor() {
    this.factory = new FakeFactory() as IDBFactory
    const open = this.factory.open.bind(this.factory)
    this.factory.open = (name, version) => {
      const request = open(name, version)
      request.addEventListener('success', () => this.watch(request.result))
      return request
    }
  }

  /** The process that had it open is gone: what was not committed never was. */
  crash(): void {
    for (const transaction of this.running) transaction.abort()
  }

  private watch(database: IDBDatabase): void {
    const begin = database.transaction.bind(database)
    database.transaction = (names, mode, options) => {
      const transaction = begin(names, mode, options)
      if (mode !== 'readwrite') return transaction
      this.running.add(transaction)
      for (const end of ['complete', 'abort']) {
        transaction.addEventListener(end, () => this.running.delete(transaction))
      }
      const storeOf = transaction.objectStore.bind(transaction)
      transaction.objectStore = (name) => this.limited(storeOf(name), transaction)
      return transaction
    }
  }

  private limited(store: IDBObjectStore, transaction: IDBTransaction): IDBObjectStore {
    for (const method of ['put', 'add'] as const) {
      const write = store[method].bind(store)
      store[method] = (value: unknown, key?: IDBValidKey) => {
        const request = key === undefined ? write(value) : write(value, key)
        request.addEventListener('success', () => {
          if (this.full) transaction.abort()
        })
        return request
      }
    }
    return store
  }
}
