/**
 * The hash chain of a store's register of refusals: each entry holds the hash of the one before, so that none can be
 * changed, removed or put in between without the entries behind it showing it.
 */
import { canonicalJson } from '../protocol/canonical-json.ts'
import type { Refusal, RefusalEntry } from '../protocol/refusals.ts'
import type { SessionDocument, SessionEvent } from '../protocol/session-document.ts'
import { ageLimitOf } from './age-limit.ts'
import { sha256Hex } from './sha256.ts'

/** What the first entry has for the hash of the one before. */
export const FIRST_PREVIOUS = '0'.repeat(64)

export type ChainVerdict =
  | { ok: true }
  /**
   * The first entry that is not what the chain says it was. `content`: it does not have its hash. `previous`: it does not
   * follow the one before. `number`: one was removed or added, or it is of another store.
   */
  | { ok: false; index: number; number: number; why: 'content' | 'previous' | 'number' }

/** Lower-case hex of the SHA-256 of an entry without its hash, as canonical JSON in UTF-8. */
export function hashOfEntry({ hash: _, ...content }: Omit<RefusalEntry, 'hash'> & { hash?: string }): string {
  return sha256Hex(canonicalJson(content))
}

/** The entry that follows `last` in the chain; null begins one. */
export function nextEntry(last: Pick<RefusalEntry, 'number' | 'hash'> | null, refusal: Refusal): RefusalEntry {
  const entry = { ...refusal, number: (last?.number ?? 0) + 1, previous: last?.hash ?? FIRST_PREVIOUS }
  return { ...entry, hash: hashOfEntry(entry) }
}

/**
 * Verifies entries of one store, oldest first.
 * @param last the entry before the first of them; null where they begin the chain
 */
export function verifyChain(
  entries: readonly RefusalEntry[],
  last: Pick<RefusalEntry, 'number' | 'hash' | 'storeId'> | null = null,
): ChainVerdict {
  let before = last
  for (const [index, entry] of entries.entries()) {
    const broken = (why: 'content' | 'previous' | 'number'): ChainVerdict => {
      return { ok: false, index, number: entry.number, why }
    }
    if (entry.number !== (before?.number ?? 0) + 1) return broken('number')
    if (before !== null && entry.storeId !== before.storeId) return broken('number')
    if (entry.previous !== (before?.hash ?? FIRST_PREVIOUS)) return broken('previous')
    if (entry.hash !== hashOfEntry(entry)) return broken('content')
    before = entry
  }
  return { ok: true }
}

/**
 * What the register says of a refusal; null where the event is no refusal of an age verification.
 * @param session as it was when the event was judged, or later
 */
export function refusalOf(session: SessionDocument, event: SessionEvent): Refusal | null {
  const { verificationId, outcome, refusalReason } = event as Record<string, unknown>
  if (event.type !== 'verification.resolved' || outcome !== 'rejected' || event.employee === undefined) return null
  const verification = session.verifications.find((candidate) => candidate.id === verificationId)
  if (verification?.kind !== 'age_verification') return null
  const { minAge, items } = ageLimitOf(session, verification)
  return {
    id: event.id,
    storeId: session.storeId,
    sessionId: session.id,
    verificationId: verification.id,
    at: event.at,
    arrivedAt: event.arrivedAt ?? event.at,
    employee: event.employee,
    minAge,
    items: items.map(({ sku, name, quantity, returnedQuantity, minAge }) => {
      return { sku, name, quantity: quantity - returnedQuantity, minAge: minAge ?? 0 }
    }),
    reason: typeof refusalReason === 'string' ? refusalReason : null,
  }
}
