/**
 * Leases on taken checks: a check waits again once its holder's console was not heard of for the store's time. A lease that
 * ran out is judged before anything else happens to its session, so that nothing depends on when the job runs.
 */
import { and, eq, lte, sql } from 'drizzle-orm/sql'
import type { SessionDocument, SessionEvent } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { HeldCheck, LeasesResponse } from '#shared/protocol/sync.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import type { Clock, MintId } from '#shared/time/clock.ts'
import { judgeLapse } from '#shared/verification/judge-decision.ts'
import { type Database, type Queries, rowsOf } from '../storage/open-database.ts'
import { checkLeases } from '../storage/schema.ts'
import { insertEventIds, type LockedStore, loadSessions, lockStore, writeSessions } from './store-writer.ts'

type Lease = typeof checkLeases.$inferSelect

const leaseMsOf = (settings: Pick<StoreSettings, 'checks'>): number => settings.checks.leaseSeconds * 1_000

/** Keeps or ends the lease of a check after a decision of an employee on it. */
export async function followDecision(
  tx: Queries,
  store: LockedStore,
  session: SessionDocument,
  verificationId: string,
  employeeNumber: string,
  now: number,
): Promise<void> {
  const verification = session.verifications.find((candidate) => candidate.id === verificationId)
  const key = and(eq(checkLeases.sessionId, session.id), eq(checkLeases.verificationId, verificationId))
  if (verification?.status !== 'in_progress') await tx.delete(checkLeases).where(key)
  else if (verification.employee?.number === employeeNumber) {
    const lease = { employeeNumber, until: now + leaseMsOf(store.settings) }
    await tx
      .insert(checkLeases)
      .values({ sessionId: session.id, verificationId, storeId: store.id, ...lease })
      .onConflictDoUpdate({ target: [checkLeases.sessionId, checkLeases.verificationId], set: lease })
  }
}

/** Ends the leases of a session that have run out, and answers the events that this adds to it. */
export async function takeLapses(
  tx: Queries,
  store: LockedStore,
  session: SessionDocument,
  mintId: MintId,
  now: number,
): Promise<SessionEvent[]> {
  const due = await tx
    .delete(checkLeases)
    .where(and(eq(checkLeases.sessionId, session.id), lte(checkLeases.until, now)))
    .returning()
  if (due.length === 0) return []
  const events = lapsesOf(store, session, due, mintId, now)
  await insertEventIds(
    tx,
    store.id,
    events.map((event): [string, string] => [event.id, session.id]),
  )
  return events
}

function lapsesOf(
  { settings }: LockedStore,
  session: SessionDocument,
  due: readonly Lease[],
  mintId: MintId,
  now: number,
): SessionEvent[] {
  const frame = { id: session.id, storeId: session.storeId, settings, version: session.version }
  const current = foldSession(frame, session.events, now)
  return due.flatMap((lease) => judgeLapse(current, lease, mintId(), lease.until, now) ?? [])
}

/** Ends every lease that has run out; answers how many checks wait again. Safe to run on several backends at once. */
export async function lapseChecks(database: Database, clock: Clock, mintId: MintId): Promise<number> {
  const stores = await database.queries
    .selectDistinct({ storeId: checkLeases.storeId })
    .from(checkLeases)
    .where(lte(checkLeases.until, clock.now()))
  let lapsed = 0
  for (const { storeId } of stores) {
    lapsed += await database.transaction(async (tx) => {
      const store = await lockStore(tx, storeId)
      const now = clock.now()
      const due = await tx
        .delete(checkLeases)
        .where(and(eq(checkLeases.storeId, storeId), lte(checkLeases.until, now)))
        .returning()
      if (store === null) return 0
      const sessions = await loadSessions(tx, [...new Set(due.map((lease) => lease.sessionId))])
      const added: [string, string][] = []
      const changed = [...sessions.values()].flatMap((session) => {
        const leases = due.filter((lease) => lease.sessionId === session.id)
        const events = lapsesOf(store, session, leases, mintId, now)
        if (events.length === 0) return []
        for (const event of events) added.push([event.id, session.id])
        const frame = { id: session.id, storeId, settings: store.settings, version: session.version }
        return [foldSession(frame, [...session.events, ...events], now)]
      })
      await insertEventIds(tx, storeId, added)
      await writeSessions(tx, store, changed)
      return added.length
    })
  }
  return lapsed
}

/**
 * Renews the leases of an employee whose console is alive. One that has run out is not renewed, even where nothing came
 * of that yet.
 */
export async function renewLeases(
  database: Database,
  clock: Clock,
  employee: { number: string; stores: readonly string[] },
  checks: readonly HeldCheck[],
): Promise<LeasesResponse['leases']> {
  const own = checks.filter(({ storeId }) => employee.stores.includes(storeId))
  const renewed = own.length === 0 ? [] : await renew(database.queries, clock.now(), employee.number, own)
  const unknown = own.filter((check) => !renewed.some((lease) => isSame(lease, check)))
  if (unknown.length > 0) renewed.push(...(await begin(database, clock, employee.number, unknown)))
  return checks.map((check) => {
    const until = renewed.find((lease) => isSame(lease, check))?.until
    return { ...check, until: until === undefined ? null : new Date(until).toISOString() }
  })
}

const isSame = (a: Omit<HeldCheck, 'storeId'>, b: Omit<HeldCheck, 'storeId'>): boolean =>
  a.sessionId === b.sessionId && a.verificationId === b.verificationId

type Renewed = Pick<Lease, 'sessionId' | 'verificationId' | 'until'>

async function renew(queries: Queries, now: number, number: string, checks: readonly HeldCheck[]): Promise<Renewed[]> {
  const column = (name: keyof HeldCheck) => sql`${sql.param(checks.map((check) => check[name]))}::text[]`
  const rows = await rowsOf<{ session_id: string; verification_id: string; until: string | number }>(
    queries,
    sql`update check_leases as lease
        set until = ${now}::bigint + (stores.settings -> 'checks' ->> 'leaseSeconds')::bigint * 1000
        from stores, unnest(${column('storeId')}, ${column('sessionId')}, ${column('verificationId')})
          as held (store_id, session_id, verification_id)
        where stores.id = lease.store_id and lease.store_id = held.store_id and lease.session_id = held.session_id
          and lease.verification_id = held.verification_id and lease.employee_number = ${number}
          and lease.until > ${now}
        returning lease.session_id, lease.verification_id, lease.until`,
  )
  return rows.map((row) => ({
    sessionId: row.session_id,
    verificationId: row.verification_id,
    until: Number(row.until),
  }))
}

/** A check taken before its backend knew leases has none yet. */
async function begin(
  database: Database,
  clock: Clock,
  employeeNumber: string,
  checks: readonly HeldCheck[],
): Promise<Renewed[]> {
  const begun: Renewed[] = []
  for (const storeId of new Set(checks.map((check) => check.storeId))) {
    await database.transaction(async (tx) => {
      const store = await lockStore(tx, storeId)
      if (store === null) return
      const until = clock.now() + leaseMsOf(store.settings)
      const ofStore = checks.filter((check) => check.storeId === storeId)
      const sessions = await loadSessions(
        tx,
        ofStore.map((check) => check.sessionId),
      )
      for (const { sessionId, verificationId } of ofStore) {
        const session = sessions.get(sessionId)
        const verification = session?.verifications.find((candidate) => candidate.id === verificationId)
        if (session?.storeId !== storeId || verification?.status !== 'in_progress') continue
        if (verification.employee?.number !== employeeNumber) continue
        const lease = { sessionId, verificationId, storeId, employeeNumber, until }
        begun.push(...(await tx.insert(checkLeases).values(lease).onConflictDoNothing().returning()))
      }
    })
  }
  return begun
}
