/** The consoles' side: what a console reads to be up to date, and the decisions it pushes. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { eq } from 'drizzle-orm/sql'
import { type Context, Hono } from 'hono'
import { widenDayBlock } from '#shared/protocol/day-block.ts'
import { encodeDayFrameHead } from '#shared/protocol/day-frames.ts'
import { pushRequestSchema } from '#shared/protocol/decisions.ts'
import { localDateSchema } from '#shared/protocol/primitives.ts'
import { MAX_REFUSALS_PER_PAGE } from '#shared/protocol/refusals.ts'
import { MAX_SHIFT_ENTRIES_PER_PAGE } from '#shared/protocol/shift-entries.ts'
import {
  DAY_BLOCK_MEDIA_TYPE,
  DAY_FRAMES_MEDIA_TYPE,
  daysRequestSchema,
  documentsRequestSchema,
  HEARTBEAT_INTERVAL_MS,
  leasesRequestSchema,
  PROTOCOL_HEADER,
} from '#shared/protocol/sync.ts'
import { applyMutations } from '../sessions/apply-mutations.ts'
import { type ChangesPageText, changesSince, documentsOf, epochOf } from '../sessions/changes.ts'
import { renewLeases } from '../sessions/check-leases.ts'
import { type DayBlocks, manifestOf } from '../sessions/day-blocks.ts'
import { GzipJoiner, inflatePiece, type Piece, storedPiece } from '../sessions/gzip-pieces.ts'
import { refusalsSince } from '../sessions/refusals.ts'
import { shiftEntriesSince } from '../sessions/shift-entries.ts'
import { stores } from '../storage/schema.ts'
import type { BackendContext } from './app.ts'
import { type SignedIn, signedIn, type Transport } from './auth.ts'
import { eventStream } from './event-stream.ts'
import { invalidField, ProblemError } from './problems.ts'
import { acceptsGzip, queryInteger, readJson } from './requests.ts'

const compress = promisify(gzip)
const COMPRESS_FROM_BYTES = 1_024
const DEFAULT_PAGE = 500
const MAX_PAGE = 2_000
/** An answer of several days ends with the block that reaches this size, uncompressed: whoever asked holds it as a whole. */
const DAYS_ANSWER_BYTES = 8 * 1024 * 1024

/** Routes under `/sync`. */
export function syncRoutes(context: BackendContext, transport: Transport): Hono<SignedIn> {
  const { accounts, clock, database, dayBlocks, hub, mintId } = context
  const routes = new Hono<SignedIn>()
  routes.use(signedIn(accounts, transport))

  routes.use('/stores/:storeId/*', async (c, next) => {
    const storeId = c.req.param('storeId')
    if (!c.get('caller').stores.includes(storeId)) {
      const [store] = await database.queries.select({ id: stores.id }).from(stores).where(eq(stores.id, storeId))
      throw new ProblemError(store === undefined ? 'store_unknown' : 'store_forbidden')
    }
    await next()
  })

  routes.get('/stores/:storeId/manifest', async (c) => {
    const manifest = await manifestOf(database, c.req.param('storeId'))
    if (manifest === null) throw new ProblemError('store_unknown')
    return answerText(c, JSON.stringify(manifest))
  })

  routes.get('/stores/:storeId/days/:date', async (c) => {
    const { storeId, date } = c.req.param()
    if (!localDateSchema.safeParse(date).success) throw invalidField('date', 'must be a calendar day as YYYY-MM-DD')
    const etag = (tag: string) => `W/"${tag}"`
    const known = (c.req.header('if-none-match') ?? '').split(',').map((tag) => tag.trim())
    const headers = { 'cache-control': 'private, no-cache', vary: `accept-encoding, ${PROTOCOL_HEADER}` }
    const current = etag(await dayBlocks.tag(storeId, date))
    if (known.includes(current) || known.includes('*')) return c.body(null, 304, { ...headers, etag: current })
    const { tag, piece } = await dayBlocks.block(storeId, date)
    const answered = { ...headers, 'content-type': DAY_BLOCK_MEDIA_TYPE, etag: etag(tag) }
    // A console that asks for single days may be one of before narrow integers; other readers name no protocol.
    if (c.req.header(PROTOCOL_HEADER) !== undefined) {
      return answerBytes(c, widenDayBlock(await inflatePiece(piece)), answered)
    }
    return answerPieces(c, onePiece(piece), answered)
  })

  routes.post('/stores/:storeId/days', async (c) => {
    const { dates } = await readJson(c, daysRequestSchema)
    return answerPieces(c, framesOf(dayBlocks, c.req.param('storeId'), dates), {
      'content-type': DAY_FRAMES_MEDIA_TYPE,
      'cache-control': 'no-store',
      vary: 'accept-encoding',
    })
  })

  routes.get('/stores/:storeId/changes', async (c) => {
    const page = await changesSince(database, {
      storeId: c.req.param('storeId'),
      deviceId: c.get('caller').deviceId,
      since: queryInteger(c, 'since', { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 }),
      limit: queryInteger(c, 'limit', { min: 1, max: MAX_PAGE, fallback: DEFAULT_PAGE }),
      epoch: c.req.query('epoch'),
    })
    return answerText(c, 'reset' in page ? JSON.stringify(page) : pageJson(page))
  })

  routes.post('/stores/:storeId/sessions', async (c) => {
    const { ids } = await readJson(c, documentsRequestSchema)
    const documents = await documentsOf(database, c.req.param('storeId'), ids)
    return answerText(c, `{"sessions":[${documents.join(',')}]}`)
  })

  routes.post('/mutations', async (c) => {
    const { deviceId, mutations } = await readJson(c, pushRequestSchema)
    const { employee, stores: storeIds, deviceId: signedInOn } = c.get('caller')
    if (deviceId !== signedInOn) throw new ProblemError('device_mismatch', { field: 'deviceId' })
    mutations.forEach((mutation, index) => {
      const before = mutations[index - 1]
      if (before !== undefined && mutation.seq !== before.seq + 1) {
        throw invalidField(`mutations.${index}.seq`, 'must be one more than that of the mutation before it')
      }
    })
    const answer = await applyMutations(
      database,
      { clock, mintId },
      { employee, stores: storeIds, deviceId },
      mutations,
    )
    if ('conflict' in answer) throw new ProblemError(answer.conflict, { lastMutationSeq: answer.lastMutationSeq })
    return c.json(answer)
  })

  routes.get('/stores/:storeId/refusals', async (c) => {
    const since = queryInteger(c, 'since', { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 })
    const limit = queryInteger(c, 'limit', { min: 1, max: MAX_REFUSALS_PER_PAGE, fallback: MAX_REFUSALS_PER_PAGE })
    const page = await refusalsSince(database, c.req.param('storeId'), since, limit)
    return answerText(c, JSON.stringify({ epoch: await epochOf(database.queries), ...page }))
  })

  routes.get('/stores/:storeId/shift-entries', async (c) => {
    const most = MAX_SHIFT_ENTRIES_PER_PAGE
    const since = queryInteger(c, 'since', { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 })
    const limit = queryInteger(c, 'limit', { min: 1, max: most, fallback: most })
    const page = await shiftEntriesSince(database, c.req.param('storeId'), since, limit)
    return answerText(c, JSON.stringify({ epoch: await epochOf(database.queries), ...page }))
  })

  routes.post('/leases', async (c) => {
    const { checks } = await readJson(c, leasesRequestSchema)
    const { employee, stores: storeIds } = c.get('caller')
    const leases = await renewLeases(database, clock, { number: employee.number, stores: storeIds }, checks)
    return c.json({ leases })
  })

  routes.get('/events', (c) => {
    let caller = c.get('caller')
    return eventStream(c, hub, (sink) => {
      const beat = () => sink.send('heartbeat', { now: new Date(clock.now()).toISOString() })
      const recheck = async () => {
        const now = await accounts.recheck(caller).catch(() => caller)
        if (typeof now === 'string') sink.end()
        else caller = now
      }
      const heartbeat = setInterval(() => {
        beat()
        void recheck()
      }, HEARTBEAT_INTERVAL_MS)
      const expiry = setTimeout(sink.end, Math.max(0, caller.tokenExpiresAt - clock.now()))
      const stops = [
        hub.onPoke((storeId, version) => {
          if (caller.stores.includes(storeId)) sink.send('poke', { storeId, version })
        }),
        hub.onRevoked((authSessionId) => {
          if (authSessionId === caller.authSessionId) sink.end()
        }),
        // Some commits went by unheard: the console comes back and pulls.
        hub.onGap(sink.end),
      ]
      beat()
      return () => {
        clearInterval(heartbeat)
        clearTimeout(expiry)
        for (const stop of stops) stop()
      }
    })
  })

  return routes
}

async function* onePiece(piece: Piece): AsyncGenerator<Piece, void> {
  yield piece
}

/** The frames of an answer with these days, in their order, as far as there is room. */
async function* framesOf(dayBlocks: DayBlocks, storeId: string, dates: readonly string[]): AsyncGenerator<Piece, void> {
  const sent = new Set<string>()
  let room = DAYS_ANSWER_BYTES
  for await (const { date, tag, piece } of dayBlocks.blocks(storeId, dates)) {
    yield storedPiece(encodeDayFrameHead({ date, tag }, piece.length))
    yield piece
    sent.add(date)
    room -= piece.length
    if (room <= 0) break
  }
  yield storedPiece(encodeDayFrameHead({ end: true, left: dates.filter((date) => !sent.has(date)) }))
}

/** Streams pieces as they come: as they are to a client that takes gzip, inflated to others. */
async function answerPieces(
  c: Context,
  pieces: AsyncGenerator<Piece, void>,
  headers: Record<string, string>,
): Promise<Response> {
  const packs = acceptsGzip(c)
  const parts = packs ? joined(pieces) : inflated(pieces)
  // What fails before there is anything to send is still a problem of its own, not a torn answer.
  const first = await parts.next()
  const encoding: Record<string, string> = packs ? { 'content-encoding': 'gzip' } : {}
  return c.body(streamOf(first, parts), 200, { ...headers, ...encoding })
}

async function* joined(pieces: AsyncIterable<Piece>): AsyncGenerator<Uint8Array, void> {
  const joiner = new GzipJoiner()
  let before = joiner.start()
  for await (const piece of pieces) {
    yield before
    before = joiner.add(piece)
  }
  yield before
  yield joiner.end()
}

async function* inflated(pieces: AsyncIterable<Piece>): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) yield inflatePiece(piece)
}

/** Makes the next bytes when the caller has room for them; one that leaves ends the work. */
function streamOf(
  first: IteratorResult<Uint8Array, void>,
  parts: AsyncGenerator<Uint8Array, void>,
): ReadableStream<Uint8Array> {
  let next: typeof first | null = first
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = next ?? (await parts.next())
      next = null
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await parts.return()
    },
  })
}

function pageJson({ changes, ...rest }: ChangesPageText): string {
  const entries = changes.map(({ version, documentJson }) => `{"version":${version},"session":${documentJson}}`)
  return `{"changes":[${entries.join(',')}],${JSON.stringify(rest).slice(1)}`
}

function answerText(c: Context, json: string): Promise<Response> {
  return answerBytes(c, Buffer.from(json), { 'content-type': 'application/json', 'cache-control': 'no-store' })
}

async function answerBytes(c: Context, bytes: Uint8Array, headers: Record<string, string>): Promise<Response> {
  if (bytes.byteLength < COMPRESS_FROM_BYTES || !acceptsGzip(c)) return c.body(new Uint8Array(bytes), 200, headers)
  const packed = await compress(bytes, { level: 4 })
  return c.body(new Uint8Array(packed), 200, { ...headers, 'content-encoding': 'gzip' })
}
