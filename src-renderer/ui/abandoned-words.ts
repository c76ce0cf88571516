/** What happened in a basket that was left, and what became of its goods, in words. Instants are UTC milliseconds. */
import type { ItemOutcome } from '#shared/protocol/decisions.ts'
import type { AbandonedStory, Obstacle } from '#shared/session/abandoned-story.ts'
import { formatShort } from './format-time.ts'
import { reasonWords, type Tone } from './labels.ts'
import { refusalReasons, refusalWords } from './refusal-words.ts'

const checkNames = { spot_check: 'a spot check', age_verification: 'an age check' } as const

/** `once`, `twice`, `3 times`. */
const times = (count: number): string => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`)

/** `4 min`, `45 s`: rough, as one tells it. */
function roughSpan(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
const inBrackets = (words: string | null): string => (words === null ? '' : ` (${words})`)

/**
 * What happened last, as a sentence without a full stop: `Payment failed twice (card declined), gave up at 14:32`.
 * @param zone of the store
 * @param nowMs times of another day get their date
 */
export function storySentence(story: AbandonedStory, zone: string, nowMs: number): string {
  const clock = (at: number) => formatShort(at, zone, nowMs)
  const lastSeen = clock(story.lastActivityAt)
  switch (story.obstacle) {
    case 'payment_failed':
    case 'payment_cancelled':
      return `${paymentWords(story)}, gave up at ${lastSeen}`
    case 'age_refused':
    case 'check_rejected':
      return refusedWords(story, clock)
    case 'never_served':
      return unservedWords(story, clock)
    case 'none':
      break
  }
  switch (story.furthestStep) {
    case 'basket_created':
      return `Scanned and never went to the checkout, last seen at ${lastSeen}`
    case 'checkout_started':
      return `Went to the checkout and did not begin to pay, last seen at ${lastSeen}`
    case 'payment_started':
      return `Began to pay and did not finish, last seen at ${lastSeen}`
    case 'payment_completed':
    case 'session_completed':
      return `Last seen at ${lastSeen}`
  }
}

/** The order of failed and cancelled attempts is not told: the last one comes first, with its reason. */
function paymentWords({ obstacle, failedPayments, cancelledPayments, paymentReason }: AbandonedStory): string {
  const reason = inBrackets(paymentReason === null ? null : reasonWords(paymentReason))
  const count = (attempts: number) =>
    attempts === 1 && (failedPayments === 0 || cancelledPayments === 0) ? '' : ` ${times(attempts)}`
  const [last, other] =
    obstacle === 'payment_failed'
      ? [`failed${count(failedPayments)}`, cancelledPayments === 0 ? '' : `, cancelled${count(cancelledPayments)}`]
      : [`cancelled${count(cancelledPayments)}`, failedPayments === 0 ? '' : `, failed${count(failedPayments)}`]
  return `Payment ${last}${reason}${other}`
}

/** A reason that was chosen, also of a newer console; anything else somebody typed. */
const isCode = (reason: string): boolean => Object.hasOwn(refusalReasons, reason) || reasonWords(reason) !== reason

function refusedWords({ refused, lastActivityAt }: AbandonedStory, clock: (at: number) => string): string {
  if (refused === null) return `A check was refused, left after ${clock(lastActivityAt)}`
  const { kind, reason, employee, at } = refused
  const what = kind === 'age_verification' ? 'Age refused' : 'Spot check rejected'
  const why = reason === null ? null : isCode(reason) ? lowerFirst(refusalWords(reason)) : `“${reason}”`
  return `${what}${employee === null ? '' : ` by ${employee.name}`}${inBrackets(why)} at ${clock(at)}, left without paying`
}

function unservedWords({ unserved, lastActivityAt }: AbandonedStory, clock: (at: number) => string): string {
  if (unserved === null) return `Waited for a check, nobody came; last seen at ${clock(lastActivityAt)}`
  const { kind, shownAt, waitedMs, withdrawn } = unserved
  // Until the session expired nobody knows how long the shopper stood there.
  return withdrawn
    ? `Waited ${roughSpan(waitedMs)} for ${checkNames[kind]} from ${clock(shownAt)} on, nobody came`
    : `Waited for ${checkNames[kind]} from ${clock(shownAt)} on, nobody ever came`
}

/** What reviews are given as reason most often; the first one fits what happened. */
export function reviewReasons(obstacle: Obstacle | null): string[] {
  const fitting = obstacle === null ? null : fittingReason[obstacle]
  return [...(fitting === null ? [] : [fitting]), ...commonReasons.filter((reason) => reason !== fitting)]
}

const fittingReason: Record<Obstacle, string | null> = {
  payment_failed: 'Payment did not work',
  payment_cancelled: 'Broke off the payment',
  age_refused: 'Age not confirmed',
  check_rejected: 'Basket did not match the check',
  never_served: 'Nobody came for the check',
  none: 'Left without paying',
}
const commonReasons = ['Left without paying', 'Paid at a till instead', 'Technical problem', 'Test or training']

export const itemOutcomeLabels: Record<ItemOutcome, string> = {
  put_back: 'Put back',
  discarded: 'Discarded',
  not_found: 'Not found',
}
export const itemOutcomes = Object.keys(itemOutcomeLabels) as ItemOutcome[]

export const storageLabels = { ambient: 'Shelf', chilled: 'Chilled', frozen: 'Frozen' } as const

/** Warned from so long before goods must be discarded on, milliseconds. */
const SOON_MS = 10 * 60_000

/** Until when goods may go back: `discard after 14:50`, and later `Discard, limit was 14:50`. */
export function discardWords(discardAt: number, zone: string, nowMs: number): { text: string; tone: Tone } {
  const clock = formatShort(discardAt, zone, nowMs)
  if (nowMs >= discardAt) return { text: `Discard, limit was ${clock}`, tone: 'bad' }
  return { text: `discard after ${clock}`, tone: discardAt - nowMs <= SOON_MS ? 'warn' : 'plain' }
}

/** How long goods have been out: `45 min`, `3 h 20 min`, `2 days`. */
export function outWords(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000))
  if (minutes < 120) return `${minutes} min`
  if (minutes < 2_880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return `${Math.floor(minutes / 1_440)} days`
}
