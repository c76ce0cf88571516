/**
 * What one run of the million-session benchmark stands on: seeded sessions of the past, live ones that go on changing, and
 * questions with their right answers.
 */
import { encodeDayBlock } from '#shared/protocol/day-block.ts'
import type { StoreFact } from '#shared/protocol/integration.ts'
import type { SessionEvent } from '#shared/protocol/session-document.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import { type SessionSummary, summarize } from '#shared/session/session-summary.ts'
import { Random } from '../simulator/random.ts'
import { generateMillion, millionStores } from './million-data.ts'
import { type Answer, answerNaively, type Question, questionsAbout } from './million-questions.ts'

export interface Expected {
  question: Question
  answer: Answer
}

/** A change of all live sessions, and what is asked after it. */
export interface Step extends Expected {
  rows: SessionSummary[]
}

export interface Ground {
  seed: number
  /** All sessions, live ones as they start. */
  count: number
  blocks: Uint8Array[]
  /** The list as a console opens it. */
  first: Expected
  /** One list for each round; no question is asked twice. */
  rounds: Expected[][]
  steps: Step[]
}

/** Sessions that change together at every step. */
export const LIVE_SESSIONS = 100
/** Its sessions never expire, so nothing but the steps changes them. */
const liveStore = millionStores.find(({ expiry }) => expiry.mode === 'never') ?? millionStores[0]
const UNIT_PRICE = 199
/** Instants of the steps lie in the past of the machine's clock, as the backend wants them. */
const STEP_MS = 1_000

/** Sessions that are in the store now: what they report, and the rows which that makes. */
export class LiveSessions {
  readonly storeId: string
  private readonly ids: string[]

  /** @param startedAt UTC milliseconds; so many seconds ago as there are steps at least */
  constructor(
    seed: number,
    private readonly startedAt: number,
  ) {
    if (liveStore === undefined) throw new Error('there is no store')
    this.storeId = liveStore.id
    const random = new Random('live', seed, startedAt)
    const hex = (length: number) => Array.from({ length }, () => random.int(0, 15).toString(16)).join('')
    this.ids = Array.from({ length: LIVE_SESSIONS }, () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`)
  }

  /** What all of them report at a step; step 0 is their start. */
  factsAt(step: number): StoreFact[] {
    return this.ids.flatMap((id) => this.factsOf(id, step))
  }

  /** Their rows after that step. */
  rowsAt(step: number): SessionSummary[] {
    return this.ids.map((id, index) => {
      const facts = [...this.factsOf(id, 0), ...(step === 0 ? [] : this.factsOf(id, step))]
      const events = facts.map(({ sessionId: _, ...fact }): SessionEvent => ({ ...fact, source: 'store' }))
      // Above every version of the past; the backend's own are others, and nobody asks for them.
      const version = 1_000_000_000 + step * LIVE_SESSIONS + index
      const settings = liveStore ?? millionStores[0]
      if (settings === undefined) throw new Error('there is no store')
      const input = { id, storeId: this.storeId, settings, version }
      return summarize(foldSession(input, events, this.startedAt + (step + 1) * STEP_MS))
    })
  }

  private factsOf(sessionId: string, step: number): StoreFact[] {
    const at = new Date(this.startedAt + step * STEP_MS).toISOString()
    // Events of one instant are ordered by id.
    const fact = (body: object, name: string) => ({ id: `${sessionId}-${name}`, sessionId, at, ...body }) as StoreFact
    if (step > 0) {
      return [fact({ type: 'item.quantity_changed', lineId: 'l1', quantity: 1 + (step % 150) }, `step-${step}`)]
    }
    return [
      fact({ type: 'session.started', client: { type: 'sdk-android' } }, '0'),
      fact(
        { type: 'item.added', lineId: 'l1', sku: '4001', name: 'Oat milk', quantity: 1, unitPrice: UNIT_PRICE },
        '1',
      ),
    ]
  }
}

/** Makes the ground; a minute or two of computing for a million rows. */
export function prepareGround(
  { seed, rows, rounds, steps }: { seed: number; rows: number; rounds: number; steps: number },
  live: LiveSessions,
): Ground {
  const blocks: Uint8Array[] = []
  const all: SessionSummary[] = []
  for (const day of generateMillion({ seed, rows })) {
    blocks.push(encodeDayBlock(day.rows))
    for (const row of day.rows) all.push(row)
  }
  const firstLive = all.length
  const started = live.rowsAt(0)
  blocks.push(encodeDayBlock(started))
  all.push(...started)

  const random = new Random('questions', seed, rows)
  const expected = (question: Question): Expected => ({ question, answer: answerNaively(all, question) })
  const [newestFirst] = questionsAbout(all, random)
  if (newestFirst === undefined) throw new Error('there are no questions')
  const first = expected(newestFirst)
  const asked = Array.from({ length: rounds }, () => shuffled(questionsAbout(all, random), random).map(expected))
  const afterSteps: Step[] = []
  let toAsk: Question[] = []
  for (let step = 1; step <= steps; step += 1) {
    if (toAsk.length === 0) toAsk = shuffled(questionsAbout(all, random), random)
    const changed = live.rowsAt(step)
    all.splice(firstLive, changed.length, ...changed)
    const question = toAsk.pop()
    if (question !== undefined) afterSteps.push({ rows: changed, ...expected(question) })
  }
  return { seed, count: all.length, blocks, first, rounds: asked, steps: afterSteps }
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
