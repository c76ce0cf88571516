/** Applies a bootstrap file: stores and their settings, API keys, employees. Applying it again changes nothing. */
import { eq, sql } from 'drizzle-orm/sql'
import { canonicalJson } from '#shared/protocol/canonical-json.ts'
import type { Bootstrap } from '#shared/protocol/store-settings.ts'
import type { Clock, MintId } from '#shared/time/clock.ts'
import { refoldOpenSessions } from '../sessions/expire-sessions.ts'
import { lockStore, recountDays } from '../sessions/store-writer.ts'
import { type Restoration, startEpoch, startEpochIfRestored } from '../storage/database-origin.ts'
import { migrate, takeStartupLock } from '../storage/migrations.ts'
import type { Database, Queries } from '../storage/open-database.ts'
import { apiKeys, employees, sessions, stores } from '../storage/schema.ts'
import { hashPassword, hashSecret, passwordFits } from './credentials.ts'
import { revokeAllOf } from './sign-in.ts'

/**
 * Brings the database's structure up to date and applies the file, while other backends of the same database wait.
 *
 * The file is the whole truth about API keys and employees: what it no longer names stops working. A store it no longer
 * names stays, with its sessions.
 *
 * @param restored whether the operator says that the database was restored from a backup
 */
export async function prepareDatabase(
  database: Database,
  clock: Clock,
  mintId: MintId,
  bootstrap: Bootstrap | undefined,
  restored: boolean,
): Promise<Restoration | null> {
  return database.transaction(async (tx) => {
    await takeStartupLock(tx)
    await migrate(tx, mintId)
    const restoration = await startEpochIfRestored(tx, mintId, restored)
    if (bootstrap === undefined) return restoration
    for (const settings of bootstrap.stores) await applyStore(tx, settings, clock, mintId)
    await applyApiKeys(tx, bootstrap.apiKeys)
    await applyEmployees(tx, bootstrap.employees, clock)
    return restoration
  })
}

async function applyStore(
  tx: Queries,
  settings: Bootstrap['stores'][number],
  clock: Clock,
  mintId: MintId,
): Promise<void> {
  await tx.insert(stores).values({ id: settings.id, settings }).onConflictDoNothing()
  const store = await lockStore(tx, settings.id)
  if (store === null || canonicalJson(store.settings) === canonicalJson(settings)) return
  const before = store.settings
  store.settings = settings
  await tx.update(stores).set({ settings }).where(eq(stores.id, settings.id))
  if (before.timezone !== settings.timezone) await regroupDays(tx, settings, mintId)
  await refoldOpenSessions(tx, store, clock.now())
}

/** Another time zone moves sessions to other days without a new version: a new epoch makes consoles fill up anew. */
async function regroupDays(tx: Queries, settings: Bootstrap['stores'][number], mintId: MintId): Promise<void> {
  await tx.execute(
    sql`update sessions set local_date = to_char(
          to_timestamp((summary ->> 'startedAt')::float8 / 1000) at time zone ${settings.timezone}, 'YYYY-MM-DD')
        where ${sessions.storeId} = ${settings.id}`,
  )
  await recountDays(tx, settings.id)
  await startEpoch(tx, mintId)
}

async function applyApiKeys(tx: Queries, keys: Bootstrap['apiKeys']): Promise<void> {
  await tx.delete(apiKeys)
  const byHash = new Map<string, Set<string>>()
  for (const { key, stores: storeIds } of keys) {
    const hash = hashSecret(key)
    byHash.set(hash, new Set([...(byHash.get(hash) ?? []), ...storeIds]))
  }
  const rows = [...byHash].map(([keyHash, storeIds]) => ({ keyHash, stores: [...storeIds] }))
  if (rows.length > 0) await tx.insert(apiKeys).values(rows)
}

async function applyEmployees(tx: Queries, wanted: Bootstrap['employees'], clock: Clock): Promise<void> {
  const known = new Map((await tx.select().from(employees)).map((row) => [row.number, row]))
  for (const { number, name, password, role, stores: storeIds } of wanted) {
    const before = known.get(number)
    const samePassword = before !== undefined && (await passwordFits(password, before.passwordHash))
    const row = {
      number,
      name,
      role,
      stores: storeIds,
      active: true,
      passwordHash: samePassword ? before.passwordHash : await hashPassword(password),
    }
    await tx.insert(employees).values(row).onConflictDoUpdate({ target: employees.number, set: row })
    if (before !== undefined && !samePassword) await revokeAllOf(tx, number, clock.now())
  }
  const named = new Set(wanted.map(({ number }) => number))
  for (const { number, active } of known.values()) {
    if (named.has(number) || !active) continue
    await tx.update(employees).set({ active: false }).where(eq(employees.number, number))
    await revokeAllOf(tx, number, clock.now())
  }
}
