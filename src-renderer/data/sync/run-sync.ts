/** Does what the sync machine decides: network and storage around the pure core. */
import { type MutationResult, pushResponseSchema } from '#shared/protocol/decisions.ts'
import { problem } from '#shared/protocol/problems.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import {
  changesResponseSchema,
  documentsResponseSchema,
  type Identity,
  identitySchema,
  MAX_DAYS_PER_REQUEST,
  MAX_DOCUMENTS_PER_REQUEST,
  type Manifest,
  pokeSchema,
} from '#shared/protocol/sync.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { Clock } from '#shared/time/clock.ts'
import { type ConsoleDatabase, DISTRUSTED_EPOCH, type OutboxRow } from '../database.ts'
import { CallFailed, call, callJson, type Fetch, readEvents, storePath } from '../transport.ts'
import { type FetchedDay, fetchDay, fetchDays, readDay } from './day-blocks.ts'
import { FirstSyncFetcher, type FirstSyncHost } from './first-sync.ts'
import { initialState, type SyncEffect, type SyncEvent, type SyncState, step } from './machine.ts'

const PAGE_LIMIT = 500
const PUSH_LIMIT = 100
const DAYS_PER_RENEWAL = Math.min(32, MAX_DAYS_PER_REQUEST)

/** What the engine needs from and tells to the data service. */
export interface SyncHost extends FirstSyncHost {
  deviceId(): string
  /** Server time, UTC milliseconds. */
  serverNow(): number
  /** Unsent rows of the signed-in employee and device, by seq. */
  unsentRows(): OutboxRow[]
  /** How many decisions of the signed-in employee wait for a verdict. */
  unsentCount(): number
  reloadOutbox(): Promise<void>
  /** Numbers the employee's decisions anew, because the backend's count of this device disagrees with ours. */
  renumber(lastMutationSeq: number): Promise<void>
  /** The backend lost what it had confirmed: it is sent again, and the stores are filled anew. */
  offerAgain(): Promise<void>
  /** False while the disk is too full for a pull. */
  hasRoom(): Promise<boolean>
  /** Days of the store whose block on this PC could not be read. */
  damagedDays(storeId: string): string[]
  onDayRepaired(storeId: string, date: string): Promise<void>
  /** Days of the store whose block on this PC is of an app of before, newest first. */
  outdatedDays(storeId: string): string[]
  onDaysRenewed(storeId: string, dates: readonly string[]): void
  onSettings(storeId: string, settings: StoreSettings): Promise<void>
  /** Rows of the store whose documents should be kept: sessions not ended. */
  openSessions(storeId: string): SessionSummary[]
  onState(state: SyncState): void
  /** Whether the row of a session is stored in this version or a newer one. */
  hasRow(storeId: string, id: string, version: number): boolean
  /** Documents of these sessions were fetched and kept, whether or not their rows changed. */
  onDocuments(storeId: string, ids: string[]): void
  /** A first sync is complete: what it stored block by block is there for other windows too. */
  onFilled(storeId: string): void
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
  /** Stores whose data is replaced beside the old one. */
  private readonly refilling = new Set<string>()
  /** Halved where the backend finds a push too large. */
  private pushLimit = PUSH_LIMIT
  private readonly firstSync: FirstSyncFetcher
  /** Stores of a first sync that goes on store by store, those done included. */
  private fillsInARow = 0

  constructor(
    private readonly database: ConsoleDatabase,
    private readonly fetch: Fetch,
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly host: SyncHost,
  ) {
    this.firstSync = new FirstSyncFetcher(database, fetch, host)
  }

  signedIn(stores: Record<string, { filled: boolean }>, unsent: number): void {
    this.generation += 1
    this.firstSync.forget()
    this.fillsInARow = 0
    this.dispatch({ type: 'signed_in', stores, unsent })
  }

  /** The signed-in employee has access to more stores than before. */
  storesAdded(stores: Record<string, { filled: boolean }>): void {
    this.dispatch({ type: 'stores_added', stores })
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
      case 'renumber':
        void this.attempt('renumber', () => this.renumber(effect.lastMutationSeq))
        return
      case 'pull':
        void this.attempt('pull', () => this.pullIfRoom(effect.storeId, effect.fill), effect.storeId)
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
      if (what === 'pull' && storeId !== undefined && isDiskFull(error)) {
        this.dispatch({ type: 'disk_low', storeId })
        return
      }
      const failure =
        error instanceof CallFailed ? error : new CallFailed(problem('internal', { detail: String(error) }))
      if (!(error instanceof CallFailed)) console.error(`sync: ${what} failed`, error)
      if (what === 'pull' && storeId !== undefined && failure.code === 'store_forbidden') {
        await this.database.swapStore(storeId, [], null)
        await this.host.onStoreWithdrawn(storeId)
        outcome = { type: 'store_withdrawn', storeId }
      } else {
        const { code, retry, retryAfterMs } = failure
        const { lastMutationSeq } = failure.problem
        outcome = { type: 'failed', what, code, retry, retryAfterMs, random: this.random(), lastMutationSeq }
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
    const generation = this.generation
    const response = await call(this.fetch, '/api/v1/auth/refresh', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ deviceId: this.host.deviceId() }),
    })
    const identity = identitySchema.safeParse(await response.json().catch(() => undefined))
    // Signed out meanwhile: a late answer must not bring the identity back.
    if (identity.success && generation === this.generation) await this.host.onIdentity(identity.data)
    return { type: 'refreshed' }
  }

  private async push(): Promise<Unstamped<SyncEvent>> {
    const rows = withoutHoles(this.host.unsentRows()).slice(0, this.pushLimit)
    if (rows.length === 0) return { type: 'pushed', storeIds: [], unsent: 0 }
    const deviceId = this.host.deviceId()
    let results: MutationResult[]
    try {
      const answer = await callJson(this.fetch, '/api/v1/sync/mutations', pushResponseSchema, {
        method: 'POST',
        json: { deviceId, mutations: rows.map((row) => row.mutation) },
      })
      results = answer.results
      this.pushLimit = PUSH_LIMIT
    } catch (error) {
      if (error instanceof CallFailed && error.code === 'too_large') {
        this.pushLimit = Math.max(1, Math.floor(rows.length / 2))
      }
      throw error
    }
    await this.database.noteVerdicts(deviceId, results)
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

  private async renumber(lastMutationSeq: number): Promise<Unstamped<SyncEvent>> {
    await this.host.renumber(lastMutationSeq)
    return { type: 'renumbered', unsent: this.host.unsentCount() }
  }

  private async pullIfRoom(storeId: string, fill: boolean): Promise<Unstamped<SyncEvent>> {
    if (!(await this.host.hasRoom())) return { type: 'disk_low', storeId }
    return fill ? this.fill(storeId) : this.pull(storeId)
  }

  /** Pulls one page of a store; safe beside the machine's own pulls. */
  async pull(storeId: string): Promise<Unstamped<Extract<SyncEvent, { type: 'pulled' | 'reset' }>>> {
    const cursor = await this.database.cursors.get(storeId)
    if (cursor === undefined) return { type: 'reset', storeId }
    const deviceId = this.host.deviceId()
    const judged = await this.database.outbox
      .filter((row) => row.storeId === storeId && row.deviceId === deviceId && row.verdict !== null)
      .primaryKeys()
    const query = new URLSearchParams({ since: String(cursor.version), limit: String(PAGE_LIMIT), epoch: cursor.epoch })
    const page = await callJson(this.fetch, `${storePath(storeId)}/changes?${query}`, changesResponseSchema)
    if ('reset' in page) {
      this.refilling.add(storeId)
      // Its history is not the one this cursor is of. All stores at once, or decisions would arrive out of order.
      if (cursor.epoch !== DISTRUSTED_EPOCH) await this.host.offerAgain()
      return { type: 'reset', storeId }
    }
    const now = this.host.serverNow()
    const settled = await this.database.applyPage(storeId, cursor.version, page, deviceId, now)
    if (settled === null) {
      // Another window was faster; what it wrote is the truth.
      await this.host.onStoreChanged(storeId, 'all')
      return { type: 'pulled', storeId, more: true, unsent: this.host.unsentCount() }
    }
    if (page.settings !== undefined) await this.host.onSettings(storeId, page.settings)
    await this.host.reloadOutbox()
    const ids = page.changes.map((change) => ('deleted' in change ? change.deleted : change.session.id))
    await this.host.onStoreChanged(storeId, ids)
    if (settled.length > 0) await this.host.onSettled(settled)
    const forgotten = page.more || page.deviceId !== deviceId ? [] : await this.stillThere(judged, page.lastMutationSeq)
    if (forgotten.length > 0) {
      // Judged before this page was read, and yet beyond what the backend knows: it lost them.
      await this.host.offerAgain()
      return { type: 'pulled', storeId, more: true, unsent: this.host.unsentCount() }
    }
    for (const date of this.host.damagedDays(storeId)) await this.refetchDay(storeId, date)
    const more = page.more || (await this.renewDays(storeId, page.epoch))
    return { type: 'pulled', storeId, more, unsent: this.host.unsentCount() }
  }

  /**
   * Brings some of the days that an app of before stored up to date; the others wait for the next pull.
   * @returns whether there are others
   */
  private async renewDays(storeId: string, epoch: string): Promise<boolean> {
    const dates = this.host.outdatedDays(storeId).slice(0, DAYS_PER_RENEWAL)
    if (dates.length === 0) return false
    let renewed = dates
    try {
      const { days } = await fetchDays(this.fetch, storeId, dates)
      const fetched = days.map(({ date, bytes }) => readDay(storeId, date, epoch, bytes))
      await this.database.dayBlocks.bulkPut(fetched.map(({ row }) => row))
      for (const { block } of fetched) this.host.onBlock(storeId, block)
      renewed = days.map(({ date }) => date)
    } catch (error) {
      // A backend of before cannot do better; from any other the next pull asks again. What is here stays readable.
      if (!(error instanceof CallFailed)) throw error
      if (error.code !== 'not_found') return false
    }
    this.host.onDaysRenewed(storeId, renewed)
    return renewed.length > 0 && this.host.outdatedDays(storeId).length > 0
  }

  private async stillThere(judged: readonly string[], lastMutationSeq: number): Promise<OutboxRow[]> {
    const rows = await this.database.outbox.bulkGet([...judged])
    return rows.filter(
      (row) => row !== undefined && row.verdict !== null && row.mutation.seq > lastMutationSeq,
    ) as OutboxRow[]
  }

  /** Replaces a day's block by the backend's of now. */
  private async refetchDay(storeId: string, date: string): Promise<void> {
    const { row, block } = await this.fetchDay(storeId, date, (await this.database.cursors.get(storeId))?.epoch ?? '')
    await this.database.dayBlocks.put(row)
    this.host.onBlock(storeId, block)
    await this.host.onDayRepaired(storeId, date)
  }

  fetchDay(storeId: string, date: string, epoch: string): Promise<FetchedDay> {
    return fetchDay(this.fetch, storeId, date, epoch)
  }

  manifest(storeId: string): Promise<Manifest> {
    return this.firstSync.manifest(storeId)
  }

  /** First sync; after a reset beside the old data, which is swapped at the end. */
  private async fill(storeId: string): Promise<Unstamped<SyncEvent>> {
    const swap = this.refilling.has(storeId)
    const unfilled = Object.entries(this.state.stores).filter(([id, { filled }]) => !filled && !this.refilling.has(id))
    this.fillsInARow = Math.max(this.fillsInARow, unfilled.length)
    const next = unfilled.map(([id]) => id).filter((id) => id !== storeId)
    let manifest: Manifest
    const cursorOf = ({ version, epoch }: Manifest) => ({ storeId, version, epoch, pulledAt: this.host.serverNow() })
    if (swap) {
      const staged = await this.firstSync.stage(storeId, 1)
      manifest = staged.manifest
      await this.database.swapStore(storeId, staged.rows, cursorOf(manifest))
      await this.host.onStoreChanged(storeId, 'all')
    } else manifest = await this.firstSync.fill(storeId, next, this.fillsInARow)
    await this.fetchDocuments(
      storeId,
      this.host.openSessions(storeId).map((row) => row.id),
    )
    if (!swap) await this.database.cursors.put(cursorOf(manifest))
    if (next.length === 0) this.fillsInARow = 0
    this.refilling.delete(storeId)
    this.host.onFilled(storeId)
    await this.host.onSettings(storeId, manifest.settings)
    return { type: 'pulled', storeId, more: true, unsent: this.host.unsentCount() }
  }

  /** Refills these stores beside what is here, which stays on the screens until then. */
  refill(storeIds: readonly string[]): void {
    for (const storeId of storeIds) this.refilling.add(storeId)
  }

  /** Fetches and keeps documents of sessions; ids the backend does not know are left out. */
  async fetchDocuments(storeId: string, ids: readonly string[]): Promise<void> {
    const epoch = (await this.database.cursors.get(storeId))?.epoch
    for (let start = 0; start < ids.length; start += MAX_DOCUMENTS_PER_REQUEST) {
      const batch = ids.slice(start, start + MAX_DOCUMENTS_PER_REQUEST)
      const { sessions } = await callJson(this.fetch, `${storePath(storeId)}/sessions`, documentsResponseSchema, {
        method: 'POST',
        json: { ids: batch },
      })
      const isRowKnown = (id: string, version: number) => this.host.hasRow(storeId, id, version)
      const changed = await this.database.keepDocuments(storeId, sessions, epoch, isRowKnown)
      this.host.onDocuments(
        storeId,
        sessions.map(({ id }) => id),
      )
      if (changed.length > 0) await this.host.onStoreChanged(storeId, changed)
    }
  }
}

/** The first rows without a hole in their numbers: one being numbered anew by another window must not be jumped over. */
function withoutHoles(rows: readonly OutboxRow[]): OutboxRow[] {
  const first = rows[0]?.mutation.seq ?? 0
  return rows.filter((row, index) => row.mutation.seq === first + index)
}

function isDiskFull(error: unknown): boolean {
  const { inner, failures } = (error ?? {}) as { inner?: unknown; failures?: unknown[] }
  const names = [error, inner, ...(failures ?? [])].map((each) =>
    each instanceof Error || each instanceof DOMException ? each.name : '',
  )
  return names.includes('QuotaExceededError')
}
