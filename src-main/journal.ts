/**
 * The journal: every decision of this PC in an append-only file, on the disk before the console says "saved".
 * It owns the numbering (device id and next seq per employee), so a wiped IndexedDB can never reuse a number.
 */
import type { JournalEntry, UnnumberedMutation } from '#shared/desktop-api.ts'
import type { MintId } from '#shared/time/clock.ts'
import type { AppendFile, DurableFolder } from './durable-folder.ts'
import { decodeJournal, encodeRecord, JOURNAL_VERSION, type JournalRecord } from './journal-record.ts'

export const JOURNAL_FILE = 'journal.jsonl'
const NEXT_FILE = 'journal.jsonl.next'
const COMPACT_AFTER_CONFIRMED = 200

/** The disk did not take what it was given; nothing was numbered. `cause` has the system's code. */
export class JournalWriteError extends Error {
  override readonly name = 'JournalWriteError'

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** The same mutation id came from two employees. */
export class JournalConflictError extends Error {
  override readonly name = 'JournalConflictError'

  /** @param field of the call that names the mutation */
  constructor(
    mutationId: string,
    readonly field: string,
  ) {
    super(`mutation ${mutationId} belongs to another employee`)
  }
}

/** A newer app wrote this journal: nothing was changed. */
export class JournalReadOnlyError extends Error {
  override readonly name = 'JournalReadOnlyError'

  constructor() {
    super('A newer Floorwalker wrote the journal of this PC; start that version again')
  }
}

/** What opening found besides whole, right lines. */
export interface JournalReport {
  /** Bytes of an unfinished append, kept in a `.torn` file. */
  tornBytes: number
  /** Lines set aside in a `.corrupt` file. Any makes every employee start a new numbering. */
  corruptLines: number
  /** Written by a newer app: what is understood can be read, nothing is set aside, the file stays as it is. */
  readOnly: boolean
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

/** One waiting call: plans on the state that the calls before it will leave. */
type Task = { reject(error: unknown): void } & (
  | { kind: 'append'; plan(state: JournalView): { records: JournalRecord[]; settle: () => void } }
  /** Writes the whole file anew, alone: what fails beside it could not be told from what is there. */
  | { kind: 'replace'; plan(state: JournalState): { state: JournalState; settle: () => void } }
)
type AppendTask = Extract<Task, { kind: 'append' }>
type ReplaceTask = Extract<Task, { kind: 'replace' }>
type JournalView = Pick<JournalState, 'device' | 'entry' | 'isPending'>

class JournalState {
  readonly devices = new Map<string, Device>()
  /** By mutation id, oldest first; confirmed ones stay until compacted. */
  readonly entries = new Map<string, JournalEntry>()
  readonly confirmed = new Set<string>()

  static of(records: readonly JournalRecord[]): JournalState {
    const state = new JournalState()
    for (const record of records) state.apply(record)
    return state
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
        const known = this.device(employeeNumber)
        const nextSeq = Math.max(known?.nextSeq ?? 1, mutation.seq + 1)
        this.devices.set(employeeNumber, { deviceId, nextSeq })
        this.entries.set(mutation.id, record.entry)
        return
      }
      case 'confirmed':
        for (const id of record.ids) if (this.entry(id) !== undefined) this.confirmed.add(id)
    }
  }

  device(employeeNumber: string): Device | undefined {
    return this.devices.get(employeeNumber)
  }

  entry(id: string): JournalEntry | undefined {
    return this.entries.get(id)
  }

  isPending(id: string): boolean {
    return this.entries.has(id) && !this.confirmed.has(id)
  }

  pending(): JournalEntry[] {
    return [...this.entries.values()].filter((entry) => !this.confirmed.has(entry.mutation.id))
  }

  pendingOf(employeeNumber: string): JournalEntry[] {
    return this.pending().filter((entry) => entry.employeeNumber === employeeNumber)
  }

  /** Numbers these pending decisions from 1 under a new device id; the employee has no others from now on. */
  startNewNumbering(employeeNumber: string, deviceId: string, decisions: readonly UnnumberedMutation[]): void {
    for (const [id, entry] of this.entries) {
      if (entry.employeeNumber === employeeNumber) this.entries.delete(id)
    }
    for (const [index, decision] of decisions.entries()) {
      this.entries.set(decision.id, { employeeNumber, deviceId, mutation: { ...decision, seq: index + 1 } })
    }
    this.devices.set(employeeNumber, { deviceId, nextSeq: decisions.length + 1 })
  }

  /** The shortest list of records that gives this state without its confirmed entries. */
  compacted(): JournalRecord[] {
    return [
      { record: 'journal', version: JOURNAL_VERSION },
      ...[...this.devices].map(
        ([employeeNumber, device]): JournalRecord => ({ record: 'device', employeeNumber, ...device }),
      ),
      ...this.pending().map((entry): JournalRecord => ({ record: 'entry', entry })),
    ]
  }
}

/** A state with the records of a batch over it, which are not on the disk yet. No copy: thousands may be pending. */
class PlannedState extends JournalState {
  readonly #below: JournalState

  constructor(below: JournalState) {
    super()
    this.#below = below
  }

  override device(employeeNumber: string): Device | undefined {
    return super.device(employeeNumber) ?? this.#below.device(employeeNumber)
  }

  override entry(id: string): JournalEntry | undefined {
    return super.entry(id) ?? this.#below.entry(id)
  }

  override isPending(id: string): boolean {
    return !this.confirmed.has(id) && (super.isPending(id) || this.#below.isPending(id))
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
  #bytes = 0

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
    const bytes = (await folder.read(JOURNAL_FILE)) ?? new Uint8Array()
    const { records, corrupt, newer, torn, wholeLength } = decodeJournal(bytes)
    const state = JournalState.of(records)
    const report = { tornBytes: torn.length, corruptLines: corrupt.length, readOnly: newer }
    const journal = new Journal(options, state, report)
    if (newer) {
      journal.#bytes = bytes.length
      return journal
    }
    await folder.remove(NEXT_FILE)
    const aside = `journal-${mintId()}`
    // Nobody was told that a torn append was saved, so a disk too full to keep it aside is no reason to stop.
    if (torn.length > 0) await folder.write(`${aside}.torn`, torn).catch(() => {})
    if (corrupt.length > 0) {
      await folder.write(`${aside}.corrupt`, Buffer.concat(corrupt.flatMap((line) => [line, Buffer.from('\n')])))
      // A lost line may have held the highest number of an employee, or one that now leaves a hole. New device ids make
      // both harmless: mutation ids stay, so a decision that had been sent already is answered as a duplicate.
      for (const employeeNumber of [...state.devices.keys()]) {
        const decisions = state.pendingOf(employeeNumber).map((entry) => entry.mutation)
        state.startNewNumbering(employeeNumber, mintId(), decisions)
      }
      await journal.#replace(state)
    } else {
      journal.#wholeLength = wholeLength
      if (wholeLength === 0) await journal.#write(encodeRecord({ record: 'journal', version: JOURNAL_VERSION }))
      else await journal.#opened()
    }
    return journal
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
      const known = state.entry(mutation.id)
      if (known !== undefined) {
        if (known.employeeNumber !== employeeNumber) throw new JournalConflictError(mutation.id, 'mutation.id')
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
      const news = [...new Set(ids)].filter((id) => state.isPending(id))
      return { records: news.length > 0 ? [{ record: 'confirmed', ids: news }] : [], result: undefined }
    })
  }

  /**
   * Gives an employee a new device id, under which the adopted decisions and then all pending ones, each in the order
   * they have, are numbered from 1; after a crash either all of it is there or nothing. An adopted id that is known
   * already is taken once, at its place among the adopted; a confirmed one becomes pending again.
   * @returns the employee's pending entries
   * @throws JournalConflictError where an adopted decision belongs to another employee
   */
  renumber(employeeNumber: string, adopt: readonly UnnumberedMutation[]): Promise<JournalEntry[]> {
    return new Promise((resolve, reject) => {
      this.#wait({
        kind: 'replace',
        plan: (state) => {
          const next = JournalState.of(state.compacted())
          const decisions = new Map<string, UnnumberedMutation>()
          for (const [index, decision] of adopt.entries()) {
            const known = state.entry(decision.id)
            if (known !== undefined && known.employeeNumber !== employeeNumber) {
              throw new JournalConflictError(decision.id, `adopt.${index}.id`)
            }
            if (!decisions.has(decision.id)) decisions.set(decision.id, known?.mutation ?? decision)
          }
          for (const { mutation } of state.pendingOf(employeeNumber)) decisions.set(mutation.id, mutation)
          next.startNewNumbering(employeeNumber, this.#mintId(), [...decisions.values()])
          return { state: next, settle: () => resolve(next.pendingOf(employeeNumber)) }
        },
        reject,
      })
    })
  }

  /** Entries not yet confirmed, each employee's oldest first. */
  entries(): JournalEntry[] {
    return this.#state.pending()
  }

  /** Bytes of the file. */
  get bytes(): number {
    return this.#bytes
  }

  /** Resolves when everything asked for is written and the file is closed. */
  async close(): Promise<void> {
    await this.#draining
    await this.#file?.close()
    this.#file = null
  }

  #deviceOf(state: JournalView, employeeNumber: string): { device: Device; records: JournalRecord[] } {
    const known = state.device(employeeNumber)
    if (known !== undefined) return { device: known, records: [] }
    const device = { deviceId: this.#mintId(), nextSeq: 1 }
    return { device, records: [{ record: 'device', employeeNumber, ...device }] }
  }

  #enqueue<Result>(plan: (state: JournalView) => { records: JournalRecord[]; result: Result }): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#wait({
        kind: 'append',
        plan: (state) => {
          const { records, result } = plan(state)
          if (records.length > 0 && this.report.readOnly) throw new JournalReadOnlyError()
          return { records, settle: () => resolve(result) }
        },
        reject,
      })
    })
  }

  #wait(task: Task): void {
    this.#waiting.push(task)
    this.#draining ??= this.#drain()
  }

  /** Does what waits in the order it came, all appends that came during one write as one write and one sync. */
  async #drain(): Promise<void> {
    // Calls of the same turn join this batch; it also makes sure that `#draining` is set before it is cleared.
    await null
    for (let head = this.#waiting[0]; head !== undefined; head = this.#waiting[0]) {
      if (head.kind === 'replace') {
        this.#waiting.shift()
        await this.#runReplace(head)
      } else {
        await this.#runAppends(this.#takeAppends())
      }
    }
    this.#draining = null
  }

  #takeAppends(): AppendTask[] {
    const batch: AppendTask[] = []
    for (let head = this.#waiting[0]; head?.kind === 'append'; head = this.#waiting[0]) {
      batch.push(head)
      this.#waiting.shift()
    }
    return batch
  }

  async #runAppends(batch: AppendTask[]): Promise<void> {
    const next = new PlannedState(this.#state)
    const records: JournalRecord[] = []
    const planned: { task: AppendTask; settle: () => void }[] = []
    for (const task of batch) {
      try {
        const plan = task.plan(next)
        for (const record of plan.records) next.apply(record)
        records.push(...plan.records)
        planned.push({ task, settle: plan.settle })
      } catch (error) {
        task.reject(error)
      }
    }
    try {
      if (records.length > 0) await this.#write(records.map(encodeRecord).join(''))
      // A replaced file whose name is not surely on the disk: what is known of it may not be answered yet.
      else if (this.#wholeLength === null && !this.report.readOnly) await this.#opened()
      for (const record of records) this.#state.apply(record)
      for (const { settle } of planned) settle()
    } catch (error) {
      for (const { task } of planned) task.reject(new JournalWriteError(error))
      return
    }
    // A compaction that fails leaves a longer file and nothing else; the next batch tries again.
    if (!this.report.readOnly && this.#state.confirmed.size >= this.#compactAfter) {
      await this.#replace(this.#state).catch(() => {})
    }
  }

  async #runReplace(task: ReplaceTask): Promise<void> {
    let planned: ReturnType<typeof task.plan>
    try {
      if (this.report.readOnly) throw new JournalReadOnlyError()
      planned = task.plan(this.#state)
    } catch (error) {
      task.reject(error)
      return
    }
    try {
      await this.#replace(planned.state)
      planned.settle()
    } catch (error) {
      task.reject(new JournalWriteError(error))
    }
  }

  async #write(lines: string): Promise<void> {
    const bytes = Buffer.from(lines)
    const { file, wholeLength } = await this.#opened()
    try {
      await file.append(bytes)
      await file.sync()
      this.#wholeLength = wholeLength + bytes.length
      this.#bytes = this.#wholeLength
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
      this.#bytes = wholeLength
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

  /** Makes `state`, without its confirmed entries, the whole content of the file, in one step. */
  async #replace(state: JournalState): Promise<void> {
    const records = state.compacted()
    // Without the remains of a failed append: should the old file stay, the next append must find its end whole.
    await this.#opened()
    try {
      await this.#folder.write(NEXT_FILE, Buffer.from(records.map(encodeRecord).join('')))
    } catch (error) {
      // On a full disk the unfinished copy would take what the next append needs.
      await this.#folder.remove(NEXT_FILE).catch(() => {})
      throw error
    }
    await this.#closeFile()
    // From here the name may hold the old file or the new one; both are whole.
    this.#wholeLength = null
    await this.#folder.rename(NEXT_FILE, JOURNAL_FILE)
    // Now, although the name may not be on the disk yet: no call is answered before `#opened` has synced it.
    this.#state = JournalState.of(records)
    await this.#opened()
  }
}
