/**
 * Whatever is sent to whichever endpoint: never an answer of the 5xx kind, and one of the 4xx kind has changed nothing.
 * `npm run fuzz -- --cases N --seed S` runs more of the same.
 */
import { sql } from 'drizzle-orm/sql'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { eventsResponseSchema } from '#shared/protocol/integration.ts'
import { problemSchema } from '#shared/protocol/problems.ts'
import { rowsOf } from '../storage/open-database.ts'
import { type FuzzRequest, type FuzzSessions, fuzzRequests, SEQ_FROM_LAST } from '../testing/fuzz-requests.ts'
import { type Console, describeBackend, factsOf, freshId, type TestBackend } from '../testing/test-backend.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_260_310)
/** Half of them on each database, other ones on the second. */
const cases = Number(process.env.FLOORWALKER_FUZZ_CASES ?? 1_000)
/** Cases with the same sessions; after these, fresh ones: a session with thousands of events only takes time. */
const CHUNK = 250

/** Everything the backend keeps of these sessions and of the device, and of all else enough to see that it changed. */
async function digestOf(backend: TestBackend, { own, foreign }: FuzzSessions): Promise<string> {
  const ofStage = (column: string) =>
    sql`(${sql.raw(column)} = any(${sql.param([...own, foreign])}::text[]) or ${sql.raw(column)} like ${`${foreign}.%`})`
  const rows = await rowsOf<{ digest: string }>(
    backend.database.queries,
    sql`select concat_ws('|',
      (select string_agg(concat_ws(',', id, version), ';' order by id) from stores),
      (select string_agg(concat_ws(',', id, store_id, version, local_date, ended, expires_at, md5(summary::text),
        md5(document::text)), ';' order by id) from sessions where ${ofStage('id')}),
      (select concat_ws(',', count(*), sum(version)) from sessions),
      (select string_agg(concat_ws(',', store_id, event_id, session_id), ';' order by store_id, event_id)
        from event_ids where ${ofStage('session_id')}),
      (select string_agg(concat_ws(',', id, last_seq), ';' order by id) from devices),
      (select concat_ws(',', count(*), max(seq)) from mutations),
      (select concat_ws(',', count(*), count(revoked_at)) from auth_sessions),
      (select concat_ws(',', count(*), sum(generation)) from refresh_tokens)) as digest`,
  )
  return rows[0]?.digest ?? ''
}

interface World {
  backend: TestBackend
  console: Console
  sessions: FuzzSessions
}

async function send({ backend, console }: World, request: FuzzRequest): Promise<Response | null> {
  const { who, method, path, body, headers } = request
  let { json } = request
  if (request.surface === 'mutations') json = await numbered(backend, console, json)
  try {
    return await backend.fetch(path, {
      method,
      headers,
      json,
      body,
      token: who === 'console' ? console.token : undefined,
      key: who === 'store' ? 'key-of-berlin' : who === 'other store' ? 'key-of-new-york' : undefined,
    })
  } catch (error) {
    // `fetch` itself refuses some URLs and headers; those never reach a backend.
    if (error instanceof TypeError) return null
    throw error
  }
}

async function numbered(backend: TestBackend, console: Console, json: unknown): Promise<unknown> {
  const { lastMutationSeq } = await backend.push(console, [])
  const number = (mutation: Record<string, unknown>) => {
    const { [SEQ_FROM_LAST]: step, ...rest } = mutation
    return { seq: typeof step === 'number' ? lastMutationSeq + step : step, ...rest }
  }
  const { mutations } = json as { mutations: unknown }
  if (!Array.isArray(mutations)) return json
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
  return { ...(json as object), mutations: mutations.map((one) => (isObject(one) ? number(one) : one)) }
}

async function check(world: World, request: FuzzRequest, statuses: Map<string, number>): Promise<void> {
  const before = await digestOf(world.backend, world.sessions)
  const response = await send(world, request)
  if (response === null) return
  const text = await response.text()
  const { status } = response
  const key = `${request.surface} ${status}`
  statuses.set(key, (statuses.get(key) ?? 0) + 1)
  const story = () => `${JSON.stringify(request)} → ${status} ${text}`
  expect(status, story()).toBeLessThan(500)
  if (request.surface === 'events' && status === 200) {
    const { accepted } = eventsResponseSchema.parse(JSON.parse(text))
    // Or the digest would be blind.
    const after = await digestOf(world.backend, world.sessions)
    if (accepted > 0) expect(after, story()).not.toBe(before)
    else expect(after, story()).toBe(before)
  }
  if (status < 400) return
  const { code } = problemSchema.parse(JSON.parse(text))
  // A lifecycle command that was refused leaves its event with the verdict, as every decision does.
  if (code.endsWith('_refused')) return
  expect(await digestOf(world.backend, world.sessions), story()).toBe(before)
}

/** Fresh sessions, one of them with checks that wait for a decision. */
async function prepare(backend: TestBackend, console: Console): Promise<World> {
  const [first, second, foreign] = [freshId('fuzz'), freshId('fuzz'), freshId('fuzz-foreign')]
  const story = factsOf(first)
  await backend.send('berlin', [story.started(), story.check('v1'), story.check('1', 'age_verification')])
  await backend.send('new york/1', [factsOf(foreign).started()])
  return { backend, console, sessions: { own: [first, second], foreign } }
}

let databases = 0

describeBackend('any input', (world) => {
  const first = seed + 1_000_000_000 * databases++
  it(
    `is survived and changes nothing where it is refused (${cases / 2} cases from seed ${first} on)`,
    async () => {
      const backend = world()
      const console = await backend.signIn('100', freshId('device'))
      const statuses = new Map<string, number>()
      for (let done = 0; done < cases / 2; done += CHUNK) {
        // A long campaign must not find its access token expired: the clock stands still.
        const stage = await prepare(backend, console)
        const request = fuzzRequests(stage.sessions, console.deviceId)
        await fc.assert(
          fc.asyncProperty(request, (one) => check(stage, one, statuses)),
          { seed: first + done, numRuns: Math.min(CHUNK, cases / 2 - done) },
        )
        // What all that left can be read by everyone who reads.
        const { foreign, own } = stage.sessions
        await backend.session('new york/1', foreign)
        await backend.session('berlin', own[0])
      }
      for (let since = 0, more = true; more; ) {
        const page = await backend.pull(console, 'berlin', since)
        since = page.version
        more = page.more
      }
      await backend.manifest(console, 'berlin')
      const answered = (prefix: string) =>
        [...statuses].reduce((sum, [key, count]) => sum + (key.startsWith(prefix) ? count : 0), 0)
      for (const surface of ['events', 'mutations', 'customer sessions']) {
        expect(answered(`${surface} 200`), `accepted ${surface}`).toBeGreaterThan(answered(surface) / 10)
        expect(answered(`${surface} 4`), `refused ${surface}`).toBeGreaterThan(answered(surface) / 50)
      }
      if (process.env.FLOORWALKER_FUZZ_CASES !== undefined) process.stdout.write(`${report(statuses)}\n`)
    },
    60_000 + cases * 100,
  )
})

function report(statuses: ReadonlyMap<string, number>): string {
  return [...statuses]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, count]) => `  ${key}: ${count}`)
    .join('\n')
}
