import { gunzipSync } from 'node:zlib'
import { eq } from 'drizzle-orm/sql'
import { expect, it } from 'vitest'
import { decodeDayBlock } from '#shared/protocol/day-block.ts'
import { DayFrameParser } from '#shared/protocol/day-frames.ts'
import { DAY_BLOCK_MEDIA_TYPE, DAY_FRAMES_MEDIA_TYPE } from '#shared/protocol/sync.ts'
import { summarize } from '#shared/session/session-summary.ts'
import { devices } from '../storage/schema.ts'
import {
  describeBackend,
  factsOf,
  freshId,
  HOUR,
  MINUTE,
  problemIn,
  readEvents,
  START,
} from '../testing/test-backend.ts'
import { problemOf } from './problems.ts'

describeBackend('consoles', (world) => {
  /** A session in which a spot check waits. */
  async function withCheck(storeId = 'berlin') {
    const sessionId = freshId('session')
    const story = factsOf(sessionId, world().clock.now())
    await world().send(storeId, [story.started(), story.item('1'), story.check('v1')])
    return { sessionId, story }
  }
  const acknowledge = (sessionId: string, seq: number) => ({
    id: freshId('mutation'),
    seq,
    sessionId,
    type: 'verification.acknowledge',
    payload: { verificationId: 'v1' },
  })
  const resolve = (sessionId: string, seq: number, outcome = 'approved') => ({
    id: freshId('mutation'),
    seq,
    sessionId,
    type: 'verification.resolve',
    payload: { verificationId: 'v1', outcome, method: 'sight_check', itemsChecked: 3, differences: [], note: 'fine' },
  })

  it('answers the time without a sign-in', async () => {
    const response = await world().fetch('/v1/time')
    expect(await response.json()).toEqual({ now: new Date(world().clock.now()).toISOString() })
  })

  it('lists days and serves their blocks, compressed and with a tag', async () => {
    const { fetch, send, session, signIn, manifest } = world()
    const console = await signIn('300', freshId('device'))
    const early = freshId('session')
    const late = freshId('session')
    // 03:30 UTC is still the evening before in New York.
    await send('new york/1', [
      factsOf(late, Date.UTC(2026, 2, 2, 15)).started(),
      factsOf(early, Date.UTC(2026, 2, 2, 3, 30)).started(),
    ])
    const { days, version } = await manifest(console, 'new york/1')
    expect(days.filter(({ date }) => date < '2026-03-05')).toMatchObject([
      { date: '2026-03-01', count: 1 },
      { date: '2026-03-02', count: 1 },
    ])
    expect(Math.max(...days.map((day) => day.version))).toBe(version)
    const documents = [await session('new york/1', early), await session('new york/1', late)]
    expect(days.map(({ versionSum }) => versionSum)).toEqual(documents.map((document) => document.version))
    const [second, third] = [freshId('session'), freshId('session')]
    await send(
      'new york/1',
      [second, third].map((id) => factsOf(id, Date.UTC(2026, 2, 3, 15)).started()),
    )
    const { version: raised, days: after } = await manifest(console, 'new york/1')
    expect(after.at(-1)).toEqual({ date: '2026-03-03', count: 2, version: raised, versionSum: 2 * raised - 1 })
    const path = '/v1/sync/stores/new%20york%2F1/days/2026-03-02'
    const plain = await fetch(path, { token: console.token })
    expect(plain.headers.get('content-type')).toBe(DAY_BLOCK_MEDIA_TYPE)
    const bytes = new Uint8Array(await plain.arrayBuffer())
    expect(decodeDayBlock(bytes)).toEqual([summarize(await session('new york/1', late))])
    const packed = await fetch(path, { token: console.token, headers: { 'accept-encoding': 'br, gzip' } })
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(decodeDayBlock(gunzipSync(new Uint8Array(await packed.arrayBuffer())))).toEqual(decodeDayBlock(bytes))
    const etag = plain.headers.get('etag') ?? ''
    const known = { token: console.token, headers: { 'if-none-match': `"other", ${etag}` } }
    expect((await fetch(path, known)).status).toBe(304)
    await send('new york/1', [{ ...factsOf(late, Date.UTC(2026, 2, 2, 15)).item('1'), sessionId: late }])
    expect((await fetch(path, known)).status).toBe(200)
    const empty = await fetch('/v1/sync/stores/new%20york%2F1/days/2020-02-29', { token: console.token })
    expect(decodeDayBlock(new Uint8Array(await empty.arrayBuffer()))).toEqual([])
    for (const date of ['2026-02-30', 'today', '2026-3-1', '-1']) {
      const response = await fetch(`/v1/sync/stores/new%20york%2F1/days/${date}`, { token: console.token })
      expect((await problemIn(response, 400)).field).toBe('date')
    }
  })

  it('serves the blocks of several days in one answer, in the order asked for', async () => {
    const { fetch, send, signIn } = world()
    const console = await signIn('300', freshId('device'))
    const starts = [Date.UTC(2026, 0, 5, 15), Date.UTC(2026, 0, 6, 15)]
    await send(
      'new york/1',
      starts.map((start) => factsOf(freshId('session'), start).started()),
    )
    const path = '/v1/sync/stores/new%20york%2F1/days'
    const ask = (json: unknown, storeId?: string) =>
      fetch(storeId === undefined ? path : `/v1/sync/stores/${storeId}/days`, { token: console.token, json })
    const dates = ['2026-01-06', '2026-01-04', '2026-01-05']
    const answer = await ask({ dates })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe(DAY_FRAMES_MEDIA_TYPE)
    const frames = new DayFrameParser()
    const days = [...frames.push(new Uint8Array(await answer.arrayBuffer()))]
    expect(frames.end()).toEqual([])
    expect(days.map(({ date }) => date)).toEqual(dates)
    for (const { date, tag, bytes } of days) {
      const single = await fetch(`${path}/${date}`, { token: console.token })
      expect(single.headers.get('etag')).toBe(`W/"${tag}"`)
      expect(bytes).toEqual(new Uint8Array(await single.arrayBuffer()))
    }
    const tooMany = Array.from({ length: 65 }, (_, day) => new Date(day * 24 * HOUR).toISOString().slice(0, 10))
    for (const [json, field] of [
      [{}, 'dates'],
      [{ dates: [] }, 'dates'],
      [{ dates: tooMany }, 'dates'],
      [{ dates: ['2026-01-05', '2026-01-05'] }, 'dates'],
      [{ dates: ['2026-01-05', '2026-02-30'] }, 'dates.1'],
      [{ dates: ['2026-01-05', 5] }, 'dates.1'],
      ['2026-01-05', 'body'],
    ]) {
      expect(await problemIn(await ask(json), 400), JSON.stringify(json)).toMatchObject({ field })
    }
    expect(await problemIn(await ask({ dates }, 'nowhere'), 404)).toMatchObject({ code: 'store_unknown' })
    expect(await problemIn(await ask({ dates }, 'berlin'), 403)).toMatchObject({ code: 'store_forbidden' })
  })

  it('follows changes page by page and never shows a version twice', async () => {
    const { send, signIn, pull, manifest } = world()
    const console = await signIn('100', freshId('device'))
    const { version: start } = await manifest(console, 'berlin')
    const ids = Array.from({ length: 7 }, () => freshId('session'))
    await send(
      'berlin',
      ids.map((id) => factsOf(id).started()),
    )
    const seen: string[] = []
    const versions: number[] = []
    let cursor = start
    for (let pages = 0; pages < 10; pages++) {
      const page = await pull(console, 'berlin', cursor, 3)
      for (const change of page.changes) {
        versions.push(change.version)
        if ('session' in change) {
          seen.push(change.session.id)
          expect(change.session.version).toBe(change.version)
        }
      }
      cursor = page.version
      if (!page.more) break
    }
    expect(seen.toSorted()).toEqual(ids.toSorted())
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
    expect(await pull(console, 'berlin', cursor)).toMatchObject({ changes: [], version: cursor, more: false })
  })

  it('resets a cursor that is not of its history and refuses one that is none', async () => {
    const { fetch, manifest, signIn, pull } = world()
    const console = await signIn('100', freshId('device'))
    const first = await pull(console, 'berlin', 0, 1)
    const { settings } = await manifest(console, 'berlin')
    expect(first).toMatchObject({ lastMutationSeq: 0, outcomes: [], settings })
    const { epoch, version } = first
    const changes = (query: string) => fetch(`/v1/sync/stores/berlin/changes?${query}`, { token: console.token })
    expect(await (await changes('since=9007199254740991')).json()).toEqual({ reset: true, epoch })
    const { version: current } = await manifest(console, 'berlin')
    expect(await (await changes(`since=${current + 1}&epoch=${epoch}`)).json()).toEqual({ reset: true, epoch })
    expect(await (await changes(`since=${current}&epoch=${epoch}`)).json()).toMatchObject({ changes: [], more: false })
    expect(await (await changes(`since=${version}&epoch=another`)).json()).toEqual({ reset: true, epoch })
    expect(await (await changes(`since=${version}&epoch=`)).json()).toEqual({ reset: true, epoch })
    expect(await (await changes(`since=${version}&epoch=${epoch}`)).json()).not.toHaveProperty('reset')
    for (const since of ['abc', '-1', '1.5', '', '1e3', '99999999999999999999']) {
      expect((await problemIn(await changes(`since=${since}`), 400)).field).toBe('since')
    }
    for (const limit of ['0', '-5', '2001', 'many']) {
      expect((await problemIn(await changes(`limit=${limit}`), 400)).field).toBe('limit')
    }
  })

  it('tells a whole check, with its waiting and interaction times', async () => {
    const { send, session, signIn, push, pull, clock } = world()
    const console = await signIn('100', freshId('device'))
    const { sessionId, story } = await withCheck()
    const cursor = (await pull(console, 'berlin', 0)).version
    clock.advance(40_000)
    const taken = acknowledge(sessionId, 1)
    expect(await push(console, [taken])).toEqual({
      results: [{ id: taken.id, seq: 1, status: 'applied' }],
      lastMutationSeq: 1,
    })
    expect(await session('berlin', sessionId)).toMatchObject({
      spotCheck: 'in_progress',
      waitingMs: 37_000,
      waitingSince: null,
      interactingSince: new Date(clock.now()).toISOString(),
    })
    clock.advance(90_000)
    const decided = resolve(sessionId, 2)
    await push(console, [decided])
    const page = await pull(console, 'berlin', cursor)
    expect(page).toMatchObject({ lastMutationSeq: 2, more: false })
    expect(page.outcomes).toEqual([
      { id: taken.id, seq: 1, status: 'applied' },
      { id: decided.id, seq: 2, status: 'applied' },
    ])
    expect(page.changes).toHaveLength(1)
    story.after(130_000)
    await send('berlin', [
      story.fact('payment.completed', { transactionId: 't1', amount: 250 }),
      story.fact('exit.scanned'),
    ])
    const document = await session('berlin', sessionId)
    expect(document).toMatchObject({
      spotCheck: 'approved',
      waitingMs: 37_000,
      interactionMs: 90_000,
      interactingSince: null,
      state: 'closed',
      progress: 'session_completed',
      endReason: 'completed',
    })
    expect(document.verifications[0]).toMatchObject({
      employee: { number: '100', name: 'Ada' },
      method: 'sight_check',
      itemsChecked: 3,
      note: 'fine',
    })
  })

  it('answers a repeat as the first time and refuses gaps and reuse', async () => {
    const { fetch, session, signIn, push } = world()
    const console = await signIn('100', freshId('device'))
    const { sessionId } = await withCheck()
    const batch = [acknowledge(sessionId, 1), resolve(sessionId, 2)]
    const first = await push(console, batch)
    const document = await session('berlin', sessionId)
    expect(await push(console, batch)).toEqual(first)
    expect((await push(console, batch.slice(0, 1))).lastMutationSeq).toBe(2)
    expect(await session('berlin', sessionId)).toEqual(document)
    const raw = (mutations: { seq: number; id: string }[]) =>
      fetch('/v1/sync/mutations', {
        token: console.token,
        json: {
          deviceId: console.deviceId,
          mutations: mutations.map((mutation) => ({
            storeId: 'berlin',
            occurredAt: '2026-03-10T11:00:00Z',
            ...mutation,
          })),
        },
      })
    expect(await problemIn(await raw([resolve(sessionId, 4)]), 409)).toMatchObject({
      code: 'sequence_gap',
      lastMutationSeq: 2,
    })
    expect(await problemIn(await raw([resolve(sessionId, 2)]), 409)).toMatchObject({
      code: 'sequence_reused',
      lastMutationSeq: 2,
    })
    const holes = await problemIn(await raw([resolve(sessionId, 3), resolve(sessionId, 5)]), 400)
    expect(holes.field).toBe('mutations.1.seq')
    const elsewhere = await fetch('/v1/sync/mutations', {
      token: console.token,
      json: { deviceId: 'other', mutations: [] },
    })
    expect((await problemIn(elsewhere, 403)).code).toBe('device_mismatch')
    expect((await push(console, [])).lastMutationSeq).toBe(2)
    expect(await session('berlin', sessionId)).toEqual(document)
  })

  it('keeps nothing of a device that begins with a gap', async () => {
    const { database, fetch, signIn } = world()
    const { token, deviceId } = await signIn('100', freshId('device'))
    const mutation = { ...acknowledge('nobody', 2), storeId: 'berlin', occurredAt: '2026-03-10T11:00:00Z' }
    const answer = await fetch('/v1/sync/mutations', { token, json: { deviceId, mutations: [mutation] } })
    expect((await problemIn(answer, 409)).lastMutationSeq).toBe(0)
    expect(await database.queries.select().from(devices).where(eq(devices.id, deviceId))).toEqual([])
  })

  it('lets the first of two competing decisions count and names the winner to the other', async () => {
    const { session, signIn, push, clock } = world()
    const ada = await signIn('100', freshId('device'))
    const ben = await signIn('101', freshId('device'))
    const { sessionId } = await withCheck()
    clock.advance(10_000)
    await push(ben, [acknowledge(sessionId, 1), resolve(sessionId, 2, 'rejected')])
    const late = { ...resolve(sessionId, 1), occurredAt: new Date(clock.now() - 5_000).toISOString() }
    const { results } = await push(ada, [late])
    expect(results).toMatchObject([{ status: 'superseded', by: { number: '101', name: 'Ben' } }])
    const document = await session('berlin', sessionId)
    expect(document.spotCheck).toBe('rejected')
    expect(document.events.at(-1)?.type).toBe('verification.resolved')
    expect(document.events.find(({ id }) => id === late.id)).toMatchObject({ verdict: { status: 'superseded' } })
  })

  it('knows a decision that another device already brought', async () => {
    const { session, signIn, push, pull } = world()
    const one = await signIn('100', freshId('device'))
    const two = await signIn('100', freshId('device'))
    const { sessionId } = await withCheck()
    const taken = { ...acknowledge(sessionId, 1), occurredAt: new Date(START).toISOString() }
    await push(one, [taken])
    const document = await session('berlin', sessionId)
    const other = { ...taken, seq: 2, payload: { verificationId: 'v2' } }
    const cursor = (await pull(two, 'berlin', 0)).version
    const { results } = await push(two, [taken, other])
    expect(results).toMatchObject([
      { seq: 1, status: 'duplicate', first: { status: 'applied' } },
      { seq: 2, status: 'refused', code: 'id_reused' },
    ])
    expect((await push(two, [taken, other])).results).toEqual(results)
    expect((await pull(two, 'berlin', cursor)).outcomes).toEqual(results)
    expect((await session('berlin', sessionId)).events).toEqual(document.events)
  })

  it('tells who brings a decision a second time what it was answered the first time', async () => {
    const { signIn, push, pull } = world()
    const ada = await signIn('100', freshId('device'))
    const ben = await signIn('101', freshId('device'))
    const renumbered = await signIn('100', freshId('device'))
    const third = await signIn('100', freshId('device'))
    const { sessionId } = await withCheck()
    const occurredAt = new Date(START).toISOString()
    const late = { ...resolve(sessionId, 1), occurredAt }
    const unknown = { ...acknowledge('nobody', 2), occurredAt }
    await push(ben, [resolve(sessionId, 1)])
    const first = (await push(ada, [late, unknown])).results
    expect(first).toMatchObject([
      { status: 'superseded', by: { number: '101' } },
      { status: 'refused', code: 'session_unknown' },
    ])
    const cursor = (await pull(renumbered, 'berlin', 0)).version
    const expected = first.map(({ id, seq, ...verdict }) => ({ id, seq, status: 'duplicate', first: verdict }))
    expect((await push(renumbered, [late, unknown])).results).toEqual(expected)
    expect((await pull(renumbered, 'berlin', cursor)).outcomes).toEqual(expected)
    // The first answer, not that of the second use.
    expect((await push(third, [late, unknown])).results).toEqual(expected)
  })

  it('keeps the clock offset of a decision with its event, and knows the decision again without it', async () => {
    const { fetch, session, signIn, push } = world()
    const one = await signIn('100', freshId('device'))
    const two = await signIn('100', freshId('device'))
    const { sessionId } = await withCheck()
    const taken = { ...acknowledge(sessionId, 1), occurredAt: new Date(START).toISOString() }
    const of = (clockOffsetMs: unknown) => ({ storeId: 'berlin', ...taken, clockOffsetMs })
    const raw = (mutation: unknown) =>
      fetch('/v1/sync/mutations', { token: one.token, json: { deviceId: one.deviceId, mutations: [mutation] } })
    expect((await problemIn(await raw(of('+2h')), 400)).field).toBe('mutations.0.clockOffsetMs')
    expect((await raw(of(-7_200_250))).status).toBe(200)
    const events = (await session('berlin', sessionId)).events
    expect(events.find(({ id }) => id === taken.id)).toMatchObject({ clockOffsetMs: -7_200_250 })
    expect((await (await raw(of(12))).json()) as unknown).toMatchObject({ results: [{ status: 'applied' }] })
    const duplicate = { status: 'duplicate', first: { status: 'applied' } }
    expect((await push(two, [taken])).results).toMatchObject([duplicate])
    expect((await session('berlin', sessionId)).events).toEqual(events)
  })

  it('records what can never succeed, with its reason, and goes on', async () => {
    const { send, signIn, push, pull } = world()
    const console = await signIn('100', freshId('device'))
    const viewer = await signIn('200', freshId('device'))
    const { sessionId } = await withCheck()
    const foreign = await withCheck('new york/1')
    const fact = factsOf(sessionId).item('2')
    await send('berlin', [fact])
    const cursor = (await pull(console, 'berlin', 0)).version
    let seq = 0
    const next = (change: Record<string, unknown>) => {
      seq++
      return { ...acknowledge(sessionId, seq), ...change }
    }
    let deep: unknown = 'x'
    for (let depth = 0; depth < 50; depth++) deep = { deep }
    const difference = (extra: unknown) => ({
      type: 'verification.resolve',
      payload: { verificationId: 'v1', outcome: 'approved', differences: [{ kind: 'missing_item', extra }] },
    })
    const { results, lastMutationSeq } = await push(console, [
      next({ type: 'verification.eat' }),
      next({ payload: {} }),
      next({ payload: null }),
      next({ type: 'note.add', payload: { text: 'nul \u0000' } }),
      next(difference('nul \u0000')),
      next(difference(deep)),
      next({ sessionId: 'nobody' }),
      next({ sessionId: foreign.sessionId }),
      next({ storeId: 'new york/1', sessionId: foreign.sessionId }),
      next({ storeId: 'paris' }),
      next({ payload: { verificationId: 'nothing' } }),
      next({ id: fact.id }),
      next({ type: 'note.add', payload: { text: 'and on it goes' } }),
    ])
    expect(results.map((result) => ('code' in result ? result.code : result.status))).toEqual([
      'unknown_type',
      'invalid_payload',
      'invalid_payload',
      'invalid_payload',
      'invalid_payload',
      'invalid_payload',
      'session_unknown',
      'session_unknown',
      'store_forbidden',
      'store_forbidden',
      'verification_unknown',
      'id_reused',
      'applied',
    ])
    expect(results[1]).toMatchObject({ message: expect.stringContaining('payload.verificationId') })
    expect(lastMutationSeq).toBe(13)
    const page = await pull(console, 'berlin', cursor)
    // All but those of other stores.
    expect(page.outcomes.map((outcome) => outcome.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13])
    expect((await push(viewer, [acknowledge(sessionId, 1)])).results).toMatchObject([{ code: 'role_forbidden' }])
  })

  it('never takes an unsent row off a console before the session that shows its effect', async () => {
    const { signIn, push, pull } = world()
    const console = await signIn('100', freshId('device'))
    const { version: start } = await pull(console, 'berlin', 0)
    const checks = [await withCheck(), await withCheck(), await withCheck()]
    await push(
      console,
      checks.map(({ sessionId }, index) => acknowledge(sessionId, index + 1)),
    )
    let cursor = start
    for (const covered of [1, 2, 3]) {
      const page = await pull(console, 'berlin', cursor, 1)
      expect(page).toMatchObject({ lastMutationSeq: covered, more: covered < 3 })
      expect(page.outcomes).toMatchObject([{ seq: covered }])
      expect(page.changes).toHaveLength(1)
      cursor = page.version
    }
  })

  it('does not let a decision from a PC with a wrong clock bend the session', async () => {
    const { session, signIn, push } = world()
    const console = await signIn('100', freshId('device'))
    const { sessionId } = await withCheck()
    const before = await session('berlin', sessionId)
    await push(console, [
      {
        id: freshId('m'),
        seq: 1,
        sessionId,
        type: 'note.add',
        payload: { text: 'hi' },
        occurredAt: '1999-01-01T00:00:00Z',
      },
      { ...acknowledge(sessionId, 2), occurredAt: '2001-01-01T00:00:00Z' },
      { ...resolve(sessionId, 3), occurredAt: '2150-01-01T00:00:00Z' },
    ])
    const after = await session('berlin', sessionId)
    expect(after).toMatchObject({ startedAt: before.startedAt, spotCheck: 'approved', endedAt: null })
    expect(after.waitingMs).toBe(1)
  })

  it('expires sessions at the instant the policy names, once, and refuses what comes later', async () => {
    const { backend, send, session, signIn, push, pull, clock } = world()
    const { sessionId } = await withCheck()
    const patient = await withCheck('patient')
    const lastActivityAt = Date.parse((await session('berlin', sessionId)).lastActivityAt)
    await backend.expire()
    expect((await session('berlin', sessionId)).endedAt).toBeNull()
    clock.advance(2 * HOUR + 7 * MINUTE)
    const console = await signIn('100', freshId('device'))
    const cursor = (await pull(console, 'berlin', 0)).version
    expect(await backend.expire()).toBeGreaterThan(0)
    expect(await backend.expire()).toBe(0)
    expect(await session('berlin', sessionId)).toMatchObject({
      endedAt: new Date(lastActivityAt + 2 * HOUR).toISOString(),
      endReason: 'expired_inactivity',
      state: 'cancelled',
      progress: 'abandoned',
      spotCheck: 'never_served',
      expiresAt: null,
      waitingMs: 2 * HOUR,
    })
    expect((await session('patient', patient.sessionId)).endedAt).toBeNull()
    const changed = (await pull(console, 'berlin', cursor)).changes.map(
      (change) => 'session' in change && change.session.id,
    )
    expect(changed).toContain(sessionId)
    expect((await push(console, [resolve(sessionId, 1)])).results).toMatchObject([{ code: 'session_ended' }])
    // History that is reported late ends at its own time.
    const old = freshId('session')
    const story = factsOf(old, Date.UTC(2026, 0, 5, 20))
    await send('berlin', [story.started(), story.item('1')])
    expect(await session('berlin', old)).toMatchObject({ endedAt: '2026-01-05T22:00:02.000Z', progress: 'abandoned' })
    // One more fact shows that it went on: the same facts give the same session, whenever they come.
    await send('berlin', [story.after(90 * MINUTE).item('2')])
    expect(await session('berlin', old)).toMatchObject({
      endedAt: '2026-01-05T23:00:00.000Z',
      endReason: 'expired_midnight',
    })
  })

  it('fails at once what would only wait, and says when to come back', async () => {
    const { database, signIn, push } = world()
    const console = await signIn('100', freshId('device'))
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const waiting = Array.from({ length: 256 }, () => database.transaction(() => gate))
    const error = await database.transaction(async () => undefined).catch((thrown: unknown) => thrown)
    open()
    expect(problemOf(error)).toMatchObject({ problem: { code: 'unavailable' }, headers: { 'retry-after': '2' } })
    await Promise.all(waiting)
    expect(await push(console, [])).toEqual({ results: [], lastMutationSeq: 0 })
  })

  it('pokes the consoles of the store, and no others', async () => {
    const { fetch, signIn } = world()
    const { token } = await signIn('100', freshId('device'))
    const response = await fetch('/v1/sync/events', { token })
    const seen = readEvents(response, (events) => events.some(({ event }) => event === 'poke'))
    await withCheck('new york/1')
    await withCheck('berlin')
    const events = await seen
    expect(events[0]).toEqual({ event: 'heartbeat', data: { now: expect.any(String) } })
    expect(events[1]).toEqual({ event: 'poke', data: { storeId: 'berlin', version: expect.any(Number) } })
  })
})
