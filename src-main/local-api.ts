/** `/local/…` of the console's own origin: what only the main process can do (journal, address of the backend). */
import type { z } from 'zod'
import {
  backendAddressSchema,
  journalAppendManyRequestSchema,
  journalAppendRequestSchema,
  journalConfirmRequestSchema,
  journalDeviceRequestSchema,
  journalRenumberRequestSchema,
  type LocalInfo,
  type LocalState,
} from '#shared/desktop-api.ts'
import { PROTOCOL_HEADER, PROTOCOL_VERSION, timeResponseSchema } from '#shared/protocol/sync.ts'
import type { Fetch } from './api-proxy.ts'
import { errorCode } from './durable-folder.ts'
import { type Journal, JournalConflictError, JournalReadOnlyError, JournalWriteError } from './journal.ts'
import { emptyResponse, jsonResponse, problemResponse } from './problem-response.ts'
import { readJsonBody } from './request-body.ts'
import { normaliseUrl } from './settings.ts'

const MAX_BODY_CHARACTERS = 4 * 1024 * 1024
/** As many reviews as one call may have, each of a large basket. */
const MAX_MANY_CHARACTERS = 128 * 1024 * 1024
/** A renumbering carries everything unsent: up to 100,000 decisions. */
const MAX_RENUMBER_CHARACTERS = 128 * 1024 * 1024
const PROBE_TIMEOUT_MS = 10_000

export interface LocalApiOptions {
  /** Opened at the first use; a failed opening is tried again at the next. */
  journal: () => Promise<Journal>
  info: () => LocalInfo
  /** Free bytes of the disk with the user data; null where the system does not say. */
  freeDiskBytes: () => Promise<number | null>
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
    '/local/state': { method: 'GET', answer: async () => jsonResponse(await localState(options)) },
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
    '/local/journal/append-many': {
      method: 'POST',
      answer: withBody(
        journalAppendManyRequestSchema,
        async ({ employeeNumber, mutations }) => {
          const journal = await options.journal()
          // Asked for within one turn, they are one write and one sync.
          const entries = await Promise.all(mutations.map((mutation) => journal.append(employeeNumber, mutation)))
          return jsonResponse({ entries })
        },
        MAX_MANY_CHARACTERS,
      ),
    },
    '/local/journal/confirm': {
      method: 'POST',
      answer: withBody(journalConfirmRequestSchema, async ({ ids }) => {
        await (await options.journal()).confirm(ids)
        return emptyResponse()
      }),
    },
    '/local/journal/renumber': {
      method: 'POST',
      answer: withBody(
        journalRenumberRequestSchema,
        async ({ employeeNumber, adopt }) =>
          jsonResponse({ entries: await (await options.journal()).renumber(employeeNumber, adopt) }),
        MAX_RENUMBER_CHARACTERS,
      ),
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

async function localState({ journal, freeDiskBytes }: LocalApiOptions): Promise<LocalState> {
  const [opened, free] = await Promise.all([journal(), freeDiskBytes()])
  return { journal: { pending: opened.entries().length, bytes: opened.bytes, ...opened.report }, freeDiskBytes: free }
}

function failure(error: unknown): Response {
  if (error instanceof JournalConflictError) {
    return problemResponse('invalid_request', { field: error.field, detail: error.message })
  }
  if (error instanceof JournalReadOnlyError) return problemResponse('upgrade_required', { detail: error.message })
  console.error('local api:', error)
  return problemResponse('internal', { detail: describeFailure(error) })
}

/** What a person can do about it, where that is known. */
function describeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  switch (errorCode(error instanceof JournalWriteError ? error.cause : error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'The disk of this PC is full: nothing was saved'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `This PC does not let Floorwalker write its journal: ${message}`
    default:
      return `This PC could not do it: ${message}`
  }
}

function withBody<Schema extends z.ZodType>(
  schema: Schema,
  answer: (body: z.output<Schema>) => Promise<Response>,
  maxCharacters = MAX_BODY_CHARACTERS,
): Route {
  return async (request) => {
    const read = await readJsonBody(request, schema, { maxCharacters })
    return read.problem ?? answer(read.body)
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
