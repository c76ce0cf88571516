/**
 * A numbered list of a store as the backend keeps it, on this PC: entries are added as pulls tell of them and never
 * written over. A backend restored from a backup has another list, which is read from its beginning.
 */
import type { Table } from 'dexie'
import type { NumberedPage } from '#shared/protocol/numbered-page.ts'
import type { ConsoleDatabase, ListHeadRow, NumberedRow } from './database.ts'
import { CallFailed } from './transport.ts'

const RETRY_MS = 15_000

export interface NumberedListPorts<Entry> {
  database: ConsoleDatabase
  heads: Table<ListHeadRow, string>
  rows: Table<NumberedRow<Entry>, [string, string, number]>
  /** @throws CallFailed */
  page: (storeId: string, since: number) => Promise<NumberedPage<Entry>>
  onChange: () => void
}

export class NumberedList<Entry extends { number: number }> {
  private readonly fetching = new Map<string, Promise<void>>()
  private readonly retries = new Set<string>()

  constructor(private readonly ports: NumberedListPorts<Entry>) {}

  /** Oldest first. */
  async entries(storeId: string): Promise<Entry[]> {
    const epoch = (await this.ports.heads.get(storeId))?.shownEpoch ?? null
    const rows = epoch === null ? [] : await this.ports.rows.where('storeId').equals(storeId).toArray()
    const shown = rows.filter((row) => row.epoch === epoch).map((row) => row.entry)
    return shown.sort((a, b) => a.number - b.number)
  }

  /** How many entries the backend has; null where it never said. */
  async last(storeId: string): Promise<number | null> {
    return (await this.ports.heads.get(storeId))?.last ?? null
  }

  /** Fetches what the last pull said the backend has more; call it after each pull. */
  follow(storeId: string): Promise<void> {
    const running = this.fetching.get(storeId) ?? this.fetchNew(storeId).finally(() => this.fetching.delete(storeId))
    this.fetching.set(storeId, running)
    return running
  }

  private async fetchNew(storeId: string): Promise<void> {
    const { database, heads, rows } = this.ports
    const head = await heads.get(storeId)
    if (head === undefined) return
    const { epoch, last, shownEpoch } = head
    // The list of another epoch is another one, from its beginning.
    let here = shownEpoch === epoch ? ((await this.entries(storeId)).at(-1)?.number ?? 0) : 0
    if (here >= last && shownEpoch === epoch) return
    try {
      for (let more = true; more; ) {
        const page = await this.ports.page(storeId, here)
        // The backend was restored meanwhile: the next pull says so, and asks again.
        if (page.epoch !== epoch) return
        await database.keepNumbered(heads, rows, storeId, epoch, page.entries)
        more = page.entries.length > 0 && (page.entries.at(-1)?.number ?? 0) < page.last
        here = page.entries.at(-1)?.number ?? here
      }
      this.ports.onChange()
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
      // The next pull may be long in coming. A backend that has no such list is not asked on and on.
      if (error.code !== 'not_found') this.retrySoon(storeId)
    }
  }

  private retrySoon(storeId: string): void {
    if (this.retries.has(storeId)) return
    this.retries.add(storeId)
    setTimeout(() => {
      this.retries.delete(storeId)
      void this.follow(storeId).catch((error) => console.error('entries of a store not fetched', error))
    }, RETRY_MS)
  }
}
