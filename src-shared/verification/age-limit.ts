/** Age verifications: which items ask for an age, and who is old enough today. */
import { Temporal } from 'temporal-polyfill'
import type { LineItem, SessionDocument, Verification } from '../protocol/session-document.ts'
import { localDateOf } from '../time/local-day.ts'

export interface AgeLimit {
  /** Years; null where neither the store's system nor an item says. */
  minAge: number | null
  /** Lines that ask for an age and are still bought, highest age first. */
  items: LineItem[]
}

/** What an age verification asks for: the highest age that its store system or an item of the basket names. */
export function ageLimitOf(
  session: Pick<SessionDocument, 'lineItems' | 'transactions'>,
  verification: Pick<Verification, 'minAge' | 'transactionId'>,
): AgeLimit {
  const transaction = session.transactions.find((candidate) => candidate.id === verification.transactionId)
  const items = (transaction?.lineItems ?? session.lineItems)
    .filter((line) => line.minAge !== undefined && line.quantity > line.returnedQuantity)
    .sort((a, b) => (b.minAge ?? 0) - (a.minAge ?? 0))
  const ages = [verification.minAge, items[0]?.minAge].filter((age) => age !== undefined)
  return { minAge: ages.length === 0 ? null : Math.max(...ages), items }
}

/**
 * The latest birth date (YYYY-MM-DD) of somebody who is old enough at an instant, by the store's calendar. Somebody born
 * on 29 February has the birthday on 1 March in years without that day.
 *
 * @param minAge whole years
 * @param nowMs UTC milliseconds
 */
export function latestBirthDate(minAge: number, nowMs: number, zone: string): string {
  return Temporal.PlainDate.from(localDateOf(nowMs, zone)).subtract({ years: minAge }).toString()
}
