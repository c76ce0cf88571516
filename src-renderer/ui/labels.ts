/** What codes of the contract are called on the screen. Unknown ones are shown as they are. */
import {
  type Icon,
  IconBarcode,
  IconBrandAndroid,
  IconBrandApple,
  IconCash,
  IconCircleCheck,
  IconCircleMinus,
  IconCircleX,
  IconClock,
  IconDeviceUnknown,
  IconDoorExit,
  IconHourglassEmpty,
  IconLayoutGrid,
  IconProgressCheck,
  IconZzz,
} from '@tabler/icons-react'
import type { LifecycleState } from '#shared/protocol/lifecycle-state.ts'
import type { ProblemCode } from '#shared/protocol/problems.ts'
import type { CheckSummary, EndReason } from '#shared/protocol/session-document.ts'
import type { Obstacle } from '#shared/session/abandoned-story.ts'
import { type Activity, activityAt } from '#shared/session/activity.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'

/** Colour by meaning; the tokens behind it are in `app/tokens.css`. */
export type Tone = 'plain' | 'accent' | 'ok' | 'warn' | 'bad'

export interface Label {
  text: string
  icon: Icon
  tone: Tone
}

export const activityLabels: Record<Activity, Label> = {
  ongoing: { text: 'Ongoing', icon: IconClock, tone: 'accent' },
  stale: { text: 'Stale', icon: IconZzz, tone: 'warn' },
  paid_not_exited: { text: 'Paid, not exited', icon: IconCash, tone: 'ok' },
  ended: { text: 'Ended', icon: IconDoorExit, tone: 'plain' },
}

export const checkLabels: Record<CheckSummary, Label> = {
  not_required: { text: 'Not required', icon: IconCircleMinus, tone: 'plain' },
  waiting: { text: 'Waiting', icon: IconHourglassEmpty, tone: 'warn' },
  in_progress: { text: 'In progress', icon: IconProgressCheck, tone: 'accent' },
  approved: { text: 'Approved', icon: IconCircleCheck, tone: 'ok' },
  rejected: { text: 'Rejected', icon: IconCircleX, tone: 'bad' },
  withdrawn: { text: 'Withdrawn', icon: IconCircleMinus, tone: 'plain' },
  never_served: { text: 'Never served', icon: IconCircleMinus, tone: 'bad' },
}

export const stateLabels: Record<LifecycleState, { text: string; tone: Tone }> = {
  open: { text: 'Open', tone: 'accent' },
  closed: { text: 'Closed', tone: 'ok' },
  cancelled: { text: 'Cancelled', tone: 'plain' },
  partially_returned: { text: 'Partly returned', tone: 'warn' },
}

const progressSteps: Record<string, { text: string; step: number }> = {
  basket_created: { text: 'Basket created', step: 1 },
  checkout_started: { text: 'Checkout started', step: 2 },
  payment_started: { text: 'Payment started', step: 3 },
  payment_completed: { text: 'Payment completed', step: 4 },
  session_completed: { text: 'Session completed', step: 5 },
}

/** Progress in words, and how many of the five steps are done; null where the step is no part of the way. */
export function progressLabel(progress: string): { text: string; step: number | null } {
  return progressSteps[progress] ?? { text: progress === 'abandoned' ? 'Abandoned' : progress, step: null }
}

const clients: Record<string, { text: string; icon: Icon }> = {
  'sdk-android': { text: 'Android app', icon: IconBrandAndroid },
  'sdk-ios': { text: 'iOS app', icon: IconBrandApple },
  'hand-scanner': { text: 'Hand scanner', icon: IconBarcode },
  matrix: { text: 'SCO matrix', icon: IconLayoutGrid },
}

/** The clients offered as filters; others are found through the search. */
export const knownClients = Object.keys(clients)

/** What a shopper scans with, in words. */
export const clientLabel = (type: string): { text: string; icon: Icon } =>
  clients[type] ?? { text: type, icon: IconDeviceUnknown }

export const kindLabels = { spot_check: 'Spot check', age_verification: 'Age verification' } as const
export const methodLabels = {
  sight_check: 'Sight check',
  partial_rescan: 'Partial rescan',
  full_rescan: 'Full rescan',
} as const
export const outcomeLabels = { approved: 'Approved', rejected: 'Rejected' } as const

export const endReasonLabels: Record<EndReason, string> = {
  completed: 'exit scanned',
  expired_midnight: 'expired at midnight',
  expired_inactivity: 'expired by inactivity',
  cancelled: 'cancelled',
}

/** What happened last in a session that nobody paid for. */
export const obstacleLabels: Record<Obstacle, string> = {
  payment_failed: 'Payment failed',
  payment_cancelled: 'Payment cancelled',
  age_refused: 'Age refused',
  check_rejected: 'Check rejected',
  never_served: 'Nobody came',
  none: 'Just left',
}

/** An obstacle in words; unknown ones as they are. */
export const obstacleLabel = (obstacle: string): string => obstacleLabels[obstacle as Obstacle] ?? obstacle

/** How a spot check was made, in words; unknown ways as they are. */
export const methodLabel = (method: string): string => methodLabels[method as keyof typeof methodLabels] ?? method

/** Why a console is not online, in words that say what to do or that nothing is to do. */
export function problemText(code: ProblemCode | null): string {
  switch (code) {
    case null:
      return 'No problem is known.'
    case 'backend_unreachable':
      return 'The backend does not answer. The network or the backend may be down; the console keeps trying.'
    case 'not_a_backend':
      return 'Something answers at the configured address, but it is not a Floorwalker backend.'
    case 'unauthorized':
    case 'token_expired':
    case 'token_revoked':
    case 'device_mismatch':
      return 'The backend wants a new sign-in before it takes or gives data.'
    case 'upgrade_required':
      return 'The backend speaks a newer protocol: this console must be updated.'
    case 'too_many_requests':
    case 'unavailable':
      return 'The backend is busy; the console waits a little and tries again.'
    case 'internal':
      return 'The backend failed while answering; the console tries again.'
    case 'store_forbidden':
      return 'Access to a store was withdrawn.'
    default:
      return `The backend refused a request (${code}).`
  }
}

/** Activity of a row at `nowMs` (UTC milliseconds). */
export function activityOf(
  row: Pick<SessionSummary, 'endedAt' | 'state' | 'lastActivityAt'>,
  nowMs: number,
  staleAfterMinutes: number,
): Activity {
  const lastActivityAt = new Date(row.lastActivityAt).toISOString()
  return activityAt(
    { endedAt: row.endedAt === null ? null : '', state: row.state, lastActivityAt },
    nowMs,
    staleAfterMinutes,
  )
}

/** `1 item`, `3 items`, `5,412 sessions`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`

/** A reason as the store system wrote it: codes such as `high_value_item` read as words, sentences stay as they are. */
export function reasonWords(reason: string): string {
  return /^[a-z0-9]+(_[a-z0-9]+)*$/.test(reason) ? reason.replaceAll('_', ' ') : reason
}
