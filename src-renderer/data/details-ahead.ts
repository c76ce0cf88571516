/**
 * Makes details available offline: those of baskets that were left and are not reviewed, always, and those of the last days
 * where somebody wants that. Fetches what is not here, newest first, while all is well.
 */

import type { SessionSummary } from '#shared/session/session-summary.ts'
import { DAY_MS } from '#shared/time/day-length.ts'
import { LEFT_DETAILS_DAYS } from './abandoned/abandoned-rows.ts'
import { noFilter, type SessionFilter, type SessionKey } from './data-api.ts'
import type { ConsoleDatabase } from './database.ts'
import type { SessionIndex } from './session-index.ts'
import { CallFailed } from './transport.ts'

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
   * Fetches details that are not here of left baskets, then of sessions started in the last days; a run that goes on is
   * replaced. Ends early where the backend fails: the next run takes up what is left.
   *
   * @param days 0 is for left baskets alone
   * @param nowMs UTC milliseconds, server time
   */
  async run(storeIds: readonly string[], days: number, nowMs: number): Promise<void> {
    const run = {}
    this.current = run
    const missing = await this.missing(storeIds, nowMs - days * DAY_MS, nowMs)
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

  /** Newest first, left baskets before all others. */
  private async missing(storeIds: readonly string[], fromMs: number, nowMs: number): Promise<SessionKey[]> {
    const absent = new Map<string, SessionKey>()
    const here = new Map<string, Set<string>>()
    for (const storeId of storeIds) here.set(storeId, new Set(await this.ports.database.keptIds(storeId)))
    const find = (filter: Partial<SessionFilter>) => {
      for (const { storeId, id } of this.rows(storeIds, filter, nowMs)) {
        if (here.get(storeId)?.has(id) === false) absent.set(JSON.stringify([storeId, id]), { storeId, id })
      }
    }
    find({ abandoned: true, reviewed: false, endedAt: { min: nowMs - LEFT_DETAILS_DAYS * DAY_MS, max: null } })
    for (let to = nowMs; to > fromMs; to -= DAY_MS) {
      find({ startedFrom: Math.max(fromMs, to - DAY_MS), startedTo: to === nowMs ? null : to })
    }
    return [...absent.values()]
  }

  private rows(storeIds: readonly string[], filter: Partial<SessionFilter>, nowMs: number): SessionSummary[] {
    const order = { sort: 'startedAt' as const, descending: true, offset: 0, limit: Number.MAX_SAFE_INTEGER, nowMs }
    return this.ports.index.query({ ...noFilter, ...filter, ...order, storeIds: [...storeIds] }, () => 0).rows
  }
}
