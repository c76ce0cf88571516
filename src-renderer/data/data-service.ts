/** The data worker's service: answers the screens from storage and index, takes decisions, runs the sync engine. */
import {
  journalDeviceResponseSchema,
  journalEntriesSchema,
  journalEntrySchema,
  type LocalInfo,
  localInfoSchema,
} from '#shared/desktop-api.ts'
import { decodeDayBlock } from '#shared/protocol/day-block.ts'
import { decisionPayloads, type Mutation } from '#shared/protocol/decisions.ts'
import { describeIssue } from '#shared/protocol/primitives.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { type Identity, identitySchema } from '#shared/protocol/sync.ts'
import { type SessionSummary, summarize } from '#shared/session/session-summary.ts'
import type { Clock, MintId } from '#shared/time/clock.ts'
import type {
  DataApi,
  DataStatus,
  DecideOutcome,
  DecisionInput,
  DecisionResult,
  FirstSync,
  QueueEntry,
  SessionPage,
  SessionQuery,
  SessionView,
  SignInOutcome,
} from './data-api.ts'
import { type ConsoleDatabase, type OutboxRow, outboxRow } from './database.ts'
import { decisionOf, withPending } from './pending-decisions.ts'
import { ServerClock } from './server-clock.ts'
import { SessionIndex } from './session-index.ts'
import { initialState, type SyncState } from './sync/machine.ts'
import { SyncRunner } from './sync/run-sync.ts'
import { CallFailed, call, callJson, type Fetch } from './transport.ts'

/** What windows of one origin tell each other. */
export type WindowMessage = { type: 'identity' | 'decided' | 'changed' } | { type: 'sync'; state: SyncState }

/** What the browser says about its storage; null where it does not. */
export interface StoragePort {
  estimate: () => Promise<{ usedBytes: number; quotaBytes: number } | null>
  persisted: () => Promise<boolean | null>
  persist: () => Promise<boolean>
}

export interface ServicePorts {
  database: ConsoleDatabase
  fetch: Fetch
  clock: Clock
  mintId: MintId
  random: () => number
  storage: StoragePort
  /** Resolves once this window may run the sync engine. */
  leadership: () => Promise<void>
  broadcast: (message: WindowMessage) => void
}

export class DataService implements DataApi {
  private readonly database: ConsoleDatabase
  private readonly index = new SessionIndex()
  private readonly serverClock: ServerClock
  private readonly runner: SyncRunner
  private identity: Identity | null = null
  private local: LocalInfo | null = null
  private deviceId = ''
  private outbox: OutboxRow[] = []
  private outboxRead: Promise<void> = Promise.resolve()
  /** Journalled decisions that IndexedDB refused (full disk). */
  private readonly notStored = new Map<string, OutboxRow>()
  private sync: SyncState = initialState
  private lastContactAt: Record<string, number> = {}
  private firstSync: FirstSync | null = null
  private unseenResults = 0
  private revision = 0
  private leading = false
  private onStatus: (status: DataStatus) => void = () => undefined
  private publishing = false

  constructor(private readonly ports: ServicePorts) {
    this.database = ports.database
    this.serverClock = new ServerClock(ports.clock)
    this.runner = new SyncRunner(ports.database, ports.fetch, ports.clock, ports.random, {
      deviceId: () => this.deviceId,
      serverNow: () => this.serverClock.now(),
      unsentRows: () => this.ownRows().filter((row) => row.verdict === null && row.deviceId === this.deviceId),
      reloadOutbox: () => this.reloadOutbox(),
      openSessions: (storeId) => [...this.index.rows([storeId])].filter((row) => row.endedAt === null),
      onState: (state) => this.takeSyncState(state),
      onBlock: (storeId, rows) => {
        this.index.addBlock(storeId, rows)
        this.changed()
      },
      onFirstSync: (progress) => {
        this.firstSync = progress
        this.publish()
      },
      onStoreChanged: (storeId, ids) => this.storeChanged(storeId, ids),
      onSettled: (rows) => this.settled(rows),
      onStoreWithdrawn: async (storeId) => {
        this.index.dropStore(storeId)
        if (this.identity === null) return
        const stores = this.identity.stores.filter((store) => store.id !== storeId)
        await this.keepIdentity({ ...this.identity, stores })
        this.changed()
      },
      onIdentity: (identity) => this.keepIdentity(identity),
      measureClock: async () => {
        await this.serverClock.measure(ports.fetch)
        await this.database.setMeta('clockOffsetMs', this.serverClock.offsetMs())
        this.publish()
      },
    })
  }

  async start(onStatus: (status: DataStatus) => void): Promise<DataStatus> {
    this.onStatus = onStatus
    this.local = await this.readLocalInfo()
    this.serverClock.restore((await this.database.getMeta('clockOffsetMs')) ?? 0)
    await this.restoreFromJournal()
    await this.loadIdentity()
    void this.ports.leadership().then(() => {
      this.leading = true
      return this.startEngine()
    })
    return this.status()
  }

  /** A message of another window of this origin. */
  async hear(message: WindowMessage): Promise<void> {
    if (message.type === 'sync') {
      if (!this.leading) this.takeSyncState(message.state)
    } else if (message.type === 'identity') {
      await this.loadIdentity()
      if (this.leading) await this.startEngine()
    } else {
      await this.reloadOutbox()
      if (message.type === 'changed') await this.loadStores()
      this.changed()
      if (this.leading) this.runner.decided(this.unsentCount())
    }
  }

  async localInfo(): Promise<LocalInfo | null> {
    return this.local
  }

  async setBackend(url: string): Promise<SignInOutcome> {
    return this.outcomeOf(async () => {
      await call(this.ports.fetch, '/local/backend', {
        method: 'PUT',
        body: JSON.stringify({ url }),
        headers: { 'content-type': 'application/json' },
      })
      this.local = await this.readLocalInfo()
    })
  }

  async signIn(employeeNumber: string, password: string): Promise<SignInOutcome> {
    return this.outcomeOf(async () => {
      const device = { id: await this.deviceIdOf(employeeNumber), name: this.local?.deviceName ?? 'Browser' }
      const identity = await callJson(this.ports.fetch, '/api/v1/auth/sign-in', identitySchema, {
        method: 'POST',
        json: { employeeNumber, password, device },
      })
      await this.keepIdentity(identity)
      await this.loadIdentity()
      this.ports.broadcast({ type: 'identity' })
      if (this.leading) await this.startEngine()
    })
  }

  async signOut(): Promise<void> {
    await this.database.meta.delete('identity')
    this.identity = null
    this.runner.signedOut()
    // The refresh token is forgotten by the main process even when the backend cannot be told.
    await call(this.ports.fetch, '/api/v1/auth/sign-out', { method: 'POST' }).catch(() => undefined)
    this.ports.broadcast({ type: 'identity' })
    this.changed()
  }

  async sessions(query: SessionQuery): Promise<SessionPage> {
    const storeIds = this.visibleStores(query.storeIds)
    return this.index.query({ ...query, storeIds }, (storeId) => this.settingsOf(storeId)?.staleAfterMinutes ?? 30)
  }

  async session(storeId: string, sessionId: string): Promise<SessionView | null> {
    const settings = this.settingsOf(storeId)
    if (settings === undefined) return null
    const document = await this.confirmedDocument(storeId, sessionId)
    if (document === null) return null
    const rows = this.ownRows().filter((row) => row.storeId === storeId && row.mutation.sessionId === sessionId)
    const unsent = rows.flatMap((row) => {
      const decision = decisionOf(row.mutation)
      return decision === null ? [] : [{ decision, storeId, employee: this.employee() }]
    })
    return { document: this.shown(document, rows, settings), unsent }
  }

  async queue(storeIds: string[]): Promise<QueueEntry[]> {
    const open = [...this.index.rows(this.visibleStores(storeIds))].filter(
      (row) => row.endedAt === null && (isOpenCheck(row.spotCheck) || isOpenCheck(row.ageVerification)),
    )
    const views = await Promise.all(open.map((row) => this.session(row.storeId, row.id)))
    const entries = views.flatMap((view): QueueEntry[] => {
      if (view === null) return []
      const { document } = view
      const undecided = document.verifications.filter((verification) => isOpenCheck(verification.status))
      return undecided.map((verification) => ({
        storeId: document.storeId,
        sessionId: document.id,
        verification,
        client: document.client.type,
        customerId: document.customerId,
        quantity: document.quantity,
        total: document.total,
        currency: document.currency,
        unsent: view.unsent.some(
          ({ decision }) => 'verificationId' in decision.payload && decision.payload.verificationId === verification.id,
        ),
      }))
    })
    return entries.sort((a, b) => (a.verification.shownAt < b.verification.shownAt ? -1 : 1))
  }

  async decide(storeId: string, sessionId: string, input: DecisionInput): Promise<DecideOutcome> {
    if (this.identity === null) return { ok: false, code: 'not_signed_in', message: 'Sign in first.' }
    if (this.identity.employee.role === 'viewer') {
      return { ok: false, code: 'viewer', message: 'Your role may only read.' }
    }
    const payload = decisionPayloads[input.type].safeParse(input.payload)
    if (!payload.success) {
      const { field, message } = describeIssue(payload.error)
      return { ok: false, code: 'invalid', message: `${field} ${message}` }
    }
    const known = await this.confirmedDocument(storeId, sessionId)
    if (known === null) {
      return {
        ok: false,
        code: 'session_unknown',
        message: 'This session is not on this PC and cannot be fetched now.',
      }
    }
    const mutation = {
      id: this.ports.mintId(),
      storeId,
      sessionId,
      type: input.type,
      occurredAt: new Date(this.serverClock.now()).toISOString(),
      payload: payload.data,
    }
    try {
      await this.save(this.identity.employee.number, mutation)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { ok: false, code: 'storage_failed', message: `The decision could not be saved: ${message}` }
    }
    await this.reloadOutbox()
    this.revision += 1
    // At once: "saved" must never be on the screen beside an older count.
    this.onStatus(this.status())
    this.ports.broadcast({ type: 'decided' })
    if (this.leading) this.runner.decided(this.unsentCount())
    return { ok: true, savedIn: this.local === null ? 'database' : 'journal' }
  }

  async results(): Promise<DecisionResult[]> {
    const rows = await this.database.results.filter((row) => row.seen === 0).toArray()
    const own = rows.filter((row) => row.employeeNumber === this.identity?.employee.number)
    return own
      .sort((a, b) => b.receivedAt - a.receivedAt)
      .flatMap(({ id, mutation, verdict, receivedAt }) => {
        const decision = decisionOf(mutation)
        if (decision === null) return []
        return [{ id, storeId: mutation.storeId, sessionId: mutation.sessionId, decision, verdict, receivedAt }]
      })
  }

  async markResultsSeen(ids: string[]): Promise<void> {
    await this.database.results.where('id').anyOf(ids).modify({ seen: 1 })
    await this.countResults()
    this.changed()
  }

  async syncNow(): Promise<void> {
    this.runner.syncNow()
  }

  // --- decisions ---------------------------------------------------------------------------------------------------

  /** Journal first (fsynced by the main process), then the outbox row; in a browser the row alone. */
  private async save(employeeNumber: string, mutation: Omit<Mutation, 'seq'>): Promise<void> {
    if (this.local === null) {
      await this.database.appendNumbered(employeeNumber, mutation, this.ports.mintId)
      return
    }
    const entry = await callJson(this.ports.fetch, '/local/journal/append', journalEntrySchema, {
      method: 'POST',
      json: { employeeNumber, mutation },
    })
    const row = outboxRow(entry)
    try {
      await this.database.outbox.put(row)
    } catch (error) {
      // The journal has it: it is shown and sent from memory, and restored at the next start.
      this.notStored.set(row.id, row)
      console.error('outbox: not stored, kept in the journal', error)
    }
  }

  private async restoreFromJournal(): Promise<void> {
    if (this.local === null) return
    const { entries } = await callJson(this.ports.fetch, '/local/journal/entries', journalEntriesSchema)
    const restored = await this.database.restore(entries)
    if (restored > 0) console.info(`journal: restored ${restored} decisions that IndexedDB did not have`)
  }

  private async settled(rows: OutboxRow[]): Promise<void> {
    const ids = new Set(rows.map((row) => row.id))
    this.outbox = this.outbox.filter((row) => !ids.has(row.id))
    await this.countResults()
    await this.showPending()
    this.changed()
    this.ports.broadcast({ type: 'changed' })
    if (this.local === null) return
    // Compaction may fail or come late: a replayed entry is answered with the verdict it already has.
    await call(this.ports.fetch, '/local/journal/confirm', {
      method: 'POST',
      body: JSON.stringify({ ids: [...ids] }),
      headers: { 'content-type': 'application/json' },
    }).catch((error: unknown) => console.error('journal: confirm failed', error))
  }

  /** Reads the outbox again; rows that could not be stored yet are tried again and stay in memory until then. */
  private reloadOutbox(): Promise<void> {
    // One after another: a slower, older read must not put back a list without the newest decision.
    this.outboxRead = this.outboxRead.catch(() => undefined).then(() => this.readOutbox())
    return this.outboxRead
  }

  private async readOutbox(): Promise<void> {
    for (const row of this.notStored.values()) {
      try {
        await this.database.outbox.put(row)
        this.notStored.delete(row.id)
      } catch {
        break
      }
    }
    const rows = [...(await this.database.outbox.toArray()), ...this.notStored.values()]
    this.outbox = rows.sort((a, b) => a.mutation.seq - b.mutation.seq)
    await this.showPending()
  }

  private ownRows(): OutboxRow[] {
    const number = this.identity?.employee.number
    return this.outbox.filter((row) => row.employeeNumber === number)
  }

  private unsentOfOthers(): DataStatus['unsentOfOthers'] {
    const number = this.identity?.employee.number
    const owners = new Set(this.outbox.map((row) => row.employeeNumber).filter((owner) => owner !== number))
    return [...owners].sort().map((employeeNumber) => ({
      employeeNumber,
      count: countSubjects(this.outbox.filter((row) => row.employeeNumber === employeeNumber)),
    }))
  }

  private unsentCount(): number {
    return this.ownRows().filter((row) => row.verdict === null).length
  }

  /** Puts the rows with unsent decisions over the confirmed ones. */
  private async showPending(): Promise<void> {
    const bySession = new Map<string, OutboxRow[]>()
    for (const row of this.ownRows()) {
      const key = JSON.stringify([row.storeId, row.mutation.sessionId])
      bySession.set(key, [...(bySession.get(key) ?? []), row])
    }
    const summaries: SessionSummary[] = []
    for (const rows of bySession.values()) {
      const first = rows[0]
      if (first === undefined) continue
      const settings = this.settingsOf(first.storeId)
      const kept = await this.database.sessions.get([first.storeId, first.mutation.sessionId])
      if (settings !== undefined && kept !== undefined)
        summaries.push(summarize(this.shown(kept.document, rows, settings)))
    }
    this.index.setPending(summaries)
  }

  private shown(document: SessionDocument, rows: readonly OutboxRow[], settings: StoreSettings): SessionDocument {
    const mutations = rows.map((row) => row.mutation)
    return withPending(document, mutations, this.employee(), settings)
  }

  // --- documents and stores ----------------------------------------------------------------------------------------

  /** From IndexedDB; fetched and kept where it is not there or older than its row. Null where neither has it. */
  private async confirmedDocument(storeId: string, sessionId: string): Promise<SessionDocument | null> {
    const kept = await this.database.sessions.get([storeId, sessionId])
    const row = this.index.get(storeId, sessionId)
    if (kept !== undefined && (row === undefined || kept.document.version >= row.version)) return kept.document
    try {
      await this.runner.fetchDocuments(storeId, [sessionId])
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
      return kept?.document ?? null
    }
    return (await this.database.sessions.get([storeId, sessionId]))?.document ?? null
  }

  private async storeChanged(storeId: string, ids: string[] | 'all'): Promise<void> {
    if (ids === 'all') await this.loadStore(storeId)
    else {
      const rows = await this.database.overlay.bulkGet(ids.map((id): [string, string] => [storeId, id]))
      this.index.addOverlay(rows.filter((row) => row !== undefined))
    }
    await this.showPending()
    const cursor = await this.database.cursors.get(storeId)
    if (cursor !== undefined) this.lastContactAt = { ...this.lastContactAt, [storeId]: cursor.pulledAt }
    if (ids === 'all' || ids.length > 0) {
      this.changed()
      this.ports.broadcast({ type: 'changed' })
    } else this.publish()
  }

  /** Rebuilds the index of a store from IndexedDB. */
  private async loadStore(storeId: string): Promise<void> {
    this.index.dropStore(storeId)
    await this.database.dayBlocks
      .where('storeId')
      .equals(storeId)
      .each((block) => {
        this.index.addBlock(storeId, decodeDayBlock(block.bytes))
      })
    this.index.addOverlay(await this.database.overlay.where('storeId').equals(storeId).toArray())
    const cursor = await this.database.cursors.get(storeId)
    if (cursor !== undefined) this.lastContactAt = { ...this.lastContactAt, [storeId]: cursor.pulledAt }
  }

  private async loadStores(): Promise<void> {
    for (const store of this.identity?.stores ?? []) await this.loadStore(store.id)
    await this.showPending()
  }

  private visibleStores(storeIds: readonly string[]): string[] {
    const own = this.identity?.stores.map((store) => store.id) ?? []
    return storeIds.length === 0 ? own : own.filter((id) => storeIds.includes(id))
  }

  private settingsOf(storeId: string): StoreSettings | undefined {
    return this.identity?.stores.find((store) => store.id === storeId)
  }

  // --- identity and engine -----------------------------------------------------------------------------------------

  private employee(): { number: string; name: string } {
    const { number, name } = this.identity?.employee ?? { number: '', name: '' }
    return { number, name }
  }

  private async keepIdentity(identity: Identity): Promise<void> {
    this.identity = identity
    await this.database.setMeta('identity', identity)
    this.publish()
  }

  private async loadIdentity(): Promise<void> {
    this.identity = (await this.database.getMeta('identity')) ?? null
    if (this.identity !== null) this.deviceId = await this.deviceIdOf(this.identity.employee.number)
    await this.loadStores()
    await this.reloadOutbox()
    await this.countResults()
    this.changed()
  }

  /** The device under which an employee signs in and numbers decisions on this PC. */
  private async deviceIdOf(employeeNumber: string): Promise<string> {
    if (this.local === null) return (await this.database.device(employeeNumber, this.ports.mintId)).deviceId
    const { deviceId } = await callJson(this.ports.fetch, '/local/journal/device', journalDeviceResponseSchema, {
      method: 'POST',
      json: { employeeNumber },
    })
    return deviceId
  }

  private async startEngine(): Promise<void> {
    if (this.identity === null) {
      this.runner.signedOut()
      return
    }
    const filled = new Set((await this.database.cursors.toArray()).map((cursor) => cursor.storeId))
    const stores = Object.fromEntries(this.identity.stores.map(({ id }) => [id, { filled: filled.has(id) }]))
    this.runner.signedIn(stores, this.unsentCount())
  }

  private async readLocalInfo(): Promise<LocalInfo | null> {
    try {
      return await callJson(this.ports.fetch, '/local/info', localInfoSchema)
    } catch (error) {
      if (error instanceof CallFailed) return null
      throw error
    }
  }

  private async outcomeOf(work: () => Promise<void>): Promise<SignInOutcome> {
    try {
      await work()
      return { ok: true }
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
      const { code, detail, title, field } = error.problem
      // An invalid field is described by its detail alone; elsewhere the detail is the technical part.
      const message = detail === undefined ? title : code === 'invalid_request' ? detail : `${title} (${detail})`
      return { ok: false, code, message, field }
    }
  }

  // --- status ------------------------------------------------------------------------------------------------------

  private takeSyncState(state: SyncState): void {
    this.sync = state
    if (this.leading) this.ports.broadcast({ type: 'sync', state })
    this.publish()
  }

  private async countResults(): Promise<void> {
    this.unseenResults = (await this.results()).length
  }

  private changed(): void {
    this.revision += 1
    this.publish()
  }

  /** Tells the screens soon; several changes within one turn of the loop become one message. */
  private publish(): void {
    if (this.publishing) return
    this.publishing = true
    setTimeout(() => {
      this.publishing = false
      this.onStatus(this.status())
    }, 10)
  }

  private status(): DataStatus {
    const unsent = this.ownRows()
    return {
      identity: this.identity,
      signInNeeded: this.sync.auth === 'needed',
      connection: this.sync.connection,
      problem: this.sync.problem,
      unsent: countSubjects(unsent),
      unsentOfOthers: this.unsentOfOthers(),
      oldestUnsentAt: unsent.reduce<number | null>((oldest, { mutation }) => {
        const at = Date.parse(mutation.occurredAt)
        return oldest === null || at < oldest ? at : oldest
      }, null),
      unseenResults: this.unseenResults,
      clockOffsetMs: this.serverClock.offsetMs(),
      lastContactAt: this.lastContactAt,
      firstSync: this.firstSync,
      revision: this.revision,
      journalled: this.local !== null,
    }
  }
}

function countSubjects(rows: readonly OutboxRow[]): number {
  return new Set(rows.map(({ mutation }) => subjectOf(mutation))).size
}

/** Taking a check and deciding it are one decision to a person: what lies on the same verification counts once. */
function subjectOf(mutation: Mutation): string {
  const payload = decisionOf(mutation)?.payload
  return payload !== undefined && 'verificationId' in payload
    ? JSON.stringify([mutation.storeId, mutation.sessionId, payload.verificationId])
    : mutation.id
}

function isOpenCheck(status: string): boolean {
  return status === 'waiting' || status === 'in_progress'
}
