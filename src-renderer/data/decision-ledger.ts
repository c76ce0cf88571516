/**
 * The ledger of this PC's decisions: outbox (IndexedDB) and journal (main process) kept as one. A decision is "saved" when
 * it is in both (in a browser: in the outbox), and leaves when a pull has shown its effect.
 */
import {
  type JournalEntry,
  journalDeviceResponseSchema,
  journalEntriesSchema,
  journalEntrySchema,
} from '#shared/desktop-api.ts'
import type { Mutation } from '#shared/protocol/decisions.ts'
import type { MintId } from '#shared/time/clock.ts'
import type { Incident } from './data-api.ts'
import { type ConsoleDatabase, type OutboxRow, outboxRow, sortByAge } from './database.ts'
import { call, callJson, type Fetch } from './transport.ts'
import type { UnsentDecisionEntry } from './unsent-file.ts'

const CONFIRM_BATCH = 5_000
const STORE_AGAIN_MS = 5_000
/** The device of decisions out of a file, until they are numbered with what is here already. */
const NOT_NUMBERED = 'imported'

export interface LedgerPorts {
  database: ConsoleDatabase
  fetch: Fetch
  mintId: MintId
  /** False in a browser. */
  hasJournal: () => boolean
  noteIncident: (kind: Incident['kind'], count: number) => Promise<void>
  /** Rows that IndexedDB had refused are in it now. */
  onStored: () => void
}

export class DecisionLedger {
  private outbox: OutboxRow[] = []
  private reading: Promise<void> = Promise.resolve()
  /** Journalled decisions that IndexedDB refused (full disk): shown and sent from memory, put again at each read. */
  private readonly notStored = new Map<string, OutboxRow>()
  /** Settled decisions that the journal was not told of yet. */
  private readonly unconfirmed = new Set<string>()
  /** Saved since the last read began: that read may not have seen them. */
  private readonly fresh = new Map<string, OutboxRow>()
  private readonly saving = new Set<Promise<unknown>>()
  private renumbering: Promise<void> | null = null
  private reconciled = false
  /** Damaged rows that the journal could not replace. */
  private unreadable = 0

  constructor(private readonly ports: LedgerPorts) {}

  /** Decisions not yet confirmed, of every employee, oldest first. */
  rows(): readonly OutboxRow[] {
    return this.outbox
  }

  /**
   * What may be sent of an employee's decisions under a device, by number. Where some of a store still wait for a number of
   * this device, they were decided before: the first of that store that has one, and all after it, wait too.
   */
  toSend(employeeNumber: string, deviceId: string): OutboxRow[] {
    const unsent = this.outbox.filter((row) => row.employeeNumber === employeeNumber && row.verdict === null)
    const numbered = unsent.filter((row) => row.deviceId === deviceId)
    const waiting = new Set(unsent.filter((row) => row.deviceId !== deviceId).map((row) => row.storeId))
    const held = numbered.findIndex((row) => waiting.has(row.storeId))
    return held === -1 ? numbered : numbered.slice(0, held)
  }

  /** The device under which an employee signs in and numbers decisions on this PC. */
  async deviceIdOf(employeeNumber: string): Promise<string> {
    const { database, fetch, mintId, hasJournal } = this.ports
    if (!hasJournal()) return (await database.device(employeeNumber, mintId)).deviceId
    const { deviceId } = await callJson(fetch, '/local/journal/device', journalDeviceResponseSchema, {
      method: 'POST',
      json: { employeeNumber },
    })
    return deviceId
  }

  /**
   * Saves decisions, all or none: journal first (fsynced by the main process, once), then the outbox rows; in a browser
   * the rows alone.
   * @throws CallFailed or a storage error where they are not saved
   */
  async save(employeeNumber: string, mutations: readonly Omit<Mutation, 'seq'>[]): Promise<void> {
    // A decision numbered while all others are numbered anew would keep a number of the old device.
    while (this.renumbering !== null) await this.renumbering
    const saving = this.append(employeeNumber, mutations)
    const settled = saving.catch(() => undefined)
    this.saving.add(settled)
    let rows: OutboxRow[]
    try {
      rows = await saving
    } finally {
      this.saving.delete(settled)
    }
    const ids = new Set(rows.map(({ id }) => id))
    for (const row of rows) this.fresh.set(row.id, row)
    this.outbox = sortByAge([...this.outbox.filter(({ id }) => !ids.has(id)), ...rows])
  }

  private async append(employeeNumber: string, mutations: readonly Omit<Mutation, 'seq'>[]): Promise<OutboxRow[]> {
    const { database, mintId, hasJournal } = this.ports
    if (!hasJournal()) return database.appendNumbered(employeeNumber, mutations, mintId)
    const rows = (await this.journalled(employeeNumber, mutations)).map(outboxRow)
    try {
      await database.outbox.bulkPut(rows)
    } catch (error) {
      // The journal has them: they are shown and sent from memory, and restored at the next start.
      for (const row of rows) this.notStored.set(row.id, row)
      this.storeLater()
      console.error('outbox: not stored, kept in the journal', error)
    }
    return rows
  }

  private async journalled(
    employeeNumber: string,
    mutations: readonly Omit<Mutation, 'seq'>[],
  ): Promise<JournalEntry[]> {
    const { fetch } = this.ports
    const [first] = mutations
    if (first !== undefined && mutations.length === 1) {
      const json = { employeeNumber, mutation: first }
      return [await callJson(fetch, '/local/journal/append', journalEntrySchema, { method: 'POST', json })]
    }
    const json = { employeeNumber, mutations }
    const saved = await callJson(fetch, '/local/journal/append-many', journalEntriesSchema, { method: 'POST', json })
    return saved.entries
  }

  /** The window that sends may be another one: it sees the row only once IndexedDB has taken it. */
  private storeLater(): void {
    setTimeout(() => {
      void this.reload()
        .catch(() => undefined)
        .then(() => (this.notStored.size > 0 ? this.storeLater() : this.ports.onStored()))
    }, STORE_AGAIN_MS)
  }

  /** Reads the outbox again; rows that could not be stored yet are tried again and stay in memory until then. */
  reload(): Promise<void> {
    // One after another: a slower, older read must not put back a list without the newest decision.
    this.reading = this.reading.catch(() => undefined).then(() => this.read())
    return this.reading
  }

  private async read(): Promise<void> {
    const { database } = this.ports
    for (const row of this.notStored.values()) {
      try {
        await database.outbox.put(row)
        this.notStored.delete(row.id)
      } catch {
        break
      }
    }
    const before = [...this.fresh.keys()]
    // At one instant: what another window moves from one table to the other must not be missing from both.
    const { stored, lost } = await database.transaction('r', database.outbox, database.sent, async () => {
      const stored = await database.readableOutbox()
      for (const id of before) this.fresh.delete(id)
      return { stored, lost: await this.lostOf(stored) }
    })
    for (const row of lost) this.notStored.set(row.id, row)
    if (lost.length > 0) this.storeLater()
    const read = stored.map((row): [string, OutboxRow] => [row.id, row])
    this.outbox = sortByAge([...new Map([...this.notStored, ...this.fresh, ...read]).values()])
  }

  /** What is in memory and not in the outbox any more was settled, or the database lost it: then memory keeps it. */
  private async lostOf(stored: readonly OutboxRow[]): Promise<OutboxRow[]> {
    const here = new Set(stored.map(({ id }) => id))
    const gone = this.outbox.filter(({ id }) => !here.has(id) && !this.fresh.has(id) && !this.notStored.has(id))
    const settled = await this.ports.database.sent.bulkGet(gone.map((row) => row.id))
    return gone.filter((_, index) => settled[index] === undefined)
  }

  /**
   * Brings outbox and journal together, in both directions, and numbers anew what needs it. Safe to repeat, and after a
   * crash at any point of it.
   *
   * @param renumber employees whose decisions get a new device and new numbers in any case
   * @param first ids that come before the others, in this order, where numbers are given anew
   */
  async reconcile(renumber: readonly string[] = [], first: readonly string[] = []): Promise<void> {
    while (this.renumbering !== null) await this.renumbering
    const work = this.reconcileAlone(renumber, first)
    this.renumbering = work.then(
      () => undefined,
      () => undefined,
    )
    try {
      await work
      this.reconciled = true
    } catch (error) {
      this.reconciled = false
      throw error
    } finally {
      this.renumbering = null
    }
    await this.reload()
  }

  /** Tries again where the last reconciliation failed (a disk that was full). */
  async reconcileIfNeeded(): Promise<void> {
    if (!this.reconciled) await this.reconcile()
  }

  private async reconcileAlone(renumber: readonly string[], first: readonly string[]): Promise<void> {
    await Promise.all(this.saving)
    await this.reconcileNumbers(renumber, first)
    const { database, noteIncident } = this.ports
    const unreadable = (await database.outbox.count()) - (await database.readableOutbox()).length
    if (unreadable > this.unreadable) await noteIncident('decisions_unreadable', unreadable)
    this.unreadable = unreadable
  }

  private async reconcileNumbers(renumber: readonly string[], first: readonly string[]): Promise<void> {
    const { database, fetch, mintId, hasJournal, noteIncident } = this.ports
    if (!hasJournal()) {
      const rows = await database.readableOutbox()
      for (const employeeNumber of new Set([...renumber, ...rows.map((row) => row.employeeNumber)])) {
        const { deviceId } = await database.device(employeeNumber, mintId)
        const own = rows.filter((row) => row.employeeNumber === employeeNumber)
        if (renumber.includes(employeeNumber) || own.some((row) => row.deviceId !== deviceId)) {
          await database.renumber(employeeNumber, mintId, first)
        }
      }
      return
    }
    const { entries } = await callJson(fetch, '/local/journal/entries', journalEntriesSchema)
    const { confirm, restored, unjournalled } = await database.reconcile(entries)
    for (const id of confirm) this.unconfirmed.add(id)
    if (restored > 0) await noteIncident('decisions_restored', restored)
    for (const employeeNumber of new Set([...renumber, ...unjournalled.map((row) => row.employeeNumber)])) {
      const unsent = (await database.outbox.bulkGet([...first])).filter((row) => row !== undefined)
      const candidates = new Map([...unsent, ...unjournalled].map((row) => [row.id, row]))
      const rows = sortByAge(
        [...candidates.values()].filter((row) => row.employeeNumber === employeeNumber),
        first,
      )
      const adopt = rows.map(({ mutation: { seq: _seq, ...mutation } }) => mutation)
      const numbered = await callJson(fetch, '/local/journal/renumber', journalEntriesSchema, {
        method: 'POST',
        json: { employeeNumber, adopt },
      })
      await database.takeNumbering(numbered.entries)
      for (const { mutation } of numbered.entries) {
        this.notStored.delete(mutation.id)
        this.fresh.delete(mutation.id)
      }
      if (rows.length > 0 && !renumber.includes(employeeNumber)) await noteIncident('decisions_adopted', rows.length)
    }
    await this.confirmSettled()
  }

  /**
   * The backend lost what it had confirmed: offers it again, under a new numbering.
   * @returns how many confirmed decisions wait to be sent again
   * @throws CallFailed or a storage error where they have no new numbers yet; they wait in the outbox all the same
   */
  async offerAgain(): Promise<number> {
    const count = await this.ports.database.offerAgain()
    // Shown as unsent from here on: the documents that show them go, and the journal may be too full for new numbers.
    await this.reload()
    const owners = new Set((await this.ports.database.readableOutbox()).map((row) => row.employeeNumber))
    await this.reconcile([...owners])
    return count
  }

  /**
   * Puts decisions of an exported file into the outbox; those that are or were here already are left out.
   * @returns those taken, and whether any of the file wait here for a number: the journal could not take them yet
   * @throws a storage error where IndexedDB refused them; nothing of them is left then
   */
  async importEntries(entries: readonly UnsentDecisionEntry[]): Promise<{
    taken: UnsentDecisionEntry[]
    waiting: boolean
  }> {
    const { database } = this.ports
    const ids = entries.map(({ mutation }) => mutation.id)
    const taken = await database.transaction('rw', database.outbox, database.sent, database.results, async () => {
      const known = [
        ...(await database.outbox.bulkGet(ids)),
        ...(await database.sent.bulkGet(ids)),
        ...(await database.results.bulkGet(ids)),
      ]
      const here = new Set(known.flatMap((row) => row?.id ?? []))
      const news = entries.filter(({ mutation }) => !here.has(mutation.id))
      await database.outbox.bulkPut(news.map((entry) => outboxRow({ ...entry, deviceId: NOT_NUMBERED })))
      return news
    })
    try {
      // In the order of the file, those that are here already too: it is the order in which they were decided.
      await this.reconcile([], ids)
    } catch (error) {
      console.error('imported decisions not numbered yet', error)
      await this.reload()
    }
    const ofFile = new Set(ids)
    return { taken, waiting: this.outbox.some((row) => row.deviceId === NOT_NUMBERED && ofFile.has(row.id)) }
  }

  /** The database was deleted behind our back: what memory holds is shown on, and put into the new one. */
  keepInMemory(): void {
    for (const row of this.outbox) this.notStored.set(row.id, row)
  }

  /** What the journal has pending; empty where there is none or it cannot be read. */
  async journalEntries(): Promise<JournalEntry[]> {
    if (!this.ports.hasJournal()) return []
    return callJson(this.ports.fetch, '/local/journal/entries', journalEntriesSchema).then(
      ({ entries }) => entries,
      () => [],
    )
  }

  /** A pull has settled these: they leave memory and, as soon as the main process takes it, the journal. */
  async settled(ids: readonly string[]): Promise<void> {
    const gone = new Set(ids)
    this.outbox = this.outbox.filter((row) => !gone.has(row.id))
    for (const id of ids) {
      this.notStored.delete(id)
      this.fresh.delete(id)
    }
    if (!this.ports.hasJournal()) return
    for (const id of ids) this.unconfirmed.add(id)
    await this.confirmSettled()
  }

  /** Compaction may fail or come late: a replayed entry is answered with the verdict it already has. */
  async confirmSettled(): Promise<void> {
    const all = [...this.unconfirmed]
    try {
      for (let start = 0; start < all.length; start += CONFIRM_BATCH) {
        const ids = all.slice(start, start + CONFIRM_BATCH)
        await call(this.ports.fetch, '/local/journal/confirm', {
          method: 'POST',
          body: JSON.stringify({ ids }),
          headers: { 'content-type': 'application/json' },
        })
        for (const id of ids) this.unconfirmed.delete(id)
      }
    } catch (error) {
      console.error('journal: confirm failed', error)
    }
  }
}
