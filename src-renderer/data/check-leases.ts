/** Keeps the checks that this console's employee has: says to the backend, again and again, that the console is alive. */
import { type HeldCheck, leasesResponseSchema, MAX_LEASES_PER_REQUEST } from '#shared/protocol/sync.ts'
import type { CheckKey } from './data-api.ts'
import { CallFailed, callJson, type Fetch } from './transport.ts'

/** Two renewals may be lost before a lease runs out. */
const RENEWALS_PER_LEASE = 3
const SHORTEST_PAUSE_MS = 3_000
/** A backend that does not know leases is not asked again and again. */
const UNKNOWN_PAUSE_MS = 10 * 60_000

export interface CheckLeasesPorts {
  fetch: Fetch
  /** Checks that the signed-in employee has by the confirmed documents; empty where this window is not to renew. */
  held: () => Promise<CheckKey[]>
  /** The shortest lease of the employee's stores, seconds. */
  leaseSeconds: () => number
  /** An answer has changed until when a check is held. */
  onChange: () => void
}

const keyOf = ({ storeId, sessionId, verificationId }: CheckKey): string =>
  JSON.stringify([storeId, sessionId, verificationId])

export class CheckLeases {
  private untils = new Map<string, number>()
  /** Keys of what was held when it was looked up last. */
  private held = ''
  private timer: ReturnType<typeof setTimeout> | undefined
  private renewing: Promise<void> = Promise.resolve()

  constructor(private readonly ports: CheckLeasesPorts) {}

  /** UTC milliseconds (server time) until which the backend keeps a check; null where it has not said so. */
  heldUntil(key: CheckKey): number | null {
    return this.untils.get(keyOf(key)) ?? null
  }

  /** Looks up what is held; where that is not what it was, renews at once, and from then on as often as needed. */
  async follow(): Promise<void> {
    const keys = (await this.ports.held()).map(keyOf).sort().join()
    if (keys === this.held) return
    this.held = keys
    await this.renew()
  }

  private renew(): Promise<void> {
    this.renewing = this.renewing.then(() => this.renewNow())
    return this.renewing
  }

  private async renewNow(): Promise<void> {
    clearTimeout(this.timer)
    const checks = (await this.ports.held()).slice(0, MAX_LEASES_PER_REQUEST)
    if (checks.length === 0) {
      this.take(new Map())
      return
    }
    let pause = Math.max(SHORTEST_PAUSE_MS, (this.ports.leaseSeconds() * 1_000) / RENEWALS_PER_LEASE)
    try {
      this.take(await this.ask(checks))
    } catch (error) {
      // Not told, a lease runs out by itself; the next try is the same as any.
      if (!(error instanceof CallFailed)) throw error
      if (error.code === 'not_found') pause = UNKNOWN_PAUSE_MS
    }
    this.timer = setTimeout(() => {
      void this.renew().catch((error) => console.error('leases not renewed', error))
    }, pause)
  }

  private async ask(checks: HeldCheck[]): Promise<Map<string, number>> {
    const body = { method: 'POST' as const, json: { checks } }
    const { leases } = await callJson(this.ports.fetch, '/api/v1/sync/leases', leasesResponseSchema, body)
    return new Map(leases.flatMap((lease) => (lease.until === null ? [] : [[keyOf(lease), Date.parse(lease.until)]])))
  }

  private take(untils: Map<string, number>): void {
    const changed =
      untils.size !== this.untils.size || [...untils].some(([key, until]) => this.untils.get(key) !== until)
    this.untils = untils
    if (changed) this.ports.onChange()
  }
}
