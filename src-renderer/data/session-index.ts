/**
 * The session index: summaries of all history in worker memory. Day blocks come first, an overlay of newer documents
 * lies above them, and unsent decisions above both; a row with a higher version wins. It can be rebuilt from IndexedDB
 * at any time.
 */
import { activityRule } from '#shared/session/activity.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { SessionPage, SessionQuery } from './data-api.ts'
import type { OverlayRow } from './database.ts'

/** `id` of a row within one store's map. */
type StoreRows = Map<string, SessionSummary>

export class SessionIndex {
  private readonly stores = new Map<string, StoreRows>()
  private readonly pending = new Map<string, Map<string, SessionSummary>>()

  /** Adds rows of a day block; rows already here with a higher version stay. */
  addBlock(storeId: string, rows: readonly SessionSummary[]): void {
    for (const row of rows) this.put(storeId, row)
  }

  /** Applies newer documents' summaries and deletions. */
  addOverlay(rows: readonly OverlayRow[]): void {
    for (const row of rows) {
      if (row.summary !== null) this.put(row.storeId, row.summary)
      else this.rowsOf(row.storeId).delete(row.id)
    }
  }

  /** Replaces the rows that show unsent decisions. */
  setPending(rows: readonly SessionSummary[]): void {
    this.pending.clear()
    for (const row of rows) {
      const ofStore = this.pending.get(row.storeId) ?? new Map<string, SessionSummary>()
      ofStore.set(row.id, row)
      this.pending.set(row.storeId, ofStore)
    }
  }

  dropStore(storeId: string): void {
    this.stores.delete(storeId)
  }

  get(storeId: string, id: string): SessionSummary | undefined {
    return this.pending.get(storeId)?.get(id) ?? this.stores.get(storeId)?.get(id)
  }

  /** A session as the backend confirmed it, without unsent decisions. */
  confirmed(storeId: string, id: string): SessionSummary | undefined {
    return this.stores.get(storeId)?.get(id)
  }

  /** Rows of a store as the backend confirmed them. */
  confirmedRows(storeId: string): Iterable<SessionSummary> {
    return this.stores.get(storeId)?.values() ?? []
  }

  /** How many sessions of a store are known. */
  count(storeId: string): number {
    return this.stores.get(storeId)?.size ?? 0
  }

  /** All rows of the stores, unsent decisions applied. */
  *rows(storeIds: readonly string[]): Generator<SessionSummary> {
    for (const storeId of storeIds) {
      const pending = this.pending.get(storeId)
      for (const row of this.stores.get(storeId)?.values() ?? []) yield pending?.get(row.id) ?? row
    }
  }

  /**
   * One page of the sessions under a filter, with the exact count of all.
   * @param staleAfterMinutes the setting of a store
   */
  query(query: SessionQuery, staleAfterMinutes: (storeId: string) => number): SessionPage {
    const text = query.text.trim().toLowerCase()
    const found: SessionSummary[] = []
    for (const row of this.rows(query.storeIds)) {
      if (query.state.length > 0 && !query.state.includes(row.state)) continue
      if (query.client.length > 0 && !query.client.includes(row.client)) continue
      if (text !== '' && !matches(row, text)) continue
      if (query.activity.length > 0 && !query.activity.includes(activityOf(row, query.nowMs, staleAfterMinutes)))
        continue
      found.push(row)
    }
    // A count needs no order.
    if (query.limit === 0) return { rows: [], count: found.length }
    const direction = query.descending ? -1 : 1
    found.sort(
      (a, b) =>
        direction * compareBy(query.sort, a, b) || b.lastActivityAt - a.lastActivityAt || (a.id < b.id ? -1 : 1),
    )
    return { rows: found.slice(query.offset, query.offset + query.limit), count: found.length }
  }

  private put(storeId: string, row: SessionSummary): void {
    const rows = this.rowsOf(storeId)
    const known = rows.get(row.id)
    if (known === undefined || known.version <= row.version) rows.set(row.id, row)
  }

  private rowsOf(storeId: string): StoreRows {
    let rows = this.stores.get(storeId)
    if (rows === undefined) {
      rows = new Map()
      this.stores.set(storeId, rows)
    }
    return rows
  }
}

function matches(row: SessionSummary, text: string): boolean {
  return row.id.toLowerCase().includes(text) || (row.customerId?.toLowerCase().includes(text) ?? false)
}

function activityOf(row: SessionSummary, nowMs: number, staleAfterMinutes: (storeId: string) => number) {
  const { before, after, afterMs } = activityRule(row.endedAt !== null, row.state, staleAfterMinutes(row.storeId))
  return nowMs - row.lastActivityAt >= afterMs ? after : before
}

function compareBy(sort: SessionQuery['sort'], a: SessionSummary, b: SessionSummary): number {
  const left = a[sort]
  const right = b[sort]
  if (typeof left === 'number' && typeof right === 'number') return left - right
  return left < right ? -1 : left > right ? 1 : 0
}
