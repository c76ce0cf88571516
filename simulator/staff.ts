/** Simulated employees (`--staff`): they use the console API like a real console, for demos nobody watches. */
import type { z } from 'zod'
import { type Mutation, pushResponseSchema } from '#shared/protocol/decisions.ts'
import type { SessionDocument, Verification } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { changesResponseSchema, manifestSchema, signInResponseSchema } from '#shared/protocol/sync.ts'
import type { Clock } from '#shared/time/clock.ts'
import { CallError, call, type HttpOptions, pause } from '../integration-tools/store-client.ts'
import type { Random } from './random.ts'
import { isPending } from './scripted-shopper.ts'

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
const SECOND = 1_000

interface Task {
  dueMs: number
  /** Minted once: a decision that is sent again keeps its id and number. */
  mutation: Mutation | null
  draft: Omit<Mutation, 'seq' | 'occurredAt'>
}

/** One employee who looks after all given stores until the signal fires. */
export class Staff {
  private token = ''
  private seq = 0
  private readonly cursors = new Map<string, number>()
  private readonly seen = new Set<string>()
  private tasks: Task[] = []

  constructor(private readonly options: StaffOptions) {}

  /** Signs in and notes where each store stands: checks from before are left to real people. */
  async start(): Promise<void> {
    await this.signIn()
    for (const store of this.options.stores) {
      const manifest = await this.get(manifestSchema, `/v1/sync/stores/${encodeURIComponent(store.id)}/manifest`)
      this.cursors.set(store.id, manifest.version)
    }
  }

  /** Looks for waiting checks and settles them; returns when stopped, throws where it can never succeed. */
  async run(): Promise<void> {
    for (;;) {
      try {
        await pause(TICK_MS, this.options.signal)
        for (const store of this.options.stores) await this.look(store)
        await this.work()
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

  private get<Schema extends z.ZodType>(schema: Schema, path: string) {
    return call(this.options, schema, 'GET', path, `Bearer ${this.token}`)
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
      for (const change of page.changes) if ('session' in change) this.notice(change.session)
      this.cursors.set(store.id, page.version)
      more = page.more
    }
  }

  private notice(session: SessionDocument): void {
    const { clock, random, speed } = this.options
    for (const verification of session.verifications) {
      if (this.seen.has(verification.id) || !isPending(verification)) continue
      this.seen.add(verification.id)
      const takenAt = clock.now() + (random.around(25, 0.6) * SECOND) / speed
      const settledAt = takenAt + (random.around(verification.kind === 'spot_check' ? 50 : 15, 0.5) * SECOND) / speed
      const shared = { storeId: session.storeId, sessionId: session.id }
      const { id: verificationId } = verification
      this.tasks.push(
        {
          dueMs: takenAt,
          mutation: null,
          draft: {
            ...shared,
            id: `${verificationId}-${this.options.deviceId}-taken`,
            type: 'verification.acknowledge',
            payload: { verificationId },
          },
        },
        {
          dueMs: settledAt,
          mutation: null,
          draft: {
            ...shared,
            id: `${verificationId}-${this.options.deviceId}-settled`,
            type: 'verification.resolve',
            payload: { verificationId, ...this.judge(session, verification) },
          },
        },
      )
    }
  }

  private judge(session: SessionDocument, verification: Verification) {
    const { random } = this.options
    if (verification.kind === 'age_verification') return { outcome: random.chance(0.93) ? 'approved' : 'rejected' }
    const method = random.weighted(
      [
        { name: 'sight_check', weight: 3 },
        { name: 'partial_rescan', weight: 6 },
        { name: 'full_rescan', weight: 1 },
      ],
      (entry) => entry.weight,
    ).name
    const itemsChecked =
      method === 'full_rescan' ? session.quantity : Math.min(session.quantity, method === 'sight_check' ? 0 : 5)
    if (session.lineItems.length === 0 || !random.chance(0.15)) return { outcome: 'approved', method, itemsChecked }
    const { lineId, quantity, unitPrice } = random.pick(session.lineItems)
    const differences = [{ kind: 'quantity_too_low', lineId, quantity: quantity + 1, value: unitPrice }]
    return { outcome: 'rejected', method, itemsChecked, differences, note: 'One more in the bag than scanned.' }
  }

  private async work(): Promise<void> {
    const now = this.options.clock.now()
    const due = this.tasks.filter((task) => task.dueMs <= now).sort((a, b) => a.dueMs - b.dueMs)
    for (const task of due) {
      if (task.mutation === null) {
        this.seq += 1
        task.mutation = { ...task.draft, seq: this.seq, occurredAt: new Date(now).toISOString() }
      }
      const body = { deviceId: this.options.deviceId, mutations: [task.mutation] }
      await call(this.options, pushResponseSchema, 'POST', '/v1/sync/mutations', `Bearer ${this.token}`, body)
      this.tasks.splice(this.tasks.indexOf(task), 1)
    }
  }
}
