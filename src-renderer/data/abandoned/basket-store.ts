/**
 * The lines of abandoned baskets in memory. They come from documents; what was read from one is kept in a table of small
 * rows, so that a start reads those instead. A row of another version than the index's is read anew from its document.
 */
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { BasketRow, ConsoleDatabase } from '../database.ts'
import { nextTask } from '../export/next-task.ts'
import { type Basket, decodeLines, encodeLines, Products } from './basket-lines.ts'

export type RowKey = Pick<SessionSummary, 'storeId' | 'id' | 'version'>

export interface BasketStorePorts {
  database: ConsoleDatabase
  /** The document of a session with unsent decisions, as the screens show it; undefined where there are none. */
  pending: (storeId: string, id: string) => { document: SessionDocument } | undefined
}

interface StoreBaskets {
  products: Products
  baskets: Map<string, Basket>
  /** Sessions whose documents are here. */
  documents: Set<string>
  /** One reading after the other: the same document is never read twice at once. */
  reading: Promise<void>
}

/** Read between two looks at what else is to do. */
const BATCH = 200
/** Of the text of lines; a row of another form is read anew. */
const LINES_FORM = 1

export class BasketStore {
  private readonly stores = new Map<string, StoreBaskets>()
  /** Baskets as unsent decisions leave them; each good for its document. */
  private readonly pending = new WeakMap<SessionDocument, Basket>()

  constructor(private readonly ports: BasketStorePorts) {}

  /** Reads what is kept of a store, where that was not done yet; a first question need not wait then. */
  async prepare(storeId: string): Promise<void> {
    await this.store(storeId).reading
  }

  /** Documents of these sessions came, or anything changed. */
  followed(storeId: string, ids: readonly string[] | 'all'): void {
    if (ids === 'all') this.stores.delete(storeId)
    else for (const id of ids) this.stores.get(storeId)?.documents.add(id)
  }

  /** Details were removed from this PC. */
  forget(): void {
    this.stores.clear()
  }

  /** Whether the details of a session are here; to be asked after `read`. */
  isHere(storeId: string, id: string): boolean {
    return this.stores.get(storeId)?.documents.has(id) ?? false
  }

  /** The basket of a row, after `read`; undefined where its details are not on this PC. */
  basket(storeId: string, id: string): Basket | undefined {
    const store = this.stores.get(storeId)
    if (store === undefined) return undefined
    const pending = this.ports.pending(storeId, id)?.document
    if (pending === undefined) return store.baskets.get(id)
    const known = this.pending.get(pending)
    if (known !== undefined) return known
    const basket = { version: pending.version, lines: decodeLines(encodeLines(pending), store.products) }
    this.pending.set(pending, basket)
    return basket
  }

  /** Resolves once the baskets of these rows are in memory, as far as their details are on this PC. */
  async read(rows: readonly RowKey[]): Promise<void> {
    const byStore = new Map<string, RowKey[]>()
    for (const row of rows) {
      const ofStore = byStore.get(row.storeId)
      if (ofStore === undefined) byStore.set(row.storeId, [row])
      else ofStore.push(row)
    }
    let used: [string, StoreBaskets][]
    do {
      used = []
      for (const [storeId, ofStore] of byStore) used.push([storeId, await this.readStore(storeId, ofStore)])
      // Everything of a store may have changed meanwhile.
    } while (used.some(([storeId, store]) => this.stores.get(storeId) !== store))
  }

  private async readStore(storeId: string, rows: readonly RowKey[]): Promise<StoreBaskets> {
    const store = this.store(storeId)
    await store.reading
    if (missing(store, rows).length === 0) return store
    const reading = store.reading.then(() => this.readDocuments(storeId, store, missing(store, rows)))
    // One that failed is tried again by the next question.
    store.reading = reading.catch(() => undefined)
    await reading
    return store
  }

  private store(storeId: string): StoreBaskets {
    const known = this.stores.get(storeId)
    if (known !== undefined) return known
    const store = { products: new Products(), baskets: new Map(), documents: new Set<string>() }
    const opened: StoreBaskets = { ...store, reading: Promise.resolve() }
    opened.reading = this.readKept(storeId, opened)
    opened.reading.catch(() => this.stores.delete(storeId))
    this.stores.set(storeId, opened)
    return opened
  }

  private async readKept(storeId: string, { products, baskets, documents }: StoreBaskets): Promise<void> {
    const { database } = this.ports
    const [ids, rows] = await Promise.all([
      database.keptIds(storeId),
      database.baskets.where('storeId').equals(storeId).toArray(),
    ])
    for (const id of ids) documents.add(id)
    for (const { id, version, form, lines } of rows) {
      // What lacks its document here would be shown without what a click on it opens.
      if (form !== LINES_FORM || !documents.has(id)) continue
      try {
        baskets.set(id, { version, lines: decodeLines(lines, products) })
      } catch {
        // Damaged: it is read from the document.
      }
    }
  }

  private async readDocuments(storeId: string, store: StoreBaskets, rows: readonly RowKey[]): Promise<void> {
    const { database } = this.ports
    const epoch = (await database.cursors.get(storeId))?.epoch
    for (let start = 0; start < rows.length; start += BATCH) {
      if (start > 0) await nextTask()
      const batch = rows.slice(start, start + BATCH)
      const kept = await database.sessions.bulkGet(batch.map(({ id }): [string, string] => [storeId, id]))
      const read = kept.flatMap((row, at): BasketRow[] => {
        const id = batch[at]?.id ?? ''
        if (row === undefined) {
          store.documents.delete(id)
          store.baskets.delete(id)
          return []
        }
        const { version } = row.document
        return [{ storeId, id, version, form: LINES_FORM, lines: encodeLines(row.document) }]
      })
      for (const { id, version, lines } of read) {
        store.baskets.set(id, { version, lines: decodeLines(lines, store.products) })
      }
      // Only to be faster the next time: a disk that is full does without.
      await database.keepBaskets(storeId, read, epoch).catch((error) => console.error('baskets not kept', error))
    }
  }
}

/** Rows whose document is here and newer, as far as is known, than what was read from it. */
function missing({ baskets, documents }: StoreBaskets, rows: readonly RowKey[]): RowKey[] {
  return rows.filter(({ id, version }) => documents.has(id) && (baskets.get(id)?.version ?? -1) < version)
}
