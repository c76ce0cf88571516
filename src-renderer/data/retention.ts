/** What is removed from this PC with age: details that can be fetched again. Unsent work is never touched. */
import { isAbandoned } from '#shared/session/activity.ts'
import { DAY_MS } from '#shared/time/day-length.ts'
import { LEFT_DETAILS_DAYS } from './abandoned/abandoned-rows.ts'
import type { ConsoleDatabase } from './database.ts'
import type { SessionIndex } from './session-index.ts'

export const DEFAULT_KEEP_DETAILS_DAYS = 30
/** How long a backend restored from a backup can be offered what it had confirmed. */
const KEEP_SENT_DAYS = 14
const KEEP_SEEN_RESULTS_DAYS = 90
/** A check left alone for longer is not under way any more. */
const KEEP_DRAFT_DAYS = 7
const BATCH = 500

/**
 * Removes details of sessions that ended more than `keepDetailsDays` ago, old records of settled decisions, and drafts of
 * checks that nobody went on with. Details of left baskets that wait to be reviewed stay a while whatever that says: what
 * goes back to the fridge is in them.
 * @param nowMs UTC milliseconds, server time
 * @returns how many details were removed
 */
export async function removeOld(
  database: ConsoleDatabase,
  index: SessionIndex,
  keepDetailsDays: number,
  nowMs: number,
): Promise<number> {
  const endedBefore = nowMs - keepDetailsDays * DAY_MS
  const undecided = new Set(
    (await database.outbox.toArray()).map(({ storeId, mutation }) => JSON.stringify([storeId, mutation.sessionId])),
  )
  const old = (await database.sessions.toCollection().primaryKeys()).filter(([storeId, id]) => {
    const row = index.get(storeId, id)
    if (row === undefined || row.endedAt === null || row.endedAt >= endedBefore) return false
    if (isAbandoned(row) && !row.reviewed && row.endedAt >= nowMs - LEFT_DETAILS_DAYS * DAY_MS) return false
    return !undecided.has(JSON.stringify([storeId, id]))
  })
  for (let start = 0; start < old.length; start += BATCH) {
    await database.sessions.bulkDelete(old.slice(start, start + BATCH))
  }
  await database.checkDrafts.filter((row) => row.savedAt < nowMs - KEEP_DRAFT_DAYS * DAY_MS).delete()
  await database.sent.filter((row) => row.settledAt < nowMs - KEEP_SENT_DAYS * DAY_MS).delete()
  await database.results
    .filter((row) => row.seen === 1 && row.receivedAt < nowMs - KEEP_SEEN_RESULTS_DAYS * DAY_MS)
    .delete()
  return old.length
}
