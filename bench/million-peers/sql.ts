/** Questions as SQL, for the peers that speak it. */
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { conditionsOf, type Question } from '../million-questions.ts'

type Column = keyof SessionSummary

/** Columns of the table `sessions`; those with `null` may hold none. */
export const columnTypes: Record<Column, 'text' | 'text null' | 'number' | 'number null' | 'flag'> = {
  id: 'text',
  storeId: 'text',
  version: 'number',
  customerId: 'text null',
  client: 'text',
  state: 'text',
  progress: 'text',
  startedAt: 'number',
  lastActivityAt: 'number',
  endedAt: 'number null',
  endReason: 'text null',
  expiresAt: 'number null',
  currency: 'text',
  quantity: 'number',
  total: 'number',
  transactions: 'number',
  spotCheck: 'text',
  ageVerification: 'text',
  waitingMs: 'number',
  waitingSince: 'number null',
  interactionMs: 'number',
  interactingSince: 'number null',
  rating: 'number null',
  reviewed: 'flag',
  preventedLoss: 'number null',
  furthestStep: 'text null',
  obstacle: 'text null',
  checkMethod: 'text null',
  checkedBy: 'text null',
  differences: 'number null',
}
export const columnNames = Object.keys(columnTypes) as Column[]

const literal = (value: string | number): string =>
  typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`

export interface QuestionParts {
  /** `FROM sessions`, with the conditions. */
  from: string
  /** Columns with their directions. */
  order: string
  /** `LIMIT` and `OFFSET`. */
  part: string
}

/** @param containing the condition that one of a session's ids is like a pattern (a literal), whatever its case */
export function sqlOf(question: Question, containing: (pattern: string) => string): QuestionParts {
  const where = conditionsOf(question).flatMap((condition) => {
    if ('among' in condition) return [`${condition.field} IN (${condition.among.map(literal).join(', ')})`]
    return [
      ...(condition.min === null ? [] : [`${condition.field} >= ${condition.min}`]),
      ...(condition.max === null ? [] : [`${condition.field} <= ${condition.max}`]),
    ]
  })
  // Needles of the benchmark hold no wildcards.
  if (question.text !== '') where.push(containing(literal(`%${question.text}%`)))
  const { sort, descending, limit, offset } = question
  // Said only where it means something: some planners leave an index aside for it.
  const nulls = columnTypes[sort].endsWith('null') ? ' NULLS LAST' : ''
  return {
    from: `FROM sessions${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}`,
    order: [`${sort} ${descending ? 'DESC' : 'ASC'}${nulls}`, 'lastActivityAt DESC', 'id'].join(', '),
    part: `LIMIT ${limit} OFFSET ${offset}`,
  }
}
