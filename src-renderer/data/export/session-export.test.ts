import { setImmediate } from 'node:timers/promises'
import { tableFromIPC } from 'apache-arrow'
import fc from 'fast-check'
import Papa from 'papaparse'
import readWorkbook from 'read-excel-file/node'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { columnsOf } from '#shared/protocol/day-block.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { type StoreSettings, storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { activityAt, runningTotalMs } from '#shared/session/activity.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { systemClock } from '#shared/time/clock.ts'
import { documentOf } from '../../../bench/million-data.ts'
import {
  type ExportColumn,
  type ExportOutcome,
  type ExportProgress,
  type ExportRequest,
  exportColumns,
  noFilter,
  type SessionSort,
} from '../data-api.ts'
import { SessionIndex } from '../session-index.ts'
import { ExportNotSaved, type ExportSink } from './export-sink.ts'
import { type ExportHost, SessionExports } from './session-export.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_126)
const NOW = Date.UTC(2026, 9, 25, 12)
const HOUR = 3_600_000
const stores: StoreSettings[] = [
  { id: 'berlin', name: 'Berlin; "Mitte"', timezone: 'Europe/Berlin', currency: 'EUR' },
  { id: '=tokyo', name: '=Tokyo', timezone: 'Asia/Tokyo', currency: 'JPY', staleAfterMinutes: 60 },
  { id: '007', name: 'Kuwait', timezone: 'Asia/Kuwait', currency: 'KWD' },
].map((store) => storeSettingsSchema.parse(store))
const allStores = stores.map((store) => store.id)
const storeOf = (id: string) => stores.find((store) => store.id === id) as StoreSettings

const nasty = [
  '=1+1',
  '+A1',
  '-2',
  '@SUM(A1)',
  '\t=x',
  '\r=x',
  '  =1',
  '＝1',
  'a;=b',
  'a,"=b',
  "a\n-1|'",
  '00123',
  '1E5',
]
const nastier = ['3-4', ' x ', '<&>"', '_x0041_', 'Grüße €', '😀', '\u0001', '"', "'", 'ﬁ, - 20 %', '﹢1', '|@x', '﻿=1']
const textArbitrary = fc.oneof(
  fc.constantFrom(...nasty, ...nastier),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).map((text) => text.replaceAll('\0', '')),
  fc.uuid(),
)
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: null })
// Around the end of summer time, with milliseconds.
const instantArbitrary = fc.integer({ min: NOW - 40 * HOUR, max: NOW + HOUR })
const checkArbitrary = fc.constantFrom('not_required' as const, 'waiting' as const, 'approved' as const)
const rowArbitrary: fc.Arbitrary<SessionSummary> = fc
  .record({
    id: textArbitrary.filter((text) => text !== ''),
    storeId: fc.constantFrom(...allStores),
    version: fc.nat(100),
    customerId: maybe(textArbitrary.filter((text) => text !== '')),
    client: textArbitrary,
    state: fc.constantFrom('open' as const, 'closed' as const),
    progress: fc.constantFrom('basket_created', 'something,new'),
    startedAt: instantArbitrary,
    lastActivityAt: instantArbitrary,
    endedAt: maybe(instantArbitrary),
    endReason: maybe(fc.constant('completed' as const)),
    expiresAt: maybe(instantArbitrary),
    currency: fc.constant(''),
    quantity: fc.nat(300),
    total: fc.oneof(fc.nat(1_000), fc.constant(10_000_000_000)),
    transactions: fc.nat(3),
    spotCheck: checkArbitrary,
    ageVerification: checkArbitrary,
    waitingMs: fc.nat(100_000),
    waitingSince: maybe(instantArbitrary),
    interactionMs: fc.nat(100_000),
    interactingSince: maybe(instantArbitrary),
    rating: maybe(fc.integer({ min: 1, max: 5 })),
    reviewed: fc.boolean(),
    preventedLoss: fc.constant(0),
    furthestStep: maybe(fc.constantFrom('basket_created', 'something,new')),
    obstacle: maybe(fc.constantFrom('payment_failed', '=new')),
    checkMethod: maybe(fc.constantFrom('sight_check', 'full_rescan')),
    checkedBy: maybe(fc.constantFrom('00123', '=1001', '1002')),
    differences: maybe(fc.constantFrom(0, 1, 254, 255, 70_000)),
  })
  .map((row) => ({ ...row, currency: storeOf(row.storeId).currency }))

const digitsOf: Record<string, number> = { EUR: 2, JPY: 0, KWD: 3 }

/** What a cell must hold, worked out from the summary alone: money and seconds as exact decimals, instants as they are. */
function expectedIn(
  column: ExportColumn,
  row: SessionSummary,
): string | number | boolean | { at: number; zone: string } | null {
  const { timezone, name, staleAfterMinutes } = storeOf(row.storeId)
  const iso = (ms: number) => new Date(ms).toISOString()
  const instant = (at: number | null) => (at === null ? null : { at, zone: timezone })
  switch (column) {
    case 'store':
      return name
    case 'timezone':
      return timezone
    case 'activity': {
      const endedAt = row.endedAt === null ? null : iso(row.endedAt)
      return activityAt({ ...row, endedAt, lastActivityAt: iso(row.lastActivityAt) }, NOW, staleAfterMinutes)
    }
    case 'startedAt':
    case 'lastActivityAt':
    case 'endedAt':
    case 'expiresAt':
      return instant(row[column])
    case 'durationMs':
      return (row.endedAt === null ? Math.max(0, NOW - row.startedAt) : row.endedAt - row.startedAt) / 1000
    case 'waitingMs':
      return runningTotalMs(row.waitingMs, row.waitingSince, NOW) / 1000
    case 'interactionMs':
      return runningTotalMs(row.interactionMs, row.interactingSince, NOW) / 1000
    case 'total':
      return row.total / 10 ** (digitsOf[row.currency] ?? 0)
    default:
      return row[column]
  }
}

class MemorySink implements ExportSink {
  readonly chunks: Uint8Array[] = []
  state: 'open' | 'finished' | 'aborted' = 'open'

  async write(bytes: Uint8Array): Promise<void> {
    this.chunks.push(bytes)
  }
  async finish() {
    this.state = 'finished'
    return { path: '/tmp/file', download: null }
  }
  async abort(): Promise<void> {
    this.state = 'aborted'
  }
  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }
}

function world(rows: readonly SessionSummary[], parts: Partial<ExportHost> = {}) {
  const index = new SessionIndex(() => 'UTC')
  for (const { id } of stores) index.addBlock(id, columnsOf(rows.filter((row) => row.storeId === id)))
  const sink = new MemorySink()
  const exports = new SessionExports({
    index,
    clock: systemClock,
    nextTask: () => setImmediate(),
    visibleStores: (ids) => allStores.filter((id) => ids.length === 0 || ids.includes(id)),
    settingsOf: (storeId) => stores.find((store) => store.id === storeId),
    maySeeEmployees: () => true,
    keptIds: async () => [],
    documents: async (keys) => keys.map(() => undefined),
    fetchDocuments: async () => undefined,
    openSink: async () => sink,
    ...parts,
  })
  const start = (request: Partial<ExportRequest>, onProgress: (progress: ExportProgress) => void = () => undefined) =>
    exports.export('work', requestOf(request), { name: 'file', handle: null }, onProgress)
  return { index, sink, exports, start }
}

const requestOf = (parts: Partial<ExportRequest>): ExportRequest => ({
  format: 'csv',
  tables: ['sessions'],
  columns: [...exportColumns],
  query: { ...noFilter, sort: 'startedAt', descending: false, nowMs: NOW },
  only: null,
  times: 'store',
  csv: { separator: ';', decimal: ',' },
  ...parts,
})

/** All rows under a query, as the list would show them. */
const listed = (index: SessionIndex, query: ExportRequest['query'], limit = 100_000): SessionSummary[] =>
  index.query(
    { ...query, storeIds: query.storeIds.length === 0 ? allStores : query.storeIds, offset: 0, limit },
    (storeId) => storeOf(storeId).staleAfterMinutes,
  ).rows

function done(outcome: ExportOutcome) {
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`)
  return outcome
}

const wallClock = ({ at, zone }: { at: number; zone: string }) =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDateTime()

const csvDialects = [
  { separator: ',', decimal: '.' },
  { separator: ';', decimal: ',' },
  { separator: '\t', decimal: '.' },
  { separator: ',', decimal: ',' },
] as const
const rowsArbitrary = fc.uniqueArray(rowArbitrary, { maxLength: 30, selector: (row) => `${row.storeId} ${row.id}` })
const sorts: SessionSort[] = ['startedAt', 'lastActivityAt', 'id', 'client', 'customerId', 'total', 'waitingMs']
const queryArbitrary = fc
  .record({
    sort: fc.constantFrom(...sorts),
    descending: fc.boolean(),
    storeIds: fc.subarray(allStores),
    state: fc.subarray(['open', 'closed']),
    activity: fc.subarray(['ended' as const, 'stale' as const]),
  })
  .map((parts) => ({ ...noFilter, ...parts, nowMs: NOW }))
const columnsArbitrary = fc.shuffledSubarray([...exportColumns], { minLength: 1 })

describe(`exports hold what the list holds (seed ${seed})`, () => {
  it('as CSV, to a parser of another house, in every dialect', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        queryArbitrary,
        columnsArbitrary,
        fc.constantFrom(...csvDialects),
        async (rows, query, columns, csv) => {
          const { index, sink, start } = world(rows)
          const outcome = done(await start({ query, columns, csv }))
          const text = sink.bytes.toString('utf8')
          expect(sink.bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]))
          const [head, ...lines] = Papa.parse<string[]>(text.slice(1), {
            delimiter: csv.separator,
            newline: '\r\n',
          }).data.slice(0, -1)
          expect(head).toHaveLength(columns.length)
          const expected = listed(index, query)
          expect(outcome.rows).toBe(expected.length)
          expect(lines).toHaveLength(expected.length)
          lines.forEach((cells, i) => {
            expect(cells).toHaveLength(columns.length)
            cells.forEach((cell, at) => {
              const value = expectedIn(columns[at] as ExportColumn, expected[i] as SessionSummary)
              if (value === null) expect(cell).toBe('')
              else if (typeof value === 'boolean') expect(cell).toBe(value ? 'yes' : 'no')
              else if (typeof value === 'number') expect(Number(cell.replace(csv.decimal, '.'))).toBe(value)
              else if (typeof value === 'object') {
                const seconds = wallClock(value).round({ smallestUnit: 'second', roundingMode: 'floor' })
                expect(cell).toBe(seconds.toString().replace('T', ' '))
              } else {
                // Nothing is lost but the apostrophes that were put in.
                expect(cell.replaceAll("'", '')).toBe(value.replaceAll("'", ''))
                expect(cell).not.toMatch(/^[\s\p{Z}\p{Cc}\p{Cf}"]*[=+\-@＝＋－＠﹢]|^[\t\r]/u)
              }
            })
          })
        },
      ),
      { seed, numRuns: 150 },
    )
  })

  it('as XLSX, to a reader of another house', async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, queryArbitrary, columnsArbitrary, async (rows, query, columns) => {
        const { index, sink, start } = world(rows)
        done(await start({ format: 'xlsx', query, columns }))
        const [sheet] = await readWorkbook(sink.bytes, { trim: false })
        const [head, ...lines] = sheet?.data ?? []
        expect(sheet?.sheet).toBe('Sessions')
        expect(head).toHaveLength(columns.length)
        const expected = listed(index, query)
        // The reader leaves out empty rows at the end.
        for (const [i, row] of expected.entries()) {
          for (const [at, column] of columns.entries()) {
            const value = expectedIn(column, row)
            const cell = lines[i]?.[at] ?? null
            if (value !== null && typeof value === 'object') {
              const local = wallClock(value).toZonedDateTime('UTC').epochMilliseconds
              expect(Math.abs(Number(cell) - local)).toBeLessThanOrEqual(1)
            } else if (typeof value === 'string') expect(cell).toBe(value === '' ? null : value)
            else expect(cell).toBe(value)
          }
        }
        expect(lines.length).toBeLessThanOrEqual(expected.length)
      }),
      { seed, numRuns: 60 },
    )
  })

  it('as Arrow, to apache-arrow', async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, queryArbitrary, columnsArbitrary, async (rows, query, columns) => {
        const { index, sink, start } = world(rows)
        done(await start({ format: 'arrow', query, columns }))
        const table = tableFromIPC(sink.bytes)
        const expected = listed(index, query)
        expect(table.numRows).toBe(expected.length)
        columns.forEach((column, at) => {
          const vector = table.getChildAt(at)
          const cells = expected.map((_, i) => vector?.get(i) ?? null)
          const values = expected.map((row) => expectedIn(column, row))
          const plain = values.map((value) => {
            // Its decoder takes a first U+FEFF for a byte order mark.
            if (typeof value === 'string') return value.replace(/^\ufeff/, '')
            return value !== null && typeof value === 'object' ? value.at : value
          })
          expect(cells.map((cell) => (typeof cell === 'bigint' ? Number(cell) : cell))).toEqual(plain)
        })
      }),
      { seed, numRuns: 60 },
    )
  })
})

const summary = (id: string, parts: Partial<SessionSummary> = {}): SessionSummary => ({
  id,
  storeId: 'berlin',
  version: 1,
  customerId: null,
  client: 'matrix',
  state: 'closed',
  progress: 'session_completed',
  startedAt: NOW - HOUR,
  lastActivityAt: NOW - HOUR,
  endedAt: NOW - HOUR,
  endReason: 'completed',
  expiresAt: null,
  currency: 'EUR',
  quantity: 2,
  total: 350,
  transactions: 1,
  spotCheck: 'approved',
  ageVerification: 'not_required',
  waitingMs: 0,
  waitingSince: null,
  interactionMs: 0,
  interactingSince: null,
  rating: null,
  reviewed: false,
  preventedLoss: 0,
  furthestStep: null,
  obstacle: null,
  checkMethod: null,
  checkedBy: null,
  differences: null,
  ...parts,
})
const many = (count: number) => Array.from({ length: count }, (_, i) => summary(`s${String(i).padStart(6, '0')}`))
const idsIn = (sink: MemorySink) => sink.bytes.toString('utf8').trimEnd().split('\r\n').slice(1)

describe('an export under way', () => {
  it('is ended by a cancel between two slices, and leaves nothing', async () => {
    const { sink, exports, start } = world(many(40_000))
    const running = start({ columns: ['id'] }, () => exports.cancel('work'))
    expect(await running).toMatchObject({ ok: false, code: 'cancelled' })
    expect(sink.state).toBe('aborted')
  })

  it('lets queries in', async () => {
    const { index, start } = world(many(40_000))
    let answered = 0
    const timer = setInterval(() => {
      answered += 1
      listed(index, requestOf({}).query, 50)
    }, 0)
    done(await start({ columns: [...exportColumns] }))
    clearInterval(timer)
    expect(answered).toBeGreaterThan(2)
  })

  it('says what a full disk means, and leaves nothing', async () => {
    const full = new MemorySink()
    full.write = async () => {
      throw new ExportNotSaved('the disk is full')
    }
    const { start } = world(many(60_000), { openSink: async () => full })
    expect(await start({})).toEqual({ ok: false, code: 'storage_failed', message: 'the disk is full' })
    expect(full.state).toBe('aborted')
  })

  it('that the person chose no file for writes nothing', async () => {
    const { sink, start } = world(many(1), { openSink: async () => null })
    expect(await start({})).toMatchObject({ ok: false, code: 'cancelled' })
    expect(sink.chunks).toEqual([])
  })

  it('leaves out who was deleted meanwhile, has no newcomers, and shows changes as of their turn', async () => {
    const rows = many(30_000)
    const { index, sink, start } = world(rows)
    let changed = false
    const outcome = done(
      await start({ columns: ['id', 'client'], query: { ...requestOf({}).query, sort: 'id' } }, () => {
        if (changed) return
        changed = true
        index.addOverlay([
          { storeId: 'berlin', id: 's029999', version: 2, summary: null },
          { storeId: 'berlin', id: 's029998', version: 2, summary: summary('s029998', { version: 2, client: 'new' }) },
          { storeId: 'berlin', id: 's000000a', version: 2, summary: summary('s000000a', { version: 2 }) },
        ])
        index.setPending([summary('s029997', { client: 'decided' }), summary('s000001', { client: 'too late' })])
      }),
    )
    expect(changed).toBe(true)
    expect(outcome).toMatchObject({ rows: 29_999, sessions: 30_000, deleted: 1 })
    const lines = idsIn(sink)
    expect(lines.slice(0, 2)).toEqual(['s000000;matrix', 's000001;matrix'])
    expect(lines.slice(-2)).toEqual(['s029997;decided', 's029998;new'])
  })

  it('keeps its sessions apart while unsent decisions come and go', async () => {
    const rows = many(10_000)
    const { index, sink, start } = world(rows)
    const pending = rows.slice(4_000, 4_200)
    index.setPending(pending)
    let turn = 0
    done(
      await start({ columns: ['id'], query: { ...requestOf({}).query, sort: 'id' } }, () => {
        turn += 1
        index.setPending(turn % 2 === 0 ? pending : pending.toReversed().slice(0, 50))
      }),
    )
    expect(idsIn(sink)).toEqual(rows.map((row) => row.id))
  })

  it('writes the selected sessions alone', async () => {
    const { sink, exports, start } = world(many(100))
    const only = ['s000007', 's000003', 'unknown'].map((id) => ({ storeId: 'berlin', id }))
    const scope = { query: { ...requestOf({}).query, sort: 'id' as const }, only }
    expect(await exports.size(scope)).toEqual({ sessions: 2, withDetails: 0 })
    done(await start({ ...scope, columns: ['id'] }))
    expect(idsIn(sink)).toEqual(['s000003', 's000007'])
  })

  it('tells only those who may see single employees who checked', async () => {
    const rows = [summary('a', { checkedBy: '1001', checkMethod: 'sight_check' })]
    const columns: ExportColumn[] = ['id', 'checkMethod', 'checkedBy']
    const manager = world(rows)
    done(await manager.start({ columns }))
    expect(idsIn(manager.sink)).toEqual(['a;sight_check;1001'])
    const supervisor = world(rows, { maySeeEmployees: () => false })
    expect(await supervisor.start({ columns })).toMatchObject({ ok: false, code: 'invalid', field: 'columns.2' })
    expect(supervisor.sink.bytes).toHaveLength(0)
    done(await supervisor.start({ columns: ['id', 'checkMethod'] }))
    expect(idsIn(supervisor.sink)).toEqual(['a;sight_check'])
  })

  it.each([
    [{ columns: [] }, 'columns'],
    [{ columns: ['id', 'id'] }, 'columns'],
    [{ columns: ['nothing'] }, 'columns.0'],
    [{ tables: ['sessions', 'lineItems'] }, 'tables'],
    [{ format: 'pdf' }, 'format'],
    [{ csv: { separator: '|', decimal: '.' } }, 'csv.separator'],
  ])('names the field of %j', async (parts, field) => {
    const { start } = world([])
    expect(await start(parts as Partial<ExportRequest>)).toMatchObject({ ok: false, code: 'invalid', field })
  })
})

describe('details', () => {
  const rows = ['b', 'a', 'c'].map((id, i) => summary(id, { startedAt: NOW - (3 - i) * HOUR, quantity: 3, total: 500 }))
  const documents = new Map<string, SessionDocument>(
    rows.filter(({ id }) => id !== 'c').map((row) => [row.id, documentOf(row)]),
  )
  const parts: Partial<ExportHost> = {
    keptIds: async (storeId) => (storeId === 'berlin' ? [...documents.keys()] : []),
    documents: async (keys) => keys.map(({ id }) => documents.get(id)),
  }

  it('are rows of the sessions whose details are here, in their order, as sheets of one workbook', async () => {
    const { sink, exports, start } = world(rows, parts)
    const tables = ['sessions', 'lineItems', 'transactions', 'verifications', 'remarks', 'events'] as const
    const request = requestOf({ format: 'xlsx', tables: [...tables], columns: ['id'] })
    expect(await exports.size(request)).toEqual({ sessions: 3, withDetails: 2 })
    done(await start(request))
    const sheets = await readWorkbook(sink.bytes)
    expect(sheets.map(({ sheet, data }) => [sheet, data.length])).toEqual([
      ['Sessions', 4],
      ['Line items', 5],
      ['Payment attempts', 3],
      ['Verifications', 3],
      ['Remarks', 1],
      ['Events', 7],
    ])
    const lines = sheets[1]?.data ?? []
    expect(lines.map((line) => line.slice(0, 5))).toEqual([
      ['Session', 'Store id', 'Line', 'SKU', 'Name'],
      ...['b', 'a'].flatMap((id) =>
        (documents.get(id)?.lineItems ?? []).map((item) => [id, 'berlin', item.lineId, item.sku, item.name]),
      ),
    ])
    const total = lines.slice(1).reduce((sum, line) => sum + Number(line[8]), 0)
    expect(total).toBe(10)
    expect(lines[0]?.[8]).toBe('Total')
  })

  it('that are missing are fetched in the order of the list, up to a limit', async () => {
    const asked: string[] = []
    const { exports } = world(rows, { ...parts, fetchDocuments: async (_, ids) => void asked.push(...ids) })
    const scope = { query: requestOf({}).query, only: null }
    expect(await exports.fetchDetails('work', scope, 10, () => undefined)).toEqual({ ok: true, fetched: 1 })
    expect(asked).toEqual(['c'])
    expect(await exports.fetchDetails('work', scope, 0, () => undefined)).toEqual({ ok: true, fetched: 0 })
  })
})
