/**
 * The lines of abandoned baskets in memory. They come from documents; what was read from them is kept by day, so that a
 * start reads a few rows instead. A basket of another version than the index's is read anew from its document.
 */
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { BasketPageRow, ConsoleDatabase } from '../database.ts'
import { nextTask } from '../export/next-task.ts'
import { type Basket, basketOf, Products, packBaskets, unpackBaskets } from './basket-lines.ts'

export type RowKey = Pick<SessionSummary, 'storeId' | 'id' | 'version'>

export interface BasketStorePorts {
  database: ConsoleDatabase
  /** The document of a session with unsent decisions, as the screens show it; undefined where there are none. */
  pending: (storeId: string, id: string) => { document: SessionDocument } | undefined
  /** Whether a basket waits to be reviewed: others are not kept for the next start. */
  isLeft: (storeId: string, id: string) => boolean
}

interface StoreBaskets {
  products: Products
  baskets: Map<string, Basket>
  /** Sessions whose documents are here; null until somebody had to know. Those that come while it is read are added. */
  documents: { ids: Set<string>; read: Promise<void> } | null
  /** The cursor's epoch when reading began: versions of another one mean nothing. */
  epoch: string | undefined
  /** One reading after the other: the same document is never read twice at once. */
  reading: Promise<void>
  /** Days whose baskets are not kept as they are in memory. */
  changedDays: Set<string>
}

/** Documents read between two looks at what else is to do. */
const BATCH = 200
/** Of what is kept; a row of another form is read anew. */
const PAGE_FORM = 1
const KEEP_AFTER_MS = 2_000

export class BasketStore {
  private readonly stores = new Map<string, StoreBaskets>()
  /** Baskets as unsent decisions leave them; each good for its document. */
  private readonly pending = new WeakMap<SessionDocument, Basket>()
  private keeping = false

  constructor(private readonly ports: BasketStorePorts) {}

  /** Documents of these sessions came, or anything changed. */
  followed(storeId: string, ids: readonly string[] | 'all'): void {
    if (ids === 'all') this.stores.delete(storeId)
    else for (const id of ids) this.stores.get(storeId)?.documents?.ids.add(id)
  }

  /** Details were removed from this PC. */
  forget(): void {
    this.stores.clear()
  }

  /** Whether the details of a session are here; to be asked after `read` or `look`. */
  isHere(storeId: string, id: string): boolean {
    const store = this.stores.get(storeId)
    return store !== undefined && (store.documents?.ids.has(id) ?? store.baskets.has(id))
  }

  /** The basket of a row, after `read`; undefined where its details are not on this PC. */
  basket(storeId: string, id: string): Basket | undefined {
    const store = this.stores.get(storeId)
    if (store === undefined) return undefined
    const pending = this.ports.pending(storeId, id)?.document
    if (pending === undefined) return store.baskets.get(id)
    const known = this.pending.get(pending)
    if (known !== undefined) return known
    const basket = basketOf(pending, store.products)
    this.pending.set(pending, basket)
    return basket
  }

  /** Resolves once it is known of these rows whether their details are here. */
  look(rows: readonly RowKey[]): Promise<void> {
    return this.ofStores(rows, async (storeId, store, ofStore) => {
      if (ofStore.some(({ id }) => !store.baskets.has(id))) await this.documents(storeId, store)
    })
  }

  /** Resolves once the baskets of these rows are in memory, as far as their details are on this PC. */
  read(rows: readonly RowKey[]): Promise<void> {
    return this.ofStores(rows, async (storeId, store, ofStore) => {
      if (ofStore.every((row) => isCurrent(store, row))) return
      const documents = await this.documents(storeId, store)
      const missing = () => ofStore.filter((row) => documents.has(row.id) && !isCurrent(store, row))
      if (missing().length === 0) return
      const reading = store.reading.then(() => this.readDocuments(storeId, store, documents, missing()))
      // One that failed is tried again by the next question.
      store.reading = reading.catch(() => undefined)
      await reading
    })
  }

  /** Removes what is kept of days on which no basket is left any more. @param rows all baskets that are left */
  async prune(storeId: string, rows: readonly Pick<SessionSummary, 'startedAt'>[]): Promise<void> {
    const days = new Set(rows.map(({ startedAt }) => new Date(startedAt).toISOString().slice(0, 10)))
    const pages = this.ports.database.basketPages
    const kept = await pages.where('storeId').equals(storeId).primaryKeys()
    const over = kept.filter(([, day]) => !days.has(day))
    if (over.length > 0) await pages.bulkDelete(over)
  }

  private async ofStores(
    rows: readonly RowKey[],
    work: (storeId: string, store: StoreBaskets, rows: RowKey[]) => Promise<void>,
  ): Promise<void> {
    const byStore = new Map<string, RowKey[]>()
    for (const row of rows) {
      const ofStore = byStore.get(row.storeId)
      if (ofStore === undefined) byStore.set(row.storeId, [row])
      else ofStore.push(row)
    }
    let used: [string, StoreBaskets][]
    do {
      used = []
      for (const [storeId, ofStore] of byStore) {
        const store = this.store(storeId)
        await store.reading
        await work(storeId, store, ofStore)
        used.push([storeId, store])
      }
      // Everything of a store may have changed meanwhile.
    } while (used.some(([storeId, store]) => this.stores.get(storeId) !== store))
  }

  private store(storeId: string): StoreBaskets {
    const known = this.stores.get(storeId)
    if (known !== undefined) return known
    const store: StoreBaskets = {
      products: new Products(),
      baskets: new Map(),
      documents: null,
      epoch: undefined,
      reading: Promise.resolve(),
      changedDays: new Set(),
    }
    store.reading = this.readKept(storeId, store)
    store.reading.catch(() => this.stores.delete(storeId))
    this.stores.set(storeId, store)
    return store
  }

  private async documents(storeId: string, store: StoreBaskets): Promise<Set<string>> {
    if (store.documents === null) {
      const ids = new Set<string>()
      const read = this.ports.database.keptIds(storeId).then((kept) => {
        for (const id of kept) ids.add(id)
      })
      store.documents = { ids, read }
      read.catch(() => {
        store.documents = null
      })
    }
    const { ids, read } = store.documents
    await read
    return ids
  }

  private async readKept(storeId: string, store: StoreBaskets): Promise<void> {
    const { database } = this.ports
    store.epoch = (await database.cursors.get(storeId))?.epoch
    for (const { day, epoch, form, packed } of await database.basketPages.where('storeId').equals(storeId).toArray()) {
      if (form !== PAGE_FORM || epoch !== store.epoch) continue
      try {
        for (const basket of unpackBaskets(packed, day, store.products)) store.baskets.set(basket.id, basket)
      } catch {
        // Damaged: it is read from the documents.
      }
    }
  }

  private async readDocuments(
    storeId: string,
    store: StoreBaskets,
    documents: Set<string>,
    rows: readonly RowKey[],
  ): Promise<void> {
    for (let start = 0; start < rows.length; start += BATCH) {
      if (start > 0) await nextTask()
      const batch = rows.slice(start, start + BATCH)
      const kept = await this.ports.database.sessions.bulkGet(batch.map(({ id }): [string, string] => [storeId, id]))
      for (const [at, { id }] of batch.entries()) {
        const document = kept[at]?.document
        if (document === undefined) {
          documents.delete(id)
          store.baskets.delete(id)
          continue
        }
        const basket = basketOf(document, store.products)
        store.baskets.set(id, basket)
        store.changedDays.add(basket.day)
      }
    }
    this.keepSoon()
  }

  /** What was read is kept in the pauses: it is only there to be faster the next time. */
  private keepSoon(): void {
    if (this.keeping) return
    this.keeping = true
    setTimeout(() => {
      this.keeping = false
      void this.keep().catch((error) => console.error('baskets not kept', error))
    }, KEEP_AFTER_MS)
  }

  /** Keeps for the next start what changed since the last one was kept. */
  async keep(): Promise<void> {
    for (const [storeId, store] of this.stores) {
      const { epoch, changedDays } = store
      if (epoch === undefined || changedDays.size === 0) continue
      const byDay = new Map(Array.from(changedDays, (day): [string, Basket[]] => [day, []]))
      changedDays.clear()
      for (const basket of store.baskets.values()) {
        if (this.ports.isLeft(storeId, basket.id)) byDay.get(basket.day)?.push(basket)
      }
      const pages = Array.from(byDay, ([day, baskets]): BasketPageRow => {
        return { storeId, day, epoch, form: PAGE_FORM, packed: packBaskets(baskets) }
      })
      await this.ports.database.keepBaskets(storeId, epoch, pages)
    }
  }
}

/** Whether what is in memory was read from the row's document or a newer one. */
function isCurrent({ baskets }: StoreBaskets, { id, version }: RowKey): boolean {
  return (baskets.get(id)?.version ?? -1) >= version
}
