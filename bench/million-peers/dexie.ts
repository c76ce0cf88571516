/** Dexie alone: a table with an index for each column that is filtered or sorted by. */
import Dexie, { type Table } from 'dexie'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { type Answer, type Condition, conditionsOf, fits, inOrder, type Question } from '../million-questions.ts'
import type { Batch, Peer } from './peer.ts'

const INDEXED = [
  'lastActivityAt',
  'startedAt',
  'endedAt',
  'quantity',
  'total',
  'client',
  'progress',
  'state',
  'storeId',
  'customerId',
  'spotCheck',
  'ageVerification',
  'waitingMs',
  'interactionMs',
  'rating',
]
/** As many as a list over one store needs at least: its period, its order, its state. */
export const FEW_INDEXES = ['[storeId+startedAt]', 'lastActivityAt', 'state']

export class DexiePeer implements Peer {
  private readonly database: Dexie
  private readonly sessions: Table<SessionSummary, string>

  constructor(name = 'dexie', indexed = INDEXED) {
    this.database = new Dexie(name)
    this.database.version(1).stores({ sessions: ['id', ...indexed].join(', ') })
    this.sessions = this.database.table('sessions')
  }

  async open(): Promise<void> {
    await this.database.open()
  }

  async load({ rows }: Batch): Promise<void> {
    await this.sessions.bulkPut(rows)
  }

  async finish(): Promise<void> {}

  async answer(question: Question): Promise<Answer> {
    if (question.text === '' && conditionsOf(question).length === 0) return this.all(question)
    const candidates = question.text === '' ? await this.byCondition(question) : await this.byText(question.text)
    const found = candidates.filter(fits(question)).sort(inOrder(question))
    return { count: found.length, rows: found.slice(question.offset, question.offset + question.limit) }
  }

  async change(rows: SessionSummary[]): Promise<void> {
    await this.sessions.bulkPut(rows)
  }

  /** Along the index of the order; the questions reach no rows without a value, which an index leaves out. */
  private async all({ sort, descending, offset, limit }: Question): Promise<Answer> {
    const ordered = this.sessions.orderBy(sort)
    const [count, rows] = await Promise.all([
      this.sessions.count(),
      (descending ? ordered.reverse() : ordered).offset(offset).limit(limit).toArray(),
    ])
    return { count, rows }
  }

  /** Rows of the condition that fewest rows meet. */
  private async byCondition(question: Question): Promise<SessionSummary[]> {
    const choices = await Promise.all(
      conditionsOf(question).map(async (condition) => {
        const parts = this.partsOf(condition)
        const counts = await Promise.all(parts.map((part) => part.count()))
        return { parts, count: counts.reduce((sum, count) => sum + count, 0) }
      }),
    )
    const [best] = choices.sort((a, b) => a.count - b.count)
    // One read per value is a `getAll` each; `anyOf` would walk a cursor.
    return (await Promise.all((best?.parts ?? []).map((part) => part.toArray()))).flat()
  }

  private partsOf(condition: Condition) {
    const where = () => this.sessions.where(condition.field)
    if ('among' in condition) return condition.among.map((value) => where().equals(value))
    const { min, max } = condition
    return [where().between(min ?? Dexie.minKey, max ?? Dexie.maxKey, true, true)]
  }

  /** No index finds a substring; reading keys alone is much faster than reading rows. */
  private async byText(text: string): Promise<SessionSummary[]> {
    const needle = text.toLowerCase()
    const [ids, customers] = await Promise.all([
      this.sessions.toCollection().primaryKeys(),
      this.sessions.orderBy('customerId').uniqueKeys() as Promise<string[]>,
    ])
    const wanted = customers.filter((customer) => customer.toLowerCase().includes(needle))
    const ofCustomers = await Promise.all(
      wanted.map((customer) => this.sessions.where('customerId').equals(customer).toArray()),
    )
    const found = new Map(ofCustomers.flat().map((row) => [row.id, row]))
    const others = ids.filter((id) => id.toLowerCase().includes(needle) && !found.has(id))
    for (const row of await this.sessions.bulkGet(others)) if (row !== undefined) found.set(row.id, row)
    return [...found.values()]
  }
}
