import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'drizzle-orm/sql'
import { expect, it } from 'vitest'
import { refusalsPageSchema } from '#shared/protocol/refusals.ts'
import { leasesResponseSchema } from '#shared/protocol/sync.ts'
import { verifyChain } from '#shared/verification/refusal-chain.ts'
import { type Console, describeBackend, factsOf, freshId, problemIn, readEvents } from '../testing/test-backend.ts'

/** The default of a store. */
const LEASE_MS = 90_000

describeBackend('checks', (world) => {
  async function withCheck(kind = 'spot_check', storeId = 'berlin') {
    const sessionId = freshId('session')
    const story = factsOf(sessionId, world().clock.now())
    const wine = { lineId: '2', sku: 'wine', name: 'Wine', quantity: 2, unitPrice: 700, minAge: 16 }
    await world().send(storeId, [
      story.started(),
      story.item('1'),
      story.fact('item.added', wine),
      story.fact('verification.required', { verificationId: 'v1', kind, minAge: 18 }),
    ])
    return { sessionId, story }
  }
  const checkOf = async (sessionId: string, storeId = 'berlin') =>
    (await world().session(storeId, sessionId)).verifications[0]
  const decide = (sessionId: string, seq: number, type: string, payload: object = {}, storeId = 'berlin') => ({
    id: freshId('mutation'),
    seq,
    sessionId,
    storeId,
    type: `verification.${type}`,
    payload: { verificationId: 'v1', ...payload },
  })
  async function renew(console: Console, sessionId: string) {
    const checks = [{ storeId: 'berlin', sessionId, verificationId: 'v1' }]
    const response = await world().fetch('/v1/sync/leases', { token: console.token, json: { checks } })
    return leasesResponseSchema.parse(await response.json()).leases[0]?.until ?? null
  }
  const [ada, ben] = [() => world().signIn('100', freshId('device')), () => world().signIn('101', freshId('device'))]

  it('keeps a taken check while its console renews, and lets it wait again when it does not', async () => {
    const { push, clock, backend } = world()
    const console = await ada()
    const { sessionId } = await withCheck()
    await push(console, [decide(sessionId, 1, 'acknowledge')])
    for (let renewal = 0; renewal < 3; renewal += 1) {
      clock.advance(LEASE_MS - 1)
      expect(await renew(console, sessionId)).toBe(new Date(clock.now() + LEASE_MS).toISOString())
    }
    expect(await backend.lapse()).toBe(0)
    const ranOutAt = new Date(clock.now() + LEASE_MS).toISOString()
    clock.advance(2 * LEASE_MS)
    expect(await backend.lapse()).toBe(1)
    expect(await backend.lapse()).toBe(0)
    const check = await checkOf(sessionId)
    expect(check).toMatchObject({ status: 'waiting', employee: null })
    expect(check?.lastHolder).toEqual({ employee: { number: '100', name: 'Ada' }, how: 'lapsed', at: ranOutAt })
    expect(await renew(console, sessionId)).toBeNull()
  })

  it('judges a lease that ran out before a decision, whether or not the job has run', async () => {
    const { push, clock, backend } = world()
    const [one, other] = [await ada(), await ben()]
    for (const jobRuns of [true, false]) {
      const { sessionId } = await withCheck()
      const seq = jobRuns ? 1 : 2
      await push(one, [decide(sessionId, seq, 'acknowledge')])
      const early = await push(other, [decide(sessionId, 2 * seq - 1, 'acknowledge')])
      expect(early.results[0]).toMatchObject({ status: 'superseded', by: { number: '100' } })
      clock.advance(LEASE_MS)
      // Too late for a renewal, also where nobody has noticed yet.
      expect(await renew(one, sessionId)).toBeNull()
      if (jobRuns) await backend.lapse()
      const late = await push(other, [decide(sessionId, 2 * seq, 'acknowledge')])
      expect(late.results[0]).toMatchObject({ status: 'applied' })
      expect(await checkOf(sessionId)).toMatchObject({ status: 'in_progress', employee: { number: '101' } })
      expect(await renew(other, sessionId)).not.toBeNull()
    }
  })

  it('counts what an offline console decided, although its lease ran out', async () => {
    const { push, clock, session } = world()
    const console = await ada()
    const { sessionId } = await withCheck()
    await push(console, [decide(sessionId, 1, 'acknowledge')])
    clock.advance(LEASE_MS * 3)
    const outcome = { ...decide(sessionId, 2, 'resolve', { outcome: 'approved' }), occurredAt: '2026-03-10T11:00:30Z' }
    expect((await push(console, [outcome])).results[0]).toMatchObject({ status: 'applied' })
    const document = await session('berlin', sessionId)
    expect(document.verifications[0]).toMatchObject({ status: 'approved', employee: { number: '100' } })
    expect(document.events.map((event) => event.type).slice(-2)).toEqual([
      'verification.lapsed',
      'verification.resolved',
    ])
  })

  it('lets one of two colleagues take over, and tells the other who it was', async () => {
    const { push, clock } = world()
    const [one, other, third] = [await ada(), await ben(), await ada()]
    const { sessionId } = await withCheck()
    await push(one, [decide(sessionId, 1, 'acknowledge')])
    clock.advance(5_000)
    const takeOver = { from: '100', reason: 'Ada is at the exit' }
    const taken = await push(other, [decide(sessionId, 1, 'take_over', takeOver)])
    expect(taken.results[0]).toMatchObject({ status: 'applied' })
    const check = await checkOf(sessionId)
    expect(check).toMatchObject({ status: 'in_progress', employee: { name: 'Ben' } })
    expect(check?.lastHolder).toEqual({
      employee: { number: '100', name: 'Ada' },
      how: 'taken_over',
      at: check?.heldSince,
      reason: takeOver.reason,
    })
    const late = await push(third, [decide(sessionId, 1, 'take_over', { from: '102', reason: 'I was told to' })])
    expect(late.results[0]).toMatchObject({ status: 'superseded', by: { name: 'Ben' }, at: check?.heldSince })
    expect(await renew(one, sessionId)).toBeNull()
    expect(await renew(other, sessionId)).not.toBeNull()
    const nameless = await push(other, [decide(sessionId, 2, 'take_over', { from: '100', reason: '' })])
    expect(nameless.results[0]).toMatchObject({ status: 'refused', code: 'invalid_payload' })
  })

  it('begins a lease for a check that was taken before there were leases', async () => {
    const { push, clock, database, backend } = world()
    const [one, other] = [await ada(), await ben()]
    const { sessionId } = await withCheck()
    await push(one, [decide(sessionId, 1, 'acknowledge')])
    await database.queries.execute(sql`delete from check_leases`)
    clock.advance(2 * LEASE_MS)
    expect(await backend.lapse()).toBe(0)
    expect(await renew(other, sessionId)).toBeNull()
    expect(await renew(one, sessionId)).toBe(new Date(clock.now() + LEASE_MS).toISOString())
  })

  it('names the field of a bad renewal, and holds nothing of stores that are not the employee’s', async () => {
    const { fetch, signIn } = world()
    const { token } = await signIn('300', freshId('device'))
    const { sessionId } = await withCheck()
    const check = { storeId: 'berlin', sessionId, verificationId: 'v1' }
    const ask = (json: unknown) => fetch('/v1/sync/leases', { token, json })
    expect(await (await ask({ checks: [check] })).json()).toEqual({ leases: [{ ...check, until: null }] })
    for (const [json, field] of [
      [{ checks: [{ ...check, sessionId: '' }] }, 'checks.0.sessionId'],
      [{ checks: Array.from({ length: 101 }, () => check) }, 'checks'],
      [{}, 'checks'],
    ] as const) {
      expect((await problemIn(await ask(json), 400)).field).toBe(field)
    }
    expect((await fetch('/v1/sync/leases', { json: { checks: [] } })).status).toBe(401)
  })

  it('chains refused age verifications in the order of their arrival', async () => {
    const { push, pull, fetch, clock } = world()
    const console = await ada()
    const before = await pull(console, 'patient', 0)
    expect(before.lastRefusal).toBe(0)
    const ids: string[] = []
    for (let seq = 1; seq <= 3; seq += 1) {
      const { sessionId } = await withCheck('age_verification', 'patient')
      clock.advance(10_000)
      const reason = seq === 3 ? {} : { refusalReason: 'no_document', note: 'Tall, red jacket' }
      const refusal = decide(sessionId, seq, 'resolve', { outcome: 'rejected', ...reason }, 'patient')
      ids.push(refusal.id)
      await push(console, [refusal])
      await push(console, [refusal])
    }
    const { sessionId } = await withCheck('spot_check', 'patient')
    await push(console, [decide(sessionId, 4, 'resolve', { outcome: 'rejected' }, 'patient')])
    const { sessionId: approved } = await withCheck('age_verification', 'patient')
    await push(console, [decide(approved, 5, 'resolve', { outcome: 'approved' }, 'patient')])
    const late = { ...decide(approved, 6, 'resolve', { outcome: 'rejected', refusalReason: 'under_age' }, 'patient') }
    expect((await push(console, [late])).results[0]).toMatchObject({ status: 'superseded' })

    const read = async (query = '') => {
      const response = await fetch(`/v1/sync/stores/patient/refusals${query}`, { token: console.token })
      return refusalsPageSchema.parse(await response.json())
    }
    const page = await read()
    expect(page.last).toBe(3)
    expect(page.epoch).toBe(before.epoch)
    expect(page.entries.map((entry) => entry.id)).toEqual(ids)
    expect(verifyChain(page.entries)).toEqual({ ok: true })
    expect(page.entries[0]).toMatchObject({
      number: 1,
      employee: { number: '100', name: 'Ada' },
      minAge: 18,
      items: [{ sku: 'wine', name: 'Wine', quantity: 2, minAge: 16 }],
      reason: 'no_document',
    })
    // A description of a person in a note stays out of the register.
    expect(JSON.stringify(page)).not.toContain('jacket')
    expect(page.entries[2]?.reason).toBeNull()
    expect((await pull(console, 'patient', before.version)).lastRefusal).toBe(3)
    expect((await read('?since=1&limit=1')).entries).toEqual([page.entries[1]])
    const bad = await fetch('/v1/sync/stores/patient/refusals?since=x', { token: console.token })
    expect((await problemIn(bad, 400)).field).toBe('since')
    const foreign = await fetch('/v1/sync/stores/new%20york%2F1/refusals', { token: console.token })
    expect(foreign.status).toBe(403)
  })

  it('tells the store system the outcome within a second', async () => {
    const { fetch, push } = world()
    const console = await ada()
    const { sessionId } = await withCheck()
    const stream = await fetch('/v1/stores/berlin/stream', { key: 'key-of-berlin' })
    const heard = readEvents(stream, (events) =>
      events.some(({ data }) => JSON.stringify(data).includes('"status":"approved"') && hasId(data, sessionId)),
    )
    const corrections = [{ sku: '4006381333931', name: 'Pen', quantity: 1, unitPrice: 199 }]
    const payload = { outcome: 'approved', method: 'full_rescan', escalatedFrom: 'partial_rescan', corrections }
    await push(console, [decide(sessionId, 1, 'resolve', payload)])
    const events = await Promise.race([heard, pause(1_000, null)])
    expect(events, 'the stream did not tell it in time').not.toBeNull()
    const last = events?.findLast(({ data }) => hasId(data, sessionId))?.data
    expect(last).toMatchObject({
      verifications: [{ status: 'approved', corrections, escalatedFrom: 'partial_rescan' }],
    })
  })

  it('shows who asked for a check, and that the shopper left', async () => {
    const { push, send, session, clock } = world()
    const console = await ada()
    const { sessionId, story } = await withCheck()
    clock.advance(10_000)
    const request = decide(sessionId, 1, 'request', { kind: 'spot_check', reason: 'Full rucksack' })
    await push(console, [request])
    expect((await session('berlin', sessionId)).verifications[1]).toMatchObject({
      id: request.id,
      status: 'waiting',
      requestedBy: { number: '100', name: 'Ada' },
    })
    await send('berlin', [story.fact('verification.withdrawn', { verificationId: 'v1' })])
    await send('berlin', [story.after(60_000).fact('session.cancelled')])
    expect((await session('berlin', sessionId)).verifications.map(({ status }) => status)).toEqual([
      'withdrawn',
      'never_served',
    ])
  })
})

const hasId = (data: unknown, id: string): boolean => (data as { id?: unknown } | null)?.id === id
