/** Whatever is sent to the customer-session endpoints: never an answer of the 5xx kind, never a partial change. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { problemSchema } from '#shared/protocol/problems.ts'
import { describeBackend, type TestBackend } from '../testing/test-backend.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_125)
const RUNS = 400
const KEY = 'key-of-new-york'

const nasty = fc.constantFrom(
  '',
  '\u0000',
  '\ud800',
  'x\udfff',
  '__proto__',
  'constructor',
  '%00',
  'é😀',
  'x'.repeat(256),
  '😀'.repeat(127),
  '1e999',
  "'; drop table sessions",
)
const scalar = fc.oneof(
  nasty,
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, Number.MAX_SAFE_INTEGER, -1, -0, 1e308, 5e-324, 0.1 + 0.2, 1.005, 99_999_999.99),
)
const deep = (depth: number): unknown => (depth === 0 ? 'x' : { a: [deep(depth - 1)] })
const anything = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.oneof(nasty, fc.string()), scalar, { maxKeys: 3 }),
  fc.constant(deep(40)),
)
/** Mostly a good value, sometimes whatever. */
const mostly = <Value>(good: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 60, arbitrary: good as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: anything })

const price = mostly(fc.constantFrom(0, 1, 1.5, 19.99, 99_999_999.99))
const costs = mostly(fc.dictionary(fc.constantFrom('ship', '__proto__', 'bag'), fc.record({ price }), { maxKeys: 2 }))
const attributes = mostly(
  fc.dictionary(
    fc.oneof(fc.constant('__proto__'), fc.string()),
    fc.oneof(fc.string(), fc.integer(), fc.constant({ a: [null] })),
    { maxKeys: 2 },
  ),
)
const cartItem = mostly(
  fc.record(
    {
      sku: mostly(fc.constantFrom('milk', 'bread', '__proto__', '😀'.repeat(127))),
      quantity: mostly(fc.constantFrom(1, 2, 5_000, 10_000)),
      price,
      name: mostly(fc.string()),
      category: mostly(fc.string()),
      weight: mostly(fc.double({ noNaN: true })),
      attributes,
      additionalCosts: costs,
    },
    { requiredKeys: ['sku', 'quantity', 'price'] },
  ),
)
const customerSession = mostly(
  fc.record(
    {
      profileId: mostly(fc.constantFrom('', 'ann', '😀')),
      storeIntegrationId: mostly(fc.constant('new york/1')),
      state: mostly(fc.constantFrom('open', 'closed', 'cancelled', 'partially_returned')),
      cartItems: mostly(fc.array(cartItem, { maxLength: 3 })),
      couponCodes: mostly(fc.array(fc.string(), { maxLength: 2 })),
      referralCode: mostly(fc.string()),
      loyaltyCards: mostly(fc.array(fc.string(), { maxLength: 1 })),
      identifiers: mostly(fc.array(fc.string(), { maxLength: 1 })),
      attributes,
      additionalCosts: costs,
    },
    { requiredKeys: [] },
  ),
)
const responseContent = mostly(
  fc.array(
    fc.constantFrom('customerSession', 'customerProfile', 'coupons', 'loyalty', 'previousReturns', '__proto__'),
    { maxLength: 4 },
  ),
)
const returnedCartItems = mostly(
  fc.array(
    mostly(
      fc.record(
        { position: mostly(fc.nat(3)), sku: mostly(fc.constantFrom('milk', 'bread')), quantity: mostly(fc.nat(3)) },
        { requiredKeys: [] },
      ),
    ),
    { maxLength: 3 },
  ),
)
const id = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('fuzz-1', 'fuzz-2', 'fuzz-3') },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', '%F0%9F%98%80', 'x'.repeat(256), '%00', '%zz') },
)
const call = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      method: fc.constant('PUT'),
      rest: fc.constantFrom('', '', '', '?dry=true', '?dry=x'),
      json: mostly(fc.record({ customerSession, responseContent }, { requiredKeys: ['customerSession'] })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      method: fc.constant('POST'),
      rest: fc.constantFrom('/returns', '/returns', '/returns?dry=true'),
      json: mostly(
        fc.record({ return: mostly(fc.record({ returnedCartItems })), responseContent }, { requiredKeys: ['return'] }),
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ method: fc.constant('PUT'), rest: fc.constant('/reopen'), json: anything }) },
)
const idempotencyKey = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom('key', 'é', 'x'.repeat(256)) },
)

describeBackend('any customer session', (world) => {
  const stored = async (backend: TestBackend): Promise<string> => {
    const { queries } = backend.database
    const rows = (await queries.execute(
      "select id, document::text as document from sessions where id not like 'other%' order by id",
    )) as unknown as { rows: unknown[] }
    return JSON.stringify(rows.rows)
  }

  it(`is survived, and what is not applied changes nothing but the log (seed ${seed})`, async () => {
    const backend = world()
    const counts = new Map<number, number>()
    await fc.assert(
      fc.asyncProperty(id, call, idempotencyKey, async (session, { method, rest, json }, key) => {
        const path = `/v2/customer_sessions/${session}${rest}`
        const before = await stored(backend)
        const response = await backend.fetch(path, {
          method,
          key: KEY,
          json,
          headers: key === undefined ? {} : { 'idempotency-key': key },
        })
        const text = await response.text()
        counts.set(response.status, (counts.get(response.status) ?? 0) + 1)
        expect(response.status, `${method} ${path} ${JSON.stringify(json)} → ${text}`).toBeLessThan(500)
        const body = JSON.parse(text)
        const refused = response.status >= 400 ? problemSchema.parse(body).code.endsWith('_refused') : false
        const unchanged = rest.includes('dry=') || (response.status >= 400 && !refused)
        if (unchanged) expect(await stored(backend)).toBe(before)
        if (response.status === 200) {
          const shown = await backend.fetch(`/v2/customer_sessions/${session}`, { key: KEY })
          if (!rest.includes('dry=')) expect(shown.status).toBe(200)
        }
        // Cancelled sessions refuse everything: start afresh, or the fuzz ends there.
        if (refused)
          await backend.database.queries.execute(
            "delete from sessions where id not like 'other%' and summary ->> 'state' = 'cancelled'",
          )
      }),
      { seed, numRuns: RUNS },
    )
    expect(counts.get(200)).toBeGreaterThan(RUNS / 10)
    expect(counts.get(400)).toBeGreaterThan(RUNS / 10)
    for (const session of ['fuzz-1', 'fuzz-2', 'fuzz-3']) {
      const response = await backend.fetch(`/v1/stores/new%20york%2F1/sessions/${session}`, { key: KEY })
      if (response.status === 200) await backend.session('new york/1', session)
    }
    const console = await backend.signIn('300', 'fuzz-device')
    await backend.pull(console, 'new york/1', 0, 2_000)
  })
})
