/** Which checks somebody must be told of: those that wait now and did not a moment ago. */
import type { QueueEntry } from '../../data/data-api.ts'

/** Names a check among all of them. */
export const checkKey = ({ storeId, sessionId, verification }: QueueEntry): string =>
  JSON.stringify([storeId, sessionId, verification.id])

/** Who was known to hold each open check when one last looked; null where it was waiting. */
export type KnownQueue = ReadonlyMap<string, { holder: string | null }>

/** What is remembered of a queue until the next look. */
export function knownQueue(queue: readonly QueueEntry[]): KnownQueue {
  return new Map(
    queue.map((entry) => {
      const { status, employee } = entry.verification
      return [checkKey(entry), { holder: status === 'waiting' ? null : (employee?.number ?? '') }]
    }),
  )
}

/**
 * Checks that began to wait since the last look, longest wait first. A check that a colleague gave back waits again and
 * counts; one that this employee gave back or asked for does not: they know.
 *
 * @param before null at the first look, when nothing is news
 */
export function newChecks(
  before: KnownQueue | null,
  queue: readonly QueueEntry[],
  employeeNumber: string | undefined,
): QueueEntry[] {
  if (before === null) return []
  return queue.filter((entry) => {
    const { status, requestedBy } = entry.verification
    if (status !== 'waiting') return false
    const known = before.get(checkKey(entry))
    if (known === undefined) return requestedBy === undefined || requestedBy.number !== employeeNumber
    return known.holder !== null && known.holder !== employeeNumber
  })
}
