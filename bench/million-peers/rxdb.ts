/** RxDB on its Dexie storage. */
import {
  createRxDatabase,
  type MangoQuerySelector,
  type MangoQuerySortPart,
  type RxCollection,
  type RxJsonSchema,
} from 'rxdb'
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { type Answer, conditionsOf, type Question } from '../million-questions.ts'
import type { Batch, Peer } from './peer.ts'
import { columnNames, columnTypes } from './sql.ts'

const MAX_ID_LENGTH = 255
const MAX_LABEL_LENGTH = 60
/** Its indexes hold no null, so columns that may be null have none. */
const INDEXED = columnNames.filter(
  (name) =>
    !['id', 'version', 'currency', 'transactions', 'reviewed'].includes(name) && !columnTypes[name].includes(' '),
)

export class RxDbPeer implements Peer {
  private collection: RxCollection<SessionSummary> | null = null

  async open(): Promise<void> {
    const database = await createRxDatabase({
      name: 'rxdb',
      storage: getRxStorageDexie(),
      multiInstance: false,
      // Filters that no index serves whole are counted row by row.
      allowSlowCount: true,
    })
    const { sessions } = await database.addCollections<{ sessions: RxCollection<SessionSummary> }>({
      sessions: { schema },
    })
    this.collection = sessions
  }

  async load({ rows }: Batch): Promise<void> {
    const { error } = await this.sessions.bulkInsert(rows)
    if (error.length > 0) throw new Error(`${error.length} rows were not stored`)
  }

  async finish(): Promise<void> {}

  async answer(question: Question): Promise<Answer> {
    const selector = selectorOf(question)
    const { sort, offset, limit } = question
    const count = await this.sessions.count({ selector }).exec()
    if (!columnTypes[sort].includes(' ') || sort in selector) {
      return { count, rows: await this.page(question, selector, { skip: offset, limit }) }
    }
    // Its order knows no "nulls last": rows with a value are one query, those without another.
    const withValue = { ...selector, [sort]: { $ne: null } }
    const rows = await this.page(question, withValue, { skip: offset, limit })
    if (rows.length === limit) return { count, rows }
    const before = await this.sessions.count({ selector: withValue }).exec()
    const without = { skip: Math.max(0, offset - before), limit: limit - rows.length }
    return { count, rows: [...rows, ...(await this.page(question, { ...selector, [sort]: { $eq: null } }, without))] }
  }

  private async page(
    { sort, descending }: Question,
    selector: MangoQuerySelector<SessionSummary>,
    part: { skip: number; limit: number },
  ): Promise<SessionSummary[]> {
    const order: Partial<Record<keyof SessionSummary, 'asc' | 'desc'>>[] = [{ [sort]: descending ? 'desc' : 'asc' }]
    if (sort !== 'lastActivityAt') order.push({ lastActivityAt: 'desc' })
    if (sort !== 'id') order.push({ id: 'asc' })
    const documents = await this.sessions
      .find({ selector, sort: order as MangoQuerySortPart<SessionSummary>[], ...part })
      .exec()
    return documents.map((document) => document.toJSON() as SessionSummary)
  }

  async change(rows: SessionSummary[]): Promise<void> {
    const { error } = await this.sessions.bulkUpsert(rows)
    if (error.length > 0) throw new Error(`${error.length} rows were not stored`)
  }

  private get sessions(): RxCollection<SessionSummary> {
    if (this.collection === null) throw new Error('not open')
    return this.collection
  }
}

const schema: RxJsonSchema<SessionSummary> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: Object.fromEntries(
    columnNames.map((name) => [name, propertyOf(name)]),
  ) as RxJsonSchema<SessionSummary>['properties'],
  required: columnNames.filter((name) => !columnTypes[name].includes(' ')),
  indexes: INDEXED,
}

function propertyOf(name: keyof SessionSummary) {
  const type = columnTypes[name]
  if (type === 'flag') return { type: 'boolean' }
  if (type === 'text') return { type: 'string', maxLength: name === 'id' ? MAX_ID_LENGTH : MAX_LABEL_LENGTH }
  if (type === 'number') return { type: 'number', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, multipleOf: 1 }
  return { type: [type.startsWith('text') ? 'string' : 'number', 'null'] }
}

function selectorOf(question: Question): MangoQuerySelector<SessionSummary> {
  const conditions = conditionsOf(question).map((condition) => {
    if ('among' in condition) {
      const [first] = condition.among
      return [condition.field, condition.among.length === 1 ? { $eq: first } : { $in: condition.among }]
    }
    const { min, max } = condition
    return [condition.field, { ...(min === null ? {} : { $gte: min }), ...(max === null ? {} : { $lte: max }) }]
  })
  const containing = { $regex: question.text, $options: 'i' }
  const text = question.text === '' ? {} : { $or: [{ id: containing }, { customerId: containing }] }
  return { ...Object.fromEntries(conditions), ...text }
}
