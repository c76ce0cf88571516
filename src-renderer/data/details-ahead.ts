/** Makes the details of the last days available offline: fetches what is not here, newest first, while all is well. */
import { noFilter } from './data-api.ts'
import type { ConsoleDatabase } from './database.ts'
import type { SessionIndex } from './session-index.ts'
import { CallFailed } from './transport.ts'

const DAY_MS = 24 * 3_600_000
/** Fetched between two looks at whether to go on. */
const BATCH = 100

export interface DetailsAheadPorts {
  database: ConsoleDatabase
  index: SessionIndex
  /** Fetches and keeps documents; at most 100 at a time. */
  fetchDocuments: (storeId: string, ids: readonly string[]) => Promise<void>
  /** False while offline, while the disk is nearly full, or once somebody else leads. */
  mayFetch: () => Promise<boolean>
  onProgress: () => void
}

export class DetailsAhead {
  /** Sessions of the run that goes on; null between runs. */
  progress: { done: number; total: number } | null = null
  /** The run that counts: a later one ends it. */
  private current: object | null = null

  constructor(private readonly ports: DetailsAheadPorts) {}

  /**
   * Fetches details that are not here of sessions started in the last days; a run that goes on is replaced. Ends early
   * where the backend fails: the next run takes up what is left.
   *
   * @param days 0 ends a run
   * @param nowMs UTC milliseconds, server time
   */
  async run(storeIds: readonly string[], days: number, nowMs: number): Promise<void> {
    const run = {}
    this.current = run
    const missing = days === 0 ? [] : await this.missing(storeIds, nowMs - days * DAY_MS, nowMs)
    try {
      for (let done = 0; done < missing.length; done += BATCH) {
        if (this.current !== run || !(await this.ports.mayFetch())) return
        this.tell({ done, total: missing.length })
        const byStore = new Map<string, string[]>()
        for (const { storeId, id } of missing.slice(done, done + BATCH)) {
          byStore.set(storeId, [...(byStore.get(storeId) ?? []), id])
        }
        for (const [storeId, ids] of byStore) await this.ports.fetchDocuments(storeId, ids)
      }
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
    } finally {
      if (this.current === run) this.tell(null)
    }
  }

  private tell(progress: DetailsAhead['progress']): void {
    this.progress = progress
    this.ports.onProgress()
  }

  /** Newest first. */
  private async missing(
    storeIds: readonly string[],
    fromMs: number,
    nowMs: number,
  ): Promise<{ storeId: string; id: string }[]> {
    const here = new Map<string, Set<string>>()
    for (const storeId of storeIds) {
      const keys = await this.ports.database.sessions.where('storeId').equals(storeId).primaryKeys()
      here.set(storeId, new Set(keys.map(([, id]) => id)))
    }
    const missing: { storeId: string; id: string }[] = []
    for (let to = nowMs; to > fromMs; to -= DAY_MS) {
      const from = Math.max(fromMs, to - DAY_MS)
      const day = { startedFrom: from, startedTo: to === nowMs ? null : to }
      const order = { sort: 'startedAt' as const, descending: true, offset: 0, limit: Number.MAX_SAFE_INTEGER, nowMs }
      const { rows } = this.ports.index.query({ ...noFilter, ...day, ...order, storeIds: [...storeIds] }, () => 0)
      for (const { storeId, id } of rows) if (here.get(storeId)?.has(id) === false) missing.push({ storeId, id })
    }
    return missing
  }
}
