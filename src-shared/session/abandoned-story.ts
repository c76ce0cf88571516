/** What happened in a session that nobody paid for, as facts out of its events; the words are the screen's. */
import { countsAsClosed } from '../lifecycle/transitions.ts'
import type { SessionDocument, Verification } from '../protocol/session-document.ts'

/** What stood in the shopper's way last. */
export const obstacles = [
  'payment_failed',
  'payment_cancelled',
  'age_refused',
  'check_rejected',
  'never_served',
  'none',
] as const
export type Obstacle = (typeof obstacles)[number]

/** Steps of a session in their order; `abandoned` is none. */
export const steps = [
  'basket_created',
  'checkout_started',
  'payment_started',
  'payment_completed',
  'session_completed',
] as const
export type Step = (typeof steps)[number]

/** Instants are UTC milliseconds, durations are milliseconds. */
export interface AbandonedStory {
  obstacle: Obstacle
  /** The furthest step ever reached, over all attempts. */
  furthestStep: Step
  failedPayments: number
  cancelledPayments: number
  /** Why the last failed or cancelled payment did not go through; null where the store's system did not say. */
  paymentReason: string | null
  /** The last check that was refused. */
  refused: {
    kind: Verification['kind']
    /** One of `ageRefusalReasons`, or the employee's note; null where neither was given. */
    reason: string | null
    employee: Verification['employee']
    at: number
  } | null
  /** The last check that nobody took. */
  unserved: {
    kind: Verification['kind']
    shownAt: number
    /** Until it was withdrawn, or else until the basket was left for good. */
    waitedMs: number
    /** It was withdrawn: the wait is the shopper's own, not the time until the session expired. */
    withdrawn: boolean
  } | null
  /** Last sign of life of the shopper or of a check. */
  lastActivityAt: number
  /** When the session ended, or would expire; null where it never does. */
  leftAt: number | null
  /** Between these two; null where it never expires. */
  idleMs: number | null
}

type Told = Pick<
  SessionDocument,
  | 'state'
  | 'progress'
  | 'transactions'
  | 'verifications'
  | 'events'
  | 'anomalies'
  | 'lastActivityAt'
  | 'endedAt'
  | 'expiresAt'
>

/** The story of an unpaid session. */
export function storyOf(session: Told): AbandonedStory {
  const { transactions, verifications } = session
  const leftAt = instantOf(session.endedAt ?? session.expiresAt)
  const lastActivityAt = Date.parse(session.lastActivityAt)
  const unsuccessful = transactions.filter(({ status }) => status === 'failed' || status === 'cancelled')
  const lastPayment = lastBy(unsuccessful, ({ endedAt }) => instantOf(endedAt) ?? 0)
  const refused = lastBy(
    verifications.filter(({ status }) => status === 'rejected'),
    ({ resolvedAt }) => instantOf(resolvedAt) ?? 0,
  )
  const unserved = lastBy(
    verifications.filter((verification) => isUnserved(session, verification)),
    ({ shownAt }) => Date.parse(shownAt),
  )
  return {
    obstacle: lastObstacle(session),
    furthestStep: furthestStepOf(session),
    failedPayments: unsuccessful.filter(({ status }) => status === 'failed').length,
    cancelledPayments: unsuccessful.filter(({ status }) => status === 'cancelled').length,
    paymentReason: lastPayment?.reason ?? null,
    refused:
      refused === null
        ? null
        : {
            kind: refused.kind,
            reason: refused.refusalReason ?? refused.note ?? null,
            employee: refused.employee,
            at: instantOf(refused.resolvedAt) ?? lastActivityAt,
          },
    unserved: unserved === null ? null : waitOf(session, unserved, leftAt ?? lastActivityAt),
    lastActivityAt,
    leftAt,
    idleMs: leftAt === null ? null : Math.max(0, leftAt - lastActivityAt),
  }
}

/** What stood in the way last, of an unpaid session; null where it was paid at any time. */
export function obstacleOf(session: Told): Obstacle | null {
  const wasPaid = countsAsClosed(session.state) || session.transactions.some(({ status }) => status === 'completed')
  return wasPaid ? null : lastObstacle(session)
}

/** The furthest step that a session ever reached, whatever failed afterwards. */
export function furthestStepOf(session: Told): Step {
  const { progress, state, transactions, events, anomalies } = session
  const contradicted = new Set(anomalies.map(({ eventId }) => eventId))
  const happened = (type: string) => events.some((event) => event.type === type && !contradicted.has(event.id))
  if (progress === 'session_completed' || happened('exit.scanned')) return 'session_completed'
  if (progress === 'payment_completed' || countsAsClosed(state)) return 'payment_completed'
  if (transactions.some(({ status }) => status === 'completed')) return 'payment_completed'
  if (transactions.length === 0) return 'basket_created'
  const tried = progress === 'payment_started' || transactions.some(({ status }) => status === 'failed')
  return tried || happened('payment.started') ? 'payment_started' : 'checkout_started'
}

function lastObstacle(session: Told): Obstacle {
  let last: { obstacle: Obstacle; at: number } = { obstacle: 'none', at: Number.NEGATIVE_INFINITY }
  const meet = (obstacle: Obstacle, at: number) => {
    if (at >= last.at) last = { obstacle, at }
  }
  for (const { status, endedAt } of session.transactions) {
    if (status === 'failed') meet('payment_failed', instantOf(endedAt) ?? 0)
    if (status === 'cancelled') meet('payment_cancelled', instantOf(endedAt) ?? 0)
  }
  for (const verification of session.verifications) {
    const { kind, status, resolvedAt } = verification
    const refusal = kind === 'age_verification' ? 'age_refused' : 'check_rejected'
    if (status === 'rejected') meet(refusal, instantOf(resolvedAt) ?? 0)
    // The wait went on to the end, whatever else happened during it.
    if (isUnserved(session, verification)) meet('never_served', withdrawnAt(session, verification) ?? Number.MAX_VALUE)
  }
  return last.obstacle
}

/** A check that nobody ever took: it still waits, waited to the end, or was withdrawn before anybody came. */
function isUnserved(session: Told, { id, status, acknowledgedAt }: Verification): boolean {
  if (acknowledgedAt !== null) return false
  if (status === 'waiting' || status === 'never_served') return true
  return status === 'withdrawn' && isLastOfItsKind(session, id)
}

/** A check that was withdrawn for another one, as after a change of the basket, kept nobody from paying. */
function isLastOfItsKind({ verifications }: Told, id: string): boolean {
  const kind = verifications.find((verification) => verification.id === id)?.kind
  return verifications.findLast((verification) => verification.kind === kind)?.id === id
}

/** When the store's system withdrew a check; null where it did not. */
function withdrawnAt({ events, anomalies }: Told, { id, status }: Verification): number | null {
  if (status !== 'withdrawn') return null
  const contradicted = new Set(anomalies.map(({ eventId }) => eventId))
  const event = events.find(
    (each) => each.type === 'verification.withdrawn' && each.verificationId === id && !contradicted.has(each.id),
  )
  return event === undefined ? null : Date.parse(event.at)
}

function waitOf(session: Told, verification: Verification, leftAt: number): AbandonedStory['unserved'] {
  const shownAt = Date.parse(verification.shownAt)
  const until = withdrawnAt(session, verification)
  return {
    kind: verification.kind,
    shownAt,
    waitedMs: Math.max(0, (until ?? leftAt) - shownAt),
    withdrawn: until !== null,
  }
}

function lastBy<Value>(values: readonly Value[], at: (value: Value) => number): Value | null {
  let last: Value | null = null
  for (const value of values) if (last === null || at(value) >= at(last)) last = value
  return last
}

const instantOf = (text: string | null): number | null => (text === null ? null : Date.parse(text))
