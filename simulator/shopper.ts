/**
 * One shopper, as a pure state machine: a generator that says what to do next and after how long, and that is told how a
 * check ended. It knows no clock and no network, so history (time is computed) and live (time passes) run the same people.
 */

import type { Correction } from '#shared/protocol/decisions.ts'
import type { StoreFact, VerificationKind } from '#shared/protocol/integration.ts'
import type { Verification } from '#shared/protocol/session-document.ts'
import { productKey } from '#shared/verification/product-code.ts'
import { ageRestricted, catalogue, type Product, unrestricted } from './catalogue.ts'
import type { Random } from './random.ts'

type WithoutEnvelope<Fact> = Fact extends unknown ? Omit<Fact, 'id' | 'sessionId' | 'at'> : never
/** A fact before it has an id, a session and an instant. */
export type FactBody = WithoutEnvelope<StoreFact>

/** How a check ended for the shopper. */
export type CheckReply =
  /** With what the store system is to change in the basket. */
  | { outcome: 'approved'; corrections?: readonly Correction[] }
  | { outcome: 'rejected'; differences: NonNullable<Verification['differences']> }
  /** Nobody came for longer than the shopper's patience. */
  | { outcome: 'impatient' }
  /** The session is over, whoever ended it: the shopper stops. */
  | { outcome: 'ended' }

/** What a shopper does next. A `check` is answered with a `CheckReply`. */
export type ShopperStep =
  | { kind: 'fact'; afterMs: number; fact: FactBody }
  | { kind: 'check'; verificationId: string; patienceMs: number }

/** Shares of shoppers, between 0 and 1, and the mean patience in milliseconds. */
export interface Habits {
  spotCheck: number
  ageRestrictedItems: number
  abandon: number
  paymentTrouble: number
  missingExitScan: number
  feedback: number
  patienceMs: number
}

/** Habits of live shoppers. */
export const liveHabits: Habits = {
  spotCheck: 0.08,
  ageRestrictedItems: 0.16,
  abandon: 0.09,
  paymentTrouble: 0.07,
  missingExitScan: 0.06,
  feedback: 0.24,
  patienceMs: 6 * 60_000,
}

/** Fewer checks: without a console present each of them ends withdrawn or never served. */
export const historyHabits: Habits = { ...liveHabits, spotCheck: 0.04, ageRestrictedItems: 0.04 }

/** What a particular shopper is made to do, whatever the dice say. */
export interface Script {
  spotCheck?: boolean
  ageRestrictedItems?: boolean
  abandon?: boolean
}

export interface ShopperSetup {
  sessionId: string
  random: Random
  habits: Habits
  script?: Script
}

interface ClientKind {
  type: string
  versions: readonly string[]
  weight: number
  /** Median number of lines and median milliseconds between two scans. */
  lines: number
  pace: number
}

const clientKinds: readonly ClientKind[] = [
  { type: 'sdk-android', versions: ['4.12.1', '4.12.0', '4.11.3'], weight: 38, lines: 7, pace: 22_000 },
  { type: 'sdk-ios', versions: ['4.12.2', '4.12.0', '4.10.5'], weight: 34, lines: 7, pace: 21_000 },
  { type: 'hand-scanner', versions: ['2.7.0', '2.6.4'], weight: 20, lines: 14, pace: 19_000 },
  { type: 'matrix', versions: ['1.9.3'], weight: 8, lines: 4, pace: 6_000 },
]

const paymentMethods = [
  { name: 'card', weight: 55 },
  { name: 'apple_pay', weight: 15 },
  { name: 'google_pay', weight: 14 },
  { name: 'loyalty_wallet', weight: 10 },
  { name: 'direct_debit', weight: 6 },
] as const

const failureReasons = ['card_declined', 'insufficient_funds', 'terminal_timeout', 'wallet_unavailable'] as const
const spotCheckReasons = ['random_sample', 'first_purchases', 'high_value_item', 'low_trust_level'] as const
const comments: Record<number, readonly string[]> = {
  1: ['Waited far too long for the check.', 'App kept freezing.'],
  2: ['Nobody came to unlock my basket.', 'Scanner was slow today.'],
  3: ['Fine, but the exit gate is confusing.', 'Some barcodes would not scan.'],
  4: ['Quick and easy.', 'Good, more scanners please.'],
  5: ['Love it, no queue at all!', 'Great service.', 'So fast.'],
}

const MAX_LINES = 45
const MAX_ATTEMPTS = 5
/** The store's system is quick to correct a basket. */
const CORRECTION_MS = 300

interface Line {
  lineId: string
  product: Product
  quantity: number
}

/** The basket as the shopper's device knows it; each change returns the fact that reports it. */
class Basket {
  readonly lines: Line[] = []
  private minted = 0

  add(product: Product, quantity: number): FactBody {
    this.minted += 1
    const line = { lineId: `line-${this.minted}`, product, quantity }
    this.lines.push(line)
    return {
      type: 'item.added',
      lineId: line.lineId,
      sku: product.sku,
      name: product.name,
      quantity,
      unitPrice: product.unitPrice,
      category: product.category,
      department: product.department,
      storage: product.storage,
      ...(product.minAge === undefined ? {} : { minAge: product.minAge }),
    }
  }

  setQuantity(line: Line, quantity: number): FactBody {
    line.quantity = quantity
    return { type: 'item.quantity_changed', lineId: line.lineId, quantity }
  }

  remove(line: Line): FactBody {
    this.lines.splice(this.lines.indexOf(line), 1)
    return { type: 'item.removed', lineId: line.lineId }
  }

  find(lineId: string | undefined): Line | undefined {
    return this.lines.find((line) => line.lineId === lineId)
  }

  get minAge(): number {
    return Math.max(0, ...this.lines.map((line) => line.product.minAge ?? 0))
  }

  get total(): number {
    return this.lines.reduce((sum, line) => sum + line.quantity * line.product.unitPrice, 0)
  }
}

const act = (afterMs: number, fact: FactBody): ShopperStep => ({ kind: 'fact', afterMs: Math.round(afterMs), fact })
const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value))

type Steps<Result> = Generator<ShopperStep, Result, CheckReply | undefined>

/** A whole shopping session, from the first scan to the exit or wherever it ends. */
export function* shop(setup: ShopperSetup): Steps<void> {
  const { random, habits, script = {} } = setup
  const client = random.weighted(clientKinds, (kind) => kind.weight)
  const basket = new Basket()
  const abandons = script.abandon ?? random.chance(habits.abandon)
  // A third of those who leave still go up to the checkout first.
  const leavesAtCheckout = abandons && random.chance(0.33)
  const cancels = random.chance(0.35)

  const customerId = `C-${random.int(100_000, 104_999)}`
  const identified = random.weighted(
    [
      { when: 'start', weight: client.type === 'hand-scanner' ? 10 : 6 },
      { when: 'later', weight: client.type === 'hand-scanner' ? 0 : 1.5 },
      { when: 'never', weight: client.type === 'hand-scanner' ? 0 : 2.5 },
    ] as const,
    (entry) => entry.weight,
  ).when
  yield act(0, {
    type: 'session.started',
    client: { type: client.type, version: random.pick(client.versions) },
    customerId: identified === 'start' ? customerId : null,
  })

  yield* browse(setup, client, basket)
  if (abandons && !leavesAtCheckout) {
    if (cancels) yield act(random.around(40_000), { type: 'session.cancelled', reason: 'left_by_shopper' })
    return
  }
  if (identified === 'later') yield act(random.around(8_000), { type: 'customer.identified', customerId })

  const paid = yield* pay(setup, basket, leavesAtCheckout)
  if (paid === 'left') {
    if (cancels) yield act(random.around(30_000), { type: 'session.cancelled', reason: 'left_at_checkout' })
    return
  }
  if (paid === 'ended') return

  const feedback = random.chance(habits.feedback) ? feedbackOf(random) : null
  const feedbackFirst = random.chance(0.7)
  if (feedback !== null && feedbackFirst) yield act(random.around(12_000), feedback)
  if (!random.chance(habits.missingExitScan)) yield act(random.around(35_000), { type: 'exit.scanned' })
  if (feedback !== null && !feedbackFirst) yield act(random.around(90_000), feedback)
}

function* browse({ random, habits, script = {} }: ShopperSetup, client: ClientKind, basket: Basket): Steps<void> {
  const count = Math.round(clamp(random.around(client.lines, 0.6), 1, MAX_LINES))
  const restricted = (script.ageRestrictedItems ?? random.chance(habits.ageRestrictedItems)) ? random.int(1, 2) : 0
  // Where in the list of scans the restricted items come.
  const restrictedAt = new Set(Array.from({ length: restricted }, () => random.int(0, count - 1)))
  const pause = () => clamp(random.around(client.pace, 0.6), 2_500, 240_000)
  for (let scan = 0; scan < count; scan += 1) {
    const shelf = restrictedAt.has(scan) ? ageRestricted : unrestricted
    const product = random.weighted(shelf, (candidate) => candidate.popularity)
    const scanned = basket.lines.find((line) => line.product === product)
    if (scanned === undefined) {
      const quantity = random.chance(0.8) ? 1 : random.int(2, 4)
      yield act(scan === 0 ? random.int(400, 2_500) : pause(), basket.add(product, quantity))
    } else {
      yield act(pause(), basket.setQuantity(scanned, scanned.quantity + 1))
    }
    if (basket.lines.length > 1 && random.chance(0.06)) {
      const line = random.pick(basket.lines)
      const fewer = line.quantity > 1 && random.chance(0.5)
      yield act(random.around(9_000), fewer ? basket.setQuantity(line, line.quantity - 1) : basket.remove(line))
    }
  }
}

type PayResult = 'paid' | 'left' | 'ended'

function* pay(setup: ShopperSetup, basket: Basket, leaves: boolean): Steps<PayResult> {
  const { random, habits, sessionId, script = {} } = setup
  let spotCheckDue = script.spotCheck ?? random.chance(habits.spotCheck)
  // Confirmed once, an age holds for the whole session, up to that age.
  let confirmedAge = 0
  let checks = 0
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const transactionId = `${sessionId}-t${attempt}`
    yield act(random.around(20_000), { type: 'checkout.started', transactionId })

    const kinds: VerificationKind[] = []
    if (basket.minAge > confirmedAge) kinds.push('age_verification')
    if (spotCheckDue) kinds.push('spot_check')
    const required = kinds.map((kind) => {
      checks += 1
      return { kind, verificationId: `${sessionId}-v${checks}` }
    })
    for (const { kind, verificationId } of required) {
      const reason = kind === 'spot_check' ? random.pick(spotCheckReasons) : 'age_restricted_items'
      const minAge = kind === 'age_verification' ? { minAge: basket.minAge } : {}
      yield act(random.int(700, 2_000), {
        type: 'verification.required',
        verificationId,
        kind,
        transactionId,
        reason,
        ...minAge,
      })
    }
    // All checks are waited for before the shopper reacts: one visit of an employee usually settles both.
    const patienceMs = habits.patienceMs * (0.7 + 0.6 * random.next())
    const replies: { kind: VerificationKind; verificationId: string; reply: CheckReply }[] = []
    for (const { kind, verificationId } of required) {
      const reply = yield { kind: 'check', verificationId, patienceMs }
      replies.push({ kind, verificationId, reply: reply ?? { outcome: 'ended' } })
    }
    if (replies.some(({ reply }) => reply.outcome === 'ended')) return 'ended'
    const impatient = replies.filter(({ reply }) => reply.outcome === 'impatient')
    if (impatient.length > 0 && random.chance(0.3)) return 'left'
    for (const { verificationId } of impatient) {
      yield act(random.int(500, 3_000), { type: 'verification.withdrawn', verificationId })
    }
    for (const { kind, reply } of replies) {
      if (kind === 'age_verification' && reply.outcome === 'approved') confirmedAge = basket.minAge
      // A spot check that nobody came for is waived by the store's system.
      if (kind === 'spot_check') spotCheckDue = reply.outcome === 'rejected' && random.chance(0.3)
    }

    // A basket that was refused, or whose age nobody confirmed, cannot be paid as it is.
    const refused = replies.filter(({ kind, reply }) => reply.outcome === 'rejected' || kind === 'age_verification')
    const corrections = refused.filter(({ reply }) => reply.outcome !== 'approved')
    if (corrections.length > 0) {
      yield act(random.int(1_000, 6_000), {
        type: 'payment.cancelled',
        transactionId,
        reason: corrections.some(({ reply }) => reply.outcome === 'rejected') ? 'check_rejected' : 'check_not_served',
      })
      for (const { kind, reply } of corrections) {
        if (kind === 'age_verification') yield* removeRestricted(random, basket)
        else if (reply.outcome === 'rejected') yield* correct(random, basket, reply.differences)
      }
      // Someone who came for a bottle only goes home without one.
      if (basket.lines.length === 0) return 'left'
      continue
    }
    for (const { reply } of replies) {
      if (reply.outcome === 'approved') yield* applyCorrections(basket, reply.corrections ?? [])
    }
    if (basket.lines.length === 0) return 'left'
    if (leaves) return 'left'

    const method = random.weighted(paymentMethods, (entry) => entry.weight).name
    yield act(random.around(9_000), { type: 'payment.started', transactionId, method })
    if (attempt < MAX_ATTEMPTS && random.chance(habits.paymentTrouble)) {
      if (random.chance(0.6)) {
        const reason = random.pick(failureReasons)
        yield act(random.around(15_000), { type: 'payment.failed', transactionId, reason })
      } else {
        yield act(random.around(12_000), { type: 'payment.cancelled', transactionId, reason: 'by_shopper' })
        // Back to the shelves for what was forgotten.
        yield act(random.around(60_000), basket.add(random.pick(unrestricted), 1))
      }
      continue
    }
    yield act(random.around(14_000), {
      type: 'payment.completed',
      transactionId,
      amount: basket.total,
      receiptNumber: `R-${String(random.int(0, 99_999_999)).padStart(8, '0')}`,
    })
    return 'paid'
  }
  return 'left'
}

function* removeRestricted(random: Random, basket: Basket): Steps<void> {
  for (const line of basket.lines.filter(({ product }) => product.minAge !== undefined)) {
    yield act(random.around(6_000), basket.remove(line))
  }
}

const productOf = (sku: string | undefined): Product | undefined =>
  catalogue.find((product) => sku !== undefined && productKey(product.sku) === productKey(sku))

/** The store's system changes the basket as an approval with corrections says, in the payment that was waiting. */
function* applyCorrections(basket: Basket, corrections: readonly Correction[]): Steps<void> {
  for (const { lineId, sku, quantity } of corrections) {
    const line = basket.find(lineId)
    const product = productOf(sku)
    if (line !== undefined && quantity === 0) yield act(CORRECTION_MS, basket.remove(line))
    else if (line !== undefined && quantity !== line.quantity)
      yield act(CORRECTION_MS, basket.setQuantity(line, quantity))
    else if (lineId === undefined && product !== undefined && quantity > 0)
      yield act(CORRECTION_MS, basket.add(product, quantity))
  }
}

/** Makes the basket what it should have been: as the employee's differences say, else the likeliest mistake. */
function* correct(
  random: Random,
  basket: Basket,
  differences: Extract<CheckReply, { outcome: 'rejected' }>['differences'],
): Steps<void> {
  let corrected = false
  for (const difference of differences) {
    const line = basket.find(difference.lineId)
    const fact = correction(random, basket, difference, line)
    if (fact === null) continue
    corrected = true
    yield act(random.around(8_000), fact)
  }
  if (corrected || basket.lines.length === 0) return
  const line = random.pick(basket.lines)
  yield act(random.around(8_000), basket.setQuantity(line, line.quantity + 1))
}

function correction(
  random: Random,
  basket: Basket,
  difference: NonNullable<Verification['differences']>[number],
  line: Line | undefined,
): FactBody | null {
  switch (difference.kind) {
    case 'missing_item': {
      const product = productOf(difference.sku) ?? random.pick(unrestricted)
      return basket.add(product, Math.max(1, difference.quantity ?? 1))
    }
    case 'quantity_too_low':
      if (line === undefined) return null
      return basket.setQuantity(line, Math.max(line.quantity + 1, difference.quantity ?? 0))
    case 'quantity_too_high':
      if (line === undefined) return null
      if (line.quantity === 1) return basket.lines.length > 1 ? basket.remove(line) : null
      return basket.setQuantity(line, clamp(difference.quantity ?? line.quantity - 1, 1, line.quantity - 1))
    case 'wrong_item':
      if (line === undefined || basket.lines.length < 2) return null
      return basket.remove(line)
    case 'wrong_discount':
      // The contract has no price change: the line is scanned again at its right price.
      return null
  }
}

function feedbackOf(random: Random): FactBody {
  const { rating } = random.weighted(
    [
      { rating: 5, weight: 48 },
      { rating: 4, weight: 28 },
      { rating: 3, weight: 12 },
      { rating: 2, weight: 6 },
      { rating: 1, weight: 6 },
    ],
    (entry) => entry.weight,
  )
  const comment = random.chance(0.4) ? { comment: random.pick(comments[rating] ?? ['']) } : {}
  return { type: 'feedback.given', rating, ...comment }
}

/** Gives a session's facts their ids and instants; instants only grow, so the fold keeps their order. */
export class FactStamp {
  private count = 0
  /** UTC milliseconds of the latest fact. */
  lastAt = Number.NEGATIVE_INFINITY

  constructor(private readonly sessionId: string) {}

  /** @param atMs UTC milliseconds; moved on by a millisecond where it does not lie after the fact before it */
  stamp(body: FactBody, atMs: number): StoreFact {
    this.count += 1
    this.lastAt = Math.max(Math.round(atMs), this.lastAt + 1)
    const id = `${this.sessionId}-e${String(this.count).padStart(3, '0')}`
    return { ...body, id, sessionId: this.sessionId, at: new Date(this.lastAt).toISOString() } as StoreFact
  }
}

/**
 * A whole session with its time computed: what history sends and what tests look at.
 *
 * @param reply how each check ends, and how many milliseconds after it was shown
 */
export function playOut(
  setup: ShopperSetup,
  startMs: number,
  reply: (check: Extract<ShopperStep, { kind: 'check' }>) => { reply: CheckReply; afterMs: number },
): StoreFact[] {
  const stamp = new FactStamp(setup.sessionId)
  const facts: StoreFact[] = []
  const steps = shop(setup)
  let at = startMs
  let step = steps.next()
  while (step.done !== true) {
    if (step.value.kind === 'fact') {
      at += step.value.afterMs
      facts.push(stamp.stamp(step.value.fact, at))
      step = steps.next()
    } else {
      const answer = reply(step.value)
      at += answer.afterMs
      step = steps.next(answer.reply)
    }
  }
  return facts
}
