/** Whatever is sent to whichever endpoint: never an answer of the 5xx kind, never one that is not JSON or a block. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { problemSchema } from '#shared/protocol/problems.ts'
import { describeBackend, factsOf, freshId, type TestBackend } from '../testing/test-backend.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_260_310)
const RUNS = 150

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
const ids = fc.constantFrom('fuzz-session', 'fuzz-event', 'v1', '1', 'berlin')
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

/** A valid object, half of the time with some of its fields spoiled or added. */
function spoiled(valid: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<unknown> {
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
  return fc.oneof(valid, worse)
}

const instant = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('2026-03-10T11:00:00Z', '2026-03-10T12:00:00+02:00') },
  { weight: 1, arbitrary: nasty },
)
const event = spoiled(
  fc.record({
    id: fc.oneof(ids, fc.uuid()),
    sessionId: fc.constantFrom('fuzz-session', 'fuzz-session-2', 'fuzz-foreign'),
    type: fc.constantFrom(
      'session.started',
      'item.added',
      'verification.required',
      'payment.completed',
      'exit.scanned',
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
  }),
)
/** `seq` counts from the device's last one. */
const mutation = spoiled(
  fc.record({
    id: fc.oneof(ids, fc.uuid()),
    seq: fc.constantFrom(1, 1, 1, 2, 0, -1, 2 ** 53),
    storeId: fc.constantFrom('berlin', 'berlin', 'new york/1', 'paris'),
    sessionId: fc.constantFrom('fuzz-session', 'fuzz-foreign', 'nobody'),
    type: fc.constantFrom(
      'verification.acknowledge',
      'verification.resolve',
      'verification.request',
      'note.add',
      'basket.review',
    ),
    occurredAt: instant,
    payload: spoiled(
      fc.record({
        verificationId: ids,
        outcome: fc.constantFrom('approved', 'rejected'),
        kind: fc.constantFrom('spot_check', 'age_verification'),
        reason: fc.string({ minLength: 1 }),
        text: fc.string({ minLength: 1 }),
        putBack: fc.boolean(),
        differences: fc.array(fc.dictionary(fc.oneof(fc.constant('kind'), nasty), anything), { maxLength: 2 }),
      }),
    ),
  }),
)

describeBackend('any input', (world) => {
  async function check(backend: TestBackend, path: string, call: Parameters<TestBackend['fetch']>[1]) {
    let response: Response
    try {
      response = await backend.fetch(path, call)
    } catch (error) {
      // `fetch` itself refuses some URLs and headers; those never reach a backend.
      if (error instanceof TypeError) return
      throw error
    }
    const text = await response.text()
    expect(response.status, `${path} ${JSON.stringify(call)} → ${text}`).toBeLessThan(500)
    if (response.status >= 400) problemSchema.parse(JSON.parse(text))
  }
  const assert = (property: fc.IAsyncProperty<unknown>) => fc.assert(property, { seed, numRuns: RUNS })

  it(`survives events (seed ${seed})`, async () => {
    const backend = world()
    await backend.send('new york/1', [factsOf('fuzz-foreign').started()])
    const body = fc.oneof(
      { weight: 4, arbitrary: fc.array(event, { maxLength: 6 }).map((events) => ({ events })) },
      { weight: 1, arbitrary: anything },
    )
    await assert(
      fc.asyncProperty(body, (json) => check(backend, '/v1/stores/berlin/events', { key: 'key-of-berlin', json })),
    )
    const stored = await backend.fetch('/v1/stores/berlin/sessions/fuzz-session', { key: 'key-of-berlin' })
    if (stored.status === 200) await backend.session('berlin', 'fuzz-session')
  })

  it(`survives mutations, and what they leave can be pulled (seed ${seed})`, async () => {
    const backend = world()
    const console = await backend.signIn('100', freshId('device'))
    const story = factsOf('fuzz-session')
    await backend.send('berlin', [story.started(), story.check('v1'), story.check('1', 'age_verification')])
    await assert(
      fc.asyncProperty(mutation, async (sample) => {
        const { lastMutationSeq } = await backend.push(console, [])
        const { seq } = sample as { seq: unknown }
        const numbered = typeof seq === 'number' ? { ...(sample as object), seq: seq + lastMutationSeq } : sample
        await check(backend, '/v1/sync/mutations', {
          token: console.token,
          json: { deviceId: console.deviceId, mutations: [numbered] },
        })
      }),
    )
    expect((await backend.push(console, [])).lastMutationSeq).toBeGreaterThan(RUNS / 10)
    for (let since = 0, more = true; more; ) {
      const page = await backend.pull(console, 'berlin', since)
      since = page.version
      more = page.more
    }
    await backend.manifest(console, 'berlin')
  })

  it(`survives every other path, query, header and body (seed ${seed})`, async () => {
    const backend = world()
    const { token } = await backend.signIn('100', freshId('device'))
    const segment = fc.oneof(
      nasty.map((text) => encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '?'))),
      nasty,
      ids,
      fc.webSegment(),
    )
    const path = fc
      .tuple(
        fc.constantFrom('/v1', '/api/v1', ''),
        fc.constantFrom('/stores/', '/sync/stores/', '/auth/', '/sync/', '/', '/time'),
        fc.array(
          fc.oneof(
            segment,
            fc.constantFrom('berlin', 'changes', 'days', 'manifest', 'sessions', 'sign-in', 'refresh', 'mutations'),
          ),
          {
            maxLength: 4,
          },
        ),
        fc.constantFrom('', '?since=', '?limit=', '?epoch=', '?since=1&limit='),
        segment,
      )
      .filter(([, , segments]) => !segments.includes('events') && !segments.includes('stream'))
      .map(
        ([root, group, segments, query, value]) =>
          `${root}${group}${segments.join('/')}${query}${query === '' ? '' : value}`,
      )
    await assert(
      fc.asyncProperty(
        path,
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'),
        fc.constantFrom({ token }, { key: 'key-of-berlin' }, {}),
        fc.oneof(
          anything.map((value) => JSON.stringify(value)),
          fc.string(),
          fc.uint8Array(),
        ),
        async (url, method, who, body) => {
          const bodyless = method === 'GET' || method === 'HEAD'
          if (method === 'HEAD') return
          await check(backend, url, { ...who, method, body: bodyless ? undefined : body })
        },
      ),
    )
    await assert(
      fc.asyncProperty(
        spoiled(fc.record({ employeeNumber: fc.constant(''), password: nasty, device: anything })),
        (json) => check(backend, '/v1/auth/sign-in', { json }),
      ),
    )
    await assert(
      fc.asyncProperty(nasty, (refreshToken) => check(backend, '/v1/auth/refresh', { json: { refreshToken } })),
    )
  })
})
