/** The closed set of error kinds: RFC 9457 problem documents, each with a stable code and a retry class. */
import { z } from 'zod'
import { lifecycleStateSchema } from './lifecycle-state.ts'

/** What a caller should do: `never` (fix the request), `later` (back off), `sign_in` (refresh, then resume), `upgrade`. */
export type RetryClass = 'never' | 'later' | 'sign_in' | 'upgrade'

export const problemKinds = {
  invalid_request: { status: 400, retry: 'never', title: 'The request is not valid' },
  invalid_json: { status: 400, retry: 'never', title: 'The body is not JSON' },
  // Talon.One's API answers refused commands with 400 and keeps 409 for "send it again", so these are no conflicts.
  transition_refused: { status: 400, retry: 'never', title: 'The session cannot change to this state' },
  changes_refused: { status: 400, retry: 'never', title: 'The session refuses changes in this state' },
  return_refused: { status: 400, retry: 'never', title: 'These items cannot be returned' },
  unauthorized: { status: 401, retry: 'sign_in', title: 'Sign in first' },
  token_expired: { status: 401, retry: 'sign_in', title: 'The access token has expired' },
  token_revoked: { status: 401, retry: 'sign_in', title: 'The session was ended' },
  wrong_credentials: { status: 401, retry: 'never', title: 'Employee number or password is wrong' },
  store_forbidden: { status: 403, retry: 'never', title: 'No access to this store' },
  role_forbidden: { status: 403, retry: 'never', title: 'This role may only read' },
  session_of_another_store: { status: 403, retry: 'never', title: 'The session belongs to another store' },
  origin_forbidden: { status: 403, retry: 'never', title: 'The request comes from another origin' },
  device_mismatch: { status: 403, retry: 'sign_in', title: 'Signed in from another device' },
  store_unknown: { status: 404, retry: 'never', title: 'No such store' },
  session_unknown: { status: 404, retry: 'never', title: 'No such session' },
  not_found: { status: 404, retry: 'never', title: 'Nothing is here' },
  method_not_allowed: { status: 405, retry: 'never', title: 'This method is not allowed here' },
  sequence_gap: { status: 409, retry: 'later', title: 'A mutation before this one is missing' },
  sequence_reused: { status: 409, retry: 'later', title: 'This sequence number was used for another mutation' },
  too_large: { status: 413, retry: 'never', title: 'The body is too large' },
  idempotency_key_reused: { status: 422, retry: 'never', title: 'This idempotency key was used for another request' },
  upgrade_required: { status: 426, retry: 'upgrade', title: 'This protocol version is not supported' },
  too_many_requests: { status: 429, retry: 'later', title: 'Too many requests' },
  internal: { status: 500, retry: 'later', title: 'The backend failed' },
  backend_unreachable: { status: 502, retry: 'later', title: 'The backend cannot be reached' },
  not_a_backend: { status: 502, retry: 'later', title: 'The configured address is not a Floorwalker backend' },
  unavailable: { status: 503, retry: 'later', title: 'The backend is busy' },
} as const satisfies Record<string, { status: number; retry: RetryClass; title: string }>
export type ProblemCode = keyof typeof problemKinds

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(problemKinds) as [ProblemCode, ...ProblemCode[]]),
  detail: z.string().optional(),
  /** Dotted path of the field at fault. */
  field: z.string().optional(),
  /** Hint of `sequence_gap` and `sequence_reused`: the last seq the backend has processed. */
  lastMutationSeq: z.int().optional(),
  /** States of a refused lifecycle command. */
  from: lifecycleStateSchema.optional(),
  to: lifecycleStateSchema.optional(),
  /** Protocol versions that the backend speaks, of `upgrade_required`. */
  supported: z.object({ min: z.int(), max: z.int() }).optional(),
})
export type Problem = z.infer<typeof problemSchema>

/** What a problem says beyond its kind. */
export type ProblemDetails = Pick<Problem, 'detail' | 'field' | 'lastMutationSeq' | 'from' | 'to' | 'supported'>

/** Builds the problem document of a kind. */
export function problem(code: ProblemCode, extra: ProblemDetails = {}): Problem {
  const { status, title } = problemKinds[code]
  return { type: `urn:floorwalker:problem:${code}`, title, status, code, ...extra }
}
