/**
 * What the screens ask about baskets that were left, items to put back, products that make trouble, and the handover of a
 * shift. Instants are UTC milliseconds, money is minor units, durations are milliseconds; answers have unsent decisions
 * applied. `storeIds` empty means all stores of the employee.
 */
import type { Refusal } from '#shared/protocol/refusals.ts'
import type { SessionDocument, Verification } from '#shared/protocol/session-document.ts'
import type { AbandonedStory } from '#shared/session/abandoned-story.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { DecisionResult, QueueEntry, Range, SessionKey, UnsentDecision } from './data-api.ts'

export type AbandonedSort = 'leftAt' | 'total' | 'quantity' | 'obstacle' | 'storeId'

export interface AbandonedQuery {
  storeIds: string[]
  /** When the basket was left: its expiry. From included, to excluded; null is open. */
  leftFrom: number | null
  leftTo: number | null
  /** Names of shifts in which it was left; empty means all. */
  shifts: string[]
  /** Values of `SessionSummary.obstacle`; empty means all. */
  obstacles: string[]
  /** Baskets that are reviewed, are not, or (null) all. */
  reviewed: boolean | null
  total: Range | null
  /** Part of a session or customer id, or of a name or SKU in the basket; case-insensitive. */
  text: string
  sort: AbandonedSort
  descending: boolean
  offset: number
  limit: number
  nowMs: number
}

/** A session that expired unpaid, or an unpaid one that would have by now. */
export interface AbandonedBasket {
  row: SessionSummary
  /** The instant at which it expired, or would have. */
  leftAt: number
  /** False: by this console's clock only; the backend has not said so yet. */
  expired: boolean
  /** Name of the shift in which it was left; null where the store has none. */
  shift: string | null
  /** What happened last, from the events; null where the details are not on this PC. */
  story: AbandonedStory | null
  /** Line items and what became of each; null where the details are not on this PC. */
  items: BasketItem[] | null
  review: SessionDocument['review']
  /** A decision of this console about it is not confirmed yet. */
  unsent: boolean
}

export type BasketItem = SessionDocument['lineItems'][number] & {
  /** When it was scanned first; null where no event says so. */
  scannedAt: number | null
  settled: SessionDocument['putBack'][number] | null
}

export interface AbandonedPage {
  rows: AbandonedBasket[]
  count: number
  totals: { quantity: number; byCurrency: { currency: string; total: number }[] }
  /** By value of the menus, under all other filters. */
  obstacles: { value: string; count: number }[]
  shifts: { value: string; count: number }[]
  /** Baskets under the filter whose details are not on this PC. */
  withoutDetails: number
  /** As `SessionPage.complete`. */
  complete: boolean
}

export interface PutBackQuery {
  storeIds: string[]
  /** Baskets left from then on; null means all that are not reviewed. */
  leftFrom: number | null
  nowMs: number
}

/** One product to be put back, merged over all baskets of a store that are not reviewed. */
export interface PutBackItem {
  storeId: string
  sku: string
  name: string
  department: string | null
  storage: 'ambient' | 'chilled' | 'frozen'
  /** Pieces that are not settled yet. */
  quantity: number
  /** Value of those pieces. */
  value: number
  currency: string
  /** Where they are from, longest ago first; one entry per line of a basket. */
  lines: { sessionId: string; lineId: string; quantity: number; scannedAt: number }[]
  /** Of the piece that was scanned longest ago. */
  scannedAt: number
  /** When that piece must be discarded by the store's rule; null where the rule never says so. */
  discardAt: number | null
  /** Pieces past it as of `nowMs`. */
  overdue: number
}

export interface PutBackList {
  /** Frozen and chilled first, what must be discarded soonest first; then by department and name. */
  items: PutBackItem[]
  baskets: number
  pieces: number
  /** Baskets whose items are not on this PC. */
  withoutDetails: number
  complete: boolean
}

/** One line of one basket. */
export interface LineKey {
  storeId: string
  sessionId: string
  lineId: string
}

export type ItemOutcome = SessionDocument['putBack'][number]['outcome']

/** How a bulk decision ended: what was saved stays saved. */
export type BulkOutcome =
  | { ok: true; saved: number }
  | { ok: false; saved: number; failed: SessionKey | null; message: string }

/** The review of several baskets: one reason and note, and one outcome for all items that have none yet. */
export interface BulkReview {
  reason: string
  note: string | null
  /** Null says nothing about the items. */
  outcome: ItemOutcome | null
}

/** Also as the store's rule has it: what is past its limit is discarded, the rest put back. */
export type RuledReview = Omit<BulkReview, 'outcome'> & { outcome: ItemOutcome | 'by_rule' | null }

/** Pieces of a product that must be discarded by the store's rule. */
export interface PastLimit {
  storeId: string
  name: string
  quantity: number
  /** Of the piece that has been out longest, UTC milliseconds, and until when that one might have gone back. */
  scannedAt: number
  discardAt: number
}

export interface NotExitedQuery {
  storeIds: string[]
  /** Paid from then on. */
  from: number
  nowMs: number
}

/** Who paid less long ago may be on the way to the exit: not counted in rates. */
export const SETTLE_AFTER_MS = 10 * 60_000

/** Of one client, among sessions paid since `from` and longer ago than `SETTLE_AFTER_MS`. */
export interface ClientExitRate {
  client: string
  paid: number
  notExited: number
  /** 95 % interval (Wilson) of the share. */
  low: number
  high: number
}

export interface NotExited {
  /** Paid, no exit scan, not ended: longest ago first. `paidAt` is null where the details are not on this PC. */
  rows: { row: SessionSummary; paidAt: number | null }[]
  rates: ClientExitRate[]
  complete: boolean
}

/** A check that nobody ever took. */
export interface NeverServed {
  row: SessionSummary
  /** Waiting when the session ended; null where the details are not on this PC. */
  verifications: Pick<Verification, 'id' | 'kind' | 'shownAt' | 'reason'>[] | null
  /** How long the shopper waited, until the session ended. */
  waitedMs: number
}

export interface TabCountsQuery {
  storeIds: string[]
  /** Baskets left from then on; null means all. */
  leftFrom: number | null
  /** Sessions ended from then on. */
  servedFrom: number
  nowMs: number
}

export interface TabCounts {
  /** Left baskets that nobody has reviewed. */
  unreviewed: number
  notExited: number
  neverServed: number
}

export interface ProductTrouble {
  sku: string
  name: string
  department: string | null
  /** Baskets that had it at any time, of those whose details are on this PC. */
  baskets: number
  abandonedBaskets: number
  abandonedPieces: number
  /** Value of those pieces, in `currency`. */
  abandonedValue: number
  currency: string
  /** Checks that found it missing, too few, or as another item. */
  missedInChecks: number
  /** Baskets it was removed from after scanning. */
  removedFrom: number
}

export interface ProblemProducts {
  products: ProductTrouble[]
  /** Sessions in the period, and those of them whose details are on this PC: only these are counted. */
  sessions: number
  counted: number
}

/** Names a shift: the store-local day on which it begins, and its name in the store's settings. */
export interface ShiftKey {
  storeId: string
  date: string
  shift: string
}

export interface ShiftNote {
  id: string
  text: string
  employee: { number: string; name: string }
  at: number
  /** Of a note on a session; null for one on the shift. */
  sessionId: string | null
  unsent: boolean
}

/** What one shift hands to the next. */
export interface Handover extends ShiftKey {
  from: number
  to: number
  openChecks: QueueEntry[]
  /** The longest waits of verifications shown in the shift, at most ten, longest first. */
  longestWaits: {
    sessionId: string
    kind: Verification['kind']
    shownAt: number
    waitedMs: number
    status: Verification['status']
    employee: Verification['employee']
  }[]
  refusals: Refusal[]
  /** As of now. `withoutDetails`: baskets more whose items are not on this PC. */
  putBack: { baskets: number; pieces: number; cold: number; overdue: number; withoutDetails: number }
  /** Baskets left in the shift, and those of them that are not reviewed. */
  abandoned: { count: number; unreviewed: number; byCurrency: { currency: string; total: number }[] }
  unsent: UnsentDecision[]
  notCounted: DecisionResult[]
  notes: ShiftNote[]
  /** Who of the next shift took it over; the first counts. */
  acknowledged: { employee: { number: string; name: string }; at: number; note: string | null; unsent: boolean } | null
  /** Others who took it over after the first. */
  alsoAcknowledged: { employee: { number: string; name: string }; at: number; note: string | null }[]
  /** Sessions of the shift that had a check and whose details are not on this PC: their waits are not among the longest. */
  withoutDetails: number
  /** As `SessionPage.complete`. */
  complete: boolean
}

export interface AbandonedApi {
  abandoned(query: AbandonedQuery): Promise<AbandonedPage>
  putBackList(query: PutBackQuery): Promise<PutBackList>
  /** Says what became of lines; one decision per basket. */
  settleLines(lines: LineKey[], outcome: ItemOutcome): Promise<BulkOutcome>
  reviewBaskets(keys: SessionKey[], review: RuledReview): Promise<BulkOutcome>
  /** Takes back what this employee said became of lines; one decision per basket. */
  takeBackLines(lines: LineKey[]): Promise<BulkOutcome>
  /** What of baskets nobody dealt with and must be discarded now, longest out first. */
  pastLimit(keys: SessionKey[]): Promise<PastLimit[]>
  notExited(query: NotExitedQuery): Promise<NotExited>
  /** How many rows `abandoned` (not reviewed), `notExited` and `neverServed` have; reads no details. */
  tabCounts(query: TabCountsQuery): Promise<TabCounts>
  /** Newest first. */
  neverServed(query: { storeIds: string[]; endedFrom: number; nowMs: number }): Promise<NeverServed[]>
  /** Reads every document of the period on this PC: seconds where there are many. */
  problemProducts(query: { storeIds: string[]; from: number; to: number }): Promise<ProblemProducts>
  /** Rejects for a shift that the store does not have. */
  handover(key: ShiftKey): Promise<Handover>
  /** Saves a note on the shift, durably. */
  noteShift(key: ShiftKey, text: string): Promise<BulkOutcome>
  acknowledgeShift(key: ShiftKey, note: string | null): Promise<BulkOutcome>
}
