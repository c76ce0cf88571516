/** Shoppers of one store, through the integration side, for benchmarks that follow a fact to the screen. */
import { randomUUID } from 'node:crypto'
import type { StoreFact } from '#shared/protocol/integration.ts'
import { StoreClient } from '../integration-tools/store-client.ts'
import type { FactBody } from '../simulator/shopper.ts'

/** Id of the check in each session of `enterWithCheck`. */
export const VERIFICATION = 'check'
/** Sessions of the list whose rows the measured facts change, in turn. */
const WATCHED_SESSIONS = 8
const STARTED: FactBody[] = [
  { type: 'session.started', client: { type: 'sdk-android' } },
  { type: 'item.added', lineId: 'l1', sku: '4001', name: 'Oat milk 1 l', quantity: 1, unitPrice: 199 },
]

export class Shoppers {
  private readonly client: StoreClient
  private readonly scanning: { sessionId: string; quantity: number }[] = []

  constructor(
    private readonly backendUrl: string,
    private readonly apiKey: string,
    readonly storeId: string,
  ) {
    this.client = new StoreClient({ backend: backendUrl, apiKey })
  }

  /** Starts the sessions that go on scanning. */
  async enter(): Promise<void> {
    for (let index = 0; index < 2 * WATCHED_SESSIONS; index++) {
      this.scanning.push({ sessionId: randomUUID(), quantity: 1 })
    }
    await this.report(this.scanning.map(({ sessionId }) => [sessionId, STARTED]))
  }

  /** Starts sessions in which a spot check waits; answers their ids. */
  async enterWithCheck(count: number): Promise<string[]> {
    const sessionIds = Array.from({ length: count }, () => randomUUID())
    const bodies: FactBody[] = [
      ...STARTED,
      { type: 'checkout.started', transactionId: 't1' },
      { type: 'verification.required', verificationId: VERIFICATION, kind: 'spot_check', transactionId: 't1' },
    ]
    await this.report(sessionIds.map((sessionId) => [sessionId, bodies]))
    return sessionIds
  }

  /** A shopper leaves: what waits in the session waits no more. */
  leave(sessionId: string): Promise<void> {
    return this.report([[sessionId, [{ type: 'session.cancelled', reason: 'left' }]]])
  }

  private async report(stories: [sessionId: string, bodies: FactBody[]][]): Promise<void> {
    const facts = stories.flatMap(([sessionId, bodies]) => bodies.map((body) => stamped(sessionId, body)))
    const { refused } = await this.client.postEvents(this.storeId, facts)
    if (refused.length > 0) throw new Error(`a fact was refused: ${refused[0]?.message}`)
  }

  /** The next scan of a watched session: one piece more. */
  nextScan(turn: number): { sessionId: string; quantity: number } {
    return this.one(turn % WATCHED_SESSIONS)
  }

  /** A scan in a session that nobody watches for. */
  scan(turn: number): Promise<void> {
    return this.post(this.one(WATCHED_SESSIONS + (turn % WATCHED_SESSIONS)))
  }

  async post({ sessionId, quantity }: { sessionId: string; quantity: number }): Promise<void> {
    const fact = stamped(sessionId, { type: 'item.quantity_changed', lineId: 'l1', quantity })
    await post(
      `${this.backendUrl}/v1/stores/${this.storeId}/events`,
      { authorization: `ApiKey ${this.apiKey}` },
      JSON.stringify({ events: [fact] }),
    )
  }

  private one(index: number): { sessionId: string; quantity: number } {
    const session = this.scanning[index]
    if (session === undefined) throw new Error('no such session')
    session.quantity += 1
    return { ...session }
  }
}

function stamped(sessionId: string, body: FactBody): StoreFact {
  return { ...body, id: randomUUID(), sessionId, at: new Date().toISOString() } as StoreFact
}

/** One JSON call, as plain as `fetch` makes it. @throws where the answer is no success */
export async function post(url: string, headers: Record<string, string>, body: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`)
}
