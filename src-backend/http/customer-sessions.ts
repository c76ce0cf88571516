/**
 * The customer-session endpoints of Talon.One's Integration API: same paths, fields and states, so that an integration
 * written against it works. Errors are our problem documents, with that API's `message` and `errors` in them.
 */
import { eq } from 'drizzle-orm/sql'
import { type Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type LifecycleRefusal, refusalMessage } from '#shared/lifecycle/judge-command.ts'
import type { LifecycleCommand } from '#shared/lifecycle/lifecycle-command.ts'
import { canonicalJson } from '#shared/protocol/canonical-json.ts'
import {
  type FieldFault,
  idempotencyKeySchema,
  type NewCustomerSession,
  readChanges,
  returnRequestSchema,
  updateRequestSchema,
} from '#shared/protocol/customer-sessions.ts'
import { idSchema } from '#shared/protocol/primitives.ts'
import { PROBLEM_MEDIA_TYPE } from '#shared/protocol/problems.ts'
import { hashSecret } from '../accounts/credentials.ts'
import { applyCommand, type CommandCall, type CommandOutcome, customerHistory } from '../sessions/apply-command.ts'
import { customerSessionOf, noPromotions, responseContent, returnOf } from '../sessions/customer-session-view.ts'
import type { IdempotencyKey, StoredAnswer } from '../sessions/idempotent-answers.ts'
import { loadSessions } from '../sessions/store-writer.ts'
import { sessions } from '../storage/schema.ts'
import { storeProblem, storesOfKey } from './api-keys.ts'
import type { BackendContext } from './app.ts'
import { invalidField, ProblemError, problemOf } from './problems.ts'
import { readJson } from './requests.ts'

type Applied = Extract<CommandOutcome, { status: 'applied' }>

/** Routes under `/v2/customer_sessions`. */
export function customerSessionRoutes({ clock, database, mintId }: BackendContext): Hono {
  const routes = new Hono()
  routes.onError((error, c) => {
    const problem = problemOf(error)
    return answerWith(c, problemAnswer(problem), problem.headers)
  })

  /** The store of an existing session, where the key is for it. */
  async function storeOfSession(id: string, keyStores: readonly string[]): Promise<string> {
    const storeId = await storeHolding(id)
    if (storeId === null || !keyStores.includes(storeId)) throw new ProblemError('session_unknown')
    return storeId
  }

  async function storeHolding(id: string): Promise<string | null> {
    const [row] = await database.queries.select({ storeId: sessions.storeId }).from(sessions).where(eq(sessions.id, id))
    return row?.storeId ?? null
  }

  /** The store an update is for: that of the session, else the one it names, else the key's only one. */
  async function storeOfUpdate(id: string, named: string | null, keyStores: readonly string[]): Promise<string> {
    const field = 'customerSession.storeIntegrationId'
    if (named !== null && !keyStores.includes(named)) throw await storeProblem(database, named, field)
    const holder = await storeHolding(id)
    if (holder !== null) {
      if (!keyStores.includes(holder)) throw new ProblemError('session_of_another_store')
      if (named !== null && named !== holder) throw invalidField(field, 'the session belongs to another store')
      return holder
    }
    const [only, ...more] = keyStores
    if (named !== null) return named
    if (only === undefined) throw new ProblemError('store_forbidden', { detail: 'The API key is for no store.' })
    if (more.length > 0) throw invalidField(field, 'is required, because the API key is for several stores')
    return only
  }

  async function run(c: Context, call: CommandCall, show: (applied: Applied) => unknown): Promise<Response> {
    const answer = await applyCommand(database, clock, mintId, call, (outcome) =>
      outcome.status === 'applied'
        ? { status: 200, body: JSON.stringify(show(outcome)) }
        : problemAnswer(problemOfOutcome(outcome)),
    )
    if (answer === 'reused') throw new ProblemError('idempotency_key_reused', { field: 'Idempotency-Key' })
    return answerWith(c, answer)
  }

  routes.put('/:id', async (c) => {
    const keyStores = await storesOfKey(database, c.req.header('authorization'))
    const sessionId = sessionIdOf(c)
    const dry = queryFlag(c, 'dry')
    const { customerSession, responseContent: wanted } = await readJson(c, updateRequestSchema)
    const storeId = await storeOfUpdate(sessionId, customerSession.storeIntegrationId || null, keyStores)
    const command = (currency: string) => updateCommand(customerSession, currency)
    return run(c, { storeId, sessionId, command, creates: true, dry }, ({ session, event, history }) => ({
      ...responseContent(wanted ?? [], session, event, history),
      ...noPromotions,
    }))
  })

  routes.get('/:id', async (c) => {
    const keyStores = await storesOfKey(database, c.req.header('authorization'))
    const sessionId = sessionIdOf(c)
    await storeOfSession(sessionId, keyStores)
    const session = (await loadSessions(database.queries, [sessionId])).get(sessionId)
    if (session === undefined) throw new ProblemError('session_unknown')
    const customerSession = customerSessionOf(session, await customerHistory(database.queries, session))
    return c.json({ customerSession, effects: noPromotions.effects }, 200, { 'cache-control': 'no-store' })
  })

  routes.put('/:id/reopen', async (c) => {
    const keyStores = await storesOfKey(database, c.req.header('authorization'))
    const sessionId = sessionIdOf(c)
    const storeId = await storeOfSession(sessionId, keyStores)
    const command = (): LifecycleCommand => ({ type: 'session.reopen' })
    return run(c, { storeId, sessionId, command, creates: false, dry: false }, () => ({
      effects: noPromotions.effects,
    }))
  })

  routes.post('/:id/returns', async (c) => {
    const keyStores = await storesOfKey(database, c.req.header('authorization'))
    const sessionId = sessionIdOf(c)
    const dry = queryFlag(c, 'dry')
    const request = await readJson(c, returnRequestSchema)
    const storeId = await storeOfSession(sessionId, keyStores)
    const command = (): LifecycleCommand => ({
      type: 'items.return',
      items: request.return.returnedCartItems.map(({ position, sku, quantity }) => ({
        position: position ?? undefined,
        sku: sku ?? undefined,
        quantity: quantity ?? undefined,
      })),
    })
    const idempotency = idempotencyOf(c, { sessionId, request })
    return run(c, { storeId, sessionId, command, creates: false, dry, idempotency }, ({ session, event, history }) => ({
      ...responseContent(request.responseContent ?? [], session, event, history),
      return: returnOf(session, event),
      ...noPromotions,
    }))
  })

  return routes
}

function updateCommand(request: NewCustomerSession, currency: string): LifecycleCommand | FieldFault {
  const changes = readChanges(request, currency)
  if ('field' in changes) return changes
  if (request.state === 'closed') return { type: 'session.close', changes }
  if (request.state === 'cancelled') return { type: 'session.cancel', changes }
  return { type: 'session.update', changes, stated: request.state ?? undefined }
}

function sessionIdOf(c: Context): string {
  const parsed = idSchema.safeParse(c.req.param('id'))
  if (!parsed.success) throw invalidField('customerSessionId', 'must be a text of 1 to 255 characters')
  return parsed.data
}

function queryFlag(c: Context, name: string): boolean {
  const text = c.req.query(name)
  if (text === undefined || text === 'false' || text === '') return false
  if (text !== 'true') throw invalidField(name, 'must be true or false')
  return true
}

function idempotencyOf(c: Context, content: unknown): IdempotencyKey | undefined {
  const header = c.req.header('idempotency-key')
  if (header === undefined) return undefined
  const key = idempotencyKeySchema.safeParse(header)
  if (!key.success) throw invalidField('Idempotency-Key', 'must be a text of 1 to 255 characters')
  return { key: key.data, content: hashSecret(canonicalJson(content)) }
}

function problemOfOutcome(outcome: Exclude<CommandOutcome, Applied>): ProblemError {
  switch (outcome.status) {
    case 'refused':
      return problemOfRefusal(outcome.refusal)
    case 'invalid':
      return invalidField(outcome.fault.field, outcome.fault.message)
    case 'session_unknown':
    case 'session_of_another_store':
      return new ProblemError(outcome.status)
  }
}

function problemOfRefusal(refusal: LifecycleRefusal): ProblemError {
  const detail = refusalMessage(refusal)
  const from = refusal.from ?? undefined
  if (refusal.code !== 'return_refused') return new ProblemError(refusal.code, { detail, from, to: refusal.to })
  const field = ['return.returnedCartItems', refusal.item, ...(refusal.part === null ? [] : [refusal.part])].join('.')
  return new ProblemError(refusal.code, { detail, from, field })
}

/** A problem document that is an error of that API at the same time. */
function problemAnswer({ problem }: ProblemError): StoredAnswer {
  const { title, detail, field, status } = problem
  const source = field === undefined ? {} : { pointer: `/${field.replaceAll('.', '/')}` }
  const body = {
    ...problem,
    message: detail ?? title,
    errors: [{ title, details: detail, source }],
    StatusCode: status,
  }
  return { status, body: JSON.stringify(body) }
}

function answerWith(c: Context, { status, body }: StoredAnswer, headers: Record<string, string> = {}): Response {
  return c.body(body, status as ContentfulStatusCode, {
    'content-type': status < 400 ? 'application/json' : PROBLEM_MEDIA_TYPE,
    'cache-control': 'no-store',
    ...headers,
  })
}
