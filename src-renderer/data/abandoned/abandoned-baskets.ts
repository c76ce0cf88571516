/** What the screens ask about baskets that were left, and decide on them. */
import { MAX_ITEMS_PER_DECISION } from '#shared/protocol/decisions.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { isAbandoned } from '#shared/session/activity.ts'
import { ShiftCalendar } from '#shared/time/shifts.ts'
import type {
  AbandonedPage,
  AbandonedQuery,
  BulkOutcome,
  BulkReview,
  ItemOutcome,
  LineKey,
  NeverServed,
  NotExited,
  NotExitedQuery,
  ProblemProducts,
  PutBackList,
  PutBackQuery,
} from '../abandoned-api.ts'
import { noFilter, type SessionKey } from '../data-api.ts'
import type { ConsoleDatabase, OutboxRow } from '../database.ts'
import type { Deciding, DecisionDesk } from '../decision-desk.ts'
import { nextTask } from '../export/next-task.ts'
import type { SessionIndex } from '../session-index.ts'
import { abandonedBasket, findAbandoned } from './abandoned-list.ts'
import { type AbandonedRow, AbandonedRows, LEFT_DETAILS_DAYS, wouldBeAbandoned } from './abandoned-rows.ts'
import { BasketStore } from './basket-store.ts'
import { exitRates, notExitedRows, paidAt } from './exits.ts'
import { neverServed, neverServedRows } from './never-served.ts'
import { ProductCount } from './problem-products.ts'
import { mergePutBack } from './put-back-list.ts'

export interface AbandonedPorts {
  database: ConsoleDatabase
  index: SessionIndex
  desk: DecisionDesk
  /** The employee's stores among these; all for none. */
  visibleStores: (storeIds: readonly string[]) => string[]
  settingsOf: (storeId: string) => StoreSettings | undefined
  /** UTC milliseconds, server time as estimated. */
  now: () => number
  /** Whether all of this PC's history is in the index. */
  isComplete: () => boolean
  /** Unsent decisions of the signed-in employee. */
  ownRows: () => readonly OutboxRow[]
  pending: (storeId: string, id: string) => { document: SessionDocument } | undefined
  /** Documents on this PC with unsent decisions applied. */
  documents: (keys: readonly SessionKey[]) => Promise<(SessionDocument | undefined)[]>
  /** Fetches details that are not on this PC. @throws CallFailed */
  fetchDocuments: (storeId: string, ids: readonly string[]) => Promise<void>
}

/** Documents read between two looks at what else is to do. */
const BATCH = 100
const PREPARE_PAUSE_MS = 500
const DAY_MS = 24 * 3_600_000

export class AbandonedBaskets {
  private readonly rows: AbandonedRows
  private readonly baskets: BasketStore
  private readonly calendars = new WeakMap<StoreSettings, ShiftCalendar>()
  private preparing = false
  private counted: { key: string; revision: number; isRunning: boolean; answer: Promise<ProblemProducts> } | null = null

  constructor(private readonly ports: AbandonedPorts) {
    this.rows = new AbandonedRows(ports.index)
    this.baskets = new BasketStore({
      ...ports,
      isLeft: (storeId, id) => ports.index.get(storeId, id)?.reviewed === false,
    })
  }

  /** Documents of these sessions came, or anything of the store changed. */
  followed(storeId: string, ids: readonly string[] | 'all'): void {
    this.baskets.followed(storeId, ids)
    this.prepareSoon()
  }

  /** Details were removed from this PC. */
  detailsRemoved(): void {
    this.baskets.forget()
    this.prepareSoon()
  }

  /** Reads what lists need of baskets whose details are always here, behind what is asked meanwhile. */
  prepareSoon(): void {
    if (this.preparing) return
    this.preparing = true
    setTimeout(() => {
      this.preparing = false
      if (!this.ports.isComplete()) return this.prepareSoon()
      void this.readAhead().catch((error) => console.error('baskets not read ahead', error))
    }, PREPARE_PAUSE_MS)
  }

  /** Keeps what lists have read from documents for the next start; happens by itself in the pauses. */
  keep(): Promise<void> {
    return this.baskets.keep()
  }

  private async readAhead(): Promise<void> {
    const stores = this.ports.visibleStores([])
    const nowMs = this.ports.now()
    const rows = this.left(stores, nowMs - LEFT_DETAILS_DAYS * DAY_MS, nowMs).map(({ row }) => row)
    await this.baskets.read(rows)
    for (const storeId of stores) {
      await this.baskets.prune(
        storeId,
        rows.filter((row) => row.storeId === storeId),
      )
    }
  }

  async abandoned(query: AbandonedQuery): Promise<AbandonedPage> {
    const storeIds = this.ports.visibleStores(query.storeIds)
    const rows = this.rows.find({ ...query, storeIds })
    const hasText = query.text.trim() !== ''
    const asked = rows.filter(({ row }) => query.reviewed === null || row.reviewed === query.reviewed)
    // Names of items are in details; all else is in the rows.
    if (hasText) await this.baskets.read(asked.map(({ row }) => row))
    else await this.baskets.look(asked.map(({ row }) => row))
    const { page, ...found } = findAbandoned(asked, query, {
      shiftOf: (storeId, at) => this.calendar(storeId)?.at(at)?.name ?? null,
      basketOf: (storeId, id) => this.baskets.basket(storeId, id),
      isHere: (storeId, id) => this.baskets.isHere(storeId, id),
    })
    const documents = await this.ports.documents(page.map(({ row }) => row))
    const unsent = this.unsentSessions()
    return {
      ...found,
      rows: page.map((each, at) => abandonedBasket(each, documents[at], unsent.has(keyOf(each.row)))),
      complete: this.ports.isComplete(),
    }
  }

  async putBackList({ storeIds, leftFrom, nowMs }: PutBackQuery): Promise<PutBackList> {
    const left = this.rows.unreviewed({ storeIds: this.ports.visibleStores(storeIds), leftFrom, nowMs })
    await this.baskets.read(left)
    const baskets = left.map((row) => ({ row, basket: this.baskets.basket(row.storeId, row.id) }))
    const list = mergePutBack(baskets, (storeId) => this.ports.settingsOf(storeId)?.putBack, nowMs)
    return { ...list, complete: this.ports.isComplete() }
  }

  async settleLines(lines: readonly LineKey[], outcome: ItemOutcome): Promise<BulkOutcome> {
    const bySession = new Map<string, LineKey[]>()
    for (const line of lines) {
      const key = keyOf({ storeId: line.storeId, id: line.sessionId })
      bySession.set(key, [...(bySession.get(key) ?? []), line])
    }
    const decisions = [...bySession.values()].flatMap((ofSession): Deciding[] => {
      const { storeId, sessionId } = ofSession[0] as LineKey
      const items = [...new Set(ofSession.map(({ lineId }) => lineId))].map((lineId) => ({ lineId, outcome }))
      return chunks(items, MAX_ITEMS_PER_DECISION).map((some) => ({
        storeId,
        sessionId,
        input: { type: 'basket.put_back', payload: { items: some } },
      }))
    })
    return this.ports.desk.decideAll(decisions)
  }

  async reviewBaskets(keys: readonly SessionKey[], { reason, note, outcome }: BulkReview): Promise<BulkOutcome> {
    const decisions: Deciding[] = []
    let failed: SessionKey | null = null
    for (const [some, documents] of await this.withDetails(keys)) {
      for (const [at, { storeId, id }] of some.entries()) {
        const document = documents[at]
        if (document === undefined) {
          failed ??= { storeId, id }
          continue
        }
        const settled = new Set(document.putBack.map(({ lineId }) => lineId))
        const open = document.lineItems.filter(({ lineId }) => !settled.has(lineId))
        const items = outcome === null ? [] : open.map(({ lineId }) => ({ lineId, outcome }))
        const [putBack = [], ...more] = chunks(items, MAX_ITEMS_PER_DECISION)
        const payload = { reason, note, putBack }
        decisions.push({ storeId, sessionId: id, input: { type: 'basket.review', payload } })
        for (const rest of more) {
          decisions.push({ storeId, sessionId: id, input: { type: 'basket.put_back', payload: { items: rest } } })
        }
      }
    }
    const decided = await this.ports.desk.decideAll(decisions)
    if (failed === null || !decided.ok) return decided
    const message = 'Details of some baskets are not on this PC and cannot be fetched now.'
    return { ok: false, saved: decided.saved, failed, message }
  }

  async notExited(query: NotExitedQuery): Promise<NotExited> {
    const { index, documents, isComplete } = this.ports
    const storeIds = this.ports.visibleStores(query.storeIds)
    const open = notExitedRows(index, storeIds)
    const read = await documents(open)
    const rows = open.map((row, at) => {
      const document = read[at]
      return { row, paidAt: document === undefined ? null : paidAt(document) }
    })
    const since = ({ row, paidAt: at }: (typeof rows)[number]) => at ?? row.lastActivityAt
    return {
      rows: rows.sort((a, b) => since(a) - since(b) || (a.row.id < b.row.id ? -1 : 1)),
      rates: exitRates(index, { ...query, storeIds }),
      complete: isComplete(),
    }
  }

  async neverServed(query: { storeIds: string[]; endedFrom: number }): Promise<NeverServed[]> {
    const rows = neverServedRows(this.ports.index, this.ports.visibleStores(query.storeIds), query.endedFrom)
    const served: NeverServed[] = []
    for (const some of chunks(rows, BATCH)) {
      const documents = await this.ports.documents(some)
      served.push(...some.map((row, at) => neverServed(row, documents[at])))
    }
    return served
  }

  problemProducts(query: { storeIds: string[]; from: number; to: number }): Promise<ProblemProducts> {
    const storeIds = this.ports.visibleStores(query.storeIds)
    const key = JSON.stringify([storeIds, query.from, query.to])
    const { revision } = this.ports.index
    const { counted } = this
    // A count that goes on answers who asks meanwhile: with each change a new one would begin.
    if (counted?.key === key && (counted.isRunning || counted.revision === revision)) return counted.answer
    const answer = this.countProducts({ ...query, storeIds })
    const counting = { key, revision, isRunning: true, answer }
    this.counted = counting
    const ended = () => {
      counting.isRunning = false
    }
    answer.then(ended, () => {
      ended()
      if (this.counted === counting) this.counted = null
    })
    return answer
  }

  private async countProducts(query: { storeIds: string[]; from: number; to: number }): Promise<ProblemProducts> {
    const { index, documents, now } = this.ports
    const { rows } = index.query(
      {
        ...noFilter,
        storeIds: query.storeIds,
        startedFrom: query.from,
        startedTo: query.to,
        sort: 'startedAt',
        descending: true,
        offset: 0,
        limit: Number.MAX_SAFE_INTEGER,
        nowMs: now(),
      },
      () => 0,
    )
    await this.baskets.look(rows)
    const here = rows.filter((row) => this.baskets.isHere(row.storeId, row.id))
    const count = new ProductCount()
    for (const some of chunks(here, BATCH)) {
      await nextTask()
      const read = await documents(some)
      for (const [at, row] of some.entries()) {
        const document = read[at]
        if (document !== undefined) count.add(document, isAbandoned(row) || wouldBeAbandoned(row, now()))
      }
    }
    return count.result(rows.length)
  }

  /** Baskets that were left in a time, UTC milliseconds, from included, to excluded. */
  leftWithin(storeIds: readonly string[], from: number, to: number, nowMs: number): AbandonedRow[] {
    return this.rows.find({ storeIds, leftFrom: from, leftTo: to, nowMs })
  }

  /** Baskets that are not reviewed. */
  private left(storeIds: readonly string[], leftFrom: number | null, nowMs: number) {
    return this.rows.find({ storeIds, leftFrom, leftTo: null, nowMs }).filter(({ row }) => !row.reviewed)
  }

  /** The documents of sessions in some steps; what is not here is fetched where that is possible. */
  private async withDetails(keys: readonly SessionKey[]): Promise<[SessionKey[], (SessionDocument | undefined)[]][]> {
    const read: [SessionKey[], (SessionDocument | undefined)[]][] = []
    for (const some of chunks(keys, BATCH)) {
      let documents = await this.ports.documents(some)
      const absent = some.filter((_, at) => documents[at] === undefined)
      if (absent.length > 0) {
        await this.fetch(absent)
        documents = await this.ports.documents(some)
      }
      read.push([some, documents])
    }
    return read
  }

  private async fetch(keys: readonly SessionKey[]): Promise<void> {
    const byStore = new Map<string, string[]>()
    for (const { storeId, id } of keys) byStore.set(storeId, [...(byStore.get(storeId) ?? []), id])
    for (const [storeId, ids] of byStore) {
      // Offline: what is not here is told as that.
      await this.ports.fetchDocuments(storeId, ids).catch(() => undefined)
    }
  }

  private unsentSessions(): Set<string> {
    return new Set(this.ports.ownRows().map(({ storeId, mutation }) => keyOf({ storeId, id: mutation.sessionId })))
  }

  /** The shifts of a store; null for one that the employee has no access to. */
  calendar(storeId: string): ShiftCalendar | null {
    const settings = this.ports.settingsOf(storeId)
    if (settings === undefined) return null
    const known = this.calendars.get(settings) ?? new ShiftCalendar(settings)
    this.calendars.set(settings, known)
    return known
  }
}

const keyOf = ({ storeId, id }: SessionKey): string => JSON.stringify([storeId, id])

function chunks<Value>(values: readonly Value[], size: number): Value[][] {
  const parts: Value[][] = []
  for (let start = 0; start < values.length; start += size) parts.push(values.slice(start, start + size))
  return parts
}
