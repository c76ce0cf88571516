import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DISK_CHECK_INTERVAL_MS,
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
      { type: 'pulled', storeId: 'b', more: false, unsent: 0, at: 3 },
    ])
    expect(effects.filter((effect) => effect.type !== 'wake')).toEqual([
      { type: 'open_stream' },
      { type: 'pull', storeId: 'a', fill: false },
      { type: 'pull', storeId: 'b', fill: true },
      // Dirtied again by the stream's opening.
      { type: 'pull', storeId: 'a', fill: false },
    ])
  })

  it('[PULL-5] a poke during a pull of the same store leads to another pull', () => {
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

  it('[PUSH-2] a decision is pushed at once and its stores are pulled after', () => {
    const quiet = { ...run([signedIn]).state, pulling: null, stream: 'open' as const, heartbeatAt: 0 }
    const stores = { a: { filled: true, dirty: false, pulledAt: 0, triedAt: 0 } }
    const { effects } = run(
      [
        { type: 'decided', unsent: 1, at: 5 },
        { type: 'pushed', storeIds: ['a'], unsent: 0, at: 9 },
      ],
      { ...quiet, stores },
    )
    expect(kinds(effects)).toEqual(['push', 'pull'])
  })

  it('[PUSH-4] a 401 refreshes once and resumes the push; a refused refresh asks for a sign-in and keeps what is unsent', () => {
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

  it('[CONN-2] backs off while unreachable, says offline, and is online again with the stream', () => {
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

  it('[CONN-1] a silent stream is closed and opened anew', () => {
    const start = run([signedIn, { type: 'stream_opened', at: 1 }]).state
    const { state, effects } = run([{ type: 'tick', at: 1 + HEARTBEAT_PATIENCE_MS }], start)
    expect(kinds(effects)).toEqual(['close_stream', 'open_stream'])
    expect(state.connection).toBe('degraded')
  })

  it('[CONN-1] polls without pokes', () => {
    const stores = { a: { filled: true, dirty: false, pulledAt: 0, triedAt: 0 } }
    const start: SyncState = { ...initialState, auth: 'ok', stream: 'open', heartbeatAt: POLL_INTERVAL_MS, stores }
    expect(kinds(run([{ type: 'tick', at: POLL_INTERVAL_MS }], start).effects)).toEqual(['pull'])
  })

  it('[PULL-7] a reset fills the store anew', () => {
    const start = run([signedIn]).state
    const { effects } = run(
      [
        { type: 'reset', storeId: 'a', at: 3 },
        { type: 'pulled', storeId: 'b', more: false, unsent: 0, at: 4 },
      ],
      start,
    )
    expect(effects).toContainEqual({ type: 'pull', storeId: 'a', fill: true })
  })

  it('[PULL-6] a busy or failing store does not keep the others waiting', () => {
    let { state } = run([
      { ...signedIn, stores: { a: { filled: true }, b: { filled: true }, c: { filled: true } } },
      { type: 'stream_opened', at: 1 },
    ])
    const order: string[] = []
    for (let at = 2; at < 20_000; at += 1_000) {
      const pulled = state.pulling
      if (pulled === null) {
        state = run([{ type: 'tick', at }], state).state
        continue
      }
      order.push(pulled)
      const ended: SyncEvent =
        pulled === 'b' ? failed('pull', 'later', at) : { type: 'pulled', storeId: pulled, more: true, unsent: 0, at }
      state = run([ended], state).state
    }
    expect(order.slice(0, 6)).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('[PULL-10] a full disk pauses pulls, not pushes, and is looked at again', () => {
    const start = run([{ ...signedIn, unsent: 1 }]).state
    const low = run([{ type: 'disk_low', storeId: 'a', at: 10 }], start)
    expect(kinds(low.effects)).toEqual([])
    expect(low.state.pulling).toBeNull()
    const decided = run(
      [
        { type: 'pushed', storeIds: ['a'], unsent: 0, at: 20 },
        { type: 'decided', unsent: 1, at: 30 },
      ],
      low.state,
    )
    expect(kinds(decided.effects)).toEqual(['push'])
    const checkAt = low.state.diskCheckAt ?? 0
    expect(checkAt).toBe(10 + DISK_CHECK_INTERVAL_MS)
    const checked = run([{ type: 'tick', at: checkAt }], { ...decided.state, stream: 'open', heartbeatAt: checkAt })
    expect(kinds(checked.effects)).toEqual(['pull'])
    const room = run([{ type: 'pulled', storeId: 'b', more: false, unsent: 0, at: checkAt + 1 }], checked.state)
    expect(room.state.diskCheckAt).toBeNull()
  })

  it.each(['sequence_gap', 'sequence_reused'] as const)(
    '[PUSH-5] after %s decisions are numbered anew, the sign-in moves to the new device, and they are pushed again',
    (code) => {
      const start = run([{ ...signedIn, unsent: 2 }]).state
      const conflict = { ...failed('push', 'later'), code, lastMutationSeq: 3 } as SyncEvent
      const refused = run([conflict], start)
      expect(kinds(refused.effects)).toEqual(['renumber'])
      expect(refused.effects[0]).toEqual({ type: 'renumber', lastMutationSeq: 3 })
      expect(kinds(run([{ type: 'decided', unsent: 3, at: 11 }], refused.state).effects)).toEqual([])
      const renumbered = run([{ type: 'renumbered', unsent: 3, at: 12 }], refused.state)
      expect(kinds(renumbered.effects)).toEqual(['refresh'])
      expect(kinds(run([{ type: 'refreshed', at: 13 }], renumbered.state).effects)).toContain('push')
    },
  )

  it('[PUSH-5] a disk that does not take the new numbers is asked again later', () => {
    const start = run([{ ...signedIn, unsent: 2 }]).state
    const conflict = { ...failed('push', 'later'), code: 'sequence_gap', lastMutationSeq: 0 } as SyncEvent
    const stuck = run(
      [conflict, { ...failed('push', 'later', 12), what: 'renumber', code: 'internal' } as SyncEvent],
      start,
    )
    expect(stuck.state).toMatchObject({ pushing: false, unsent: 2 })
    expect(kinds(run([{ type: 'tick', at: stuck.state.retryAt ?? 0 }], stuck.state).effects)).toContain('push')
  })

  it('[CONN-2] waits as long as the backend asks', () => {
    const busy = { ...failed('push', 'later'), code: 'unavailable', retryAfterMs: 7_000 } as SyncEvent
    expect(run([busy], run([{ ...signedIn, unsent: 1 }]).state).state.retryAt).toBeGreaterThanOrEqual(7_010)
  })

  it('[CONN-4] an unsupported protocol keeps everything and asks again, slowly', () => {
    const outdated = { ...failed('push', 'later'), code: 'upgrade_required', retry: 'upgrade' } as SyncEvent
    const { state } = run([outdated], run([{ ...signedIn, unsent: 1 }]).state)
    expect(state).toMatchObject({ unsent: 1, problem: 'upgrade_required', connection: 'degraded' })
    expect(state.retryAt).not.toBeNull()
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
    (at) => ({ type: 'disk_low', storeId: 'a', at }),
    (at) => ({ type: 'renumbered', unsent: 2, at }),
    (at) => ({ ...failed('push', 'later', at), code: 'sequence_gap', lastMutationSeq: 1 }) as SyncEvent,
  ),
  fc
    .tuple(
      fc.constantFrom('pull', 'push', 'stream', 'refresh', 'renumber') as fc.Arbitrary<'pull'>,
      fc.constantFrom('never', 'later', 'sign_in') as fc.Arbitrary<'later'>,
    )
    .map(
      ([what, retry]) =>
        (at: number) =>
          failed(what, retry, at),
    ),
)

describe(`properties (seed ${seed})`, () => {
  it('[PUSH-2] [CONN-2] never runs two pulls or pushes at once, and never stalls while signed in', () => {
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
