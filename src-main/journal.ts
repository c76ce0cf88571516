/**
 * The journal: every decision of this PC in an append-only file, on the disk before the console says "saved".
 * It owns the numbering (device id and next seq per employee), so a wiped IndexedDB can never reuse a number.
 */
import type { z } from 'zod'
import type { JournalEntry, unnumberedMutationSchema } from '#shared/desktop-api.ts'
import type { MintId } from '#shared/time/clock.ts'
import { type AppendFile, type DurableFolder, errorCode } from './durable-folder.ts'
import { decodeJournal, encodeRecord, type JournalRecord } from './journal-record.ts'

export const JOURNAL_FILE = 'journal.jsonl'
const NEXT_FILE = 'journal.jsonl.next'
const COMPACT_AFTER_CONFIRMED = 200

export type UnnumberedMutation = z.infer<typeof unnumberedMutationSchema>

/** The disk did not take what it was given; nothing was numbered. */
export class JournalWriteError extends Error {
  readonly diskFull: boolean

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'JournalWriteError'
    this.diskFull = errorCode(cause) === 'ENOSPC' || errorCode(cause) === 'EDQUOT'
  }
}

/** The same mutation id came from two employees. */
export class JournalConflictError extends Error {
  override readonly name = 'JournalConflictError'
}

/** What opening found besides whole, right lines. */
export interface JournalReport {
  /** Bytes of an unfinished append, kept in a `.torn` file. */
  tornBytes: number
  /** Lines set aside in a `.corrupt` file. Any makes every employee start a new numbering. */
  corruptLines: number
}

export interface JournalOptions {
  folder: DurableFolder
  mintId: MintId
  /** Confirmed entries that make a compaction worth it. */
  compactAfter?: number
}

interface Device {
  deviceId: string
  nextSeq: number
}

/** One waiting call: plans its records on the state that the calls before it will leave. */
interface Task {
  plan(state: JournalState): { records: JournalRecord[]; settle: () => void }
  reject(error: unknown): void
}

class JournalState {
  readonly devices: Map<string, Device>
  /** By mutation id, oldest first; confirmed ones stay until compacted. */
  readonly entries: Map<string, JournalEntry>
  readonly confirmed: Set<string>

  constructor(from?: JournalState) {
    this.devices = new Map(from?.devices)
    this.entries = new Map(from?.entries)
    this.confirmed = new Set(from?.confirmed)
  }

  apply(record: JournalRecord): void {
    switch (record.record) {
      case 'journal':
        return
      case 'device':
        this.devices.set(record.employeeNumber, { deviceId: record.deviceId, nextSeq: record.nextSeq })
        return
      case 'entry': {
        const { employeeNumber, deviceId, mutation } = record.entry
        const known = this.devices.get(employeeNumber)
        const nextSeq = Math.max(known?.nextSeq ?? 1, mutation.seq + 1)
        this.devices.set(employeeNumber, { deviceId, nextSeq })
        this.entries.set(mutation.id, record.entry)
        return
      }
      case 'confirmed':
        for (const id of record.ids) if (this.entries.has(id)) this.confirmed.add(id)
    }
  }

  pending(): JournalEntry[] {
    return [...this.entries.values()].filter((entry) => !this.confirmed.has(entry.mutation.id))
  }

  /** The shortest list of records that gives this state without its confirmed entries. */
  compacted(): JournalRecord[] {
    return [
      { record: 'journal', version: 1 },
      ...[...this.devices].map(
        ([employeeNumber, device]): JournalRecord => ({ record: 'device', employeeNumber, ...device }),
      ),
      ...this.pending().map((entry): JournalRecord => ({ record: 'entry', entry })),
    ]
  }
}

export class Journal {
  readonly report: JournalReport
  readonly #folder: DurableFolder
  readonly #mintId: MintId
  readonly #compactAfter: number
  #state: JournalState
  #waiting: Task[] = []
  #draining: Promise<void> | null = null
  #file: AppendFile | null = null
  /** Length of the whole lines on the disk; null when the file was just replaced and holds nothing else. */
  #wholeLength: number | null = null

  private constructor(options: JournalOptions, state: JournalState, report: JournalReport) {
    this.#folder = options.folder
    this.#mintId = options.mintId
    this.#compactAfter = options.compactAfter ?? COMPACT_AFTER_CONFIRMED
    this.#state = state
    this.report = report
  }

  /** Reads the journal and makes it ready for appends. A torn or damaged file is kept aside, never a failure. */
  static async open(options: JournalOptions): Promise<Journal> {
    const { folder, mintId } = options
    await folder.remove(NEXT_FILE)
    const bytes = (await folder.read(JOURNAL_FILE)) ?? new Uint8Array()
    const { records, corrupt, torn, wholeLength } = decodeJournal(bytes)
    const state = new JournalState()
    for (const record of records) state.apply(record)
    const journal = new Journal(options, state, { tornBytes: torn.length, corruptLines: corrupt.length })
    const aside = `journal-${mintId()}`
    // Nobody was told that a torn append was saved, so a disk too full to keep it aside is no reason to stop.
    if (torn.length > 0) await folder.write(`${aside}.torn`, torn).catch(() => {})
    if (corrupt.length > 0) {
      await folder.write(`${aside}.corrupt`, Buffer.concat(corrupt.flatMap((line) => [line, Buffer.from('\n')])))
      journal.#startNewNumbering()
      await journal.#compact()
    } else {
      journal.#wholeLength = wholeLength
      if (wholeLength === 0) await journal.#write(encodeRecord({ record: 'journal', version: 1 }))
      else await journal.#opened()
    }
    return journal
  }

  /**
   * A lost line may have held the highest number of an employee, or one that now leaves a hole. New device ids make
   * both harmless: mutation ids stay, so a decision that had been sent already is answered as a duplicate.
   */
  #startNewNumbering(): void {
    const state = new JournalState()
    const nextSeqs = new Map<string, number>()
    const deviceIds = new Map([...this.#state.devices.keys()].map((employee) => [employee, this.#mintId()]))
    for (const { employeeNumber, mutation } of this.#state.pending()) {
      const seq = nextSeqs.get(employeeNumber) ?? 1
      nextSeqs.set(employeeNumber, seq + 1)
      const deviceId = deviceIds.get(employeeNumber) ?? this.#mintId()
      state.apply({ record: 'entry', entry: { employeeNumber, deviceId, mutation: { ...mutation, seq } } })
    }
    for (const [employeeNumber, deviceId] of deviceIds) {
      const nextSeq = nextSeqs.get(employeeNumber) ?? 1
      state.apply({ record: 'device', employeeNumber, deviceId, nextSeq })
    }
    this.#state = state
  }

  /** The device id of an employee on this PC; minted, and on the disk, at the first call. */
  device(employeeNumber: string): Promise<string> {
    return this.#enqueue((state) => {
      const { device, records } = this.#deviceOf(state, employeeNumber)
      return { records, result: device.deviceId }
    })
  }

  /** Numbers a decision and resolves when it is on the disk. A repeated id answers the entry that is there. */
  append(employeeNumber: string, mutation: UnnumberedMutation): Promise<JournalEntry> {
    return this.#enqueue((state) => {
      const known = state.entries.get(mutation.id)
      if (known !== undefined) {
        if (known.employeeNumber !== employeeNumber) {
          throw new JournalConflictError(`mutation ${mutation.id} belongs to another employee`)
        }
        return { records: [], result: known }
      }
      const { device, records } = this.#deviceOf(state, employeeNumber)
      const entry: JournalEntry = {
        employeeNumber,
        deviceId: device.deviceId,
        mutation: { ...mutation, seq: device.nextSeq },
      }
      return { records: [...records, { record: 'entry', entry }], result: entry }
    })
  }

  /** Marks entries that a pull confirmed; unknown ids are no fault. */
  confirm(ids: readonly string[]): Promise<void> {
    return this.#enqueue((state) => {
      const news = [...new Set(ids)].filter((id) => state.entries.has(id) && !state.confirmed.has(id))
      return { records: news.length > 0 ? [{ record: 'confirmed', ids: news }] : [], result: undefined }
    })
  }

  /** Entries not yet confirmed, oldest first. */
  entries(): JournalEntry[] {
    return this.#state.pending()
  }

  /** Resolves when everything asked for is written and the file is closed. */
  async close(): Promise<void> {
    await this.#draining
    await this.#file?.close()
    this.#file = null
  }

  #deviceOf(state: JournalState, employeeNumber: string): { device: Device; records: JournalRecord[] } {
    const known = state.devices.get(employeeNumber)
    if (known !== undefined) return { device: known, records: [] }
    const device = { deviceId: this.#mintId(), nextSeq: 1 }
    return { device, records: [{ record: 'device', employeeNumber, ...device }] }
  }

  #enqueue<Result>(plan: (state: JournalState) => { records: JournalRecord[]; result: Result }): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({
        plan: (state) => {
          const { records, result } = plan(state)
          return { records, settle: () => resolve(result) }
        },
        reject,
      })
      this.#draining ??= this.#drain()
    })
  }

  /** Writes what waits, all that came during one write as one write and one sync. */
  async #drain(): Promise<void> {
    // Calls of the same turn join this batch; it also makes sure that `#draining` is set before it is cleared.
    await null
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0)
      const next = new JournalState(this.#state)
      const planned: { task: Task; settle: () => void }[] = []
      let lines = ''
      for (const task of batch) {
        try {
          const { records, settle } = task.plan(next)
          for (const record of records) {
            next.apply(record)
            lines += encodeRecord(record)
          }
          planned.push({ task, settle })
        } catch (error) {
          task.reject(error)
        }
      }
      try {
        if (lines !== '') await this.#write(lines)
        this.#state = next
        for (const { settle } of planned) settle()
      } catch (error) {
        for (const { task } of planned) task.reject(new JournalWriteError(error))
        continue
      }
      // A compaction that fails leaves a longer file and nothing else; the next batch tries again.
      if (this.#state.confirmed.size >= this.#compactAfter) await this.#compact().catch(() => {})
    }
    this.#draining = null
  }

  async #write(lines: string): Promise<void> {
    const bytes = Buffer.from(lines)
    const { file, wholeLength } = await this.#opened()
    try {
      await file.append(bytes)
      await file.sync()
      this.#wholeLength = wholeLength + bytes.length
    } catch (error) {
      // What is there of the failed append must not stand before the next one; if this cut fails too, `#opened` repeats
      // it before anything else is written.
      await this.#closeFile()
      await this.#opened().catch(() => {})
      throw error
    }
  }

  /** The open file, cut to its whole lines, with its name on the disk. */
  async #opened(): Promise<{ file: AppendFile; wholeLength: number }> {
    if (this.#file !== null && this.#wholeLength !== null) return { file: this.#file, wholeLength: this.#wholeLength }
    await this.#closeFile()
    const file = await this.#folder.openForAppend(JOURNAL_FILE)
    try {
      const wholeLength = this.#wholeLength ?? file.length
      if (file.length > wholeLength) await file.truncate(wholeLength)
      await file.sync()
      await this.#folder.sync()
      this.#file = file
      this.#wholeLength = wholeLength
      return { file, wholeLength }
    } catch (error) {
      await file.close().catch(() => {})
      throw error
    }
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close().catch(() => {})
  }

  async #compact(): Promise<void> {
    const records = this.#state.compacted()
    await this.#folder.write(NEXT_FILE, Buffer.from(records.map(encodeRecord).join('')))
    await this.#closeFile()
    // From here the name may hold the old file or the new one; both are whole.
    this.#wholeLength = null
    await this.#folder.rename(NEXT_FILE, JOURNAL_FILE)
    const compacted = new JournalState()
    for (const record of records) compacted.apply(record)
    this.#state = compacted
    await this.#opened()
  }
}
