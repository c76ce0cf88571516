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
  /** A block of the store could not be read. */
  onDamaged: (storeId: string) => void
}

interface Day {
  storeId: string
  date: string
  /** The reading that wants it; a later one of the same store ends it. */
  reading: object
}

/** Days of each store, newest first, that are there before the first screen. */
const DAYS_AT_ONCE = 2
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
  /** The reading of each store that counts. */
  private readonly readings = new Map<string, object>()
  private waiting: Day[] = []
  private rest: Promise<void> = Promise.resolve()
  private isReadingRest = false

  constructor(private readonly ports: HistoryPorts) {
    this.index = new SessionIndex(ports.zoneOf)
  }

  /**
   * Reads stores anew. Resolves when what a first screen needs is there: newer rows, all sessions that have not ended and
   * the newest days; the other days follow by themselves.
   */
  async read(storeIds: readonly string[]): Promise<void> {
    const { database } = this.ports
    const later: Day[] = []
    for (const storeId of storeIds) {
      const reading = {}
      this.readings.set(storeId, reading)
      this.waiting = this.waiting.filter((day) => day.storeId !== storeId)
      this.index.dropStore(storeId)
      this.index.addOverlay(await database.overlay.where('storeId').equals(storeId).toArray())
      await this.readContact(storeId)
      const dates = await database.storedDates(storeId)
      const withOpen = await database.dayBlocks.where('[storeId+open]').equals([storeId, 1]).primaryKeys()
      const first = new Set([...dates.sort().slice(-DAYS_AT_ONCE), ...withOpen.map(([, date]) => date)])
      await this.readDays([...first].map((date) => ({ storeId, date, reading })))
      later.push(...dates.filter((date) => !first.has(date)).map((date) => ({ storeId, date, reading })))
    }
    if (later.length === 0) return
    this.waiting = [...this.waiting, ...later].sort((a, b) => (a.date < b.date ? 1 : -1))
    const { daysDone, daysTotal } = this.reading ?? { daysDone: 0, daysTotal: 0 }
    this.reading = { daysDone, daysTotal: daysTotal + later.length }
    this.ports.onProgress()
    if (!this.isReadingRest) this.rest = this.readRest()
  }

  /** Resolves when no day is left to be read. */
  async complete(): Promise<void> {
    while (this.isReadingRest) await this.rest
  }

  /** Days of a store whose block could not be read. */
  damagedDays(storeId: string): string[] {
    return [...(this.damaged.get(storeId) ?? [])]
  }

  repaired(storeId: string, date: string): void {
    this.damaged.get(storeId)?.delete(date)
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
    try {
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
    }
  }

  private async readDays(days: readonly Day[]): Promise<void> {
    const stored = await this.ports.database.dayBlocks.bulkGet(
      days.map(({ storeId, date }): [string, string] => [storeId, date]),
    )
    for (const [position, { storeId, date, reading }] of days.entries()) {
      const row = stored[position]
      if (row === undefined || this.readings.get(storeId) !== reading) continue
      try {
        this.index.addBlock(storeId, decodeDayBlockColumns(row.bytes))
      } catch {
        await this.noteDamage(storeId, date)
      }
    }
  }

  private async noteDamage(storeId: string, date: string): Promise<void> {
    const known = this.damaged.get(storeId) ?? new Set()
    this.damaged.set(storeId, known)
    if (!known.has(date)) {
      known.add(date)
      await this.ports.noteIncident({ kind: 'block_corrupt', count: 1, storeId, date })
    }
    this.ports.onDamaged(storeId)
  }
}
