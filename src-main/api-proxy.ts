/**
 * Forwards the console's `/api/…` to the configured backend and adds the token. Tokens are taken out of what the backend
 * answers: the renderer never sees one.
 */
import { PROBLEM_MEDIA_TYPE } from '#shared/protocol/problems.ts'
import {
  DAY_BLOCK_MEDIA_TYPE,
  identitySchema,
  PROTOCOL_HEADER,
  PROTOCOL_VERSION,
  signInResponseSchema,
  tokensSchema,
} from '#shared/protocol/sync.ts'
import { emptyResponse, jsonResponse, problemResponse } from './problem-response.ts'
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
const FORWARDED_REQUEST_HEADERS = ['accept', 'content-type', 'if-none-match', 'last-event-id']
const FORWARDED_RESPONSE_HEADERS = ['content-type', 'etag', 'retry-after', 'cache-control', PROTOCOL_HEADER]
const BACKEND_MEDIA_TYPES = ['application/json', PROBLEM_MEDIA_TYPE, DAY_BLOCK_MEDIA_TYPE, 'text/event-stream']
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
  #refreshing: Promise<() => Response> | null = null

  /** The calls whose answers or bodies hold tokens. */
  readonly #tokenCalls: ReadonlyMap<string, (request: Request, backendUrl: string) => Promise<Response>>

  constructor(options: ApiProxyOptions) {
    this.#options = options
    this.#tokenCalls = new Map([
      ['/v1/auth/sign-in', (request, backendUrl) => this.#signIn(request, backendUrl)],
      ['/v1/auth/refresh', (_request, backendUrl) => this.#refreshOnce(backendUrl)],
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

  #refreshOnce(backendUrl: string): Promise<Response> {
    // A refresh token is good for one use: calls that come together share one refresh.
    this.#refreshing ??= this.#refresh(backendUrl).finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing.then((answer) => answer())
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
    await signIn.keep(period, backendUrl, signedIn.data)
    return jsonResponse(identitySchema.parse(signedIn.data))
  }

  /** Answers a factory, because a response can be read only once and several calls may wait for it. */
  async #refresh(backendUrl: string): Promise<() => Response> {
    const { signIn } = this.#options
    const period = signIn.period
    const refreshToken = signIn.refreshToken(backendUrl)
    if (refreshToken === null) return () => problemResponse('unauthorized', { detail: 'Nobody is signed in here' })
    const answer = await this.#exchange(backendUrl, {
      method: 'POST',
      path: '/v1/auth/refresh',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ refreshToken }),
    })
    if (answer.response.status === 401 && period === signIn.period) await signIn.forget()
    if (!answer.response.ok) return () => passOn(answer)
    const body = parseJson(answer.body)
    const tokens = tokensSchema.safeParse(body)
    if (!tokens.success) return () => problemResponse('not_a_backend')
    await signIn.keep(period, backendUrl, tokens.data)
    const identity = identitySchema.safeParse(body)
    return identity.success ? () => jsonResponse(identity.data) : emptyResponse
  }

  async #signOut(backendUrl: string): Promise<Response> {
    const { signIn } = this.#options
    const refreshToken = signIn.refreshToken(backendUrl)
    const call: BackendCall = {
      method: 'POST',
      path: '/v1/auth/sign-out',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(refreshToken === null ? {} : { refreshToken }),
    }
    this.#authorise(call, backendUrl)
    this.endStream()
    await signIn.forget()
    // The backend is told as a courtesy: without network its token simply ages.
    if (refreshToken !== null) await this.#exchange(backendUrl, call).catch(() => {})
    return emptyResponse()
  }

  async #forward(backendUrl: string, call: BackendCall): Promise<Response> {
    return passOn(await this.#exchange(backendUrl, call))
  }

  /** One call with its whole body, so that a connection that breaks half-way is a clear problem, not a torn body. */
  async #exchange(backendUrl: string, call: BackendCall): Promise<Answer> {
    const aborter = new AbortController()
    const silence = new SilenceTimer(this.#options.timeoutMs ?? TIMEOUT_MS, () => aborter.abort())
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
