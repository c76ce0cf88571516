/** When a store's policy ends a session that nobody ended. */
import type { EndReason } from '../protocol/session-document.ts'
import type { StoreSettings } from '../protocol/store-settings.ts'
import { nextLocalMidnight } from '../time/local-day.ts'

export interface Expiry {
  /** UTC milliseconds. */
  at: number
  reason: Extract<EndReason, 'expired_midnight' | 'expired_inactivity'>
}

/**
 * The instant a policy names for a session that the policy counts since, and was last active, at these UTC
 * milliseconds; null for `never`. It counts since the start, or since the last reopening; midnight is the first store-local
 * midnight after that.
 */
export function expiryOf(
  settings: Pick<StoreSettings, 'expiry' | 'timezone'>,
  since: number,
  lastActivityAt: number,
): Expiry | null {
  const { mode, inactivityMinutes } = settings.expiry
  if (mode === 'never') return null
  const byInactivity: Expiry = { at: lastActivityAt + inactivityMinutes * 60_000, reason: 'expired_inactivity' }
  if (mode === 'inactivity') return byInactivity
  const byMidnight: Expiry = { at: nextLocalMidnight(since, settings.timezone), reason: 'expired_midnight' }
  if (mode === 'midnight') return byMidnight
  return byMidnight.at <= byInactivity.at ? byMidnight : byInactivity
}
