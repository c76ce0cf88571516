/** Notes on shifts and who took them over: one numbered list per store, extended in the transaction of the decision. */
import { and, desc, eq, gt, sql } from 'drizzle-orm/sql'
import type { EmployeeRef } from '#shared/protocol/primitives.ts'
import type { ShiftDecision, ShiftEntriesPage, ShiftEntry } from '#shared/protocol/shift-entries.ts'
import { judgeShiftDecision } from '#shared/verification/judge-shift-decision.ts'
import type { Database, Queries } from '../storage/open-database.ts'
import { shiftEntries } from '../storage/schema.ts'

/** Judges a decision on a shift and keeps it. The store has to be locked: the numbers are the order of arrival. */
export async function addShiftEntry(
  tx: Queries,
  storeId: string,
  decision: ShiftDecision,
  employee: EmployeeRef,
  nowMs: number,
): Promise<ShiftEntry> {
  const { date, shift } = decision.payload
  const [first] = await tx
    .select({ entry: shiftEntries.entry })
    .from(shiftEntries)
    .where(
      and(
        eq(shiftEntries.storeId, storeId),
        eq(shiftEntries.date, date),
        eq(shiftEntries.shift, shift),
        sql`${shiftEntries.entry} ->> 'type' = 'acknowledged'`,
      ),
    )
    .orderBy(shiftEntries.number)
    .limit(1)
  const number = (await lastShiftEntryOf(tx, storeId)) + 1
  const entry = { number, ...judgeShiftDecision(first?.entry ?? null, decision, employee, nowMs) }
  await tx.insert(shiftEntries).values({ storeId, number, date, shift, entry })
  return entry
}

/** Number of a store's last entry; 0 where it has none. */
export async function lastShiftEntryOf(queries: Queries, storeId: string): Promise<number> {
  const [last] = await queries
    .select({ number: shiftEntries.number })
    .from(shiftEntries)
    .where(eq(shiftEntries.storeId, storeId))
    .orderBy(desc(shiftEntries.number))
    .limit(1)
  return last?.number ?? 0
}

/** A store's entries after a number, oldest first. */
export function shiftEntriesSince(
  database: Database,
  storeId: string,
  since: number,
  limit: number,
): Promise<Omit<ShiftEntriesPage, 'epoch'>> {
  return database.transaction(
    async (tx) => {
      const rows = await tx
        .select({ entry: shiftEntries.entry })
        .from(shiftEntries)
        .where(and(eq(shiftEntries.storeId, storeId), gt(shiftEntries.number, since)))
        .orderBy(shiftEntries.number)
        .limit(limit)
      return { entries: rows.map((row) => row.entry), last: await lastShiftEntryOf(tx, storeId) }
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )
}
