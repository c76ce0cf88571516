/** Two backends on one PostgreSQL, everything at once: what readers see, who wins, and what ends only once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, skipsPostgres, startPostgres } from '../testing/postgres-server.ts'
import {
  type Console,
  factsOf,
  freshId,
  HOUR,
  keptAndCountedDays,
  startTestBackend,
  type TestBackend,
  testClock,
} from '../testing/test-backend.ts'
import { openPostgres } from './open-database.ts'

describe.skipIf(skipsPostgres)('everything at once on one PostgreSQL', () => {
  let server: PostgresServer
  let one: TestBackend
  let two: TestBackend
  const clock = testClock()

  beforeAll(async () => {
    server = await startPostgres()
    const url = await server.createDatabase('crowded')
    one = await startTestBackend(await openPostgres(url), clock)
    two = await startTestBackend(await openPostgres(url), clock)
  })
  afterAll(async () => {
    await one?.backend.close()
    await two?.backend.close()
    await server?.stop()
  })

  it('shows the readers of many stores each version once, in order, and in the end the last of each session', async () => {
    const readers = await Promise.all(
      (
        [
          ['berlin', '100'],
          ['patient', '101'],
          ['new york/1', '300'],
        ] as const
      ).map(async ([storeId, number]) => ({ storeId, console: await one.signIn(number, freshId('device')) })),
    )
    const written = new Map<string, string[]>(readers.map(({ storeId }) => [storeId, []]))
    let writing = true
    const read = async (storeId: string, console: Console) => {
      const versions = new Set<number>()
      const last = new Map<string, { version: number; events: number }>()
      let cursor = 0
      for (let page = 0; ; page++) {
        const final = !writing
        const answer = await (page % 2 === 0 ? one : two).pull(console, storeId, cursor, 5)
        for (const change of answer.changes) {
          if (!('session' in change)) throw new Error('nothing is deleted here')
          expect(change.version).toBeGreaterThan(cursor)
          expect(versions.has(change.version)).toBe(false)
          versions.add(change.version)
          const { id, events } = change.session
          expect(events.length, id).toBeGreaterThan(last.get(id)?.events ?? 0)
          last.set(id, { version: change.version, events: events.length })
        }
        expect(answer.version).toBeGreaterThanOrEqual(cursor)
        cursor = answer.version
        if (final && !answer.more) return last
      }
    }
    const write = async (storeId: string, backend: TestBackend) => {
      const ids = Array.from({ length: 6 }, () => freshId('crowd'))
      written.get(storeId)?.push(...ids)
      for (let round = 0; round < 6; round++) {
        const facts = ids.map((id) => (round === 0 ? factsOf(id).started() : factsOf(id).item(`line ${round}`)))
        await backend.send(storeId, round % 2 === 0 ? facts : facts.toReversed())
      }
    }
    const reading = Promise.all(readers.map(({ storeId, console }) => read(storeId, console)))
    await Promise.all(
      readers.flatMap(({ storeId }) => [one, two, one, two].map((backend) => write(storeId, backend))),
    ).finally(() => {
      writing = false
    })
    const seen = await reading
    for (const [index, { storeId }] of readers.entries()) {
      const ids = written.get(storeId) ?? []
      expect(ids).toHaveLength(24)
      for (const id of ids) {
        const { version, events } = await one.session(storeId, id)
        expect(seen[index]?.get(id), id).toEqual({ version, events: events.length })
        expect(events).toHaveLength(6)
      }
    }
  })

  it('keeps the counts of days right while both move sessions from day to day', async () => {
    const ids = Array.from({ length: 8 }, () => freshId('moving'))
    await one.send(
      'berlin',
      ids.map((id) => factsOf(id).started()),
    )
    const move = async (backend: TestBackend, worker: number) => {
      for (let round = 1; round <= 8; round++) {
        // What is reported late began earlier: the session belongs to another day from then on.
        const early = ids.map((id) =>
          factsOf(id, clock.now() - (round * 4 + worker) * 6 * HOUR).item(`${worker} ${round}`),
        )
        await backend.send('berlin', early.slice(0, 1 + ((round + worker) % ids.length)))
      }
    }
    await Promise.all([one, two, one, two].map(move))
    const { kept, counted } = await keptAndCountedDays(two.database)
    expect(kept).toEqual(counted)
    expect(kept.length).toBeGreaterThan(4)
  })

  const check = { verificationId: 'v1' }
  it.each([
    ['take a check', 'verification.acknowledge', check, check],
    [
      'decide a check, each otherwise',
      'verification.resolve',
      { ...check, outcome: 'approved' },
      { ...check, outcome: 'rejected' },
    ],
    ['review a basket', 'basket.review', { reason: 'a', putBack: true }, { reason: 'b', putBack: false }],
  ])('lets one of two win who %s at once, and tells the other who', async (_, type, adas, bens) => {
    const ada = await one.signIn('100', freshId('device'))
    const ben = await two.signIn('101', freshId('device'))
    for (let seq = 1; seq <= 15; seq++) {
      const sessionId = freshId('session')
      const story = factsOf(sessionId)
      await one.send('berlin', [story.started(), story.check('v1')])
      const [ofAda, ofBen] = await Promise.all([
        one.push(ada, [{ id: freshId('race'), seq, sessionId, type, payload: adas }]),
        two.push(ben, [{ id: freshId('race'), seq, sessionId, type, payload: bens }]),
      ])
      const results = [ofAda.results[0], ofBen.results[0]]
      expect(results.map((result) => result?.status).toSorted()).toEqual(['applied', 'superseded'])
      const winner = results[0]?.status === 'applied' ? '100' : '101'
      const loser = results.find((result) => result?.status === 'superseded')
      expect(loser).toMatchObject({ by: { number: winner } })
      const session = await two.session('berlin', sessionId)
      const decided = type === 'basket.review' ? session.review : session.verifications[0]
      expect(decided?.employee?.number).toBe(winner)
      expect(session.events.filter(({ source }) => source === 'console')).toHaveLength(2)
    }
  })

  it('lets one of two reopen a closed session at once, and refuses the other', async () => {
    const key = 'key-of-new-york'
    for (let round = 0; round < 10; round++) {
      const path = `/v2/customer_sessions/${freshId('reopened')}`
      const cartItems = [{ sku: 'milk', quantity: 1, price: 1.5, name: 'Milk' }]
      const json = { customerSession: { state: 'closed', cartItems } }
      const created = await one.fetch(path, { method: 'PUT', key, json })
      expect(created.status, await created.text()).toBeLessThan(300)
      const answers = await Promise.all(
        [one, two].map((backend) => backend.fetch(`${path}/reopen`, { method: 'PUT', key })),
      )
      const [won, lost] = answers.toSorted((a, b) => a.status - b.status)
      expect(won?.status).toBe(200)
      expect(lost?.status).toBeGreaterThanOrEqual(400)
      expect(lost?.status).toBeLessThan(500)
      expect(await lost?.json()).toMatchObject({ code: expect.stringMatching(/_refused$/) })
    }
  })

  it('expires each session once, under one new version, while both look and facts still arrive', async () => {
    // What earlier tests left open is not counted.
    clock.advance(3 * HOUR)
    await one.backend.expire()
    const due = Array.from({ length: 40 }, () => freshId('due'))
    const later = clock.now()
    await one.send(
      'berlin',
      due.map((id) => factsOf(id, later).started()),
    )
    clock.advance(3 * HOUR)
    const console = await one.signIn('100', freshId('device'))
    const before = (await one.manifest(console, 'berlin')).version
    const counts = await Promise.all([one, two, one, two].map(({ backend }) => backend.expire()))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(40)
    expect((await two.manifest(console, 'berlin')).version).toBe(before + 40)
    // Facts that arrive after the expiry are listed, and end nothing a second time.
    const contradicting = Promise.all(
      due.map((id, index) => (index % 2 === 0 ? one : two).send('berlin', [factsOf(id, clock.now()).item('1')])),
    )
    const again = await Promise.all([one.backend.expire(), two.backend.expire(), contradicting])
    expect(again.slice(0, 2)).toEqual([0, 0])
    for (const id of due) {
      expect(await one.session('berlin', id)).toMatchObject({
        endReason: 'expired_inactivity',
        endedAt: new Date(later + 1_000 + 2 * HOUR).toISOString(),
        progress: 'abandoned',
        anomalies: [{ code: 'session_ended' }],
      })
    }
  })
})
