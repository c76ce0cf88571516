/** The typed interface between the screens and the data worker: the only way from the UI to storage and network. */

import type { LocalInfo } from '#shared/desktop-api.ts'
import type { Decision, OutcomeVerdict } from '#shared/protocol/decisions.ts'
import type { EmployeeRef } from '#shared/protocol/primitives.ts'
import type { ProblemCode } from '#shared/protocol/problems.ts'
import type { Refusal, RefusalEntry } from '#shared/protocol/refusals.ts'
import type { SessionDocument, Verification } from '#shared/protocol/session-document.ts'
import type { ShiftDecision } from '#shared/protocol/shift-entries.ts'
import type { Identity } from '#shared/protocol/sync.ts'
import type { Activity } from '#shared/session/activity.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { DaySpan } from '#shared/time/local-day.ts'
import type { ChainVerdict } from '#shared/verification/refusal-chain.ts'
import type { CheckDraft } from '#shared/verification/rescan.ts'

import type { AbandonedApi, PutBackQuery } from './abandoned-api.ts'
import type { ChartApi, ChartQuestions } from './chart-api.ts'
import type { PackedPutBack } from './put-back-transfer.ts'

/** `connecting` only until the first answer or failure. */
export type ConnectionState = 'connecting' | 'online' | 'degraded' | 'offline'

/** Progress of a first sync; null when none runs. */
export interface FirstSync {
  storeId: string
  daysDone: number
  daysTotal: number
  /** Of all stores that are fetched in a row. */
  storesDone: number
  storesTotal: number
}

export interface DataStatus {
  /** Who the console works for; null shows the sign-in page. Kept over restarts, also without network. */
  identity: Identity | null
  /** True when the backend wants a new sign-in: decisions are still taken and kept, nothing is sent until then. */
  signInNeeded: boolean
  connection: ConnectionState
  /** Code of the last failure while not online. */
  problem: ProblemCode | null
  /** Decisions of the signed-in employee not yet confirmed; taking a check and deciding it count as one. */
  unsent: number
  /** Decisions on this PC that wait for their owners to sign in, by employee; never sent by somebody else. */
  unsentOfOthers: { employeeNumber: string; count: number }[]
  /** UTC milliseconds (server time) of the oldest unsent decision. */
  oldestUnsentAt: number | null
  /** Superseded and refused decisions nobody has seen yet. */
  unseenResults: number
  /** Server time minus this device's wall clock, milliseconds; 0 until measured. */
  clockOffsetMs: number
  /** UTC milliseconds of the last successful pull of each store. */
  lastContactAt: Record<string, number>
  firstSync: FirstSync | null
  /** Progress of reading this PC's own history after a start, newest day first; null once all of it answers. */
  reading: { daysDone: number; daysTotal: number } | null
  /** Progress of fetching details ahead; null while none are fetched. */
  detailsAhead: { done: number; total: number } | null
  /** Grows with every change of what queries answer; part of every query key. */
  revision: number
  /** True when a main process with a journal stands behind this console. */
  journalled: boolean
  /** True while pulls wait because the disk is nearly full; decisions are still taken and sent. */
  lowDisk: boolean
  /** The data on this PC was written by a newer Floorwalker: nothing is changed, unsent decisions can be exported. */
  readOnly: boolean
}

/** Lower and upper bound, both included; null is open. A row without a value is in no range. */
export interface Range {
  min: number | null
  max: number | null
}

/**
 * Days of each store's own calendar, by the IANA zone of the store: what is today in one is tomorrow in another. Each span has a
 * first or a last day. Sessions of a store in a zone that is not named are in none of them, as are those without a value.
 */
export type DaysByZone = Record<string, DaySpan>

/** Filters of the session list; an empty list or null matches all. */
export interface SessionFilter {
  /** Empty means all stores of the employee. */
  storeIds: string[]
  /** Start of the session, UTC milliseconds, from included, to excluded. */
  startedFrom: number | null
  startedTo: number | null
  /** Start on days of the store's own calendar; a period of days is asked by this, one of instants by the two above. */
  startedOn: DaysByZone | null
  activity: Activity[]
  state: string[]
  progress: string[]
  client: string[]
  spotCheck: string[]
  ageVerification: string[]
  /** `none` stands for a session that has not ended. */
  endReason: string[]
  /** ISO 4217 codes. */
  currency: string[]
  /** UTC milliseconds. */
  lastActivityAt: Range | null
  endedAt: Range | null
  /** As `startedOn`. */
  lastActivityOn: DaysByZone | null
  endedOn: DaysByZone | null
  /** Minor units. */
  total: Range | null
  quantity: Range | null
  /** Payment attempts. */
  transactions: Range | null
  /** Milliseconds, running parts up to `nowMs` included. */
  waitingMs: Range | null
  interactionMs: Range | null
  /** Ratings 1 to 5; 0 stands for no feedback. */
  rating: number[]
  reviewed: boolean | null
  /** Whether a verification waits for an employee now. */
  waitingNow: boolean | null
  /** The furthest step ever reached, one of `steps`. */
  furthestStep: string[]
  /** What stood in the way last, one of `obstacles`. */
  obstacle: string[]
  /** Of the last spot check with an outcome. */
  checkMethod: string[]
  /** Numbers of the employees who gave the last outcome. */
  checkedBy: string[]
  /** Whether its spot checks found differences; a session without an outcome of one is neither. */
  withFinding: boolean | null
  /** Whether they found something in the store's favour; a session of which it is not known is neither. */
  withLoss: boolean | null
  /** Whether an employee ever opened it to check something. */
  opened: boolean | null
  /** Whether it expired unpaid. */
  abandoned: boolean | null
  /** Whether a spot check or an age verification was ever required. */
  withCheck: boolean | null
  /** Whether nobody ever came to its last check of a kind before it ended. */
  neverServed: boolean | null
  /** Of the start in the store's own local time: Monday (0) to Sunday (6), and 0 to 23. */
  weekday: number[]
  hour: number[]
  /** Hours of the store's own wall time (`wallHourOf`) that hold the start. */
  storeTime: Range | null
  /** Substring of session or customer id, case-insensitive; empty matches all. */
  text: string
}

/** Matches everything; a query says what it narrows. */
export const noFilter: SessionFilter = {
  storeIds: [],
  startedFrom: null,
  startedTo: null,
  startedOn: null,
  activity: [],
  state: [],
  progress: [],
  client: [],
  spotCheck: [],
  ageVerification: [],
  endReason: [],
  currency: [],
  lastActivityAt: null,
  endedAt: null,
  lastActivityOn: null,
  endedOn: null,
  total: null,
  quantity: null,
  transactions: null,
  waitingMs: null,
  interactionMs: null,
  rating: [],
  reviewed: null,
  waitingNow: null,
  furthestStep: [],
  obstacle: [],
  checkMethod: [],
  checkedBy: [],
  withFinding: null,
  withLoss: null,
  opened: null,
  abandoned: null,
  withCheck: null,
  neverServed: null,
  weekday: [],
  hour: [],
  storeTime: null,
  text: '',
}

export type SessionSort =
  | 'lastActivityAt'
  | 'startedAt'
  | 'endedAt'
  | 'quantity'
  | 'total'
  | 'client'
  | 'progress'
  | 'state'
  | 'storeId'
  | 'id'
  | 'customerId'
  | 'spotCheck'
  | 'ageVerification'
  | 'waitingMs'
  | 'interactionMs'
  | 'rating'
  | 'transactions'
  | 'endReason'
  | 'currency'
  | 'reviewed'
  | 'furthestStep'
  | 'obstacle'
  | 'checkMethod'

/** Steps sort as they follow each other. Rows without a value come last in both directions; ties go by last activity, newest first, then by id. */
export interface SessionQuery extends SessionFilter {
  sort: SessionSort
  descending: boolean
  offset: number
  limit: number
  /** Server time, UTC milliseconds, at which activity is derived and running times are taken. */
  nowMs: number
}

export interface SessionPage {
  /**
   * False while this PC still reads its own history after a start (`DataStatus.reading`): rows, count and totals are then
   * of the newest days only, and must be shown as that.
   */
  complete: boolean
  /** Rows of this page, with unsent decisions already applied; `checkedBy` is null for whoever may not see it. */
  rows: SessionSummary[]
  /** Exact count of all rows under the filter. */
  count: number
  /** Sums over all rows under the filter. */
  totals: { quantity: number; byCurrency: { currency: string; total: number }[] }
}

/** A value of a filter, and how many sessions have it under all other filters. */
export interface FacetValue {
  value: string
  count: number
}

/** For filter menus: every value that occurs in the chosen stores, most frequent first; 0 where the others leave none. */
export interface SessionFacets {
  activity: FacetValue[]
  state: FacetValue[]
  progress: FacetValue[]
  client: FacetValue[]
  spotCheck: FacetValue[]
  ageVerification: FacetValue[]
  endReason: FacetValue[]
  currency: FacetValue[]
  /** `0` stands for no feedback. */
  rating: FacetValue[]
  /** `true` and `false`. */
  reviewed: FacetValue[]
  abandoned: FacetValue[]
  withCheck: FacetValue[]
  neverServed: FacetValue[]
  /** Sessions of which it is not known are under none of the values, as in the next three. */
  furthestStep: FacetValue[]
  obstacle: FacetValue[]
  checkMethod: FacetValue[]
  /** Empty for whoever may not see figures of single employees. */
  checkedBy: FacetValue[]
}

export type SessionKey = Pick<SessionSummary, 'storeId' | 'id'>

/** On a session, or on a shift: its `sessionId` names no session then. */
export type AnyDecision = Decision | ShiftDecision

export interface UnsentDecision {
  decision: AnyDecision
  storeId: string
  employee: EmployeeRef
}

export interface SessionView {
  /** Confirmed document + unsent decisions through the same reducer. */
  document: SessionDocument
  /** Unsent decisions in this session; ids equal those of their events in `document.events`. */
  unsent: UnsentDecision[]
}

/** One open verification (waiting or in progress) of the queue. */
export interface QueueEntry {
  storeId: string
  sessionId: string
  verification: Verification
  client: string
  customerId: string | null
  quantity: number
  total: number
  currency: string
  /** True while a decision of this console on it is unsent. */
  unsent: boolean
  /**
   * UTC milliseconds (server time) until which the backend keeps it for this employee unless this console renews that;
   * null for a check that somebody else has or nobody, and while the backend has not said so.
   */
  heldUntil: number | null
}

/** Names one verification. */
export interface CheckKey {
  storeId: string
  sessionId: string
  verificationId: string
}

/** What this PC knows of earlier spot checks of a session's customer. */
export interface CustomerChecks {
  /** Spot checks with an outcome in the last 90 days, this session's left out, in the stores of the employee. */
  checks: number
  /** How many of them found nothing. */
  withoutFinding: number
  /** UTC milliseconds of the start of the latest such session; null where there is none. */
  lastAt: number | null
}

/** A product as sessions on this PC have it. */
export interface KnownProduct {
  sku: string
  name: string
  /** Minor units. */
  unitPrice: number
}

/** The register of refused age verifications of a store, as this PC has it. */
export interface RefusalRegister {
  /** Oldest first. */
  entries: RefusalEntry[]
  /** Refused here and not in the backend's chain yet, oldest first; only this employee's. */
  pending: Refusal[]
  /** Whether the entries here are an unbroken chain. */
  chain: ChainVerdict
  /** How many entries the backend has; null where it never said. More than are here: they are being fetched. */
  last: number | null
}

/** What comparing this PC's copy of a register with the backend's says. */
export type RefusalComparison =
  | { ok: true; entries: number }
  /** The first entry that differs or is missing at the backend, or where its chain is broken. */
  | { ok: false; number: number; why: 'differs' | 'missing' | 'broken' }
  | { ok: false; number: null; why: 'unreachable' }

/** A decision of this employee that did not count. */
export interface DecisionResult {
  id: string
  storeId: string
  /** As in the decision: of one on a shift it names no session. */
  sessionId: string
  decision: AnyDecision
  verdict: Exclude<OutcomeVerdict, { status: 'applied' }>
  /** UTC milliseconds when the verdict reached this console. */
  receivedAt: number
  seen: boolean
}

/** Something that went wrong on this PC and what the console did about it, newest first on the data-safety page. */
export interface Incident {
  /** UTC milliseconds, server time as estimated. */
  at: number
  kind:
    | 'decisions_restored'
    | 'decisions_adopted'
    | 'decisions_imported'
    | 'decisions_renumbered'
    | 'decisions_offered_again'
    | 'decisions_unreadable'
    | 'database_recreated'
    | 'journal_damaged'
    | 'backend_restored'
    | 'block_corrupt'
    | 'block_repaired'
    | 'storage_full'
    | 'details_removed'
  /** How many decisions, rows or bytes it was about. */
  count: number
  /** Store and day, where it was about one. */
  storeId?: string
  date?: string
}

/** Everything the data-safety page shows, as of one moment. Sizes are bytes; null where the system does not say. */
export interface DataSafety {
  unsent: { employeeNumber: string; own: boolean; count: number; oldestAt: number }[]
  stores: {
    storeId: string
    lastContactAt: number | null
    /** Days of history on this PC, their sessions, and how many of those have full details here. */
    days: number
    sessions: number
    details: number
  }[]
  clock: {
    offsetMs: number
    /** Half of the fastest round trip: the estimate is off by at most this. Null until measured. */
    uncertaintyMs: number | null
    measuredAt: number | null
  }
  storage: {
    usedBytes: number | null
    quotaBytes: number | null
    freeDiskBytes: number | null
    /** Null where the browser does not say. */
    persisted: boolean | null
    low: boolean
  }
  /** Null in a browser. */
  journal: { pending: number; bytes: number; tornBytes: number; corruptLines: number; readOnly: boolean } | null
  /** Details of sessions ended longer ago are removed from this PC; history rows stay. */
  keepDetailsDays: number
  /** Details of sessions started in the last so many days are fetched ahead; 0 fetches none. */
  detailsAheadDays: number
  incidents: Incident[]
  lastIntegrityCheck: IntegrityReport | null
}

/** A day on which this PC and the backend disagreed. */
export interface IntegrityFinding {
  storeId: string
  date: string
  /** Sessions of the day. */
  here: number
  there: number
  repaired: boolean
}

export interface IntegrityReport {
  /** UTC milliseconds, server time. */
  at: number
  storesChecked: number
  daysChecked: number
  sessionsChecked: number
  findings: IntegrityFinding[]
  /** Stores that could not be checked, with why. */
  unchecked: { storeId: string; code: ProblemCode }[]
}

/** A file for the person to save. */
export interface ExportedFile {
  name: string
  mediaType: string
  text: string
}

export type ImportOutcome =
  | {
      ok: true
      imported: number
      alreadyHere: number
      /** Some are in IndexedDB alone and not sent yet: the journal could not take them. */
      waiting: boolean
      byEmployee: { employeeNumber: string; count: number }[]
    }
  /** `field` is a dotted path into the file. */
  | { ok: false; message: string; field?: string }

export type SignInOutcome = { ok: true } | { ok: false; code: ProblemCode; message: string; field?: string }

export type DecideOutcome =
  /** `journal`: on disk in the main process and in IndexedDB; `database`: in IndexedDB only (browser). */
  | { ok: true; savedIn: 'journal' | 'database' }
  | {
      ok: false
      code: 'not_signed_in' | 'viewer' | 'session_unknown' | 'storage_failed' | 'invalid' | 'read_only'
      message: string
    }

export type DecisionInput = {
  [Type in Decision['type']]: Pick<Extract<Decision, { type: Type }>, 'type' | 'payload'>
}[Decision['type']]

/**
 * What an export writes of each session, and what people call it; `activity` and running times are as of the query's
 * `nowMs`. Money is in units of its currency.
 */
export const exportColumnTitles = {
  id: 'Session',
  store: 'Store',
  storeId: 'Store id',
  timezone: 'Time zone',
  customerId: 'Customer',
  client: 'Client',
  activity: 'Activity',
  state: 'State',
  progress: 'Progress',
  startedAt: 'Started',
  lastActivityAt: 'Last activity',
  endedAt: 'Ended',
  endReason: 'End reason',
  expiresAt: 'Expires',
  durationMs: 'Duration (s)',
  quantity: 'Items',
  total: 'Value',
  currency: 'Currency',
  transactions: 'Payment attempts',
  spotCheck: 'Spot check',
  ageVerification: 'Age verification',
  waitingMs: 'Waiting time (s)',
  interactionMs: 'Interaction time (s)',
  rating: 'Rating (1 to 5)',
  reviewed: 'Reviewed',
  furthestStep: 'Came as far as',
  obstacle: 'What stood in the way',
  checkMethod: 'Checked by',
  checkedBy: 'Checked by employee',
  differences: 'Differences',
} as const
export type ExportColumn = keyof typeof exportColumnTitles
export const exportColumns = Object.keys(exportColumnTitles) as [ExportColumn, ...ExportColumn[]]
/** Of them, those for whoever may see figures of single employees; others are refused them. */
export const employeeExportColumns: readonly ExportColumn[] = ['checkedBy']

/** `sessions` has one row per session; the others come from full documents, of the sessions whose details are on this PC. */
export const exportTableTitles = {
  sessions: 'Sessions',
  lineItems: 'Line items',
  transactions: 'Payment attempts',
  verifications: 'Verifications',
  remarks: 'Remarks',
  events: 'Events',
} as const
export type ExportTable = keyof typeof exportTableTitles
export const exportTables = Object.keys(exportTableTitles) as [ExportTable, ...ExportTable[]]

/** Which sessions, and in which order. */
export interface ExportScope {
  /** The list's filter and sort. */
  query: Omit<SessionQuery, 'offset' | 'limit'>
  /** Only these of them; null for all. */
  only: SessionKey[] | null
}

export interface ExportRequest extends ExportScope {
  format: 'csv' | 'xlsx' | 'arrow'
  /** One; as sheets of an XLSX also several. */
  tables: ExportTable[]
  /** Of the table of sessions, in the order of the file; not empty. */
  columns: ExportColumn[]
  /** Whether CSV and XLSX show instants as the store's time or as UTC; Arrow holds instants. */
  times: 'store' | 'utc'
  /** How a CSV is to be read; ignored elsewhere. */
  csv: { separator: ',' | ';' | '\t'; decimal: '.' | ',' }
}

/** How many sessions an export is about, and how many of them have their details on this PC. */
export interface ExportSize {
  sessions: number
  withDetails: number
}

export interface ExportProgress {
  /** Rows written or documents fetched so far. */
  rows: number
  /** Sessions done of all, once per table. */
  done: number
  total: number
  bytes: number
  /** Milliseconds since the file was chosen. */
  elapsedMs: number
}

export interface ExportFailure {
  ok: false
  /** `cancelled`: by the person; nothing is left behind. */
  code: 'cancelled' | 'not_signed_in' | 'unreachable' | 'storage_failed' | 'invalid'
  message: string
  field?: string
}

export interface ExportDone {
  ok: true
  /** Of all tables. */
  rows: number
  /** Sessions that were to be written, and how many of them were deleted before their turn. */
  sessions: number
  deleted: number
  bytes: number
  /** Milliseconds from the first row on; the dialogs before are not counted. */
  elapsedMs: number
  /** Name of the file. */
  name: string
  /** Path on disk; null where the browser knows it alone. */
  path: string | null
  /** What a browser without file access has still to hand to the person. */
  download: File | null
}
export type ExportOutcome = ExportDone | ExportFailure

export type FetchDetailsOutcome = { ok: true; fetched: number } | ExportFailure

/** Where a browser's person wants the file; `handle` is null where it can only be downloaded. */
export interface ExportTarget {
  name: string
  handle: FileSystemFileHandle | null
}

/** How a window follows and ends a long piece of work. */
export interface WorkOptions {
  signal?: AbortSignal
  onProgress?: (progress: ExportProgress) => void
}

/** What the data worker answers. */
export interface WorkerApi extends Omit<AbandonedApi, 'putBackList'>, ChartApi {
  /** As `AbandonedApi.putBackList`, in the form in which it crosses to the window. */
  putBackList(query: PutBackQuery): Promise<PackedPutBack>
  /** Opens storage, starts sync, answers the first status; later ones go to `onStatus` (comlink proxy). */
  start(onStatus: (status: DataStatus) => void): Promise<DataStatus>
  /** Desktop only; null in a browser. */
  localInfo(): Promise<LocalInfo | null>
  setBackend(url: string): Promise<SignInOutcome>
  signIn(employeeNumber: string, password: string): Promise<SignInOutcome>
  /** Keeps unsent decisions for their owner. */
  signOut(): Promise<void>
  sessions(query: SessionQuery): Promise<SessionPage>
  /** Counts for the filter menus. @param nowMs as of `SessionQuery` */
  facets(filter: SessionFilter & Pick<SessionQuery, 'nowMs'>): Promise<SessionFacets>
  /** Somebody is about to search ids: makes that quick, in pauses. */
  expectSearch(): Promise<void>
  /** Rows of these sessions as they are now, whatever the filter, as in a page; null for one that is gone. */
  sessionRows(keys: SessionKey[]): Promise<(SessionSummary | null)[]>
  /** Count and sums of these sessions; those that are gone are left out. */
  sessionTotals(keys: SessionKey[]): Promise<{ count: number; totals: SessionPage['totals'] }>
  /** Null for a session that neither this console nor (when online) the backend knows. */
  session(storeId: string, sessionId: string): Promise<SessionView | null>
  /** Open verifications of the stores (empty means all), longest wait first. */
  queue(storeIds: string[]): Promise<QueueEntry[]>
  /** Saves a decision durably; sending follows on its own. */
  decide(storeId: string, sessionId: string, input: DecisionInput): Promise<DecideOutcome>
  /** The check under way on this PC, as it was saved last; null where there is none. */
  checkDraft(key: CheckKey): Promise<CheckDraft | null>
  /** Saves a check under way, durably; a decision on it removes it. Rejects where it is not valid or cannot be kept. */
  saveCheckDraft(key: CheckKey, draft: CheckDraft): Promise<void>
  /** Null for a session without known customer. */
  customerChecks(storeId: string, sessionId: string): Promise<CustomerChecks | null>
  /** The product of a scanned code, from baskets of the store on this PC; null where none has it. */
  knownProduct(storeId: string, code: string): Promise<KnownProduct | null>
  refusals(storeId: string): Promise<RefusalRegister>
  /** Reads the backend's whole register and compares it with the one on this PC. */
  compareRefusals(storeId: string): Promise<RefusalComparison>
  /** The register as CSV, with hashes and those not sent yet; also offline. */
  exportRefusals(storeId: string): Promise<ExportedFile>
  /** This employee's decisions that did not count, newest first: those not yet seen, or those seen in the last 90 days. */
  results(query: { seen: boolean }): Promise<DecisionResult[]>
  markResultsSeen(ids: string[]): Promise<void>
  /** Syncs now instead of at the next poke or poll. */
  syncNow(): Promise<void>
  dataSafety(): Promise<DataSafety>
  /** @param days 1 to 3650 */
  setKeepDetailsDays(days: number): Promise<void>
  /** Makes the details of the last days available offline. @param days 0 to the days that details are kept */
  setDetailsAheadDays(days: number): Promise<void>
  /** Recounts index and documents against the backend's counts per day and refetches the days that differ. */
  checkIntegrity(): Promise<IntegrityReport>
  /** All unsent decisions of this PC, of every employee, for import on another one. */
  exportUnsent(): Promise<ExportedFile>
  /** Takes over an exported file; each decision is sent when its owner signs in here, and counts once. */
  importUnsent(text: string): Promise<ImportOutcome>
  /** State of this console without personal data: no names, customer ids, baskets, notes or tokens. */
  supportBundle(): Promise<ExportedFile>
  exportSize(scope: ExportScope): Promise<ExportSize>
  /**
   * Writes sessions to a file. Which rows and in which order is settled at the start; a row is written as it stands at
   * its turn, and left out where its session was deleted meanwhile.
   * @param workId to cancel it by
   */
  exportSessions(
    workId: string,
    request: ExportRequest,
    target: ExportTarget,
    onProgress: (progress: ExportProgress) => void,
  ): Promise<ExportOutcome>
  /** Fetches details that are not on this PC, at most `limit` sessions', in the scope's order. */
  fetchDetails(
    workId: string,
    scope: ExportScope,
    limit: number,
    onProgress: (progress: ExportProgress) => void,
  ): Promise<FetchDetailsOutcome>
  /** Desktop only: the port through which exports go to the main process. */
  connectExports(port: MessagePort): Promise<void>
  /** Ends an export or a fetch; unknown ids are none any more. */
  cancelWork(workId: string): Promise<void>
  /** Shows an exported file in the system's file manager (desktop only). */
  showExported(path: string): Promise<void>
}

/** The screens' interface: the worker's, and what only a window may ask for. */
export interface DataApi
  extends Omit<
      WorkerApi,
      'putBackList' | 'exportSessions' | 'fetchDetails' | 'cancelWork' | 'connectExports' | keyof ChartApi
    >,
    ChartQuestions,
    Pick<AbandonedApi, 'putBackList'> {
  /** @param signal a query whose answer nobody waits for any more is not asked; the promise rejects with its reason */
  sessions(query: SessionQuery, signal?: AbortSignal): Promise<SessionPage>
  /** @param signal likewise; asked in turn with charts */
  facets(filter: SessionFilter & Pick<SessionQuery, 'nowMs'>, signal?: AbortSignal): Promise<SessionFacets>
  /** Asks the browser not to clear this origin's data under disk pressure; answers whether it is granted. */
  persistStorage(): Promise<boolean>
  /**
   * Asks the person where to, then writes; has to be called by a click where the host is a browser.
   * @param zone IANA id, of the day in the suggested name
   */
  exportSessions(request: ExportRequest, zone: string, options?: WorkOptions): Promise<ExportOutcome>
  fetchDetails(scope: ExportScope, limit: number, options?: WorkOptions): Promise<FetchDetailsOutcome>
}
