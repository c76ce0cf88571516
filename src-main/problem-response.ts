/** Answers of the main process that carry a problem or JSON. */
import { PROBLEM_MEDIA_TYPE, type ProblemCode, problem } from '#shared/protocol/problems.ts'

/** A problem document as a response; what the main process answers looks like what a backend answers. */
export function problemResponse(code: ProblemCode, extra: { detail?: string; field?: string } = {}): Response {
  const document = problem(code, extra)
  return new Response(JSON.stringify(document), {
    status: document.status,
    headers: { 'content-type': PROBLEM_MEDIA_TYPE, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
  })
}

/** A JSON response that nothing may keep. */
export function jsonResponse(body: unknown): Response {
  return new Response(JSON.stringify(body), {
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}

export function emptyResponse(): Response {
  return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
}
