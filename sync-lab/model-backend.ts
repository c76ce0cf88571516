/**
 * The backend as a model: the same paths and the same rules (`src-shared`) over plain maps, answering at once. Its state can
 * be copied and put back, which is how it is "restored from a backup". `model-parity.test.ts` holds it to the real one.
 */
import type { z } from 'zod'
import { canonicalJson } from '#shared/protocol/canonical-json.ts'
import { encodeDayBlock } from '#shared/protocol/day-block.ts'
import { encodeDayFrameHead } from '#shared/protocol/day-frames.ts'
import {
  type Decision,
  decisionPayloads,
  decisionTypeSchema,
  type Mutation,
  type MutationResult,
  type OutcomeVerdict,
  pushRequestSchema,
  type RefusalCode,
  type Verdict,
} from '#shared/protocol/decisions.ts'
import { eventsRequestSchema, storeFactSchema } from '#shared/protocol/integration.ts'
import { describeIssue } from '#shared/protocol/primitives.ts'
import { PROBLEM_MEDIA_TYPE, type ProblemCode, type ProblemDetails, problem } from '#shared/protocol/problems.ts'
import { MAX_REFUSALS_PER_PAGE, type RefusalEntry } from '#shared/protocol/refusals.ts'
import type { SessionDocument, SessionEvent } from '#shared/protocol/session-document.ts'
import {
  MAX_SHIFT_ENTRIES_PER_PAGE,
  type ShiftDecision,
  type ShiftEntry,
  shiftDecisionPayloads,
  shiftDecisionTypeSchema,
  shiftSessionId,
} from '#shared/protocol/shift-entries.ts'
import type { Bootstrap, StoreSettings } from '#shared/protocol/store-settings.ts'
import {
  ACCESS_TOKEN_LIFETIME_MS,
  DAY_BLOCK_MEDIA_TYPE,
  DAY_FRAMES_MEDIA_TYPE,
  daysRequestSchema,
  documentsRequestSchema,
  type HeldCheck,
  type Identity,
  leasesRequestSchema,
  PROTOCOL_HEADER,
  refreshRequestSchema,
  signInRequestSchema,
} from '#shared/protocol/sync.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import { dayOf, summarize } from '#shared/session/session-summary.ts'
import { judgeDecision, judgeLapse, leavesEvent } from '#shared/verification/judge-decision.ts'
import { judgeShiftDecision } from '#shared/verification/judge-shift-decision.ts'
import { nextEntry, refusalOf } from '#shared/verification/refusal-chain.ts'

const REFRESH_LIFETIME_MS = 90 * 24 * 3_600_000
const CONCURRENT_REFRESH_MS = 20_000

export interface ModelRequest {
  method: string
  /** With its query. */
  path: string
  headers: Record<string, string>
  body: string | null
}
export interface ModelAnswer {
  status: number
  headers: Record<string, string>
  body: string | Uint8Array | null
  /** Of the event stream: starts feeding it and answers how to stop. */
  open?: (sink: EventSink) => () => void
}
export interface EventSink {
  send(event: 'poke' | 'heartbeat', data: unknown): void
  end(): void
}

interface StoreState {
  settings: StoreSettings
  version: number
  sessions: Map<string, SessionDocument>
  /** Versions of sessions that were deleted. */
  tombstones: Map<string, number>
  /** Sessions of ids that the store's events have. */
  eventIds: Map<string, string>
  /** The register of refused age verifications, oldest first. */
  refusals: RefusalEntry[]
  /** Notes on shifts and who took them over, oldest first. */
  shiftEntries: ShiftEntry[]
}
interface Lease extends HeldCheck {
  employeeNumber: string
  /** UTC milliseconds. */
  until: number
}
/** One processed mutation. */
export interface ProcessedMutation {
  deviceId: string
  seq: number
  mutationId: string
  /** The first use of its id; a later one is a duplicate. */
  ownsId: boolean
  content: string
  employeeNumber: string
  storeId: string
  sessionId: string
  storeVersion: number | null
  verdict: Verdict
  /** Position among all mutations that ever arrived, over restores. */
  arrival: number
}
interface EmployeeState {
  number: string
  name: string
  password: string
  role: Bootstrap['employees'][number]['role']
  stores: string[]
}
interface AuthSession {
  id: string
  employeeNumber: string
  deviceId: string
  revoked: boolean
  /** The newest rotation whose tokens were used, and when; a refresh token before it is spent. */
  usedGeneration: number
  usedAt: number
}
interface Token {
  authSessionId: string
  expiresAt: number
  /** Which rotation of the sign-in issued it. */
  generation: number
}
interface State {
  stores: Map<string, StoreState>
  employees: Map<string, EmployeeState>
  /** By device, in the order of `seq`, from 1. */
  devices: Map<string, ProcessedMutation[]>
  owners: Map<string, ProcessedMutation>
  authSessions: Map<string, AuthSession>
  refreshTokens: Map<string, Token>
  /** Of taken checks, by session and verification. */
  leases: Map<string, Lease>
}
interface Caller {
  employee: EmployeeState
  deviceId: string
  authSessionId: string
  tokenExpiresAt: number
}

class Refusal extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly details: ProblemDetails = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(code)
  }
}

/** The process died in the middle of a batch: what was processed stays, nothing is answered. */
export class BackendDied extends Error {}

/** A copy of the backend's data, as a backup holds it. */
export type Backup = State

export interface ModelOptions {
  bootstrap: Bootstrap
  /** Wall clock, UTC milliseconds. */
  now: () => number
  /** A planted bug: a version is given out at once and becomes visible when `commit` is called. */
  deferCommit?: (commit: () => void) => void
}

export class ModelBackend {
  epoch = 'epoch-1'
  /** Protocol versions it accepts. */
  accepts = ['1']
  /** Field names that documents of a newer protocol carry. */
  extraFields = false
  /** Mutations it still processes before its process dies. */
  diesAfter = Number.POSITIVE_INFINITY
  /** Ids of mutations that arrived at any time, whatever a restore took back. */
  readonly everArrived = new Set<string>()
  #state: State
  #streams = new Set<{ caller: Caller; sink: EventSink }>()
  #accessTokens = new Map<string, Token>()
  #minted = 0
  #arrivals = 0
  readonly #blocks = new Map<string, { tag: string; bytes: Uint8Array }>()
  readonly #options: ModelOptions

  constructor(options: ModelOptions) {
    this.#options = options
    const { stores, employees } = options.bootstrap
    this.#state = {
      stores: new Map(
        stores.map((settings) => [
          settings.id,
          {
            settings,
            version: 0,
            sessions: new Map(),
            tombstones: new Map(),
            eventIds: new Map(),
            refusals: [],
            shiftEntries: [],
          },
        ]),
      ),
      employees: new Map(employees.map((employee) => [employee.number, { ...employee }])),
      devices: new Map(),
      owners: new Map(),
      authSessions: new Map(),
      refreshTokens: new Map(),
      leases: new Map(),
    }
  }

  /** Answers one request. @throws BackendDied */
  handle(request: ModelRequest): ModelAnswer {
    try {
      const version = request.headers[PROTOCOL_HEADER]
      if (version !== undefined && !this.accepts.includes(version)) throw new Refusal('upgrade_required')
      const answer = this.#route(request)
      return { ...answer, headers: { ...answer.headers, [PROTOCOL_HEADER]: this.accepts.at(-1) ?? '' } }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return problemAnswer(error.code, error.details, error.headers)
    }
  }

  // --- what the lab does to it and reads from it -------------------------------------------------------------------

  document(storeId: string, sessionId: string): SessionDocument | undefined {
    return this.#store(storeId).sessions.get(sessionId)
  }

  documents(storeId: string): SessionDocument[] {
    return [...this.#store(storeId).sessions.values()]
  }

  version(storeId: string): number {
    return this.#store(storeId).version
  }

  /** What became of a mutation id: its first use. */
  owner(mutationId: string): ProcessedMutation | undefined {
    return this.#state.owners.get(mutationId)
  }

  /** Every use of every id. */
  processed(): ProcessedMutation[] {
    return [...this.#state.devices.values()].flat()
  }

  storesOf(employeeNumber: string): string[] {
    return this.#state.employees.get(employeeNumber)?.stores ?? []
  }

  setAccess(employeeNumber: string, storeIds: string[]): void {
    const employee = this.#state.employees.get(employeeNumber)
    if (employee !== undefined) this.#state.employees.set(employeeNumber, { ...employee, stores: storeIds })
  }

  /** Ends all sign-ins of an employee. */
  revoke(employeeNumber: string): void {
    for (const session of this.#state.authSessions.values()) {
      if (session.employeeNumber === employeeNumber) this.#revokeSession(session.id)
    }
  }

  /** As if all access tokens had grown old, those of open streams too: the next heartbeat ends these. */
  expireAccessTokens(): void {
    const now = this.#options.now()
    for (const token of this.#accessTokens.values()) token.expiresAt = Math.min(token.expiresAt, now)
    for (const stream of this.#streams) {
      stream.caller = { ...stream.caller, tokenExpiresAt: Math.min(stream.caller.tokenExpiresAt, now) }
    }
  }

  deleteSession(storeId: string, sessionId: string): void {
    const store = this.#store(storeId)
    if (!store.sessions.delete(sessionId)) return
    store.version += 1
    store.tombstones.set(sessionId, store.version)
    this.#poke(storeId)
  }

  /** New settings; sessions that have not ended are judged by them. */
  changeSettings(storeId: string, change: Partial<StoreSettings>): void {
    const store = this.#store(storeId)
    store.settings = { ...store.settings, ...change }
    const open = [...store.sessions.values()].filter((document) => document.endedAt === null)
    this.#write(
      storeId,
      open.map((document) => this.#fold(store, document.id, document.events)),
    )
  }

  /** Ends sessions whose time is up. */
  expireSessions(): void {
    for (const [storeId, store] of this.#state.stores) {
      const due = [...store.sessions.values()].filter(
        (document) =>
          document.endedAt === null &&
          document.expiresAt !== null &&
          Date.parse(document.expiresAt) <= this.#options.now(),
      )
      this.#write(
        storeId,
        due.map((document) => this.#fold(store, document.id, document.events)),
      )
    }
  }

  /** Lets checks wait again whose holder's console was not heard of for too long. */
  lapseChecks(): void {
    for (const [storeId, store] of this.#state.stores) {
      const sessions = new Set([...this.#state.leases.values()].map((lease) => lease.sessionId))
      for (const session of [...store.sessions.values()].filter((document) => sessions.has(document.id))) {
        const lapses = this.#takeLapses(store, session)
        if (lapses.length > 0) this.#write(storeId, [this.#fold(store, session.id, [...session.events, ...lapses])])
      }
    }
  }

  refusals(storeId: string): readonly RefusalEntry[] {
    return this.#store(storeId).refusals
  }

  shiftEntries(storeId: string): readonly ShiftEntry[] {
    return this.#store(storeId).shiftEntries
  }

  backup(): Backup {
    return copyState(this.#state)
  }

  /** Puts an older state in the place of this one, under a new epoch; open streams end. */
  restore(backup: Backup): void {
    this.#state = copyState(backup)
    this.epoch = `epoch-${this.#next()}`
    this.#blocks.clear()
    this.endStreams()
  }

  /** Each open console hears that it lives. */
  heartbeat(): void {
    for (const stream of [...this.#streams]) {
      stream.sink.send('heartbeat', { now: this.#nowText() })
      const caller = this.#callerOf(stream.caller.authSessionId, stream.caller.tokenExpiresAt)
      if (typeof caller === 'string' || caller.tokenExpiresAt <= this.#options.now()) stream.sink.end()
      else stream.caller = caller
    }
  }

  endStreams(): void {
    for (const { sink } of [...this.#streams]) sink.end()
  }

  // --- routes ------------------------------------------------------------------------------------------------------

  #route(request: ModelRequest): ModelAnswer {
    const url = new URL(request.path, 'http://backend.lab')
    const [, v1, room = '', ...rest] = url.pathname.split('/').map(decodeURIComponent)
    if (v1 !== 'v1') throw new Refusal('not_found')
    const route = `${request.method} ${room}/${rest.join('/')}`
    switch (route) {
      case 'GET time/':
        return json({ now: this.#nowText() })
      case 'POST auth/sign-in':
        return this.#signIn(parse(signInRequestSchema, request.body))
      case 'POST auth/refresh':
        return this.#refresh(parse(refreshRequestSchema, request.body))
      case 'POST auth/sign-out':
        return this.#signOut(request)
      case 'POST sync/mutations':
        return this.#push(this.#authenticate(request), parse(pushRequestSchema, request.body))
      case 'POST sync/leases':
        return this.#renewLeases(this.#authenticate(request), parse(leasesRequestSchema, request.body).checks)
      case 'GET sync/events':
        return this.#openStream(this.#authenticate(request))
    }
    if (room === 'stores' && rest[1] === 'events') return this.#takeFacts(rest[0] ?? '', request)
    if (room !== 'sync' || rest[0] !== 'stores') throw new Refusal('not_found')
    const caller = this.#authenticate(request)
    const [, storeId = '', what, date = ''] = rest
    const store = this.#state.stores.get(storeId)
    if (!caller.employee.stores.includes(storeId) || store === undefined) {
      throw new Refusal(store === undefined ? 'store_unknown' : 'store_forbidden')
    }
    if (what === 'manifest') return this.#manifest(store)
    if (what === 'days' && request.method === 'POST') {
      return this.#dayFrames(storeId, store, parse(daysRequestSchema, request.body).dates)
    }
    if (what === 'days') return this.#dayBlock(storeId, store, date)
    if (what === 'sessions') return this.#documentsById(store, parse(documentsRequestSchema, request.body).ids)
    if (what === 'refusals') return this.#refusalsSince(store, url.searchParams)
    if (what === 'shift-entries') return this.#shiftEntriesSince(store, url.searchParams)
    if (what === 'changes') return this.#changes(store, caller, url.searchParams)
    throw new Refusal('not_found')
  }

  #takeFacts(storeId: string, request: ModelRequest): ModelAnswer {
    const { events } = parse(eventsRequestSchema, request.body)
    const store = this.#store(storeId)
    const fresh = new Map<string, SessionEvent[]>()
    const refused: unknown[] = []
    let duplicates = 0
    for (const [index, input] of events.entries()) {
      const parsed = storeFactSchema.safeParse(input)
      if (!parsed.success) {
        const { field, message } = describeIssue(parsed.error)
        refused.push({ index, id: idOf(input), code: 'invalid_event', message: `${field}: ${message}` })
        continue
      }
      const { sessionId, ...fact } = parsed.data
      const event: SessionEvent = { ...fact, source: 'store' }
      const known = [...(store.sessions.get(sessionId)?.events ?? []), ...(fresh.get(sessionId) ?? [])]
      const earlier = known.find((other) => other.id === event.id)
      const elsewhere = [...this.#state.stores].some(([id, other]) => id !== storeId && other.sessions.has(sessionId))
      if (elsewhere) refused.push({ index, id: event.id, code: 'session_of_another_store', message: '' })
      else if (earlier !== undefined && canonicalJson(earlier) === canonicalJson(event)) duplicates += 1
      else if (earlier !== undefined || store.eventIds.has(event.id)) {
        refused.push({ index, id: event.id, code: 'id_reused', message: '' })
      } else {
        store.eventIds.set(event.id, sessionId)
        fresh.set(sessionId, [...(fresh.get(sessionId) ?? []), event])
      }
    }
    const fold = () =>
      [...fresh].map(([id, added]) => this.#fold(store, id, [...(store.sessions.get(id)?.events ?? []), ...added]))
    const { deferCommit } = this.#options
    if (deferCommit === undefined) this.#write(storeId, fold())
    else {
      const from = store.version
      store.version += fresh.size
      deferCommit(() => {
        for (const [index, document] of fold().entries()) {
          store.sessions.set(document.id, { ...document, version: from + 1 + index })
        }
        this.#poke(storeId)
      })
    }
    const accepted = [...fresh.values()].flat().length
    return json({ accepted, duplicates, refused })
  }

  #signIn(request: { employeeNumber: string; password: string; device: { id: string } }): ModelAnswer {
    const employee = this.#state.employees.get(request.employeeNumber)
    if (employee === undefined || employee.password !== request.password) throw new Refusal('wrong_credentials')
    const session: AuthSession = {
      id: `auth-${this.#next()}`,
      employeeNumber: employee.number,
      deviceId: request.device.id,
      revoked: false,
      usedGeneration: 0,
      usedAt: this.#options.now(),
    }
    this.#state.authSessions.set(session.id, session)
    return this.#issue(session, employee, 1)
  }

  #refresh({ refreshToken, deviceId }: { refreshToken: string; deviceId?: string }): ModelAnswer {
    const token = this.#state.refreshTokens.get(refreshToken)
    if (token === undefined) throw new Refusal('unauthorized')
    const session = this.#state.authSessions.get(token.authSessionId)
    const employee = this.#state.employees.get(session?.employeeNumber ?? '')
    if (session === undefined || session.revoked || employee === undefined) throw new Refusal('token_revoked')
    const now = this.#options.now()
    if (token.expiresAt <= now) throw new Refusal('token_expired')
    const { generation } = token
    const { usedGeneration, usedAt } = session
    const besideSuccessor = generation === usedGeneration - 1 && now - usedAt <= CONCURRENT_REFRESH_MS
    if (generation < usedGeneration && !besideSuccessor) {
      this.#revokeSession(session.id)
      throw new Refusal('token_revoked')
    }
    const used = this.#noteUse(session, generation)
    const moved = deviceId === undefined ? used : { ...used, deviceId }
    this.#state.authSessions.set(moved.id, moved)
    return this.#issue(moved, employee, generation + 1)
  }

  #issue(session: AuthSession, employee: EmployeeState, generation: number): ModelAnswer {
    const refreshToken = `refresh-${this.#next()}`
    const accessToken = `access-${this.#next()}`
    const now = this.#options.now()
    this.#state.refreshTokens.set(refreshToken, {
      authSessionId: session.id,
      expiresAt: now + REFRESH_LIFETIME_MS,
      generation,
    })
    const expiresAt = now + ACCESS_TOKEN_LIFETIME_MS
    this.#accessTokens.set(accessToken, { authSessionId: session.id, expiresAt, generation })
    const { number, name, role } = employee
    const stores = employee.stores.flatMap((id) => this.#state.stores.get(id)?.settings ?? [])
    const identity: Identity = { employee: { number, name, role }, stores }
    return json({ accessToken, refreshToken, ...identity })
  }

  #signOut(request: ModelRequest): ModelAnswer {
    const access = this.#accessTokens.get(bearerOf(request) ?? '')
    const parsed = refreshRequestSchema.partial().safeParse(JSON.parse(request.body || '{}'))
    const refresh = this.#state.refreshTokens.get((parsed.success ? parsed.data.refreshToken : undefined) ?? '')
    for (const id of [access?.authSessionId, refresh?.authSessionId]) if (id !== undefined) this.#revokeSession(id)
    return { status: 204, headers: {}, body: null }
  }

  #authenticate(request: ModelRequest): Caller {
    const access = this.#accessTokens.get(bearerOf(request) ?? '')
    if (access === undefined) throw new Refusal('unauthorized')
    if (access.expiresAt <= this.#options.now()) throw new Refusal('token_expired')
    const caller = this.#callerOf(access.authSessionId, access.expiresAt)
    if (typeof caller === 'string') throw new Refusal(caller)
    const session = this.#state.authSessions.get(access.authSessionId)
    if (session !== undefined) this.#noteUse(session, access.generation)
    return caller
  }

  #callerOf(authSessionId: string, tokenExpiresAt: number): Caller | 'token_revoked' {
    const session = this.#state.authSessions.get(authSessionId)
    const employee = this.#state.employees.get(session?.employeeNumber ?? '')
    if (session === undefined || session.revoked || employee === undefined) return 'token_revoked'
    return { employee, deviceId: session.deviceId, authSessionId, tokenExpiresAt }
  }

  /** Tokens of a rotation are in use: the refresh tokens before it are spent. */
  #noteUse(session: AuthSession, generation: number): AuthSession {
    if (generation <= session.usedGeneration) return session
    const used = { ...session, usedGeneration: generation, usedAt: this.#options.now() }
    this.#state.authSessions.set(session.id, used)
    return used
  }

  #revokeSession(id: string): void {
    const session = this.#state.authSessions.get(id)
    if (session === undefined || session.revoked) return
    this.#state.authSessions.set(id, { ...session, revoked: true })
    for (const { caller, sink } of [...this.#streams]) if (caller.authSessionId === id) sink.end()
  }

  #manifest(store: StoreState): ModelAnswer {
    const days = new Map<string, { date: string; count: number; version: number; versionSum: number }>()
    for (const document of store.sessions.values()) {
      const date = dayOf(document, store.settings.timezone)
      const day = days.get(date) ?? { date, count: 0, version: 0, versionSum: 0 }
      day.count += 1
      day.version = Math.max(day.version, document.version)
      day.versionSum += document.version
      days.set(date, day)
    }
    const ordered = [...days.values()].sort((a, b) => (a.date < b.date ? -1 : 1))
    return json({ version: store.version, epoch: this.epoch, settings: store.settings, days: ordered })
  }

  #dayBlock(storeId: string, store: StoreState, date: string): ModelAnswer {
    const { tag, bytes } = this.#builtBlock(storeId, store, date)
    const headers = { 'content-type': DAY_BLOCK_MEDIA_TYPE, etag: `W/"${tag}"` }
    return { status: 200, headers, body: bytes }
  }

  #dayFrames(storeId: string, store: StoreState, dates: readonly string[]): ModelAnswer {
    const frames = dates.flatMap((date) => {
      const { tag, bytes } = this.#builtBlock(storeId, store, date)
      return [encodeDayFrameHead({ date, tag }, bytes.byteLength), bytes]
    })
    const body = new Uint8Array(Buffer.concat([...frames, encodeDayFrameHead({ end: true, left: [] })]))
    return { status: 200, headers: { 'content-type': DAY_FRAMES_MEDIA_TYPE }, body }
  }

  #builtBlock(storeId: string, store: StoreState, date: string): { tag: string; bytes: Uint8Array } {
    const rows = [...store.sessions.values()].filter((document) => dayOf(document, store.settings.timezone) === date)
    const sum = rows.reduce((total, row) => total + row.version, 0)
    const tag = `${this.epoch}.${rows.length}.${sum}`
    const key = `${storeId}/${date}`
    const cached = this.#blocks.get(key)
    const block = cached?.tag === tag ? cached : { tag, bytes: encodeDayBlock(rows.map(summarize)) }
    this.#blocks.set(key, block)
    return block
  }

  #documentsById(store: StoreState, ids: string[]): ModelAnswer {
    const found = ids.flatMap((id) => store.sessions.get(id) ?? [])
    return json({ sessions: found.map((document) => this.#onWire(document)) })
  }

  #changes(store: StoreState, caller: Caller, query: URLSearchParams): ModelAnswer {
    const since = Number(query.get('since') ?? 0)
    const limit = Number(query.get('limit') ?? 500)
    const expected = query.get('epoch')
    if (since > store.version || (expected !== null && expected !== this.epoch)) {
      return json({ reset: true, epoch: this.epoch })
    }
    const changes = [
      ...[...store.sessions.values()].map((session) => ({ version: session.version, session: this.#onWire(session) })),
      ...[...store.tombstones].map(([deleted, version]) => ({ version, deleted })),
    ]
      .filter((change) => change.version > since)
      .sort((a, b) => a.version - b.version)
    const processed = this.#state.devices.get(caller.deviceId) ?? []
    const outcomes = processed
      .filter((row) => row.storeId === store.settings.id && (row.storeVersion ?? 0) > since)
      .sort((a, b) => (a.storeVersion ?? 0) - (b.storeVersion ?? 0))
    const version = Math.min(
      store.version,
      changes.length > limit ? (changes[limit - 1]?.version ?? store.version) : store.version,
      outcomes.length > limit ? (outcomes[limit - 1]?.storeVersion ?? store.version) : store.version,
    )
    const later = outcomes.find((row) => (row.storeVersion ?? 0) > version)
    return json({
      changes: changes.filter((change) => change.version <= version),
      version,
      more: version < store.version,
      epoch: this.epoch,
      deviceId: caller.deviceId,
      lastMutationSeq: later === undefined ? processed.length : later.seq - 1,
      outcomes: outcomes
        .filter((row) => (row.storeVersion ?? 0) <= version)
        .map((row) => ({ id: row.mutationId, seq: row.seq, ...row.verdict })),
      settings: store.settings,
      lastRefusal: store.refusals.length,
      lastShiftEntry: store.shiftEntries.length,
    })
  }

  #refusalsSince(store: StoreState, query: URLSearchParams): ModelAnswer {
    const [since, limit] = [Number(query.get('since') ?? 0), Number(query.get('limit') ?? MAX_REFUSALS_PER_PAGE)]
    const entries = store.refusals.slice(since, since + limit)
    return json({ epoch: this.epoch, entries, last: store.refusals.length })
  }

  #shiftEntriesSince(store: StoreState, query: URLSearchParams): ModelAnswer {
    const [since, limit] = [Number(query.get('since') ?? 0), Number(query.get('limit') ?? MAX_SHIFT_ENTRIES_PER_PAGE)]
    const entries = store.shiftEntries.slice(since, since + limit)
    return json({ epoch: this.epoch, entries, last: store.shiftEntries.length })
  }

  #renewLeases(caller: Caller, checks: readonly HeldCheck[]): ModelAnswer {
    const { number, stores } = caller.employee
    const now = this.#options.now()
    const leases = checks.map((check) => {
      const { storeId, sessionId, verificationId } = check
      const store = stores.includes(storeId) ? this.#state.stores.get(storeId) : undefined
      const key = JSON.stringify([sessionId, verificationId])
      const lease = this.#state.leases.get(key)
      const verification = store?.sessions.get(sessionId)?.verifications.find(({ id }) => id === verificationId)
      const isHeld = verification?.status === 'in_progress' && verification.employee?.number === number
      if (store === undefined || (lease === undefined && !isHeld)) return { ...check, until: null }
      if (lease !== undefined && (lease.employeeNumber !== number || lease.until <= now))
        return { ...check, until: null }
      const until = now + store.settings.checks.leaseSeconds * 1_000
      this.#state.leases.set(key, { ...check, employeeNumber: number, until })
      return { ...check, until: new Date(until).toISOString() }
    })
    return json({ leases })
  }

  #openStream(caller: Caller): ModelAnswer {
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
      body: null,
      open: (sink) => {
        const stream = { caller, sink }
        this.#streams.add(stream)
        sink.send('heartbeat', { now: this.#nowText() })
        return () => this.#streams.delete(stream)
      },
    }
  }

  // --- mutations ---------------------------------------------------------------------------------------------------

  #push(caller: Caller, { deviceId, mutations }: { deviceId: string; mutations: Mutation[] }): ModelAnswer {
    if (deviceId !== caller.deviceId) throw new Refusal('device_mismatch', { field: 'deviceId' })
    for (const [index, mutation] of mutations.entries()) {
      const before = mutations[index - 1]
      if (before !== undefined && mutation.seq !== before.seq + 1) {
        const detail = 'must be one more than that of the mutation before it'
        throw new Refusal('invalid_request', { field: `mutations.${index}.seq`, detail })
      }
    }
    const results: MutationResult[] = []
    const processedBefore = this.#lastSeq(deviceId)
    for (const mutation of mutations) {
      if (this.diesAfter <= 0) throw new BackendDied()
      this.diesAfter -= 1
      const step = this.#process(caller, mutation)
      if ('conflict' in step) {
        if (this.#lastSeq(deviceId) > processedBefore) break
        throw new Refusal(step.conflict, { lastMutationSeq: this.#lastSeq(deviceId) })
      }
      results.push(step)
    }
    return json({ results, lastMutationSeq: this.#lastSeq(deviceId) })
  }

  #process(caller: Caller, mutation: Mutation): MutationResult | { conflict: 'sequence_gap' | 'sequence_reused' } {
    const { id, seq } = mutation
    const earlier = this.#state.devices.get(caller.deviceId) ?? []
    if (seq > earlier.length + 1) return { conflict: 'sequence_gap' }
    const first = earlier[seq - 1]
    if (first !== undefined) {
      return first.mutationId === id ? { id, seq, ...first.verdict } : { conflict: 'sequence_reused' }
    }
    const store = this.#state.stores.get(mutation.storeId)
    const { storeId, sessionId, type, occurredAt, payload } = mutation
    const content = canonicalJson({ storeId, sessionId, type, occurredAt, payload })
    const owner = this.#state.owners.get(id)
    let verdict: Verdict
    let changed: SessionDocument | null = null
    if (owner === undefined) {
      const judged = this.#judge(caller, mutation, store)
      verdict = judged.verdict
      changed = judged.changed
    } else if (owner.content === content) {
      verdict = { status: 'duplicate', first: owner.verdict as OutcomeVerdict }
    } else verdict = refused('id_reused', 'This id was used before, for a decision of other content.')
    if (store !== undefined) {
      if (changed === null) {
        store.version += 1
        this.#poke(storeId)
      } else this.#write(storeId, [changed])
    }
    const row: ProcessedMutation = {
      deviceId: caller.deviceId,
      seq,
      mutationId: id,
      ownsId: owner === undefined,
      content,
      employeeNumber: caller.employee.number,
      storeId,
      sessionId,
      storeVersion: store?.version ?? null,
      verdict,
      arrival: this.#arrivals++,
    }
    this.#state.devices.set(caller.deviceId, [...earlier, row])
    if (row.ownsId) this.#state.owners.set(id, row)
    this.everArrived.add(id)
    return { id, seq, ...verdict }
  }

  #judge(
    caller: Caller,
    mutation: Mutation,
    store: StoreState | undefined,
  ): { verdict: Verdict; changed: SessionDocument | null } {
    const refuse = (code: RefusalCode, message: string) => ({ verdict: refused(code, message), changed: null })
    if (store === undefined || !caller.employee.stores.includes(mutation.storeId)) {
      return refuse('store_forbidden', 'The employee has no access to this store.')
    }
    if (caller.employee.role === 'viewer') return refuse('role_forbidden', 'A viewer may only read.')
    const { number, name } = caller.employee
    const shiftType = shiftDecisionTypeSchema.safeParse(mutation.type)
    if (shiftType.success) {
      const payload = shiftDecisionPayloads[shiftType.data].safeParse(mutation.payload)
      if (!payload.success) {
        const { field, message } = describeIssue(payload.error)
        return refuse('invalid_payload', `payload.${field}: ${message}`)
      }
      const decision = { ...mutation, type: shiftType.data, payload: payload.data } as ShiftDecision
      const { date, shift } = decision.payload
      if (mutation.sessionId !== shiftSessionId(decision.payload)) {
        return refuse('invalid_payload', 'sessionId: must name the shift of the payload')
      }
      const first = store.shiftEntries.find(
        (entry) => entry.type === 'acknowledged' && entry.date === date && entry.shift === shift,
      )
      const entry = judgeShiftDecision(first ?? null, decision, { number, name }, this.#options.now())
      store.shiftEntries.push({ number: store.shiftEntries.length + 1, ...entry })
      return { verdict: entry.verdict, changed: null }
    }
    const type = decisionTypeSchema.safeParse(mutation.type)
    if (!type.success) return refuse('unknown_type', 'The backend knows no decision of this type.')
    const payload = decisionPayloads[type.data].safeParse(mutation.payload)
    if (!payload.success) {
      const { field, message } = describeIssue(payload.error)
      return refuse('invalid_payload', `payload.${field}: ${message}`)
    }
    const session = store.sessions.get(mutation.sessionId)
    if (session === undefined) return refuse('session_unknown', 'The store has no such session.')
    if (store.eventIds.has(mutation.id)) {
      return refuse('id_reused', 'This id was used before, for an event of the store.')
    }
    const decision = { ...mutation, type: type.data, payload: payload.data } as Decision
    const before = [...session.events, ...this.#takeLapses(store, session)]
    const current = this.#fold(store, session.id, before)
    const { verdict, event } = judgeDecision(current, decision, { number, name }, this.#options.now())
    if (!leavesEvent(verdict)) return { verdict, changed: before.length > session.events.length ? current : null }
    store.eventIds.set(event.id, session.id)
    const changed = this.#fold(store, session.id, [...before, event])
    if (verdict.status === 'applied' && 'verificationId' in decision.payload) {
      this.#followDecision(store, changed, decision.payload.verificationId, number)
      const refusal = refusalOf(changed, event)
      if (refusal !== null) store.refusals.push(nextEntry(store.refusals.at(-1) ?? null, refusal))
    }
    return { verdict, changed }
  }

  #followDecision(store: StoreState, session: SessionDocument, verificationId: string, employeeNumber: string): void {
    const key = JSON.stringify([session.id, verificationId])
    const verification = session.verifications.find(({ id }) => id === verificationId)
    if (verification?.status !== 'in_progress') this.#state.leases.delete(key)
    else if (verification.employee?.number === employeeNumber) {
      const until = this.#options.now() + store.settings.checks.leaseSeconds * 1_000
      const check = { storeId: session.storeId, sessionId: session.id, verificationId }
      this.#state.leases.set(key, { ...check, employeeNumber, until })
    }
  }

  #takeLapses(store: StoreState, session: SessionDocument): SessionEvent[] {
    const now = this.#options.now()
    const due = [...this.#state.leases].filter(([, lease]) => lease.sessionId === session.id && lease.until <= now)
    if (due.length === 0) return []
    const current = this.#fold(store, session.id, session.events)
    return due.flatMap(([key, lease]) => {
      this.#state.leases.delete(key)
      const event = judgeLapse(current, lease, `lapse-${this.#next()}`, lease.until, now)
      if (event === null) return []
      store.eventIds.set(event.id, session.id)
      return [event]
    })
  }

  // --- storage -----------------------------------------------------------------------------------------------------

  #store(storeId: string): StoreState {
    const store = this.#state.stores.get(storeId)
    if (store === undefined) throw new RangeError(`no store ${storeId}`)
    return store
  }

  #fold(store: StoreState, id: string, events: readonly SessionEvent[]): SessionDocument {
    const frame = { id, storeId: store.settings.id, settings: store.settings, version: 0 }
    return foldSession(frame, events, this.#options.now())
  }

  #write(storeId: string, documents: readonly SessionDocument[]): void {
    if (documents.length === 0) return
    const store = this.#store(storeId)
    for (const document of documents.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      store.version += 1
      store.tombstones.delete(document.id)
      store.sessions.set(document.id, { ...document, version: store.version })
    }
    this.#poke(storeId)
  }

  #poke(storeId: string): void {
    const { version } = this.#store(storeId)
    for (const { caller, sink } of [...this.#streams]) {
      if (caller.employee.stores.includes(storeId)) sink.send('poke', { storeId, version })
    }
  }

  #onWire(document: SessionDocument): SessionDocument & { laterField?: string } {
    return this.extraFields ? { ...document, laterField: 'of protocol 2' } : document
  }

  #lastSeq(deviceId: string): number {
    return this.#state.devices.get(deviceId)?.length ?? 0
  }

  #next(): number {
    this.#minted += 1
    return this.#minted
  }

  #nowText(): string {
    return new Date(this.#options.now()).toISOString()
  }
}

function copyState(state: State): State {
  return {
    stores: new Map(
      [...state.stores].map(([id, store]) => [
        id,
        {
          ...store,
          sessions: new Map(store.sessions),
          tombstones: new Map(store.tombstones),
          eventIds: new Map(store.eventIds),
          refusals: [...store.refusals],
          shiftEntries: [...store.shiftEntries],
        },
      ]),
    ),
    employees: new Map(state.employees),
    devices: new Map(state.devices),
    owners: new Map(state.owners),
    authSessions: new Map(state.authSessions),
    refreshTokens: new Map(state.refreshTokens),
    leases: new Map(state.leases),
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, body: string | null): z.output<Schema> {
  let value: unknown
  try {
    value = JSON.parse(body ?? '')
  } catch {
    throw new Refusal('invalid_json')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { field, message } = describeIssue(parsed.error)
  throw new Refusal('invalid_request', { field: field === '' ? 'body' : field, detail: message })
}

const idOf = (event: unknown): string | null =>
  typeof event === 'object' && event !== null && 'id' in event && typeof event.id === 'string' ? event.id : null
const refused = (code: RefusalCode, message: string): Verdict => ({ status: 'refused', code, message })
const bearerOf = (request: ModelRequest): string | undefined =>
  /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]

function json(body: unknown): ModelAnswer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** The answer of a problem, as the backend or what stands before it gives it. */
export function problemAnswer(
  code: ProblemCode,
  details: ProblemDetails = {},
  headers: Record<string, string> = {},
): ModelAnswer {
  const document = problem(code, details)
  return {
    status: document.status,
    headers: { 'content-type': PROBLEM_MEDIA_TYPE, ...headers },
    body: JSON.stringify(document),
  }
}
