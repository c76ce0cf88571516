/** Errors of the HTTP side: thrown as `ProblemError`, answered as RFC 9457 problem documents. */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import {
  PROBLEM_MEDIA_TYPE,
  type Problem,
  type ProblemCode,
  type ProblemDetails,
  problem,
} from '#shared/protocol/problems.ts'
import { databaseErrorCode, innermostCause } from '../storage/open-database.ts'

/** An answer that is not a success. */
export class ProblemError extends Error {
  readonly problem: Problem
  readonly headers: Record<string, string>

  constructor(code: ProblemCode, extra: ProblemDetails = {}, headers: Record<string, string> = {}) {
    super(code)
    this.problem = problem(code, extra)
    this.headers = headers
  }
}

/** A bad value of a named field. */
export function invalidField(field: string, detail: string): ProblemError {
  return new ProblemError('invalid_request', { field, detail })
}

/** The database is away or has too much to do: come back in a moment. */
function busy(): ProblemError {
  return new ProblemError('unavailable', {}, { 'retry-after': '2' })
}

/** The response of a problem. */
export function respondProblem(c: Context, { problem: document, headers }: ProblemError): Response {
  return c.body(JSON.stringify(document), document.status as ContentfulStatusCode, {
    'content-type': PROBLEM_MEDIA_TYPE,
    'cache-control': 'no-store',
    ...headers,
  })
}

// SQLSTATE classes of a database that is away, busy or going down; then what Node says of a lost connection.
const BUSY = /^(08|40|53|55|57)|^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)$/
const LOST_CONNECTION = /timeout exceeded when trying to connect|Connection terminated|PGlite is closed/

/** Turns whatever was thrown into a problem; nothing of an unexpected error leaks into the answer. */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  const code = databaseErrorCode(error)
  for (let current = error; current instanceof Error; current = current.cause) {
    if (LOST_CONNECTION.test(current.message)) return busy()
  }
  if (code !== null && BUSY.test(code)) return busy()
  const cause = innermostCause(error)
  console.error(JSON.stringify({ level: 'error', error: cause instanceof Error ? cause.stack : String(cause), code }))
  return new ProblemError('internal')
}
