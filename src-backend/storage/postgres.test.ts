/** What one connection hides: several backends writing one PostgreSQL at once. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBackend } from '../backend.ts'
import { type PostgresServer, skipsPostgres, startPostgres } from '../testing/postgres-server.ts'
import {
  bootstrap,
  factsOf,
  freshId,
  HOUR,
  problemIn,
  readEvents,
  startTestBackend,
  type TestBackend,
  testClock,
} from '../testing/test-backend.ts'
import { openPostgres } from './open-database.ts'

describe.skipIf(skipsPostgres)('two backends on one PostgreSQL', () => {
  let server: PostgresServer
  let one: TestBackend
  let two: TestBackend
  let url: string
  const clock = testClock()

  beforeAll(async () => {
    server = await startPostgres()
    url = await server.createDatabase('shared')
    // Both at once, on an empty database.
    const started = await Promise.all([
      openPostgres(url).then((database) => startTestBackend(database, clock)),
      openPostgres(url).then((database) => startTestBackend(database, clock)),
    ])
    ;[one, two] = started
  })
  afterAll(async () => {
    await one?.backend.close()
    await two?.backend.close()
    await server?.stop()
  })

  it('loses no change behind a cursor while both write', async () => {
    const console = await one.signIn('100', freshId('device'))
    const written = new Set<string>()
    const seen = new Map<string, number>()
    let writing = true
    let cursor = (await one.pull(console, 'berlin', 0)).version
    const reader = (async () => {
      for (;;) {
        const last = !writing
        const page = await two.pull(console, 'berlin', cursor, 7)
        for (const change of page.changes) {
          if (!('session' in change)) continue
          expect(change.version).toBeGreaterThan(cursor)
          expect(change.version).toBeLessThanOrEqual(page.version)
          seen.set(change.session.id, change.session.events.length)
        }
        cursor = page.version
        if (last && !page.more) return
      }
    })()
    const writer = async (backend: TestBackend) => {
      for (let batch = 0; batch < 12; batch++) {
        const ids = Array.from({ length: 5 }, () => freshId('session'))
        await backend.send(
          'berlin',
          ids.map((id) => factsOf(id).started()),
        )
        for (const id of ids) written.add(id)
        await backend.send(
          'berlin',
          ids.map((id) => factsOf(id).item('1')),
        )
      }
    }
    await Promise.all([one, two, one, two].map(writer))
    writing = false
    await reader
    expect(written.size).toBe(240)
    for (const id of written) expect(seen.get(id), id).toBe(2)
  })

  it('folds facts of one session that arrive at both, losing none', async () => {
    const id = freshId('session')
    await one.send('berlin', [factsOf(id).started()])
    const facts = Array.from({ length: 20 }, (_, index) => factsOf(id).item(`line ${index}`))
    await Promise.all(facts.map((fact, index) => (index % 2 === 0 ? one : two).send('berlin', [fact])))
    expect(await one.session('berlin', id)).toMatchObject({ quantity: 20 })
  })

  it('gives a session id that two stores create at once to one of them', async () => {
    for (let round = 0; round < 10; round++) {
      const ids = [freshId('session'), freshId('session'), freshId('session')]
      const answers = await Promise.all([
        one.send(
          'berlin',
          ids.map((id) => factsOf(id).started()),
        ),
        two.send(
          'new york/1',
          ids.toReversed().map((id) => factsOf(id).started()),
        ),
      ])
      expect(answers.map(({ accepted }) => accepted).toSorted()).toEqual([0, 3])
    }
  })

  it('judges a mutation once when both devices, or both backends, push it at once', async () => {
    const id = freshId('session')
    const story = factsOf(id)
    await one.send('berlin', [story.started(), story.check('v1')])
    const ada = await one.signIn('100', freshId('device'))
    const ben = await two.signIn('101', freshId('device'))
    const occurredAt = new Date(clock.now()).toISOString()
    const note = {
      id: freshId('mutation'),
      seq: 1,
      sessionId: id,
      type: 'note.add',
      payload: { text: 'hi' },
      occurredAt,
    }
    const answers = await Promise.all([
      one.push(ada, [note]),
      two.push(ada, [note]),
      one.push(ben, [note]),
      two.push(ben, [note]),
    ])
    const statuses = answers.map(({ results }) => results[0]?.status)
    expect(new Set(statuses.slice(0, 2)).size).toBe(1)
    expect(new Set(statuses.slice(2)).size).toBe(1)
    expect(statuses.toSorted()).toEqual(['applied', 'applied', 'duplicate', 'duplicate'])
    expect((await one.session('berlin', id)).notes).toHaveLength(1)
    const decide = (device: string) => ({
      id: freshId(device),
      seq: 2,
      sessionId: id,
      type: 'verification.resolve',
      payload: { verificationId: 'v1', outcome: 'approved' },
    })
    const [first, second] = await Promise.all([one.push(ada, [decide('a')]), two.push(ben, [decide('b')])])
    expect([first.results[0]?.status, second.results[0]?.status].toSorted()).toEqual(['applied', 'superseded'])
  })

  it('pokes the consoles of the other backend', async () => {
    const { token } = await two.signIn('100', freshId('device'))
    const response = await two.fetch('/v1/sync/events', { token })
    const seen = readEvents(response, (events) => events.some(({ event }) => event === 'poke'))
    await one.send('berlin', [factsOf(freshId('session')).started()])
    expect((await seen).at(-1)).toMatchObject({ data: { storeId: 'berlin' } })
  })

  it('expires each session once', async () => {
    clock.advance(3 * HOUR)
    const counts = await Promise.all([one.backend.expire(), two.backend.expire(), one.backend.expire()])
    const open = counts.reduce((sum, count) => sum + count, 0)
    const console = await one.signIn('100', freshId('device'))
    const { days, version } = await one.manifest(console, 'berlin')
    expect(open).toBeGreaterThan(0)
    expect(await two.backend.expire()).toBe(0)
    expect((await one.manifest(console, 'berlin')).version).toBe(version)
    expect(days.length).toBeGreaterThan(0)
  })

  it('says that it is busy while the database is away, and goes on when it is back', async () => {
    const console = await one.signIn('100', freshId('device'))
    const id = freshId('session')
    const story = factsOf(id)
    await one.send('berlin', [story.started()])
    const stream = await two.fetch('/v1/sync/events', { token: console.token })
    const all = readEvents(stream, () => false)
    await server.crash()
    const facts = { key: 'key-of-berlin', json: { events: [story.item('1')] } }
    const answer = await one.fetch('/v1/stores/berlin/events', facts)
    expect(answer.headers.get('retry-after')).toBe('2')
    expect(await problemIn(answer, 503)).toMatchObject({ code: 'unavailable' })
    const push = { deviceId: console.deviceId, mutations: [] }
    expect((await one.fetch('/v1/sync/mutations', { token: console.token, json: push })).status).toBe(503)
    await server.restart()
    expect((await one.fetch('/v1/stores/berlin/events', facts)).status).toBe(200)
    expect(await one.session('berlin', id)).toMatchObject({ quantity: 1 })
    // Commits may have gone by unheard: the stream ends once the backend listens again, and the console pulls.
    await all
    const again = await two.fetch('/v1/sync/events', { token: console.token })
    const seen = readEvents(again, (events) => events.some(({ event }) => event === 'poke'))
    await one.send('berlin', [story.item('2')])
    await seen
  })

  it('sends a caller away for a moment while another transaction holds the store', async () => {
    const patience = await startTestBackend(await openPostgres(url, { lockTimeoutMs: 200 }), clock)
    const console = await patience.signIn('100', freshId('device'))
    const id = freshId('session')
    const story = factsOf(id)
    await patience.send('berlin', [story.started()])
    const note = {
      id: freshId('m'),
      seq: 1,
      storeId: 'berlin',
      sessionId: id,
      type: 'note.add',
      payload: { text: 'hi' },
    }
    const json = {
      deviceId: console.deviceId,
      mutations: [{ ...note, occurredAt: new Date(clock.now()).toISOString() }],
    }
    const holder = new pg.Client({ connectionString: url })
    await holder.connect()
    await holder.query('begin')
    await holder.query(`select 1 from stores where id = 'berlin' for update`)
    const calls = [
      () => patience.fetch('/v1/sync/mutations', { token: console.token, json }),
      () => patience.fetch('/v1/stores/berlin/events', { key: 'key-of-berlin', json: { events: [story.item('1')] } }),
    ]
    for (const call of calls) {
      const answer = await call()
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect((await problemIn(answer, 503)).code).toBe('unavailable')
    }
    // Reading does not wait.
    expect(await patience.pull(console, 'berlin', 0)).toMatchObject({ lastMutationSeq: 0 })
    await holder.query('rollback')
    await holder.end()
    expect(await (await calls[0]?.())?.json()).toMatchObject({ results: [{ seq: 1, status: 'applied' }] })
    expect(await (await calls[1]?.())?.json()).toMatchObject({ accepted: 1 })
    await patience.backend.close()
  })

  it('takes over changed settings at the next start, and keeps what was signed in', async () => {
    const url = await server.createDatabase('settings')
    const first = await startTestBackend(await openPostgres(url), testClock())
    const console = await first.signIn('100', 'settings-device')
    const id = freshId('session')
    const story = factsOf(id)
    await first.send('berlin', [story.started()])
    const { epoch } = await first.manifest(console, 'berlin')
    await first.backend.close()
    const changed = structuredClone(bootstrap)
    Object.assign(changed.stores[0] ?? {}, {
      expiry: { mode: 'inactivity', inactivityMinutes: 10 },
      timezone: 'Asia/Tokyo',
    })
    Object.assign(changed.employees[0] ?? {}, { stores: ['patient'] })
    changed.apiKeys = changed.apiKeys.slice(0, 1)
    const backend = await startBackend({
      database: await openPostgres(url),
      bootstrap: changed,
      clock: testClock(),
      expireEveryMs: null,
    })
    const request = (path: string, authorization: string) => backend.app.request(path, { headers: { authorization } })
    const session = (await (await request(`/v1/stores/berlin/sessions/${id}`, 'ApiKey key-of-berlin')).json()) as {
      expiresAt: string
      startedAt: string
    }
    expect(Date.parse(session.expiresAt) - Date.parse(session.startedAt)).toBe(600_000)
    expect((await request('/v1/stores/new%20york%2F1/sessions/x', 'ApiKey key-of-new-york')).status).toBe(401)
    expect((await request('/v1/sync/stores/berlin/manifest', `Bearer ${console.token}`)).status).toBe(403)
    const patient = await request('/v1/sync/stores/patient/manifest', `Bearer ${console.token}`)
    // Another time zone regroups the days: consoles have to fill up anew.
    expect(((await patient.json()) as { epoch: string }).epoch).not.toBe(epoch)
    await backend.close()
  })
})
