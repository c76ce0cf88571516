/**
 * The first sync: day blocks newest first, the newest day of every store before all others. Days already here are kept,
 * so one that was interrupted goes on where it stopped. After a reset the days are staged beside the old data.
 */
import type { DayBlock } from '#shared/protocol/day-block.ts'
import { MAX_DAYS_PER_REQUEST, type Manifest, manifestSchema } from '#shared/protocol/sync.ts'
import type { FirstSync } from '../data-api.ts'
import type { ConsoleDatabase, DayBlockRow } from '../database.ts'
import { CallFailed, callJson, type Fetch, storePath } from '../transport.ts'
import { type DaysAnswer, type FetchedDay, fetchDay, fetchDays, readDay } from './day-blocks.ts'

export interface FirstSyncHost {
  onBlock(storeId: string, block: DayBlock): void
  onFirstSync(progress: FirstSync | null): void
  onStoreChanged(storeId: string, ids: 'all'): Promise<void>
  /** A block that came could not be read; it is asked for once more. */
  onCorruptBlock(storeId: string, date: string): Promise<void>
}

/** Days asked for at a time: one answer is read and stored while the next is under way. */
const DAYS_PER_ANSWER = Math.min(32, MAX_DAYS_PER_REQUEST)
/** Beside each other, where the backend knows single days only. */
const SINGLE_DAYS_AT_ONCE = 4

export class FirstSyncFetcher {
  /** Stores whose newest day is here, as their manifests were then. */
  private readonly begun = new Map<string, Manifest>()
  private knowsFrames = true

  constructor(
    private readonly database: ConsoleDatabase,
    private readonly fetch: Fetch,
    private readonly host: FirstSyncHost,
  ) {}

  manifest(storeId: string): Promise<Manifest> {
    return callJson(this.fetch, `${storePath(storeId)}/manifest`, manifestSchema)
  }

  /** Another person, another backend: nothing that was begun counts. */
  forget(): void {
    this.begun.clear()
    this.knowsFrames = true
  }

  /**
   * Stores all days of a store; the newest ones of `next`, which are filled after it, come first.
   * @param storesTotal of all stores that are filled in a row
   * @throws CallFailed where the backend fails; what came is kept
   */
  async fill(storeId: string, next: readonly string[], storesTotal: number): Promise<Manifest> {
    const storesDone = storesTotal - next.length - 1
    try {
      const manifest = await this.begin(storeId)
      this.host.onFirstSync({ storeId, daysDone: 0, daysTotal: manifest.days.length, storesDone, storesTotal })
      for (const other of next) await this.begin(other).catch(ignoreFailedCall)
      await this.eachDay(storeId, manifest, { storesDone, storesTotal }, async (fetched) => {
        await this.database.dayBlocks.bulkPut(fetched.map(({ row }) => row))
        for (const { block } of fetched) this.host.onBlock(storeId, block)
      })
      return manifest
    } finally {
      this.begun.delete(storeId)
      this.host.onFirstSync(null)
    }
  }

  /** All days of a store as rows, beside what is here. */
  async stage(storeId: string, storesTotal: number): Promise<{ manifest: Manifest; rows: DayBlockRow[] }> {
    const manifest = await this.manifest(storeId)
    const rows: DayBlockRow[] = []
    try {
      await this.eachDay(storeId, manifest, { storesDone: 0, storesTotal, staged: true }, async (fetched) => {
        rows.push(...fetched.map(({ row }) => row))
      })
      return { manifest, rows }
    } finally {
      this.host.onFirstSync(null)
    }
  }

  /** Makes way for a store's days and stores the newest. */
  private async begin(storeId: string): Promise<Manifest> {
    const known = this.begun.get(storeId)
    if (known !== undefined) return known
    const manifest = await this.manifest(storeId)
    if (await this.database.beginFill(storeId, manifest)) await this.host.onStoreChanged(storeId, 'all')
    const newest = manifest.days.reduce<string | null>(
      (date, day) => (date === null || day.date > date ? day.date : date),
      null,
    )
    if (newest !== null && (await this.database.dayBlocks.where({ storeId, date: newest }).count()) === 0) {
      const { row, block } = await this.fetchDay(storeId, newest, manifest.epoch)
      await this.database.dayBlocks.put(row)
      this.host.onBlock(storeId, block)
    }
    this.begun.set(storeId, manifest)
    return manifest
  }

  /** Hands over the days of a manifest that are not here, newest first, some at a time. */
  private async eachDay(
    storeId: string,
    { days, epoch }: Manifest,
    { staged = false, ...stores }: { storesDone: number; storesTotal: number; staged?: boolean },
    take: (fetched: FetchedDay[]) => Promise<void>,
  ): Promise<void> {
    const here = new Set(staged ? [] : await this.database.storedDates(storeId))
    const dates = days.map(({ date }) => date).filter((date) => !here.has(date))
    dates.sort().reverse()
    let asked = this.ask(storeId, dates.slice(0, DAYS_PER_ANSWER), epoch)
    // Storing one answer, mostly a wait for the disk, goes beside the arrival of the next.
    let taken: Promise<void> = Promise.resolve()
    try {
      while (dates.length > 0) {
        const daysDone = days.length - dates.length
        this.host.onFirstSync({ storeId, daysDone, daysTotal: days.length, ...stores })
        const { days: came, failure } = await asked
        const inOrder = came.every(({ date }, at) => date === dates[at])
        if (!inOrder || (came.length === 0 && failure === null)) {
          throw CallFailed.of('not_a_backend', 'other days than asked for')
        }
        dates.splice(0, came.length)
        if (failure === null) asked = heard(this.ask(storeId, dates.slice(0, DAYS_PER_ANSWER), epoch))
        const fetched: FetchedDay[] = []
        for (const { date, bytes } of came) fetched.push(await this.read(storeId, date, epoch, bytes))
        await taken
        taken = heard(take(fetched))
        if (failure !== null) throw failure
      }
    } finally {
      // Whatever ends this must not leave a write behind.
      await taken
    }
  }

  private async ask(storeId: string, dates: readonly string[], epoch: string): Promise<DaysAnswer> {
    if (dates.length === 0) return { days: [], failure: null }
    if (this.knowsFrames) {
      try {
        return await fetchDays(this.fetch, storeId, dates)
      } catch (error) {
        if (!(error instanceof CallFailed) || error.code !== 'not_found') throw error
        this.knowsFrames = false
      }
    }
    const single = dates.slice(0, SINGLE_DAYS_AT_ONCE)
    const fetched = await Promise.all(single.map((date) => this.fetchDay(storeId, date, epoch)))
    return { days: fetched.map(({ row }) => ({ date: row.date, tag: '', bytes: row.bytes })), failure: null }
  }

  private async read(storeId: string, date: string, epoch: string, bytes: Uint8Array): Promise<FetchedDay> {
    try {
      return readDay(storeId, date, epoch, bytes)
    } catch {
      await this.host.onCorruptBlock(storeId, date)
      return await fetchDay(this.fetch, storeId, date, epoch)
    }
  }

  private async fetchDay(storeId: string, date: string, epoch: string): Promise<FetchedDay> {
    try {
      return await fetchDay(this.fetch, storeId, date, epoch)
    } catch (error) {
      if (!(error instanceof CallFailed) || error.code !== 'not_a_backend') throw error
      await this.host.onCorruptBlock(storeId, date)
      return await fetchDay(this.fetch, storeId, date, epoch)
    }
  }
}

/** A store that cannot begin yet says so when its turn comes. */
function ignoreFailedCall(error: unknown): void {
  if (!(error instanceof CallFailed)) throw error
}

/** Whoever waits for it hears of its failure; nobody else has to. */
function heard<Answer>(promise: Promise<Answer>): Promise<Answer> {
  promise.catch(() => undefined)
  return promise
}
