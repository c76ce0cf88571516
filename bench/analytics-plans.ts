/**
 * Pages of charts as grouped queries, as few as somebody would write who knows their store: what every peer that groups is asked,
 * and what the page makes of it.
 */
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import { steps } from '#shared/session/abandoned-story.ts'
import { hadCheck, isAbandoned } from '#shared/session/activity.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { weekHourOf } from '#shared/time/wall-hour.ts'
import type { ChartAnswer, ChartPage } from './analytics-questions.ts'

const CURRENCY = 'EUR'
const WAITS = [0, 15_000, 30_000, 45_000, 60_000]

/** A row with the hour of its store's wall time at which it started. */
export type WallRow = SessionSummary & { wallHour: number }

interface Derived {
  sql: string
  of: (row: WallRow, nowMs: number) => string | number | null
}

const flag = (sql: string, is: (row: WallRow, nowMs: number) => boolean): Derived => ({
  sql: `CASE WHEN ${sql} THEN 1 ELSE 0 END`,
  of: (row, nowMs) => Number(is(row, nowMs)),
})
const times = (condition: Derived, column: 'total' | 'quantity' | 'rating' | 'preventedLoss'): Derived => ({
  sql: `(${condition.sql}) * coalesce(${column}, 0)`,
  of: (row, nowMs) => Number(condition.of(row, nowMs)) * (row[column] ?? 0),
})
const column = (name: keyof SessionSummary): Derived => ({
  sql: name,
  of: (row) => row[name] as string | number | null,
})
const running = (finished: 'waitingMs' | 'interactionMs', since: 'waitingSince' | 'interactingSince'): Derived => ({
  sql: `${finished} + CASE WHEN ${since} IS NULL OR ${since} > :now THEN 0 ELSE :now - ${since} END`,
  of: (row, nowMs) => row[finished] + Math.max(0, nowMs - (row[since] ?? nowMs)),
})
const PAID = "state IN ('closed', 'partially_returned')"
const LEFT = "progress = 'abandoned'"
const EURO = `currency = '${CURRENCY}'`
const isEuro = ({ currency }: SessionSummary) => currency === CURRENCY
const isPaid = ({ state }: SessionSummary) => countsAsClosed(state)
const paidInEuro = flag(`${PAID} AND ${EURO}`, (row) => isPaid(row) && isEuro(row))
const left = flag(LEFT, isAbandoned)
const leftInEuro = flag(`${LEFT} AND ${EURO}`, (row) => isAbandoned(row) && isEuro(row))
const paid = flag(PAID, isPaid)
const anyEuro = flag(EURO, isEuro)
const lossCounted = times(anyEuro, 'preventedLoss')
const waiting = running('waitingMs', 'waitingSince')
const interaction = running('interactionMs', 'interactingSince')
const wait = (from: number, to: number | undefined) =>
  flag(`${waiting.sql} >= ${from}${to === undefined ? '' : ` AND ${waiting.sql} < ${to}`}`, (row, nowMs) => {
    const ms = Number(waiting.of(row, nowMs))
    return ms >= from && (to === undefined || ms < to)
  })

/** By name; `:now` in SQL is the time of the question. */
export const derived = {
  day: { sql: 'wallHour - wallHour % 24', of: ({ wallHour }) => wallHour - (wallHour % 24) },
  hour: { sql: 'wallHour % 24', of: ({ wallHour }) => wallHour % 24 },
  weekHour: { sql: '(wallHour + 72) % 168', of: ({ wallHour }) => weekHourOf(wallHour) },
  client: column('client'),
  storeId: column('storeId'),
  rating: column('rating'),
  furthestStep: column('furthestStep'),
  obstacle: column('obstacle'),
  checkMethod: column('checkMethod'),
  checkedBy: column('checkedBy'),
  spotCheck: column('spotCheck'),
  ageVerification: column('ageVerification'),
  one: { sql: '1', of: () => 1 },
  open: flag('endedAt IS NULL', ({ endedAt }) => endedAt === null),
  paid,
  paidInEuro,
  value: times(paidInEuro, 'total'),
  itemsPaid: times(paid, 'quantity'),
  rated: flag('rating IS NOT NULL', ({ rating }) => rating !== null),
  ratingSum: times(
    flag('1 = 1', () => true),
    'rating',
  ),
  completed: flag(
    `endReason = 'completed' AND NOT ${LEFT} AND state IN ('open', 'closed')`,
    (row) => row.endReason === 'completed' && !isAbandoned(row) && (row.state === 'open' || row.state === 'closed'),
  ),
  cancelled: flag(`state = 'cancelled' AND NOT ${LEFT}`, (row) => row.state === 'cancelled' && !isAbandoned(row)),
  returned: flag(
    `state = 'partially_returned' AND NOT ${LEFT}`,
    (row) => row.state === 'partially_returned' && !isAbandoned(row),
  ),
  left,
  leftValue: times(leftInEuro, 'total'),
  leftItems: times(left, 'quantity'),
  euroValue: times(anyEuro, 'total'),
  again: flag('transactions > 1', ({ transactions }) => transactions > 1),
  againPaid: flag(`transactions > 1 AND ${PAID}`, (row) => row.transactions > 1 && isPaid(row)),
  checked: flag("spotCheck <> 'not_required' OR ageVerification <> 'not_required'", hadCheck),
  spot: flag("spotCheck <> 'not_required'", ({ spotCheck }) => spotCheck !== 'not_required'),
  age: flag("ageVerification <> 'not_required'", ({ ageVerification }) => ageVerification !== 'not_required'),
  neverServed: flag(
    "spotCheck = 'never_served' OR ageVerification = 'never_served'",
    ({ spotCheck, ageVerification }) => spotCheck === 'never_served' || ageVerification === 'never_served',
  ),
  settled: flag(`endedAt IS NOT NULL OR ${PAID}`, (row) => row.endedAt !== null || isPaid(row)),
  settledSpot: flag(
    `(endedAt IS NOT NULL OR ${PAID}) AND spotCheck <> 'not_required'`,
    (row) => (row.endedAt !== null || isPaid(row)) && row.spotCheck !== 'not_required',
  ),
  loss: lossCounted,
  judged: flag('differences IS NOT NULL', ({ differences }) => differences !== null),
  found: flag('differences > 0', ({ differences }) => (differences ?? 0) > 0),
  wait0: wait(0, WAITS[1]),
  wait1: wait(WAITS[1] ?? 0, WAITS[2]),
  wait2: wait(WAITS[2] ?? 0, WAITS[3]),
  wait3: wait(WAITS[3] ?? 0, WAITS[4]),
  wait4: wait(WAITS[4] ?? 0, undefined),
  waiting,
  interaction,
} as const satisfies Record<string, Derived>
export type DerivedName = keyof typeof derived

/** One grouped query. */
export interface Plan {
  name: string
  group: DerivedName[]
  sums: DerivedName[]
  /** Exact p50 and p95 of a value, above 0 where `positive`. */
  quantiles?: { of: 'waiting' | 'interaction'; positive: boolean }
  /** Only sessions with this flag. */
  only?: DerivedName
  /** Of the period before. */
  before?: boolean
}

/** Rows of an answer: what they are grouped by, their sums, and quantiles if wanted. */
export type PlanRow = Partial<Record<DerivedName | 'p50' | 'p95', string | number | null>>
export type PlanRows = Record<string, PlanRow[]>

const sessionSums: DerivedName[] = [
  'one',
  'completed',
  'left',
  'cancelled',
  'returned',
  'value',
  'paidInEuro',
  'itemsPaid',
  'paid',
  'ratingSum',
  'rated',
]
const waitingQuantiles = { of: 'waiting', positive: false } as const
const interactionQuantiles = { of: 'interaction', positive: true } as const

export const plans: Record<ChartPage, Plan[]> = {
  sessions: [
    { name: 'cells', group: ['day', 'client', 'storeId'], sums: sessionSums },
    { name: 'ratings', group: ['rating'], sums: ['one'] },
    { name: 'before', group: [], sums: sessionSums, before: true },
  ],
  conversion: [
    {
      name: 'cells',
      group: ['day', 'furthestStep', 'obstacle', 'open', 'paid'],
      sums: ['one', 'euroValue', 'again', 'againPaid'],
    },
    { name: 'before', group: ['furthestStep'], sums: ['one'], before: true },
  ],
  checks: [
    {
      name: 'days',
      group: ['day'],
      sums: ['spot', 'age', 'loss', 'neverServed', 'wait0', 'wait1', 'wait2', 'wait3', 'wait4'],
      quantiles: waitingQuantiles,
      only: 'checked',
    },
    { name: 'interactions', group: ['day'], sums: [], quantiles: interactionQuantiles, only: 'checked' },
    { name: 'waiting', group: [], sums: [], quantiles: waitingQuantiles, only: 'checked' },
    { name: 'interaction', group: [], sums: [], quantiles: interactionQuantiles, only: 'checked' },
    { name: 'outcomes', group: ['spotCheck', 'ageVerification'], sums: ['one'], only: 'checked' },
    { name: 'rate', group: [], sums: ['settled', 'settledSpot'] },
    { name: 'methods', group: ['checkMethod'], sums: ['judged', 'found', 'loss'], only: 'checked' },
    { name: 'employees', group: ['checkedBy'], sums: ['one', 'judged', 'found'], only: 'checked' },
    { name: 'pace', group: ['checkedBy'], sums: [], quantiles: interactionQuantiles, only: 'checked' },
    {
      name: 'before',
      group: [],
      sums: ['spot', 'age', 'loss'],
      quantiles: waitingQuantiles,
      only: 'checked',
      before: true,
    },
    { name: 'interactionBefore', group: [], sums: [], quantiles: interactionQuantiles, only: 'checked', before: true },
  ],
  abandoned: [
    { name: 'cells', group: ['day', 'client'], sums: ['one', 'left', 'leftValue', 'leftItems'] },
    { name: 'hours', group: ['hour'], sums: ['one', 'left', 'leftValue'] },
    { name: 'causes', group: ['furthestStep', 'obstacle'], sums: ['one', 'leftValue'], only: 'left' },
    { name: 'before', group: [], sums: ['left', 'leftValue', 'leftItems'], before: true },
  ],
  heat: [{ name: 'cells', group: ['weekHour'], sums: ['one', 'value'] }],
}

/** The page's tables out of its queries' rows. @param hasBefore whether the period has a beginning */
export function answerOf(page: ChartPage, rows: PlanRows, hasBefore: boolean): ChartAnswer {
  const of = (name: string) => rows[name] ?? []
  const before = hasBefore ? of('before') : []
  const number = (row: PlanRow | undefined, name: keyof PlanRow) => Number(row?.[name] ?? 0)
  const sum = (list: PlanRow[], name: DerivedName) => list.reduce((total, row) => total + number(row, name), 0)
  const mean = (list: PlanRow[], name: DerivedName, by: DerivedName) =>
    sum(list, by) === 0 ? null : sum(list, name) / sum(list, by)
  const by = (list: PlanRow[], key: (row: PlanRow) => unknown, numbersOf: (list: PlanRow[]) => (number | null)[]) => {
    const groups = new Map<string, PlanRow[]>()
    for (const row of list) {
      const label = key(row)
      if (label === null || label === undefined) continue
      const group = groups.get(String(label))
      if (group === undefined) groups.set(String(label), [row])
      else group.push(row)
    }
    return Object.fromEntries([...groups].map(([label, group]) => [label, numbersOf(group)]))
  }
  const sums =
    (...names: DerivedName[]) =>
    (list: PlanRow[]) =>
      names.map((name) => sum(list, name))
  const cells = of('cells')
  switch (page) {
    case 'sessions': {
      const figures = (list: PlanRow[]) => [
        ...sums('one', 'completed', 'left', 'cancelled', 'returned', 'value')(list),
        mean(list, 'value', 'paidInEuro'),
        mean(list, 'itemsPaid', 'paid'),
        mean(list, 'ratingSum', 'rated'),
      ]
      return {
        totals: { now: figures(cells), before: figures(before) },
        days: by(
          cells,
          ({ day }) => day,
          (list) => [...figures(list), sum(list, 'rated')],
        ),
        clients: by(cells, ({ client }) => client, sums('one', 'value')),
        stores: by(cells, ({ storeId }) => storeId, sums('one', 'completed', 'left', 'value')),
        ratings: by(of('ratings'), ({ rating }) => rating, sums('one')),
        weekdays: by(cells, ({ day }) => Math.floor(weekHourOf(Number(day)) / 24), sums('one', 'value')),
      }
    }
    case 'conversion': {
      const positionOf = (row: PlanRow) => Math.max(0, (steps as readonly unknown[]).indexOf(row.furthestStep))
      const ended = (row: PlanRow) => number(row, 'open') === 0
      return {
        steps: Object.fromEntries(
          steps.map((step, position) => {
            const here = cells.filter((row) => positionOf(row) === position)
            const lost = position === steps.length - 1 ? [] : here.filter(ended)
            return [
              step,
              [
                sum(
                  cells.filter((row) => positionOf(row) >= position),
                  'one',
                ),
                sum(
                  before.filter((row) => positionOf(row) >= position),
                  'one',
                ),
                sum(lost, 'one'),
                sum(
                  lost.filter((row) => number(row, 'paid') === 0),
                  'euroValue',
                ),
                sum(
                  here.filter((row) => !ended(row)),
                  'one',
                ),
              ],
            ]
          }),
        ),
        obstacles: by(
          cells.filter((row) => number(row, 'paid') === 0),
          ({ obstacle }) => obstacle,
          sums('one', 'euroValue'),
        ),
        second: { all: [sum(cells, 'again'), sum(cells, 'againPaid')] },
        days: by(
          cells.map((row) => ({ ...row, settled: number(row, 'paid') * number(row, 'one') })),
          ({ day }) => day,
          sums('one', 'settled'),
        ),
      }
    }
    case 'checks': {
      const days = of('days')
      const [wait] = of('waiting')
      const [work] = of('interaction')
      const [was] = before
      const [workBefore] = hasBefore ? of('interactionBefore') : []
      const paces = new Map(of('pace').map((row) => [row.checkedBy, row]))
      const interactions = new Map(of('interactions').map((row) => [String(row.day), row]))
      const quantile = (row: PlanRow | undefined, name: 'p50' | 'p95') => (row?.[name] ?? null) as number | null
      return {
        totals: {
          now: [
            ...sums('spot', 'age', 'loss')(days),
            quantile(wait, 'p50'),
            quantile(wait, 'p95'),
            quantile(work, 'p50'),
          ],
          before: [
            ...sums('spot', 'age', 'loss')(before),
            quantile(was, 'p50'),
            quantile(was, 'p95'),
            quantile(workBefore, 'p50'),
          ],
        },
        rate: { all: sums('settled', 'settledSpot')(of('rate')) },
        days: by(
          days,
          ({ day }) => day,
          (list) => {
            const inDay = interactions.get(String(list[0]?.day))
            return [
              ...sums('spot', 'age')(list),
              quantile(list[0], 'p50'),
              quantile(list[0], 'p95'),
              quantile(inDay, 'p50'),
              quantile(inDay, 'p95'),
              ...sums('loss', 'neverServed')(list),
            ]
          },
        ),
        outcomes: {
          ...by(of('outcomes'), (row) => outcomeKey('spot_check', row.spotCheck), sums('one')),
          ...by(of('outcomes'), (row) => outcomeKey('age_verification', row.ageVerification), sums('one')),
        },
        waits: Object.fromEntries(WAITS.map((from, at) => [String(from), sums(`wait${at}` as DerivedName)(days)])),
        methods: by(of('methods'), ({ checkMethod }) => checkMethod, sums('judged', 'found', 'loss')),
        employees: by(
          of('employees'),
          ({ checkedBy }) => checkedBy,
          (list) => {
            const pace = paces.get(list[0]?.checkedBy)
            return [...sums('one', 'judged', 'found')(list), quantile(pace, 'p50'), quantile(pace, 'p95')]
          },
        ),
      }
    }
    case 'abandoned':
      return {
        totals: {
          now: sums('left', 'leftValue', 'leftItems')(cells),
          before: sums('left', 'leftValue', 'leftItems')(before),
        },
        days: by(cells, ({ day }) => day, sums('one', 'left', 'leftValue')),
        clients: by(cells, ({ client }) => client, sums('one', 'left', 'leftValue')),
        hours: by(of('hours'), ({ hour }) => hour, sums('one', 'left', 'leftValue')),
        steps: by(of('causes'), ({ furthestStep }) => furthestStep, sums('one', 'leftValue')),
        obstacles: by(of('causes'), ({ obstacle }) => obstacle, sums('one', 'leftValue')),
      }
    case 'heat':
      return { cells: by(cells, ({ weekHour }) => weekHour, sums('one', 'value')) }
  }
}

const outcomeKey = (kind: string, outcome: unknown): string | null =>
  outcome === 'not_required' || outcome === null || outcome === undefined ? null : `${kind} ${outcome}`
