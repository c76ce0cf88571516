/** The typed interface between the screens and the data worker: the only way from the UI to storage and network. */

import type { LocalInfo } from '#shared/desktop-api.ts'
import type { Decision, Verdict } from '#shared/protocol/decisions.ts'
import type { EmployeeRef } from '#shared/protocol/primitives.ts'
import type { ProblemCode } from '#shared/protocol/problems.ts'
import type { SessionDocument, Verification } from '#shared/protocol/session-document.ts'
import type { Identity } from '#shared/protocol/sync.ts'
import type { Activity } from '#shared/session/activity.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'

/** `connecting` only until the first answer or failure. */
export type ConnectionState = 'connecting' | 'online' | 'degraded' | 'offline'

/** Progress of a first sync; null when none runs. */
export interface FirstSync {
  storeId: string
  daysDone: number
  daysTotal: number
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
  /** Grows with every change of what queries answer; part of every query key. */
  revision: number
  /** True when a main process with a journal stands behind this console. */
  journalled: boolean
}

export type SessionSort =
  | 'lastActivityAt'
  | 'startedAt'
  | 'quantity'
  | 'total'
  | 'client'
  | 'progress'
  | 'state'
  | 'storeId'

export interface SessionQuery {
  /** Empty means all stores of the employee. */
  storeIds: string[]
  activity: Activity[]
  state: string[]
  client: string[]
  /** Substring of session or customer id, case-insensitive; empty matches all. */
  text: string
  sort: SessionSort
  descending: boolean
  offset: number
  limit: number
  /** Server time, UTC milliseconds, at which activity is derived. */
  nowMs: number
}

export interface SessionPage {
  /** Rows of this page, with unsent decisions already applied. */
  rows: SessionSummary[]
  /** Exact count of all rows under the filter. */
  count: number
}

export interface UnsentDecision {
  decision: Decision
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
}

/** A decision of this employee that did not count. */
export interface DecisionResult {
  id: string
  storeId: string
  sessionId: string
  decision: Decision
  verdict: Extract<Verdict, { status: 'superseded' | 'refused' }>
  /** UTC milliseconds when the verdict reached this console. */
  receivedAt: number
}

export type SignInOutcome = { ok: true } | { ok: false; code: ProblemCode; message: string; field?: string }

export type DecideOutcome =
  /** `journal`: on disk in the main process and in IndexedDB; `database`: in IndexedDB only (browser). */
  | { ok: true; savedIn: 'journal' | 'database' }
  | { ok: false; code: 'not_signed_in' | 'viewer' | 'session_unknown' | 'storage_failed' | 'invalid'; message: string }

export type DecisionInput = {
  [Type in Decision['type']]: Pick<Extract<Decision, { type: Type }>, 'type' | 'payload'>
}[Decision['type']]

export interface DataApi {
  /** Opens storage, starts sync, answers the first status; later ones go to `onStatus` (comlink proxy). */
  start(onStatus: (status: DataStatus) => void): Promise<DataStatus>
  /** Desktop only; null in a browser. */
  localInfo(): Promise<LocalInfo | null>
  setBackend(url: string): Promise<SignInOutcome>
  signIn(employeeNumber: string, password: string): Promise<SignInOutcome>
  /** Keeps unsent decisions for their owner. */
  signOut(): Promise<void>
  sessions(query: SessionQuery): Promise<SessionPage>
  /** Null for a session that neither this console nor (when online) the backend knows. */
  session(storeId: string, sessionId: string): Promise<SessionView | null>
  /** Open verifications of the stores (empty means all), longest wait first. */
  queue(storeIds: string[]): Promise<QueueEntry[]>
  /** Saves a decision durably; sending follows on its own. */
  decide(storeId: string, sessionId: string, input: DecisionInput): Promise<DecideOutcome>
  results(): Promise<DecisionResult[]>
  markResultsSeen(ids: string[]): Promise<void>
  /** Syncs now instead of at the next poke or poll. */
  syncNow(): Promise<void>
}
