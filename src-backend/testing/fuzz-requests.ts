/** Requests of every kind to every endpoint of the backend: mostly nearly right, which is where faults hide. */
import fc from 'fast-check'

/** One request; `who` says with whose credentials. */
export interface FuzzRequest {
  /** The group of endpoints it is for, for the statistics. */
  surface: 'events' | 'mutations' | 'leases' | 'customer sessions' | 'sign-in' | 'anywhere'
  who: 'store' | 'other store' | 'console' | 'nobody'
  method: string
  path: string
  json?: unknown
  body?: string | Uint8Array
  headers?: Record<string, string>
}

/** Sessions that the requests are about. */
export interface FuzzSessions {
  /** Of the store `berlin`; the first has the verifications `v1` and `1`. */
  own: readonly [string, string]
  /** Of the store `new york/1`; those of customers are named after it, with a dot. */
  foreign: string
}

const nasty = fc.constantFrom(
  '',
  '\u0000',
  '\ud800',
  '\udfff x',
  '__proto__',
  'constructor',
  '%00',
  '%zz',
  '../..',
  'null',
  "'; drop table sessions",
  'é😀',
  'x'.repeat(256),
  '1e999',
  '-0',
  '9007199254740993',
  '2026-13-45',
  '0000-00-00',
  '2026-03-10T11:00:00Z',
  '9999-12-31T23:59:59Z',
)
const ids = fc.constantFrom('fuzz-event', 'v1', '1', '2', 'berlin', '__proto__')
const scalar = fc.oneof(
  nasty,
  ids,
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, Number.MAX_SAFE_INTEGER, -1, 1e308, 0.1),
)
const anything = fc.oneof(
  scalar,
  fc.anything({ maxDepth: 3, withNullPrototype: false }).map(asJson),
  fc.constant(nested(40)),
)

function nested(depth: number): unknown {
  return depth === 0 ? 'x' : { a: [nested(depth - 1)] }
}

function asJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null')
  } catch {
    return null
  }
}

/** A valid object, one time in `oneIn` with some of its fields spoiled or added. */
function spoiled(valid: fc.Arbitrary<Record<string, unknown>>, oneIn = 2): fc.Arbitrary<unknown> {
  const worse = fc
    .tuple(
      valid,
      fc.dictionary(fc.oneof(nasty, ids), anything, { maxKeys: 2 }),
      fc.array(fc.tuple(fc.nat(), anything), { maxLength: 2 }),
    )
    .map(([object, extra, changes]) => {
      const copy: Record<string, unknown> = { ...object, ...extra }
      const names = Object.keys(object)
      for (const [position, value] of changes) copy[names[position % names.length] ?? ''] = value
      return copy
    })
  return fc.oneof({ weight: oneIn - 1, arbitrary: valid }, { weight: 1, arbitrary: worse })
}

const instant = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('2026-03-10T11:00:00Z', '2026-03-10T12:00:00+02:00') },
  { weight: 1, arbitrary: nasty },
)

function eventsRequest({ own, foreign }: FuzzSessions): fc.Arbitrary<FuzzRequest> {
  const event = spoiled(
    fc.record({
      id: fc.oneof(ids, fc.uuid()),
      sessionId: fc.constantFrom(...own, foreign),
      type: fc.constantFrom(
        'session.started',
        'item.added',
        'item.quantity_changed',
        'item.removed',
        'checkout.started',
        'payment.started',
        'payment.cancelled',
        'payment.completed',
        'verification.required',
        'verification.withdrawn',
        'exit.scanned',
        'feedback.given',
        'customer.identified',
        'session.cancelled',
      ),
      at: instant,
      client: fc.constant('matrix'),
      lineId: ids,
      sku: ids,
      name: fc.string({ minLength: 1, maxLength: 500 }),
      quantity: fc.integer({ min: 0, max: 100_001 }),
      unitPrice: fc.integer({ min: 0, max: 10_000_000_001 }),
      transactionId: ids,
      amount: fc.nat(),
      verificationId: ids,
      kind: fc.constantFrom('spot_check', 'age_verification'),
      rating: fc.integer({ min: 0, max: 6 }),
      customerId: ids,
    }),
  )
  const body = fc.oneof(
    { weight: 4, arbitrary: fc.array(event, { maxLength: 6 }).map((events): unknown => ({ events })) },
    { weight: 1, arbitrary: anything },
  )
  return fc.record({
    surface: fc.constant('events'),
    who: fc.constantFrom('store', 'store', 'store', 'other store'),
    method: fc.constant('POST'),
    path: fc.constant('/v1/stores/berlin/events'),
    json: body,
  })
}

/** Where a mutation's `seq` goes: it counts from the last one of the device, which only the campaign knows. */
export const SEQ_FROM_LAST = 'seq-from-last'

const settledItems = fc.array(
  fc.record({ lineId: ids, outcome: fc.constantFrom('put_back', 'discarded', 'not_found', 'eaten') }),
  { maxLength: 3 },
)

function mutationsRequest({ own, foreign }: FuzzSessions, deviceId: string): fc.Arbitrary<FuzzRequest> {
  const mutation = spoiled(
    fc.record({
      id: fc.oneof(ids, fc.uuid()),
      [SEQ_FROM_LAST]: fc.constantFrom(1, 1, 1, 1, 2, 0, -1, 2 ** 53),
      storeId: fc.constantFrom('berlin', 'berlin', 'berlin', 'new york/1', 'paris'),
      sessionId: fc.constantFrom(own[0], own[0], own[1], foreign, 'nobody', 'shift:2026-03-10:Late'),
      type: fc.constantFrom(
        'verification.acknowledge',
        'verification.release',
        'verification.take_over',
        'verification.resolve',
        'verification.request',
        'note.add',
        'basket.review',
        'basket.put_back',
        'shift.note',
        'shift.acknowledge',
        'session.cancel',
        'session.reopen',
        'items.return',
      ),
      occurredAt: instant,
      payload: spoiled(
        fc.record({
          verificationId: ids,
          from: ids,
          outcome: fc.constantFrom('approved', 'rejected'),
          kind: fc.constantFrom('spot_check', 'age_verification'),
          reason: fc.string({ minLength: 1 }),
          text: fc.string({ minLength: 1 }),
          putBack: fc.oneof(fc.boolean(), settledItems),
          items: fc.oneof(fc.constant([{ position: 0, quantity: 1 }]), settledItems),
          takenBack: fc.oneof(fc.constant(null), fc.array(ids, { maxLength: 2 })),
          date: fc.constantFrom('2026-03-10', '2026-02-30', 'today'),
          shift: fc.constantFrom('Late', 'Early', ''),
          differences: fc.array(fc.dictionary(fc.oneof(fc.constant('kind'), nasty), anything), { maxLength: 2 }),
        }),
      ),
    }),
  )
  return fc.record({
    surface: fc.constant('mutations'),
    who: fc.constantFrom('console', 'console', 'console', 'console', 'nobody'),
    method: fc.constant('POST'),
    path: fc.constant('/v1/sync/mutations'),
    json: fc.oneof(
      { weight: 9, arbitrary: mutation.map((one): unknown => ({ deviceId, mutations: [one] })) },
      { weight: 1, arbitrary: spoiled(fc.record({ deviceId: fc.constant(deviceId), mutations: anything })) },
    ),
  })
}

function leasesRequest({ own, foreign }: FuzzSessions): fc.Arbitrary<FuzzRequest> {
  const check = spoiled(
    fc.record({
      storeId: fc.constantFrom('berlin', 'berlin', 'new york/1', 'paris'),
      sessionId: fc.constantFrom(own[0], own[1], foreign, 'nobody'),
      verificationId: ids,
    }),
  )
  return fc.record({
    surface: fc.constant('leases' as const),
    who: fc.constantFrom('console' as const, 'console' as const, 'nobody' as const),
    method: fc.constant('POST'),
    path: fc.constant('/v1/sync/leases'),
    json: spoiled(fc.record({ checks: fc.array(check, { maxLength: 4 }) })),
  })
}

function customerSessionsRequest({ foreign }: FuzzSessions): fc.Arbitrary<FuzzRequest> {
  const cartItem = spoiled(
    fc.record({
      sku: fc.constantFrom('milk', 'bread', '__proto__'),
      quantity: fc.constantFrom(1, 2, 3, 5_000),
      price: fc.constantFrom(0, 1.5, 19.99),
      name: fc.string(),
    }),
    6,
  )
  const customerSession = spoiled(
    fc.record({
      profileId: fc.constantFrom('', 'ann'),
      storeIntegrationId: fc.constant('new york/1'),
      state: fc.constantFrom('open', 'open', 'closed', 'cancelled', 'partially_returned'),
      cartItems: fc.array(cartItem, { maxLength: 2 }),
      attributes: fc.dictionary(fc.string(), anything, { maxKeys: 1 }),
    }),
    4,
  )
  const returned = spoiled(fc.record({ position: fc.nat(2), quantity: fc.nat(2) }))
  // Many, because a cancelled one refuses everything from then on.
  const id = fc.oneof(
    { weight: 9, arbitrary: fc.nat(12).map((n) => `${foreign}.${n}`) },
    { weight: 1, arbitrary: fc.constantFrom(foreign, 'x'.repeat(256), '%zz') },
  )
  const base = {
    surface: fc.constant('customer sessions' as const),
    who: fc.oneof(
      { weight: 9, arbitrary: fc.constant('other store' as const) },
      { weight: 1, arbitrary: fc.constantFrom('nobody' as const, 'store' as const) },
    ),
  }
  const pathOf = (...ends: string[]) =>
    fc.tuple(id, fc.constantFrom(...ends)).map(([session, end]) => `/v2/customer_sessions/${session}${end}`)
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        ...base,
        method: fc.constant('PUT'),
        path: pathOf('', '', '', '?dry=true', '?dry=x'),
        json: spoiled(fc.record({ customerSession }), 6),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        ...base,
        method: fc.constant('POST'),
        path: pathOf('/returns', '/returns?dry=true'),
        json: spoiled(fc.record({ return: fc.record({ returnedCartItems: fc.array(returned, { maxLength: 2 }) }) })),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ ...base, method: fc.constant('PUT'), path: pathOf('/reopen'), json: anything }),
    },
  )
}

const signInRequest: fc.Arbitrary<FuzzRequest> = fc.record({
  surface: fc.constant('sign-in'),
  who: fc.constant('nobody'),
  method: fc.constant('POST'),
  path: fc.constantFrom('/v1/auth/sign-in', '/v1/auth/refresh', '/v1/auth/sign-out', '/api/v1/auth/refresh'),
  // No password of anybody: hashing one takes longer than all the rest.
  json: spoiled(fc.record({ employeeNumber: fc.constant(''), password: nasty, refreshToken: nasty, device: anything })),
})

const segment = fc.oneof(
  nasty.map((text) => encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '?'))),
  nasty,
  ids,
  fc.webSegment(),
  fc.constantFrom(
    'changes',
    'days',
    'manifest',
    'sessions',
    'documents',
    'sign-in',
    'refresh',
    'mutations',
    'refusals',
    'shift-entries',
    'leases',
  ),
)
const anyPath = fc
  .tuple(
    fc.constantFrom('/v1', '/api/v1', '/v2', ''),
    fc.constantFrom('/stores/', '/sync/stores/', '/auth/', '/sync/', '/customer_sessions/', '/', '/time'),
    fc.array(segment, { maxLength: 4 }),
    fc.constantFrom('', '?since=', '?limit=', '?epoch=', '?since=1&limit=', '?dry='),
    segment,
  )
  // Streams do not end.
  .filter(([, group, segments]) => !segments.includes('stream') && !(group === '/sync/' && segments[0] === 'events'))
  .map(
    ([root, group, segments, query, value]) =>
      `${root}${group}${segments.join('/')}${query}${query === '' ? '' : value}`,
  )
const anywhereRequest: fc.Arbitrary<FuzzRequest> = fc
  .record({
    surface: fc.constant('anywhere' as const),
    who: fc.constantFrom('console' as const, 'store' as const, 'other store' as const, 'nobody' as const),
    method: fc.constantFrom('GET', 'GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
    path: anyPath,
    body: fc.oneof(
      anything.map((value) => JSON.stringify(value)),
      fc.string(),
      fc.uint8Array(),
    ),
  })
  .map((request) => (request.method === 'GET' ? { ...request, body: undefined } : request))

/** Requests of all surfaces about these sessions, by a console of this device. */
export function fuzzRequests(sessions: FuzzSessions, deviceId: string): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(
    { weight: 5, arbitrary: eventsRequest(sessions) },
    { weight: 5, arbitrary: mutationsRequest(sessions, deviceId) },
    { weight: 1, arbitrary: leasesRequest(sessions) },
    { weight: 5, arbitrary: customerSessionsRequest(sessions) },
    { weight: 1, arbitrary: signInRequest },
    { weight: 4, arbitrary: anywhereRequest },
  )
}
