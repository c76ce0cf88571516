import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { columnsOf } from '#shared/protocol/day-block.ts'
import { type Activity, activityAt } from '#shared/session/activity.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { localDateOf } from '#shared/time/local-day.ts'
import {
  type DaysByZone,
  noFilter,
  type Range,
  type SessionFacets,
  type SessionQuery,
  type SessionSort,
} from './data-api.ts'
import type { OverlayRow } from './database.ts'
import { SessionIndex } from './session-index.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 11)
const NOW = 10_000_000_000_000
const DAY = 86_400_000
const STORES = ['a', 'b', 'c']
const ZONES: Record<string, string> = { a: 'Europe/Berlin', b: 'America/New_York', c: 'Australia/Lord_Howe' }
const zoneOf = (storeId: string) => ZONES[storeId] ?? 'UTC'
const staleAfterMinutes = (storeId: string) => (storeId === 'a' ? 40 : 60)

/** What the index must answer, kept as plain rows. */
class NaiveIndex {
  private readonly stores = new Map<string, Map<string, { version: number; summary: SessionSummary | null }>>()
  private pending: SessionSummary[] = []

  put(storeId: string, id: string, version: number, summary: SessionSummary | null): void {
    const rows = this.stores.get(storeId) ?? new Map()
    this.stores.set(storeId, rows)
    if ((rows.get(id)?.version ?? 0) <= version) rows.set(id, { version, summary })
  }

  setPending(rows: readonly SessionSummary[]): void {
    this.pending = [...rows]
  }

  dropStore(storeId: string): void {
    this.stores.delete(storeId)
  }

  confirmed(storeId: string): SessionSummary[] {
    return [...(this.stores.get(storeId)?.values() ?? [])].flatMap(({ summary }) => summary ?? [])
  }

  visible(storeIds: readonly string[]): SessionSummary[] {
    return storeIds.flatMap((storeId) => this.confirmed(storeId)).map((row) => this.get(row.storeId, row.id) ?? row)
  }

  get(storeId: string, id: string): SessionSummary | undefined {
    const pending = this.pending.find((row) => row.storeId === storeId && row.id === id)
    const summary = this.stores.get(storeId)?.get(id)?.summary ?? undefined
    return summary === undefined ? undefined : (pending ?? summary)
  }

  query(query: SessionQuery): { rows: SessionSummary[]; count: number; totals: unknown } {
    const found = this.visible(query.storeIds).filter((row) => isUnder(query, row))
    found.sort(
      (a, b) =>
        compareValues(sortValue(a, query.sort, query.nowMs), sortValue(b, query.sort, query.nowMs), query.descending) ||
        b.lastActivityAt - a.lastActivityAt ||
        compareValues(a.id, b.id, false),
    )
    const currencies = [...new Set(found.map((row) => row.currency))].sort()
    return {
      rows: found.slice(query.offset, query.offset + query.limit),
      count: found.length,
      totals: {
        quantity: found.reduce((sum, row) => sum + row.quantity, 0),
        byCurrency: currencies.map((currency) => ({
          currency,
          total: found.filter((row) => row.currency === currency).reduce((sum, row) => sum + row.total, 0),
        })),
      },
    }
  }
}

/** What filter menus offer: the value of a row, and the filter that leaves the menu's own out of account. */
const menus: { [Name in keyof SessionFacets]: (row: SessionSummary, nowMs: number) => string | null } = {
  activity: (row, nowMs) => activityOf(row, nowMs),
  state: (row) => row.state,
  progress: (row) => row.progress,
  client: (row) => row.client,
  spotCheck: (row) => row.spotCheck,
  ageVerification: (row) => row.ageVerification,
  endReason: (row) => row.endReason ?? 'none',
  currency: (row) => row.currency,
  rating: (row) => String(row.rating ?? 0),
  reviewed: (row) => String(row.reviewed),
  abandoned: (row) => String(row.progress === 'abandoned'),
  withCheck: (row) => String(checked(row)),
  neverServed: (row) => String(unserved(row)),
  furthestStep: (row) => row.furthestStep,
  obstacle: (row) => row.obstacle,
  checkMethod: (row) => row.checkMethod,
  checkedBy: (row) => row.checkedBy,
}
const traitNames = ['furthestStep', 'obstacle', 'checkMethod', 'checkedBy'] as const

const checked = (row: SessionSummary) => row.spotCheck !== 'not_required' || row.ageVerification !== 'not_required'
const unserved = (row: SessionSummary) => row.spotCheck === 'never_served' || row.ageVerification === 'never_served'
/** By zone and instant: the calendar takes its time, and is asked for few instants. */
const wallTimes = new Map<string, { weekday: number; hour: number; wallHour: number }>()
function wallTime({ storeId, startedAt }: SessionSummary) {
  const key = `${zoneOf(storeId)} ${startedAt}`
  const known = wallTimes.get(key)
  if (known !== undefined) return known
  const local = Temporal.Instant.fromEpochMilliseconds(startedAt).toZonedDateTimeISO(zoneOf(storeId)).toPlainDateTime()
  const wallHour = Math.floor(local.toZonedDateTime('UTC').epochMilliseconds / 3_600_000)
  const made = { weekday: local.dayOfWeek - 1, hour: local.hour, wallHour }
  wallTimes.set(key, made)
  return made
}

function activityOf(row: SessionSummary, nowMs: number): Activity {
  const iso = (ms: number) => new Date(ms).toISOString()
  const endedAt = row.endedAt === null ? null : iso(row.endedAt)
  const session = { state: row.state, endedAt, lastActivityAt: iso(row.lastActivityAt) }
  return activityAt(session, nowMs, staleAfterMinutes(row.storeId))
}

const running = (finishedMs: number, since: number | null, nowMs: number) =>
  since === null ? finishedMs : finishedMs + Math.max(0, nowMs - since)

function sortValue(row: SessionSummary, sort: SessionSort, nowMs: number): string | number | null {
  if (sort === 'waitingMs') return running(row.waitingMs, row.waitingSince, nowMs)
  if (sort === 'interactionMs') return running(row.interactionMs, row.interactingSince, nowMs)
  if (sort === 'furthestStep' && row.furthestStep !== null) {
    const place = labels.stepsInOrder.indexOf(row.furthestStep)
    return place < 0 ? labels.stepsInOrder.length : place
  }
  return sort === 'reviewed' ? Number(row.reviewed) : row[sort]
}

function compareValues(a: string | number | null, b: string | number | null, descending: boolean): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return a < b !== descending ? -1 : 1
}

/** By the date that the store's own clock shows. */
function onDays(days: DaysByZone | null, storeId: string, at: number | null): boolean {
  if (days === null) return true
  const span = days[zoneOf(storeId)]
  if (span === undefined) return false
  if (at === null) return false
  const date = localDateOf(at, zoneOf(storeId))
  return (span.from === null || date >= span.from) && (span.to === null || date <= span.to)
}

function isUnder(query: SessionQuery, row: SessionSummary): boolean {
  const oneOf = <Value>(list: readonly Value[], value: Value) => list.length === 0 || list.includes(value)
  const within = (range: Range | null, value: number | null) =>
    range === null ||
    (range.min === null && range.max === null) ||
    (value !== null && (range.min === null || value >= range.min) && (range.max === null || value <= range.max))
  const needle = query.text.trim().toLowerCase()
  return (
    (query.startedFrom === null || row.startedAt >= query.startedFrom) &&
    (query.startedTo === null || row.startedAt < query.startedTo) &&
    onDays(query.startedOn, row.storeId, row.startedAt) &&
    onDays(query.lastActivityOn, row.storeId, row.lastActivityAt) &&
    onDays(query.endedOn, row.storeId, row.endedAt) &&
    oneOf(query.activity, activityOf(row, query.nowMs)) &&
    oneOf(query.state, row.state) &&
    oneOf(query.progress, row.progress) &&
    oneOf(query.client, row.client) &&
    oneOf<string>(query.spotCheck, row.spotCheck) &&
    oneOf<string>(query.ageVerification, row.ageVerification) &&
    oneOf<string>(query.endReason, row.endReason ?? 'none') &&
    oneOf(query.currency, row.currency) &&
    within(query.lastActivityAt, row.lastActivityAt) &&
    within(query.endedAt, row.endedAt) &&
    within(query.transactions, row.transactions) &&
    within(query.total, row.total) &&
    within(query.quantity, row.quantity) &&
    within(query.waitingMs, running(row.waitingMs, row.waitingSince, query.nowMs)) &&
    within(query.interactionMs, running(row.interactionMs, row.interactingSince, query.nowMs)) &&
    oneOf(query.rating, row.rating ?? 0) &&
    (query.reviewed === null || query.reviewed === row.reviewed) &&
    (query.waitingNow === null || query.waitingNow === (row.waitingSince !== null)) &&
    traitNames.every((name) => query[name].length === 0 || query[name].includes(row[name] ?? '')) &&
    (query.withFinding === null || (row.differences !== null && query.withFinding === row.differences > 0)) &&
    (query.withLoss === null || (row.preventedLoss !== null && query.withLoss === row.preventedLoss > 0)) &&
    (query.opened === null || query.opened === running(row.interactionMs, row.interactingSince, query.nowMs) > 0) &&
    (query.abandoned === null || query.abandoned === (row.progress === 'abandoned')) &&
    (query.withCheck === null || query.withCheck === checked(row)) &&
    (query.neverServed === null || query.neverServed === unserved(row)) &&
    (query.weekday.length === 0 || query.weekday.includes(wallTime(row).weekday)) &&
    (query.hour.length === 0 || query.hour.includes(wallTime(row).hour)) &&
    (query.storeTime === null || within(query.storeTime, wallTime(row).wallHour)) &&
    (row.id.toLowerCase().includes(needle) || (row.customerId?.toLowerCase().includes(needle) ?? false))
  )
}

// --- what happens to an index ---------------------------------------------------------------------------------------

// Upper and lower case beyond ASCII, letters that lower to ASCII (İ, K), characters on both sides of the surrogates.
const LETTERS = ['a', 'A', 'b', '1', '2', '-', '~', ' ', 'Ä', 'ä', 'ß', 'İ', '\u212a', 'Σ', 'ς', '\ufb00', '😀', '豈']
const textArbitrary = fc.array(fc.constantFrom(...LETTERS), { minLength: 1, maxLength: 5 }).map((list) => list.join(''))
const idArbitrary = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 30 }).map((number) => `Session-${number}`) },
  { weight: 4, arbitrary: textArbitrary },
  // Longer than one byte can count, equal for longer than one step of a sort.
  {
    weight: 1,
    arbitrary: fc.constantFrom('x'.repeat(126), 'x'.repeat(127), `${'x'.repeat(200)}a`, `${'ä'.repeat(254)}b`),
  },
)
const labels = {
  state: ['open', 'closed', 'cancelled', 'partially_returned'] as const,
  progress: ['basket_created', 'payment_completed', 'abandoned', 'something_new'],
  client: ['matrix', 'sdk-ios', 'Zebra ™'],
  step: ['basket_created', 'payment_started', 'payment_completed', 'something_new'],
  stepsInOrder: ['basket_created', 'checkout_started', 'payment_started', 'payment_completed', 'session_completed'],
  obstacle: ['payment_failed', 'none', 'something_new'],
  method: ['sight_check', 'full_rescan'],
  staff: ['1001', '1002', 'null'],
  check: ['not_required', 'waiting', 'in_progress', 'approved', 'rejected'] as const,
}
const instantArbitrary = fc.oneof(
  fc.integer({ min: 0, max: 6 }).map((step) => NOW - step * 20 * 60_000),
  fc.integer({ min: 0, max: 400 }).map((days) => NOW - days * DAY),
)
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: null })
const rowArbitrary: fc.Arbitrary<SessionSummary> = fc.record({
  id: idArbitrary,
  storeId: fc.constantFrom(...STORES),
  version: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(2 ** 40)),
  customerId: maybe(textArbitrary),
  client: fc.constantFrom(...labels.client),
  state: fc.constantFrom(...labels.state),
  progress: fc.constantFrom(...labels.progress),
  startedAt: instantArbitrary,
  lastActivityAt: instantArbitrary,
  endedAt: maybe(instantArbitrary),
  endReason: maybe(fc.constantFrom('completed' as const, 'cancelled' as const)),
  expiresAt: maybe(instantArbitrary),
  currency: fc.constantFrom('EUR', 'CHF'),
  quantity: fc.oneof(fc.nat(5), fc.constantFrom(254, 255, 256, 65_534, 65_535, 70_000)),
  total: fc.oneof(fc.nat(5), fc.constantFrom(2 ** 31 - 1, 2 ** 31, 10_000_000_000)),
  transactions: fc.nat(3),
  spotCheck: fc.constantFrom(...labels.check),
  ageVerification: fc.constantFrom(...labels.check),
  waitingMs: fc.nat(3).map((minutes) => minutes * 60_000),
  waitingSince: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: instantArbitrary }),
  interactionMs: fc.nat(3).map((minutes) => minutes * 60_000),
  interactingSince: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: instantArbitrary }),
  rating: maybe(fc.integer({ min: 1, max: 5 })),
  reviewed: fc.boolean(),
  preventedLoss: maybe(fc.constantFrom(0, 119, 2 ** 31)),
  furthestStep: maybe(fc.constantFrom(...labels.step)),
  obstacle: maybe(fc.constantFrom(...labels.obstacle)),
  checkMethod: maybe(fc.constantFrom(...labels.method)),
  checkedBy: maybe(fc.constantFrom(...labels.staff)),
  differences: maybe(fc.constantFrom(0, 1, 3, 255)),
})

const listOf = <Value>(values: readonly Value[], unknown: Value): fc.Arbitrary<Value[]> => {
  const none: Value[] = []
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(none) },
    { weight: 2, arbitrary: fc.subarray([...values]) },
    { weight: 1, arbitrary: fc.constant(none.concat(unknown)) },
  )
}
const rangeArbitrary = (bound: fc.Arbitrary<number>) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.record({ min: maybe(bound), max: maybe(bound) }) },
  )
const dateArbitrary = fc.integer({ min: -1, max: 401 }).map((days) => localDateOf(NOW - days * DAY, 'UTC'))
const daysArbitrary: fc.Arbitrary<DaysByZone | null> = fc.oneof(
  { weight: 5, arbitrary: fc.constant(null) },
  {
    weight: 1,
    // Relative days are not the same everywhere.
    arbitrary: fc.dictionary(
      fc.constantFrom(...Object.values(ZONES)),
      fc
        .record({ from: maybe(dateArbitrary), to: maybe(dateArbitrary) })
        .filter(({ from, to }) => from !== null || to !== null),
    ),
  },
)
const SORTS: SessionSort[] = [
  'lastActivityAt',
  'startedAt',
  'endedAt',
  'quantity',
  'total',
  'client',
  'progress',
  'state',
  'storeId',
  'id',
  'customerId',
  'spotCheck',
  'ageVerification',
  'waitingMs',
  'interactionMs',
  'rating',
  'transactions',
  'endReason',
  'currency',
  'reviewed',
  'furthestStep',
  'obstacle',
  'checkMethod',
]
const queryArbitrary: fc.Arbitrary<SessionQuery> = fc.record({
  storeIds: fc.oneof(fc.constant(STORES), fc.subarray([...STORES, 'unknown'])),
  startedFrom: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: instantArbitrary }),
  startedTo: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: instantArbitrary }),
  startedOn: daysArbitrary,
  lastActivityOn: daysArbitrary,
  endedOn: daysArbitrary,
  activity: listOf<Activity>(['ongoing', 'stale', 'paid_not_exited', 'ended'], 'ended'),
  state: listOf<string>(labels.state, 'frozen'),
  progress: listOf(labels.progress, 'unheard_of'),
  client: listOf(labels.client, 'nobody'),
  spotCheck: listOf<string>(labels.check, 'skipped'),
  ageVerification: listOf<string>(labels.check, 'skipped'),
  endReason: listOf<string>(['completed', 'cancelled', 'none'], 'unheard_of'),
  currency: listOf(['EUR', 'CHF'], 'XXX'),
  lastActivityAt: rangeArbitrary(instantArbitrary),
  endedAt: rangeArbitrary(instantArbitrary),
  transactions: rangeArbitrary(fc.nat(3)),
  total: rangeArbitrary(fc.constantFrom(0, 3, 2 ** 31, 10_000_000_000)),
  quantity: rangeArbitrary(fc.constantFrom(0, 3, 255, 65_535)),
  waitingMs: rangeArbitrary(fc.constantFrom(0, 60_000, 3_600_000)),
  interactionMs: rangeArbitrary(fc.constantFrom(0, 60_000, 3_600_000)),
  rating: listOf([0, 1, 2, 3, 4, 5], 9),
  reviewed: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.boolean() }),
  waitingNow: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.boolean() }),
  furthestStep: listOf(labels.step, 'unheard_of'),
  obstacle: listOf(labels.obstacle, 'unheard_of'),
  checkMethod: listOf(labels.method, 'unheard_of'),
  checkedBy: listOf(labels.staff, 'nobody'),
  withFinding: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.boolean() }),
  withLoss: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.boolean() }),
  opened: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.boolean() }),
  abandoned: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.boolean() }),
  neverServed: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.boolean() }),
  withCheck: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.boolean() }),
  weekday: listOf<number>([0, 1, 2, 3, 4, 5, 6], 7),
  hour: listOf(
    Array.from({ length: 24 }, (_, hour) => hour),
    24,
  ),
  storeTime: rangeArbitrary(instantArbitrary.map((at) => Math.floor(at / 3_600_000))),
  text: fc.oneof<fc.MaybeWeightedArbitrary<string>[]>(
    { weight: 3, arbitrary: fc.constantFrom('', '  ') },
    { weight: 3, arbitrary: fc.constantFrom('S', 'session', 'N-1', '-2', 'x'.repeat(150), 'i', 'k', 'ä', '豈', '~') },
    { weight: 2, arbitrary: textArbitrary },
  ),
  sort: fc.constantFrom(...SORTS),
  descending: fc.boolean(),
  offset: fc.oneof(fc.constant(0), fc.nat(40)),
  limit: fc.oneof(fc.nat(6), fc.constant(1000)),
  nowMs: fc.constantFrom(NOW, NOW + 60_000, NOW + 20 * 60_000),
})

type Step =
  | { type: 'block'; storeId: string; rows: SessionSummary[] }
  | { type: 'overlay'; rows: OverlayRow[] }
  | { type: 'pending'; rows: SessionSummary[] }
  | { type: 'drop'; storeId: string }
  | { type: 'prepare'; slices: number }
  | { type: 'query'; query: SessionQuery }
const rowsArbitrary = (maxLength: number) => fc.array(rowArbitrary, { maxLength })
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('block' as const),
      storeId: fc.constantFrom(...STORES),
      rows: rowsArbitrary(25),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('overlay' as const),
      rows: fc.array(
        fc.record({ row: rowArbitrary, deleted: fc.boolean() }).map(({ row, deleted }) => ({
          storeId: row.storeId,
          id: row.id,
          version: row.version,
          summary: deleted ? null : row,
        })),
        { maxLength: 5 },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('pending' as const), rows: rowsArbitrary(4) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('drop' as const), storeId: fc.constantFrom(...STORES) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('prepare' as const), slices: fc.nat(30) }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('query' as const), query: queryArbitrary }) },
)

function expectSame(index: SessionIndex, naive: NaiveIndex, query: SessionQuery): void {
  const expected = naive.query(query)
  const page = index.query(query, staleAfterMinutes)
  expect(page.count).toBe(expected.count)
  expect(page.totals).toEqual(expected.totals)
  const key = (row: SessionSummary) => [sortValue(row, query.sort, query.nowMs), row.lastActivityAt, row.id]
  expect(page.rows.map(key)).toEqual(expected.rows.map(key))
  // Sessions of two stores may be equal in all that sorts them.
  for (const row of page.rows) expect(row).toEqual(naive.get(row.storeId, row.id))
  const all = naive.query({ ...query, offset: 0, limit: Number.POSITIVE_INFINITY }).rows
  const asked = [...all, { storeId: 'a', id: 'not here' }].map(({ storeId, id }) => ({ storeId, id }))
  expect(index.totals(asked)).toEqual({ count: expected.count, totals: expected.totals })
  expect(new Set(page.rows.map((row) => JSON.stringify([row.storeId, row.id]))).size).toBe(page.rows.length)
}

function expectSameFacets(index: SessionIndex, naive: NaiveIndex, query: SessionQuery): void {
  const facets = index.facets(query, staleAfterMinutes)
  const rows = naive.visible(query.storeIds)
  for (const name of Object.keys(menus) as (keyof SessionFacets)[]) {
    const open: SessionQuery = { ...query, [name]: noFilter[name] }
    const counts = new Map<string, number>()
    for (const row of rows) {
      const value = menus[name](row, query.nowMs)
      if (value === null) continue
      counts.set(value, (counts.get(value) ?? 0) + Number(isUnder(open, row)))
    }
    const expected = [...counts].map(([value, count]) => ({ value, count }))
    // A menu may offer an activity that time alone keeps from occurring.
    const offered = facets[name].filter(({ value, count }) => count > 0 || name !== 'activity' || counts.has(value))
    const inOrder = expected.sort((a, b) => b.count - a.count || compareValues(a.value, b.value, false))
    expect([name, offered]).toEqual([name, inOrder])
  }
}

function take(step: Step, index: SessionIndex, naive: NaiveIndex): void {
  if (step.type === 'block') {
    index.addBlock(step.storeId, columnsOf(step.rows))
    for (const row of step.rows) naive.put(step.storeId, row.id, row.version, { ...row, storeId: step.storeId })
  } else if (step.type === 'overlay') {
    index.addOverlay(step.rows)
    // Deletions first: within one call a session occurs once in life.
    for (const row of step.rows) if (row.summary === null) naive.put(row.storeId, row.id, row.version, null)
    for (const row of step.rows) if (row.summary !== null) naive.put(row.storeId, row.id, row.version, row.summary)
  } else if (step.type === 'pending') {
    const rows = [...new Map(step.rows.map((row) => [JSON.stringify([row.storeId, row.id]), row])).values()]
    index.setPending(rows)
    naive.setPending(rows)
  } else if (step.type === 'drop') {
    index.dropStore(step.storeId)
    naive.dropStore(step.storeId)
  } else if (step.type === 'prepare') {
    let left = step.slices
    index.prepare(() => {
      left -= 1
      return left >= 0
    })
  } else {
    expectSame(index, naive, step.query)
    expectSameFacets(index, naive, step.query)
  }
}

describe(`the session index against a naive filter and sort (seed ${seed})`, () => {
  for (const [way, sortedDirectly] of [
    ['sorting what was found', { prepared: 1_000, unprepared: 1_000, selected: 0 }],
    ['walking along kept orders', { prepared: 0, unprepared: 0, selected: 0 }],
    ['selecting the first', { prepared: 0, unprepared: 0, selected: 1_100 }],
  ] as const) {
    it(`answers the same rows, counts and sums after any changes, ${way}`, () => {
      fc.assert(
        fc.property(fc.array(stepArbitrary, { maxLength: 30 }), queryArbitrary, (steps, last) => {
          const index = new SessionIndex(zoneOf, sortedDirectly)
          const naive = new NaiveIndex()
          for (const step of steps) take(step, index, naive)
          expectSame(index, naive, last)
          const byKey = (a: SessionSummary, b: SessionSummary) => compareValues(a.id, b.id, false)
          for (const storeId of STORES) {
            const confirmed = naive.confirmed(storeId).sort(byKey)
            expect([...index.confirmedRows(storeId)].sort(byKey)).toEqual(confirmed)
            expect(index.count(storeId)).toBe(confirmed.length)
            for (const row of confirmed) expect(index.confirmed(storeId, row.id)).toEqual(row)
            for (const row of naive.visible([storeId])) expect(index.get(storeId, row.id)).toEqual(row)
            const open = naive.visible([storeId]).filter((row) => row.endedAt === null)
            expect(index.openRows([storeId]).sort(byKey)).toEqual(open.sort(byKey))
          }
        }),
        { seed, numRuns: 400 },
      )
    })
  }

  it('answers the same on thousands of rows, while they change between queries', () => {
    const sample = <Value>(arbitrary: fc.Arbitrary<Value>, numRuns: number, offset: number) =>
      fc.sample(arbitrary, { seed: seed + offset, numRuns })
    const index = new SessionIndex(zoneOf, { prepared: 100, unprepared: 100, selected: 100 })
    const naive = new NaiveIndex()
    const rename = (row: SessionSummary, number: number) => ({ ...row, id: `${row.id}/${number % 1_500}` })
    const rows = sample(rowArbitrary, 2_000, 1).map(rename)
    for (const storeId of STORES) take({ type: 'block', storeId, rows }, index, naive)
    const changes = sample(rowArbitrary, 2_500, 2).map(rename)
    const queries = sample(queryArbitrary, 100, 3)
    for (const [number, query] of queries.entries()) {
      const changed = changes.slice(number * 25, number * 25 + (number % 25))
      const summaries = changed.map((row) => ({ ...row, version: row.version + number }))
      const overlay = summaries.map((summary, position) => {
        const { storeId, id, version } = summary
        return { storeId, id, version, summary: position % 7 === 0 ? null : summary }
      })
      take({ type: 'overlay', rows: overlay }, index, naive)
      if (number % 3 === 0) take({ type: 'pending', rows: summaries.slice(0, 5) }, index, naive)
      if (number % 5 === 0) take({ type: 'prepare', slices: number }, index, naive)
      const offset = number % 4 === 0 ? 3_000 : number % 4 === 1 ? 400 : query.offset
      expectSame(index, naive, { ...query, offset })
      expectSame(index, naive, { ...query, ...noFilter, storeIds: STORES, offset, limit: 50 })
    }
  })
})

describe('the session index', () => {
  const [template] = fc.sample(rowArbitrary, { seed, numRuns: 1 })
  if (template === undefined) throw new Error('no row')
  const rowOf = (change: Partial<SessionSummary>): SessionSummary => ({ ...template, storeId: 'a', ...change })
  const all: SessionQuery = {
    ...noFilter,
    storeIds: ['a'],
    sort: 'id',
    descending: false,
    offset: 0,
    limit: 10,
    nowMs: NOW,
  }

  it('keeps a deleted session deleted, whatever older block comes after it', () => {
    const index = new SessionIndex(zoneOf)
    index.addOverlay([{ storeId: 'a', id: 's', version: 5, summary: null }])
    index.addBlock('a', columnsOf([rowOf({ id: 's', version: 4 })]))
    expect(index.get('a', 's')).toBeUndefined()
    index.addOverlay([{ storeId: 'a', id: 's', version: 6, summary: rowOf({ id: 's', version: 6 }) }])
    expect(index.get('a', 's')?.version).toBe(6)
  })

  it('takes any version after a store was dropped: another epoch numbers anew', () => {
    const index = new SessionIndex(zoneOf)
    index.addBlock('a', columnsOf([rowOf({ id: 's', version: 50 })]))
    index.addOverlay([{ storeId: 'a', id: 'gone', version: 60, summary: null }])
    index.dropStore('a')
    expect(index.count('a')).toBe(0)
    index.addBlock('a', columnsOf([rowOf({ id: 's', version: 3 }), rowOf({ id: 'gone', version: 2 })]))
    expect([index.get('a', 's')?.version, index.get('a', 'gone')?.version, index.count('a')]).toEqual([3, 2, 2])
  })

  it('shows an unsent decision over its session only while that is here', () => {
    const index = new SessionIndex(zoneOf)
    index.setPending([rowOf({ id: 's', version: 1, client: 'pending' })])
    expect(index.query(all, staleAfterMinutes).count).toBe(0)
    index.addBlock('a', columnsOf([rowOf({ id: 's', version: 1, client: 'confirmed' })]))
    expect(index.query(all, staleAfterMinutes).rows.map((row) => row.client)).toEqual(['pending'])
    expect(index.confirmed('a', 's')?.client).toBe('confirmed')
    expect(index.facets(all, staleAfterMinutes).client).toEqual([{ value: 'pending', count: 1 }])
    index.addOverlay([{ storeId: 'a', id: 's', version: 2, summary: null }])
    expect(index.query(all, staleAfterMinutes).count).toBe(0)
    index.setPending([])
    expect(index.get('a', 's')).toBeUndefined()
  })

  it('sorts right although rows change while they are sorted', () => {
    const index = new SessionIndex(zoneOf, { prepared: 0, unprepared: 0, selected: 0 })
    const naive = new NaiveIndex()
    const pick = (number: number, values: number) => Math.imul(number + seed, 0x9e3779b1) >>> (32 - values)
    const summary = (number: number, round: number) =>
      rowOf({
        id: `session ${pick(number, 20)}/${number}`,
        version: round,
        customerId: pick(number + round, 2) === 0 ? null : `customer ${pick(number + round, 10)}`,
        startedAt: NOW,
        lastActivityAt: NOW + pick(number * 7 + round, 1),
        total: pick(number * 3 + round, 4),
        waitingSince: null,
      })
    const rows = Array.from({ length: 40_000 }, (_, number) => summary(number, 1))
    take({ type: 'block', storeId: 'a', rows }, index, naive)
    index.expectSearch()
    let slices = 0
    const work = () =>
      index.prepare(() => {
        slices += 1
        return slices % 4 !== 0
      })
    while (work()) {
      if (slices > 600) continue
      const changed = Array.from({ length: 20 }, (_, number) => summary(pick(slices * 20 + number, 15), slices))
      const overlay = changed.map((row) => ({ storeId: 'a', id: row.id, version: row.version, summary: row }))
      take({ type: 'overlay', rows: overlay }, index, naive)
    }
    expect(slices).toBeGreaterThan(100)
    for (const sort of ['lastActivityAt', 'total', 'customerId', 'id', 'state'] as const) {
      for (const descending of [true, false]) {
        expectSame(index, naive, { ...all, sort, descending, offset: 15_000, limit: 2_000 })
      }
    }
  })

  it('takes a deleted session out of the order that its running time gave it', () => {
    const index = new SessionIndex(zoneOf, { prepared: 0, unprepared: 0, selected: 0 })
    const waited = (number: number, waitingMs: number, waitingSince: number | null = null) =>
      rowOf({ id: `s${number}`, version: 1, waitingMs, waitingSince })
    const rows = Array.from({ length: 200 }, (_, number) => waited(number, number * 1_000))
    index.addBlock('a', columnsOf([...rows, waited(200, 50_500, NOW - DAY)]))
    const query: SessionQuery = { ...all, sort: 'waitingMs', limit: 1_000 }
    expect(index.query(query, staleAfterMinutes).rows.at(-1)?.id).toBe('s200')
    index.addOverlay([{ storeId: 'a', id: 's200', version: 2, summary: null }])
    index.addBlock('a', columnsOf(rows.map((row, number) => waited(number + 300, row.waitingMs + 500))))
    const times = index.query(query, staleAfterMinutes).rows.map((row) => row.waitingMs)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times.length).toBe(400)
  })

  it('answers a search text that is typed, shortened and typed again', () => {
    const index = new SessionIndex(zoneOf)
    const ids = ['abc', 'ABD', 'xab', 'b', 'zz']
    index.addBlock('a', columnsOf(ids.map((id) => rowOf({ id, customerId: null }))))
    const counts = ['a', 'ab', 'abc', 'ab', 'b', '', 'z', 'abz', 'ab'].map(
      (text) => index.query({ ...all, text }, staleAfterMinutes).count,
    )
    expect(counts).toEqual([3, 3, 1, 3, 4, 5, 1, 0, 3])
  })

  it('keeps more different values than a byte, or two, can count', () => {
    const index = new SessionIndex(zoneOf)
    const rows = Array.from({ length: 70_000 }, (_, number) => rowOf({ id: `s${number}`, client: `client ${number}` }))
    for (let start = 0; start < rows.length; start += 10_000) {
      index.addBlock('a', columnsOf(rows.slice(start, start + 10_000)))
    }
    for (const number of [0, 255, 256, 65_535, 65_536, 69_999]) {
      const page = index.query({ ...all, client: [`client ${number}`] }, staleAfterMinutes)
      expect(page.rows.map((row) => row.id)).toEqual([`s${number}`])
    }
    expect(index.query({ ...all, sort: 'client', descending: true, limit: 2 }, staleAfterMinutes).rows[1]?.client).toBe(
      'client 9998',
    )
  })

  it('lists the values that occur, most frequent first', () => {
    const index = new SessionIndex(zoneOf)
    const clients = ['matrix', 'sdk-ios', 'sdk-ios', 'new thing', 'sdk-ios', 'matrix']
    index.addBlock('a', columnsOf(clients.map((client, number) => rowOf({ id: `s${number}`, client }))))
    index.addBlock('b', columnsOf([rowOf({ id: 't', client: 'elsewhere' })]))
    const menuOf = (storeIds: string[]) =>
      index.facets({ ...all, storeIds }, staleAfterMinutes).client.map(({ value, count }) => `${count} ${value}`)
    expect(menuOf(['a'])).toEqual(['3 sdk-ios', '2 matrix', '1 new thing'])
    expect(menuOf(['a', 'b'])).toEqual(['3 sdk-ios', '2 matrix', '1 elsewhere', '1 new thing'])
  })

  it('says when all is prepared, and that changes need it again', () => {
    const index = new SessionIndex(zoneOf)
    const rows = Array.from({ length: 50_000 }, (_, number) => rowOf({ id: `session ${number}`, total: number % 977 }))
    index.addBlock('a', columnsOf(rows))
    let slices = 0
    const work = index.prepare(() => {
      slices += 1
      return slices < 4
    })
    expect(work).toBe(true)
    expect(index.prepare(() => true)).toBe(false)
    index.addOverlay([{ storeId: 'a', id: 'session 7', version: 2 ** 41, summary: rowOf({ id: 'session 7' }) }])
    expect(index.prepare(() => false)).toBe(true)
    expect(index.prepare(() => true)).toBe(false)
    // Text search is made for those who search.
    index.expectSearch()
    expect(index.prepare(() => false)).toBe(true)
    expect(index.prepare(() => true)).toBe(false)
  })
})
