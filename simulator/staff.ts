/** Simulated employees (`--staff`): they use the console API like a real console, for demos nobody watches. */
import type { z } from 'zod'
import {
  ageRefusalReasons,
  type Decision,
  type Mutation,
  type MutationResult,
  pushResponseSchema,
} from '#shared/protocol/decisions.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import {
  changesResponseSchema,
  type HeldCheck,
  leasesResponseSchema,
  MAX_LEASES_PER_REQUEST,
  manifestSchema,
  signInResponseSchema,
} from '#shared/protocol/sync.ts'
import type { Clock } from '#shared/time/clock.ts'
import { CallError, call, type HttpOptions, pause } from '../integration-tools/store-client.ts'
import { dealWithBasket, isLeftBasket } from './left-basket.ts'
import type { Random } from './random.ts'
import { isPending } from './scripted-shopper.ts'
import { checkBag } from './spot-check.ts'

export interface StaffOptions extends HttpOptions {
  employeeNumber: string
  password: string
  stores: readonly StoreSettings[]
  clock: Clock
  random: Random
  /** Divides the time that walking over and checking takes. */
  speed: number
  /** Unique per run: a device's decisions are numbered from 1. */
  deviceId: string
  log: (line: string) => void
}

const TICK_MS = 1_000
/** Versions before the start among which baskets are looked for. */
const LOOK_BACK = 300
const SECOND = 1_000
/** A third of the shortest lease that most stores have. */
const RENEW_EVERY_MS = 25_000
/** Share of sessions that staff want to check of their own accord, and of checks taken over from a colleague. */
const REQUESTED_SHARE = 0.01
const TAKEN_OVER_SHARE = 0.15
const requestReasons = ['Full rucksack', 'Items under the trolley', 'Asked for help with scanning'] as const
const takeOverReasons = ['Colleague is at the exit', 'Closer to the shopper', 'Colleague is on a break'] as const

interface Task {
  dueMs: number
  /** Minted once: a decision that is sent again keeps its id and number. */
  mutation: Mutation | null
  draft: Pick<Mutation, 'id' | 'storeId' | 'sessionId' | 'type'>
  /** Decided when it is done. */
  payload: () => Mutation['payload']
}

/** One employee who looks after all given stores until the signal fires. */
export class Staff {
  private token = ''
  private seq = 0
  private readonly cursors = new Map<string, number>()
  private readonly seen = new Set<string>()
  /** Sessions that were looked over for a check of one's own. */
  private readonly considered = new Set<string>()
  /** Left baskets that were looked at. */
  private readonly leftBaskets = new Set<string>()
  private tasks: Task[] = []
  private held: HeldCheck[] = []
  private renewedAt = Number.NEGATIVE_INFINITY

  constructor(private readonly options: StaffOptions) {}

  /** Signs in and notes where each store stands: checks from before are left to real people. */
  async start(): Promise<void> {
    await this.signIn()
    for (const store of this.options.stores) {
      const manifest = await this.get(manifestSchema, `/v1/sync/stores/${encodeURIComponent(store.id)}/manifest`)
      this.cursors.set(store.id, manifest.version)
      await this.lookBack(store, manifest.version)
    }
  }

  /** Some of the baskets that were left before are dealt with, too. */
  private async lookBack(store: StoreSettings, version: number): Promise<void> {
    const path = `/v1/sync/stores/${encodeURIComponent(store.id)}/changes`
    const since = Math.max(0, version - LOOK_BACK)
    const page = await this.get(changesResponseSchema, `${path}?since=${since}&limit=${LOOK_BACK}`)
    if ('reset' in page) return
    for (const change of page.changes) if ('session' in change) this.noticeBasket(change.session)
  }

  /** Looks for waiting checks and settles them; returns when stopped, throws where it can never succeed. */
  async run(): Promise<void> {
    for (;;) {
      try {
        await pause(TICK_MS, this.options.signal)
        for (const store of this.options.stores) await this.look(store)
        await this.work()
        await this.renew()
      } catch (error) {
        if (!(error instanceof CallError)) throw error
        if (error.failure === 'stopped') return
        if (
          error.failure === 'token_expired' ||
          error.failure === 'unauthorized' ||
          error.failure === 'token_revoked'
        ) {
          await this.signIn().catch((reason: unknown) => this.options.log(`staff: ${String(reason)}`))
        } else if (!error.retry) throw error
      }
    }
  }

  private async signIn(): Promise<void> {
    const { employeeNumber, password, deviceId } = this.options
    const device = { id: deviceId, name: 'Simulated staff' }
    const body = { employeeNumber, password, device }
    const answer = await call(this.options, signInResponseSchema, 'POST', '/v1/auth/sign-in', null, body)
    this.token = answer.accessToken
  }

  private get bearer(): string {
    return `Bearer ${this.token}`
  }

  private get<Schema extends z.ZodType>(schema: Schema, path: string) {
    return call(this.options, schema, 'GET', path, this.bearer)
  }

  private async look(store: StoreSettings): Promise<void> {
    for (let more = true; more; ) {
      const since = this.cursors.get(store.id) ?? 0
      const path = `/v1/sync/stores/${encodeURIComponent(store.id)}/changes?since=${since}&limit=200`
      const page = await this.get(changesResponseSchema, path)
      if ('reset' in page) {
        const manifest = await this.get(manifestSchema, `/v1/sync/stores/${encodeURIComponent(store.id)}/manifest`)
        this.cursors.set(store.id, manifest.version)
        return
      }
      for (const change of page.changes) if ('session' in change) this.notice(change.session, store)
      this.cursors.set(store.id, page.version)
      more = page.more
    }
  }

  /** A check is taken and settled in its time; whoever is second leaves it, or takes it over where it takes too long. */
  private notice(session: SessionDocument, store: StoreSettings): void {
    const { random, deviceId } = this.options
    if (this.wantsToCheck(session)) {
      const payload = { kind: 'spot_check', reason: random.pick(requestReasons) }
      this.plan(session, 'verification.request', 0, `${session.id}-${deviceId}-asked`, () => payload)
    }
    this.noticeBasket(session)
    for (const verification of session.verifications) {
      if (this.seen.has(verification.id) || !isPending(verification)) continue
      this.seen.add(verification.id)
      const { id: verificationId, kind } = verification
      const takenAfter = random.around(25, 0.6) * SECOND
      const settledAfter = takenAfter + random.around(kind === 'spot_check' ? 50 : 15, 0.5) * SECOND
      const id = `${verificationId}-${deviceId}`
      this.plan(session, 'verification.acknowledge', takenAfter, `${id}-taken`, () => ({ verificationId }))
      this.plan(session, 'verification.resolve', settledAfter, `${id}-settled`, () => {
        const { partialPieces } = store.checks
        const outcome =
          kind === 'age_verification' ? this.checkAge() : checkBag(session, verificationId, partialPieces, random)
        return { verificationId, ...outcome }
      })
    }
  }

  private noticeBasket(session: SessionDocument): void {
    const { random, deviceId } = this.options
    if (!isLeftBasket(session) || this.leftBaskets.has(session.id)) return
    this.leftBaskets.add(session.id)
    for (const { type, afterMs, payload } of dealWithBasket(session, random)) {
      this.plan(session, type, afterMs, `${session.id}-${deviceId}-${type}`, () => payload)
    }
  }

  private wantsToCheck({ id, state, endedAt, verifications, quantity }: SessionDocument): boolean {
    if (this.considered.has(id) || state !== 'open' || endedAt !== null || quantity < 5) return false
    this.considered.add(id)
    return verifications.length === 0 && this.options.random.chance(REQUESTED_SHARE)
  }

  private checkAge() {
    const { random } = this.options
    if (random.chance(0.93)) return { outcome: 'approved' as const }
    return { outcome: 'rejected' as const, refusalReason: random.pick(ageRefusalReasons) }
  }

  private plan(
    session: SessionDocument,
    type: Decision['type'],
    afterMs: number,
    id: string,
    payload: () => Mutation['payload'],
  ): void {
    const { clock, speed } = this.options
    const draft = { storeId: session.storeId, sessionId: session.id, id, type }
    this.tasks.push({ dueMs: clock.now() + afterMs / speed, mutation: null, draft, payload })
  }

  private async work(): Promise<void> {
    const now = this.options.clock.now()
    const due = this.tasks.filter((task) => task.dueMs <= now).sort((a, b) => a.dueMs - b.dueMs)
    for (const task of due) {
      // A colleague had it, so it was taken from the list meanwhile.
      if (!this.tasks.includes(task)) continue
      if (task.mutation === null) {
        this.seq += 1
        const payload = task.payload()
        task.mutation = { ...task.draft, payload, seq: this.seq, occurredAt: new Date(now).toISOString() }
      }
      const { mutation } = task
      const body = { deviceId: this.options.deviceId, mutations: [mutation] }
      const { results } = await call(this.options, pushResponseSchema, 'POST', '/v1/sync/mutations', this.bearer, body)
      this.tasks.splice(this.tasks.indexOf(task), 1)
      if (results[0] !== undefined) this.learn(mutation, results[0])
    }
  }

  /** What a verdict means for what was planned with the same check. */
  private learn({ storeId, sessionId, type, payload, id }: Mutation, verdict: MutationResult): void {
    const { verificationId = '' } = payload as { verificationId?: string }
    const check = { storeId, sessionId, verificationId }
    const isSame = (held: HeldCheck) => held.sessionId === sessionId && held.verificationId === verificationId
    if (type === 'verification.resolve' || verdict.status === 'refused')
      this.held = this.held.filter((each) => !isSame(each))
    if (type !== 'verification.acknowledge' && type !== 'verification.take_over') return
    if (verdict.status === 'applied') {
      this.held.push(check)
      return
    }
    const settling = this.tasks.filter(
      (task) => task.draft.sessionId === sessionId && task.draft.id.startsWith(`${verificationId}-`),
    )
    this.tasks = this.tasks.filter((task) => !settling.includes(task))
    if (verdict.status !== 'superseded' || type === 'verification.take_over') return
    const { random } = this.options
    if (!random.chance(TAKEN_OVER_SHARE)) return
    const takeOver = { verificationId, from: verdict.by.number, reason: random.pick(takeOverReasons) }
    const draft = { storeId, sessionId, id: `${id}-over`, type: 'verification.take_over' as const }
    this.tasks.push({ dueMs: this.options.clock.now(), mutation: null, draft, payload: () => takeOver }, ...settling)
  }

  /** Says that the console is alive, or the checks it has would wait again. */
  private async renew(): Promise<void> {
    const now = this.options.clock.now()
    if (this.held.length === 0 || now - this.renewedAt < RENEW_EVERY_MS) return
    this.renewedAt = now
    const body = { checks: this.held.slice(-MAX_LEASES_PER_REQUEST) }
    const { leases } = await call(this.options, leasesResponseSchema, 'POST', '/v1/sync/leases', this.bearer, body)
    this.held = leases.filter((lease) => lease.until !== null).map(({ until: _, ...check }) => check)
  }
}
