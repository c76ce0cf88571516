/** Requests with an `Idempotency-Key`: the first answer is kept for a day and given again to every repeat. */
import { and, eq, lte } from 'drizzle-orm/sql'
import { IDEMPOTENCY_LIFETIME_MS } from '#shared/protocol/customer-sessions.ts'
import type { Database, Queries } from '../storage/open-database.ts'
import { idempotentAnswers } from '../storage/schema.ts'

export interface StoredAnswer {
  status: number
  /** JSON. */
  body: string
}

export interface IdempotencyKey {
  key: string
  /** What was asked for; a key stands for one content only. */
  content: string
}

/** The first answer to a key of the locked store, `reused` where the key stood for other content, null for a new one. */
export async function recallAnswer(
  tx: Queries,
  storeId: string,
  { key, content }: IdempotencyKey,
  nowMs: number,
): Promise<StoredAnswer | 'reused' | null> {
  const [row] = await tx
    .select()
    .from(idempotentAnswers)
    .where(and(eq(idempotentAnswers.storeId, storeId), eq(idempotentAnswers.key, key)))
  if (row === undefined || row.createdAt <= nowMs - IDEMPOTENCY_LIFETIME_MS) return null
  return row.content === content ? { status: row.status, body: row.body } : 'reused'
}

/** Keeps the answer to a key that has none yet. */
export async function keepAnswer(
  tx: Queries,
  storeId: string,
  { key, content }: IdempotencyKey,
  answer: StoredAnswer,
  nowMs: number,
): Promise<void> {
  const kept = { content, ...answer, createdAt: nowMs }
  await tx
    .insert(idempotentAnswers)
    .values({ storeId, key, ...kept })
    // One whose day is over may not have been removed yet.
    .onConflictDoUpdate({ target: [idempotentAnswers.storeId, idempotentAnswers.key], set: kept })
}

/** Removes answers whose day is over. */
export async function forgetOldAnswers(database: Database, nowMs: number): Promise<void> {
  await database.queries
    .delete(idempotentAnswers)
    .where(lte(idempotentAnswers.createdAt, nowMs - IDEMPOTENCY_LIFETIME_MS))
}
