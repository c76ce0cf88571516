/**
 * Summaries of all sessions as columns. A session keeps its row for good: updates and deletions happen in place, and a
 * deleted session's version stays, so that an older block cannot bring it back.
 */
import { columnsOf, type DayBlock } from '#shared/protocol/day-block.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { CodeColumn, NumberColumn, roomFor } from './columns.ts'
import { RowSet } from './row-set.ts'
import { RowTexts } from './row-texts.ts'
import { SessionProfiles } from './session-profiles.ts'
import { codesOfLabel, SessionTraits } from './session-traits.ts'

/** Since when waiting or interaction runs, UTC milliseconds; NaN where it does not. */
export interface Running {
  waitingSince: number
  interactingSince: number
}

/** A hash entry holds row + 1 and a piece of the hash. */
const ROW_BITS = 24
const ROW_MASK = 2 ** ROW_BITS - 1
/** Version of a row whose store was dropped: anything is newer. */
const FORGOTTEN = -1
/** Changes beyond this share of all rows are not worth following one by one. */
const FOLLOWED_SHARE = 1 / 8
const MIN_FOLLOWED = 16_384

const encoder = new TextEncoder()

export class SessionColumns {
  /** Rows in use, deleted ones included. */
  length = 0
  /** Sessions as the backend confirmed them. */
  readonly confirmed = new RowSet()
  /** Sessions as the screens show them: confirmed ones, those with unsent decisions replaced by rows of their own. */
  readonly visible = new RowSet()

  /** Rows without an end; deleted ones may be among them. */
  readonly open = new RowSet()

  readonly texts = new RowTexts()
  readonly storeId = new CodeColumn<string>()
  readonly profiles = new SessionProfiles()
  readonly traits = new SessionTraits()
  /** Numbers of employees. */
  readonly checkedBy = new CodeColumn<string | null>()
  readonly version = new NumberColumn()
  readonly startedAt = new NumberColumn()
  /** These in milliseconds after the start: narrower than instants. */
  readonly lastActivityAfter = new NumberColumn()
  readonly endedAfter = new NumberColumn()
  readonly expiresAfter = new NumberColumn()
  readonly quantity = new NumberColumn()
  readonly total = new NumberColumn()
  readonly transactions = new NumberColumn()
  readonly waitingMs = new NumberColumn()
  readonly interactionMs = new NumberColumn()
  readonly preventedLoss = new NumberColumn()
  readonly differences = new NumberColumn()
  /** By row; few rows are running at a time. */
  readonly running = new Map<number, Running>()

  /** Confirmed sessions by code of their store. */
  private readonly counts: number[] = []
  private table = new Int32Array(1024)
  private hashed = 0
  /** Of what `locate` looked for last. */
  private lastHash = 0
  private changes: number[] = []
  private changesBefore = 0
  /** Rows with unsent decisions in use, and spare ones. */
  private pending: { storeCode: number; id: string; row: number }[] = []
  private spare: number[] = []

  /** Confirmed sessions of a store. */
  count(storeId: string): number {
    const code = this.storeId.find(storeId)
    return code === undefined ? 0 : (this.counts[code] ?? 0)
  }

  /** Adds rows of a store, whatever the block says; those already here with a higher version stay, deleted ones too. */
  put(storeId: string, block: DayBlock): void {
    const storeCode = this.storeId.codeOf(storeId, () => storeId)
    const { id, version } = block.columns
    this.reserve(block)
    const rows = new Int32Array(block.rows)
    for (let i = 0; i < block.rows; i += 1) {
      const known = this.locate(storeCode, id.bytes, id.offsets[i] as number, id.offsets[i + 1] as number)
      if (known >= 0) {
        const newer = this.version.get(known) > (version[i] as number)
        rows[i] = newer ? -1 : known
        if (!newer) this.rewriteTexts(known, block, i)
      } else {
        rows[i] = this.append(storeCode, block, i, -known - 1)
      }
      // At once: a block may have a session twice.
      if ((rows[i] as number) >= 0) this.version.set(rows[i] as number, version[i] as number)
    }
    this.write(rows, storeCode, block)
    for (const row of rows) if (row >= 0) this.confirm(row, storeCode)
    this.showPending()
  }

  /** Marks a session as deleted, unless it is here with a higher version; remembered for those not here, too. */
  delete(storeId: string, id: string, version: number): void {
    const storeCode = this.storeId.codeOf(storeId, () => storeId)
    let row = this.find(storeCode, id)
    if (row < 0) {
      this.put(storeId, columnsOf([tombstoneOf(storeId, id, version)]))
      row = this.find(storeCode, id)
    } else if (this.version.get(row) > version) return
    this.version.set(row, version)
    this.remove(row)
    this.showPending()
  }

  /** Forgets a store's sessions and deletions. Their rows wait for the store to come back. */
  dropStore(storeId: string): void {
    const storeCode = this.storeId.find(storeId)
    if (storeCode === undefined) return
    const { codes } = this.storeId
    const pending = new Set(this.pending.map(({ row }) => row))
    for (let row = 0; row < this.length; row += 1) {
      if (codes[row] !== storeCode || pending.has(row)) continue
      this.version.set(row, FORGOTTEN)
      this.remove(row)
    }
    this.showPending()
  }

  /** Replaces the rows that show unsent decisions; they cover confirmed sessions only. */
  setPending(blocks: readonly { storeId: string; block: DayBlock; ids: readonly string[] }[]): void {
    for (const { row, storeCode, id } of this.pending) {
      this.visible.delete(row)
      this.stopRunning(row)
      this.spare.push(row)
      const covered = this.find(storeCode, id)
      if (covered >= 0 && this.confirmed.has(covered)) this.visible.add(covered)
    }
    this.pending = []
    for (const { storeId, block, ids } of blocks) {
      const storeCode = this.storeId.codeOf(storeId, () => storeId)
      this.reserve(block)
      const rows = Int32Array.from({ length: block.rows }, (_, i) => {
        const spare = this.spare.pop()
        if (spare !== undefined) this.texts.discard(spare)
        const row = spare ?? this.length
        if (spare === undefined) this.length += 1
        this.writeTexts(row, block, i)
        return row
      })
      this.write(rows, storeCode, block)
      ids.forEach((id, i) => {
        this.pending.push({ storeCode, id, row: rows[i] as number })
      })
    }
    this.showPending()
  }

  /** The row of a session as the backend confirmed it, or -1. */
  confirmedRowOf(storeId: string, id: string): number {
    const storeCode = this.storeId.find(storeId)
    const row = storeCode === undefined ? -1 : this.find(storeCode, id)
    return row >= 0 && this.confirmed.has(row) ? row : -1
  }

  /** The row that shows a session, or -1. */
  visibleRowOf(storeId: string, id: string): number {
    const confirmed = this.confirmedRowOf(storeId, id)
    if (confirmed < 0 || this.visible.has(confirmed)) return confirmed
    const storeCode = this.storeId.find(storeId)
    return this.pending.find((entry) => entry.storeCode === storeCode && entry.id === id)?.row ?? -1
  }

  /** By row that shows unsent decisions, the confirmed row it covers: the latter stays its session's for good. */
  coveredRows(): Map<number, number> {
    const covered = new Map<number, number>()
    for (const { storeCode, id, row } of this.pending)
      if (this.visible.has(row)) covered.set(row, this.find(storeCode, id))
    return covered
  }

  summary(row: number): SessionSummary {
    const startedAt = this.startedAt.get(row)
    const running = this.running.get(row)
    const profile = this.profiles.get(row)
    return {
      id: this.texts.id(row),
      storeId: this.storeId.get(row),
      version: this.version.get(row),
      customerId: this.texts.customerId(row),
      client: profile.client,
      state: profile.state,
      progress: profile.progress,
      startedAt,
      lastActivityAt: startedAt + this.lastActivityAfter.get(row),
      endedAt: orNull(startedAt + this.endedAfter.get(row)),
      endReason: profile.endReason,
      expiresAt: orNull(startedAt + this.expiresAfter.get(row)),
      currency: profile.currency,
      quantity: this.quantity.get(row),
      total: this.total.get(row),
      transactions: this.transactions.get(row),
      spotCheck: profile.spotCheck,
      ageVerification: profile.ageVerification,
      waitingMs: this.waitingMs.get(row),
      waitingSince: orNull(running?.waitingSince ?? Number.NaN),
      interactionMs: this.interactionMs.get(row),
      interactingSince: orNull(running?.interactingSince ?? Number.NaN),
      rating: profile.rating,
      reviewed: profile.reviewed,
      preventedLoss: orNull(this.preventedLoss.get(row)),
      ...this.traits.get(row),
      checkedBy: this.checkedBy.get(row),
      differences: orNull(this.differences.get(row)),
    }
  }

  /** Gives memory back that replaced ids left unused, once it is worth it. */
  compact(): void {
    this.texts.compact(this.length)
  }

  /** Position after the last change, for `changedSince`. */
  get changePosition(): number {
    return this.changesBefore + this.changes.length
  }

  /** Rows written since a position, maybe more than once; null where that is too many to tell. */
  changedSince(position: number): number[] | null {
    return position < this.changesBefore ? null : this.changes.slice(position - this.changesBefore)
  }

  // --- rows --------------------------------------------------------------------------------------------------------

  private reserve({ rows, columns }: DayBlock): void {
    const needed = this.length + rows
    if (needed > ROW_MASK - 1) throw new RangeError(`more than ${ROW_MASK - 1} sessions`)
    // A length takes at most two bytes.
    const moreBytes = columns.id.bytes.length + columns.customerId.bytes.length + rows * 4
    this.texts.reserve(roomFor(needed, this.texts.starts.length), moreBytes)
    this.confirmed.reserve(needed)
    this.visible.reserve(needed)
    this.open.reserve(needed)
    for (const column of this.allColumns()) column.reserve(needed)
    if ((this.hashed + rows) * 4 > this.table.length * 3) this.rehash(this.hashed + rows)
  }

  private allColumns(): { reserve(rows: number): void }[] {
    return Object.values(this).filter((value) => value instanceof NumberColumn || value instanceof CodeColumn)
  }

  private append(storeCode: number, block: DayBlock, i: number, place: number): number {
    const row = this.length
    this.length += 1
    this.writeTexts(row, block, i)
    this.table[place] = (this.lastHash & ~ROW_MASK) | (row + 1)
    this.hashed += 1
    // Looked up again before its columns are written, where the block has it twice.
    this.storeId.codes[row] = storeCode
    return row
  }

  private writeTexts(row: number, { columns: { id, customerId } }: DayBlock, i: number): void {
    const customerFrom = customerId.nulls?.[i] === 1 ? -1 : (customerId.offsets[i] as number)
    const customerTo = customerId.offsets[i + 1] as number
    const [idFrom, idTo] = [id.offsets[i] as number, id.offsets[i + 1] as number]
    this.texts.write(row, id.bytes, idFrom, idTo, customerId.bytes, customerFrom, customerTo)
  }

  /** The session id of a known row is the same; its customer may have become known. */
  private rewriteTexts(row: number, block: DayBlock, i: number): void {
    const { customerId } = block.columns
    const from = customerId.nulls?.[i] === 1 ? -1 : (customerId.offsets[i] as number)
    const knownFrom = this.texts.customerFrom(row)
    if (from < 0 && knownFrom < 0) return
    const to = customerId.offsets[i + 1] as number
    const length = this.texts.customerTo(row) - knownFrom
    const same = from >= 0 && knownFrom >= 0 && length === to - from
    if (same && isEqual(this.texts.bytes, knownFrom, customerId.bytes, from, length)) return
    this.texts.discard(row)
    this.writeTexts(row, block, i)
  }

  private write(rows: Int32Array, storeCode: number, block: DayBlock): void {
    const { columns } = block
    this.storeId.write(rows, new Int32Array(rows.length).fill(storeCode))
    this.profiles.write(rows, this.profiles.codesIn(block))
    this.traits.write(rows, this.traits.codesIn(block))
    this.checkedBy.write(rows, codesOfLabel(this.checkedBy, columns.checkedBy))
    this.version.write(rows, columns.version)
    this.startedAt.write(rows, columns.startedAt)
    this.lastActivityAfter.write(rows, minus(columns.lastActivityAt, columns.startedAt))
    this.endedAfter.write(rows, minus(columns.endedAt, columns.startedAt))
    this.expiresAfter.write(rows, minus(columns.expiresAt, columns.startedAt))
    this.quantity.write(rows, columns.quantity)
    this.total.write(rows, columns.total)
    this.transactions.write(rows, columns.transactions)
    this.waitingMs.write(rows, columns.waitingMs)
    this.interactionMs.write(rows, columns.interactionMs)
    this.preventedLoss.write(rows, columns.preventedLoss)
    this.differences.write(rows, columns.differences)
    this.writeOpen(rows, columns.endedAt)
    this.writeRunning(rows, columns.waitingSince, columns.interactingSince)
    this.noteChanges(rows)
  }

  private writeOpen(rows: Int32Array, endedAt: Float64Array): void {
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number
      if (row < 0) continue
      if (Number.isNaN(endedAt[i])) this.open.add(row)
      else this.open.delete(row)
    }
  }

  private writeRunning(rows: Int32Array, waitingSince: Float64Array, interactingSince: Float64Array): void {
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number
      const [waiting, interacting] = [waitingSince[i] as number, interactingSince[i] as number]
      if (row < 0) continue
      if (Number.isNaN(waiting) && Number.isNaN(interacting)) {
        if (this.running.size > 0) this.running.delete(row)
      } else this.running.set(row, { waitingSince: waiting, interactingSince: interacting })
    }
  }

  private noteChanges(rows: Int32Array): void {
    if (this.changes.length + rows.length > Math.max(MIN_FOLLOWED, this.length * FOLLOWED_SHARE)) {
      // More than anybody could have followed, these rows included.
      this.changesBefore += this.changes.length + 1
      this.changes = []
      return
    }
    for (const row of rows) if (row >= 0) this.changes.push(row)
  }

  private confirm(row: number, storeCode: number): void {
    if (this.confirmed.has(row)) return
    this.confirmed.add(row)
    this.visible.add(row)
    this.counts[storeCode] = (this.counts[storeCode] ?? 0) + 1
  }

  /** A time that no longer runs sorts elsewhere. */
  private stopRunning(row: number): void {
    if (this.running.delete(row)) this.noteChanges(Int32Array.of(row))
  }

  private remove(row: number): void {
    this.stopRunning(row)
    if (!this.confirmed.has(row)) return
    this.confirmed.delete(row)
    this.visible.delete(row)
    const storeCode = this.storeId.codes[row] as number
    this.counts[storeCode] = (this.counts[storeCode] ?? 0) - 1
  }

  /** Lets rows with unsent decisions cover the confirmed ones of now. */
  private showPending(): void {
    for (const { storeCode, id, row } of this.pending) {
      const covered = this.find(storeCode, id)
      if (covered >= 0 && this.confirmed.has(covered)) {
        this.visible.delete(covered)
        this.visible.add(row)
      } else this.visible.delete(row)
    }
  }

  // --- from id to row ----------------------------------------------------------------------------------------------

  private find(storeCode: number, id: string): number {
    const bytes = encoder.encode(id)
    return this.locate(storeCode, bytes, 0, bytes.length)
  }

  /** The row of an id, or -1 minus the place in the table where it belongs. */
  private locate(storeCode: number, bytes: Uint8Array, from: number, to: number): number {
    const { table, texts } = this
    const hash = hashOf(storeCode, bytes, from, to)
    this.lastHash = hash
    const last = table.length - 1
    const length = to - from
    for (let place = (hash >>> 0) & last; ; place = (place + 1) & last) {
      const entry = table[place] as number
      if (entry === 0) return -place - 1
      if (((entry ^ hash) & ~ROW_MASK) !== 0) continue
      const row = (entry & ROW_MASK) - 1
      const at = texts.idFrom(row)
      if (texts.idTo(row) - at !== length || this.storeId.codes[row] !== storeCode) continue
      if (isEqual(texts.bytes, at, bytes, from, length)) return row
    }
  }

  private rehash(entries: number): void {
    const size = 2 ** Math.ceil(Math.log2((entries * 4) / 3 + 1))
    const table = new Int32Array(size)
    const { texts, storeId } = this
    const unhashed = new Set([...this.pending.map(({ row }) => row), ...this.spare])
    for (let row = 0; row < this.length; row += 1) {
      if (unhashed.size > 0 && unhashed.has(row)) continue
      const hash = hashOf(storeId.codes[row] as number, texts.bytes, texts.idFrom(row), texts.idTo(row))
      let place = (hash >>> 0) & (size - 1)
      while (table[place] !== 0) place = (place + 1) & (size - 1)
      table[place] = (hash & ~ROW_MASK) | (row + 1)
    }
    this.table = table
  }
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value)

function isEqual(a: Uint8Array, aFrom: number, b: Uint8Array, bFrom: number, length: number): boolean {
  for (let i = 0; i < length; i += 1) if (a[aFrom + i] !== b[bFrom + i]) return false
  return true
}

function hashOf(storeCode: number, bytes: Uint8Array, from: number, to: number): number {
  let hash = Math.imul(storeCode + 1, 0x9e3779b1)
  let at = from
  for (; at + 3 < to; at += 4) {
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
    const high = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8)
    hash = Math.imul(hash ^ low ^ (high << 16), 0x85ebca6b)
    hash ^= hash >>> 15
  }
  for (; at < to; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35)
  return hash ^ (hash >>> 13)
}

function minus(values: Float64Array, starts: Float64Array): Float64Array {
  const differences = new Float64Array(values.length)
  for (let i = 0; i < values.length; i += 1) differences[i] = (values[i] as number) - (starts[i] as number)
  return differences
}

/** The row of a deleted session of which nothing but the id is known. */
const tombstoneOf = (storeId: string, id: string, version: number): SessionSummary => ({
  id,
  storeId,
  version,
  customerId: null,
  client: '',
  state: 'cancelled',
  progress: '',
  startedAt: 0,
  lastActivityAt: 0,
  endedAt: null,
  endReason: null,
  expiresAt: null,
  currency: '',
  quantity: 0,
  total: 0,
  transactions: 0,
  spotCheck: 'not_required',
  ageVerification: 'not_required',
  waitingMs: 0,
  waitingSince: null,
  interactionMs: 0,
  interactingSince: null,
  rating: null,
  reviewed: false,
  preventedLoss: null,
  furthestStep: null,
  obstacle: null,
  checkMethod: null,
  checkedBy: null,
  differences: null,
})
