import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import fc from 'fast-check'
import { ApiClient, IntegrationApi } from 'talon_one'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemSchema } from '#shared/protocol/problems.ts'
import { startBackend } from '../backend.ts'
import { openPglite } from '../storage/open-database.ts'
import {
  bootstrap,
  describeBackend,
  factsOf,
  freshId,
  HOUR,
  problemIn,
  startTestBackend,
  type TestBackend,
  testClock,
} from '../testing/test-backend.ts'

const KEY = 'key-of-new-york'
const milk = { name: 'Milk', sku: 'milk', quantity: 3, price: 1.19, category: 'dairy' }
const bread = { name: 'Bread', sku: 'bread', quantity: 1, price: 2.49 }
const STORE = 'new york/1'

type Json = Record<string, unknown>
const pathOf = (id: string, rest = '') => `/v2/customer_sessions/${encodeURIComponent(id)}${rest}`

/** Short ways to call the endpoints of a backend with the key that is for one store only. */
function customerSessions(world: () => TestBackend) {
  const put = (id: string, customerSession: Json, query = '', key = KEY) =>
    world().fetch(pathOf(id, query), {
      method: 'PUT',
      key,
      json: { customerSession, responseContent: ['customerSession'] },
    })
  const answer = async (response: Promise<Response>) => {
    const received = await response
    const text = await received.text()
    expect(received.status, text).toBe(200)
    return JSON.parse(text) as Json & { customerSession: Json }
  }
  return {
    put,
    answer,
    updated: async (id: string, customerSession: Json, query = '') =>
      (await answer(put(id, customerSession, query))).customerSession,
    reopen: (id: string) => world().fetch(pathOf(id, '/reopen'), { method: 'PUT', key: KEY }),
    giveBack: (id: string, returnedCartItems: Json[], headers: Record<string, string> = {}, query = '') =>
      world().fetch(pathOf(id, `/returns${query}`), {
        key: KEY,
        headers,
        json: { return: { returnedCartItems }, responseContent: ['customerSession', 'previousReturns'] },
      }),
    get: (id: string, key = KEY) => world().fetch(pathOf(id), { key }),
    session: (id: string) => world().session(STORE, id),
  }
}

describeBackend('customer sessions', (world) => {
  const { put, answer, updated, reopen, giveBack, get, session } = customerSessions(world)

  it('creates a session, which store systems and consoles see like any other', async () => {
    const id = freshId('order/ü 1')
    const body = await answer(put(id, { profileId: 'ann', cartItems: [milk, bread], attributes: { city: 'NY' } }))
    expect(body).toMatchObject({
      effects: [],
      createdCoupons: [],
      createdReferrals: [],
      customerSession: {
        integrationId: id,
        profileId: 'ann',
        state: 'open',
        total: 6.06,
        cartItemTotal: 6.06,
        additionalCostTotal: 0,
        attributes: { city: 'NY' },
        firstSession: true,
        updateCount: 1,
        couponCodes: [],
        cartItems: [
          { ...milk, position: 0, returnedQuantity: 0, remainingQuantity: 3 },
          { ...bread, position: 1 },
        ],
      },
    })
    expect(await session(id)).toMatchObject({
      customerId: 'ann',
      state: 'open',
      progress: 'basket_created',
      total: 606,
      quantity: 4,
      attributes: { city: 'NY' },
      events: [{ type: 'session.updated', source: 'integration', verdict: { status: 'applied' } }],
    })
    const console = await world().signIn('300', freshId('device'))
    const page = await world().pull(console, STORE, 0, 2_000)
    expect(page.changes.some((change) => 'session' in change && change.session.id === id)).toBe(true)
  })

  it('keeps what an update leaves out, and clears what it gives empty', async () => {
    const id = freshId('session')
    await updated(id, { cartItems: [milk], couponCodes: ['A'], attributes: { a: 1 }, referralCode: 'R' })
    expect(await updated(id, { profileId: 'ann' })).toMatchObject({
      profileId: 'ann',
      cartItems: [milk],
      couponCodes: ['A'],
      referralCode: 'R',
      attributes: { a: 1 },
      updateCount: 2,
    })
    expect(await updated(id, { cartItems: [], couponCodes: [], attributes: {}, referralCode: '' })).toMatchObject({
      profileId: 'ann',
      cartItems: [],
      couponCodes: [],
      referralCode: '',
      attributes: {},
      total: 0,
    })
    // Empty says "not known yet"; it does not forget the customer.
    expect(await updated(id, { profileId: '', cartItems: null })).toMatchObject({ profileId: 'ann' })
  })

  it('answers a dry update as if it were stored, and stores nothing', async () => {
    const id = freshId('session')
    expect(await updated(id, { state: 'closed', cartItems: [milk] }, '?dry=true')).toMatchObject({ state: 'closed' })
    await problemIn(await get(id), 404)
    await updated(id, { cartItems: [milk] })
    const before = await session(id)
    expect(await updated(id, { cartItems: [bread] }, '?dry=true')).toMatchObject({ total: 2.49 })
    await problemIn(await put(id, { state: 'partially_returned' }, '?dry=true'), 400)
    expect(await session(id)).toEqual(before)
    expect(await problemIn(await put(id, {}, '?dry=maybe'), 400)).toMatchObject({ field: 'dry' })
  })

  it('creates closed ones as paid, and counts additional costs apart from the items', async () => {
    const id = freshId('session')
    const costs = { additionalCosts: { shipping: { price: 4.5 } } }
    const item = { ...milk, additionalCosts: { deposit: { price: 0.25 } } }
    expect(await updated(id, { state: 'closed', cartItems: [item], ...costs })).toMatchObject({
      state: 'closed',
      cartItemTotal: 3.57,
      additionalCostTotal: 5.25,
      total: 8.82,
      ...costs,
      cartItems: [item],
    })
    expect(await session(id)).toMatchObject({
      progress: 'payment_completed',
      total: 357,
      transactions: [{ status: 'completed', amount: 882 }],
    })
    for (const state of ['cancelled', 'partially_returned']) {
      const other = freshId('session')
      expect(await problemIn(await put(other, { state }), 400)).toMatchObject({ code: 'transition_refused', to: state })
      await problemIn(await get(other), 404)
    }
  })

  it('refuses changes of a closed session until it is reopened, and keeps the refusals in its log', async () => {
    const id = freshId('session')
    await updated(id, { state: 'closed', cartItems: [milk] })
    const before = await session(id)
    for (const change of [{ cartItems: [] }, { profileId: 'bob' }, { attributes: { a: 1 } }, {}]) {
      const problem = await problemIn(await put(id, change), 400)
      expect(problem).toMatchObject({ code: 'changes_refused', from: 'closed' })
    }
    const opened = await problemIn(await put(id, { state: 'open' }), 400)
    expect(opened).toMatchObject({ code: 'transition_refused', from: 'closed', to: 'open' })
    expect(await problemIn(await put(id, { state: 'closed' }), 400)).toMatchObject({ from: 'closed', to: 'closed' })
    const refused = await session(id)
    expect(refused.events.slice(1).map(({ verdict }) => verdict?.status)).toEqual(Array(6).fill('refused'))
    expect({ ...refused, events: [], version: 0 }).toEqual({ ...before, events: [], version: 0 })
    expect(await answer(reopen(id))).toEqual({ effects: [] })
    expect(await updated(id, { cartItems: [bread], profileId: 'bob' })).toMatchObject({ state: 'open', total: 2.49 })
    expect(await problemIn(await reopen(id), 400)).toMatchObject({ code: 'transition_refused', from: 'open' })
    await problemIn(await reopen(freshId('nobody')), 404)
  })

  it('cancels for good', async () => {
    const id = freshId('session')
    await updated(id, { cartItems: [milk] })
    expect(await updated(id, { state: 'cancelled', cartItems: [milk] })).toMatchObject({ state: 'cancelled' })
    expect(await session(id)).toMatchObject({ endReason: 'cancelled' })
    for (const response of [put(id, { state: 'cancelled' }), reopen(id), giveBack(id, [{ sku: 'milk' }])]) {
      expect(await problemIn(await response, 400)).toMatchObject({ code: 'transition_refused', from: 'cancelled' })
    }
  })

  it('returns items by position or SKU, and says what cannot be returned', async () => {
    const id = freshId('session')
    await updated(id, { state: 'closed', cartItems: [milk, bread], profileId: 'ann' })
    const dry = await answer(giveBack(id, [{ position: 0 }], {}, '?dry=true'))
    expect(dry.customerSession).toMatchObject({ state: 'partially_returned' })
    const body = await answer(giveBack(id, [{ sku: 'milk', quantity: 2 }]))
    expect(body).toMatchObject({
      customerSession: { state: 'partially_returned', total: 3.68, cartItems: [{ remainingQuantity: 1 }, {}] },
      return: {
        sessionIntegrationId: id,
        profileIntegrationId: 'ann',
        returnedCartItems: [{ position: 0, sku: 'milk', quantity: 2 }],
      },
      previousReturns: [],
      effects: [],
    })
    for (const [items, field] of [
      [[{ position: 0, quantity: 2 }], 'return.returnedCartItems.0.quantity'],
      [[{ position: 1 }, { position: 9 }], 'return.returnedCartItems.1.position'],
      [[{ sku: 'beer' }], 'return.returnedCartItems.0.sku'],
      [[{ quantity: 1 }], 'return.returnedCartItems.0'],
    ] as const) {
      expect(await problemIn(await giveBack(id, [...items]), 400)).toMatchObject({ code: 'return_refused', field })
    }
    expect(await problemIn(await giveBack(id, []), 400)).toMatchObject({ code: 'invalid_request' })
    const last = await answer(giveBack(id, [{ position: 0 }, { sku: 'bread' }]))
    expect(last).toMatchObject({ customerSession: { total: 0 }, previousReturns: [{ returnedCartItems: [{}] }] })
    expect(await session(id)).toMatchObject({ state: 'partially_returned', quantity: 0, total: 0 })
  })

  it('answers a repeated idempotency key as it did first, for a day, and refuses it for another request', async () => {
    const id = freshId('session')
    const key = { 'Idempotency-Key': freshId('key') }
    await updated(id, { state: 'closed', cartItems: [milk] })
    const once = async () => (await giveBack(id, [{ position: 0, quantity: 1 }], key)).text()
    const first = await Promise.all([once(), once(), once()])
    expect(new Set([...first, await once()]).size).toBe(1)
    expect((await session(id)).quantity).toBe(2)
    const other = await problemIn(await giveBack(id, [{ position: 0, quantity: 2 }], key), 422)
    expect(other).toMatchObject({ code: 'idempotency_key_reused', field: 'Idempotency-Key' })
    // A refusal is an answer, too: the session has changed since, the answer has not.
    const refusedKey = { 'Idempotency-Key': freshId('key') }
    const refused = await (await giveBack(id, [{ sku: 'beer' }], refusedKey)).text()
    expect(await (await giveBack(id, [{ sku: 'beer' }], refusedKey)).text()).toBe(refused)
    expect((await session(id)).events).toHaveLength(3)
    const tooLong = await giveBack(id, [{ position: 0 }], { 'Idempotency-Key': 'x'.repeat(256) })
    expect(await problemIn(tooLong, 400)).toMatchObject({ field: 'Idempotency-Key' })
    world().clock.advance(24 * HOUR)
    await answer(giveBack(id, [{ position: 0, quantity: 1 }], key))
    expect((await session(id)).quantity).toBe(1)
  })

  it('names the field of what is wrong, and changes nothing', async () => {
    const id = freshId('session')
    await updated(id, { cartItems: [milk] })
    const before = await session(id)
    const items = (count: number, quantity: number) =>
      Array.from({ length: count }, (_, index) => ({ ...bread, sku: `sku ${index}`, quantity }))
    for (const [customerSession, field] of [
      [{ cartItems: [milk, { ...bread, price: 1.005 }] }, 'customerSession.cartItems.1.price'],
      [{ cartItems: [{ ...milk, price: 0.1 + 0.2 }] }, 'customerSession.cartItems.0.price'],
      [{ cartItems: [{ ...milk, price: -1 }] }, 'customerSession.cartItems.0.price'],
      [{ cartItems: [{ ...milk, price: undefined }] }, 'customerSession.cartItems.0.price'],
      [{ cartItems: [{ ...milk, price: 1e9 }] }, 'customerSession.cartItems.0.price'],
      [{ cartItems: [{ ...milk, quantity: 0 }] }, 'customerSession.cartItems.0.quantity'],
      [{ cartItems: [{ ...milk, sku: '' }] }, 'customerSession.cartItems.0.sku'],
      [{ cartItems: items(1_001, 1) }, 'customerSession.cartItems'],
      [{ cartItems: items(2, 5_001) }, 'customerSession.cartItems'],
      [{ additionalCosts: { ship: { price: 1.001 } } }, 'customerSession.additionalCosts.ship.price'],
      [{ attributes: { a: 'x'.repeat(70_000) } }, 'customerSession.attributes'],
      [{ attributes: { a: 'x\u0000' } }, 'customerSession.attributes'],
      [{ state: 'paid' }, 'customerSession.state'],
      [{ profileId: 7 }, 'customerSession.profileId'],
      [{ couponCodes: 'A' }, 'customerSession.couponCodes'],
      [{ storeIntegrationId: 'berlin' }, 'customerSession.storeIntegrationId'],
    ] as const) {
      const response = await put(id, customerSession)
      const problem = problemSchema.parse(await response.json())
      expect([problem.field, response.status < 404], JSON.stringify(problem)).toEqual([field, true])
    }
    expect(await problemIn(await put('x'.repeat(256), {}), 400)).toMatchObject({ field: 'customerSessionId' })
    expect(await session(id)).toEqual(before)
    expect(await updated(id, { cartItems: items(1_000, 10) })).toMatchObject({ total: 24_900 })
  })

  it('knows the store by its key, or by name where the key is for several', async () => {
    const id = freshId('session')
    const field = 'customerSession.storeIntegrationId'
    const key = 'key-of-berlin'
    const named = (storeIntegrationId: string) => put(id, { storeIntegrationId }, '', key)
    expect(await problemIn(await put(id, {}, '', key), 400)).toMatchObject({ code: 'invalid_request', field })
    expect(await problemIn(await named('paris'), 404)).toMatchObject({ code: 'store_unknown', field })
    expect(await problemIn(await named(STORE), 403)).toMatchObject({ code: 'store_forbidden', field })
    expect((await named('patient')).status).toBe(200)
    // From then on the session says whose it is.
    expect((await put(id, { cartItems: [milk] }, '', key)).status).toBe(200)
    expect(await problemIn(await named('berlin'), 400)).toMatchObject({ field })
    expect(await problemIn(await put(id, {}), 403)).toMatchObject({ code: 'session_of_another_store' })
    for (const response of [get(id), reopen(id), giveBack(id, [{ position: 0 }])]) await problemIn(await response, 404)
    expect((await get(id, key)).status).toBe(200)
    await problemIn(await get(id, 'nobody knows'), 401)
    await problemIn(await world().fetch(pathOf(id), {}), 401)
  })

  it('holds sessions of a profile side by side', async () => {
    const [one, two] = [freshId('session'), freshId('session')]
    const profileId = freshId('profile')
    await updated(one, { profileId, state: 'closed', cartItems: [milk] })
    world().clock.advance(1_000)
    expect(await updated(two, { cartItems: [bread] })).toMatchObject({ profileId: '', firstSession: true })
    const identified = await world().fetch(pathOf(two), {
      method: 'PUT',
      key: KEY,
      json: { customerSession: { profileId }, responseContent: ['customerSession', 'customerProfile'] },
    })
    expect(await identified.json()).toMatchObject({
      customerSession: { profileId, firstSession: false, total: 2.49 },
      customerProfile: { integrationId: profileId, closedSessions: 1, totalSales: 3.57 },
    })
    expect(await (await get(one)).json()).toMatchObject({ customerSession: { firstSession: true, total: 3.57 } })
  })

  it('takes commands for sessions that store systems report', async () => {
    const id = freshId('session')
    const story = factsOf(id, world().clock.now())
    await world().send(STORE, [
      story.started('matrix'),
      story.item('l1', 250, 2),
      story.fact('payment.completed', { transactionId: 't1', amount: 500 }),
      story.fact('exit.scanned'),
    ])
    await answer(reopen(id))
    expect(await session(id)).toMatchObject({ state: 'open', endedAt: null, client: { type: 'matrix' } })
    expect(await updated(id, { state: 'closed' })).toMatchObject({ total: 5, cartItems: [{ sku: 'sku l1' }] })
    await answer(giveBack(id, [{ position: 0, quantity: 1 }]))
    expect(await session(id)).toMatchObject({ quantity: 1, total: 250, anomalies: [], transactions: [{}, {}] })
  })

  it('ends a race of two commands with one applied and one refused', async () => {
    for (let round = 0; round < 10; round++) {
      const id = freshId('session')
      await updated(id, { cartItems: [milk] })
      const closings = await Promise.all([put(id, { state: 'closed' }), put(id, { state: 'closed' })])
      expect(closings.map(({ status }) => status).toSorted()).toEqual([200, 400])
      const returns = await Promise.all([1, 2].map(() => giveBack(id, [{ position: 0, quantity: 2 }])))
      expect(returns.map(({ status }) => status).toSorted()).toEqual([200, 400])
      const cancelled = await Promise.all([put(id, { state: 'cancelled' }), put(id, { state: 'cancelled' })])
      expect(cancelled.map(({ status }) => status).toSorted()).toEqual([200, 400])
      const verdicts = (await session(id)).events.map(({ verdict }) => verdict?.status)
      expect(verdicts.filter((status) => status === 'applied')).toHaveLength(4)
      expect(verdicts.filter((status) => status === 'refused')).toHaveLength(3)
      const fresh = freshId('session')
      const created = await Promise.all([1, 2].map(() => put(fresh, { state: 'closed', cartItems: [bread] })))
      expect(created.map(({ status }) => status).toSorted()).toEqual([200, 400])
    }
  })

  it('abandons an open session that nobody closes, and then refuses it', async () => {
    const id = freshId('session')
    await updated(id, { cartItems: [milk] })
    world().clock.advance(3 * HOUR)
    expect(await problemIn(await put(id, { state: 'closed' }), 400)).toMatchObject({ from: 'cancelled', to: 'closed' })
    expect(await session(id)).toMatchObject({ state: 'cancelled', progress: 'abandoned' })
  })
})

describe("Talon.One's published SDK", () => {
  let world: TestBackend
  let server: Server
  let api: IntegrationApi
  const client = new ApiClient()
  // The package's own types take its objects for arrays.
  const { api_key_v1: credentials } = client.authentications as unknown as Record<string, Json>
  const send = (headers: Json) => Object.assign(client, { defaultHeaders: headers })

  beforeAll(async () => {
    world = await startTestBackend(await openPglite(undefined))
    server = createAdaptorServer({ fetch: world.backend.app.fetch }) as Server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    client.basePath = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    Object.assign(credentials ?? {}, { apiKey: KEY, apiKeyPrefix: 'ApiKey-v1' })
    api = new IntegrationApi(client)
  })
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve))
    await world.backend.close()
  })

  const body = (customerSession: Json) => ({ customerSession, responseContent: ['customerSession'] })

  it('drives a session from its creation to its end', async () => {
    const id = 'order 1/ü'
    const dry = await api.updateCustomerSessionV2(id, body({ cartItems: [milk] }), { dry: true })
    expect(dry.customerSession).toMatchObject({ integrationId: id, total: 3.57 })
    await expect(api.getCustomerSession(id)).rejects.toMatchObject({
      status: 404,
      body: { code: 'session_unknown', message: 'No such session' },
    })
    const created = await api.updateCustomerSessionV2(id, body({ profileId: 'ann', cartItems: [milk, bread] }))
    expect(created).toMatchObject({ effects: [], createdCoupons: [], createdReferrals: [] })
    expect(created.customerSession.created).toBeInstanceOf(Date)
    expect(created.customerSession.cartItems[1]).toMatchObject({ sku: 'bread', price: 2.49 })
    await api.updateCustomerSessionV2(id, body({ state: 'closed', couponCodes: ['XMAS'] }))
    await expect(api.updateCustomerSessionV2(id, body({ cartItems: [] }))).rejects.toMatchObject({
      status: 400,
      body: { code: 'changes_refused', from: 'closed', message: expect.stringContaining('closed') },
    })
    expect(await api.reopenCustomerSession(id)).toMatchObject({ effects: [] })
    await api.updateCustomerSessionV2(id, body({ state: 'closed' }))
    const request = { return: { returnedCartItems: [{ position: 0, quantity: 2 }] } }
    send({ 'Idempotency-Key': 'return 1' })
    const returned = await api.returnCartItems(id, request, {})
    expect(returned.return).toMatchObject({ sessionIntegrationId: id })
    expect((await api.returnCartItems(id, request, {})).return.id).toBe(returned.return.id)
    send({})
    const { customerSession } = await api.getCustomerSession(id)
    expect(customerSession).toMatchObject({ state: 'partially_returned', couponCodes: ['XMAS'], total: 3.68 })
    expect(customerSession.cartItems[0]).toMatchObject({ returnedQuantity: 2, remainingQuantity: 1 })
    const cancelled = await api.updateCustomerSessionV2(id, body({ state: 'cancelled' }))
    expect(cancelled.customerSession.state).toBe('cancelled')
    expect(await world.session(STORE, id)).toMatchObject({ state: 'cancelled', customerId: 'ann' })
  })

  it('understands our errors', async () => {
    const wrong = api.updateCustomerSessionV2('order 2', body({ cartItems: [{ ...milk, price: 1.005 }] }))
    await expect(wrong).rejects.toMatchObject({
      status: 400,
      body: { message: expect.any(String), errors: [{ source: { pointer: '/customerSession/cartItems/0/price' } }] },
    })
    Object.assign(credentials ?? {}, { apiKey: 'nobody' })
    await expect(api.getCustomerSession('order 2')).rejects.toMatchObject({ status: 401, body: { StatusCode: 401 } })
    Object.assign(credentials ?? {}, { apiKey: KEY })
  })
})

describe('zero-decimal currencies', () => {
  it('have no minor units, in or out', async () => {
    const yen = structuredClone(bootstrap)
    for (const store of yen.stores) store.currency = 'JPY'
    const backend = await startBackend({
      database: await openPglite(undefined),
      bootstrap: yen,
      clock: testClock(),
      expireEveryMs: null,
    })
    const put = (price: number) =>
      backend.app.request('/v2/customer_sessions/yen', {
        method: 'PUT',
        headers: { authorization: `ApiKey ${KEY}` },
        body: JSON.stringify({
          customerSession: { cartItems: [{ ...milk, price }] },
          responseContent: ['customerSession'],
        }),
      })
    expect(await (await put(120)).json()).toMatchObject({ customerSession: { total: 360 } })
    expect(await (await put(1.5)).json()).toMatchObject({ field: 'customerSession.cartItems.0.price' })
    await backend.close()
  })
})

describeBackend('money of customer sessions', (world) => {
  const { updated, session } = customerSessions(world)
  const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_124)

  it(`adds up without a float error (seed ${seed})`, async () => {
    const item = fc.record({ cents: fc.nat(1_000_000), quantity: fc.integer({ min: 1, max: 99 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 12 }), fc.nat(100_000), async (items, shipping) => {
        const id = freshId('session')
        const shown = await updated(id, {
          cartItems: items.map(({ cents, quantity }, index) => ({
            sku: `sku ${index}`,
            quantity,
            price: Number(`${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`),
          })),
          additionalCosts: { shipping: { price: Number((shipping / 100).toFixed(2)) } },
        })
        const cents = items.reduce((sum, entry) => sum + entry.cents * entry.quantity, 0)
        expect((await session(id)).total).toBe(cents)
        expect(shown.cartItemTotal).toBe(cents / 100)
        expect(shown.total).toBe((cents + shipping) / 100)
      }),
      { seed, numRuns: 40 },
    )
  })
})
