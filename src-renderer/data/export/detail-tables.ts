/** Tables of what full documents hold beyond the session index: one row per line item, payment attempt, check and so on. */
import { minorUnitDigits } from '#shared/money/minor-units.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { ZoneOffsets } from '#shared/time/zone-offsets.ts'
import type { ExportTable } from '../data-api.ts'
import type { ExportMoment } from './session-table.ts'
import type { ColumnHead, SliceColumn } from './table-slice.ts'

export type DetailTable = Exclude<ExportTable, 'sessions'>

type Value = string | number | null | undefined

/** Instants are ISO 8601, money is minor units of the session's currency, durations are milliseconds. */
interface DetailColumn<Row> extends ColumnHead {
  /** Of `number`: money of the session's currency instead of whole numbers. */
  money?: boolean
  of: (row: Row, session: SessionDocument) => Value
}

interface Detail<Row> {
  rowsOf: (session: SessionDocument) => readonly Row[]
  columns: DetailColumn<Row>[]
}

type Of<Row> = DetailColumn<Row>['of']

/** Makes the columns of rows of one kind. */
function columnsOf<Row>() {
  return {
    text: (field: string, title: string, width: number, of: Of<Row>): DetailColumn<Row> => {
      return { field, title, kind: 'text', width, of }
    },
    count: (field: string, title: string, of: Of<Row>): DetailColumn<Row> => {
      return { field, title, kind: 'number', whole: true, width: 14, of }
    },
    money: (field: string, title: string, of: Of<Row>): DetailColumn<Row> => {
      return { field, title, kind: 'number', money: true, width: 12, of }
    },
    instant: (field: string, title: string, of: Of<Row>): DetailColumn<Row> => {
      return { field, title, kind: 'instant', width: 26, of }
    },
  }
}

const ofSession = columnsOf<unknown>()
/** Says which session a row belongs to, in every table of details. */
const whose: DetailColumn<unknown>[] = [
  ofSession.text('session_id', 'Session', 38, (_, { id }) => id),
  ofSession.text('store_id', 'Store id', 16, (_, { storeId }) => storeId),
]
const currency: DetailColumn<unknown> = ofSession.text('currency', 'Currency', 10, (_, session) => session.currency)

/** Knows its rows only inside: from outside all tables look the same. */
function detail<Row>(
  rowsOf: Detail<Row>['rowsOf'],
  columns: (make: ReturnType<typeof columnsOf<Row>>) => DetailColumn<Row>[],
): Detail<unknown> {
  return { rowsOf, columns: [...whose, ...(columns(columnsOf<Row>()) as DetailColumn<unknown>[])] }
}

/** Something that somebody wrote or gave. */
interface Remark {
  kind: 'note' | 'review' | 'feedback'
  at: string
  employee: { number: string; name: string } | null
  text: string | undefined
  rating: number | null
}

function remarksOf({ notes, review, feedback }: SessionDocument): Remark[] {
  const remarks: Remark[] = notes.map(({ at, employee, text: said }) => {
    return { kind: 'note', at, employee, text: said, rating: null }
  })
  if (review !== null) {
    const said = review.note === undefined ? review.reason : `${review.reason}: ${review.note}`
    remarks.push({ kind: 'review', at: review.at, employee: review.employee, text: said, rating: null })
  }
  if (feedback !== null) {
    remarks.push({ kind: 'feedback', at: feedback.at, employee: null, text: feedback.comment, rating: feedback.rating })
  }
  return remarks.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

/** What an event says beyond what every event has. */
function payloadOf(event: SessionDocument['events'][number]): string | null {
  const {
    id: _id,
    type: _type,
    at: _at,
    source: _source,
    employee: _employee,
    arrivedAt: _arrived,
    verdict: _v,
    ...rest
  } = event
  return Object.keys(rest).length === 0 ? null : JSON.stringify(rest)
}

const details: Record<DetailTable, Detail<unknown>> = {
  lineItems: detail(
    (session) => session.lineItems,
    ({ text, count, money }) => [
      text('line_id', 'Line', 12, (line) => line.lineId),
      text('sku', 'SKU', 16, (line) => line.sku),
      text('name', 'Name', 32, (line) => line.name),
      count('quantity', 'Quantity', (line) => line.quantity),
      count('returned_quantity', 'Returned', (line) => line.returnedQuantity),
      money('unit_price', 'Unit price', (line) => line.unitPrice),
      money('total', 'Total', (line) => line.total),
      currency,
      text('category', 'Category', 18, (line) => line.category),
      text('department', 'Department', 18, (line) => line.department),
      text('storage', 'Storage', 12, (line) => line.storage),
      count('min_age', 'Minimum age', (line) => line.minAge),
    ],
  ),
  transactions: detail(
    (session) => session.transactions,
    ({ text, count, money, instant }) => [
      text('transaction_id', 'Payment attempt', 24, (attempt) => attempt.id),
      instant('started_at', 'Started', (attempt) => attempt.startedAt),
      instant('ended_at', 'Ended', (attempt) => attempt.endedAt),
      text('status', 'Status', 12, (attempt) => attempt.status),
      text('method', 'Method', 14, (attempt) => attempt.method),
      money('amount', 'Amount', (attempt) => attempt.amount),
      currency,
      text('receipt_number', 'Receipt', 16, (attempt) => attempt.receiptNumber),
      text('reason', 'Reason', 24, (attempt) => attempt.reason),
      count('lines', 'Lines', (attempt) => attempt.lineItems.length),
    ],
  ),
  verifications: detail(
    (session) => session.verifications,
    ({ text, count, instant }) => [
      text('verification_id', 'Verification', 24, (check) => check.id),
      text('kind', 'Kind', 18, (check) => check.kind),
      text('status', 'Status', 14, (check) => check.status),
      text('transaction_id', 'Payment attempt', 24, (check) => check.transactionId),
      text('reason', 'Reason', 24, (check) => check.reason),
      count('min_age', 'Minimum age', (check) => check.minAge),
      instant('shown_at', 'Shown', (check) => check.shownAt),
      instant('acknowledged_at', 'Acknowledged', (check) => check.acknowledgedAt),
      instant('resolved_at', 'Resolved', (check) => check.resolvedAt),
      text('employee_number', 'Employee number', 16, (check) => check.employee?.number),
      text('employee_name', 'Employee', 22, (check) => check.employee?.name),
      text('method', 'Method', 16, (check) => check.method),
      count('items_checked', 'Items checked', (check) => check.itemsChecked),
      count('differences', 'Differences', (check) => check.differences?.length),
      text('difference_kinds', 'Kinds of differences', 28, (check) =>
        check.differences?.map((difference) => difference.kind).join(' '),
      ),
      text('note', 'Note', 40, (check) => check.note),
    ],
  ),
  remarks: detail(remarksOf, ({ text, count, instant }) => [
    text('kind', 'Kind', 12, (remark) => remark.kind),
    instant('at', 'At', (remark) => remark.at),
    text('employee_number', 'Employee number', 16, (remark) => remark.employee?.number),
    text('employee_name', 'Employee', 22, (remark) => remark.employee?.name),
    count('rating', 'Rating (1 to 5)', (remark) => remark.rating),
    text('text', 'Text', 60, (remark) => remark.text),
  ]),
  events: detail(
    (session) => session.events,
    ({ text, instant }) => [
      text('event_id', 'Event', 38, (event) => event.id),
      text('type', 'Type', 26, (event) => event.type),
      instant('at', 'At', (event) => event.at),
      text('source', 'Source', 12, (event) => event.source),
      text('employee_number', 'Employee number', 16, (event) => event.employee?.number),
      text('employee_name', 'Employee', 22, (event) => event.employee?.name),
      text('verdict', 'Verdict', 12, (event) => event.verdict?.status),
      text('payload', 'Payload (JSON)', 60, payloadOf),
    ],
  ),
}

/** Heads of a table's columns; money is in units of its currency. */
export const detailHeads = (table: DetailTable): readonly ColumnHead[] => details[table].columns

const encoder = new TextEncoder()

/** All rows that sessions have in a table of details, in the order of the sessions. */
export function detailSlice(
  table: DetailTable,
  sessions: readonly SessionDocument[],
  { zoneOf }: Pick<ExportMoment, 'zoneOf'>,
): { rows: number; columns: SliceColumn[] } {
  const { rowsOf, columns } = details[table]
  const rows = sessions.flatMap((session) => rowsOf(session).map((row) => ({ row, session })))
  const storeIds = [...new Set(sessions.map((session) => session.storeId))]
  const zones = storeIds.map(zoneOf)
  const storeCodes = new Map(storeIds.map((storeId, code) => [storeId, code]))
  return { rows: rows.length, columns: columns.map(sliceOf) }

  function sliceOf(column: DetailColumn<unknown>): SliceColumn {
    const values = rows.map(({ row, session }) => column.of(row, session) ?? null)
    if (column.kind === 'instant') {
      return {
        kind: 'instant',
        at: Float64Array.from(values, (value) => (value === null ? Number.NaN : Date.parse(String(value)))),
        zones: Int32Array.from(rows, ({ session }) => storeCodes.get(session.storeId) as number),
        zoneOf: (code) => zones[code] as ZoneOffsets,
      }
    }
    if (column.kind === 'number') {
      return {
        kind: 'number',
        units: Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))),
        digits: Uint8Array.from(rows, ({ session }) => (column.money ? minorUnitDigits(session.currency) : 0)),
      }
    }
    return textsOf(values.map((value) => (value === null ? null : String(value))))
  }
}

function textsOf(values: readonly (string | null)[]): SliceColumn {
  const encoded = values.map((value) => (value === null ? null : encoder.encode(value)))
  const bytes = new Uint8Array(encoded.reduce((sum, each) => sum + (each?.length ?? 0), 0))
  const from = new Int32Array(values.length)
  const to = new Int32Array(values.length)
  let used = 0
  encoded.forEach((each, row) => {
    from[row] = each === null ? -1 : used
    if (each !== null) {
      bytes.set(each, used)
      used += each.length
    }
    to[row] = used
  })
  return { kind: 'text', bytes, from, to }
}
