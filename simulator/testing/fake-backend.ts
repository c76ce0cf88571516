/** A backend in memory behind `fetch`, for tests: the integration side, with faults and an employee who decides. */
import { eventsRequestSchema, type StoreFact, storeFactSchema } from '#shared/protocol/integration.ts'
import { type ProblemCode, problem } from '#shared/protocol/problems.ts'
import type { SessionDocument, SessionEvent, Verification } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { foldSession } from '#shared/session/fold-session.ts'

/** What befalls the next call: the request is lost, its answer is lost, or the backend answers a problem. */
export type Fault = 'request_lost' | 'answer_lost' | ProblemCode

export class FakeBackend {
  /** In order of arrival. */
  readonly events = new Map<string, SessionEvent & { sessionId: string }>()
  readonly refused: string[] = []
  posts = 0
  /** Faults of the coming reports of events, one each. */
  faults: Fault[] = []
  /** Decides a check as soon as the store asks for it; null leaves it waiting. */
  decide: (verification: Verification, session: SessionDocument) => Record<string, unknown> | null = () => null

  constructor(
    private readonly store: StoreSettings,
    private readonly apiKey = 'test-key',
  ) {}

  readonly fetch: typeof fetch = async (input, init) => {
    const path = new URL(String(input)).pathname
    const headers = new Headers(init?.headers)
    if (headers.get('authorization') !== `ApiKey ${this.apiKey}`) return answerProblem('unauthorized')
    if (init?.method === 'POST' && path === `/v1/stores/${this.store.id}/events`) {
      return this.receive(JSON.parse(String(init.body)))
    }
    const sessionId = path.split('/sessions/')[1]
    if (sessionId === undefined) return answerProblem('not_found')
    return this.answerSession(decodeURIComponent(sessionId))
  }

  /** The session as folded from what has arrived. */
  session(sessionId: string): SessionDocument | null {
    const events = [...this.events.values()].filter((event) => event.sessionId === sessionId)
    if (events.length === 0) return null
    const { store } = this
    return foldSession({ id: sessionId, storeId: store.id, settings: store, version: 1 }, events, -Infinity)
  }

  get sessionIds(): string[] {
    return [...new Set([...this.events.values()].map((event) => event.sessionId))]
  }

  private receive(body: unknown): Response {
    this.posts += 1
    const fault = this.faults.shift()
    if (fault === 'request_lost') throw new TypeError('fetch failed')
    if (fault !== undefined && fault !== 'answer_lost') return answerProblem(fault)
    let accepted = 0
    let duplicates = 0
    for (const raw of eventsRequestSchema.parse(body).events) {
      const fact: StoreFact = storeFactSchema.parse(raw)
      const known = this.events.get(fact.id)
      if (known === undefined) {
        this.events.set(fact.id, { ...fact, source: 'store' })
        accepted += 1
      } else if (JSON.stringify(known) === JSON.stringify({ ...fact, source: 'store' })) duplicates += 1
      else this.refused.push(fact.id)
    }
    if (fault === 'answer_lost') throw new TypeError('fetch failed')
    return Response.json({ accepted, duplicates, refused: [] })
  }

  private answerSession(sessionId: string): Response {
    const before = this.session(sessionId)
    if (before === null) return answerProblem('session_unknown')
    for (const verification of before.verifications) {
      if (verification.status !== 'waiting') continue
      const decision = this.decide(verification, before)
      if (decision === null) continue
      const id = `${verification.id}-decision`
      const at = new Date(Date.parse(verification.shownAt) + 1).toISOString()
      this.events.set(id, {
        ...decision,
        id,
        sessionId,
        at,
        type: 'verification.resolved',
        source: 'console',
        verificationId: verification.id,
        employee: { number: '1', name: 'Test' },
      })
    }
    return Response.json(this.session(sessionId))
  }
}

function answerProblem(code: ProblemCode): Response {
  const document = problem(code)
  return Response.json(document, { status: document.status })
}
