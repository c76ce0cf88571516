/**
 * Forwards the console's `/api/…` to the configured backend and adds the token. Tokens are taken out of what the backend
 * answers: the renderer never sees one.
 */
import type { z } from 'zod'
import { PROBLEM_MEDIA_TYPE, problemKinds, problemSchema } from '#shared/protocol/problems.ts'
import {
  consoleRefreshRequestSchema,
  DAY_BLOCK_MEDIA_TYPE,
  DAY_FRAMES_MEDIA_TYPE,
  identitySchema,
  PROTOCOL_HEADER,
  PROTOCOL_VERSION,
  type refreshRequestSchema,
  signInResponseSchema,
  tokensSchema,
} from '#shared/protocol/sync.ts'
import { emptyResponse, jsonResponse, problemResponse } from './problem-response.ts'
import { readJsonBody } from './request-body.ts'
import type { SignInKeeper } from './sign-in-keeper.ts'

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface ApiProxyOptions {
  fetch: Fetch
  /** Address of the backend; empty where none is set. */
  backendUrl: () => string
  signIn: SignInKeeper
  /** Longest silence of the backend in a call that is not a stream. */
  timeoutMs?: number
}

const TIMEOUT_MS = 20_000
/** A sign-out waits for the backend no longer than this; it is told later then. */
const REVOKE_TIMEOUT_MS = 5_000
const MAX_REFRESH_CHARACTERS = 10_000
const FORWARDED_REQUEST_HEADERS = ['accept', 'content-type', 'if-none-match', 'last-event-id']
const FORWARDED_RESPONSE_HEADERS = ['content-type', 'etag', 'retry-after', 'cache-control', PROTOCOL_HEADER]
const BACKEND_MEDIA_TYPES = [
  'application/json',
  PROBLEM_MEDIA_TYPE,
  DAY_BLOCK_MEDIA_TYPE,
  DAY_FRAMES_MEDIA_TYPE,
  'text/event-stream',
]
const EVENT_STREAM = 'text/event-stream'
const EVENTS_PATH = '/v1/sync/events'

interface BackendCall {
  method: string
  /** Path and query under the backend's address. */
  path: string
  headers?: Record<string, string>
  body?: ArrayBuffer | string
}

/** The upstream side could not be reached, went silent or broke off. */
class UnreachableError extends Error {}

export class ApiProxy {
  readonly #options: ApiProxyOptions
  #endStream: (() => void) | null = null
  /** The last refresh that was asked for and is not done. */
  #lastRefresh: { key: string; answer: Promise<() => Response> } | null = null
  #revoking: Promise<void> | null = null

  /** The calls whose answers or bodies hold tokens. */
  readonly #tokenCalls: ReadonlyMap<string, (request: Request, backendUrl: string) => Promise<Response>>

  constructor(options: ApiProxyOptions) {
    this.#options = options
    this.#tokenCalls = new Map([
      ['/v1/auth/sign-in', (request, backendUrl) => this.#signIn(request, backendUrl)],
      ['/v1/auth/refresh', (request, backendUrl) => this.#refresh(request, backendUrl)],
      ['/v1/auth/sign-out', (_request, backendUrl) => this.#signOut(backendUrl)],
    ])
  }

  /** Answers a request whose path starts with `/api/`. Never throws: a failure is a problem response. */
  async handle(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url)
    const path = pathname.slice('/api'.length)
    const backendUrl = this.#options.backendUrl()
    if (backendUrl === '') return problemResponse('not_a_backend', { detail: 'No backend address is set' })
    try {
      const tokenCall = request.method === 'POST' ? this.#tokenCalls.get(path) : undefined
      if (tokenCall !== undefined) return await tokenCall(request, backendUrl)
      const call: BackendCall = { method: request.method, path: path + search, headers: this.#headersOf(request) }
      if (request.method !== 'GET' && request.method !== 'HEAD') call.body = await request.arrayBuffer()
      this.#authorise(call, backendUrl)
      if (path === EVENTS_PATH && request.method === 'GET') return await this.#stream(backendUrl, call)
      return await this.#forward(backendUrl, call)
    } catch (error) {
      if (!(error instanceof UnreachableError)) console.error('api proxy:', error)
      return problemResponse('backend_unreachable', { detail: error instanceof Error ? error.message : String(error) })
    }
  }

  /** Ends the event stream on both sides: the window went, or the address changed. */
  endStream(): void {
    this.#endStream?.()
    this.#endStream = null
  }

  /**
   * Ends the sign-in at a backend: on this PC at once, there as soon as it can be told. Resolves when it is ended here.
   */
  async endSignIn(backendUrl: string): Promise<void> {
    this.endStream()
    await this.#options.signIn.signOut()
    void this.#revoke(backendUrl)
  }

  #headersOf(request: Request): Record<string, string> {
    const headers: Record<string, string> = {}
    for (const name of FORWARDED_REQUEST_HEADERS) {
      const value = request.headers.get(name)
      if (value !== null) headers[name] = value
    }
    return headers
  }

  #authorise(call: BackendCall, backendUrl: string): void {
    const token = this.#options.signIn.accessToken(backendUrl)
    if (token !== null) call.headers = { ...call.headers, authorization: `Bearer ${token}` }
  }

  async #refresh(request: Request, backendUrl: string): Promise<Response> {
    const read = await readJsonBody(request, consoleRefreshRequestSchema, {
      maxCharacters: MAX_REFRESH_CHARACTERS,
      optional: true,
    })
    if (read.problem !== undefined) return read.problem
    return (await this.#refreshOnce(backendUrl, read.body.deviceId))()
  }

  /**
   * A refresh token is good for one use: calls that come together and ask for the same share one refresh, others wait
   * for the token that the one before them brings.
   */
  #refreshOnce(backendUrl: string, deviceId: string | undefined): Promise<() => Response> {
    const key = JSON.stringify([backendUrl, this.#options.signIn.period, deviceId])
    const last = this.#lastRefresh
    if (last?.key === key) return last.answer
    const before = last === null ? Promise.resolve() : last.answer.catch(() => {})
    const mine = { key, answer: before.then(() => this.#rotate(backendUrl, deviceId)) }
    this.#lastRefresh = mine
    const done = () => {
      if (this.#lastRefresh === mine) this.#lastRefresh = null
    }
    mine.answer.then(done, done)
    return mine.answer
  }

  async #signIn(request: Request, backendUrl: string): Promise<Response> {
    const { signIn } = this.#options
    const period = signIn.period
    const answer = await this.#exchange(backendUrl, {
      method: 'POST',
      path: '/v1/auth/sign-in',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: await request.arrayBuffer(),
    })
    if (!answer.response.ok) return passOn(answer)
    const signedIn = signInResponseSchema.safeParse(parseJson(answer.body))
    if (!signedIn.success) return problemResponse('not_a_backend')
    if (!(await signIn.begin(period, backendUrl, signedIn.data))) {
      void this.#revoke(backendUrl)
      return problemResponse('unauthorized', { detail: 'Another sign-in or a sign-out came first' })
    }
    // The sign-in before this one, where nobody signed out.
    void this.#revoke(backendUrl)
    return jsonResponse(identitySchema.parse(signedIn.data))
  }

  /** Answers a factory, because a response can be read only once and several calls may wait for it. */
  async #rotate(backendUrl: string, deviceId: string | undefined): Promise<() => Response> {
    const { signIn } = this.#options
    const period = signIn.period
    const refreshToken = signIn.refreshToken(backendUrl)
    if (refreshToken === null) return () => problemResponse('unauthorized', { detail: 'Nobody is signed in here' })
    const request: z.infer<typeof refreshRequestSchema> = {
      refreshToken,
      ...(deviceId === undefined ? {} : { deviceId }),
    }
    const answer = await this.#exchange(backendUrl, {
      method: 'POST',
      path: '/v1/auth/refresh',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(request),
    })
    // A hotel's login page may answer 401 as well: only the backend ends a sign-in.
    const isRefused = answer.response.status === 401 && isFromBackend(answer.response)
    if (isRefused && period === signIn.period) await signIn.forget()
    if (!answer.response.ok) return () => passOn(answer)
    const body = parseJson(answer.body)
    const tokens = tokensSchema.safeParse(body)
    if (!tokens.success) return () => problemResponse('not_a_backend')
    await signIn.keep(period, backendUrl, tokens.data)
    const identity = identitySchema.safeParse(body)
    return identity.success ? () => jsonResponse(identity.data) : emptyResponse
  }

  async #signOut(backendUrl: string): Promise<Response> {
    await this.endSignIn(backendUrl)
    await this.#revoke(backendUrl)
    return emptyResponse()
  }

  /** Tells a backend which sign-ins have ended; what it cannot be told now waits for the next contact. */
  #revoke(backendUrl: string): Promise<void> {
    this.#revoking ??= this.#revokeAll(backendUrl)
      .catch((error) => {
        if (!(error instanceof UnreachableError)) console.error('api proxy:', error)
      })
      .finally(() => {
        this.#revoking = null
      })
    return this.#revoking
  }

  async #revokeAll(backendUrl: string): Promise<void> {
    const { signIn } = this.#options
    for (let token = signIn.toRevoke(backendUrl)[0]; token !== undefined; token = signIn.toRevoke(backendUrl)[0]) {
      const call: BackendCall = {
        method: 'POST',
        path: '/v1/auth/sign-out',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refreshToken: token }),
      }
      const timeoutMs = Math.min(this.#options.timeoutMs ?? TIMEOUT_MS, REVOKE_TIMEOUT_MS)
      if (!isSettled(await this.#exchange(backendUrl, call, timeoutMs))) return
      await signIn.revoked(backendUrl, token)
    }
  }

  /** A backend has answered: a good moment to tell it what it does not know yet. */
  #contacted(backendUrl: string, response: Response): void {
    if (!isFromBackend(response) || this.#options.signIn.toRevoke(backendUrl).length === 0) return
    void this.#revoke(backendUrl)
  }

  async #forward(backendUrl: string, call: BackendCall): Promise<Response> {
    return passOn(await this.#exchange(backendUrl, call))
  }

  /** One call with its whole body, so that a connection that breaks half-way is a clear problem, not a torn body. */
  async #exchange(
    backendUrl: string,
    call: BackendCall,
    timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS,
  ): Promise<Answer> {
    const aborter = new AbortController()
    const silence = new SilenceTimer(timeoutMs, () => aborter.abort())
    try {
      const response = await this.#send(backendUrl, call, aborter.signal)
      const chunks: Uint8Array[] = []
      const reader = response.body?.getReader()
      while (reader) {
        silence.restart()
        const { done, value } = await Promise.race([reader.read(), silence.expired])
        if (done) break
        chunks.push(value)
      }
      this.#contacted(backendUrl, response)
      return { response, body: Buffer.concat(chunks) }
    } catch (error) {
      if (silence.isExpired) throw new UnreachableError('The backend did not answer in time')
      throw new UnreachableError(error instanceof Error ? error.message : String(error))
    } finally {
      silence.stop()
    }
  }

  async #stream(backendUrl: string, call: BackendCall): Promise<Response> {
    this.endStream()
    const aborter = new AbortController()
    let ended = false
    let close = () => {}
    // An abort of Electron's fetch was not seen to reach the page, nor one of the page's to reach here: end both sides.
    const end = () => {
      if (ended) return
      ended = true
      aborter.abort()
      close()
      if (this.#endStream === end) this.#endStream = null
    }
    this.#endStream = end
    const timer = setTimeout(() => aborter.abort(), this.#options.timeoutMs ?? TIMEOUT_MS)
    let response: Response
    try {
      response = await this.#send(backendUrl, call, aborter.signal)
    } catch (error) {
      end()
      throw new UnreachableError(error instanceof Error ? error.message : String(error))
    } finally {
      clearTimeout(timer)
    }
    this.#contacted(backendUrl, response)
    const { body } = response
    if (!response.ok || !isFromBackend(response) || mediaType(response) !== EVENT_STREAM || body === null || ended) {
      const chunks = body === null || ended ? new ArrayBuffer(0) : await response.arrayBuffer().catch(() => null)
      end()
      if (chunks === null) throw new UnreachableError('The backend broke off')
      return response.ok ? problemResponse('not_a_backend') : passOn({ response, body: Buffer.from(chunks) })
    }
    const reader = body.getReader()
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        close = () => {
          reader.cancel().catch(() => {})
          try {
            controller.close()
          } catch {
            // Closed already by the side that ended first.
          }
        }
      },
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (ended) return
          if (done) end()
          else controller.enqueue(value)
        } catch {
          end()
        }
      },
      cancel: end,
    })
    return new Response(stream, { status: response.status, headers: forwardedHeaders(response) })
  }

  async #send(backendUrl: string, call: BackendCall, signal: AbortSignal): Promise<Response> {
    // Electron's fetch may ignore an abort before the first byte, so the promise itself is raced against it.
    let onAbort = () => {}
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(new UnreachableError('The call was ended'))
      signal.addEventListener('abort', onAbort, { once: true })
    })
    try {
      return await Promise.race([
        this.#options.fetch(backendUrl + call.path, {
          method: call.method,
          headers: { ...call.headers, [PROTOCOL_HEADER]: String(PROTOCOL_VERSION) },
          ...(call.body === undefined ? {} : { body: call.body }),
          credentials: 'omit',
          redirect: 'manual',
          cache: 'no-store',
          signal,
        }),
        aborted,
      ])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}

interface Answer {
  response: Response
  body: Uint8Array
}

/** The backend's answer as the renderer gets it; anything that is not from a backend becomes `not_a_backend`. */
function passOn({ response, body }: Answer): Response {
  if (!isFromBackend(response)) return problemResponse('not_a_backend', { detail: `HTTP ${response.status}` })
  const empty = [204, 205, 304].includes(response.status)
  return new Response(empty ? null : new Uint8Array(body), {
    status: response.status,
    headers: forwardedHeaders(response),
  })
}

/** True where trying the same again would change nothing: it was done, or will never be. */
function isSettled({ response, body }: Answer): boolean {
  if (!isFromBackend(response)) return false
  if (response.ok) return true
  const parsed = problemSchema.safeParse(parseJson(body))
  return parsed.success && ['never', 'sign_in'].includes(problemKinds[parsed.data.code].retry)
}

/** A hotel's login page, a router's error page or another server: they answer too, but not like a backend. */
function isFromBackend(response: Response): boolean {
  const type = mediaType(response)
  if (!response.ok && response.status !== 304) return type === PROBLEM_MEDIA_TYPE
  if (!response.headers.has(PROTOCOL_HEADER)) return false
  return [204, 205, 304].includes(response.status) || BACKEND_MEDIA_TYPES.includes(type)
}

function mediaType(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** Only these: no cookies, and no length or encoding, which were those of the compressed body. */
function forwardedHeaders(response: Response): Headers {
  const headers = new Headers({ 'x-content-type-options': 'nosniff' })
  for (const name of FORWARDED_RESPONSE_HEADERS) {
    const value = response.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  return headers
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}

/** Fires when nothing came for a while; `expired` rejects then, for streams that ignore an abort. */
class SilenceTimer {
  readonly expired: Promise<never>
  isExpired = false
  readonly #ms: number
  #timer: NodeJS.Timeout | undefined
  #expire: () => void = () => {}

  constructor(ms: number, onExpired: () => void) {
    this.#ms = ms
    this.expired = new Promise<never>((_, reject) => {
      this.#expire = () => {
        this.isExpired = true
        onExpired()
        reject(new UnreachableError('The backend went silent'))
      }
    })
    this.expired.catch(() => {})
    this.restart()
  }

  restart(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#expire, this.#ms)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
