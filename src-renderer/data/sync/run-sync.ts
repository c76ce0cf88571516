/** Does what the sync machine decides: network and storage around the pure core. */
import { decodeDayBlock } from '#shared/protocol/day-block.ts'
import { pushResponseSchema } from '#shared/protocol/decisions.ts'
import { problem } from '#shared/protocol/problems.ts'
import {
  changesResponseSchema,
  documentsResponseSchema,
  type Identity,
  identitySchema,
  MAX_DOCUMENTS_PER_REQUEST,
  manifestSchema,
  pokeSchema,
} from '#shared/protocol/sync.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { Clock } from '#shared/time/clock.ts'
import type { FirstSync } from '../data-api.ts'
import type { ConsoleDatabase, DayBlockRow, OutboxRow } from '../database.ts'
import { CallFailed, call, callJson, type Fetch, readEvents } from '../transport.ts'
import { initialState, type SyncEffect, type SyncEvent, type SyncState, step } from './machine.ts'

const PAGE_LIMIT = 500
const PUSH_LIMIT = 100

/** What the engine needs from and tells to the data service. */
export interface SyncHost {
  deviceId(): string
  /** Server time, UTC milliseconds. */
  serverNow(): number
  /** Unsent rows of the signed-in employee and device, by seq. */
  unsentRows(): OutboxRow[]
  reloadOutbox(): Promise<void>
  /** Rows of the store whose documents should be kept: sessions not ended. */
  openSessions(storeId: string): SessionSummary[]
  onState(state: SyncState): void
  onBlock(storeId: string, rows: SessionSummary[]): void
  onFirstSync(progress: FirstSync | null): void
  /** IndexedDB changed for the store: documents of these ids, or everything. */
  onStoreChanged(storeId: string, ids: string[] | 'all'): Promise<void>
  onSettled(rows: OutboxRow[]): Promise<void>
  onStoreWithdrawn(storeId: string): Promise<void>
  onIdentity(identity: Identity): Promise<void>
  measureClock(): Promise<void>
}

type Unstamped<Event> = Event extends { at: number } ? Omit<Event, 'at'> : never

export class SyncRunner {
  private state: SyncState = initialState
  private wake: ReturnType<typeof setTimeout> | null = null
  private stream: AbortController | null = null
  /** Answers of calls made for an earlier identity are dropped. */
  private generation = 0
  private readonly refilling = new Set<string>()

  constructor(
    private readonly database: ConsoleDatabase,
    private readonly fetch: Fetch,
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly host: SyncHost,
  ) {}

  signedIn(stores: Record<string, { filled: boolean }>, unsent: number): void {
    this.generation += 1
    this.dispatch({ type: 'signed_in', stores, unsent })
  }

  signedOut(): void {
    this.generation += 1
    this.dispatch({ type: 'signed_out' })
  }

  decided(unsent: number): void {
    this.dispatch({ type: 'decided', unsent })
  }

  syncNow(): void {
    this.dispatch({ type: 'sync_now' })
  }

  private dispatch(event: Unstamped<SyncEvent>): void {
    const { state, effects } = step(this.state, { ...event, at: this.clock.monotonic() } as SyncEvent)
    this.state = state
    this.host.onState(state)
    for (const effect of effects) this.run(effect)
  }

  private run(effect: SyncEffect): void {
    switch (effect.type) {
      case 'wake':
        if (this.wake !== null) clearTimeout(this.wake)
        this.wake = setTimeout(() => this.dispatch({ type: 'tick' }), Math.max(0, effect.at - this.clock.monotonic()))
        return
      case 'close_stream':
        this.stream?.abort()
        this.stream = null
        return
      case 'open_stream':
        void this.attempt('stream', () => this.followStream())
        return
      case 'refresh':
        void this.attempt('refresh', () => this.refresh())
        return
      case 'push':
        void this.attempt('push', () => this.push())
        return
      case 'pull':
        void this.attempt(
          'pull',
          () => (effect.fill ? this.fill(effect.storeId) : this.pull(effect.storeId)),
          effect.storeId,
        )
        return
    }
  }

  /** Runs one effect and feeds its outcome back, unless the identity changed meanwhile. */
  private async attempt(
    what: Extract<SyncEvent, { type: 'failed' }>['what'],
    work: () => Promise<Unstamped<SyncEvent>>,
    storeId?: string,
  ): Promise<void> {
    const generation = this.generation
    let outcome: Unstamped<SyncEvent>
    try {
      outcome = await work()
    } catch (error) {
      if (generation !== this.generation) return
      const failure =
        error instanceof CallFailed ? error : new CallFailed(problem('internal', { detail: String(error) }))
      if (!(error instanceof CallFailed)) console.error(`sync: ${what} failed`, error)
      if (what === 'pull' && storeId !== undefined && failure.code === 'store_forbidden') {
        await this.database.swapStore(storeId, [], null)
        await this.host.onStoreWithdrawn(storeId)
        outcome = { type: 'store_withdrawn', storeId }
      } else {
        const { code, retry, retryAfterMs } = failure
        outcome = { type: 'failed', what, code, retry, retryAfterMs, random: this.random() }
      }
    }
    if (generation === this.generation) this.dispatch(outcome)
  }

  private async followStream(): Promise<Unstamped<SyncEvent>> {
    this.stream?.abort()
    const stream = new AbortController()
    const generation = this.generation
    this.stream = stream
    const response = await call(this.fetch, '/api/v1/sync/events', {
      headers: { accept: 'text/event-stream' },
      signal: stream.signal,
    })
    const current = () => generation === this.generation && this.stream === stream
    if (!current()) return { type: 'tick' }
    this.dispatch({ type: 'stream_opened' })
    void this.host.measureClock().catch(() => undefined)
    try {
      for await (const { event, data } of readEvents(response)) {
        if (!current()) return { type: 'tick' }
        if (event === 'heartbeat') this.dispatch({ type: 'heartbeat' })
        if (event !== 'poke') continue
        const poke = pokeSchema.safeParse(JSON.parse(data))
        if (poke.success) this.dispatch({ type: 'poked', storeId: poke.data.storeId })
      }
    } catch {
      // A broken stream and an ended one mean the same: open another.
    }
    return current() ? { type: 'stream_ended' } : { type: 'tick' }
  }

  private async refresh(): Promise<Unstamped<SyncEvent>> {
    const response = await call(this.fetch, '/api/v1/auth/refresh', { method: 'POST' })
    const identity = identitySchema.safeParse(await response.json().catch(() => undefined))
    if (identity.success) await this.host.onIdentity(identity.data)
    return { type: 'refreshed' }
  }

  private async push(): Promise<Unstamped<SyncEvent>> {
    const rows = this.host.unsentRows().slice(0, PUSH_LIMIT)
    if (rows.length === 0) return { type: 'pushed', storeIds: [], unsent: 0 }
    const { results } = await callJson(this.fetch, '/api/v1/sync/mutations', pushResponseSchema, {
      method: 'POST',
      json: { deviceId: this.host.deviceId(), mutations: rows.map((row) => row.mutation) },
    })
    await this.database.noteVerdicts(results.map(({ seq: _seq, ...verdict }) => verdict))
    // No pull of a store that is closed to us will ever confirm these.
    const lost = new Set(
      results.filter((result) => result.status === 'refused' && result.code === 'store_forbidden').map(({ id }) => id),
    )
    if (lost.size > 0) {
      const settled = (await this.database.outbox.bulkGet([...lost])).filter((row) => row !== undefined)
      await this.database.settle(settled, this.host.serverNow())
      await this.host.onSettled(settled)
    }
    await this.host.reloadOutbox()
    const storeIds = [...new Set(rows.map((row) => row.storeId))]
    return { type: 'pushed', storeIds, unsent: this.host.unsentRows().length }
  }

  private async pull(storeId: string): Promise<Unstamped<SyncEvent>> {
    const cursor = await this.database.cursors.get(storeId)
    if (cursor === undefined) return { type: 'reset', storeId }
    const query = new URLSearchParams({ since: String(cursor.version), limit: String(PAGE_LIMIT), epoch: cursor.epoch })
    const page = await callJson(this.fetch, `${storePath(storeId)}/changes?${query}`, changesResponseSchema)
    if ('reset' in page) {
      this.refilling.add(storeId)
      return { type: 'reset', storeId }
    }
    const now = this.host.serverNow()
    const settled = await this.database.applyPage(storeId, cursor.version, page, this.host.deviceId(), now)
    if (settled === null) {
      // Another window was faster; what it wrote is the truth.
      await this.host.onStoreChanged(storeId, 'all')
      return { type: 'pulled', storeId, more: true, unsent: this.host.unsentRows().length }
    }
    await this.host.reloadOutbox()
    const ids = page.changes.map((change) => ('deleted' in change ? change.deleted : change.session.id))
    await this.host.onStoreChanged(storeId, ids)
    if (settled.length > 0) await this.host.onSettled(settled)
    return { type: 'pulled', storeId, more: page.more, unsent: this.host.unsentRows().length }
  }

  /** First sync, newest day first; after a reset beside the old data, which is swapped at the end. */
  private async fill(storeId: string): Promise<Unstamped<SyncEvent>> {
    const swap = this.refilling.has(storeId)
    const manifest = await callJson(this.fetch, `${storePath(storeId)}/manifest`, manifestSchema)
    const days = manifest.days.toSorted((a, b) => (a.date < b.date ? 1 : -1))
    const staged: DayBlockRow[] = []
    try {
      for (const [index, day] of days.entries()) {
        this.host.onFirstSync({ storeId, daysDone: index, daysTotal: days.length })
        const kept = swap ? undefined : await this.database.dayBlocks.get([storeId, day.date])
        if (kept?.version === day.version) continue
        const response = await call(this.fetch, `${storePath(storeId)}/days/${day.date}`)
        const block = {
          storeId,
          date: day.date,
          version: day.version,
          bytes: new Uint8Array(await response.arrayBuffer()),
        }
        const rows = decodeDayBlock(block.bytes)
        if (swap) staged.push(block)
        else {
          await this.database.dayBlocks.put(block)
          this.host.onBlock(storeId, rows)
        }
      }
    } finally {
      this.host.onFirstSync(null)
    }
    const cursor = { storeId, version: manifest.version, epoch: manifest.epoch, pulledAt: this.host.serverNow() }
    if (swap) {
      await this.database.swapStore(storeId, staged, cursor)
      await this.host.onStoreChanged(storeId, 'all')
    }
    await this.fetchDocuments(
      storeId,
      this.host.openSessions(storeId).map((row) => row.id),
    )
    if (!swap) await this.database.cursors.put(cursor)
    this.refilling.delete(storeId)
    return { type: 'pulled', storeId, more: true, unsent: this.host.unsentRows().length }
  }

  /** Fetches and keeps documents of sessions; ids the backend does not know are left out. */
  async fetchDocuments(storeId: string, ids: readonly string[]): Promise<void> {
    for (let start = 0; start < ids.length; start += MAX_DOCUMENTS_PER_REQUEST) {
      const batch = ids.slice(start, start + MAX_DOCUMENTS_PER_REQUEST)
      const { sessions } = await callJson(this.fetch, `${storePath(storeId)}/sessions`, documentsResponseSchema, {
        method: 'POST',
        json: { ids: batch },
      })
      await this.database.keepDocuments(sessions)
      await this.host.onStoreChanged(storeId, batch)
    }
  }
}

const storePath = (storeId: string): string => `/api/v1/sync/stores/${encodeURIComponent(storeId)}`
