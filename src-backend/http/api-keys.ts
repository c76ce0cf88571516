/** API keys of the store systems: `Authorization: ApiKey <key>`, or `ApiKey-v1 <key>` as Talon.One's SDKs send it. */
import { eq } from 'drizzle-orm/sql'
import { hashSecret } from '../accounts/credentials.ts'
import type { Database } from '../storage/open-database.ts'
import { apiKeys, stores } from '../storage/schema.ts'
import { ProblemError } from './problems.ts'

/**
 * Ids of the stores that the key of this header is for.
 * @throws ProblemError `unauthorized` where there is no key, or nobody knows it
 */
export async function storesOfKey(database: Database, authorization: string | undefined): Promise<string[]> {
  const key = /^ApiKey(?:-v1)?\s+(\S.*)$/i.exec(authorization ?? '')?.[1]
  if (key === undefined) throw new ProblemError('unauthorized', { detail: 'Send Authorization: ApiKey <key>.' })
  const [row] = await database.queries
    .select()
    .from(apiKeys)
    .where(eq(apiKeys.keyHash, hashSecret(key.trim())))
  if (row === undefined) throw new ProblemError('unauthorized', { detail: 'The API key is not known.' })
  return row.stores
}

/** Why a caller has no access to a store: there is none, or it is another's. `field` names where it was named. */
export async function storeProblem(database: Database, storeId: string, field?: string): Promise<ProblemError> {
  const [store] = await database.queries.select({ id: stores.id }).from(stores).where(eq(stores.id, storeId))
  return new ProblemError(store === undefined ? 'store_unknown' : 'store_forbidden', { field })
}
