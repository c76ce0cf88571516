/** TanStack DB: a collection in memory, asked with its query builder; nothing is kept over a restart. */
import {
  and,
  BTreeIndex,
  type ChangeMessageOrDeleteKeyMessage,
  count,
  createCollection,
  gte,
  ilike,
  inArray,
  lte,
  or,
  Query,
  queryOnce,
  type Ref,
} from '@tanstack/db'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { type Answer, conditionsOf, type Question } from '../million-questions.ts'
import type { Batch, Peer } from './peer.ts'

type Write = (messages: ChangeMessageOrDeleteKeyMessage<SessionSummary, string>[]) => void

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

export class TanStackPeer implements Peer {
  private write: Write = () => undefined
  private markReady: () => void = () => undefined
  private readonly sessions = createCollection<SessionSummary, string>({
    getKey: (row) => row.id,
    startSync: true,
    sync: {
      sync: ({ begin, write, commit, markReady }) => {
        this.markReady = markReady
        this.write = (messages) => {
          begin()
          for (const message of messages) write(message)
          commit()
        }
      },
    },
  })

  async open(): Promise<void> {}

  async load({ rows }: Batch): Promise<void> {
    this.write(rows.map((value) => ({ type: 'insert', value })))
  }

  async finish(): Promise<void> {
    this.markReady()
    for (const name of INDEXED) this.sessions.createIndex((row) => row[name], { indexType: BTreeIndex })
  }

  async answer(question: Question): Promise<Answer> {
    const { sort, descending, limit, offset } = question
    const all = () => new Query().from({ row: this.sessions })
    const isNarrowed = question.text !== '' || conditionsOf(question).length > 0
    const narrowed = () => (isNarrowed ? all().where(({ row }) => expressionOf(question, row)) : all())
    const rows = await queryOnce({
      query: narrowed()
        .orderBy(({ row }) => row[sort], { direction: descending ? 'desc' : 'asc', nulls: 'last' })
        .orderBy(({ row }) => row.lastActivityAt, 'desc')
        .orderBy(({ row }) => row.id)
        .limit(limit)
        .offset(offset),
    })
    if (!isNarrowed) return { rows, count: this.sessions.size }
    const [counted] = await queryOnce({ query: narrowed().select(({ row }) => ({ count: count(row.id) })) })
    return { rows, count: counted?.count ?? 0 }
  }

  async change(rows: SessionSummary[]): Promise<void> {
    this.write(rows.map((value) => ({ type: 'update', value })))
  }
}

type Expression = ReturnType<typeof and>

/** Of at least one condition. */
function expressionOf(question: Question, row: Ref<SessionSummary>): Expression {
  const parts = conditionExpressions(question).map((expression) => expression(row))
  const pattern = `%${question.text}%`
  if (question.text !== '') parts.push(or(ilike(row.id, pattern), ilike(row.customerId, pattern)))
  const [first, second, ...rest] = parts
  if (first === undefined) throw new Error('the question narrows nothing')
  return second === undefined ? first : and(first, second, ...rest)
}

/** A question's conditions apart from its text, each as an expression over a row. */
export function conditionExpressions(question: Question): ((row: Ref<SessionSummary>) => Expression)[] {
  return conditionsOf(question).flatMap((condition): ((row: Ref<SessionSummary>) => Expression)[] => {
    if ('among' in condition) return [(row) => inArray(row[condition.field], condition.among)]
    const { field, min, max } = condition
    return [
      ...(min === null ? [] : [(row: Ref<SessionSummary>) => gte(row[field], min)]),
      ...(max === null ? [] : [(row: Ref<SessionSummary>) => lte(row[field], max)]),
    ]
  })
}
