/** `/local/…` of the console's own origin: what only the main process can do (journal, address of the backend). */
import type { z } from 'zod'
import {
  backendAddressSchema,
  journalAppendRequestSchema,
  journalConfirmRequestSchema,
  journalDeviceRequestSchema,
  type LocalInfo,
} from '#shared/desktop-api.ts'
import { describeIssue } from '#shared/protocol/primitives.ts'
import { PROTOCOL_HEADER, PROTOCOL_VERSION, timeResponseSchema } from '#shared/protocol/sync.ts'
import type { Fetch } from './api-proxy.ts'
import { type Journal, JournalConflictError, JournalWriteError } from './journal.ts'
import { emptyResponse, jsonResponse, problemResponse } from './problem-response.ts'
import { normaliseUrl } from './settings.ts'

const MAX_BODY_BYTES = 4 * 1024 * 1024
const PROBE_TIMEOUT_MS = 10_000

export interface LocalApiOptions {
  /** Opened at the first use; a failed opening is tried again at the next. */
  journal: () => Promise<Journal>
  info: () => LocalInfo
  /** Stores the address and drops what belongs to the old one. */
  setBackendUrl: (url: string) => Promise<void>
  fetch: Fetch
  probeTimeoutMs?: number
}

type Route = (request: Request) => Promise<Response>

/** Answers requests whose path starts with `/local/`. Never throws: a failure is a problem response. */
export function createLocalApi(options: LocalApiOptions): Route {
  const routes: Record<string, { method: string; answer: Route }> = {
    '/local/info': { method: 'GET', answer: async () => jsonResponse(options.info()) },
    '/local/backend': {
      method: 'PUT',
      answer: withBody(backendAddressSchema, ({ url }) => setBackend(options, url)),
    },
    '/local/journal/append': {
      method: 'POST',
      answer: withBody(journalAppendRequestSchema, async ({ employeeNumber, mutation }) =>
        jsonResponse(await (await options.journal()).append(employeeNumber, mutation)),
      ),
    },
    '/local/journal/confirm': {
      method: 'POST',
      answer: withBody(journalConfirmRequestSchema, async ({ ids }) => {
        await (await options.journal()).confirm(ids)
        return emptyResponse()
      }),
    },
    '/local/journal/device': {
      method: 'POST',
      answer: withBody(journalDeviceRequestSchema, async ({ employeeNumber }) =>
        jsonResponse({ deviceId: await (await options.journal()).device(employeeNumber) }),
      ),
    },
    '/local/journal/entries': {
      method: 'GET',
      answer: async () => jsonResponse({ entries: (await options.journal()).entries() }),
    },
  }
  return async (request) => {
    const { pathname } = new URL(request.url)
    const route = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined
    if (route === undefined) return problemResponse('not_found')
    if (route.method !== request.method) return problemResponse('method_not_allowed')
    try {
      return await route.answer(request)
    } catch (error) {
      return failure(error)
    }
  }
}

function failure(error: unknown): Response {
  if (error instanceof JournalConflictError) {
    return problemResponse('invalid_request', { field: 'mutation.id', detail: error.message })
  }
  console.error('local api:', error)
  if (error instanceof JournalWriteError && error.diskFull) {
    return problemResponse('internal', { detail: 'The disk of this PC is full: the decision was not saved' })
  }
  const detail = error instanceof Error ? error.message : String(error)
  return problemResponse('internal', { detail: `This PC could not do it: ${detail}` })
}

function withBody<Schema extends z.ZodType>(
  schema: Schema,
  answer: (body: z.output<Schema>) => Promise<Response>,
): Route {
  return async (request) => {
    const text = await request.text()
    if (text.length > MAX_BODY_BYTES) return problemResponse('too_large')
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      return problemResponse('invalid_json')
    }
    const parsed = schema.safeParse(json)
    if (!parsed.success) {
      const { field, message } = describeIssue(parsed.error)
      return problemResponse('invalid_request', { field, detail: `${field}: ${message}` })
    }
    return answer(parsed.data)
  }
}

async function setBackend(options: LocalApiOptions, url: string): Promise<Response> {
  const address = normaliseUrl(url)
  const failed = await probe(options, address)
  if (failed !== null) return failed
  await options.setBackendUrl(address)
  return emptyResponse()
}

/** Null where a backend answers at the address, else the problem that says what does. */
async function probe(options: LocalApiOptions, address: string): Promise<Response | null> {
  const aborter = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('no answer in time'))
      aborter.abort()
    }, options.probeTimeoutMs ?? PROBE_TIMEOUT_MS)
  })
  const ask = async () => {
    const response = await options.fetch(`${address}/v1/time`, {
      method: 'GET',
      headers: { accept: 'application/json', [PROTOCOL_HEADER]: String(PROTOCOL_VERSION) },
      credentials: 'omit',
      redirect: 'manual',
      cache: 'no-store',
      signal: aborter.signal,
    })
    return { status: response.status, text: await response.text() }
  }
  try {
    const { status, text } = await Promise.race([ask(), timeout])
    if (status === 426) return problemResponse('upgrade_required')
    return status === 200 && isTime(text) ? null : problemResponse('not_a_backend', { detail: address, field: 'url' })
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return problemResponse('backend_unreachable', { detail: `${address}: ${detail}`, field: 'url' })
  } finally {
    clearTimeout(timer)
  }
}

function isTime(text: string): boolean {
  try {
    const parsed = timeResponseSchema.safeParse(JSON.parse(text))
    return parsed.success && !Number.isNaN(Date.parse(parsed.data.now))
  } catch {
    return false
  }
}
