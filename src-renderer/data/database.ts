/** IndexedDB through Dexie: the tables of the console and the transactions that keep them true together. */
import Dexie, { type DexieOptions, type Table } from 'dexie'
import type { JournalEntry } from '#shared/desktop-api.ts'
import type { Mutation, Verdict } from '#shared/protocol/decisions.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { ChangesPage, Identity } from '#shared/protocol/sync.ts'
import { type SessionSummary, summarize } from '#shared/session/session-summary.ts'

/** Cold, columnar history of one store-local day as it came from the backend. */
export interface DayBlockRow {
  storeId: string
  date: string
  version: number
  bytes: Uint8Array
}

export interface SessionRow {
  storeId: string
  id: string
  document: SessionDocument
}

/** The summary of a document that is newer than its day block, or the mark that the session was deleted. */
export interface OverlayRow {
  storeId: string
  id: string
  version: number
  summary: SessionSummary | null
}

/** A decision not yet confirmed. `verdict` is known from a push but counts only once a pull shows its effect. */
export interface OutboxRow extends JournalEntry {
  id: string
  storeId: string
  verdict: Verdict | null
}

/** A decision that did not count; kept after it was seen, so that a replayed journal cannot bring it up again. */
export interface ResultRow {
  id: string
  employeeNumber: string
  mutation: Mutation
  verdict: Extract<Verdict, { status: 'superseded' | 'refused' }>
  receivedAt: number
  seen: 0 | 1
}

export interface CursorRow {
  storeId: string
  version: number
  epoch: string
  /** UTC milliseconds, server time. */
  pulledAt: number
}

/** Values of the `meta` table by key. */
interface Meta {
  identity: Identity
  clockOffsetMs: number
  [device: `device:${string}`]: { deviceId: string; nextSeq: number }
}

export class ConsoleDatabase extends Dexie {
  declare dayBlocks: Table<DayBlockRow, [string, string]>
  declare sessions: Table<SessionRow, [string, string]>
  declare overlay: Table<OverlayRow, [string, string]>
  declare outbox: Table<OutboxRow, string>
  declare results: Table<ResultRow, string>
  declare cursors: Table<CursorRow, string>
  declare meta: Table<{ key: string; value: unknown }, string>

  /** @param idb another IndexedDB than the global one (a simulated PC) */
  constructor(name = 'floorwalker', idb: Pick<DexieOptions, 'indexedDB' | 'IDBKeyRange'> = {}) {
    super(name, { ...idb, chromeTransactionDurability: 'strict' })
    this.version(1).stores({
      dayBlocks: '[storeId+date], storeId',
      sessions: '[storeId+id], storeId',
      overlay: '[storeId+id], storeId',
      outbox: 'id',
      results: 'id',
      cursors: 'storeId',
      meta: 'key',
    })
  }

  async getMeta<Key extends keyof Meta>(key: Key): Promise<Meta[Key] | undefined> {
    return (await this.meta.get(key))?.value as Meta[Key] | undefined
  }

  async setMeta<Key extends keyof Meta>(key: Key, value: Meta[Key]): Promise<void> {
    await this.meta.put({ key, value })
  }

  /**
   * Numbers and stores a decision where no journal does (browser): the number and the row commit together.
   * @param mintDeviceId called once per employee of this database; a wiped database gets a new device
   */
  async appendNumbered(
    employeeNumber: string,
    mutation: Omit<Mutation, 'seq'>,
    mintDeviceId: () => string,
  ): Promise<OutboxRow> {
    return this.transaction('rw', this.meta, this.outbox, async () => {
      const { deviceId, nextSeq } = await this.device(employeeNumber, mintDeviceId)
      await this.setMeta(`device:${employeeNumber}`, { deviceId, nextSeq: nextSeq + 1 })
      const row = outboxRow({ employeeNumber, deviceId, mutation: { ...mutation, seq: nextSeq } })
      await this.outbox.put(row)
      return row
    })
  }

  /** The device id and next number of an employee in this database, minted at first use. */
  async device(employeeNumber: string, mintDeviceId: () => string): Promise<{ deviceId: string; nextSeq: number }> {
    return this.transaction('rw', this.meta, async () => {
      const known = await this.getMeta(`device:${employeeNumber}`)
      if (known !== undefined) return known
      const minted = { deviceId: mintDeviceId(), nextSeq: 1 }
      await this.setMeta(`device:${employeeNumber}`, minted)
      return minted
    })
  }

  /**
   * Puts journal entries back that the outbox does not have and that were not settled; answers how many. The journal's
   * numbering holds: after a damaged line it numbers anew, under a new device.
   */
  async restore(entries: readonly JournalEntry[]): Promise<number> {
    return this.transaction('rw', this.outbox, this.results, async () => {
      let restored = 0
      for (const entry of entries) {
        const { id, seq } = entry.mutation
        const row = await this.outbox.get(id)
        if (row === undefined) {
          if ((await this.results.get(id)) !== undefined) continue
          restored += 1
        } else if (row.deviceId === entry.deviceId && row.mutation.seq === seq) continue
        await this.outbox.put(outboxRow(entry))
      }
      return restored
    })
  }

  /**
   * Applies one page of changes: documents, cursor and settled outbox rows in one transaction.
   *
   * Rows are settled by the last page only: until then their effects may still be on a later page.
   * @param since the cursor the page was asked with; another one in the database means another window was faster, and
   *   nothing is changed
   * @returns the settled rows, or null where nothing was changed
   */
  async applyPage(
    storeId: string,
    since: number,
    page: ChangesPage,
    deviceId: string,
    nowMs: number,
  ): Promise<OutboxRow[] | null> {
    return this.transaction('rw', [this.sessions, this.overlay, this.outbox, this.results, this.cursors], async () => {
      const cursor = await this.cursors.get(storeId)
      if (cursor === undefined || cursor.version !== since || cursor.epoch !== page.epoch) return null
      const documents: SessionRow[] = []
      const overlay: OverlayRow[] = []
      const deleted: [string, string][] = []
      for (const change of page.changes) {
        if ('deleted' in change) {
          deleted.push([storeId, change.deleted])
          overlay.push({ storeId, id: change.deleted, version: change.version, summary: null })
        } else {
          const { session } = change
          documents.push({ storeId, id: session.id, document: session })
          overlay.push({ storeId, id: session.id, version: session.version, summary: summarize(session) })
        }
      }
      await this.sessions.bulkPut(documents)
      await this.sessions.bulkDelete(deleted)
      await this.overlay.bulkPut(overlay)
      await this.cursors.put({ storeId, version: page.version, epoch: page.epoch, pulledAt: nowMs })
      await this.noteVerdicts(page.outcomes)
      if (page.more) return []
      const rows = await this.outbox.filter((row) => row.storeId === storeId && row.deviceId === deviceId).toArray()
      const settled = rows.filter((row) => row.verdict !== null && row.mutation.seq <= page.lastMutationSeq)
      await this.settle(settled, nowMs)
      return settled
    })
  }

  /** Keeps what a push or a pull said about outbox rows; effects are shown by a pull. */
  async noteVerdicts(results: readonly ({ id: string } & Verdict)[]): Promise<void> {
    await this.transaction('rw', this.outbox, async () => {
      for (const { id, ...rest } of results) {
        const row = await this.outbox.get(id)
        if (row !== undefined) await this.outbox.put({ ...row, verdict: rest as Verdict })
      }
    })
  }

  /** Takes judged rows out of the outbox; superseded and refused ones become results to be seen. */
  async settle(rows: readonly OutboxRow[], nowMs: number): Promise<void> {
    await this.transaction('rw', this.outbox, this.results, async () => {
      for (const row of rows) {
        const { verdict } = row
        if (verdict?.status === 'superseded' || verdict?.status === 'refused') {
          const known = await this.results.get(row.id)
          await this.results.put({
            id: row.id,
            employeeNumber: row.employeeNumber,
            mutation: row.mutation,
            verdict,
            receivedAt: known?.receivedAt ?? nowMs,
            seen: known?.seen ?? 0,
          })
        }
        await this.outbox.delete(row.id)
      }
    })
  }

  /** Keeps documents fetched one by one, unless a newer one is here already. */
  async keepDocuments(documents: readonly SessionDocument[]): Promise<void> {
    await this.transaction('rw', this.sessions, this.overlay, async () => {
      for (const document of documents) {
        const key: [string, string] = [document.storeId, document.id]
        const known = await this.sessions.get(key)
        if (known !== undefined && known.document.version > document.version) continue
        await this.sessions.put({ storeId: document.storeId, id: document.id, document })
        const overlaid = await this.overlay.get(key)
        if (overlaid !== undefined && overlaid.version > document.version) continue
        const summary = summarize(document)
        await this.overlay.put({ storeId: document.storeId, id: document.id, version: document.version, summary })
      }
    })
  }

  /** Replaces all data of a store at once, after a refill beside the old data. The outbox is not touched. */
  async swapStore(storeId: string, blocks: readonly DayBlockRow[], cursor: CursorRow | null): Promise<void> {
    await this.transaction('rw', [this.dayBlocks, this.sessions, this.overlay, this.cursors], async () => {
      for (const table of [this.dayBlocks, this.sessions, this.overlay] as Table[]) {
        await table.where('storeId').equals(storeId).delete()
      }
      await this.dayBlocks.bulkPut([...blocks])
      if (cursor === null) await this.cursors.delete(storeId)
      else await this.cursors.put(cursor)
    })
  }
}

/** The outbox row of a numbered decision. */
export function outboxRow(entry: JournalEntry): OutboxRow {
  return { ...entry, id: entry.mutation.id, storeId: entry.mutation.storeId, verdict: null }
}
