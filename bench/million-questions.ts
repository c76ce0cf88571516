/**
 * What the million-session benchmark asks of everybody: filters, ranges, searches, sorts and deep pages of the sessions
 * list, seeded, and each asked once. Also the naive answers, over plain rows, that all others are held to.
 */
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { Random } from '../simulator/random.ts'
import { noFilter, type Range, type SessionQuery, type SessionSort } from '../src-renderer/data/data-api.ts'

/** A sessions list's query without what only Floorwalker derives (activity, running times). */
export type Question = SessionQuery

/** One field of a row against what a question wants of it. */
export type Condition =
  | { field: LabelField; among: (string | number)[] }
  /** Both bounds included, null is open; instants and money are whole numbers. */
  | { field: NumberField; min: number | null; max: number | null }

export type LabelField = 'storeId' | 'state' | 'progress' | 'client' | 'spotCheck' | 'ageVerification' | 'rating'
export type NumberField = 'startedAt' | 'total' | 'quantity' | 'waitingMs' | 'interactionMs'

export const PAGE_ROWS = 50
const SORTS: [SessionSort, boolean][] = [
  ['lastActivityAt', true],
  ['startedAt', false],
  ['total', true],
  ['quantity', false],
  ['waitingMs', true],
  ['interactionMs', true],
  ['client', false],
  ['progress', true],
  ['state', false],
  ['storeId', true],
  ['id', false],
  ['rating', true],
]
const DEEP_SORTS: [SessionSort, boolean][] = [
  ['lastActivityAt', true],
  ['total', true],
  ['client', false],
]
const FILTERED = 13
const SEARCHED = 8
const SEARCHED_AND_FILTERED = 4
/** Rows asked for less deep than this in filtered lists. */
const FILTERED_DEPTH = 400
const MS_PER_DAY = 86_400_000

const narrowings: Record<string, (random: Random, rows: readonly SessionSummary[]) => Partial<Question>> = {
  storeId: (random, rows) => ({ storeIds: valuesOf(random, rows, 'storeId', 2) }),
  started: (random, rows) => {
    const from = random.pick(rows).startedAt
    return { startedFrom: from, startedTo: from + random.int(1, 45) * MS_PER_DAY }
  },
  state: (random, rows) => ({ state: valuesOf(random, rows, 'state', 2) }),
  progress: (random, rows) => ({ progress: valuesOf(random, rows, 'progress', 2) }),
  client: (random, rows) => ({ client: valuesOf(random, rows, 'client', 2) }),
  spotCheck: (random) => ({ spotCheck: [random.pick(['approved', 'rejected', 'never_served'])] }),
  ageVerification: (random) => ({ ageVerification: [random.pick(['approved', 'rejected', 'never_served'])] }),
  total: (random, rows) => ({ total: rangeOf(random, rows, 'total') }),
  quantity: (random, rows) => ({ quantity: rangeOf(random, rows, 'quantity') }),
  waitingMs: (random) => ({ waitingMs: { min: random.int(10_000, 60_000), max: null } }),
  rating: (random) => ({ rating: random.chance(0.5) ? [1, 2] : [random.int(1, 5)] }),
}

/** 40 questions about these rows. The values asked for occur in them. */
export function questionsAbout(rows: readonly SessionSummary[], random: Random): Question[] {
  const any: Question = {
    ...noFilter,
    sort: 'lastActivityAt',
    descending: true,
    offset: 0,
    limit: PAGE_ROWS,
    // Before everything: no waiting time runs yet, so that stored values and derived ones are the same.
    nowMs: 0,
  }
  const sorted = () => {
    const [sort, descending] = random.pick(SORTS)
    return { sort, descending: random.chance(0.7) ? descending : !descending }
  }
  const filtered = () => {
    const names = Object.keys(narrowings)
    const wanted = random.int(1, 4)
    let question: Question = { ...any, ...sorted() }
    for (let index = 0; index < wanted; index += 1) {
      const [name] = names.splice(random.int(0, names.length - 1), 1)
      question = { ...question, ...narrowings[name ?? '']?.(random, rows) }
    }
    return question
  }
  return [
    ...SORTS.map(([sort, descending]) => ({ ...any, sort, descending })),
    ...DEEP_SORTS.map(([sort, descending]) => {
      const offset = Math.floor(rows.length * (0.2 + 0.6 * random.next()))
      return { ...any, sort, descending, offset }
    }),
    ...Array.from({ length: FILTERED }, (_, index) => {
      const offset = index % 4 === 3 ? random.int(PAGE_ROWS, FILTERED_DEPTH) : 0
      return { ...filtered(), offset }
    }),
    ...Array.from({ length: SEARCHED }, () => ({ ...any, ...sorted(), text: needleOf(random, rows) })),
    ...Array.from({ length: SEARCHED_AND_FILTERED }, () => ({ ...filtered(), text: needleOf(random, rows) })),
  ]
}

function valuesOf<Field extends LabelField>(
  random: Random,
  rows: readonly SessionSummary[],
  field: Field,
  atMost: number,
): SessionSummary[Field][] {
  return [...new Set(Array.from({ length: random.int(1, atMost) }, () => random.pick(rows)[field]))]
}

function rangeOf(random: Random, rows: readonly SessionSummary[], field: NumberField): Range {
  const [one, other] = [random.pick(rows)[field], random.pick(rows)[field]]
  if (random.chance(0.3)) return { min: Math.max(one, other), max: null }
  return { min: Math.min(one, other), max: Math.max(one, other) }
}

/** 4 to 10 characters out of a session's or a customer's id, as somebody types them. */
function needleOf(random: Random, rows: readonly SessionSummary[]): string {
  const row = random.pick(rows)
  if (row.customerId !== null && random.chance(0.6)) return row.customerId.slice(-random.int(4, 6))
  const length = random.pick([4, 5, 6, 8, 10])
  const start = random.chance(0.6) ? 0 : random.int(0, row.id.length - length)
  return row.id.slice(start, start + length)
}

/** A question's conditions apart from its text, none for what it leaves open. */
export function conditionsOf(question: Question): Condition[] {
  const among = (field: LabelField, values: readonly (string | number)[]): Condition[] =>
    values.length === 0 ? [] : [{ field, among: [...values] }]
  const within = (field: NumberField, range: Range | null): Condition[] => (range === null ? [] : [{ field, ...range }])
  const { startedFrom, startedTo } = question
  return [
    ...among('storeId', question.storeIds),
    ...among('state', question.state),
    ...among('progress', question.progress),
    ...among('client', question.client),
    ...among('spotCheck', question.spotCheck),
    ...among('ageVerification', question.ageVerification),
    ...among('rating', question.rating),
    ...within(
      'startedAt',
      startedFrom === null && startedTo === null
        ? null
        : { min: startedFrom, max: startedTo === null ? null : startedTo - 1 },
    ),
    ...within('total', question.total),
    ...within('quantity', question.quantity),
    ...within('waitingMs', question.waitingMs),
    ...within('interactionMs', question.interactionMs),
  ]
}

/** What a question asks for, in short: all that differs from "the newest sessions". */
export function describeQuestion(question: Question): string {
  const { sort, descending, offset, text } = question
  const conditions = conditionsOf(question).map((condition) => {
    if ('among' in condition) return `${condition.field} ${condition.among.join(' or ')}`
    return `${condition.field} ${condition.min ?? ''}–${condition.max ?? ''}`
  })
  return [
    ...conditions,
    ...(text === '' ? [] : [`contains ${text}`]),
    `by ${sort} ${descending ? 'descending' : 'ascending'}`,
    ...(offset === 0 ? [] : [`from row ${offset}`]),
  ].join(', ')
}

/** Whether a row is under the question's filter. */
export function fits(question: Question): (row: SessionSummary) => boolean {
  const conditions = conditionsOf(question)
  const needle = question.text.toLowerCase()
  return (row) => {
    for (const condition of conditions) {
      const value = row[condition.field]
      if (value === null) return false
      if ('among' in condition) {
        if (!condition.among.includes(value)) return false
      } else if (Number(value) < (condition.min ?? -Infinity) || Number(value) > (condition.max ?? Infinity)) {
        return false
      }
    }
    return (
      needle === '' || row.id.toLowerCase().includes(needle) || row.customerId?.toLowerCase().includes(needle) === true
    )
  }
}

/** The order of a question: rows without a value last, then the latest activity first, then by id. */
export function inOrder({ sort, descending }: Question): (a: SessionSummary, b: SessionSummary) => number {
  const sign = descending ? -1 : 1
  return (a, b) => {
    const [ofA, ofB] = [a[sort], b[sort]]
    if (ofA !== ofB) {
      if (ofA === null) return 1
      if (ofB === null) return -1
      return ofA < ofB ? -sign : sign
    }
    return b.lastActivityAt - a.lastActivityAt || (a.id < b.id ? -1 : Number(a.id > b.id))
  }
}

export interface Answer {
  /** Exact number of all rows under the filter. */
  count: number
  rows: SessionSummary[]
}

/** The right answer, found by looking at every row. */
export function answerNaively(rows: readonly SessionSummary[], question: Question): Answer {
  const found = rows.filter(fits(question)).sort(inOrder(question))
  return { count: found.length, rows: found.slice(question.offset, question.offset + question.limit) }
}

/**
 * What is wrong with an answer, null where it is right. The page must be that of the question's order; among rows with
 * the same value those of `ordersTies: false` may stand in any order.
 */
export function faultIn(
  question: Question,
  answer: Answer,
  expected: Answer,
  { ordersTies }: { ordersTies: boolean },
): string | null {
  if (answer.count !== expected.count) return `counted ${answer.count} rows instead of ${expected.count}`
  if (answer.rows.length !== expected.rows.length) return `gave ${answer.rows.length} rows, not ${expected.rows.length}`
  const isUnder = fits(question)
  for (const [index, row] of answer.rows.entries()) {
    const right = expected.rows[index]
    if (right === undefined || row[question.sort] !== right[question.sort] || (ordersTies && row.id !== right.id)) {
      return `row ${index} is ${row.id} (${row[question.sort]}), not ${right?.id} (${right?.[question.sort]})`
    }
    if (!isUnder(row)) return `row ${row.id} is not under the filter`
  }
  if (new Set(answer.rows.map(({ id }) => id)).size !== answer.rows.length) return 'a row came twice'
  return null
}
