/**
 * The sessions that benchmarks run on: a million of six stores in 180 days, or fewer with the same spread. The same seed
 * gives the same sessions on every machine.
 */
import { Temporal } from 'temporal-polyfill'
import type {
  CheckSummary,
  SessionDocument,
  SessionEvent,
  Transaction,
  Verification,
} from '#shared/protocol/session-document.ts'
import { type StoreSettings, storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import type { Obstacle } from '#shared/session/abandoned-story.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { nextLocalMidnight, startOfLocalDate } from '#shared/time/local-day.ts'
import { Random } from '../simulator/random.ts'

/** Rises with every change of what a seed gives: folders filled before it are not reused. */
export const MILLION_DATA_VERSION = 3
const DAYS = 180
const LAST_DAY = Temporal.PlainDate.from('2026-06-30')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const OPENS_MS = 7 * HOUR
const OPEN_FOR_MS = 14 * HOUR
const CUSTOMERS = 60_000
const OPEN_ONE_IN = 12

export const millionStores: StoreSettings[] = [
  { id: 'berlin-mitte', name: 'Berlin Mitte', timezone: 'Europe/Berlin', currency: 'EUR' },
  { id: 'hamburg-altona', name: 'Hamburg Altona', timezone: 'Europe/Berlin', currency: 'EUR' },
  { id: 'lisboa-baixa', name: 'Lisboa Baixa', timezone: 'Europe/Lisbon', currency: 'EUR' },
  { id: 'porto-ribeira', name: 'Porto Ribeira', timezone: 'Europe/Lisbon', currency: 'EUR' },
  { id: 'new-york-queens', name: 'New York Queens', timezone: 'America/New_York', currency: 'USD' },
  // Its sessions stay open until somebody ends them: those of the last day are still there when a backend starts.
  {
    id: 'boston-harbor',
    name: 'Boston Harbor',
    timezone: 'America/New_York',
    currency: 'USD',
    expiry: { mode: 'never' },
  },
].map((store) => storeSettingsSchema.parse(store))

/** How busy the stores are; the mean is 1. */
const storeWeights = [1.6, 1.2, 1, 0.9, 0.8, 0.5]
/** Monday to Sunday. */
const weekdayWeights = [0.9, 0.85, 0.9, 1, 1.25, 1.35, 0.75]
const clients = [
  { type: 'sdk-android', weight: 46 },
  { type: 'sdk-ios', weight: 31 },
  { type: 'hand-scanner', weight: 17 },
  { type: 'matrix', weight: 5 },
  { type: 'kiosk-pilot', weight: 1 },
]
const ratings = [
  { stars: 1, weight: 6 },
  { stars: 2, weight: 5 },
  { stars: 3, weight: 12 },
  { stars: 4, weight: 30 },
  { stars: 5, weight: 47 },
]
/** What stood in the way last of those who left. */
const leftBehind: { obstacle: Obstacle; weight: number }[] = [
  { obstacle: 'none', weight: 52 },
  { obstacle: 'payment_failed', weight: 16 },
  { obstacle: 'never_served', weight: 11 },
  { obstacle: 'payment_cancelled', weight: 9 },
  { obstacle: 'age_refused', weight: 7 },
  { obstacle: 'check_rejected', weight: 5 },
]
/** How spot checks are done, and how often each way finds something. */
const methods = [
  { method: 'sight_check', weight: 45, finds: 0.01 },
  { method: 'partial_rescan', weight: 40, finds: 0.03 },
  { method: 'full_rescan', weight: 15, finds: 0.2 },
] as const
const someone = { number: '1001', name: 'Katharina Vogel' }
const staff = [
  someone,
  { number: '1002', name: 'Jonas Brandt' },
  { number: '1003', name: 'Mariana Sousa' },
  { number: '1004', name: 'Peter Lang' },
  { number: '1005', name: 'Aylin Demir' },
  { number: '1006', name: 'Grace Miller' },
]
const weightOf = ({ weight }: { weight: number }) => weight

/** All sessions of one store-local day, by start and then id. */
export interface StoreDay {
  storeId: string
  /** YYYY-MM-DD. */
  date: string
  rows: SessionSummary[]
}

/** `rows` sessions in total, day by day and store by store, the newest day last; days without sessions are left out. */
export function* generateMillion({ seed, rows }: { seed: number; rows: number }): Iterable<StoreDay> {
  const days = Array.from({ length: DAYS }, (_, index) => LAST_DAY.subtract({ days: DAYS - 1 - index }))
  const noise = new Random('million', seed, 'days')
  const plan = days.flatMap((day) =>
    millionStores.map((store, index) => ({
      store,
      date: day.toString(),
      weight: (storeWeights[index] ?? 1) * (weekdayWeights[day.dayOfWeek - 1] ?? 1) * noise.around(1, 0.08),
    })),
  )
  const total = plan.reduce((sum, { weight }) => sum + weight, 0)
  const versions = new Map<string, number>()
  let weightSoFar = 0
  let given = 0
  for (const { store, date, weight } of plan) {
    weightSoFar += weight
    const count = Math.round((rows * weightSoFar) / total) - given
    const first = given
    given += count
    if (count === 0) continue
    const random = new Random('million', seed, store.id, date)
    const opensAt = startOfLocalDate(date, store.timezone) + OPENS_MS
    const staysOpen = date === LAST_DAY.toString() && store.expiry.mode === 'never'
    const sessions = Array.from({ length: count }, (_, index) => ({
      ...sessionOf(random, store, opensAt, staysOpen && index % OPEN_ONE_IN === 0),
      id: uuidOf(random, first + index),
    }))
    stampVersions(random, sessions, store.id, versions)
    yield {
      storeId: store.id,
      date,
      rows: sessions.sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1)),
    }
  }
}

/** In the order in which the sessions were last written; each of the writes before that took a version as well. */
function stampVersions(
  random: Random,
  sessions: SessionSummary[],
  storeId: string,
  versions: Map<string, number>,
): void {
  const writtenAt = (session: SessionSummary) => session.endedAt ?? session.lastActivityAt
  let version = versions.get(storeId) ?? 0
  for (const session of sessions.toSorted((a, b) => writtenAt(a) - writtenAt(b))) {
    version += random.int(1, 12)
    session.version = version
  }
  versions.set(storeId, version)
}

function sessionOf(random: Random, store: StoreSettings, opensAt: number, isOpen: boolean): SessionSummary {
  // Two draws lean towards the afternoon.
  const startedAt = opensAt + Math.floor(((random.next() + Math.max(random.next(), random.next())) / 2) * OPEN_FOR_MS)
  const lastActivityAt = startedAt + Math.min(HOUR, Math.round(random.around(11 * MINUTE, 0.6)))
  const quantity = Math.min(180, Math.max(1, Math.round(random.around(6, 0.9))))
  // Few baskets make most of the turnover.
  const unitPrice = Math.min(50_000, Math.round(120 / (1 - random.next()) ** 0.62))
  const session: SessionSummary = {
    id: '',
    storeId: store.id,
    version: 0,
    customerId: random.chance(0.35) ? customerOf(random) : null,
    client: random.weighted(clients, weightOf).type,
    state: 'closed',
    progress: 'session_completed',
    startedAt,
    lastActivityAt,
    endedAt: lastActivityAt,
    endReason: 'completed',
    expiresAt: null,
    currency: store.currency,
    quantity,
    total: quantity * unitPrice - random.int(0, quantity - 1),
    transactions: random.chance(0.06) ? random.int(2, 3) : 1,
    spotCheck: 'not_required',
    ageVerification: 'not_required',
    waitingMs: 0,
    waitingSince: null,
    interactionMs: 0,
    interactingSince: null,
    rating: random.chance(0.14) ? random.weighted(ratings, weightOf).stars : null,
    reviewed: false,
    preventedLoss: 0,
    furthestStep: 'session_completed',
    obstacle: null,
    checkMethod: null,
    checkedBy: null,
    differences: null,
  }
  if (isOpen) leaveOpen(random, session)
  else {
    const fate = random.next()
    if (fate < 0.1) abandon(random, session, store)
    else if (fate < 0.12) cancel(session)
    else {
      if (fate < 0.15) session.state = 'partially_returned'
      if (random.chance(0.1)) spotCheck(random, session)
      if (random.chance(0.05)) ageVerification(random, session)
    }
  }
  return session
}

function leaveOpen(random: Random, session: SessionSummary): void {
  Object.assign(session, { state: 'open', progress: 'basket_created', endedAt: null, endReason: null } as const)
  Object.assign(session, { transactions: 0, rating: null, furthestStep: 'basket_created', obstacle: 'none' })
  if (random.chance(0.1)) {
    Object.assign(session, { spotCheck: 'waiting', waitingSince: session.lastActivityAt } as const)
    session.obstacle = 'never_served'
  }
}

function abandon(random: Random, session: SessionSummary, store: StoreSettings): void {
  const inactiveAt = session.lastActivityAt + store.expiry.inactivityMinutes * MINUTE
  const midnight = nextLocalMidnight(session.startedAt, store.timezone)
  session.state = 'cancelled'
  session.progress = 'abandoned'
  session.endedAt = Math.min(inactiveAt, midnight)
  session.endReason = inactiveAt < midnight ? 'expired_inactivity' : 'expired_midnight'
  session.rating = null
  session.reviewed = random.chance(0.4)
  const { obstacle } = random.weighted(leftBehind, weightOf)
  session.obstacle = obstacle
  session.transactions = obstacle === 'payment_failed' ? random.int(1, 2) : 1
  if (obstacle === 'none' && random.chance(0.75)) session.transactions = 0
  session.furthestStep = session.transactions === 0 ? 'basket_created' : 'checkout_started'
  if (obstacle === 'payment_failed') session.furthestStep = 'payment_started'
  if (obstacle === 'age_refused') decide(random, session, 'ageVerification', 'rejected')
  if (obstacle === 'check_rejected') find(random, session, random.weighted(methods, weightOf).method, 'rejected')
  if (obstacle === 'never_served') {
    session[random.chance(0.6) ? 'spotCheck' : 'ageVerification'] = 'never_served'
    session.waitingMs = session.endedAt - session.lastActivityAt
  }
}

function cancel(session: SessionSummary): void {
  Object.assign(session, { state: 'cancelled', endReason: 'cancelled', transactions: 0, rating: null } as const)
  session.progress = 'basket_created'
  session.furthestStep = 'basket_created'
  session.obstacle = 'none'
}

function spotCheck(random: Random, session: SessionSummary): void {
  const { method, finds } = random.weighted(methods, weightOf)
  if (random.chance(0.05)) neverServe(random, session, 'spotCheck')
  else if (random.chance(finds)) find(random, session, method, random.chance(0.7) ? 'rejected' : 'approved')
  else {
    decide(random, session, 'spotCheck', 'approved')
    Object.assign(session, { checkMethod: method, differences: 0 })
  }
}

function ageVerification(random: Random, session: SessionSummary): void {
  if (random.chance(0.05)) neverServe(random, session, 'ageVerification')
  else decide(random, session, 'ageVerification', random.chance(0.08) ? 'rejected' : 'approved')
}

/** A spot check that finds something. */
function find(random: Random, session: SessionSummary, method: string, status: 'approved' | 'rejected'): void {
  decide(random, session, 'spotCheck', status)
  Object.assign(session, { checkMethod: method, differences: random.int(1, 3) })
  session.preventedLoss = 100 + (session.total % 1_900)
}

type CheckColumn = 'spotCheck' | 'ageVerification'

function decide(random: Random, session: SessionSummary, kind: CheckColumn, status: 'approved' | 'rejected'): void {
  session[kind] = status
  session.checkedBy = random.pick(staff).number
  session.waitingMs += Math.round(random.around(40_000, 0.8))
  session.interactionMs += Math.round(random.around(35_000, 0.6))
}

function neverServe(random: Random, session: SessionSummary, kind: CheckColumn): void {
  session[kind] = 'never_served'
  session.waitingMs += Math.round(random.around(40_000, 0.8))
}

/** Some customers come every day, most hardly ever. */
function customerOf(random: Random): string {
  return `C${String(Math.floor(random.next() ** 3 * CUSTOMERS)).padStart(7, '0')}`
}

/** Streams of random numbers may run into each other in a million draws: no two numbers have the same first group. */
function uuidOf(random: Random, number: number): string {
  let mixed = Math.imul(number ^ (number >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  const hex = (value: number) => value.toString(16).padStart(8, '0')
  const draw = () => hex(Math.floor(random.next() * 0x1_0000_0000))
  const [a, b, c, d] = [hex((mixed ^ (mixed >>> 16)) >>> 0), draw(), draw(), draw()]
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`
}

/**
 * A small document with this summary: baskets of at most two lines, and of the events only those that made the basket
 * and what still waits. What happens next to an open session can therefore be folded on.
 */
export function documentOf(summary: SessionSummary): SessionDocument {
  const iso = (ms: number) => new Date(ms).toISOString()
  const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms))
  const { id, storeId, version, customerId, client, state, progress, currency, quantity, total } = summary
  const startedAt = iso(summary.startedAt)
  const lastActivityAt = iso(summary.lastActivityAt)
  const lineItems = linesOf(quantity, total)
  const verifications = [
    ...verificationsOf(summary, 'spot_check', summary.spotCheck),
    ...verificationsOf(summary, 'age_verification', summary.ageVerification),
  ]
  const event = (name: string, type: string, at: string, payload: object): SessionEvent => ({
    id: `${id}-${name}`,
    type,
    at,
    source: 'store',
    ...payload,
  })
  return {
    id,
    storeId,
    customerId,
    client: { type: client },
    state,
    progress,
    startedAt,
    lastActivityAt,
    endedAt: isoOrNull(summary.endedAt),
    endReason: summary.endReason,
    expiresAt: isoOrNull(summary.expiresAt),
    currency,
    lineItems,
    quantity,
    total,
    transactions: Array.from({ length: summary.transactions }, (_, index) => ({
      id: `${id}-t${index}`,
      startedAt: lastActivityAt,
      endedAt: lastActivityAt,
      status: statusOf(summary, index === summary.transactions - 1),
      amount: total,
      lineItems: [],
    })),
    verifications,
    spotCheck: summary.spotCheck,
    ageVerification: summary.ageVerification,
    waitingMs: summary.waitingMs,
    waitingSince: isoOrNull(summary.waitingSince),
    interactionMs: summary.interactionMs,
    interactingSince: isoOrNull(summary.interactingSince),
    feedback: summary.rating === null ? null : { rating: summary.rating, at: lastActivityAt },
    review: summary.reviewed
      ? { reason: 'left', putBack: true, employee: employeeOf(null), at: lastActivityAt, also: [] }
      : null,
    putBack: [],
    notes: [],
    attributes: {},
    anomalies: [],
    events: [
      event('start', 'session.started', startedAt, {
        client: { type: client },
        ...(customerId === null ? {} : { customerId }),
      }),
      ...lineItems.map(({ lineId, sku, name, quantity: pieces, unitPrice }) =>
        event(lineId, 'item.added', lastActivityAt, { lineId, sku, name, quantity: pieces, unitPrice }),
      ),
      ...verifications
        .filter(({ status }) => status === 'waiting')
        .map((verification) =>
          event(verification.id, 'verification.required', verification.shownAt, {
            verificationId: verification.id,
            kind: verification.kind,
          }),
        ),
    ],
    version,
  }
}

const employeeOf = (wanted: string | null) => staff.find(({ number }) => number === wanted) ?? someone

/** Of a transaction; the attempts before the last one failed. */
function statusOf({ state, obstacle }: SessionSummary, isLast: boolean): Transaction['status'] {
  if (!isLast) return 'failed'
  if (state === 'closed' || state === 'partially_returned') return 'completed'
  return obstacle === 'payment_failed' ? 'failed' : obstacle === 'payment_cancelled' ? 'cancelled' : 'started'
}

function linesOf(quantity: number, total: number): SessionDocument['lineItems'] {
  const line = (lineId: string, name: string, pieces: number, unitPrice: number) => ({
    lineId,
    sku: `sku-${unitPrice}`,
    name,
    quantity: pieces,
    unitPrice,
    total: pieces * unitPrice,
    returnedQuantity: 0,
  })
  const unitPrice = Math.floor(total / quantity)
  const rest = quantity - 1
  const last = line('l1', 'Bread', 1, total - rest * unitPrice)
  return rest === 0 ? [last] : [last, line('l2', 'Milk', rest, unitPrice)]
}

function verificationsOf(summary: SessionSummary, kind: Verification['kind'], status: CheckSummary): Verification[] {
  if (status === 'not_required') return []
  const shownAt = new Date(summary.waitingSince ?? summary.lastActivityAt).toISOString()
  const isDecided = status === 'approved' || status === 'rejected'
  const decidedAt = isDecided ? shownAt : null
  return [
    {
      id: kind,
      kind,
      status,
      shownAt,
      acknowledgedAt: decidedAt,
      resolvedAt: decidedAt,
      employee: isDecided ? employeeOf(summary.checkedBy) : null,
      ...(kind === 'spot_check' && isDecided ? foundBy(summary) : {}),
    },
  ]
}

/** Method and differences of a spot check; the first difference is worth all that was prevented. */
function foundBy({
  checkMethod,
  differences,
  preventedLoss,
}: SessionSummary): Pick<Verification, 'method' | 'differences'> {
  return {
    method: methods.find(({ method }) => method === checkMethod)?.method,
    differences: Array.from({ length: differences ?? 0 }, (_, index) => ({
      kind: 'quantity_too_low' as const,
      value: index === 0 ? (preventedLoss ?? 0) : 0,
    })),
  }
}
