import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { columnsOf } from '#shared/protocol/day-block.ts'
import { obstacles, steps } from '#shared/session/abandoned-story.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { readWallHour } from '#shared/time/wall-hour.ts'
import { type BucketSize, type ChartFrame, type ChartQuery, heatMeasures, type Quantiles } from '../chart-api.ts'
import { type DaysByZone, noFilter } from '../data-api.ts'
import { SessionIndex } from '../session-index.ts'
import { summaryOf } from '../testing/summary-of.ts'
import { Charts } from './charts.ts'
import { rateOf } from './rate.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_207)
// Clocks that change at other days, at other hours, and by half an hour; half hours; the first to begin a day.
const ZONES: Record<string, string> = {
  a: 'Europe/Berlin',
  b: 'America/New_York',
  c: 'Australia/Lord_Howe',
  d: 'Asia/Kolkata',
  e: 'Pacific/Apia',
}
const STORES = Object.keys(ZONES)
const zoneOf = (storeId: string) => ZONES[storeId] ?? 'UTC'
const DAY = 86_400_000

/** Days around the changes of clocks of all. */
const instants = fc.oneof(
  fc.integer({ min: Date.UTC(2026, 2, 6), max: Date.UTC(2026, 3, 7) }),
  fc.integer({ min: Date.UTC(2026, 9, 2), max: Date.UTC(2026, 10, 3) }),
  // Full hours, and midnights of Berlin.
  fc.integer({ min: 0, max: 24 * 30 }).map((hour) => Date.UTC(2026, 2, 8) + hour * 3_600_000),
  // Around midnights of all.
  fc
    .tuple(
      fc.constantFrom(...Object.values(ZONES)),
      fc.integer({ min: 0, max: 250 }),
      fc.constantFrom(-1, 0, 1, 900_000),
    )
    .map(
      ([zone, day, off]) =>
        Temporal.PlainDate.from('2026-02-26').add({ days: day }).toZonedDateTime(zone).epochMilliseconds + off,
    ),
)
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: null })
const statuses = ['not_required', 'not_required', 'approved', 'rejected', 'never_served', 'waiting'] as const
const rows: fc.Arbitrary<SessionSummary[]> = fc
  .array(
    fc.record({
      storeId: fc.constantFrom(...STORES),
      client: fc.constantFrom('matrix', 'sdk-ios'),
      state: fc.constantFrom('open', 'closed', 'closed', 'cancelled', 'partially_returned'),
      progress: fc.constantFrom('basket_created', 'payment_completed', 'session_completed', 'abandoned', 'new_step'),
      startedAt: instants,
      endedAt: maybe(instants),
      endReason: maybe(fc.constantFrom('completed', 'cancelled', 'expired_inactivity')),
      currency: fc.constantFrom('EUR', 'EUR', 'USD'),
      quantity: fc.nat(300),
      total: fc.oneof(fc.nat(20_000), fc.constant(3_000_000_000)),
      transactions: fc.nat(3),
      spotCheck: fc.constantFrom(...statuses),
      ageVerification: fc.constantFrom(...statuses),
      waitingMs: fc.oneof(fc.nat(90_000), fc.constantFrom(0, 15_000, 60_000)),
      waitingSince: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: instants }),
      interactionMs: fc.oneof(fc.nat(90_000), fc.constant(0)),
      interactingSince: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: instants }),
      rating: maybe(fc.integer({ min: 1, max: 5 })),
      preventedLoss: maybe(fc.nat(900)),
      furthestStep: maybe(fc.constantFrom(...steps)),
      obstacle: maybe(fc.constantFrom(...obstacles)),
      checkMethod: maybe(fc.constantFrom('sight_check', 'full_rescan')),
      checkedBy: maybe(fc.constantFrom('1001', '1002')),
      differences: maybe(fc.nat(2)),
    }),
    { maxLength: 60 },
  )
  .map((list) =>
    list.map((part, number) => summaryOf({ ...part, id: `s${number}`, version: 1, lastActivityAt: part.startedAt })),
  )

const midnights = fc
  .integer({ min: 0, max: 45 })
  .map(
    (day) =>
      Temporal.PlainDate.from('2026-02-25').add({ days: day }).toZonedDateTime('Europe/Berlin').epochMilliseconds,
  )
const bound = fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, instants, midnights, midnights)
const date = fc
  .oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 220, max: 250 }))
  .map((days) => Temporal.PlainDate.from('2026-02-28').add({ days }))
const days = fc.oneof(
  fc.record({
    first: date,
    count: fc.integer({ min: 1, max: 40 }),
    open: fc.constantFrom('neither', 'neither', 'from', 'to'),
  }),
  // So many days back from the present one of each store.
  fc.record({ back: fc.nat(8), last: fc.nat(1) }),
)
const queries: fc.Arbitrary<ChartQuery> = fc
  .record({
    storeIds: fc.subarray(STORES),
    client: fc.subarray(['matrix']),
    bounds: fc.tuple(bound, bound),
    days: fc.option(days, { nil: null }),
    nowMs: instants,
    bucket: fc.constantFrom<BucketSize>('hour', 'day', 'week'),
    zone: fc.constantFrom('Europe/Berlin', 'Australia/Lord_Howe'),
    currency: fc.constantFrom(null, 'USD', 'EUR'),
  })
  .map(({ storeIds, client, bounds: [a, b], days, ...query }) => {
    const [startedFrom, startedTo] = a !== null && b !== null && a > b ? [b, a] : [a, b]
    const period =
      days === null ? { startedFrom, startedTo } : { startedOn: Object.fromEntries(Object.values(ZONES).map(spanIn)) }
    return { ...query, filter: { ...noFilter, storeIds, client, ...period } }

    function spanIn(zone: string) {
      if (days === null) return [zone, { from: null, to: null }]
      if ('first' in days) {
        const from = days.open === 'from' ? null : days.first.toString()
        return [zone, { from, to: days.open === 'to' ? null : days.first.add({ days: days.count - 1 }).toString() }]
      }
      const today = zoned(query.nowMs, zone).toPlainDate()
      const to = today.subtract({ days: days.last })
      return [zone, { from: to.subtract({ days: days.back }).toString(), to: to.toString() }]
    }
  })

/** Some rows come through unsent decisions over what was confirmed, some as newer documents, one more is deleted. */
function chartsOver(all: readonly SessionSummary[], maySeeEmployees = true) {
  const index = new SessionIndex(zoneOf)
  const isPending = (_: unknown, position: number) => position % 3 === 1
  const isNewer = (_: unknown, position: number) => position % 5 === 2
  const confirmed = all.map((row, position): SessionSummary => {
    const isOther = isPending(row, position) || isNewer(row, position)
    return isOther ? { ...row, total: 1, state: 'open', client: 'other', startedAt: row.startedAt - DAY } : row
  })
  const [first] = all
  const gone = first === undefined ? [] : [{ ...first, id: 'gone' }]
  for (const storeId of STORES) {
    index.addBlock(storeId, columnsOf([...confirmed, ...gone].filter((row) => row.storeId === storeId)))
  }
  // Charts must follow what changes after they were asked.
  index.wallHours.ofRows()
  const overlay = (row: SessionSummary, summary: SessionSummary | null) => ({
    storeId: row.storeId,
    id: row.id,
    version: 2,
    summary,
  })
  const newer = all.filter((row, position) => isNewer(row, position) && !isPending(row, position))
  index.addOverlay([...newer.map((row) => overlay(row, row)), ...gone.map((row) => overlay(row, null))])
  index.setPending(all.filter(isPending))
  const charts = new Charts({
    index,
    visibleStores: (wanted) => STORES.filter((id) => wanted.length === 0 || wanted.includes(id)),
    staleAfterMinutes: () => 30,
    currencyOf: () => 'EUR',
    isComplete: () => true,
    maySeeEmployees: () => maySeeEmployees,
    isOnline: () => false,
    lastContactAt: (storeId) => (storeId === 'a' ? 7 : null),
  })
  return { index, charts }
}

// --- the same numbers, recounted row by row ---------------------------------------------------------------------------

const zoned = (at: number, zone: string) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
/** The calendar takes its time. */
const localTimes = new WeakMap<SessionSummary, Temporal.PlainDateTime>()
function local(row: SessionSummary): Temporal.PlainDateTime {
  const at = localTimes.get(row) ?? zoned(row.startedAt, zoneOf(row.storeId)).toPlainDateTime()
  localTimes.set(row, at)
  return at
}
const hasCheck = (row: SessionSummary) => row.spotCheck !== 'not_required' || row.ageVerification !== 'not_required'
const isPaid = (row: SessionSummary) => row.state === 'closed' || row.state === 'partially_returned'
const isUnserved = (row: SessionSummary) => row.spotCheck === 'never_served' || row.ageVerification === 'never_served'
const isLeft = (row: SessionSummary) => row.progress === 'abandoned'
const sum = <Of>(of: readonly Of[], value: (each: Of) => number) => of.reduce((total, each) => total + value(each), 0)
const mean = <Of>(of: readonly Of[], value: (each: Of) => number) =>
  of.length === 0 ? null : sum(of, value) / of.length
const running = (finished: number, since: number | null, nowMs: number) =>
  finished + (since === null ? 0 : Math.max(0, nowMs - since))
const known = (values: (number | null)[]) => {
  const numbers = values.filter((value) => value !== null)
  return values.length > 0 && numbers.length === 0 ? null : sum(numbers, (value) => value)
}

function quantiles(values: number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
  return { p50: at(0.5), p95: at(0.95) }
}

function labelOf(row: SessionSummary, size: BucketSize): string {
  const at = local(row)
  if (size === 'hour') return at.toString().slice(0, 13)
  const day = at.toPlainDate()
  return (size === 'day' ? day : day.subtract({ days: day.dayOfWeek - 1 })).toString()
}

class Recount {
  readonly rows: SessionSummary[]
  /** Null where there is none; undefined where it is tested on its own. */
  readonly before: SessionSummary[] | null | undefined
  readonly currency: string

  constructor(
    all: readonly SessionSummary[],
    readonly query: ChartQuery,
    currency: string,
  ) {
    const { startedFrom, startedTo, startedOn } = query.filter
    const among = all.filter(
      ({ storeId, client }) =>
        (query.filter.storeIds.length === 0 || query.filter.storeIds.includes(storeId)) &&
        (query.filter.client.length === 0 || query.filter.client.includes(client)),
    )
    const under = (from: number | null, to: number | null) =>
      among.filter(({ startedAt }) => (from === null || startedAt >= from) && (to === null || startedAt < to))
    this.rows = startedOn === null ? under(startedFrom, startedTo) : among.filter((row) => isOnDays(startedOn, row))
    this.currency = currency
    this.before = startedOn === null && startedFrom === null ? null : undefined
    if (startedOn !== null) {
      const isOpen = Object.values(startedOn).some(({ from }) => from === null)
      this.before = isOpen ? null : among.filter((row) => isOnDaysBefore(startedOn, row, query.nowMs))
      // Without an end the period before is as long as up to the frame's end, which is tested on its own.
    } else if (startedFrom !== null && startedTo !== null) {
      const [from, to] = [zoned(startedFrom, query.zone), zoned(startedTo, query.zone)]
      const isWhole =
        from.startOfDay().equals(from) && to.startOfDay().equals(to) && !from.toPlainDate().equals(to.toPlainDate())
      const days = from.toPlainDate().until(to.toPlainDate()).days
      const earlier = (at: number) =>
        isWhole ? zoned(at, query.zone).subtract({ days }).epochMilliseconds : at - (startedTo - startedFrom)
      const isOver = startedTo <= query.nowMs
      const until = isOver ? startedFrom : Math.min(earlier(Math.max(startedFrom, query.nowMs)), startedFrom)
      this.before = under(earlier(startedFrom), until)
    }
  }

  get counted() {
    return (row: SessionSummary) => row.currency === this.currency
  }

  sales(of: readonly SessionSummary[]) {
    return of.filter((row) => isPaid(row) && this.counted(row))
  }

  waiting(of: readonly SessionSummary[]) {
    return quantiles(of.filter(hasCheck).map((row) => running(row.waitingMs, row.waitingSince, this.query.nowMs)))
  }

  interaction(of: readonly SessionSummary[]) {
    const times = of.filter(hasCheck).map((row) => running(row.interactionMs, row.interactingSince, this.query.nowMs))
    return quantiles(times.filter((time) => time > 0))
  }

  loss(of: readonly SessionSummary[]) {
    return known(of.filter((row) => hasCheck(row) && this.counted(row)).map((row) => row.preventedLoss))
  }

  /** Rows of each bucket of a frame; all rows must be in one. */
  inBuckets(frame: ChartFrame): SessionSummary[][] {
    const by = new Map<string, SessionSummary[]>()
    for (const row of this.rows) {
      const label = labelOf(row, frame.bucket)
      by.set(label, [...(by.get(label) ?? []), row])
    }
    const found = frame.buckets.map(({ label }) => by.get(label) ?? [])
    expect(found.flat().length).toBe(this.rows.length)
    return found
  }
}

/** Whether the date that the store's own clock shows is one of the days. */
function isOnDays(days: DaysByZone, row: SessionSummary): boolean {
  const { from, to } = days[zoneOf(row.storeId)] ?? { from: 'none', to: 'none' }
  const date = local(row).toPlainDate().toString()
  return (from === null || date >= from) && (to === null || date <= to)
}

/** As above for as many days before; where they are not over, up to the same time of the same day before. */
function isOnDaysBefore(days: DaysByZone, row: SessionSummary, nowMs: number): boolean {
  const zone = zoneOf(row.storeId)
  const now = zoned(nowMs, zone)
  const from = Temporal.PlainDate.from(days[zone]?.from ?? '')
  const today = now.toPlainDate()
  const latest = Temporal.PlainDate.compare(today, from) < 0 ? from : today
  const last = Temporal.PlainDate.from(days[zone]?.to ?? latest)
  const count = from.until(last).days + 1
  const date = local(row).toPlainDate()
  const daysAfter = date.until(from).days
  if (daysAfter < 1 || daysAfter > count) return false
  if (Temporal.PlainDate.compare(today, last) > 0) return true
  const start = from.toZonedDateTime(zone)
  const asFar = Temporal.ZonedDateTime.compare(now, start) > 0 ? now : start
  return row.startedAt < asFar.subtract({ days: count }).epochMilliseconds
}

/** `before` where the recount knows it. */
const both = <Of>(recount: Recount, figure: (of: readonly SessionSummary[]) => Of) =>
  recount.before === undefined
    ? { value: figure(recount.rows) }
    : { value: figure(recount.rows), before: recount.before && figure(recount.before) }

function expectFrame(frame: ChartFrame, recount: Recount): void {
  const { query, rows: of } = recount
  const counts = new Map<string, number>()
  for (const { currency } of of) counts.set(currency, (counts.get(currency) ?? 0) + 1)
  expect(frame.sessions).toBe(of.length)
  expect(Object.fromEntries(frame.currencies.map(({ currency, count }) => [currency, count]))).toEqual(
    Object.fromEntries(counts),
  )
  if (query.currency !== null) expect(frame.currency).toBe(query.currency)
  else if (of.length > 0) expect(counts.get(frame.currency)).toBe(Math.max(...counts.values()))
  const isLong = frame.to - frame.from > 90 * DAY
  expect(frame.bucket).toBe(query.bucket === 'hour' && isLong ? 'day' : query.bucket)
  const inView = STORES.filter((id) => query.filter.storeIds.length === 0 || query.filter.storeIds.includes(id))
  const shownNow = inView.map((id) => zoned(query.nowMs, zoneOf(id)).toPlainDateTime())
  const spans = inView.map((id) => query.filter.startedOn?.[zoneOf(id)] ?? { from: null, to: null })
  const step = { hour: { hours: 1 }, day: { days: 1 }, week: { weeks: 1 } }[frame.bucket]
  frame.buckets.forEach((bucket, position) => {
    const start = Temporal.PlainDateTime.from(bucket.label)
    const end = start.add(step)
    expect(bucket.from).toBe(start.toZonedDateTime(query.zone).epochMilliseconds)
    expect(bucket.to).toBe(end.toZonedDateTime(query.zone).epochMilliseconds)
    const isAfter = (at: Temporal.PlainDateTime) => Temporal.PlainDateTime.compare(at, start) >= 0
    const isBefore = (at: Temporal.PlainDateTime) => Temporal.PlainDateTime.compare(at, end) < 0
    expect(bucket.isPartial).toBe(shownNow.some(isAfter) && shownNow.some(isBefore))
    // No bucket outside the days, whatever zones the stores are in.
    const dates = { first: bucket.first.slice(0, 10), last: bucket.last.slice(0, 10) }
    expect(
      spans.some(({ from, to }) => (from === null || dates.last >= from) && (to === null || dates.first <= to)),
    ).toBe(true)
    expect([bucket.first, bucket.last]).toEqual(
      [start, end.subtract({ hours: 1 })].map((at) => at.toString().slice(0, 13)),
    )
    const next = frame.buckets[position + 1]
    if (next !== undefined) expect(Temporal.PlainDateTime.from(next.label).equals(end)).toBe(true)
  })
}

describe(`charts against a recount row by row (seed ${seed})`, () => {
  const holds = (name: string, check: (all: SessionSummary[], query: ChartQuery) => Promise<void>) =>
    it(name, async () => {
      await fc.assert(fc.asyncProperty(rows, queries, check), { seed, numRuns: 150 })
    }, 120_000)

  holds('sessions', async (all, query) => {
    const figures = await chartsOver(all).charts.sessionFigures(query)
    const recount = new Recount(all, query, figures.currency)
    expectFrame(figures, recount)
    const fate = (name: string) => (of: readonly SessionSummary[]) => of.filter((row) => fateOf(row) === name).length
    const rated = (of: readonly SessionSummary[]) => of.filter(({ rating }) => rating !== null)
    const paidItems = (of: readonly SessionSummary[]) => mean(of.filter(isPaid), ({ quantity }) => quantity)
    const value = (of: readonly SessionSummary[]) => sum(recount.sales(of), ({ total }) => total)
    expect(figures.totals).toMatchObject({
      started: both(recount, (of) => of.length),
      completed: both(recount, fate('completed')),
      abandoned: both(recount, fate('abandoned')),
      cancelled: both(recount, fate('cancelled')),
      returned: both(recount, fate('returned')),
      value: both(recount, value),
      basketValue: both(recount, (of) => mean(recount.sales(of), ({ total }) => total)),
      basketItems: both(recount, paidItems),
      rating: both(recount, (of) => mean(rated(of), ({ rating }) => rating ?? 0)),
    })
    const buckets = recount.inBuckets(figures)
    expect(figures.series).toEqual(
      buckets.map((of) => ({
        started: of.length,
        completed: fate('completed')(of),
        abandoned: fate('abandoned')(of),
        cancelled: fate('cancelled')(of),
        returned: fate('returned')(of),
        value: value(of),
        basketValue: mean(recount.sales(of), ({ total }) => total),
        basketItems: paidItems(of),
        rating: mean(rated(of), ({ rating }) => rating ?? 0),
        ratings: rated(of).length,
      })),
    )
    for (const { client, sessions, value: clientValue, byBucket } of figures.clients) {
      const ofClient = (of: readonly SessionSummary[]) => of.filter((row) => row.client === client)
      expect(sessions).toBe(ofClient(recount.rows).length)
      expect(clientValue).toBe(value(ofClient(recount.rows)))
      expect(byBucket).toEqual(buckets.map((of) => ofClient(of).length))
    }
    expect(sum(figures.clients, ({ sessions }) => sessions)).toBe(recount.rows.length)
    expect(figures.weekdays).toEqual(
      Array.from({ length: 7 }, (_, weekday) => {
        const of = recount.rows.filter((row) => local(row).dayOfWeek === weekday + 1)
        return { weekday, sessions: of.length, value: value(of) }
      }),
    )
    for (const store of figures.stores) {
      const of = recount.rows.filter(({ storeId }) => storeId === store.storeId)
      expect(store).toMatchObject({ sessions: of.length, completed: fate('completed')(of), value: value(of) })
    }
    expect(figures.ratings.map(({ sessions }) => sessions)).toEqual(
      [1, 2, 3, 4, 5].map((rating) => recount.rows.filter((row) => row.rating === rating).length),
    )
  })

  holds('conversion', async (all, query) => {
    const figures = await chartsOver(all).charts.conversionFigures(query)
    const recount = new Recount(all, query, figures.currency)
    expectFrame(figures, recount)
    const reached = (row: SessionSummary) =>
      Math.max(
        0,
        steps.findIndex((step) => step === (row.furthestStep ?? row.progress)),
      )
    for (const [position, step] of figures.steps.entries()) {
      const endedHere = recount.rows.filter(
        (row) => row.endedAt !== null && reached(row) === position && position < steps.length - 1,
      )
      expect(step).toMatchObject({
        step: steps[position],
        reached: both(recount, (of) => of.filter((row) => reached(row) >= position).length),
        lost: endedHere.length,
        lostValue: sum(
          endedHere.filter((row) => !isPaid(row) && recount.counted(row)),
          ({ total }) => total,
        ),
        open: recount.rows.filter((row) => row.endedAt === null && reached(row) === position).length,
      })
    }
    const again = recount.rows.filter(({ transactions }) => transactions > 1)
    expect(figures.secondAttempt).toEqual(rateOf(again.filter(isPaid).length, again.length))
    for (const { obstacle, sessions, value } of figures.obstacles) {
      const of = recount.rows.filter((row) => row.obstacle === obstacle && !isPaid(row))
      expect([sessions, value]).toEqual([of.length, sum(of.filter(recount.counted), ({ total }) => total)])
    }
    expect(sum(figures.obstacles, ({ sessions }) => sessions)).toBe(
      recount.rows.filter((row) => row.obstacle !== null && !isPaid(row)).length,
    )
    expect(figures.series).toEqual(
      recount.inBuckets(figures).map((of) => {
        const paid = of.filter(isPaid).length
        return { started: of.length, paid, share: of.length === 0 ? null : paid / of.length }
      }),
    )
  })

  holds('checks', async (all, query) => {
    const figures = await chartsOver(all).charts.checkFigures(query)
    const recount = new Recount(all, query, figures.currency)
    expectFrame(figures, recount)
    const spot = (of: readonly SessionSummary[]) => of.filter((row) => row.spotCheck !== 'not_required')
    const age = (of: readonly SessionSummary[]) => of.filter((row) => row.ageVerification !== 'not_required')
    expect(figures.totals).toMatchObject({
      spotChecks: both(recount, (of) => spot(of).length),
      ageVerifications: both(recount, (of) => age(of).length),
      preventedLoss: both(recount, (of) => recount.loss(of)),
      waitingP50Ms: both(recount, (of) => recount.waiting(of).p50),
      waitingP95Ms: both(recount, (of) => recount.waiting(of).p95),
      interactionP50Ms: both(recount, (of) => recount.interaction(of).p50),
      neverServed: both(recount, (of) => of.filter(isUnserved).length),
    })
    const settled = recount.rows.filter((row) => row.endedAt !== null || isPaid(row))
    expect(figures.spotCheckRate).toEqual(rateOf(spot(settled).length, settled.length))
    for (const { kind, outcome, count } of figures.outcomes) {
      const name = kind === 'spot_check' ? 'spotCheck' : 'ageVerification'
      expect(count).toBe(recount.rows.filter((row) => row[name] === outcome).length)
    }
    expect(sum(figures.outcomes, ({ count }) => count)).toBe(spot(recount.rows).length + age(recount.rows).length)
    expect(figures.series).toEqual(
      recount.inBuckets(figures).map((of) => ({
        spotChecks: spot(of).length,
        ageVerifications: age(of).length,
        waiting: recount.waiting(of),
        interaction: recount.interaction(of),
        preventedLoss: recount.loss(of) ?? 0,
        neverServed: of.filter(isUnserved).length,
      })),
    )
    const waits = recount.rows.filter(hasCheck).map((row) => running(row.waitingMs, row.waitingSince, query.nowMs))
    expect(figures.waitingBuckets.map(({ count }) => count)).toEqual(
      figures.waitingBuckets.map(
        ({ fromMs, toMs }) => waits.filter((ms) => ms >= fromMs && (toMs === null || ms < toMs)).length,
      ),
    )
    const unserved = recount.rows.filter(isUnserved)
    expect(sum(figures.waitingBuckets, (bucket) => bucket.neverServed)).toBe(unserved.length)
    const finding = (of: readonly SessionSummary[]) => {
      const judged = of.filter(({ differences }) => differences !== null)
      return rateOf(judged.filter(({ differences }) => (differences ?? 0) > 0).length, judged.length)
    }
    for (const method of figures.methods) {
      const of = recount.rows.filter((row) => hasCheck(row) && row.checkMethod === method.method)
      expect(method).toMatchObject({ finding: finding(of), preventedLoss: recount.loss(of) ?? 0 })
    }
    for (const employee of figures.employees ?? []) {
      const of = recount.rows.filter((row) => hasCheck(row) && row.checkedBy === employee.number)
      expect(employee).toEqual({
        number: employee.number,
        checks: of.length,
        finding: finding(of),
        interaction: recount.interaction(of),
      })
    }
    const hidden = await chartsOver(all, false).charts.checkFigures(query)
    expect(hidden).toEqual({ ...figures, employees: null })
  })

  holds('left baskets', async (all, query) => {
    const figures = await chartsOver(all).charts.abandonedFigures(query)
    const recount = new Recount(all, query, figures.currency)
    expectFrame(figures, recount)
    const left = (of: readonly SessionSummary[]) => of.filter(isLeft)
    const value = (of: readonly SessionSummary[]) => sum(left(of).filter(recount.counted), ({ total }) => total)
    const rate = (of: readonly SessionSummary[]) => rateOf(left(of).length, of.length)
    expect(figures.totals).toMatchObject({
      count: both(recount, (of) => left(of).length),
      value: both(recount, value),
      share: both(recount, (of) => rate(of).share),
      items: both(recount, (of) => sum(left(of), ({ quantity }) => quantity)),
    })
    expect(figures.series).toEqual(
      recount.inBuckets(figures).map((of) => ({ count: left(of).length, value: value(of), started: of.length })),
    )
    for (const { client, abandoned, value: ofClient } of figures.clients) {
      const of = recount.rows.filter((row) => row.client === client)
      expect([abandoned, ofClient]).toEqual([rate(of), value(of)])
    }
    expect(figures.hours).toEqual(
      Array.from({ length: 24 }, (_, hour) => {
        const of = recount.rows.filter((row) => local(row).hour === hour)
        return { hour, abandoned: rate(of), value: value(of) }
      }),
    )
    for (const { step, sessions, value: ofStep } of figures.lastSteps) {
      const of = recount.rows.filter((row) => row.furthestStep === step)
      expect([sessions, ofStep]).toEqual([left(of).length, value(of)])
    }
    for (const { obstacle, sessions } of figures.obstacles) {
      expect(sessions).toBe(left(recount.rows.filter((row) => row.obstacle === obstacle)).length)
    }
  })

  holds('the heat map of every measure', async (all, query) => {
    const { charts } = chartsOver(all)
    for (const measure of heatMeasures) {
      const map = await charts.heatMap({ ...query, measure, contactEnd: null })
      const recount = new Recount(all, query, map.currency)
      for (const { weekday, hour, value, sessions, hours } of map.cells) {
        const of = recount.rows.filter((row) => local(row).dayOfWeek === weekday + 1 && local(row).hour === hour)
        const expected = {
          sessions: of.length,
          value: sum(recount.sales(of), ({ total }) => total),
          abandoned: of.filter(isLeft).length,
          abandonedShare: rateOf(of.filter(isLeft).length, of.length).share,
          abandonedValue: sum(
            of.filter((row) => isLeft(row) && recount.counted(row)),
            ({ total }) => total,
          ),
          checks: of.filter(hasCheck).length,
          waitingP50Ms: recount.waiting(of).p50,
          waitingP95Ms: recount.waiting(of).p95,
          rating: mean(
            of.filter(({ rating }) => rating !== null),
            ({ rating }) => rating ?? 0,
          ),
          preventedLoss: recount.loss(of),
        }[measure]
        expect(sessions).toBe(of.length)
        if (of.length > 0) expect(hours).toBeGreaterThan(0)
        expect([measure, value]).toEqual([measure, hours === 0 ? null : expected])
      }
    }
  })

  holds('today, and the same weekday a week ago', async (all, { bucket: _bucket, ...query }) => {
    const figures = await chartsOver(all).charts.today(query)
    // The day that each store's own clock shows.
    const nowIn = (row: SessionSummary) => zoned(query.nowMs, zoneOf(row.storeId))
    const startedOn = (weeksAgo: number, isWhole: boolean) => {
      const ofDay = all.filter((row) => {
        const then = nowIn(row).subtract({ weeks: weeksAgo })
        const isThen = local(row)
          .toPlainDate()
          .equals(nowIn(row).toPlainDate().subtract({ weeks: weeksAgo }))
        return isThen && (isWhole || row.startedAt <= then.epochMilliseconds)
      })
      const filter = { ...query.filter, startedFrom: null, startedTo: null, startedOn: null }
      return new Recount(ofDay, { ...query, bucket: 'day', filter }, figures.currency)
    }
    const recount = startedOn(0, false)
    const before = startedOn(1, false).rows
    const wholeDay = startedOn(1, true).rows
    const inView = STORES.filter((id) => query.filter.storeIds.length === 0 || query.filter.storeIds.includes(id))
    const hoursNow = inView.map((id) => zoned(query.nowMs, zoneOf(id)).hour)
    const compared = <Of>(figure: (of: readonly SessionSummary[]) => Of) => ({
      value: figure(recount.rows),
      before: figure(before),
    })
    const sales = (of: readonly SessionSummary[]) => sum(recount.sales(of), ({ total }) => total)
    expect(figures).toMatchObject({
      sessions: compared((of) => of.length),
      completed: compared((of) => of.filter(({ endReason }) => endReason === 'completed').length),
      abandoned: compared((of) => of.filter(isLeft).length),
      sales: compared(sales),
      checks: compared((of) => of.filter(hasCheck).length),
      checksWithFinding: compared((of) => of.filter((row) => hasCheck(row) && (row.differences ?? 0) > 0).length),
      preventedLoss: compared((of) => recount.loss(of)),
      waitingP95Ms: compared((of) => recount.waiting(of).p95),
    })
    for (const { hour, sessions, before: earlier, salesBefore, isPartial } of figures.hours) {
      const ofHour = (of: readonly SessionSummary[]) => of.filter((row) => local(row).hour === hour)
      expect(sessions ?? 0).toBe(ofHour(recount.rows).length)
      expect(sessions === null).toBe(hoursNow.every((now) => hour > now))
      expect(isPartial).toBe(hoursNow.some((now) => hour <= now) && hoursNow.some((now) => hour >= now))
      expect([earlier, salesBefore]).toEqual([ofHour(wholeDay).length, sales(ofHour(wholeDay))])
    }
    const open = new Recount(
      all,
      { ...query, bucket: 'day', filter: { ...query.filter, startedFrom: null, startedTo: null, startedOn: null } },
      figures.currency,
    ).rows.filter(({ endedAt }) => endedAt === null)
    const idle = (row: SessionSummary) => query.nowMs - row.lastActivityAt >= 30 * 60_000
    const waiting = open.flatMap(({ waitingSince }) => waitingSince ?? [])
    expect(figures.now).toEqual({
      ongoing: open.filter((row) => !isPaid(row) && !idle(row)).length,
      stale: open.filter((row) => !isPaid(row) && idle(row)).length,
      paidNotExited: open.filter(isPaid).length,
      waiting: waiting.length,
      longestWaitSince: waiting.length === 0 ? null : Math.min(...waiting),
      inCheck: open.filter(({ interactingSince }) => interactingSince !== null).length,
    })
  })

  holds('the list finds what is behind a bar, a cell and an hour', async (all, query) => {
    const { index, charts } = chartsOver(all)
    const storeIds = STORES.filter((id) => query.filter.storeIds.length === 0 || query.filter.storeIds.includes(id))
    const behind = (part: object) =>
      index.query(
        { ...query.filter, storeIds, ...part, sort: 'id', descending: false, offset: 0, limit: 0, nowMs: query.nowMs },
        () => 30,
      ).count
    const { buckets, series } = await charts.sessionFigures(query)
    series.forEach(({ started }, position) => {
      const { first, last } = buckets[position] ?? { first: '', last: '' }
      if (position % 7 === 0 || started > 0)
        expect(behind({ storeTime: { min: readWallHour(first), max: readWallHour(last) } })).toBe(started)
    })
    const { rows: found } = new Recount(all, query, '')
    const worked = found.filter((row) => running(row.interactionMs, row.interactingSince, query.nowMs) > 0)
    expect(behind({ withCheck: true, opened: true })).toBe(worked.filter(hasCheck).length)
    const checks = await charts.checkFigures(query)
    const losing = found.filter((row) => hasCheck(row) && row.currency === checks.currency && row.preventedLoss)
    expect(behind({ withCheck: true, withLoss: true, currency: [checks.currency] })).toBe(losing.length)
    for (const { fromMs, toMs, count, neverServed } of checks.waitingBuckets) {
      const waited = { withCheck: true, waitingMs: { min: fromMs, max: toMs === null ? null : toMs - 1 } }
      expect(behind({ ...waited, neverServed: true })).toBe(neverServed)
      expect(behind({ ...waited, neverServed: false })).toBe(count - neverServed)
    }
    expect(sum(losing, (row) => row.preventedLoss ?? 0)).toBe(
      checks.series.reduce((total, { preventedLoss }) => total + preventedLoss, 0),
    )
    const { cells } = await charts.heatMap({ ...query, measure: 'sessions', contactEnd: null })
    for (const { weekday, hour, sessions } of cells) {
      if (sessions > 0) expect(behind({ weekday: [weekday], hour: [hour] })).toBe(sessions)
    }
  })
})

function fateOf(row: SessionSummary): string {
  if (isLeft(row)) return 'abandoned'
  if (row.state === 'cancelled') return 'cancelled'
  if (row.state === 'partially_returned') return 'returned'
  return row.endReason === 'completed' ? 'completed' : 'none'
}

describe('charts', () => {
  const row = (startedAt: number, part: Partial<SessionSummary> = {}) =>
    summaryOf({ id: `s${startedAt}`, storeId: 'a', version: 1, startedAt, lastActivityAt: startedAt, ...part })
  const query = (part: Partial<ChartQuery['filter']>, nowMs: number): ChartQuery => ({
    filter: { ...noFilter, ...part },
    nowMs,
    bucket: 'day',
    zone: 'Europe/Berlin',
    currency: null,
  })

  const onDays = (from: string, to: string) => ({
    startedOn: Object.fromEntries(Object.values(ZONES).map((zone) => [zone, { from, to }])),
  })
  const at = (storeId: string, time: string) =>
    row(Temporal.PlainDateTime.from(time).toZonedDateTime(zoneOf(storeId)).epochMilliseconds, { storeId, id: time })

  it('have the days of a week in each store, wherever it lies', async () => {
    const { charts } = chartsOver([
      // Sunday evening in New York is Monday in Berlin, which is not this week's.
      ...['2026-11-15T20:00', '2026-11-16T00:30', '2026-11-22T21:00', '2026-11-23T00:30'].map((time) => at('b', time)),
      // Monday morning in Apia is Sunday in Berlin, and Sunday evening there is Sunday morning in Berlin.
      ...['2026-11-15T23:59', '2026-11-16T00:00', '2026-11-22T23:59', '2026-11-23T00:00'].map((time) => at('e', time)),
    ])
    const figures = await charts.sessionFigures(query(onDays('2026-11-16', '2026-11-22'), 2e12))
    expect(figures.buckets.map(({ label }) => label)).toEqual(
      [16, 17, 18, 19, 20, 21, 22].map((day) => `2026-11-${day}`),
    )
    expect(figures.series.map(({ started }) => started)).toEqual([2, 0, 0, 0, 0, 0, 2])
    expect(figures.totals.started).toEqual({ value: 4, before: 2 })
    expect([figures.from, figures.to]).toEqual([Date.UTC(2026, 10, 15, 23), Date.UTC(2026, 10, 22, 23)])
  })

  it('leave a day out that a store never had', async () => {
    // Apia went from 29 to 31 December 2011.
    const { charts } = chartsOver(['2011-12-29T23:30', '2011-12-31T00:00'].map((time) => at('e', time)))
    const of = async (from: string, to: string) =>
      (await charts.sessionFigures({ ...query({ ...onDays(from, to), storeIds: ['e'] }, 2e12), zone: zoneOf('e') }))
        .totals
    expect((await of('2011-12-30', '2011-12-30')).started).toEqual({ value: 0, before: 1 })
    expect((await of('2011-12-31', '2011-12-31')).started).toEqual({ value: 1, before: 0 })
    expect((await of('2011-12-30', '2011-12-31')).started).toEqual({ value: 1, before: 1 })
  })

  it('compare with nothing where hours of store time are no period', async () => {
    const { charts } = chartsOver([row(Date.UTC(2026, 10, 16))])
    const filter = { ...onDays('2026-11-16', '2026-11-22'), storeTime: { min: 0, max: null } }
    expect((await charts.sessionFigures(query(filter, 2e12))).totals.started).toEqual({ value: 1, before: null })
  })

  it('make days of 23 and 25 hours as long as they are, and count the hour that comes twice once', async () => {
    const [spring, autumn] = [Date.UTC(2026, 2, 28, 23), Date.UTC(2026, 9, 24, 22)]
    const { charts } = chartsOver([row(spring), row(autumn + 2 * 3_600_000), row(autumn + 3 * 3_600_000)])
    const short = await charts.sessionFigures(query(onDays('2026-03-29', '2026-03-29'), 2e12))
    expect(short.buckets.map(({ label, from, to }) => [label, (to - from) / 3_600_000])).toEqual([['2026-03-29', 23]])
    const long = { ...query(onDays('2026-10-25', '2026-10-25'), 2e12), bucket: 'hour' as const }
    const hours = await charts.sessionFigures(long)
    expect(hours.buckets.length).toBe(24)
    expect(hours.buckets[2]).toMatchObject({
      label: '2026-10-25T02',
      from: autumn + 2 * 3_600_000,
      to: autumn + 4 * 3_600_000,
    })
    expect(hours.series[2]?.started).toBe(2)
  })

  it('know no hour in the heat map that clocks of all stores skip', async () => {
    const { charts } = chartsOver([])
    const hourOf = async (storeIds: string[]) => {
      const base = { ...query({ ...onDays('2026-03-29', '2026-03-29'), storeIds }, 2e12), measure: 'sessions' as const }
      return (await charts.heatMap({ ...base, contactEnd: null })).cells.find(
        ({ weekday, hour }) => weekday === 6 && hour === 2,
      )
    }
    expect(await hourOf(['a'])).toMatchObject({ value: null, hours: 0 })
    expect(await hourOf(['a', 'b'])).toMatchObject({ value: 0, hours: 1 })
  })

  it('know nothing of hours after the end of contact in the heat map, and part of those with some before it', async () => {
    const { charts } = chartsOver([at('a', '2026-11-16T14:10'), at('a', '2026-11-23T13:05')])
    // Two Mondays; Berlin's contact ended on the second at 14:30, New York's wall stood at 16:30.
    const wall = (time: string) => Date.parse(`${time}Z`)
    const base = { ...query(onDays('2026-11-16', '2026-11-23'), 2e12), measure: 'sessions' as const }
    const mondays = async (days: ReturnType<typeof onDays>, hour: number) => {
      const contactEnd = { first: wall('2026-11-23T14:30'), last: wall('2026-11-23T16:30') }
      const map = await charts.heatMap({ ...base, filter: { ...base.filter, ...days }, contactEnd })
      const { value, missing } = map.cells.find((cell) => cell.weekday === 0 && cell.hour === hour) ?? {}
      return { value, missing }
    }
    const both = onDays('2026-11-16', '2026-11-23')
    expect(await mondays(both, 13)).toEqual({ value: 1, missing: null })
    expect(await mondays(both, 14)).toEqual({ value: 1, missing: 'part' })
    expect(await mondays(both, 17)).toEqual({ value: 0, missing: 'part' })
    const second = onDays('2026-11-23', '2026-11-23')
    expect(await mondays(second, 12)).toEqual({ value: 0, missing: null })
    expect(await mondays(second, 16)).toEqual({ value: 0, missing: 'part' })
    expect(await mondays(second, 17)).toEqual({ value: null, missing: 'all' })
  })

  it('compare a week that is not over with as much of the week before', async () => {
    const monday = Date.UTC(2026, 10, 22, 23)
    const nowMs = monday + 2 * DAY + 3_600_000
    const before = [monday - 7 * DAY, monday - 5 * DAY, monday - 4 * DAY]
    const { charts } = chartsOver([row(monday), ...before.map((at) => row(at))])
    const figures = await charts.sessionFigures(query(onDays('2026-11-23', '2026-11-29'), nowMs))
    expect(figures.totals.started).toEqual({ value: 1, before: 2 })
    expect([figures.to, figures.buckets.length]).toEqual([nowMs, 3])
  })

  it('make buckets larger where there would be too many, and say so', async () => {
    const { charts } = chartsOver([row(Date.UTC(2020, 0, 1)), row(Date.UTC(2026, 0, 1))])
    const figures = await charts.sessionFigures({ ...query({}, 2e12), bucket: 'hour' })
    expect(figures.bucket).toBe('day')
    expect(figures.series.length).toBe(figures.buckets.length)
    expect(figures.totals.started).toEqual({ value: 2, before: null })
  })

  it('answer an index without sessions', async () => {
    const { charts } = chartsOver([])
    const figures = await charts.sessionFigures(query({}, 5))
    expect(figures).toMatchObject({ from: 5, to: 5, buckets: [], series: [], currency: 'EUR', sessions: 0 })
    expect((await charts.checkFigures(query({}, 5))).totals.waitingP95Ms).toEqual({ value: null, before: null })
  })

  it('name stores without contact while not online', async () => {
    expect(await chartsOver([]).charts.contactGaps([])).toEqual([{ storeId: 'a', from: 7 }])
  })
})

describe('the interval of a share', () => {
  // Values of the Wilson interval as R's binom.wilson gives them.
  it.each([
    [10, 100, 0.0552, 0.1744],
    [0, 20, 0, 0.1611],
    [20, 20, 0.8389, 1],
    [1, 2, 0.0945, 0.9055],
  ])('%d of %d', (hits, of, low, high) => {
    const rate = rateOf(hits, of)
    expect(rate.share).toBe(hits / of)
    expect(rate.low).toBeCloseTo(low, 4)
    expect(rate.high).toBeCloseTo(high, 4)
  })
})
