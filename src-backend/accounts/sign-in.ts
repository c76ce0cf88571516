/** Sign-ins: an employee on a device, a short access token and a refresh token that rotates. */
import { and, eq, isNull, lt, sql } from 'drizzle-orm/sql'
import type { Employee, StoreSettings } from '#shared/protocol/store-settings.ts'
import type { Identity, SignInRequest } from '#shared/protocol/sync.ts'
import type { Clock, MintId } from '#shared/time/clock.ts'
import { type Database, notify, type Queries } from '../storage/open-database.ts'
import { authSessions, employees, meta, refreshTokens, stores } from '../storage/schema.ts'
import { hashSecret, mintSecret, passwordFits, readAccessToken, signAccessToken } from './credentials.ts'

const REFRESH_LIFETIME_MS = 90 * 24 * 3_600_000
/**
 * How long a refresh token still answers after a successor of it was first used. Tabs share one token and refresh at
 * once, so the request of the second may arrive when the first uses its answer already; later than this, it is a theft.
 */
const CONCURRENT_REFRESH_MS = 20_000

/** A signed-in employee, as of this request. */
export interface Caller {
  authSessionId: string
  /** Which rotation of the sign-in issued the access token. */
  generation: number
  employee: Employee
  /** Stores the employee has access to now, whatever the token was issued for. */
  stores: readonly string[]
  deviceId: string
  /** UTC milliseconds. */
  tokenExpiresAt: number
}

export type TokenFailure = 'unauthorized' | 'token_expired' | 'token_revoked'

export interface Issued extends Identity {
  accessToken: string
  refreshToken: string
  accessExpiresAt: number
  refreshExpiresAt: number
}

export interface Accounts {
  /** Null where number or password is wrong. */
  signIn(request: SignInRequest): Promise<Issued | null>
  /**
   * Rotates a refresh token. The one before stays good until a successor was used (itself, or its access token), so that
   * an answer may get lost however long ago; its use after that ends the whole sign-in.
   * @param deviceId moves the sign-in to this device
   */
  refresh(refreshToken: string, deviceId?: string): Promise<Issued | TokenFailure>
  /** Ends the sign-in behind an access token (expired or not) or a refresh token; does nothing for other texts. */
  signOut(token: { accessToken?: string; refreshToken?: string }): Promise<void>
  authenticate(accessToken: string): Promise<Caller | TokenFailure>
  /** The caller as of now, for streams that outlive a request. */
  recheck(caller: Caller): Promise<Caller | TokenFailure>
  identityOf(caller: Caller): Promise<Identity>
}

/** @param accessLifetimeMs lifetime of access tokens, milliseconds */
export async function openAccounts(
  database: Database,
  clock: Clock,
  mintId: MintId,
  accessLifetimeMs: number,
): Promise<Accounts> {
  const { queries } = database
  const [keyRow] = await queries.select().from(meta).where(eq(meta.key, 'token_key'))
  if (keyRow === undefined) throw new Error('the database has no token key')
  const tokenKey = keyRow.value

  async function issue(
    tx: Queries,
    authSessionId: string,
    generation: number,
    employee: typeof employees.$inferSelect,
  ): Promise<Issued> {
    const now = clock.now()
    const refreshToken = mintSecret()
    const accessExpiresAt = now + accessLifetimeMs
    const refreshExpiresAt = now + REFRESH_LIFETIME_MS
    await tx.insert(refreshTokens).values({
      tokenHash: hashSecret(refreshToken),
      authSessionId,
      generation,
      expiresAt: refreshExpiresAt,
    })
    await tx.update(authSessions).set({ expiresAt: refreshExpiresAt }).where(eq(authSessions.id, authSessionId))
    return {
      accessToken: signAccessToken({ session: authSessionId, generation, expiresAt: accessExpiresAt }, tokenKey),
      refreshToken,
      accessExpiresAt,
      refreshExpiresAt,
      employee: { number: employee.number, name: employee.name, role: employee.role },
      stores: await settingsOf(tx, employee.stores),
    }
  }

  /** Notes that tokens of a generation are in use: the refresh tokens before it are spent. */
  async function noteUse(tx: Queries, authSessionId: string, generation: number): Promise<void> {
    await tx
      .update(authSessions)
      .set({ usedGeneration: generation, usedAt: clock.now() })
      .where(and(eq(authSessions.id, authSessionId), lt(authSessions.usedGeneration, generation)))
  }

  async function callerOf(
    authSessionId: string,
    generation: number,
    tokenExpiresAt: number,
  ): Promise<Caller | TokenFailure> {
    const [row] = await queries
      .select({ session: authSessions, employee: employees })
      .from(authSessions)
      .innerJoin(employees, eq(employees.number, authSessions.employeeNumber))
      .where(eq(authSessions.id, authSessionId))
    if (row === undefined || row.session.revokedAt !== null || !row.employee.active) return 'token_revoked'
    if (generation > row.session.usedGeneration) await noteUse(queries, authSessionId, generation)
    const { number, name, role } = row.employee
    return {
      authSessionId,
      generation,
      employee: { number, name, role },
      stores: row.employee.stores,
      deviceId: row.session.deviceId,
      tokenExpiresAt,
    }
  }

  return {
    async signIn({ employeeNumber, password, device }) {
      const [employee] = await queries.select().from(employees).where(eq(employees.number, employeeNumber))
      const fits = await passwordFits(password, employee?.active ? employee.passwordHash : undefined)
      if (!fits || employee === undefined) return null
      return database.transaction(async (tx) => {
        const id = mintId()
        const now = clock.now()
        await tx.insert(authSessions).values({
          id,
          employeeNumber,
          deviceId: device.id,
          deviceName: device.name,
          createdAt: now,
          expiresAt: now,
          usedGeneration: 0,
          usedAt: now,
        })
        return issue(tx, id, 1, employee)
      })
    },

    refresh(refreshToken, deviceId) {
      const tokenHash = hashSecret(refreshToken)
      return database.transaction(async (tx) => {
        const [token] = await tx.select().from(refreshTokens).where(eq(refreshTokens.tokenHash, tokenHash))
        if (token === undefined) return 'unauthorized'
        const { authSessionId, generation } = token
        const now = clock.now()
        const [row] = await tx
          .select({ session: authSessions, employee: employees })
          .from(authSessions)
          .innerJoin(employees, eq(employees.number, authSessions.employeeNumber))
          .where(eq(authSessions.id, authSessionId))
          .for('update', { of: authSessions })
        if (row === undefined || row.session.revokedAt !== null || !row.employee.active) return 'token_revoked'
        if (token.expiresAt <= now) return 'token_expired'
        const { usedGeneration, usedAt } = row.session
        const besideSuccessor = generation === usedGeneration - 1 && now - usedAt <= CONCURRENT_REFRESH_MS
        if (generation < usedGeneration && !besideSuccessor) {
          await revoke(tx, authSessionId, now)
          return 'token_revoked'
        }
        await noteUse(tx, authSessionId, generation)
        if (deviceId !== undefined) {
          await tx.update(authSessions).set({ deviceId }).where(eq(authSessions.id, authSessionId))
        }
        return issue(tx, authSessionId, generation + 1, row.employee)
      })
    },

    async signOut({ accessToken, refreshToken }) {
      const fromAccess = accessToken === undefined ? undefined : readAccessToken(accessToken, tokenKey)?.session
      const [fromRefresh] =
        refreshToken === undefined
          ? []
          : await queries
              .select()
              .from(refreshTokens)
              .where(eq(refreshTokens.tokenHash, hashSecret(refreshToken)))
      for (const id of new Set([fromAccess, fromRefresh?.authSessionId])) {
        if (id !== undefined) await database.transaction((tx) => revoke(tx, id, clock.now()))
      }
    },

    async authenticate(accessToken) {
      const claims = readAccessToken(accessToken, tokenKey)
      if (claims === null) return 'unauthorized'
      if (claims.expiresAt <= clock.now()) return 'token_expired'
      return callerOf(claims.session, claims.generation, claims.expiresAt)
    },

    async recheck({ authSessionId, generation, tokenExpiresAt }) {
      return tokenExpiresAt <= clock.now() ? 'token_expired' : callerOf(authSessionId, generation, tokenExpiresAt)
    },

    async identityOf({ employee, stores: storeIds }) {
      return { employee, stores: await settingsOf(queries, storeIds) }
    },
  }
}

/** Ends sign-ins: their tokens stop working at once, and their streams end on every backend. */
export async function revoke(tx: Queries, authSessionId: string, now: number): Promise<void> {
  await tx
    .update(authSessions)
    .set({ revokedAt: now })
    .where(and(eq(authSessions.id, authSessionId), isNull(authSessions.revokedAt)))
  await notify(tx, { revoked: authSessionId })
}

/** Ends every sign-in of an employee. */
export async function revokeAllOf(tx: Queries, employeeNumber: string, now: number): Promise<void> {
  const rows = await tx
    .select({ id: authSessions.id })
    .from(authSessions)
    .where(and(eq(authSessions.employeeNumber, employeeNumber), isNull(authSessions.revokedAt)))
  for (const { id } of rows) await revoke(tx, id, now)
}

/** Forgets sign-ins whose refresh tokens have all expired. */
export async function forgetExpiredSignIns(database: Database, now: number): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.execute(sql`delete from refresh_tokens where expires_at <= ${now}`)
    await tx.execute(sql`delete from auth_sessions where expires_at <= ${now}`)
  })
}

async function settingsOf(tx: Queries, ids: readonly string[]): Promise<StoreSettings[]> {
  const rows = await tx
    .select({ id: stores.id, settings: stores.settings })
    .from(stores)
    .where(sql`${stores.id} = any(${sql.param([...ids])}::text[])`)
  const byId = new Map(rows.map((row) => [row.id, row.settings]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}
