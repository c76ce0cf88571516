/** IndexedDB through Dexie: the tables of the console and the transactions that keep them true together. */
import Dexie, { type DexieOptions, type Table } from 'dexie'
import { type JournalEntry, journalEntrySchema } from '#shared/desktop-api.ts'
import { type DayBlock, decodeDayBlockColumns } from '#shared/protocol/day-block.ts'
import type { Mutation, MutationResult, OutcomeVerdict, Verdict } from '#shared/protocol/decisions.ts'
import type { RefusalEntry } from '#shared/protocol/refusals.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { ShiftEntry } from '#shared/protocol/shift-entries.ts'
import type { ChangesPage, Identity, Manifest } from '#shared/protocol/sync.ts'
import { type SessionSummary, summarize } from '#shared/session/session-summary.ts'
import type { CheckDraft } from '#shared/verification/rescan.ts'
import type { PackedBaskets } from './abandoned/basket-lines.ts'
import type { Incident, IntegrityReport } from './data-api.ts'

/** Cold, columnar history of one store-local day as it came from the backend. */
export interface DayBlockRow {
  storeId: string
  date: string
  /** Of the block itself: with the epoch they tell whether the manifest still means the same. */
  count: number
  version: number
  /** A version means nothing in another one. */
  epoch: string
  /** 1 where the block has sessions that have not ended: such days are read first. */
  open: 0 | 1
  bytes: Uint8Array
}

export interface SessionRow {
  storeId: string
  id: string
  document: SessionDocument
}

/** The summary of a document that is newer than its day block, or the mark that the session was deleted. */
export interface OverlayRow {
  storeId: string
  id: string
  version: number
  summary: SessionSummary | null
}

/** A decision not yet confirmed. `verdict` is known from a push but counts only once a pull shows its effect. */
export interface OutboxRow extends JournalEntry {
  id: string
  storeId: string
  verdict: Verdict | null
}

/** A decision that did not count; kept after it was seen, so that a replayed journal cannot bring it up again. */
export interface ResultRow {
  id: string
  employeeNumber: string
  mutation: Mutation
  verdict: Exclude<OutcomeVerdict, { status: 'applied' }>
  receivedAt: number
  seen: 0 | 1
}

/** A confirmed decision, kept for a while: a backend restored from an older backup is offered it again. */
export interface SentRow extends JournalEntry {
  id: string
  storeId: string
  verdict: OutcomeVerdict
  /** UTC milliseconds, server time. */
  settledAt: number
}

export interface CursorRow {
  storeId: string
  version: number
  epoch: string
  /** UTC milliseconds, server time. */
  pulledAt: number
}

/** What the last pull said of a numbered list of a store (`NumberedList`). */
export interface ListHeadRow {
  storeId: string
  epoch: string
  /** Number of the backend's last entry. */
  last: number
  /** Of the copy that is shown: an older one until the new one was fetched; null before the first. */
  shownEpoch: string | null
}

/** A check under way, as it was saved last. */
export interface CheckDraftRow {
  storeId: string
  sessionId: string
  verificationId: string
  /** UTC milliseconds, server time. */
  savedAt: number
  draft: CheckDraft
}

/** One entry of a numbered list of a store; never written over. */
export interface NumberedRow<Entry> {
  storeId: string
  epoch: string
  number: number
  entry: Entry
}

/** Lines of the left baskets that started on one day, read from their documents: lists over thousands of them read these. */
export interface BasketPageRow {
  storeId: string
  /** YYYY-MM-DD, as UTC has it. */
  day: string
  /** Of the cursor when they were read: versions of another one mean nothing. */
  epoch: string
  /** Of what is packed. */
  form: number
  packed: PackedBaskets
}

/** When the last note was added to a session: the notes of a shift are found by it. */
export interface NotedRow {
  storeId: string
  id: string
  /** UTC milliseconds. */
  at: number
}

/** Values of the `meta` table by key. */
interface Meta {
  identity: Identity
  clockOffsetMs: number
  keepDetailsDays: number
  detailsAheadDays: number
  /** Newest first. */
  incidents: Incident[]
  lastIntegrityCheck: IntegrityReport
  [device: `device:${string}`]: { deviceId: string; nextSeq: number }
}

const SCHEMA_VERSION = 5
/** An epoch that no backend has, for a cursor that is to be reset. */
export const DISTRUSTED_EPOCH = ''
const MAX_INCIDENTS = 50

/** The database was made by a newer Floorwalker: it is read and exported, never changed. */
export class ReadOnlyDatabase extends Error {
  override readonly name = 'ReadOnlyDatabase'
}

export class ConsoleDatabase extends Dexie {
  declare dayBlocks: Table<DayBlockRow, [string, string]>
  declare sessions: Table<SessionRow, [string, string]>
  declare overlay: Table<OverlayRow, [string, string]>
  declare outbox: Table<OutboxRow, string>
  declare results: Table<ResultRow, string>
  declare sent: Table<SentRow, string>
  declare cursors: Table<CursorRow, string>
  declare checkDrafts: Table<CheckDraftRow, [string, string, string]>
  declare refusals: Table<NumberedRow<RefusalEntry>, [string, string, number]>
  declare registers: Table<ListHeadRow, string>
  declare shiftEntries: Table<NumberedRow<ShiftEntry>, [string, string, number]>
  declare shiftLists: Table<ListHeadRow, string>
  declare basketPages: Table<BasketPageRow, [string, string]>
  declare noted: Table<NotedRow, [string, string]>
  declare meta: Table<{ key: string; value: unknown }, string>

  /** @param idb another IndexedDB than the global one (a simulated PC) */
  constructor(name = 'floorwalker', idb: Pick<DexieOptions, 'indexedDB' | 'IDBKeyRange'> = {}) {
    super(name, { ...idb, chromeTransactionDurability: 'strict' })
    this.version(1).stores({
      dayBlocks: '[storeId+date], storeId',
      sessions: '[storeId+id], storeId',
      overlay: '[storeId+id], storeId',
      outbox: 'id',
      results: 'id',
      cursors: 'storeId',
      meta: 'key',
    })
    this.version(2).stores({ sent: 'id, storeId' })
    this.version(3)
      .stores({ dayBlocks: '[storeId+date], storeId, [storeId+open]' })
      .upgrade((upgrade) =>
        upgrade
          .table<DayBlockRow>('dayBlocks')
          .toCollection()
          .modify((row) => {
            row.open = isOpenBlock(row.bytes)
          }),
      )
    this.version(4).stores({
      checkDrafts: '[storeId+sessionId+verificationId]',
      refusals: '[storeId+epoch+number], storeId',
      registers: 'storeId',
    })
    this.version(SCHEMA_VERSION).stores({
      basketPages: '[storeId+day], storeId',
      noted: '[storeId+id], storeId, [storeId+at]',
      shiftEntries: '[storeId+epoch+number], storeId',
      shiftLists: 'storeId',
    })
    this.on('populate', () => this.created())
    this.sessions.hook('reading', withLaterFields)
    // Dexie opens a newer database without a word; nothing of it may be changed by code that does not know it.
    this.use({
      stack: 'dbcore',
      name: 'read-only',
      create: (core) => ({
        ...core,
        table: (name) => {
          const table = core.table(name)
          return {
            ...table,
            mutate: (request) =>
              this.readOnly
                ? Promise.reject(new ReadOnlyDatabase('the data is of a newer app'))
                : table.mutate(request),
          }
        },
      }),
    })
  }

  /** Called whenever the database is made anew: at the first start, and after it was deleted behind our back. */
  created: () => void = () => undefined

  /** True where a newer app wrote the database; known once it is open. */
  get readOnly(): boolean {
    // Dexie multiplies its versions by ten.
    return this.isOpen() && this.backendDB().version > SCHEMA_VERSION * 10
  }

  /** Remembers what went wrong and what was done about it. */
  async noteIncident(incident: Incident): Promise<void> {
    await this.transaction('rw', this.meta, async () => {
      const known = (await this.getMeta('incidents')) ?? []
      await this.setMeta('incidents', [incident, ...known].slice(0, MAX_INCIDENTS))
    })
  }

  async getMeta<Key extends keyof Meta>(key: Key): Promise<Meta[Key] | undefined> {
    return (await this.meta.get(key))?.value as Meta[Key] | undefined
  }

  async setMeta<Key extends keyof Meta>(key: Key, value: Meta[Key]): Promise<void> {
    await this.meta.put({ key, value })
  }

  /**
   * Numbers and stores decisions where no journal does (browser), all or none: the numbers and the rows commit together.
   * @param mintDeviceId called once per employee of this database; a wiped database gets a new device
   */
  async appendNumbered(
    employeeNumber: string,
    mutations: readonly Omit<Mutation, 'seq'>[],
    mintDeviceId: () => string,
  ): Promise<OutboxRow[]> {
    return this.transaction('rw', this.meta, this.outbox, async () => {
      const { deviceId, nextSeq } = await this.device(employeeNumber, mintDeviceId)
      await this.setMeta(`device:${employeeNumber}`, { deviceId, nextSeq: nextSeq + mutations.length })
      const rows = mutations.map((mutation, at) =>
        outboxRow({ employeeNumber, deviceId, mutation: { ...mutation, seq: nextSeq + at } }),
      )
      await this.outbox.bulkPut(rows)
      return rows
    })
  }

  /** The device id and next number of an employee in this database, minted at first use. */
  async device(employeeNumber: string, mintDeviceId: () => string): Promise<{ deviceId: string; nextSeq: number }> {
    return this.transaction('rw', this.meta, async () => {
      const known = await this.getMeta(`device:${employeeNumber}`)
      if (known !== undefined) return known
      const minted = { deviceId: mintDeviceId(), nextSeq: 1 }
      await this.setMeta(`device:${employeeNumber}`, minted)
      return minted
    })
  }

  /**
   * Brings outbox and journal together, in both directions. What IndexedDB settled is confirmed to the journal; what the
   * journal alone has comes back; what the outbox alone has is to be adopted by the journal. The journal's numbering
   * holds: after a damaged line it numbers anew, under a new device.
   *
   * @param entries what the journal has pending
   * @returns ids to confirm, how many rows came back, and rows that the journal does not have
   */
  async reconcile(
    entries: readonly JournalEntry[],
  ): Promise<{ confirm: string[]; restored: number; unjournalled: OutboxRow[] }> {
    return this.transaction('rw', this.outbox, this.results, this.sent, async () => {
      const confirm: string[] = []
      const ids = new Set<string>()
      let restored = 0
      const readable = new Map((await this.readableOutbox()).map((row) => [row.id, row]))
      for (const entry of entries) {
        const { id } = entry.mutation
        ids.add(id)
        const row = readable.get(id)
        if (row === undefined) {
          if ((await this.sent.get(id)) !== undefined || (await this.results.get(id)) !== undefined) {
            confirm.push(id)
            continue
          }
          restored += 1
        } else if (isNumbered(row, entry)) continue
        await this.outbox.put(outboxRow(entry))
      }
      return { confirm, restored, unjournalled: [...readable.values()].filter((row) => !ids.has(row.id)) }
    })
  }

  /** Outbox rows that are whole. A damaged one is left where it is: it must not stop the others, nor be thrown away. */
  async readableOutbox(): Promise<OutboxRow[]> {
    return (await this.outbox.toArray()).filter((row) => journalEntrySchema.safeParse(row).success)
  }

  /** Ids of all sessions of a store whose documents are here. */
  async keptIds(storeId: string): Promise<string[]> {
    const keys = await this.sessions.where('storeId').equals(storeId).primaryKeys()
    return keys.map(([, id]) => id)
  }

  /** Takes over the journal's new numbering of an employee's decisions; their verdicts belonged to the old one. */
  async takeNumbering(entries: readonly JournalEntry[]): Promise<void> {
    await this.outbox.bulkPut(entries.map(outboxRow))
  }

  /**
   * Numbers an employee's rows anew where no journal does (browser): a new device, from 1, oldest first.
   * @param first ids that come before the others, in this order
   */
  async renumber(employeeNumber: string, mintDeviceId: () => string, first: readonly string[] = []): Promise<void> {
    await this.transaction('rw', this.meta, this.outbox, async () => {
      const deviceId = mintDeviceId()
      const rows = sortByAge(
        (await this.readableOutbox()).filter((row) => row.employeeNumber === employeeNumber),
        first,
      )
      const entries = rows.map(({ mutation }, index) => ({
        employeeNumber,
        deviceId,
        mutation: { ...mutation, seq: index + 1 },
      }))
      await this.outbox.bulkPut(entries.map(outboxRow))
      await this.setMeta(`device:${employeeNumber}`, { deviceId, nextSeq: rows.length + 1 })
    })
  }

  /**
   * The backend lost what it had confirmed (restored from an older backup): confirmed decisions, and those it had judged,
   * wait to be sent again. Their ids tell the backend which ones it still has. They have to be numbered anew afterwards.
   *
   * @returns how many confirmed decisions are offered again
   */
  async offerAgain(): Promise<number> {
    return this.transaction('rw', this.outbox, this.sent, this.cursors, async () => {
      const sent = await this.sent.toArray()
      const judged = (await this.readableOutbox()).filter((row) => row.verdict !== null)
      await this.outbox.bulkPut([...sent.map(outboxRow), ...judged.map(outboxRow)])
      await this.sent.bulkDelete(sent.map((row) => row.id))
      // The next pull is answered with a reset, also after a crash.
      await this.cursors.toCollection().modify({ epoch: DISTRUSTED_EPOCH })
      return sent.length
    })
  }

  /**
   * Prepares a first sync: what an interrupted one left is kept where the manifest still says the same.
   * @returns true where something was removed
   */
  async beginFill(storeId: string, { epoch, days }: Manifest): Promise<boolean> {
    const tables = [this.dayBlocks, this.sessions, this.overlay, this.basketPages, this.noted]
    return this.transaction('rw', tables, async () => {
      const right = new Map(days.map((day) => [day.date, day]))
      const stale: [string, string][] = []
      // One after the other: all blocks at once would fill the memory.
      await this.dayBlocks
        .where('storeId')
        .equals(storeId)
        .each((block) => {
          const day = right.get(block.date)
          const isRight = block.epoch === epoch && day?.version === block.version && day.count === block.count
          if (!isRight) stale.push([storeId, block.date])
        })
      await this.dayBlocks.bulkDelete(stale)
      const documents = await this.sessions.where('storeId').equals(storeId).delete()
      const rows = await this.overlay.where('storeId').equals(storeId).delete()
      for (const table of [this.basketPages, this.noted] as Table[])
        await table.where('storeId').equals(storeId).delete()
      return stale.length + documents + rows > 0
    })
  }

  /** Days of a store that have a block here. */
  async storedDates(storeId: string): Promise<string[]> {
    return (await this.dayBlocks.where('storeId').equals(storeId).primaryKeys()).map(([, date]) => date)
  }

  /**
   * Applies one page of changes: documents, cursor and settled outbox rows in one transaction.
   *
   * Rows are settled by the last page only: until then their effects may still be on a later page.
   * @param since the cursor the page was asked with; another one in the database means another window was faster, and
   *   nothing is changed
   * @param deviceId the device whose numbering the rows have; a page about another one settles nothing
   * @returns the settled rows, or null where nothing was changed
   */
  async applyPage(
    storeId: string,
    since: number,
    page: ChangesPage,
    deviceId: string,
    nowMs: number,
  ): Promise<OutboxRow[] | null> {
    const tables = [this.sessions, this.overlay, this.outbox, this.results, this.sent, this.cursors, this.registers]
    return this.transaction('rw', [...tables, this.noted, this.shiftLists], async () => {
      const cursor = await this.cursors.get(storeId)
      if (cursor === undefined || cursor.version !== since || cursor.epoch !== page.epoch) return null
      const keys = page.changes.map((change): [string, string] => [
        storeId,
        'deleted' in change ? change.deleted : change.session.id,
      ])
      const [known, overlaid] = [await this.sessions.bulkGet(keys), await this.overlay.bulkGet(keys)]
      const documents: SessionRow[] = []
      const overlay: OverlayRow[] = []
      const deleted: [string, string][] = []
      for (const [index, change] of page.changes.entries()) {
        const id = keys[index]?.[1] ?? ''
        const { version } = change
        // A document fetched on its own may be newer than this page.
        if ((overlaid[index]?.version ?? 0) <= version) {
          overlay.push({ storeId, id, version, summary: 'deleted' in change ? null : summarize(change.session) })
        }
        if ((known[index]?.document.version ?? 0) > version) continue
        if ('deleted' in change) deleted.push([storeId, id])
        else documents.push({ storeId, id, document: change.session })
      }
      await this.sessions.bulkPut(documents)
      await this.sessions.bulkDelete(deleted)
      await this.noted.bulkPut(documents.flatMap(notedRow))
      await this.noted.bulkDelete(deleted)
      await this.overlay.bulkPut(overlay)
      await this.cursors.put({ storeId, version: page.version, epoch: page.epoch, pulledAt: nowMs })
      await this.noteHead(this.registers, storeId, page.epoch, page.lastRefusal)
      await this.noteHead(this.shiftLists, storeId, page.epoch, page.lastShiftEntry)
      await this.noteVerdicts(deviceId, page.outcomes)
      if (page.more || (page.deviceId ?? deviceId) !== deviceId) return []
      const rows = (await this.readableOutbox()).filter((row) => row.storeId === storeId && row.deviceId === deviceId)
      const settled = rows.filter((row) => row.verdict !== null && row.mutation.seq <= page.lastMutationSeq)
      await this.settle(settled, nowMs)
      return settled
    })
  }

  /** Keeps what a pull said of a numbered list. */
  private async noteHead(
    heads: Table<ListHeadRow, string>,
    storeId: string,
    epoch: string,
    last: number | undefined,
  ): Promise<void> {
    if (last === undefined) return
    const known = await heads.get(storeId)
    if (known?.epoch === epoch && known.last === last) return
    await heads.put({ storeId, epoch, last, shownEpoch: known?.shownEpoch ?? null })
  }

  /** Adds fetched entries of a numbered list of a store; one that is here stays as it is. */
  async keepNumbered<Entry extends { number: number }>(
    heads: Table<ListHeadRow, string>,
    rows: Table<NumberedRow<Entry>, [string, string, number]>,
    storeId: string,
    epoch: string,
    entries: readonly Entry[],
  ): Promise<void> {
    await this.transaction('rw', rows, heads, async () => {
      for (const entry of entries) {
        if ((await rows.get([storeId, epoch, entry.number])) !== undefined) continue
        await rows.add({ storeId, epoch, number: entry.number, entry })
      }
      await heads.update(storeId, { shownEpoch: epoch })
    })
  }

  /** Keeps what a push or a pull said about outbox rows, as numbered then; effects are shown by a pull. */
  async noteVerdicts(deviceId: string, results: readonly MutationResult[]): Promise<void> {
    await this.transaction('rw', this.outbox, async () => {
      const rows = new Map((await this.readableOutbox()).map((row) => [row.id, row]))
      for (const { id, seq, ...rest } of results) {
        const row = rows.get(id)
        if (row === undefined || row.deviceId !== deviceId || row.mutation.seq !== seq) continue
        await this.outbox.put({ ...row, verdict: rest as Verdict })
      }
    })
  }

  /** Takes judged rows out of the outbox; superseded and refused ones become results to be seen. */
  async settle(rows: readonly OutboxRow[], nowMs: number): Promise<void> {
    await this.transaction('rw', this.outbox, this.results, this.sent, this.sessions, async () => {
      for (const { verdict: answered, ...row } of rows) {
        if (answered === null) continue
        const verdict = answered.status === 'duplicate' ? await this.firstVerdict(row, answered.first) : answered
        const known = await this.results.get(row.id)
        if (verdict.status === 'applied') await this.results.delete(row.id)
        else {
          const { id, employeeNumber, mutation } = row
          const same = known?.verdict.status === verdict.status
          await this.results.put({
            id,
            employeeNumber,
            mutation,
            verdict,
            receivedAt: same ? known.receivedAt : nowMs,
            seen: same ? known.seen : 0,
          })
        }
        await this.sent.put({ ...row, verdict, settledAt: nowMs })
        await this.outbox.delete(row.id)
      }
    })
  }

  /** What a decision was answered the first time, where a backend only says that it was sent before. */
  private async firstVerdict(
    { id, storeId, mutation }: Omit<OutboxRow, 'verdict'>,
    first: OutcomeVerdict | undefined,
  ): Promise<OutcomeVerdict> {
    if (first !== undefined) return first
    const session = await this.sessions.get([storeId, mutation.sessionId])
    const verdict = session?.document.events.find((event) => event.id === id)?.verdict
    return verdict === undefined || verdict.status === 'duplicate' ? { status: 'applied' } : verdict
  }

  /**
   * Keeps what was read from documents; days without left baskets go.
   * @param epoch the cursor's before they were read: what a refill replaced meanwhile is not kept
   */
  async keepBaskets(storeId: string, epoch: string, pages: readonly BasketPageRow[]): Promise<void> {
    await this.transaction('rw', this.basketPages, this.cursors, async () => {
      if ((await this.cursors.get(storeId))?.epoch !== epoch) return
      const [full, empty] = [pages.filter((page) => !isEmpty(page)), pages.filter(isEmpty)]
      await this.basketPages.bulkPut(full)
      await this.basketPages.bulkDelete(empty.map(({ day }): [string, string] => [storeId, day]))
    })
  }

  /**
   * Keeps documents fetched one by one, unless a newer one is here already.
   * @param epoch the cursor's when they were asked for; after a reset their versions mean nothing
   * @param isRowKnown whether a day block has the row of a session in this version already
   * @returns ids of sessions whose row changed
   */
  async keepDocuments(
    storeId: string,
    documents: readonly SessionDocument[],
    epoch: string | undefined,
    isRowKnown: (id: string, version: number) => boolean,
  ): Promise<string[]> {
    return this.transaction('rw', this.sessions, this.overlay, this.cursors, this.noted, async () => {
      const changed: string[] = []
      if ((await this.cursors.get(storeId))?.epoch !== epoch) return changed
      for (const document of documents) {
        const key: [string, string] = [storeId, document.id]
        const known = await this.sessions.get(key)
        if (known !== undefined && known.document.version > document.version) continue
        const overlaid = await this.overlay.get(key)
        // A session deleted meanwhile stays deleted.
        if (overlaid !== undefined && overlaid.version > document.version) continue
        await this.sessions.put({ storeId, id: document.id, document })
        await this.noted.bulkPut(notedRow({ storeId, id: document.id, document }))
        if (isRowKnown(document.id, document.version)) continue
        await this.overlay.put({ storeId, id: document.id, version: document.version, summary: summarize(document) })
        changed.push(document.id)
      }
      return changed
    })
  }

  /**
   * Replaces a day's block by one with rows of the overlay written into it, which are then taken out there. Nothing is
   * changed where another block came meanwhile; rows that changed meanwhile stay.
   */
  async writeBack(block: DayBlockRow, before: DayBlockRow, rows: readonly OverlayRow[]): Promise<void> {
    const { storeId, date } = block
    const keys = rows.map(({ id }): [string, string] => [storeId, id])
    await this.transaction('rw', this.dayBlocks, this.overlay, async () => {
      const now = await this.dayBlocks.get([storeId, date])
      if (now === undefined || now.epoch !== before.epoch) return
      if (now.version !== before.version || now.count !== before.count) return
      const overlaid = await this.overlay.bulkGet(keys)
      await this.dayBlocks.put(block)
      await this.overlay.bulkDelete(keys.filter((_, at) => overlaid[at]?.version === rows[at]?.version))
    })
  }

  /**
   * Replaces one day that differs from the backend's: its block, and what lay above it up to the block's version.
   * @param version the manifest's; rows newer than that stay
   */
  async replaceDay(block: DayBlockRow, sessionIds: readonly string[], version: number): Promise<void> {
    const { storeId } = block
    const keys = sessionIds.map((id): [string, string] => [storeId, id])
    await this.transaction('rw', this.dayBlocks, this.sessions, this.overlay, async () => {
      await this.dayBlocks.put(block)
      const overlaid = (await this.overlay.bulkGet(keys)).filter((row) => row !== undefined && row.version <= version)
      await this.overlay.bulkDelete(overlaid.map((row): [string, string] => [storeId, row?.id ?? '']))
      const kept = (await this.sessions.bulkGet(keys)).filter((row) => row !== undefined)
      const old = kept.filter((row) => row.document.version <= version)
      await this.sessions.bulkDelete(old.map((row): [string, string] => [storeId, row.id]))
    })
  }

  /** Replaces all data of a store at once, after a refill beside the old data. The outbox is not touched. */
  async swapStore(storeId: string, blocks: readonly DayBlockRow[], cursor: CursorRow | null): Promise<void> {
    const ofSessions = [this.dayBlocks, this.sessions, this.overlay, this.basketPages, this.noted] as Table[]
    const lists = [this.refusals, this.registers, this.shiftEntries, this.shiftLists] as Table[]
    await this.transaction('rw', [...ofSessions, this.cursors, ...lists], async () => {
      for (const table of ofSessions) {
        await table.where('storeId').equals(storeId).delete()
      }
      await this.dayBlocks.bulkPut([...blocks])
      if (cursor !== null) await this.cursors.put(cursor)
      else {
        await this.cursors.delete(storeId)
        for (const table of lists) await table.where('storeId').equals(storeId).delete()
      }
    })
  }
}

/** A document that was kept by an app of before lacks what was added to documents since. */
function withLaterFields(row: SessionRow | undefined): SessionRow | undefined {
  if (row === undefined || row.document.putBack !== undefined) return row
  const { review } = row.document
  const document = {
    ...row.document,
    putBack: [],
    review: review === null ? null : { ...review, also: review.also ?? [] },
  }
  return { ...row, document }
}

const isEmpty = ({ packed }: BasketPageRow): boolean => packed.ids.length === 0

/** None for a session without notes. */
function notedRow({ storeId, id, document }: SessionRow): NotedRow[] {
  if (document.notes.length === 0) return []
  return [{ storeId, id, at: Math.max(...document.notes.map((note) => Date.parse(note.at))) }]
}

/** How a day's block is stored. @param block what `bytes` hold */
export function dayBlockRow(
  storeId: string,
  date: string,
  epoch: string,
  bytes: Uint8Array,
  block: DayBlock,
): DayBlockRow {
  const version = block.columns.version.reduce((highest, each) => Math.max(highest, each), 0)
  return { storeId, date, count: block.rows, version, epoch, open: hasOpen(block), bytes }
}

const hasOpen = ({ columns }: DayBlock): 0 | 1 => (columns.endedAt.some(Number.isNaN) ? 1 : 0)

/** A damaged block is read first too: it is noticed and fetched again. */
function isOpenBlock(bytes: Uint8Array): 0 | 1 {
  try {
    return hasOpen(decodeDayBlockColumns(bytes))
  } catch {
    return 1
  }
}

/** The outbox row of a numbered decision, not judged yet. */
export function outboxRow({ employeeNumber, deviceId, mutation }: JournalEntry): OutboxRow {
  return { employeeNumber, deviceId, mutation, id: mutation.id, storeId: mutation.storeId, verdict: null }
}

const isNumbered = (row: OutboxRow, entry: JournalEntry): boolean =>
  row.deviceId === entry.deviceId && row.mutation.seq === entry.mutation.seq

/**
 * Oldest first: by number within a device, devices by the time of their oldest decision here.
 * @param first ids whose order is known better: they come before the others
 */
export function sortByAge(rows: readonly OutboxRow[], first: readonly string[] = []): OutboxRow[] {
  if (first.length > 0) {
    const byId = new Map(rows.map((row) => [row.id, row]))
    const known = first.flatMap((id) => byId.get(id) ?? [])
    const ids = new Set(first)
    return [...known, ...sortByAge(rows.filter((row) => !ids.has(row.id)))]
  }
  const devices = new Map<string, OutboxRow[]>()
  for (const row of rows) devices.set(row.deviceId, [...(devices.get(row.deviceId) ?? []), row])
  const bySeq = [...devices.values()].map((group) => group.sort((a, b) => a.mutation.seq - b.mutation.seq))
  const since = (group: readonly OutboxRow[]) => Date.parse(group[0]?.mutation.occurredAt ?? '')
  return bySeq.sort((a, b) => since(a) - since(b)).flat()
}
