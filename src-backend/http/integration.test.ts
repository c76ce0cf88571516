import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { MIN_PROTOCOL_VERSION, PROTOCOL_HEADER, PROTOCOL_VERSION } from '#shared/protocol/sync.ts'
import { describeBackend, factsOf, freshId, problemIn, readEvents, START } from '../testing/test-backend.ts'

describeBackend('store systems', (world) => {
  it('stores facts and answers the session they make', async () => {
    const { send, session } = world()
    const id = freshId('a/b ü%?#')
    const story = factsOf(id)
    const answer = await send('berlin', [
      story.started({ type: 'matrix', version: '7' }),
      story.item('1', 250, 2),
      story.fact('checkout.started', { transactionId: 't1' }),
      story.fact('payment.completed', { transactionId: 't1', amount: 500 }),
    ])
    expect(answer).toEqual({ accepted: 4, duplicates: 0, refused: [] })
    const document = await session('berlin', id)
    expect(document).toMatchObject({
      id,
      storeId: 'berlin',
      client: { type: 'matrix', version: '7' },
      state: 'closed',
      progress: 'payment_completed',
      total: 500,
      quantity: 2,
      currency: 'EUR',
    })
    expect(document.events).toHaveLength(4)
    expect(document.events[0]).toMatchObject({ source: 'store', type: 'session.started' })
    expect(document.events[0]).not.toHaveProperty('sessionId')
  })

  it('answers a repeated event as a duplicate, whatever the order of its keys, and other content as id_reused', async () => {
    const { send, session } = world()
    const id = freshId('session')
    const story = factsOf(id)
    const events = [story.started(), story.item('1')]
    await send('berlin', events)
    const before = await session('berlin', id)
    const reordered = events.map((event) => Object.fromEntries(Object.entries(event).reverse()))
    expect(await send('berlin', [...reordered, events[1]])).toEqual({ accepted: 0, duplicates: 3, refused: [] })
    const otherZone = { ...events[1], at: (events[1]?.at ?? '').replace('Z', '+00:00') }
    expect(await send('berlin', [otherZone])).toMatchObject({ duplicates: 1 })
    const answer = await send('berlin', [
      { ...events[1], quantity: 5 },
      { ...events[1], sessionId: freshId('session') },
    ])
    expect(answer.refused.map(({ index, code }) => [index, code])).toEqual([
      [0, 'id_reused'],
      [1, 'id_reused'],
    ])
    expect(await session('berlin', id)).toEqual(before)
  })

  it('finds reuse inside one batch, too', async () => {
    const { send } = world()
    const story = factsOf(freshId('session'))
    const first = story.started()
    const answer = await send('berlin', [first, first, { ...first, client: 'matrix' }])
    expect(answer).toMatchObject({
      accepted: 1,
      duplicates: 1,
      refused: [{ index: 2, id: first.id, code: 'id_reused' }],
    })
  })

  it('lets stores use the same event id, but not the same session id', async () => {
    const { send } = world()
    const id = freshId('session')
    const event = factsOf(id).started()
    expect(await send('berlin', [event])).toMatchObject({ accepted: 1 })
    expect(await send('new york/1', [event])).toMatchObject({ refused: [{ code: 'session_of_another_store' }] })
    expect(await send('new york/1', [{ ...event, sessionId: freshId('session') }])).toMatchObject({ accepted: 1 })
  })

  it('refuses malformed events one by one and names the field', async () => {
    const { send } = world()
    const story = factsOf(freshId('session'))
    const good = story.started()
    const item = story.item('1')
    const bad: [unknown, string][] = [
      [null, ''],
      [17, ''],
      [{ ...item, type: 'item.eaten' }, 'type'],
      [{ ...item, at: 'yesterday' }, 'at'],
      [{ ...item, at: '2026-02-30T10:00:00Z' }, 'at'],
      [{ ...item, at: '0001-01-01T10:00:00Z' }, 'at'],
      [{ ...item, at: '9999-12-31T23:59:59-14:00' }, 'at'],
      [{ ...item, quantity: 0 }, 'quantity'],
      [{ ...item, quantity: 1.5 }, 'quantity'],
      [{ ...item, quantity: 1e300 }, 'quantity'],
      [{ ...item, unitPrice: -1 }, 'unitPrice'],
      [{ ...item, name: 'with \u0000' }, 'name'],
      [{ ...item, name: 'with \ud800' }, 'name'],
      [{ ...item, id: '' }, 'id'],
      [{ ...item, id: 'x'.repeat(256) }, 'id'],
      [{ ...item, sessionId: undefined }, 'sessionId'],
      [{ ...good, client: '' }, 'client'],
      [{ ...item, storage: 'warm' }, 'storage'],
      [story.fact('feedback.given', { rating: 6 }), 'rating'],
    ]
    const answer = await send('berlin', [...bad.map(([event]) => event), good])
    expect(answer.accepted).toBe(1)
    expect(answer.refused).toHaveLength(bad.length)
    bad.forEach(([, field], index) => {
      expect(answer.refused[index]).toMatchObject({ index, code: 'invalid_event' })
      if (field !== '') expect(answer.refused[index]?.message).toMatch(new RegExp(`^${field}: `))
    })
  })

  it('accepts a fact that contradicts the others and lists it', async () => {
    const { send, session } = world()
    const id = freshId('session')
    const story = factsOf(id)
    await send('berlin', [story.started(), story.fact('exit.scanned')])
    expect((await session('berlin', id)).anomalies).toMatchObject([{ code: 'exit_without_payment' }])
  })

  it('makes the same document of the same facts, whatever their order and batches', async () => {
    const { send, session } = world()
    const build = (id: string) => {
      const story = factsOf(id)
      return [
        story.started(),
        story.item('1', 100),
        story.item('2', 300, 3),
        story.fact('item.quantity_changed', { lineId: '2', quantity: 1 }),
        story.fact('checkout.started', { transactionId: 't1' }),
        story.check('v1'),
        story.fact('payment.failed', { transactionId: 't1', reason: 'card' }),
        story.fact('item.removed', { lineId: '1' }),
        story.fact('payment.started', { transactionId: 't2' }),
        story.fact('payment.completed', { transactionId: 't2', amount: 300 }),
        story.fact('exit.scanned'),
        story.fact('feedback.given', { rating: 4 }),
      ]
    }
    const comparable = ({ id: _id, version: _version, events, ...document }: SessionDocument) => ({
      ...document,
      events: events.map(({ id: _eventId, ...event }) => event),
    })
    const first = freshId('session')
    await send('berlin', build(first))
    const expected = comparable(await session('berlin', first))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
        fc.integer({ min: 1, max: 6 }),
        async (keys, size) => {
          const id = freshId('session')
          const shuffled = build(id)
            .map((event, index) => ({ event, key: keys[index] ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ event }) => event)
          for (let start = 0; start < shuffled.length; start += size) {
            // Every batch repeats the last event of the one before: deliveries overlap.
            await send('berlin', shuffled.slice(Math.max(0, start - 1), start + size))
          }
          expect(comparable(await session('berlin', id))).toEqual(expected)
        },
      ),
      { numRuns: 8 },
    )
  })

  it('refuses whole requests that make no sense, with a problem that names the field', async () => {
    const { fetch } = world()
    const url = '/v1/stores/berlin/events'
    const key = 'key-of-berlin'
    const many = Array.from({ length: 1_001 }, () => ({}))
    expect(await problemIn(await fetch(url, { key, json: { events: many } }), 400)).toMatchObject({ field: 'events' })
    expect(await problemIn(await fetch(url, { key, json: {} }), 400)).toMatchObject({ field: 'events' })
    expect(await problemIn(await fetch(url, { key, json: [] }), 400)).toMatchObject({ code: 'invalid_request' })
    expect(await problemIn(await fetch(url, { key, body: '{"events":[' }), 400)).toMatchObject({ code: 'invalid_json' })
    expect(await problemIn(await fetch(url, { key, method: 'POST' }), 400)).toMatchObject({ code: 'invalid_json' })
    const deep = `{"events":[${'['.repeat(200_000)}${']'.repeat(200_000)}]}`
    expect(await (await fetch(url, { key, body: deep })).json()).toMatchObject({ refused: [{ code: 'invalid_event' }] })
    const notText = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
    expect(await problemIn(await fetch(url, { key, body: notText }), 400)).toMatchObject({ code: 'invalid_json' })
    const huge = JSON.stringify({ events: [], padding: 'x'.repeat(8 * 1024 * 1024) })
    expect(await problemIn(await fetch(url, { key, body: huge }), 413)).toMatchObject({ code: 'too_large' })
    expect(await problemIn(await fetch(url, { key, method: 'PUT', body: '{}' }), 405)).toMatchObject({
      code: 'method_not_allowed',
    })
  })

  it('keeps keys to their stores', async () => {
    const { fetch } = world()
    const json = { events: [] }
    expect(await problemIn(await fetch('/v1/stores/berlin/events', { json }), 401)).toMatchObject({
      code: 'unauthorized',
    })
    for (const key of ['key-of-nobody', '\u00ff']) {
      expect((await problemIn(await fetch('/v1/stores/berlin/events', { json, key }), 401)).code).toBe('unauthorized')
    }
    const key = 'key-of-new-york'
    expect((await problemIn(await fetch('/v1/stores/berlin/events', { json, key }), 403)).code).toBe('store_forbidden')
    expect((await problemIn(await fetch('/v1/stores/paris/events', { json, key }), 404)).code).toBe('store_unknown')
    expect((await problemIn(await fetch('/v1/stores/berlin/sessions/x', { key }), 403)).code).toBe('store_forbidden')
  })

  it('does not show a session to another store, nor one that does not exist', async () => {
    const { fetch, send } = world()
    const id = freshId('session')
    await send('berlin', [factsOf(id).started()])
    const elsewhere = await fetch(`/v1/stores/new%20york%2F1/sessions/${id}`, { key: 'key-of-new-york' })
    expect((await problemIn(elsewhere, 404)).code).toBe('session_unknown')
    const key = 'key-of-berlin'
    expect((await problemIn(await fetch('/v1/stores/berlin/sessions/%00', { key }), 400)).field).toBe('path')
    expect((await problemIn(await fetch('/v1/stores/berlin/sessions/%E0%A4%A', { key }), 400)).field).toBe('path')
    expect((await problemIn(await fetch('/v1/nothing/here', { key }), 404)).code).toBe('not_found')
  })

  it('speaks the protocols it says it speaks, and says which side to upgrade for others', async () => {
    const time = (protocol: string) => world().fetch('/v1/time', { headers: { [PROTOCOL_HEADER]: protocol } })
    const supported = { min: MIN_PROTOCOL_VERSION, max: PROTOCOL_VERSION }
    for (let version = supported.min; version <= supported.max; version++) {
      const answer = await time(String(version))
      expect([answer.status, answer.headers.get(PROTOCOL_HEADER)]).toEqual([200, String(PROTOCOL_VERSION)])
    }
    const refused: [string, RegExp][] = [
      [String(supported.max + 1), /upgrade the backend/],
      [String(supported.min - 1), /upgrade the caller/],
      ['one', /upgrade the caller/],
    ]
    for (const [version, detail] of refused) {
      const problem = await problemIn(await time(version), 426)
      expect(problem).toMatchObject({ code: 'upgrade_required', supported, detail: expect.stringMatching(detail) })
    }
  })

  it('streams sessions to the store system as they change', async () => {
    const { fetch, send } = world()
    const response = await fetch('/v1/stores/berlin/stream', { key: 'key-of-berlin' })
    expect(response.headers.get('content-type')).toMatch('text/event-stream')
    const id = freshId('session')
    const story = factsOf(id, START)
    const first = send('berlin', [story.started()]).then(() => send('berlin', [story.item('1')]))
    const events = await readEvents(response, (seen) =>
      seen.some(({ data }) => (data as SessionDocument).id === id && (data as SessionDocument).quantity === 1),
    )
    await first
    expect(events.every(({ event }) => event === 'session')).toBe(true)
  })
})
