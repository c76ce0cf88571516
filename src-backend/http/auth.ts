/** Sign-in, refresh, sign-out. Under `/api` (the console in a browser) tokens travel in cookies only. */
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import {
  consoleRefreshRequestSchema,
  refreshRequestSchema,
  signInRequestSchema,
  signOutRequestSchema,
} from '#shared/protocol/sync.ts'
import type { Clock } from '#shared/time/clock.ts'
import type { Accounts, Caller, Issued } from '../accounts/sign-in.ts'
import type { BackendContext } from './app.ts'
import { ProblemError } from './problems.ts'
import { readJson, readOptionalJson } from './requests.ts'

/** `cookie`: the routes under `/api`. */
export type Transport = 'bearer' | 'cookie'

export interface SignedIn {
  Variables: { caller: Caller }
}

const ACCESS_COOKIE = 'floorwalker_access'
const REFRESH_COOKIE = 'floorwalker_refresh'

const MAX_TRIES = 10
const TRIES_WINDOW_MS = 60_000

/** Routes under `/auth`. */
export function authRoutes({ accounts, clock, throttle }: BackendContext, transport: Transport): Hono {
  const routes = new Hono()
  const answer = (c: Context, issued: Issued) => {
    const { employee, stores, accessToken, refreshToken } = issued
    c.header('cache-control', 'no-store')
    if (transport === 'bearer') return c.json({ accessToken, refreshToken, employee, stores })
    const common = { httpOnly: true, sameSite: 'Strict', path: '/api', secure: isHttps(c) } as const
    const seconds = (until: number) => Math.max(0, Math.floor((until - clock.now()) / 1000))
    // The access cookie outlives its token, so that an expired one is told from none.
    setCookie(c, ACCESS_COOKIE, accessToken, { ...common, maxAge: seconds(issued.refreshExpiresAt) })
    setCookie(c, REFRESH_COOKIE, refreshToken, { ...common, maxAge: seconds(issued.refreshExpiresAt) })
    return c.json({ employee, stores })
  }

  routes.post('/sign-in', async (c) => {
    const request = await readJson(c, signInRequestSchema)
    const waitMs = throttle.waitMs(request.employeeNumber)
    if (waitMs > 0) {
      throw new ProblemError(
        'too_many_requests',
        { detail: 'Too many wrong passwords; wait a little.' },
        { 'retry-after': String(Math.ceil(waitMs / 1000)) },
      )
    }
    // Counted before the password is checked, or a burst of guesses at once would all pass the look above.
    throttle.tried(request.employeeNumber)
    const issued = await accounts.signIn(request)
    if (issued === null) throw new ProblemError('wrong_credentials')
    throttle.succeeded(request.employeeNumber)
    return answer(c, issued)
  })

  routes.post('/refresh', async (c) => {
    const { refreshToken, deviceId } =
      transport === 'bearer'
        ? await readJson(c, refreshRequestSchema)
        : { ...(await readOptionalJson(c, consoleRefreshRequestSchema)), refreshToken: getCookie(c, REFRESH_COOKIE) }
    if (refreshToken === undefined) throw new ProblemError('unauthorized')
    const issued = await accounts.refresh(refreshToken, deviceId)
    if (typeof issued !== 'string') return answer(c, issued)
    if (transport === 'cookie') forgetCookies(c)
    throw new ProblemError(issued)
  })

  routes.post('/sign-out', async (c) => {
    const cookies = transport === 'cookie'
    await accounts.signOut({
      accessToken: bearerOf(c) ?? (cookies ? getCookie(c, ACCESS_COOKIE) : undefined),
      refreshToken: cookies
        ? getCookie(c, REFRESH_COOKIE)
        : (await readOptionalJson(c, signOutRequestSchema)).refreshToken,
    })
    if (cookies) forgetCookies(c)
    return c.body(null, 204)
  })

  routes.get('/identity', signedIn(accounts, transport), async (c) => {
    const caller = (c as Context<SignedIn>).get('caller')
    return c.json(await accounts.identityOf(caller))
  })

  return routes
}

function forgetCookies(c: Context): void {
  deleteCookie(c, ACCESS_COOKIE, { path: '/api' })
  deleteCookie(c, REFRESH_COOKIE, { path: '/api' })
}

const isHttps = (c: Context): boolean =>
  new URL(c.req.url).protocol === 'https:' || c.req.header('x-forwarded-proto') === 'https'

function bearerOf(c: Context): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
}

/** Lets only a signed-in employee pass and sets `caller`. */
export function signedIn(accounts: Accounts, transport: Transport): MiddlewareHandler<SignedIn> {
  return async (c, next) => {
    const token = bearerOf(c) ?? (transport === 'cookie' ? getCookie(c, ACCESS_COOKIE) : undefined)
    if (token === undefined) throw new ProblemError('unauthorized')
    const caller = await accounts.authenticate(token)
    if (typeof caller === 'string') throw new ProblemError(caller)
    c.set('caller', caller)
    await next()
  }
}

/** Cookies are sent by any page the browser shows, so what changes something must come from our own origin. */
export const sameOriginOnly: MiddlewareHandler = async (c, next) => {
  const reads = c.req.method === 'GET' || c.req.method === 'HEAD'
  if (!reads && bearerOf(c) === undefined && !isSameOrigin(c)) throw new ProblemError('origin_forbidden')
  await next()
}

function isSameOrigin(c: Context): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = c.req.header('origin')
  if (origin === undefined || !URL.canParse(origin)) return false
  return new URL(origin).host === (c.req.header('host') ?? new URL(c.req.url).host)
}

export interface Throttle {
  /** Milliseconds until the next try is allowed; 0 if it is now. */
  waitMs(employeeNumber: string): number
  tried(employeeNumber: string): void
  succeeded(employeeNumber: string): void
}

/** Slows down guessing: after ten tries without success in a minute an employee number has to wait. */
export function createThrottle(clock: Clock): Throttle {
  const tries = new Map<string, number[]>()
  const recent = (number: string): number[] => {
    const since = clock.monotonic() - TRIES_WINDOW_MS
    const list = (tries.get(number) ?? []).filter((at) => at > since)
    if (list.length === 0) tries.delete(number)
    return list
  }
  return {
    waitMs(number) {
      const list = recent(number)
      const oldest = list.at(-MAX_TRIES)
      return oldest === undefined ? 0 : Math.max(1, oldest + TRIES_WINDOW_MS - clock.monotonic())
    },
    tried(number) {
      tries.set(number, [...recent(number), clock.monotonic()])
      // Numbers that were made up must not fill the memory.
      if (tries.size > 10_000) for (const known of [...tries.keys()]) recent(known)
    },
    succeeded(number) {
      tries.delete(number)
    },
  }
}
