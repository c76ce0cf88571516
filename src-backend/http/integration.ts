/** The side of the store's self-scanning systems, with an API key: facts in, outcomes out. */
import { and, asc, eq, sql } from 'drizzle-orm/sql'
import { Hono } from 'hono'
import { eventsRequestSchema } from '#shared/protocol/integration.ts'
import { HEARTBEAT_INTERVAL_MS } from '#shared/protocol/sync.ts'
import { applyFacts } from '../sessions/apply-facts.ts'
import type { Database } from '../storage/open-database.ts'
import { sessions, stores } from '../storage/schema.ts'
import { storeProblem, storesOfKey } from './api-keys.ts'
import type { BackendContext } from './app.ts'
import { eventStream } from './event-stream.ts'
import { ProblemError } from './problems.ts'
import { queryInteger, readJson } from './requests.ts'

const STREAM_PAGE = 50

/** Routes under `/v1/stores`. */
export function integrationRoutes({ database, clock, hub }: BackendContext): Hono {
  const routes = new Hono()

  routes.use('/:storeId/*', async (c, next) => {
    await checkKey(database, c.req.header('authorization'), c.req.param('storeId'))
    await next()
  })

  routes.post('/:storeId/events', async (c) => {
    const { events } = await readJson(c, eventsRequestSchema)
    return c.json(await applyFacts(database, clock, c.req.param('storeId'), events))
  })

  routes.get('/:storeId/sessions/:sessionId', async (c) => {
    const [row] = await database.queries
      .select({ documentJson: sql<string>`${sessions.document}::text` })
      .from(sessions)
      .where(and(eq(sessions.id, c.req.param('sessionId')), eq(sessions.storeId, c.req.param('storeId'))))
    if (row === undefined) throw new ProblemError('session_unknown')
    return c.body(row.documentJson, 200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  })

  // Every session written from now on, or after the version a reconnecting client names, in the order of versions.
  routes.get('/:storeId/stream', async (c) => {
    const storeId = c.req.param('storeId')
    const [store] = await database.queries
      .select({ version: stores.version })
      .from(stores)
      .where(eq(stores.id, storeId))
    const current = store?.version ?? 0
    const asked = queryInteger(c, 'since', { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: current })
    const resumed = Number(c.req.header('last-event-id') ?? Number.NaN)
    let cursor = Number.isSafeInteger(resumed) && resumed >= 0 ? Math.min(resumed, current) : Math.min(asked, current)
    return eventStream(c, hub, (sink) => {
      let ended = false
      let pumping = false
      let again = true
      const pump = async () => {
        again = true
        if (pumping) return
        pumping = true
        try {
          while (again && !ended) {
            again = false
            const rows = await database.queries
              .select({ version: sessions.version, document: sessions.document })
              .from(sessions)
              .where(and(eq(sessions.storeId, storeId), sql`${sessions.version} > ${cursor}`))
              .orderBy(asc(sessions.version))
              .limit(STREAM_PAGE)
            for (const { version, document } of rows) {
              await sink.room()
              if (ended) return
              sink.send('session', document, String(version))
              cursor = version
            }
            if (rows.length === STREAM_PAGE) again = true
          }
        } catch {
          sink.end()
        } finally {
          pumping = false
        }
      }
      sink.comment('open')
      const stops = [
        hub.onPoke((poked) => {
          if (poked === storeId) void pump()
        }),
        hub.onGap(() => void pump()),
      ]
      const heartbeat = setInterval(() => sink.comment('heartbeat'), HEARTBEAT_INTERVAL_MS)
      void pump()
      return () => {
        ended = true
        clearInterval(heartbeat)
        for (const stop of stops) stop()
      }
    })
  })

  return routes
}

/** @throws ProblemError where the key is unknown or not for this store, or the store does not exist */
async function checkKey(database: Database, authorization: string | undefined, storeId: string): Promise<void> {
  if (!(await storesOfKey(database, authorization)).includes(storeId)) throw await storeProblem(database, storeId)
}
