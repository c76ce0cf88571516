/**
 * Which database this is. A restored backup has forgotten versions and decisions that consoles know of, so it starts a new
 * epoch: their cursors no longer count, and they offer again what it may have lost.
 */
import { eq, sql } from 'drizzle-orm/sql'
import type { MintId } from '#shared/time/clock.ts'
import { type Queries, rowsOf } from './open-database.ts'
import { meta } from './schema.ts'

/** `told` by the operator; `noticed` because this is not the database of the last start. */
export type Restoration = 'told' | 'noticed'

/** Starts a new epoch: every console fills up anew beside what it has. */
export async function startEpoch(tx: Queries, mintId: MintId): Promise<void> {
  await tx.update(meta).set({ value: mintId() }).where(eq(meta.key, 'epoch'))
}

/**
 * Starts a new epoch where the database was restored; call it once per start, on the current structure.
 * @param told whether the operator says that it was restored: an older copy of the same files cannot be noticed
 */
export async function startEpochIfRestored(tx: Queries, mintId: MintId, told: boolean): Promise<Restoration | null> {
  const [known] = await tx.select().from(meta).where(eq(meta.key, 'origin'))
  const origin = await originOf(tx)
  if (origin !== null && origin !== known?.value) {
    await tx
      .insert(meta)
      .values({ key: 'origin', value: origin })
      .onConflictDoUpdate({ target: meta.key, set: { value: origin } })
  }
  const noticed = known !== undefined && origin !== null && origin !== known.value
  if (!told && !noticed) return null
  await startEpoch(tx, mintId)
  return told ? 'told' : 'noticed'
}

/**
 * What another server, another history of the same server (recovery to a point in time, a promoted standby) and a
 * database that was created anew do not share with this one; null where the database's account may not read it.
 */
async function originOf(tx: Queries): Promise<string | null> {
  const [allowed] = await rowsOf<{ all: boolean }>(
    tx,
    sql`select has_function_privilege('pg_control_system()', 'execute')
           and has_function_privilege('pg_walfile_name(pg_lsn)', 'execute')
           and has_function_privilege('pg_current_wal_lsn()', 'execute') as all`,
  )
  if (allowed?.all !== true) return null
  const [row] = await rowsOf<{ origin: string }>(
    tx,
    sql`select system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/' || pg_database.oid as origin
        from pg_control_system(), pg_database where datname = current_database()`,
  )
  return row?.origin ?? null
}
