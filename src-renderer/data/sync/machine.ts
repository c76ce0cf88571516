/**
 * The sync engine as a pure machine: `(state, event) → (state, effects)`. It decides what to do next; the runner does
 * it. Time is monotonic milliseconds, randomness is a number in [0, 1), both carried by the events.
 */
import type { ProblemCode, RetryClass } from '#shared/protocol/problems.ts'

export const POLL_INTERVAL_MS = 60_000
/** Two missed heartbeats and a little. */
export const HEARTBEAT_PATIENCE_MS = 35_000
const STREAM_PAUSE_MS = 300
const BACKOFF_BASE_MS = 500
const BACKOFF_CAP_MS = 15_000
/** How often a disk that was too full is looked at again. */
export const DISK_CHECK_INTERVAL_MS = 30_000

export interface StoreState {
  /** False until the first sync put a cursor; also after a reset. */
  filled: boolean
  /** The backend may have news. */
  dirty: boolean
  pulledAt: number | null
  /** When the last pull began; the one longest ago comes first, so no store starves behind a busy or failing one. */
  triedAt: number | null
}

export interface SyncState {
  /** `none`: nobody is signed in. `needed`: the backend wants a new sign-in; decisions are kept meanwhile. */
  auth: 'none' | 'ok' | 'refreshing' | 'needed'
  connection: 'connecting' | 'online' | 'degraded' | 'offline'
  problem: ProblemCode | null
  stores: Readonly<Record<string, StoreState>>
  /** Decisions to push: rows without a verdict. */
  unsent: number
  pulling: string | null
  pushing: boolean
  stream: 'closed' | 'opening' | 'open'
  heartbeatAt: number | null
  failures: number
  retryAt: number | null
  /** Pulls wait until then because the disk is nearly full; pushes do not. */
  diskCheckAt: number | null
}

export type SyncEvent = { at: number } & (
  | { type: 'signed_in'; stores: Record<string, { filled: boolean }>; unsent: number }
  | { type: 'stores_added'; stores: Record<string, { filled: boolean }> }
  | { type: 'signed_out' }
  | { type: 'tick' }
  | { type: 'sync_now' }
  | { type: 'decided'; unsent: number }
  | { type: 'stream_opened' }
  | { type: 'heartbeat' }
  | { type: 'poked'; storeId: string }
  | { type: 'stream_ended' }
  | { type: 'pulled'; storeId: string; more: boolean; unsent: number }
  | { type: 'reset'; storeId: string }
  | { type: 'store_withdrawn'; storeId: string }
  | { type: 'disk_low'; storeId: string }
  | { type: 'pushed'; storeIds: string[]; unsent: number }
  /** The decisions have a new device and new numbers. */
  | { type: 'renumbered'; unsent: number }
  | { type: 'refreshed' }
  | {
      type: 'failed'
      what: 'pull' | 'push' | 'stream' | 'refresh' | 'renumber'
      code: ProblemCode
      retry: RetryClass
      retryAfterMs: number | null
      random: number
      /** Of a sequence conflict: the last seq of this device that the backend knows. */
      lastMutationSeq?: number
    }
)

export type SyncEffect =
  | { type: 'pull'; storeId: string; fill: boolean }
  | { type: 'push' }
  | { type: 'open_stream' }
  | { type: 'close_stream' }
  | { type: 'refresh' }
  /** Number the decisions anew, under a new device: the backend's count of this device disagrees with ours. */
  | { type: 'renumber'; lastMutationSeq: number }
  /** Feed a `tick` at this monotonic instant; replaces an earlier wake. */
  | { type: 'wake'; at: number }

export const initialState: SyncState = {
  auth: 'none',
  connection: 'connecting',
  problem: null,
  stores: {},
  unsent: 0,
  pulling: null,
  pushing: false,
  stream: 'closed',
  heartbeatAt: null,
  failures: 0,
  retryAt: null,
  diskCheckAt: null,
}

/** One step of the machine. Pure: equal inputs give equal outputs. */
export function step(state: SyncState, event: SyncEvent): { state: SyncState; effects: SyncEffect[] } {
  const [next, effects] = react(state, event)
  return plan(next, event.at, effects)
}

const UNREACHABLE: ReadonlySet<ProblemCode> = new Set(['backend_unreachable', 'not_a_backend'])

function contact(state: SyncState): SyncState {
  const connection = state.stream === 'open' ? 'online' : state.connection === 'offline' ? 'degraded' : state.connection
  return { ...state, connection, problem: null, failures: 0, retryAt: null }
}

function patchStore(state: SyncState, storeId: string, patch: Partial<StoreState>): SyncState {
  const store = state.stores[storeId]
  if (store === undefined) return state
  return { ...state, stores: { ...state.stores, [storeId]: { ...store, ...patch } } }
}

function newStores(stores: Record<string, { filled: boolean }>): SyncState['stores'] {
  return Object.fromEntries(
    Object.entries(stores).map(([id, { filled }]) => [id, { filled, dirty: true, pulledAt: null, triedAt: null }]),
  )
}

function allDirty(state: SyncState): SyncState {
  const stores = Object.fromEntries(Object.entries(state.stores).map(([id, store]) => [id, { ...store, dirty: true }]))
  return { ...state, stores }
}

function react(state: SyncState, event: SyncEvent): [SyncState, SyncEffect[]] {
  switch (event.type) {
    case 'signed_in': {
      const stores = newStores(event.stores)
      // A stream of an earlier identity would poke for the wrong stores.
      const effects: SyncEffect[] = state.stream === 'closed' ? [] : [{ type: 'close_stream' }]
      return [{ ...initialState, connection: state.connection, auth: 'ok', stores, unsent: event.unsent }, effects]
    }
    case 'stores_added':
      return [{ ...state, stores: { ...newStores(event.stores), ...state.stores } }, []]
    case 'signed_out':
      return [{ ...initialState, connection: state.connection }, [{ type: 'close_stream' }]]
    case 'tick':
      return [state, []]
    case 'sync_now':
      return [{ ...allDirty(state), retryAt: null, diskCheckAt: null }, []]
    case 'decided':
      return [{ ...state, unsent: event.unsent }, []]
    case 'stream_opened':
      // Pokes may have been missed while the stream was down.
      return [contact({ ...allDirty(state), stream: 'open', heartbeatAt: event.at }), []]
    case 'heartbeat':
      return [contact({ ...state, heartbeatAt: event.at }), []]
    case 'poked':
      return [contact(patchStore({ ...state, heartbeatAt: event.at }, event.storeId, { dirty: true })), []]
    case 'stream_ended': {
      const connection = state.connection === 'online' ? 'degraded' : state.connection
      // A short pause: a backend that closes every stream at once must not be asked in a tight loop.
      return [{ ...state, stream: 'closed', connection, retryAt: state.retryAt ?? event.at + STREAM_PAUSE_MS }, []]
    }
    case 'pulled': {
      const pulled = { ...state, pulling: null, diskCheckAt: null, unsent: event.unsent }
      // `dirty` was cleared when the pull began: a poke meanwhile stays.
      const dirty = event.more || (state.stores[event.storeId]?.dirty ?? false)
      return [contact(patchStore(pulled, event.storeId, { filled: true, dirty, pulledAt: event.at })), []]
    }
    case 'reset':
      return [contact(patchStore({ ...state, pulling: null }, event.storeId, { filled: false, dirty: true })), []]
    case 'store_withdrawn': {
      const { [event.storeId]: _gone, ...stores } = state.stores
      return [contact({ ...state, stores, pulling: null }), []]
    }
    case 'disk_low': {
      const waiting = { ...state, pulling: null, diskCheckAt: event.at + DISK_CHECK_INTERVAL_MS }
      return [patchStore(waiting, event.storeId, { dirty: true }), []]
    }
    case 'renumbered': {
      const next = { ...allDirty(state), pushing: false, unsent: event.unsent }
      // The sign-in still names the old device: a refresh moves it to the new one.
      return state.auth === 'ok' ? [{ ...next, auth: 'refreshing' }, [{ type: 'refresh' }]] : [next, []]
    }
    case 'pushed': {
      let next: SyncState = { ...state, pushing: false, unsent: event.unsent }
      for (const storeId of event.storeIds) next = patchStore(next, storeId, { dirty: true })
      return [contact(next), []]
    }
    case 'refreshed':
      // Failures stay counted: a backend that refreshes but keeps refusing must not be asked in a tight loop.
      return [{ ...state, auth: 'ok' }, []]
    case 'failed':
      return fail(state, event)
  }
}

function fail(state: SyncState, event: Extract<SyncEvent, { type: 'failed' }>): [SyncState, SyncEffect[]] {
  let next: SyncState = { ...state, problem: event.code }
  if (event.what === 'push' || event.what === 'renumber') next.pushing = false
  if (event.what === 'stream') next.stream = 'closed'
  if (event.what === 'pull' && state.pulling !== null) {
    next = patchStore({ ...next, pulling: null }, state.pulling, { dirty: true })
  }
  const failures = state.failures + 1
  if (event.what === 'push' && (event.code === 'sequence_gap' || event.code === 'sequence_reused')) {
    const retryAt = failures > 2 ? event.at + backoff(failures, event.random) : null
    const effect: SyncEffect = { type: 'renumber', lastMutationSeq: event.lastMutationSeq ?? 0 }
    return [{ ...next, pushing: true, failures, retryAt }, [effect]]
  }
  if (event.retry === 'sign_in' && event.what !== 'refresh') {
    // A 401 pauses, refreshes and resumes; it never drops anything.
    if (state.auth !== 'ok') return [next, []]
    const retryAt = failures > 2 ? event.at + backoff(failures, event.random) : null
    return [{ ...next, auth: 'refreshing', failures, retryAt }, [{ type: 'refresh' }]]
  }
  if (event.what === 'refresh') next.auth = event.retry === 'sign_in' ? 'needed' : 'ok'
  const delay = Math.max(event.retryAfterMs ?? 0, backoff(failures, event.random))
  next = {
    ...next,
    failures,
    retryAt: event.at + delay,
    connection: UNREACHABLE.has(event.code) ? 'offline' : 'degraded',
  }
  return [next, []]
}

function backoff(failures: number, random: number): number {
  const ceiling = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(failures, 10))
  return ceiling / 4 + random * ceiling * 0.75
}

/** Starts whatever may run now and says when to look again. */
function plan(start: SyncState, at: number, effects: SyncEffect[]): { state: SyncState; effects: SyncEffect[] } {
  let state = start
  if (state.auth !== 'ok') return { state, effects }
  if (state.stream === 'open' && state.heartbeatAt !== null && at - state.heartbeatAt >= HEARTBEAT_PATIENCE_MS) {
    state = { ...state, stream: 'closed', connection: 'degraded' }
    effects.push({ type: 'close_stream' })
  }
  if (state.retryAt !== null && at < state.retryAt) {
    effects.push({ type: 'wake', at: state.retryAt })
    return { state, effects }
  }
  if (state.stream === 'closed') {
    state = { ...state, stream: 'opening' }
    effects.push({ type: 'open_stream' })
  }
  if (!state.pushing && state.unsent > 0) {
    state = { ...state, pushing: true }
    effects.push({ type: 'push' })
  }
  const diskIsLow = state.diskCheckAt !== null && at < state.diskCheckAt
  if (state.pulling === null && !diskIsLow) {
    const due = Object.entries(state.stores)
      .filter(([, store]) => store.dirty || (store.pulledAt !== null && at - store.pulledAt >= POLL_INTERVAL_MS))
      .reduce<[string, StoreState] | undefined>(
        (first, other) => (first === undefined || (other[1].triedAt ?? -1) < (first[1].triedAt ?? -1) ? other : first),
        undefined,
      )
    if (due !== undefined) {
      const [storeId, store] = due
      state = patchStore({ ...state, pulling: storeId }, storeId, { dirty: false, triedAt: at })
      effects.push({ type: 'pull', storeId, fill: !store.filled })
    }
  }
  // The end of a running pull plans anew.
  const mayPull = state.pulling === null && !diskIsLow
  const deadlines = Object.values(state.stores).flatMap((store) =>
    mayPull && store.pulledAt !== null ? [store.pulledAt + POLL_INTERVAL_MS] : [],
  )
  if (state.stream === 'open' && state.heartbeatAt !== null) deadlines.push(state.heartbeatAt + HEARTBEAT_PATIENCE_MS)
  if (state.diskCheckAt !== null) deadlines.push(state.diskCheckAt)
  if (deadlines.length > 0) effects.push({ type: 'wake', at: Math.max(at + 50, Math.min(...deadlines)) })
  return { state, effects }
}
