/** HTTP of the data worker. It calls its own origin only: `/api/…` is the backend, `/local/…` the main process. */
import type { z } from 'zod'
import { type Problem, type ProblemCode, problem, problemKinds, problemSchema } from '#shared/protocol/problems.ts'
import { PROTOCOL_HEADER, PROTOCOL_VERSION } from '#shared/protocol/sync.ts'

/** A call that did not succeed, as one of the closed set of kinds. */
export class CallFailed extends Error {
  constructor(
    readonly problem: Problem,
    /** From `Retry-After`, milliseconds. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(problem.detail ?? problem.title)
  }

  static of(code: ProblemCode, detail: string): CallFailed {
    return new CallFailed(problem(code, { detail }))
  }

  get code(): ProblemCode {
    return this.problem.code
  }

  get retry() {
    return problemKinds[this.problem.code].retry
  }
}

const ANSWER_TIMEOUT_MS = 60_000

export type Fetch = (path: string, init?: RequestInit) => Promise<Response>

/**
 * Calls and answers the response of a success.
 * @throws CallFailed for every other answer, and for none
 */
export async function call(fetch: Fetch, path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response
  try {
    response = await inTime(
      fetch(path, {
        ...init,
        headers: { [PROTOCOL_HEADER]: String(PROTOCOL_VERSION), ...(init.headers as Record<string, string>) },
      }),
    )
  } catch {
    throw new CallFailed(problem('backend_unreachable'))
  }
  if (response.ok) return response
  throw new CallFailed(await problemOf(response), retryAfterOf(response))
}

/** Calls with an optional JSON body and parses the JSON answer; an answer of another shape is not our backend. */
export async function callJson<Schema extends z.ZodType>(
  fetch: Fetch,
  path: string,
  schema: Schema,
  body?: { method: 'POST' | 'PUT'; json: unknown },
): Promise<z.infer<Schema>> {
  const response = await call(
    fetch,
    path,
    body === undefined
      ? {}
      : { method: body.method, body: JSON.stringify(body.json), headers: { 'content-type': 'application/json' } },
  )
  const parsed = schema.safeParse(await inTime(response.json()).catch(() => undefined))
  if (!parsed.success) throw new CallFailed(problem('not_a_backend'))
  return parsed.data
}

/** A line that went silent ends nothing by itself in a browser; a stream has its own patience once it is open. */
export async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ANSWER_TIMEOUT_MS)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Path of a store's sync calls. */
export const storePath = (storeId: string): string => `/api/v1/sync/stores/${encodeURIComponent(storeId)}`

async function problemOf(response: Response): Promise<Problem> {
  const parsed = problemSchema.safeParse(await response.json().catch(() => undefined))
  if (parsed.success) return parsed.data
  return problem(response.status >= 500 ? 'backend_unreachable' : 'not_a_backend')
}

function retryAfterOf(response: Response): number | null {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds * 1000 : null
}

export interface ServerSentEvent {
  event: string
  data: string
}

/** Reads a server-sent-events response until it ends; throws where the connection breaks. */
export async function* readEvents(response: Response): AsyncGenerator<ServerSentEvent> {
  if (response.body === null) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ''
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      buffer += value.replaceAll('\r\n', '\n')
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        const block = buffer.slice(0, end)
        buffer = buffer.slice(end + 2)
        let event = 'message'
        const data: string[] = []
        for (const line of block.split('\n')) {
          if (line.startsWith('event:')) event = line.slice(6).trim()
          else if (line.startsWith('data:')) data.push(line.slice(5).trimStart())
        }
        if (data.length > 0) yield { event, data: data.join('\n') }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
