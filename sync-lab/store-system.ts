/** The stores' self-scanning systems: they start sessions and report what shoppers do. */
import type { ModelBackend } from './model-backend.ts'
import type { FactKind } from './script.ts'

/** What every basket begins with. */
export const BASKET_LINES = ['l1', 'l2']

export class StoreSystem {
  readonly #sessions = new Map<string, string[]>()
  /** Verification ids by session. */
  readonly #checks = new Map<string, string[]>()
  readonly #givenUp = new Set<string>()
  #facts = 0

  /** @param now UTC milliseconds */
  constructor(
    private readonly backend: ModelBackend,
    private readonly now: () => number,
  ) {}

  /** A session of the store by number, modulo how many there are. */
  sessionOf(storeId: string, index: number): string {
    const sessions = this.#sessions.get(storeId) ?? []
    return sessions[index % Math.max(1, sessions.length)] ?? 'none'
  }

  /** A verification of the session by number, modulo how many there are. */
  checkOf(sessionId: string, index: number): string {
    const checks = this.#checks.get(sessionId) ?? []
    return checks[index % Math.max(1, checks.length)] ?? 'none'
  }

  /** Reports nothing more of a session: going on after its deletion would make another session of the same id. */
  giveUp(storeId: string, index: number): string {
    const sessionId = this.sessionOf(storeId, index)
    this.#givenUp.add(sessionId)
    return sessionId
  }

  /** A shopper starts, takes something and is to be checked. */
  startSession(storeId: string, agoMs: number): void {
    const sessions = this.#sessions.get(storeId) ?? []
    const id = `${storeId}-s${sessions.length + 1}`
    this.#sessions.set(storeId, [...sessions, id])
    const item = { sku: '1', name: 'Milk', quantity: 2, unitPrice: 119 }
    const items = BASKET_LINES.map((lineId) => ({ type: 'item.added', lineId, ...item }))
    this.#send(storeId, id, agoMs, { type: 'session.started', client: 'matrix' }, ...items)
    this.report(storeId, sessions.length, 'check', agoMs)
  }

  /** One more fact of a session, dated so many milliseconds ago. */
  report(storeId: string, session: number, kind: FactKind, agoMs: number): void {
    if (kind === 'start') {
      this.startSession(storeId, agoMs)
      return
    }
    const id = this.sessionOf(storeId, session)
    if (!this.#givenUp.has(id)) this.#send(storeId, id, agoMs, this.#factOf(id, kind))
  }

  #factOf(sessionId: string, kind: Exclude<FactKind, 'start'>): object {
    this.#facts += 1
    const name = `n${this.#facts}`
    const checks = this.#checks.get(sessionId) ?? []
    switch (kind) {
      case 'item':
        return { type: 'item.added', lineId: name, sku: '2', name: 'Bread', quantity: 1, unitPrice: 249 }
      case 'check': {
        const verificationId = `${sessionId}-${name}`
        this.#checks.set(sessionId, [...checks, verificationId])
        const kindOfCheck = this.#facts % 3 === 0 ? 'age_verification' : 'spot_check'
        return { type: 'verification.required', verificationId, kind: kindOfCheck }
      }
      case 'withdraw':
        return { type: 'verification.withdrawn', verificationId: checks.at(-1) ?? 'none' }
      case 'pay':
        return { type: 'payment.completed', transactionId: name, amount: 238 }
      case 'exit':
        return { type: 'exit.scanned' }
      case 'cancel':
        return { type: 'session.cancelled' }
    }
  }

  #send(storeId: string, sessionId: string, agoMs: number, ...facts: object[]): void {
    const events = facts.map((fact) => {
      this.#facts += 1
      return { id: `e${this.#facts}`, sessionId, at: new Date(this.now() - agoMs).toISOString(), ...fact }
    })
    this.backend.handle({
      method: 'POST',
      path: `/v1/stores/${storeId}/events`,
      headers: {},
      body: JSON.stringify({ events }),
    })
  }
}
