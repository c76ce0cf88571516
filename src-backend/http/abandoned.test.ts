import { expect, it } from 'vitest'
import { shiftEntriesPageSchema } from '#shared/protocol/shift-entries.ts'
import { type Console, describeBackend, factsOf, freshId, problemIn } from '../testing/test-backend.ts'

const ADA = { number: '100', name: 'Ada' }
const BEN = { number: '101', name: 'Ben' }

describeBackend('baskets that were left', (world) => {
  const [ada, ben] = [() => world().signIn('100', freshId('device')), () => world().signIn('101', freshId('device'))]
  async function withBasket() {
    const sessionId = freshId('session')
    const story = factsOf(sessionId, world().clock.now())
    await world().send('berlin', [story.started(), story.item('l1'), story.item('l2')])
    return sessionId
  }
  const putBack = (sessionId: string, seq: number, lineId: string, outcome: string) => ({
    ...{ id: freshId('mutation'), seq, sessionId, type: 'basket.put_back' },
    payload: { items: [{ lineId, outcome }] },
  })
  const review = (sessionId: string, seq: number, reason: string, lines: [string, string][]) => ({
    ...{ id: freshId('mutation'), seq, sessionId, type: 'basket.review' },
    payload: { reason, putBack: lines.map(([lineId, outcome]) => ({ lineId, outcome })) },
  })

  it('are reviewed by two at once, merged item by item, with both words where they differ', async () => {
    const { push, session, clock } = world()
    const [one, other] = [await ada(), await ben()]
    const sessionId = await withBasket()
    clock.advance(60_000)
    const first = await push(one, [review(sessionId, 1, 'left', [['l1', 'put_back']])])
    clock.advance(1_000)
    // Decided offline, long before.
    const earlier = { occurredAt: new Date(clock.now() - 30_000).toISOString() }
    const both: [string, string][] = [
      ['l1', 'discarded'],
      ['l2', 'not_found'],
    ]
    const second = await push(other, [
      { ...review(sessionId, 1, 'too long a wait', both), ...earlier },
      { ...putBack(sessionId, 2, 'l1', 'discarded'), ...earlier },
    ])
    expect(first.results[0]).toMatchObject({ status: 'applied' })
    expect(second.results).toMatchObject([{ status: 'applied' }, { status: 'superseded', by: ADA }])
    const document = await session('berlin', sessionId)
    expect(document.review).toMatchObject({ reason: 'left', employee: ADA })
    expect(document.review?.also).toMatchObject([{ reason: 'too long a wait', employee: BEN }])
    expect(document.putBack).toMatchObject([
      { lineId: 'l1', outcome: 'put_back', employee: ADA, others: [{ outcome: 'discarded', employee: BEN }] },
      { lineId: 'l2', outcome: 'not_found', employee: BEN, others: [] },
    ])
    const [change] = (await world().pull(one, 'berlin', 0, 2_000)).changes.filter(
      (each) => 'session' in each && each.session.id === sessionId,
    )
    expect(change).toMatchObject({ session: { putBack: document.putBack, review: document.review } })
  })

  it('are open again where one takes back what one said, and refuse a decision that names nothing or a line twice', async () => {
    const { push, session } = world()
    const one = await ada()
    const sessionId = await withBasket()
    const takeBack = (seq: number, payload: object) => ({
      ...{ id: freshId('mutation'), seq, sessionId, type: 'basket.put_back', payload },
    })
    const { results } = await push(one, [
      putBack(sessionId, 1, 'l1', 'put_back'),
      takeBack(2, { items: [], takenBack: ['l1'] }),
      takeBack(3, { items: [], takenBack: [] }),
      takeBack(4, { items: [{ lineId: 'l2', outcome: 'discarded' }], takenBack: ['l2'] }),
      takeBack(5, { items: [], takenBack: ['nowhere'] }),
    ])
    expect(results).toMatchObject([
      { status: 'applied' },
      { status: 'applied' },
      { status: 'refused', code: 'invalid_payload' },
      { status: 'refused', code: 'invalid_payload' },
      { status: 'refused', code: 'line_unknown' },
    ])
    expect((await session('berlin', sessionId)).putBack).toEqual([])
  })

  it('refuse an item that is not in the basket, for the sender alone to see', async () => {
    const { push, session } = world()
    const one = await ada()
    const sessionId = await withBasket()
    const { results } = await push(one, [putBack(sessionId, 1, 'l9', 'put_back')])
    expect(results[0]).toMatchObject({ status: 'refused', code: 'line_unknown' })
    const { events } = await session('berlin', sessionId)
    expect(events.map(({ type }) => type)).toEqual(['session.started', 'item.added', 'item.added'])
    const outcomes = (await world().pull(one, 'berlin', 0, 2_000)).outcomes
    expect(outcomes).toMatchObject([{ seq: 1, code: 'line_unknown' }])
  })

  it('refuse a line that is named twice', async () => {
    const one = await ada()
    const mutation = putBack(await withBasket(), 1, 'l1', 'put_back')
    mutation.payload.items.push({ lineId: 'l1', outcome: 'discarded' })
    const { results } = await world().push(one, [mutation])
    expect(results[0]).toMatchObject({ status: 'refused', code: 'invalid_payload' })
  })
})

describeBackend('shifts', (world) => {
  const date = '2026-03-10'
  const on = (seq: number, type: string, shift: string, payload: object, storeId = 'berlin') => ({
    ...{ id: freshId('mutation'), seq, storeId, sessionId: `shift:${date}:${shift}`, type },
    payload: { date, shift, ...payload },
  })
  async function entries({ token }: Console, query = '', storeId = 'berlin') {
    const response = await world().fetch(`/v1/sync/stores/${storeId}/shift-entries${query}`, { token })
    expect(response.status).toBe(200)
    return shiftEntriesPageSchema.parse(await response.json())
  }

  it('keep notes and who took over in the order of arrival; the first who did counts', async () => {
    const { push, pull, clock } = world()
    const one = await world().signIn('100', freshId('device'))
    const other = await world().signIn('101', freshId('device'))
    const before = await entries(one)
    expect((await pull(one, 'berlin', 0, 1)).lastShiftEntry).toBe(before.last)
    const note = on(1, 'shift.note', 'Early', { text: 'Freezer 2 is warm' })
    expect((await push(one, [note])).results[0]).toMatchObject({ status: 'applied' })
    expect((await push(one, [note])).results[0]).toMatchObject({ status: 'applied' })
    const at = new Date(clock.now()).toISOString()
    clock.advance(1_000)
    const taken = await push(other, [on(1, 'shift.acknowledge', 'Early', {})])
    const late = await push(one, [
      { ...on(2, 'shift.acknowledge', 'Early', { note: 'me too' }), occurredAt: at },
      on(3, 'shift.acknowledge', 'Late', {}),
    ])
    expect(taken.results[0]).toMatchObject({ status: 'applied' })
    expect(late.results).toMatchObject([{ status: 'superseded', by: BEN }, { status: 'applied' }])
    const page = await entries(other, `?since=${before.last}`)
    expect(page.entries).toMatchObject([
      { type: 'note', shift: 'Early', text: 'Freezer 2 is warm', employee: ADA, at, verdict: { status: 'applied' } },
      { type: 'acknowledged', shift: 'Early', text: null, employee: BEN, verdict: { status: 'applied' } },
      { type: 'acknowledged', text: 'me too', employee: ADA, at, verdict: { status: 'superseded', by: BEN } },
      { type: 'acknowledged', shift: 'Late', employee: ADA, verdict: { status: 'applied' } },
    ])
    expect(page.entries.map(({ number }) => number - before.last)).toEqual([1, 2, 3, 4])
    expect((await entries(one, `?since=${before.last}&limit=1`)).entries).toEqual(page.entries.slice(0, 1))
    const pulled = await pull(one, 'berlin', 0, 2_000)
    expect(pulled.lastShiftEntry).toBe(page.last)
    expect(pulled.outcomes).toMatchObject([{ seq: 1 }, { seq: 2, status: 'superseded' }, { seq: 3 }])
  })

  it('poke the store’s consoles: a note raises its version', async () => {
    const one = await world().signIn('100', freshId('device'))
    const { version } = await world().manifest(one, 'berlin')
    await world().push(one, [on(1, 'shift.note', 'Night', { text: 'quiet' })])
    expect((await world().manifest(one, 'berlin')).version).toBeGreaterThan(version)
  })

  it('are not for viewers, other stores, or other shifts than the id names', async () => {
    const viewer = await world().signIn('200', freshId('device'))
    const note = (seq: number, more: object = {}) => ({ ...on(seq, 'shift.note', 'Early', { text: 'x' }), ...more })
    expect((await world().push(viewer, [note(1)])).results[0]).toMatchObject({ code: 'role_forbidden' })
    await entries(viewer)
    const ada = await world().signIn('100', freshId('device'))
    const refused = await world().push(ada, [
      note(1, { storeId: 'new york/1' }),
      note(2, { sessionId: 'shift:2026-03-10:Late' }),
      note(3, { payload: { date: 'today', shift: 'Early', text: 'x' } }),
    ])
    expect(refused.results).toMatchObject([
      { code: 'store_forbidden' },
      { code: 'invalid_payload' },
      { code: 'invalid_payload', message: expect.stringContaining('payload.date') },
    ])
    const path = `/v1/sync/stores/${encodeURIComponent('new york/1')}/shift-entries`
    await problemIn(await world().fetch(path, { token: ada.token }), 403)
    const problem = await problemIn(
      await world().fetch('/v1/sync/stores/berlin/shift-entries?limit=0', { token: ada.token }),
      400,
    )
    expect(problem.field).toBe('limit')
  })
})
