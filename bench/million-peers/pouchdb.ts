/** PouchDB on its IndexedDB adapter, whose Mango indexes are IndexedDB's own and far quicker than the older adapter's. */
import indexeddb from 'pouchdb-adapter-indexeddb'
import PouchDB, { type Selector } from 'pouchdb-browser'
import find from 'pouchdb-find'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { type Answer, conditionsOf, inOrder, type Question } from '../million-questions.ts'
import type { Batch, Peer } from './peer.ts'

const INDEXED = [
  'lastActivityAt',
  'startedAt',
  'quantity',
  'total',
  'client',
  'progress',
  'state',
  'storeId',
  'spotCheck',
  'ageVerification',
  'waitingMs',
  'interactionMs',
  'rating',
] as const satisfies (keyof SessionSummary)[]

/** Without a limit it answers 25. */
const ALL = 2 ** 31 - 1

type Row = Omit<SessionSummary, 'id'>
type Stored = Row & { _id: string; _rev?: string }

export class PouchDbPeer implements Peer {
  private database: PouchDB<Row> | null = null

  async open(): Promise<void> {
    PouchDB.plugin(indexeddb)
    PouchDB.plugin(find)
    this.database = new PouchDB<Row>('pouchdb', { adapter: 'indexeddb' })
    await this.database.info()
  }

  async load({ rows }: Batch): Promise<void> {
    await this.put(rows.map(storedOf))
  }

  async finish(): Promise<void> {
    for (const name of INDEXED) await this.sessions.createIndex({ index: { fields: [name] } })
  }

  /** It counts by finding all, so it finds once and sorts what it found. */
  async answer(question: Question): Promise<Answer> {
    const conditions = conditionsOf(question)
    if (conditions.length === 0 && question.text === '') return this.all(question)
    const { docs } = await this.sessions.find({ selector: selectorOf(question), limit: ALL })
    const rows = docs.map(summaryOf).sort(inOrder(question))
    return { count: rows.length, rows: rows.slice(question.offset, question.offset + question.limit) }
  }

  async change(rows: SessionSummary[]): Promise<void> {
    const known = await this.sessions.allDocs({ keys: rows.map(({ id }) => id) })
    const revisions = new Map(known.rows.map((row) => [row.key, row.value.rev]))
    await this.put(rows.map((row) => ({ ...storedOf(row), _rev: revisions.get(row.id) ?? '' })))
  }

  private async all({ sort, descending, offset, limit }: Question): Promise<Answer> {
    const field = sort === 'id' ? '_id' : sort
    const [{ docs }, { doc_count: all }, designs] = await Promise.all([
      this.sessions.find({
        selector: { [field]: { $gte: null } },
        sort: [{ [field]: descending ? 'desc' : 'asc' }],
        skip: offset,
        limit,
      }),
      this.sessions.info(),
      this.sessions.allDocs({ startkey: '_design/', endkey: '_design0' }),
    ])
    return { rows: docs.map(summaryOf), count: all - designs.rows.length }
  }

  private async put(rows: Stored[]): Promise<void> {
    const results = await this.sessions.bulkDocs(rows)
    const failed = results.filter((result) => 'error' in result)
    if (failed.length > 0) throw new Error(`${failed.length} rows were not stored`)
  }

  private get sessions(): PouchDB<Row> {
    if (this.database === null) throw new Error('not open')
    return this.database
  }
}

function storedOf({ id, ...rest }: SessionSummary): Stored {
  return { _id: id, ...rest }
}

function summaryOf({ _id, _rev, ...rest }: Stored): SessionSummary {
  return { id: _id, ...rest }
}

function selectorOf(question: Question): Selector {
  const conditions = conditionsOf(question).map((condition) => {
    if ('among' in condition) {
      const [first] = condition.among
      return [condition.field, condition.among.length === 1 ? { $eq: first } : { $in: condition.among }]
    }
    const { min, max } = condition
    return [condition.field, { ...(min === null ? {} : { $gte: min }), ...(max === null ? {} : { $lte: max }) }]
  })
  // Needles are of the case in which ids are stored.
  const containing = { $regex: question.text }
  const text = question.text === '' ? {} : { $or: [{ _id: containing }, { customerId: containing }] }
  return { ...Object.fromEntries(conditions), ...text }
}
