/** The columns of a day block and their Arrow form; both ends build and read blocks through this table. */
import {
  Table as ArrowTable,
  Bool,
  type DataType,
  Dictionary,
  Float64,
  Int32,
  type Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import type { SessionSummary } from '../session/session-summary.ts'

const text = () => new Utf8()
const label = () => new Dictionary(new Utf8(), new Int32())
// Float64 holds every integer of the contract exactly (money, milliseconds, versions stay below 2^53).
const number = () => new Float64()
const flag = () => new Bool()

const columns: Record<keyof SessionSummary, () => DataType> = {
  id: text,
  storeId: label,
  version: number,
  customerId: text,
  client: label,
  state: label,
  progress: label,
  startedAt: number,
  lastActivityAt: number,
  endedAt: number,
  endReason: label,
  expiresAt: number,
  currency: label,
  quantity: number,
  total: number,
  transactions: number,
  spotCheck: label,
  ageVerification: label,
  waitingMs: number,
  waitingSince: number,
  interactionMs: number,
  interactingSince: number,
  rating: number,
  reviewed: flag,
}
const columnNames = Object.keys(columns) as (keyof SessionSummary)[]

/** Encodes summaries, ordered by start and then id, as one Arrow IPC stream. */
export function encodeDayBlock(rows: readonly SessionSummary[]): Uint8Array {
  const ordered = [...rows].sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1))
  const vectors = Object.fromEntries(
    columnNames.map((name) => [
      name,
      vectorFromArray(
        ordered.map((row) => row[name]),
        columns[name](),
      ),
    ]),
  )
  return tableToIPC(new ArrowTable(vectors), 'stream')
}

/** Decodes a day block; throws where the bytes are not an Arrow stream with the columns of a summary. */
export function decodeDayBlock(bytes: Uint8Array): SessionSummary[] {
  const table: Table = tableFromIPC(bytes)
  const vectors = columnNames.map((name) => {
    const vector = table.getChild(name)
    if (vector === null) throw new TypeError(`day block has no column ${name}`)
    return [name, vector] as const
  })
  return Array.from({ length: table.numRows }, (_, row) => {
    const summary: Record<string, unknown> = {}
    for (const [name, vector] of vectors) summary[name] = vector.get(row)
    return summary as unknown as SessionSummary
  })
}
