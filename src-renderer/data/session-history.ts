/**
 * The sessions of this PC between IndexedDB and the index: read newest first after a start, followed as pulls change them,
 * and written back into day blocks in quiet moments. IndexedDB is the truth; reading can begin anew at any time.
 */
import { type DayBlock, decodeDayBlockColumns } from '#shared/protocol/day-block.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { localDateOf } from '#shared/time/local-day.ts'
import type { DataStatus, Incident } from './data-api.ts'
import { type ConsoleDatabase, dayBlockRow, type OverlayRow } from './database.ts'
import { mergedBlock } from './merged-block.ts'
import { SessionIndex } from './session-index.ts'

export interface HistoryPorts {
  database: ConsoleDatabase
  /** IANA id of a store's zone. */
  zoneOf: (storeId: string) => string
  noteIncident: (incident: Omit<Incident, 'at'>) => Promise<void>
  /** `reading` changed. */
  onProgress: () => void
  /** Queries answer something else now. */
  onChanged: () => void
  /** Days of the store have to be fetched again. */
  onDaysWanted: (storeId: string) => void
}

interface Day {
  storeId: string
  date: string
  /** The reading that wants it; a later one of the same store ends it. */
  reading: object
}

/** Rows that fill a first screen: where the newest day of every store has fewer, the one before is read too. */
const SCREEN_ROWS = 100
const MAX_DAYS_AT_ONCE = 2
/** Nobody may be there who asks for a first screen. */
const SCREEN_WITHIN_MS = 1_000
/** From the first answer until it is drawn, on the same cores. */
const DRAWN_WITHIN_MS = 150
/** Days read between two looks at what else is to do. */
const DAYS_PER_STEP = 8
/** Rows that stand beside a day's block before they are written into it: a pass over all of the day. */
const WRITTEN_BACK_FROM = 64

export class SessionHistory {
  readonly index: SessionIndex
  /** How far a start has read, of all stores; null once all of it is there. */
  reading: DataStatus['reading'] = null
  /** UTC milliseconds of the last successful pull of each store. */
  lastContactAt: Record<string, number> = {}
  private readonly damaged = new Map<string, Set<string>>()
  /** Days whose block has rows of before the last columns, and those of them that were fetched again in this run. */
  private readonly outdated = new Map<string, Set<string>>()
  private readonly renewed = new Set<string>()
  /** The reading of each store that counts. */
  private readonly readings = new Map<string, object>()
  private waiting: Day[] = []
  private rest: Promise<void> = Promise.resolve()
  private isReadingRest = false
  private goOn: () => void = () => undefined
  /** Until the first screen is drawn, or somebody waits for the rest. */
  private readonly mayGoOn = new Promise<void>((resolve) => {
    this.goOn = resolve
  })

  constructor(private readonly ports: HistoryPorts) {
    this.index = new SessionIndex(ports.zoneOf)
  }

  /**
   * Reads stores anew. Resolves when what a first screen needs is there: newer rows, all sessions that have not ended and
   * the newest days; the other days follow by themselves.
   */
  async read(storeIds: readonly string[]): Promise<void> {
    const stores = await Promise.all(storeIds.map((storeId) => this.begin(storeId)))
    const first = stores.flatMap(({ days, withOpen }) => days.filter(({ date }) => withOpen.has(date)))
    let later = stores.map(({ days, withOpen }) => days.filter(({ date }) => !withOpen.has(date)))
    let rows = 0
    for (let turn = 0; turn < MAX_DAYS_AT_ONCE && rows < SCREEN_ROWS; turn += 1) {
      const newest = later.flatMap(([day]) => day ?? [])
      rows += await this.readDays(turn === 0 ? [...first, ...newest] : newest)
      later = later.map(([, ...others]) => others)
    }
    const rest = later.flat()
    if (rest.length === 0) return
    this.waiting = [...this.waiting, ...rest].sort((a, b) => (a.date < b.date ? 1 : -1))
    const { daysDone, daysTotal } = this.reading ?? { daysDone: 0, daysTotal: 0 }
    this.reading = { daysDone, daysTotal: daysTotal + rest.length }
    this.ports.onProgress()
    if (!this.isReadingRest) this.rest = this.readRest()
  }

  /** To be told when a first screen was answered: older days wait until it is drawn. */
  answered(): void {
    if (this.isReadingRest) setTimeout(this.goOn, DRAWN_WITHIN_MS)
  }

  /** Forgets what the index has of a store, takes its newer rows, and tells its days, newest first. */
  private async begin(storeId: string): Promise<{ days: Day[]; withOpen: ReadonlySet<string> }> {
    const { database, zoneOf } = this.ports
    const reading = {}
    this.readings.set(storeId, reading)
    this.waiting = this.waiting.filter((day) => day.storeId !== storeId)
    this.index.dropStore(storeId)
    const [overlay, dates, withOpen] = await Promise.all([
      database.overlay.where('storeId').equals(storeId).toArray(),
      database.storedDates(storeId),
      database.dayBlocks.where('[storeId+open]').equals([storeId, 1]).primaryKeys(),
      this.readContact(storeId),
    ])
    this.index.addOverlay(overlay)
    this.outdated.delete(storeId)
    for (const { summary } of overlay) {
      // Its day may have no block here yet.
      if (summary === null || (summary.furthestStep ?? null) !== null) continue
      this.noteOutdated(storeId, localDateOf(summary.startedAt, zoneOf(storeId)))
    }
    const days = dates.sort().reverse()
    return {
      days: days.map((date) => ({ storeId, date, reading })),
      withOpen: new Set(withOpen.map(([, date]) => date)),
    }
  }

  /** Resolves when no day is left to be read. */
  async complete(): Promise<void> {
    this.goOn()
    while (this.isReadingRest) await this.rest
  }

  /** Days of a store whose block could not be read. */
  damagedDays(storeId: string): string[] {
    return [...(this.damaged.get(storeId) ?? [])]
  }

  repaired(storeId: string, date: string): void {
    this.damaged.get(storeId)?.delete(date)
  }

  /** Days of a store whose block is whole but lacks what is told of sessions by now, newest first. */
  outdatedDays(storeId: string): string[] {
    return [...(this.outdated.get(storeId) ?? [])].sort().reverse()
  }

  /** Days that were asked for anew, whatever came: an older backend has nothing better. */
  renewedDays(storeId: string, dates: readonly string[]): void {
    for (const date of dates) {
      this.outdated.get(storeId)?.delete(date)
      this.renewed.add(JSON.stringify([storeId, date]))
    }
  }

  /** Takes a block that was just stored. */
  addBlock(storeId: string, block: DayBlock): void {
    this.index.addBlock(storeId, block)
  }

  /** Takes what changed in IndexedDB into the index: documents of these ids, or everything. */
  async follow(storeId: string, ids: string[] | 'all'): Promise<void> {
    if (ids === 'all') {
      await this.read([storeId])
      return
    }
    const rows = await this.ports.database.overlay.bulkGet(ids.map((id): [string, string] => [storeId, id]))
    this.index.addOverlay(rows.filter((row) => row !== undefined))
    await this.readContact(storeId)
  }

  /**
   * Writes rows that stand beside a day's block into it, where they are many or the day is over. Each day is one
   * transaction, so a crash finds the rows in one of the two places, and a change in between leaves the day for later.
   *
   * @param nowMs UTC milliseconds, server time
   */
  async writeBack(stores: readonly StoreSettings[], nowMs: number): Promise<void> {
    const { database } = this.ports
    for (const { id: storeId, timezone } of stores) {
      const today = localDateOf(nowMs, timezone)
      const byDay = new Map<string, OverlayRow[]>()
      for (const row of await database.overlay.where('storeId').equals(storeId).toArray()) {
        // The mark of a deleted session stays: an older answer that comes late must find it.
        if (row.summary === null) continue
        const date = localDateOf(row.summary.startedAt, timezone)
        byDay.set(date, [...(byDay.get(date) ?? []), row])
      }
      for (const [date, rows] of byDay) {
        if (date >= today || rows.length < WRITTEN_BACK_FROM) continue
        const stored = await database.dayBlocks.get([storeId, date])
        const cursor = await database.cursors.get(storeId)
        if (stored === undefined || stored.epoch !== cursor?.epoch) continue
        let bytes: Uint8Array
        try {
          bytes = mergedBlock(stored.bytes, rows)
        } catch {
          // Damaged: it is fetched again.
          continue
        }
        const block = decodeDayBlockColumns(bytes)
        await database.writeBack(dayBlockRow(storeId, date, stored.epoch, bytes, block), stored, rows)
      }
    }
  }

  private async readContact(storeId: string): Promise<void> {
    const cursor = await this.ports.database.cursors.get(storeId)
    if (cursor !== undefined) this.lastContactAt = { ...this.lastContactAt, [storeId]: cursor.pulledAt }
  }

  private async readRest(): Promise<void> {
    this.isReadingRest = true
    const late = setTimeout(this.goOn, SCREEN_WITHIN_MS)
    try {
      await this.mayGoOn
      clearTimeout(late)
      while (this.waiting.length > 0) {
        const step = this.waiting.splice(0, DAYS_PER_STEP)
        await this.readDays(step)
        const { daysDone, daysTotal } = this.reading ?? { daysDone: 0, daysTotal: step.length }
        this.reading = { daysDone: daysDone + step.length, daysTotal }
        this.ports.onProgress()
      }
    } finally {
      this.isReadingRest = false
      this.reading = null
      this.ports.onChanged()
      for (const [storeId, dates] of this.outdated) if (dates.size > 0) this.ports.onDaysWanted(storeId)
    }
  }

  /** @returns how many rows there were */
  private async readDays(days: readonly Day[]): Promise<number> {
    let rows = 0
    const stored = await this.ports.database.dayBlocks.bulkGet(
      days.map(({ storeId, date }): [string, string] => [storeId, date]),
    )
    for (const [position, { storeId, date, reading }] of days.entries()) {
      const row = stored[position]
      if (row === undefined || this.readings.get(storeId) !== reading) continue
      try {
        const block = decodeDayBlockColumns(row.bytes)
        this.index.addBlock(storeId, block)
        rows += row.count
        if (isOutdated(block)) this.noteOutdated(storeId, date)
      } catch {
        await this.noteDamage(storeId, date)
      }
    }
    return rows
  }

  private noteOutdated(storeId: string, date: string): void {
    if (this.renewed.has(JSON.stringify([storeId, date]))) return
    this.outdated.set(storeId, (this.outdated.get(storeId) ?? new Set()).add(date))
  }

  private async noteDamage(storeId: string, date: string): Promise<void> {
    const known = this.damaged.get(storeId) ?? new Set()
    this.damaged.set(storeId, known)
    if (!known.has(date)) {
      known.add(date)
      await this.ports.noteIncident({ kind: 'block_corrupt', count: 1, storeId, date })
    }
    this.ports.onDaysWanted(storeId)
  }
}

/** Every session has come some way: a row that does not say how far was written before that was told. */
const isOutdated = ({ columns }: DayBlock): boolean => columns.furthestStep.codes.includes(-1)
