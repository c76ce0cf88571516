/** A shopper driven by hand, and the outcomes of checks as a store's system reads them. */
import type { SessionDocument, Verification } from '#shared/protocol/session-document.ts'
import { type Clock, systemClock } from '#shared/time/clock.ts'
import { CallError, pause, type StoreClient } from '../integration-tools/store-client.ts'
import { type FactBody, FactStamp } from './shopper.ts'

/** One shopper driven by hand, for tests and demos: `send` facts, then wait for the `outcome` of a check. */
export class ScriptedShopper {
  private readonly stamp: FactStamp

  constructor(
    private readonly client: StoreClient,
    readonly storeId: string,
    readonly sessionId: string,
    private readonly clock: Clock = systemClock,
  ) {
    this.stamp = new FactStamp(sessionId)
  }

  /** Reports facts as happening now, in this order; throws where the backend refuses one. */
  async send(...bodies: FactBody[]): Promise<void> {
    const facts = bodies.map((body) => this.stamp.stamp(body, this.clock.now()))
    const { refused } = await this.client.postEvents(this.storeId, facts)
    const first = refused[0]
    if (first !== undefined) throw new Error(`event ${first.id} was refused: ${first.code}, ${first.message}`)
  }

  /** The session as the backend has it now. */
  session(): Promise<SessionDocument | null> {
    return this.client.getSession(this.storeId, this.sessionId)
  }

  /** The verification once it is no longer waiting or in progress. An unreachable backend is waited for. */
  async outcome(verificationId: string, timeoutMs: number, pollMs = 250): Promise<Verification> {
    const deadline = this.clock.monotonic() + timeoutMs
    for (;;) {
      const verification = await verificationOf(this.client, this.storeId, this.sessionId, verificationId)
      if (verification !== null && !isPending(verification)) return verification
      if (this.clock.monotonic() >= deadline) {
        throw new Error(`verification ${verificationId} is ${verification?.status ?? 'unknown'} after ${timeoutMs} ms`)
      }
      await pause(pollMs)
    }
  }
}

/** Whether staff may still decide it. */
export function isPending({ status }: Pick<Verification, 'status'>): boolean {
  return status === 'waiting' || status === 'in_progress'
}

/** A verification as the backend has it, or null: not known yet, or the backend is away for the moment. */
export async function verificationOf(
  client: StoreClient,
  storeId: string,
  sessionId: string,
  verificationId: string,
): Promise<Verification | null> {
  try {
    const session = await client.getSession(storeId, sessionId)
    return session?.verifications.find(({ id }) => id === verificationId) ?? null
  } catch (error) {
    if (error instanceof CallError && error.retry) return null
    throw error
  }
}
