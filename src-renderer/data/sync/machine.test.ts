import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  HEARTBEAT_PATIENCE_MS,
  initialState,
  POLL_INTERVAL_MS,
  type SyncEffect,
  type SyncEvent,
  type SyncState,
  step,
} from './machine.ts'

function run(events: SyncEvent[], from: SyncState = initialState) {
  let state = from
  const effects: SyncEffect[] = []
  for (const event of events) {
    const result = step(state, event)
    state = result.state
    effects.push(...result.effects)
  }
  return { state, effects }
}
const kinds = (effects: SyncEffect[]) => effects.filter((effect) => effect.type !== 'wake').map((effect) => effect.type)
const signedIn: SyncEvent = {
  type: 'signed_in',
  at: 0,
  stores: { a: { filled: true }, b: { filled: false } },
  unsent: 0,
}
const failed = (
  what: 'pull' | 'push' | 'stream' | 'refresh',
  retry: 'never' | 'later' | 'sign_in',
  at = 10,
): SyncEvent => ({
  type: 'failed',
  what,
  code: retry === 'sign_in' ? 'token_expired' : 'backend_unreachable',
  retry,
  retryAfterMs: null,
  random: 0.5,
  at,
})

describe('what runs when', () => {
  it('opens the stream and fills or pulls one store at a time after a sign-in', () => {
    const { effects } = run([
      signedIn,
      { type: 'stream_opened', at: 1 },
      { type: 'pulled', storeId: 'a', more: false, unsent: 0, at: 2 },
    ])
    expect(effects.filter((effect) => effect.type !== 'wake')).toEqual([
      { type: 'open_stream' },
      { type: 'pull', storeId: 'a', fill: false },
      // Dirtied again by the stream's opening.
      { type: 'pull', storeId: 'a', fill: false },
    ])
  })

  it('a poke during a pull of the same store leads to another pull', () => {
    const start = run([signedIn]).state
    const { effects } = run(
      [
        { type: 'poked', storeId: 'a', at: 5 },
        { type: 'pulled', storeId: 'a', more: false, unsent: 0, at: 6 },
      ],
      start,
    )
    expect(kinds(effects)).toEqual(['pull'])
  })

  it('a decision is pushed at once and its stores are pulled after', () => {
    const quiet = { ...run([signedIn]).state, pulling: null, stream: 'open' as const, heartbeatAt: 0 }
    const stores = { a: { filled: true, dirty: false, pulledAt: 0 } }
    const { effects } = run(
      [
        { type: 'decided', unsent: 1, at: 5 },
        { type: 'pushed', storeIds: ['a'], unsent: 0, at: 9 },
      ],
      { ...quiet, stores },
    )
    expect(kinds(effects)).toEqual(['push', 'pull'])
  })

  it('a 401 refreshes once and resumes the push; a refused refresh asks for a sign-in and keeps what is unsent', () => {
    const start = run([{ ...signedIn, unsent: 2 }]).state
    const expired = run([failed('push', 'sign_in'), failed('pull', 'sign_in', 11)], start)
    expect(kinds(expired.effects)).toEqual(['refresh'])
    expect(expired.state).toMatchObject({ auth: 'refreshing', unsent: 2, pushing: false })
    const resumed = run([{ type: 'refreshed', at: 12 }], expired.state)
    expect(kinds(resumed.effects)).toEqual(['push', 'pull'])
    const refused = run([failed('refresh', 'sign_in', 12)], expired.state)
    expect(refused.state).toMatchObject({ auth: 'needed', unsent: 2 })
    expect(kinds(refused.effects)).toEqual([])
    expect(run([{ type: 'tick', at: 99_999 }], refused.state).effects).toEqual([])
  })

  it('backs off while unreachable, says offline, and is online again with the stream', () => {
    const start = run([signedIn]).state
    const down = run([failed('stream', 'later')], start)
    expect(down.state.connection).toBe('offline')
    expect(down.effects).toEqual([{ type: 'wake', at: down.state.retryAt }])
    const retried = run([{ type: 'tick', at: down.state.retryAt ?? 0 }], down.state)
    expect(kinds(retried.effects)).toContain('open_stream')
    expect(run([{ type: 'stream_opened', at: 5_000 }], retried.state).state).toMatchObject({
      connection: 'online',
      failures: 0,
      problem: null,
    })
  })

  it('a silent stream is closed and opened anew', () => {
    const start = run([signedIn, { type: 'stream_opened', at: 1 }]).state
    const { state, effects } = run([{ type: 'tick', at: 1 + HEARTBEAT_PATIENCE_MS }], start)
    expect(kinds(effects)).toEqual(['close_stream', 'open_stream'])
    expect(state.connection).toBe('degraded')
  })

  it('polls without pokes', () => {
    const stores = { a: { filled: true, dirty: false, pulledAt: 0 } }
    const start: SyncState = { ...initialState, auth: 'ok', stream: 'open', heartbeatAt: POLL_INTERVAL_MS, stores }
    expect(kinds(run([{ type: 'tick', at: POLL_INTERVAL_MS }], start).effects)).toEqual(['pull'])
  })

  it('a reset fills the store anew', () => {
    const start = run([signedIn]).state
    const { effects } = run([{ type: 'reset', storeId: 'a', at: 3 }], start)
    expect(effects).toContainEqual({ type: 'pull', storeId: 'a', fill: true })
  })
})

const seed = Number(process.env.FLOORWALKER_SEED ?? 7)
const eventArbitrary: fc.Arbitrary<(at: number) => SyncEvent> = fc.oneof(
  fc.constantFrom<(at: number) => SyncEvent>(
    (at) => ({ ...signedIn, at }),
    (at) => ({ type: 'tick', at }),
    (at) => ({ type: 'sync_now', at }),
    (at) => ({ type: 'stream_opened', at }),
    (at) => ({ type: 'heartbeat', at }),
    (at) => ({ type: 'stream_ended', at }),
    (at) => ({ type: 'poked', storeId: 'a', at }),
    (at) => ({ type: 'pulled', storeId: 'a', more: true, unsent: 1, at }),
    (at) => ({ type: 'pushed', storeIds: ['b'], unsent: 0, at }),
    (at) => ({ type: 'decided', unsent: 3, at }),
    (at) => ({ type: 'refreshed', at }),
    (at) => ({ type: 'signed_out', at }),
  ),
  fc
    .tuple(
      fc.constantFrom('pull', 'push', 'stream', 'refresh') as fc.Arbitrary<'pull'>,
      fc.constantFrom('never', 'later', 'sign_in') as fc.Arbitrary<'later'>,
    )
    .map(
      ([what, retry]) =>
        (at: number) =>
          failed(what, retry, at),
    ),
)

describe(`properties (seed ${seed})`, () => {
  it('never runs two pulls or pushes at once, and never stalls while signed in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(eventArbitrary, fc.integer({ min: 0, max: 40_000 })), { maxLength: 60 }),
        (script) => {
          let state = initialState
          let now = 0
          for (const [make, delay] of script) {
            now += delay
            const before = state
            const { state: after, effects } = step(state, make(now))
            const pulls = effects.filter((effect) => effect.type === 'pull')
            const pushes = effects.filter((effect) => effect.type === 'push')
            expect(pulls.length).toBeLessThanOrEqual(1)
            expect(pushes.length).toBeLessThanOrEqual(1)
            if (pushes.length > 0 && before.pushing) expect(after.auth).toBe('ok')
            if (after.auth === 'ok') {
              const busy = after.pulling !== null || after.pushing || after.stream !== 'closed'
              const wakes = effects.some((effect) => effect.type === 'wake')
              expect(busy || wakes).toBe(true)
              if (after.retryAt !== null && now < after.retryAt) expect(after.retryAt - now).toBeLessThanOrEqual(15_001)
            }
            state = after
          }
        },
      ),
      { seed, numRuns: 2_000 },
    )
  })
})
