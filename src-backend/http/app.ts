/** The backend's HTTP side as one Hono app. */
import { Hono } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { MIN_PROTOCOL_VERSION, PROTOCOL_HEADER, PROTOCOL_VERSION } from '#shared/protocol/sync.ts'
import type { Clock, MintId } from '#shared/time/clock.ts'
import type { Accounts } from '../accounts/sign-in.ts'
import type { DayBlocks } from '../sessions/day-blocks.ts'
import type { Database } from '../storage/open-database.ts'
import { authRoutes, sameOriginOnly, type Throttle, type Transport } from './auth.ts'
import { serveConsole } from './console-files.ts'
import { customerSessionRoutes } from './customer-sessions.ts'
import type { Hub } from './event-stream.ts'
import { integrationRoutes } from './integration.ts'
import { ProblemError, problemOf, respondProblem } from './problems.ts'
import { checkPath } from './requests.ts'
import { syncRoutes } from './sync.ts'

export interface BackendContext {
  accounts: Accounts
  clock: Clock
  database: Database
  dayBlocks: DayBlocks
  hub: Hub
  mintId: MintId
  throttle: Throttle
  /** Folder of the built console, served at `/`. */
  consoleFolder: string | undefined
}

/** The app: store systems and consoles under `/v1`, customer sessions under `/v2`, the browser console's calls under `/api/v1`, its files at `/`. */
export function createApp(context: BackendContext): Hono {
  const app = new Hono()
  app.onError((error, c) => respondProblem(c, problemOf(error)))
  app.notFound((c) => respondProblem(c, new ProblemError('not_found')))
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        respondProblem(c, new ProblemError('method_not_allowed', {}, { allow: methods.join(', ') })),
    }),
  )
  app.use(async (c, next) => {
    checkPath(c.req.url)
    c.header(PROTOCOL_HEADER, String(PROTOCOL_VERSION))
    checkProtocol(c.req.header(PROTOCOL_HEADER))
    await next()
  })
  const consoleSide = (transport: Transport) =>
    new Hono()
      .get('/time', (c) =>
        c.json({ now: new Date(context.clock.now()).toISOString() }, 200, { 'cache-control': 'no-store' }),
      )
      .route('/auth', authRoutes(context, transport))
      .route('/sync', syncRoutes(context, transport))
  app.route('/v1/stores', integrationRoutes(context))
  app.route('/v2/customer_sessions', customerSessionRoutes(context))
  app.route('/v1', consoleSide('bearer'))
  app.use('/api/*', sameOriginOnly)
  app.route('/api/v1', consoleSide('cookie'))
  const { consoleFolder } = context
  if (consoleFolder !== undefined) {
    app.get('*', (c, next) => (/^\/(v1|v2|api|local)(\/|$)/.test(c.req.path) ? next() : serveConsole(c, consoleFolder)))
  }
  return app
}

/**
 * Refuses a caller that speaks another protocol; one that names none is taken at its word.
 * @throws ProblemError `upgrade_required` saying which side to upgrade
 */
function checkProtocol(asked: string | undefined): void {
  if (asked === undefined) return
  const version = /^\d{1,9}$/.test(asked) ? Number(asked) : Number.NaN
  if (version >= MIN_PROTOCOL_VERSION && version <= PROTOCOL_VERSION) return
  const spoken =
    MIN_PROTOCOL_VERSION === PROTOCOL_VERSION
      ? `protocol ${PROTOCOL_VERSION}`
      : `protocols ${MIN_PROTOCOL_VERSION} to ${PROTOCOL_VERSION}`
  const older = version > PROTOCOL_VERSION ? 'the backend' : 'the caller'
  throw new ProblemError('upgrade_required', {
    detail: `This backend speaks ${spoken} and was called with ${asked}: upgrade ${older}.`,
    supported: { min: MIN_PROTOCOL_VERSION, max: PROTOCOL_VERSION },
  })
}
