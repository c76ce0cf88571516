/**
 * Exports of sessions: rows and order as of the start, walked in slices of a few milliseconds, so that the list stays
 * usable and memory flat; cancelled between two slices.
 */
import { z } from 'zod'
import { describeIssue } from '#shared/protocol/primitives.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { Clock } from '#shared/time/clock.ts'
import { ZoneOffsets } from '#shared/time/zone-offsets.ts'
import {
  type ExportFailure,
  type ExportOutcome,
  type ExportProgress,
  type ExportRequest,
  type ExportScope,
  type ExportSize,
  type ExportTable,
  type ExportTarget,
  employeeExportColumns,
  exportColumns,
  exportTables,
  exportTableTitles,
  type FetchDetailsOutcome,
  type SessionKey,
} from '../data-api.ts'
import { RowSet } from '../row-set.ts'
import type { SessionIndex } from '../session-index.ts'
import { CallFailed } from '../transport.ts'
import { ArrowFormat } from './arrow-format.ts'
import { ByteWriter } from './byte-writer.ts'
import { CsvFormat } from './csv-format.ts'
import { type DetailTable, detailHeads, detailSlice } from './detail-tables.ts'
import { ExportNotSaved, type ExportSink } from './export-sink.ts'
import { type ExportMoment, sessionHead, sessionSlice } from './session-table.ts'
import type { ColumnHead, TableFormat, TableHead } from './table-slice.ts'
import { XlsxFormat } from './xlsx-format.ts'

/** Bytes that go to the sink at a time. */
const CHUNK_BYTES = 2 ** 20
/** Work between two pauses: a query that came meanwhile waits no longer. */
const TURN_MS = 8
const PROGRESS_INTERVAL_MS = 100
/** Documents in memory at a time. */
const DOCUMENTS_AT_ONCE = 100

const unique = (list: readonly unknown[]) => new Set(list).size === list.length

/** What comes from the screens is checked: a saved choice may be of another version. */
const choicesSchema = z
  .object({
    format: z.enum(['csv', 'xlsx', 'arrow']),
    tables: z.array(z.enum(exportTables)).min(1).refine(unique, 'must not name a table twice'),
    columns: z.array(z.enum(exportColumns)).min(1).refine(unique, 'must not name a column twice'),
    times: z.enum(['store', 'utc']),
    csv: z.object({ separator: z.enum([',', ';', '\t']), decimal: z.enum(['.', ',']) }),
  })
  .refine(({ format, tables }) => format === 'xlsx' || tables.length === 1, {
    path: ['tables'],
    message: 'must name one table: only an XLSX holds several',
  })

/** What exports need of the data service. */
export interface ExportHost {
  index: SessionIndex
  clock: Clock
  /** Resolves behind the messages that wait. */
  nextTask: () => Promise<void>
  /** Ids among `storeIds` (empty for all) that the person of now may see. */
  visibleStores: (storeIds: readonly string[]) => string[]
  settingsOf: (storeId: string) => StoreSettings | undefined
  /** Whether the person of now may see figures of single employees. */
  maySeeEmployees: () => boolean
  /** Keys of all sessions of a store whose documents are on this PC. */
  keptIds: (storeId: string) => Promise<string[]>
  /** Documents as the screens show them; undefined for those that are not on this PC. */
  documents: (keys: readonly SessionKey[]) => Promise<(SessionDocument | undefined)[]>
  /** Fetches and keeps documents. @throws CallFailed */
  fetchDocuments: (storeId: string, ids: readonly string[]) => Promise<void>
  /** Null where the person chose no file. @throws ExportNotSaved */
  openSink: (target: ExportTarget, workId: string) => Promise<ExportSink | null>
}

class Cancelled extends Error {}

/** One export or fetch under way. */
class Work {
  cancelled = false
  private turnEndsAt: number
  private toldAt = Number.NEGATIVE_INFINITY
  private startedAt: number

  constructor(
    private readonly clock: Clock,
    private readonly nextTask: () => Promise<void>,
    private readonly onProgress: (progress: ExportProgress) => void,
  ) {
    this.startedAt = clock.monotonic()
    this.turnEndsAt = this.startedAt + TURN_MS
  }

  /** Lets other messages in where it is time. @throws Cancelled */
  async pause(): Promise<void> {
    if (this.clock.monotonic() >= this.turnEndsAt) {
      await this.nextTask()
      this.turnEndsAt = this.clock.monotonic() + TURN_MS
    }
    if (this.cancelled) throw new Cancelled()
  }

  tell(progress: Omit<ExportProgress, 'elapsedMs'>): void {
    const now = this.clock.monotonic()
    if (now - this.toldAt < PROGRESS_INTERVAL_MS) return
    this.toldAt = now
    this.onProgress({ ...progress, elapsedMs: now - this.startedAt })
  }

  /** The clock runs from here: what came before was a person's choice. */
  begin(): void {
    this.startedAt = this.clock.monotonic()
  }

  get elapsedMs(): number {
    return this.clock.monotonic() - this.startedAt
  }
}

export class SessionExports {
  private readonly works = new Map<string, Work>()
  private readonly zones = new Map<string, ZoneOffsets>()

  constructor(private readonly host: ExportHost) {}

  /** Counts the sessions of a scope. */
  async size({ query, only }: ExportScope): Promise<ExportSize> {
    const rows = this.host.index.rowSetOf(this.literal(query), only, this.staleAfterMinutes)
    return { sessions: rows.size, withDetails: (await this.withDetails(rows)).size }
  }

  cancel(workId: string): void {
    const work = this.works.get(workId)
    if (work !== undefined) work.cancelled = true
  }

  /** Nobody reads on for somebody who has left. */
  cancelAll(): void {
    for (const workId of this.works.keys()) this.cancel(workId)
  }

  /** As `WorkerApi.exportSessions`. */
  async export(
    workId: string,
    request: ExportRequest,
    target: ExportTarget,
    onProgress: (progress: ExportProgress) => void,
  ): Promise<ExportOutcome> {
    const choices = choicesSchema.safeParse(request)
    if (!choices.success) {
      const { field, message } = describeIssue(choices.error)
      return { ok: false, code: 'invalid', message: `${field} ${message}`, field }
    }
    const closed = request.columns.findIndex((column) => employeeExportColumns.includes(column))
    if (closed >= 0 && !this.host.maySeeEmployees()) {
      const field = `columns.${closed}`
      return { ok: false, code: 'invalid', message: `${field} is for managers only`, field }
    }
    return this.work(workId, onProgress, async (work) => {
      const sink = await this.host.openSink(target, workId)
      if (sink === null) throw new Cancelled()
      try {
        work.begin()
        const written = await this.write(request, sink, work)
        const { path, download } = await sink.finish()
        return { ok: true, ...written, elapsedMs: work.elapsedMs, name: target.name, path, download }
      } catch (error) {
        await sink.abort().catch((failure) => console.error('export not removed', failure))
        throw error
      }
    })
  }

  /** As `WorkerApi.fetchDetails`. */
  async fetchDetails(
    workId: string,
    scope: ExportScope,
    limit: number,
    onProgress: (progress: ExportProgress) => void,
  ): Promise<FetchDetailsOutcome> {
    return this.work(workId, onProgress, async (work) => {
      const rows = await this.inTurns(this.rowsOf(scope), work)
      const kept = await this.withDetails(RowSet.of(rows))
      const missing = this.keysOf(rows.filter((row) => !kept.has(row)).subarray(0, limit))
      let fetched = 0
      for (const storeId of new Set(missing.map((key) => key.storeId))) {
        const ids = missing.filter((key) => key.storeId === storeId).map((key) => key.id)
        for (let start = 0; start < ids.length; start += DOCUMENTS_AT_ONCE) {
          await work.pause()
          const batch = ids.slice(start, start + DOCUMENTS_AT_ONCE)
          await this.host.fetchDocuments(storeId, batch)
          fetched += batch.length
          work.tell({ rows: fetched, done: fetched, total: missing.length, bytes: 0 })
        }
      }
      return { ok: true, fetched }
    })
  }

  private async work<Done>(
    workId: string,
    onProgress: (progress: ExportProgress) => void,
    run: (work: Work) => Promise<Done>,
  ): Promise<Done | ExportFailure> {
    const work = new Work(this.host.clock, this.host.nextTask, onProgress)
    this.works.set(workId, work)
    try {
      return await run(work)
    } catch (error) {
      return failureOf(error)
    } finally {
      this.works.delete(workId)
    }
  }

  // --- writing -----------------------------------------------------------------------------------------------------

  private async write(
    request: ExportRequest,
    sink: ExportSink,
    work: Work,
  ): Promise<{ rows: number; sessions: number; deleted: number; bytes: number }> {
    const homes = await this.inTurns(this.rowsOf(request), work)
    const moment = this.momentOf(request)
    const output = new OutputStream(sink)
    const format = this.formatOf(request, output.writer)
    let rows = 0
    let deleted = 0
    for (const [index, table] of request.tables.entries()) {
      const tell = (done: number) =>
        work.tell({
          rows,
          done: index * homes.length + done,
          total: request.tables.length * homes.length,
          bytes: output.bytes,
        })
      format.beginTable(headOf(table, request))
      if (table === 'sessions') {
        for (let start = 0; start < homes.length; start += format.sliceRows) {
          const slice = homes.subarray(start, start + format.sliceRows)
          // Read anew for each slice: sessions change and go while others are written.
          const shown = this.host.index.shownRows(slice)
          const columns = sessionSlice(this.host.index.columns, shown, request.columns, moment)
          format.write({ rows: shown.length, columns })
          rows += shown.length
          deleted += slice.length - shown.length
          await output.drain()
          tell(start + slice.length)
          await work.pause()
        }
      } else {
        const kept = await this.withDetails(RowSet.of(homes))
        for (let start = 0; start < homes.length; start += DOCUMENTS_AT_ONCE) {
          const slice = homes.subarray(start, start + DOCUMENTS_AT_ONCE).filter((row) => kept.has(row))
          if (slice.length > 0) {
            const keys = this.keysOf(this.host.index.shownRows(slice))
            const documents = (await this.host.documents(keys)).filter((document) => document !== undefined)
            const columns = detailSlice(table, documents, moment)
            format.write(columns)
            rows += columns.rows
            await output.drain()
          }
          tell(start)
          await work.pause()
        }
      }
      format.endTable()
    }
    format.end()
    await output.finish()
    await work.pause()
    return { rows, sessions: homes.length, deleted, bytes: output.bytes }
  }

  private formatOf({ format, csv, times }: ExportRequest, output: ByteWriter): TableFormat {
    if (format === 'csv') return new CsvFormat(output, csv, times)
    return format === 'xlsx' ? new XlsxFormat(output, times) : new ArrowFormat(output)
  }

  private momentOf({ query }: ExportScope): ExportMoment {
    return {
      nowMs: Math.round(query.nowMs),
      settingsOf: (storeId) => this.host.settingsOf(storeId),
      zoneOf: (storeId) => {
        const zone = this.host.settingsOf(storeId)?.timezone ?? 'UTC'
        const known = this.zones.get(zone) ?? new ZoneOffsets(zone)
        this.zones.set(zone, known)
        return known
      },
    }
  }

  // --- rows --------------------------------------------------------------------------------------------------------

  private readonly staleAfterMinutes = (storeId: string) => this.host.settingsOf(storeId)?.staleAfterMinutes ?? 30

  private literal(query: ExportScope['query']): ExportScope['query'] {
    return { ...query, storeIds: this.host.visibleStores(query.storeIds) }
  }

  private rowsOf({ query, only }: ExportScope): Generator<void, Int32Array> {
    return this.host.index.rowsOf(this.literal(query), only, this.staleAfterMinutes)
  }

  private async inTurns<Result>(steps: Generator<void, Result>, work: Work): Promise<Result> {
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
      await work.pause()
    }
  }

  /** Those of the rows whose documents are on this PC. */
  private async withDetails(rows: RowSet): Promise<RowSet> {
    const kept = new RowSet()
    kept.reserve(rows.words.length * 32)
    for (const storeId of this.host.visibleStores([])) {
      for (const id of await this.host.keptIds(storeId)) {
        const row = this.host.index.columns.confirmedRowOf(storeId, id)
        if (row >= 0 && rows.has(row)) kept.add(row)
      }
    }
    return kept
  }

  private keysOf(rows: Int32Array): SessionKey[] {
    const { storeId, texts } = this.host.index.columns
    return Array.from(rows, (row) => ({ storeId: storeId.get(row), id: texts.id(row) }))
  }
}

/** Bytes on their way to a sink: the next ones are made while the last ones are being written. */
class OutputStream {
  readonly writer = new ByteWriter()
  bytes = 0
  private writing: Promise<void> = Promise.resolve()

  constructor(private readonly sink: ExportSink) {}

  /** Hands over what has come together, once it is worth it. */
  async drain(): Promise<void> {
    if (this.writer.length >= CHUNK_BYTES) await this.flush()
  }

  async finish(): Promise<void> {
    if (this.writer.length > 0) await this.flush()
    await this.writing
  }

  private async flush(): Promise<void> {
    await this.writing
    const chunk = this.writer.take()
    this.bytes += chunk.length
    this.writing = this.sink.write(chunk)
    // Told to whoever waits for it next.
    this.writing.catch(() => undefined)
  }
}

function headOf(table: ExportTable, { columns, times, format }: ExportRequest): TableHead {
  const heads = table === 'sessions' ? columns.map(sessionHead) : detailHeads(table as DetailTable)
  const ofTime = times === 'utc' || format === 'arrow' ? 'UTC' : 'store time'
  const inWords = (head: ColumnHead): ColumnHead =>
    head.kind === 'instant' ? { ...head, title: `${head.title} (${ofTime})` } : head
  return { title: exportTableTitles[table], columns: heads.map(inWords) }
}

function failureOf(error: unknown): ExportFailure {
  if (error instanceof Cancelled)
    return { ok: false, code: 'cancelled', message: 'Cancelled: nothing was left behind.' }
  if (error instanceof ExportNotSaved) return { ok: false, code: 'storage_failed', message: error.message }
  if (error instanceof CallFailed) return { ok: false, code: 'unreachable', message: error.message }
  throw error
}
