/** The integration side of the wire contract, as a store's systems use it: calls, batches, retries. */
import { setTimeout as delay } from 'node:timers/promises'
import type { z } from 'zod'
import {
  type EventsResponse,
  eventsResponseSchema,
  MAX_EVENTS_PER_BATCH,
  type StoreFact,
} from '#shared/protocol/integration.ts'
import { type ProblemCode, problemKinds, problemSchema } from '#shared/protocol/problems.ts'
import { type SessionDocument, sessionDocumentSchema } from '#shared/protocol/session-document.ts'
import { PROTOCOL_HEADER, PROTOCOL_VERSION } from '#shared/protocol/sync.ts'

/** Why a call failed: `unreachable` is the network, `not_a_backend` an answer that no backend gives. */
export type CallFailure = 'unreachable' | 'not_a_backend' | 'stopped' | ProblemCode

/** A failed call; `retry` says whether the same call may succeed later. */
export class CallError extends Error {
  override name = 'CallError'
  constructor(
    readonly failure: CallFailure,
    message: string,
    readonly retry: boolean,
  ) {
    super(message)
  }
}

export interface HttpOptions {
  /** Address of the backend, such as http://127.0.0.1:4000. */
  backend: string
  fetch?: typeof fetch
  /** Ends waits and calls in flight. */
  signal?: AbortSignal
  /** How long one call may take. */
  callTimeoutMs?: number
}

const CALL_TIMEOUT_MS = 30_000
const FIRST_BACK_OFF_MS = 250
const LONGEST_BACK_OFF_MS = 15_000

function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new CallError('stopped', 'stopped', false)
}

/** Sleeps; ends early, with a `stopped` error, when the signal fires. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(Math.max(0, ms), undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    throwIfStopped(signal)
    throw error
  }
}

/** One call of the backend: a parsed answer, or a `CallError` of a known kind. */
export async function call<Schema extends z.ZodType>(
  options: HttpOptions,
  schema: Schema,
  method: 'GET' | 'POST',
  path: string,
  authorization: string | null,
  body?: unknown,
): Promise<z.output<Schema>> {
  const url = `${options.backend.replace(/\/+$/, '')}${path}`
  const { signal, callTimeoutMs = CALL_TIMEOUT_MS } = options
  throwIfStopped(signal)
  // Not AbortSignal.any: in Node 20 it keeps a trace of every call for as long as the outer signal lives.
  const ender = new AbortController()
  const stop = () => ender.abort()
  const timer = setTimeout(() => ender.abort(new DOMException('no answer', 'TimeoutError')), callTimeoutMs)
  signal?.addEventListener('abort', stop, { once: true })
  let response: Response
  let text: string
  try {
    response = await (options.fetch ?? fetch)(url, {
      method,
      headers: {
        [PROTOCOL_HEADER]: String(PROTOCOL_VERSION),
        ...(authorization === null ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: ender.signal,
    })
    text = await response.text()
  } catch (error) {
    throwIfStopped(signal)
    const why = causeOf(error, callTimeoutMs)
    throw new CallError('unreachable', `backend ${options.backend} cannot be reached (${why})`, true)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
  const json = parseJson(text)
  if (response.ok) {
    const parsed = schema.safeParse(json)
    if (parsed.success) return parsed.data
    throw notABackend(options.backend, `its answer to ${method} ${path} is not of the protocol`)
  }
  const problem = problemSchema.safeParse(json)
  if (problem.success) {
    const { code, title, detail } = problem.data
    throw new CallError(
      code,
      detail === undefined ? title : `${title}: ${detail}`,
      problemKinds[code].retry === 'later',
    )
  }
  // Something in between (a proxy, a starting backend) may answer without a problem document.
  if (response.status >= 500 || response.status === 429) {
    throw new CallError('unavailable', `backend ${options.backend} answered ${response.status}`, true)
  }
  throw notABackend(options.backend, `it answered ${response.status} to ${method} ${path}`)
}

function notABackend(backend: string, why: string): CallError {
  return new CallError('not_a_backend', `${backend} is not a Floorwalker backend: ${why}`, false)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function causeOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return error.name === 'TimeoutError' ? `no answer in ${timeoutMs / 1_000} s` : error.message
}

export interface StoreClientOptions extends HttpOptions {
  apiKey: string
  /** Tries per call before giving up; infinite for a system that must not lose facts. */
  attempts?: number
  /** Told before each wait. */
  onRetry?: (error: CallError, waitMs: number) => void
  /** Told after each report that got through. */
  onSuccess?: () => void
}

/** Reports facts and reads sessions with an API key. Safe to repeat: the backend knows events by their ids. */
export class StoreClient {
  constructor(private readonly options: StoreClientOptions) {}

  /** Reports facts in batches the contract allows; a failed batch is sent again as it was. */
  async postEvents(storeId: string, events: readonly StoreFact[]): Promise<EventsResponse> {
    const total: EventsResponse = { accepted: 0, duplicates: 0, refused: [] }
    for (let from = 0; from === 0 || from < events.length; from += MAX_EVENTS_PER_BATCH) {
      const batch = events.slice(from, from + MAX_EVENTS_PER_BATCH)
      const path = `/v1/stores/${encodeURIComponent(storeId)}/events`
      const answer = await this.persist(() => this.call(eventsResponseSchema, 'POST', path, { events: batch }))
      total.accepted += answer.accepted
      total.duplicates += answer.duplicates
      total.refused.push(...answer.refused.map((refusal) => ({ ...refusal, index: refusal.index + from })))
    }
    return total
  }

  /** The session with its events, or null where the backend knows none of it yet. One try, no retries. */
  async getSession(storeId: string, sessionId: string): Promise<SessionDocument | null> {
    const path = `/v1/stores/${encodeURIComponent(storeId)}/sessions/${encodeURIComponent(sessionId)}`
    try {
      return await this.call(sessionDocumentSchema, 'GET', path)
    } catch (error) {
      if (error instanceof CallError && error.failure === 'session_unknown') return null
      throw error
    }
  }

  private call<Schema extends z.ZodType>(schema: Schema, method: 'GET' | 'POST', path: string, body?: unknown) {
    return call(this.options, schema, method, path, `ApiKey ${this.options.apiKey}`, body)
  }

  private async persist<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const { attempts = 6, onRetry, onSuccess, signal } = this.options
    for (let tried = 1; ; tried += 1) {
      try {
        const result = await attempt()
        onSuccess?.()
        return result
      } catch (error) {
        if (!(error instanceof CallError) || !error.retry || tried >= attempts) throw error
        const waitMs = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** Math.min(tried - 1, 10))
        onRetry?.(error, waitMs)
        await pause(waitMs, signal)
      }
    }
  }
}
