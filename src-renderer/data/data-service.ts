/** The data worker's service: answers the screens from storage and index, takes decisions, runs the sync engine. */
import { type LocalInfo, type LocalState, localInfoSchema, localStateSchema } from '#shared/desktop-api.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { Identity } from '#shared/protocol/sync.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { Clock, MintId } from '#shared/time/clock.ts'
import type { CheckDraft } from '#shared/verification/rescan.ts'
import { AbandonedBaskets } from './abandoned/abandoned-baskets.ts'
import { Handovers } from './abandoned/handovers.ts'
import { LimitRule } from './abandoned/limit-rule.ts'
import { ShiftEntries } from './abandoned/shift-entries.ts'
import { tabCounts } from './abandoned/tab-counts.ts'
import { takingBack } from './abandoned/taking-back.ts'
import type {
  AbandonedPage,
  AbandonedQuery,
  BulkOutcome,
  Handover,
  ItemOutcome,
  LineKey,
  NeverServed,
  NotExited,
  NotExitedQuery,
  PastLimit,
  ProblemProducts,
  PutBackQuery,
  RuledReview,
  ShiftKey,
  TabCounts,
  TabCountsQuery,
} from './abandoned-api.ts'
import { Charts } from './aggregate/charts.ts'
import type {
  AbandonedFigures,
  ChartQuery,
  CheckFigures,
  ContactGap,
  ConversionFigures,
  HeatMap,
  HeatQuery,
  SessionFigures,
  TodayFigures,
} from './chart-api.ts'
import { CheckDesk } from './check-desk.ts'
import type {
  CheckKey,
  CustomerChecks,
  DataSafety,
  DataStatus,
  DecideOutcome,
  DecisionInput,
  DecisionResult,
  ExportedFile,
  ExportOutcome,
  ExportScope,
  ExportSize,
  FetchDetailsOutcome,
  FirstSync,
  ImportOutcome,
  Incident,
  IntegrityReport,
  KnownProduct,
  QueueEntry,
  RefusalComparison,
  RefusalRegister,
  SessionFacets,
  SessionFilter,
  SessionKey,
  SessionPage,
  SessionQuery,
  SessionView,
  SignInOutcome,
  WorkerApi,
} from './data-api.ts'
import { collectDataSafety, composeSupportBundle } from './data-safety.ts'
import type { ConsoleDatabase, OutboxRow } from './database.ts'
import { DecisionDesk } from './decision-desk.ts'
import { DecisionLedger } from './decision-ledger.ts'
import { DetailsAhead } from './details-ahead.ts'
import { ExportDesk } from './export/export-desk.ts'
import { checkIntegrity } from './integrity.ts'
import { countSubjects, decisionOf, shiftDecisionOf, withPending } from './pending-decisions.ts'
import { type PackedPutBack, packPutBack } from './put-back-transfer.ts'
import { DEFAULT_KEEP_DETAILS_DAYS, removeOld } from './retention.ts'
import { ServerClock } from './server-clock.ts'
import { SessionHistory } from './session-history.ts'
import type { SessionIndex } from './session-index.ts'
import { ShownPending } from './shown-pending.ts'
import { SignedIn, signInOutcomeOf } from './signed-in.ts'
import { initialState, type SyncState } from './sync/machine.ts'
import { SyncRunner } from './sync/run-sync.ts'
import { CallFailed, call, callJson, type Fetch } from './transport.ts'
import { encodeUnsent, parseUnsent } from './unsent-file.ts'

/** What windows of one origin tell each other. */
export type WindowMessage =
  | { type: 'decided' | 'renumbered' }
  | { type: 'identity'; identity: Identity | null }
  /** IndexedDB changed for a store: these sessions, or anything. */
  | { type: 'changed'; storeId: string; ids: string[] | 'all' }
  | { type: 'sync'; state: SyncState }

/** A pull waits while less than this is free: a disk that fills up can take the whole database along. */
const DISK_RESERVE_BYTES = 200 * 2 ** 20
/** With little room left, only details of the last day are kept. */
const KEEP_DETAILS_DAYS_WHEN_LOW = 1
/** A disk found to have room is not asked again before each pull. */
const ROOM_CHECK_INTERVAL_MS = 10_000
const MAX_SHOWN_VIEWS = 500
const PREPARE_SLICE_MS = 8
const PREPARE_PAUSE_MS = 8
/** Days that arrive one after the other are shown so often; each time the screens ask anew. */
const SHOWN_WHILE_FILLING_MS = 300
/** With more rows than this they are shown less often: each time takes a pass over all of them. */
const SHOWN_LESS_OFTEN_MS = 2_000
const SHOWN_OFTEN_ROWS = 50_000
const HOUSEKEEPING_INTERVAL_MS = 10 * 60_000

/** What the browser says about its storage; null where it does not. */
export interface StoragePort {
  estimate: () => Promise<{ usedBytes: number; quotaBytes: number } | null>
  persisted: () => Promise<boolean | null>
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

export class DataService implements WorkerApi {
  private readonly database: ConsoleDatabase
  private readonly history: SessionHistory
  private readonly index: SessionIndex
  private readonly detailsAhead: DetailsAhead
  private readonly serverClock: ServerClock
  private readonly who: SignedIn
  private readonly runner: SyncRunner
  private readonly ledger: DecisionLedger
  private readonly checks: CheckDesk
  private readonly desk: DecisionDesk
  private readonly shownPending: ShownPending
  private readonly abandonedBaskets: AbandonedBaskets
  private readonly limitRule: LimitRule
  private readonly shiftEntries: ShiftEntries
  private readonly handovers: Handovers
  private readonly exports: ExportDesk
  private readonly charts: Charts
  private local: LocalInfo | null = null
  private deviceId = ''
  /** Views of sessions as last shown, by store and session; one is good for its version and its unsent decisions. */
  private readonly shownViews = new Map<string, { pending: string; view: SessionView }>()
  private lowDisk = false
  /** Monotonic milliseconds. */
  private roomFoundAt: number | null = null
  private journalReadOnly = false
  private sync: SyncState = initialState
  private firstSync: FirstSync | null = null
  private unseenResults = 0
  private revision = 0
  private leading = false
  private onStatus: (status: DataStatus) => void = () => undefined
  private publishing = false
  private preparing = false
  /** When days of a first sync were shown last, monotonic milliseconds. */
  private shownAt: number | null = null

  constructor(private readonly ports: ServicePorts) {
    this.database = ports.database
    this.serverClock = new ServerClock(ports.clock)
    this.who = new SignedIn({ ...ports, onChange: () => this.publish() })
    const visibleStores = (storeIds: readonly string[]) => this.who.visibleStores(storeIds)
    const settingsOf = (storeId: string) => this.who.settingsOf(storeId)
    this.history = new SessionHistory({
      database: ports.database,
      zoneOf: (storeId) => this.who.zoneOf(storeId),
      noteIncident: (incident) => this.noteIncident(incident),
      onProgress: () => this.publish(),
      onChanged: () => this.changed(),
      onDaysWanted: () => {
        // The next pull fetches them again.
        if (this.leading) this.runner.syncNow()
      },
    })
    this.index = this.history.index
    this.detailsAhead = new DetailsAhead({
      database: ports.database,
      index: this.index,
      fetchDocuments: (storeId, ids) => this.runner.fetchDocuments(storeId, ids),
      mayFetch: async () => this.leading && this.sync.connection === 'online' && (await this.hasRoom()),
      // Details that came are shown once they are all there.
      onProgress: () => (this.detailsAhead.progress === null ? this.changed() : this.publish()),
    })
    this.ledger = new DecisionLedger({
      database: ports.database,
      fetch: ports.fetch,
      mintId: ports.mintId,
      hasJournal: () => this.local !== null,
      noteIncident: (kind, count) => this.noteIncident({ kind, count }),
      onStored: () => {
        this.ports.broadcast({ type: 'decided' })
        if (this.leading) this.runner.decided(this.unsentCount())
      },
    })
    this.shownPending = new ShownPending({
      ...ports,
      index: this.index,
      settingsOf,
      shown: (document, rows, settings) => this.shown(document, rows, settings),
    })
    this.desk = new DecisionDesk({
      ...ports,
      ledger: this.ledger,
      clock: this.serverClock,
      identity: () => this.who.identity,
      readOnly: () => this.readOnly(),
      hasStore: (storeId) => settingsOf(storeId) !== undefined,
      isKnown: async (storeId, sessionId) =>
        this.isShown(storeId, sessionId) || (await this.confirmedDocument(storeId, sessionId)) !== null,
      shown: async (storeId, sessionId) => (await this.session(storeId, sessionId))?.document ?? null,
      hasJournal: () => this.local !== null,
      onResolved: (check) => this.checks.removeDraft(check),
      onSaved: () => this.decided(),
    })
    this.charts = new Charts({
      index: this.index,
      visibleStores,
      staleAfterMinutes: (storeId) => this.who.staleAfterMinutes(storeId),
      currencyOf: (storeId) => this.who.currencyOf(storeId),
      isComplete: () => this.history.reading === null,
      maySeeEmployees: () => this.who.maySeeEmployees,
      isOnline: () => this.sync.connection === 'online',
      lastContactAt: (storeId) => this.history.lastContactAt[storeId] ?? null,
    })
    this.abandonedBaskets = new AbandonedBaskets({
      ...ports,
      index: this.index,
      desk: this.desk,
      visibleStores,
      settingsOf,
      now: () => this.serverClock.now(),
      isComplete: () => this.history.reading === null,
      ownRows: () => this.ownRows(),
      pending: (storeId, id) => this.shownPending.get(storeId, id),
      documents: (keys) => this.keptDocuments(keys),
      fetchDocuments: (storeId, ids) => this.runner.fetchDocuments(storeId, ids),
    })
    this.limitRule = new LimitRule({
      baskets: this.abandonedBaskets,
      settingsOf,
      now: () => this.serverClock.now(),
      documents: (keys) => this.keptDocuments(keys),
      fetchDocuments: (storeId, ids) => this.runner.fetchDocuments(storeId, ids),
    })
    this.shiftEntries = new ShiftEntries({
      ...ports,
      employee: () => this.who.employee,
      ownRows: () => this.ownRows(),
      onChange: () => {
        this.changed()
        this.ports.broadcast({ type: 'decided' })
      },
    })
    this.handovers = new Handovers({
      ...ports,
      index: this.index,
      desk: this.desk,
      baskets: this.abandonedBaskets,
      entries: this.shiftEntries,
      now: () => this.serverClock.now(),
      isComplete: () => this.history.reading === null,
      employee: () => this.who.employee,
      ownRows: () => this.ownRows(),
      documents: (keys) => this.keptDocuments(keys),
      queue: (storeIds) => this.queue(storeIds),
      refusals: (storeId) => this.refusals(storeId),
      results: async () => [...(await this.results({ seen: false })), ...(await this.results({ seen: true }))],
    })
    this.checks = new CheckDesk({
      ...ports,
      index: this.index,
      who: this.who,
      now: () => this.serverClock.now(),
      ownRows: () => this.ownRows(),
      session: (storeId, sessionId) => this.session(storeId, sessionId),
      isLeading: () => this.leading,
      onRegisterChange: () => {
        this.changed()
        this.ports.broadcast({ type: 'decided' })
      },
      onLeaseChange: () => this.changed(),
    })
    this.runner = new SyncRunner(ports.database, ports.fetch, ports.clock, ports.random, {
      deviceId: () => this.deviceId,
      serverNow: () => this.serverClock.now(),
      unsentRows: () => this.unsentRows(),
      unsentCount: () => this.unsentCount(),
      reloadOutbox: () => this.reloadOutbox(),
      renumber: (lastMutationSeq) => this.renumber(lastMutationSeq),
      offerAgain: () => this.offerAgain(),
      hasRoom: () => this.hasRoom(),
      damagedDays: (storeId) => this.history.damagedDays(storeId),
      onDayRepaired: async (storeId, date) => {
        this.history.repaired(storeId, date)
        await this.noteIncident({ kind: 'block_repaired', count: 1, storeId, date })
      },
      outdatedDays: (storeId) => this.history.outdatedDays(storeId),
      onDaysRenewed: (storeId, dates) => this.history.renewedDays(storeId, dates),
      onSettings: async (storeId, settings) => {
        if (await this.who.takeSettings(storeId, settings)) this.changed()
      },
      openSessions: (storeId) => this.index.openRows([storeId]),
      onState: (state) => this.takeSyncState(state),
      onBlock: (storeId, block) => {
        this.history.addBlock(storeId, block)
        this.changedWhileFilling()
      },
      onCorruptBlock: (storeId, date) => this.noteIncident({ kind: 'block_corrupt', count: 1, storeId, date }),
      hasRow: (storeId, id, version) => (this.index.confirmed(storeId, id)?.version ?? 0) >= version,
      onDocuments: (storeId, ids) => {
        this.abandonedBaskets.followed(storeId, ids)
        this.ports.broadcast({ type: 'changed', storeId, ids })
      },
      onFirstSync: (progress) => {
        this.firstSync = progress
        this.publish()
      },
      onFilled: (storeId) => {
        this.changed()
        this.ports.broadcast({ type: 'changed', storeId, ids: 'all' })
      },
      onStoreChanged: (storeId, ids) => this.storeChanged(storeId, ids),
      onSettled: (rows) => this.settled(rows),
      onStoreWithdrawn: async (storeId) => {
        this.index.dropStore(storeId)
        await this.who.loseStore(storeId)
        this.changed()
      },
      onIdentity: async (identity) => {
        if (JSON.stringify(identity) === JSON.stringify(this.who.identity)) return
        await this.who.keep(identity)
        await this.followStores()
        this.ports.broadcast({ type: 'identity', identity: this.who.identity })
      },
      measureClock: () => this.measureClock(),
    })
    this.exports = new ExportDesk({
      ...ports,
      index: this.index,
      visibleStores,
      settingsOf,
      keptIds: (storeId) => this.database.keptIds(storeId),
      documents: (keys) => this.keptDocuments(keys),
      fetchDocuments: (storeId, ids) => this.runner.fetchDocuments(storeId, ids),
      maySeeEmployees: () => this.who.maySeeEmployees,
      isSignedIn: () => this.who.identity !== null,
      isDesktop: () => this.local !== null,
    })
  }

  async start(onStatus: (status: DataStatus) => void): Promise<DataStatus> {
    this.onStatus = onStatus
    this.local = await this.readLocalInfo()
    await this.database.open()
    // From here on a database made anew was deleted behind our back.
    this.database.created = () => this.recreate()
    this.serverClock.restore((await this.database.getMeta('clockOffsetMs')) ?? 0)
    await this.readJournalState()
    if (!this.readOnly()) await this.ledger.reconcile().catch((error) => console.error('journal not reconciled', error))
    await this.who.load()
    await this.takeUpWork()
    if (this.readOnly()) return this.status()
    if (this.who.identity === null && this.local?.hasSignIn) await this.recoverIdentity()
    void this.ports.leadership().then(() => {
      this.leading = true
      return this.startEngine()
    })
    void this.measureClock().catch(() => undefined)
    this.keepHouse()
    return this.status()
  }

  /** A message of another window of this origin. */
  async hear(message: WindowMessage): Promise<void> {
    if (message.type === 'sync') {
      if (!this.leading) this.takeSyncState(message.state)
    } else if (message.type === 'identity') {
      this.who.hear(message.identity)
      await this.takeUpWork()
      if (this.leading) await this.startEngine()
    } else {
      if (message.type === 'renumbered') await this.readDeviceId()
      await this.reloadOutbox()
      if (message.type === 'changed') await this.loadChanges(message.storeId, message.ids)
      else await this.countResults()
      this.changed()
      if (this.leading) this.runner.decided(this.unsentCount())
    }
  }

  async localInfo(): Promise<LocalInfo | null> {
    return this.local
  }

  async setBackend(url: string): Promise<SignInOutcome> {
    return signInOutcomeOf(async () => {
      await call(this.ports.fetch, '/local/backend', {
        method: 'PUT',
        body: JSON.stringify({ url }),
        headers: { 'content-type': 'application/json' },
      })
      this.local = await this.readLocalInfo()
    })
  }

  async signIn(employeeNumber: string, password: string): Promise<SignInOutcome> {
    return signInOutcomeOf(async () => {
      const device = { id: await this.ledger.deviceIdOf(employeeNumber), name: this.local?.deviceName ?? 'Browser' }
      await this.who.signIn(employeeNumber, password, device)
      await this.takeUpWork()
      this.onStatus(this.status())
      this.ports.broadcast({ type: 'identity', identity: this.who.identity })
      if (this.leading) await this.startEngine()
    })
  }

  async signOut(): Promise<void> {
    this.exports.signedOut()
    await this.who.forget()
    this.runner.signedOut()
    await this.who.endAtBackend()
    this.ports.broadcast({ type: 'identity', identity: this.who.identity })
    this.changed()
  }

  async sessions(query: SessionQuery): Promise<SessionPage> {
    const storeIds = this.who.visibleStores(query.storeIds)
    const page = this.index.query({ ...query, storeIds }, (id) => this.who.staleAfterMinutes(id))
    this.history.answered()
    const rows = page.rows.map((row) => this.readable(row))
    return { ...page, rows, complete: this.history.reading === null }
  }

  async expectSearch(): Promise<void> {
    this.index.expectSearch()
    this.prepareSoon()
  }

  async facets(filter: SessionFilter & Pick<SessionQuery, 'nowMs'>): Promise<SessionFacets> {
    const storeIds = this.who.visibleStores(filter.storeIds)
    const facets = this.index.facets({ ...filter, storeIds }, (id) => this.who.staleAfterMinutes(id))
    // How many each has checked is a figure of single employees.
    return this.who.maySeeEmployees ? facets : { ...facets, checkedBy: [] }
  }

  async sessionRows(keys: SessionKey[]): Promise<(SessionSummary | null)[]> {
    return keys.map(({ storeId, id }) => {
      const row = this.who.settingsOf(storeId) === undefined ? undefined : this.index.get(storeId, id)
      return row === undefined ? null : this.readable(row)
    })
  }

  /** Who checked is no business of everybody's. */
  private readable(row: SessionSummary): SessionSummary {
    return row.checkedBy === null || this.who.maySeeEmployees ? row : { ...row, checkedBy: null }
  }

  async sessionTotals(keys: SessionKey[]): Promise<{ count: number; totals: SessionPage['totals'] }> {
    return this.index.totals(keys.filter(({ storeId }) => this.who.settingsOf(storeId) !== undefined))
  }

  async session(storeId: string, sessionId: string): Promise<SessionView | null> {
    const settings = this.who.settingsOf(storeId)
    if (settings === undefined) return null
    const rows = this.ownRows().filter((row) => row.storeId === storeId && row.mutation.sessionId === sessionId)
    const key = JSON.stringify([storeId, sessionId])
    const pending = JSON.stringify([settings, this.who.identity?.employee, rows.map((row) => row.id)])
    const version = this.index.confirmed(storeId, sessionId)?.version
    const shown = this.shownViews.get(key)
    if (shown !== undefined && shown.view.document.version === version && shown.pending === pending) return shown.view
    const document = await this.confirmedDocument(storeId, sessionId)
    if (document === null) return null
    const unsent = rows.flatMap((row) => {
      const decision = decisionOf(row.mutation)
      return decision === null ? [] : [{ decision, storeId, employee: this.who.employee }]
    })
    const view = { document: this.shown(document, rows, settings), unsent }
    if (this.shownViews.size >= MAX_SHOWN_VIEWS) this.shownViews.clear()
    this.shownViews.set(key, { pending, view })
    return view
  }

  exportSize(scope: ExportScope): Promise<ExportSize> {
    return this.exports.exportSize(scope)
  }

  exportSessions(...asked: Parameters<WorkerApi['exportSessions']>): Promise<ExportOutcome> {
    return this.exports.exportSessions(...asked)
  }

  fetchDetails(...asked: Parameters<WorkerApi['fetchDetails']>): Promise<FetchDetailsOutcome> {
    return this.exports.fetchDetails(...asked)
  }

  connectExports(port: MessagePort): Promise<void> {
    return this.exports.connectExports(port)
  }

  cancelWork(workId: string): Promise<void> {
    return this.exports.cancelWork(workId)
  }

  showExported(path: string): Promise<void> {
    return this.exports.showExported(path)
  }

  queue(storeIds: string[]): Promise<QueueEntry[]> {
    return this.checks.queue(storeIds)
  }

  async decide(storeId: string, sessionId: string, input: DecisionInput): Promise<DecideOutcome> {
    return this.desk.decide(storeId, sessionId, input)
  }

  today(query: Omit<ChartQuery, 'bucket'>): Promise<TodayFigures> {
    return this.charts.today(query)
  }

  sessionFigures(query: ChartQuery): Promise<SessionFigures> {
    return this.charts.sessionFigures(query)
  }

  conversionFigures(query: ChartQuery): Promise<ConversionFigures> {
    return this.charts.conversionFigures(query)
  }

  checkFigures(query: ChartQuery): Promise<CheckFigures> {
    return this.charts.checkFigures(query)
  }

  abandonedFigures(query: ChartQuery): Promise<AbandonedFigures> {
    return this.charts.abandonedFigures(query)
  }

  heatMap(query: HeatQuery): Promise<HeatMap> {
    return this.charts.heatMap(query)
  }

  contactGaps(storeIds: string[]): Promise<ContactGap[]> {
    return this.charts.contactGaps(storeIds)
  }

  abandoned(query: AbandonedQuery): Promise<AbandonedPage> {
    return this.abandonedBaskets.abandoned(query)
  }

  async putBackList(query: PutBackQuery): Promise<PackedPutBack> {
    return packPutBack(await this.abandonedBaskets.putBackList(query))
  }

  settleLines(lines: LineKey[], outcome: ItemOutcome): Promise<BulkOutcome> {
    return this.abandonedBaskets.settleLines(lines, outcome)
  }

  reviewBaskets(keys: SessionKey[], { outcome, ...review }: RuledReview): Promise<BulkOutcome> {
    if (outcome === 'by_rule') return this.limitRule.review(keys, review)
    return this.abandonedBaskets.reviewBaskets(keys, { ...review, outcome })
  }

  takeBackLines(lines: LineKey[]): Promise<BulkOutcome> {
    return this.desk.decideAll(takingBack(lines))
  }

  pastLimit(keys: SessionKey[]): Promise<PastLimit[]> {
    return this.limitRule.pastLimit(keys)
  }

  notExited(query: NotExitedQuery): Promise<NotExited> {
    return this.abandonedBaskets.notExited(query)
  }

  async tabCounts(query: TabCountsQuery): Promise<TabCounts> {
    return tabCounts(this.index, { ...query, storeIds: this.who.visibleStores(query.storeIds) })
  }

  neverServed(query: { storeIds: string[]; endedFrom: number; nowMs: number }): Promise<NeverServed[]> {
    return this.abandonedBaskets.neverServed(query)
  }

  problemProducts(query: { storeIds: string[]; from: number; to: number }): Promise<ProblemProducts> {
    return this.abandonedBaskets.problemProducts(query)
  }

  handover(key: ShiftKey): Promise<Handover> {
    return this.handovers.handover(key)
  }

  noteShift(key: ShiftKey, text: string): Promise<BulkOutcome> {
    return this.handovers.noteShift(key, text)
  }

  acknowledgeShift(key: ShiftKey, note: string | null): Promise<BulkOutcome> {
    return this.handovers.acknowledgeShift(key, note)
  }

  checkDraft(key: CheckKey): Promise<CheckDraft | null> {
    return this.checks.checkDraft(key)
  }

  saveCheckDraft(key: CheckKey, draft: CheckDraft): Promise<void> {
    return this.checks.saveCheckDraft(key, draft)
  }

  customerChecks(storeId: string, sessionId: string): Promise<CustomerChecks | null> {
    return this.checks.customerChecks(storeId, sessionId)
  }

  knownProduct(storeId: string, code: string): Promise<KnownProduct | null> {
    return this.checks.knownProduct(storeId, code)
  }

  refusals(storeId: string): Promise<RefusalRegister> {
    return this.checks.refusals(storeId)
  }

  compareRefusals(storeId: string): Promise<RefusalComparison> {
    return this.checks.compareRefusals(storeId)
  }

  exportRefusals(storeId: string): Promise<ExportedFile> {
    return this.checks.exportRefusals(storeId)
  }

  async results({ seen }: { seen: boolean }): Promise<DecisionResult[]> {
    const rows = await this.database.results.filter((row) => (row.seen === 1) === seen).toArray()
    const own = rows.filter((row) => row.employeeNumber === this.who.identity?.employee.number)
    return own
      .sort((a, b) => b.receivedAt - a.receivedAt)
      .flatMap(({ id, mutation, verdict, receivedAt }) => {
        const decision = decisionOf(mutation) ?? shiftDecisionOf(mutation)
        if (decision === null) return []
        return [{ id, storeId: mutation.storeId, sessionId: mutation.sessionId, decision, verdict, receivedAt, seen }]
      })
  }

  async markResultsSeen(ids: string[]): Promise<void> {
    await this.database.results.where('id').anyOf(ids).modify({ seen: 1 })
    await this.countResults()
    this.changed()
  }

  async syncNow(): Promise<void> {
    // A person who has made room must not wait for the next look at the disk.
    this.roomFoundAt = null
    this.runner.syncNow()
    // A window asks when this PC's clocks have gone apart: after a sleep, or when somebody set one.
    void this.measureClock().catch(() => undefined)
  }

  // --- data safety -------------------------------------------------------------------------------------------------

  async dataSafety(): Promise<DataSafety> {
    await this.history.complete()
    return collectDataSafety({
      database: this.database,
      index: this.index,
      status: this.status(),
      owner: this.who.identity?.employee.number ?? null,
      rows: this.ledger.rows(),
      clock: this.serverClock.reading(),
      storage: this.ports.storage,
      local: await this.readLocalState(),
    })
  }

  async setKeepDetailsDays(days: number): Promise<void> {
    if (!Number.isInteger(days) || days < 1 || days > 3_650) {
      throw new RangeError('days must be a whole number from 1 to 3650')
    }
    await this.database.setMeta('keepDetailsDays', days)
    await this.removeOld(days)
    this.changed()
  }

  async setDetailsAheadDays(days: number): Promise<void> {
    const kept = (await this.database.getMeta('keepDetailsDays')) ?? DEFAULT_KEEP_DETAILS_DAYS
    if (!Number.isInteger(days) || days < 0 || days > kept) {
      throw new RangeError(`days must be a whole number from 0 to ${kept}, the days that details are kept`)
    }
    await this.database.setMeta('detailsAheadDays', days)
    this.fetchDetailsAhead()
  }

  /** Where this window syncs; what failed is taken up the next time. */
  private fetchDetailsAhead(): void {
    void (async () => {
      const days = (await this.database.getMeta('detailsAheadDays')) ?? 0
      await this.history.complete()
      const { storeIds } = this.who
      await this.detailsAhead.run(storeIds, days, this.serverClock.now())
    })().catch((error) => console.error('details not fetched ahead', error))
  }

  async checkIntegrity(): Promise<IntegrityReport> {
    await this.history.complete()
    const report = await checkIntegrity({
      database: this.database,
      index: this.index,
      runner: this.runner,
      stores: this.who.stores,
      now: () => this.serverClock.now(),
      reload: async (storeId) => {
        await this.storeChanged(storeId, 'all')
        await this.history.complete()
      },
    })
    await this.database.setMeta('lastIntegrityCheck', report)
    for (const { storeId, date, repaired, there } of report.findings) {
      if (repaired) await this.noteIncident({ kind: 'block_repaired', count: there, storeId, date })
    }
    this.changed()
    return report
  }

  async exportUnsent(): Promise<ExportedFile> {
    const outbox = await this.database.readableOutbox().catch(() => [])
    return encodeUnsent([...this.ledger.rows(), ...outbox], await this.ledger.journalEntries(), this.serverClock.now())
  }

  async importUnsent(text: string): Promise<ImportOutcome> {
    if (this.readOnly())
      return { ok: false, message: 'The data on this PC is of a newer Floorwalker; update this one.' }
    const parsed = parseUnsent(text)
    if ('message' in parsed) return { ok: false, ...parsed }
    let imported: Awaited<ReturnType<DecisionLedger['importEntries']>>
    try {
      imported = await this.ledger.importEntries(parsed.decisions)
    } catch (error) {
      return { ok: false, message: `This PC could not keep them: ${error instanceof Error ? error.message : error}` }
    }
    const { taken, waiting } = imported
    // Where it cannot be read, the next look at the outbox finds that its rows are of another one.
    await this.readDeviceId().catch((error) => console.error('device not read', error))
    await this.showRenumbered()
    if (taken.length > 0) await this.noteIncident({ kind: 'decisions_imported', count: taken.length })
    const owners = [...new Set(taken.map((entry) => entry.employeeNumber))].sort()
    return {
      ok: true,
      imported: taken.length,
      alreadyHere: parsed.decisions.length - taken.length,
      waiting,
      byEmployee: owners.map((employeeNumber) => ({
        employeeNumber,
        count: taken.filter((entry) => entry.employeeNumber === employeeNumber).length,
      })),
    }
  }

  async supportBundle(): Promise<ExportedFile> {
    return composeSupportBundle(await this.dataSafety(), this.status(), this.sync, this.local, this.serverClock.now())
  }

  private isShown(storeId: string, sessionId: string): boolean {
    return this.shownViews.has(JSON.stringify([storeId, sessionId]))
  }

  private readOnly(): boolean {
    return this.database.readOnly || this.journalReadOnly
  }

  private async noteIncident(incident: Omit<Incident, 'at'>): Promise<void> {
    await this.database
      .noteIncident({ at: Math.round(this.serverClock.now()), ...incident })
      .catch((error) => console.error('incident not kept', incident, error))
  }

  private async readLocalState(): Promise<LocalState | null> {
    if (this.local === null) return null
    return callJson(this.ports.fetch, '/local/state', localStateSchema).catch(() => null)
  }

  private async readJournalState(): Promise<void> {
    const journal = (await this.readLocalState())?.journal
    this.journalReadOnly = journal?.readOnly ?? false
    if (journal !== undefined && journal.corruptLines > 0 && !this.readOnly()) {
      const known = (await this.database.getMeta('incidents')) ?? []
      const damage = { kind: 'journal_damaged' as const, count: journal.corruptLines }
      // The report is of this start of the main process; a reloaded window must not tell it twice.
      const toldAlready = known.some((each) => each.kind === damage.kind && this.serverClock.now() - each.at < 60_000)
      if (!toldAlready) await this.noteIncident(damage)
    }
  }

  /** False while the disk is too full for a pull; makes room first where it can. */
  private async hasRoom(): Promise<boolean> {
    const now = this.ports.clock.monotonic()
    if (this.roomFoundAt !== null && now - this.roomFoundAt < ROOM_CHECK_INTERVAL_MS) return true
    let room = await this.isRoomFree()
    if (!room && !this.lowDisk) {
      await this.noteIncident({ kind: 'storage_full', count: 1 })
      const removed = await this.removeOld(KEEP_DETAILS_DAYS_WHEN_LOW)
      if (removed > 0) await this.noteIncident({ kind: 'details_removed', count: removed })
      room = await this.isRoomFree()
    }
    this.roomFoundAt = room ? now : null
    return room
  }

  private async isRoomFree(): Promise<boolean> {
    const estimate = await this.ports.storage.estimate()
    if (estimate !== null && estimate.quotaBytes - estimate.usedBytes < DISK_RESERVE_BYTES) return false
    const free = (await this.readLocalState())?.freeDiskBytes ?? null
    return free === null || free >= DISK_RESERVE_BYTES
  }

  private async removeOld(keepDetailsDays: number): Promise<number> {
    await this.history.complete()
    const removed = await removeOld(this.database, this.index, keepDetailsDays, this.serverClock.now())
    if (removed > 0) this.abandonedBaskets.detailsRemoved()
    return removed
  }

  /** From time to time: the clock, the journal where it could not be written, and what is old. */
  private keepHouse(): void {
    setTimeout(() => {
      void this.houseWork().finally(() => this.keepHouse())
    }, HOUSEKEEPING_INTERVAL_MS)
  }

  private async houseWork(): Promise<void> {
    await this.measureClock().catch(() => undefined)
    if (!this.leading) return
    await this.ledger.reconcileIfNeeded().catch(() => undefined)
    await this.ledger.confirmSettled()
    await this.removeOld((await this.database.getMeta('keepDetailsDays')) ?? DEFAULT_KEEP_DETAILS_DAYS)
    await this.history.writeBack(this.who.stores, this.serverClock.now())
  }

  private async measureClock(): Promise<void> {
    await this.serverClock.measure(this.ports.fetch)
    await this.database.setMeta('clockOffsetMs', this.serverClock.offsetMs())
    this.publish()
  }

  // --- decisions ---------------------------------------------------------------------------------------------------

  /** Decisions are saved, whatever becomes of the list that shows them. */
  private async decided(): Promise<void> {
    await this.showPending().catch((error) => console.error('pending decisions not shown', error))
    this.revision += 1
    // At once: "saved" must never stay on the screen beside an older count.
    this.onStatus(this.status())
    this.ports.broadcast({ type: 'decided' })
    if (this.leading) this.runner.decided(this.unsentCount())
  }

  private async settled(rows: OutboxRow[]): Promise<void> {
    await this.ledger.settled(rows.map((row) => row.id))
    await this.countResults()
    await this.showPending()
    this.changed()
    this.ports.broadcast({ type: 'decided' })
  }

  private async reloadOutbox(): Promise<void> {
    await this.ledger.reload()
    // Another window may have numbered a decision while this one numbered all of them anew.
    if (this.ownRows().some((row) => row.deviceId !== this.deviceId)) {
      // They wait, shown and kept, until storage takes the new numbers.
      await this.renumbered().catch((error) => console.error('decisions not numbered anew', error))
    }
    await this.showPending()
  }

  /** The journal has numbered anew: this window and the others use its device from now on. */
  private async renumbered(): Promise<void> {
    await this.ledger.reconcile()
    await this.readDeviceId()
    await this.showRenumbered()
  }

  private async showRenumbered(): Promise<void> {
    await this.showPending()
    this.changed()
    this.ports.broadcast({ type: 'renumbered' })
    if (this.leading) this.runner.decided(this.unsentCount())
  }

  private async renumber(lastMutationSeq: number): Promise<void> {
    const { deviceId } = this
    const forgot = (await this.database.sent.toArray()).some(
      (row) => row.deviceId === deviceId && row.mutation.seq > lastMutationSeq,
    )
    if (forgot) {
      await this.offerAgain()
      return
    }
    const number = this.who.identity?.employee.number
    if (number !== undefined) await this.ledger.reconcile([number])
    await this.noteIncident({ kind: 'decisions_renumbered', count: this.ownRows().length })
    await this.readDeviceId()
    this.ports.broadcast({ type: 'renumbered' })
  }

  private async offerAgain(): Promise<void> {
    let count: number
    try {
      count = await this.ledger.offerAgain()
      await this.readDeviceId()
    } finally {
      // Also where they have no new numbers yet: what is offered again is unsent, in every window.
      await this.showRenumbered()
    }
    await this.noteIncident({ kind: 'backend_restored', count: 1 })
    if (count > 0) await this.noteIncident({ kind: 'decisions_offered_again', count })
  }

  /** The database was deleted while it was open: what memory and journal hold goes into the new one, the rest is synced. */
  private recreate(): void {
    this.shownViews.clear()
    const count = this.ledger.rows().length
    this.ledger.keepInMemory()
    const { identity } = this.who
    // Memory is read at once, before anybody reads the empty database; the rest waits until that one is made.
    setTimeout(() => {
      void this.putBack(count, identity).catch((error) => console.error('database not restored', error))
    }, 0)
  }

  private async putBack(count: number, identity: Identity | null): Promise<void> {
    await this.database.open()
    if (identity !== null) {
      await this.database.setMeta('identity', identity)
      this.runner.refill(identity.stores.map((store) => store.id))
    }
    await this.ledger.reload()
    await this.ledger.reconcile()
    await this.readDeviceId()
    await this.noteIncident({ kind: 'database_recreated', count })
    await this.countResults()
    await this.showPending()
    this.changed()
    this.ports.broadcast({ type: 'renumbered' })
    if (this.leading) await this.startEngine()
  }

  private ownRows(): OutboxRow[] {
    const number = this.who.identity?.employee.number
    return this.ledger.rows().filter((row) => row.employeeNumber === number)
  }

  private unsentRows(): OutboxRow[] {
    const number = this.who.identity?.employee.number
    return number === undefined ? [] : this.ledger.toSend(number, this.deviceId)
  }

  private unsentOfOthers(): DataStatus['unsentOfOthers'] {
    const number = this.who.identity?.employee.number
    const owners = new Set(
      this.ledger
        .rows()
        .map((row) => row.employeeNumber)
        .filter((owner) => owner !== number),
    )
    return [...owners].sort().map((employeeNumber) => ({
      employeeNumber,
      count: countSubjects(this.ledger.rows().filter((row) => row.employeeNumber === employeeNumber)),
    }))
  }

  private unsentCount(): number {
    return this.ownRows().filter((row) => row.verdict === null).length
  }

  /** Puts the rows with unsent decisions over the confirmed ones. */
  private async showPending(): Promise<void> {
    this.index.setPending(await this.shownPending.show(this.ownRows()))
  }

  private shown(document: SessionDocument, rows: readonly OutboxRow[], settings: StoreSettings): SessionDocument {
    const mutations = rows.map((row) => row.mutation)
    return withPending(document, mutations, this.who.employee, settings)
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

  /** Documents on this PC with unsent decisions applied. */
  private async keptDocuments(keys: readonly SessionKey[]): Promise<(SessionDocument | undefined)[]> {
    const rows = this.ownRows()
    const kept = await this.database.sessions.bulkGet(keys.map(({ storeId, id }): [string, string] => [storeId, id]))
    return kept.map((row) => {
      const settings = row === undefined ? undefined : this.who.settingsOf(row.storeId)
      if (row === undefined || settings === undefined) return undefined
      const unsent = rows.filter(({ storeId, mutation }) => storeId === row.storeId && mutation.sessionId === row.id)
      return unsent.length === 0 ? row.document : this.shown(row.document, unsent, settings)
    })
  }

  private async storeChanged(storeId: string, ids: string[] | 'all'): Promise<void> {
    await this.loadChanges(storeId, ids)
    void this.shiftEntries.follow(storeId).catch((error) => console.error('entries of shifts not fetched', error))
    this.checks.follow(storeId)
    if (ids === 'all' || ids.length > 0) {
      this.changed()
      this.ports.broadcast({ type: 'changed', storeId, ids })
    } else this.publish()
  }

  /** Takes what changed in IndexedDB into the index. */
  private async loadChanges(storeId: string, ids: string[] | 'all'): Promise<void> {
    if (ids === 'all') {
      // Versions of another epoch may be the same numbers.
      this.shownViews.clear()
    }
    await this.history.follow(storeId, ids)
    this.abandonedBaskets.followed(storeId, ids)
    await this.showPending()
  }

  private async loadStores(): Promise<void> {
    await this.history.read(this.who.storeIds)
    await this.showPending()
  }

  // --- identity and engine -----------------------------------------------------------------------------------------

  /** Where the backend cannot be asked, the sign-in page is shown. */
  private async recoverIdentity(): Promise<void> {
    try {
      if (await this.who.recover()) await this.takeUpWork()
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
    }
  }

  /** Reads what the person of now needs. */
  private async takeUpWork(): Promise<void> {
    await this.readDeviceId()
    await this.loadStores()
    await this.reloadOutbox()
    await this.countResults()
    this.changed()
    this.abandonedBaskets.prepareSoon()
  }

  /** Access to a store can come back: a refresh says so, and the engine takes it up. */
  private async followStores(): Promise<void> {
    const news = this.who.storeIds.filter((id) => this.sync.stores[id] === undefined)
    if (news.length === 0) return
    await this.history.read(news)
    this.runner.storesAdded(await this.filledStores(news))
    this.changed()
  }

  private async filledStores(ids: readonly string[]): Promise<Record<string, { filled: boolean }>> {
    const filled = new Set((await this.database.cursors.toArray()).map((cursor) => cursor.storeId))
    return Object.fromEntries(ids.map((id) => [id, { filled: filled.has(id) }]))
  }

  private async readDeviceId(): Promise<void> {
    if (this.who.identity === null || this.readOnly()) return
    this.deviceId = await this.ledger.deviceIdOf(this.who.employee.number)
  }

  private async startEngine(): Promise<void> {
    if (this.who.identity === null) {
      this.runner.signedOut()
      return
    }
    const stores = await this.filledStores(this.who.storeIds)
    this.runner.signedIn(stores, this.unsentCount())
  }

  private async readLocalInfo(): Promise<LocalInfo | null> {
    const response = await this.ports.fetch('/local/info').catch(() => null)
    if (response === null || !response.ok) return null
    // A main process that answers something else must not pass for a browser: its journal would be left out.
    return localInfoSchema.parse(await response.json())
  }

  // --- status ------------------------------------------------------------------------------------------------------

  private takeSyncState(state: SyncState): void {
    const wasOnline = this.sync.connection === 'online' && allFilled(this.sync)
    this.sync = state
    if (!wasOnline && state.connection === 'online' && allFilled(state) && this.leading) this.fetchDetailsAhead()
    this.lowDisk = state.diskCheckAt !== null
    if (this.lowDisk) this.roomFoundAt = null
    if (this.leading) this.ports.broadcast({ type: 'sync', state })
    this.publish()
  }

  private async countResults(): Promise<void> {
    this.unseenResults = (await this.results({ seen: false })).length
  }

  private changed(): void {
    this.revision += 1
    this.publish()
    this.prepareSoon()
  }

  /** The first days are shown at once, the many after them now and then. */
  private changedWhileFilling(): void {
    const now = this.ports.clock.monotonic()
    const pauseMs = this.index.size < SHOWN_OFTEN_ROWS ? SHOWN_WHILE_FILLING_MS : SHOWN_LESS_OFTEN_MS
    if (this.shownAt !== null && now - this.shownAt < pauseMs) return
    this.shownAt = now
    this.changed()
  }

  /** Makes sort orders and text search ready in the pauses between messages. */
  private prepareSoon(): void {
    // While days stream in, every order would be sorted again and again.
    if (this.preparing || this.history.reading !== null || this.firstSync !== null) return
    this.preparing = true
    setTimeout(() => {
      this.preparing = false
      const end = this.ports.clock.monotonic() + PREPARE_SLICE_MS
      if (this.index.prepare(() => this.ports.clock.monotonic() < end)) this.prepareSoon()
    }, PREPARE_PAUSE_MS)
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
      identity: this.who.identity,
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
      lastContactAt: this.history.lastContactAt,
      firstSync: this.firstSync,
      reading: this.history.reading,
      detailsAhead: this.detailsAhead.progress,
      revision: this.revision,
      journalled: this.local !== null,
      lowDisk: this.lowDisk,
      readOnly: this.readOnly(),
    }
  }
}

/** True once every store has had its first sync. */
function allFilled({ stores }: SyncState): boolean {
  return Object.values(stores).every(({ filled }) => filled)
}
