/** Decisions made faster than a person could, through the data interface the screens use, and the record kept of them. */
import type { JSHandle, Page } from 'playwright-core'
import { pause, type StoreClient } from '../integration-tools/store-client.ts'
import type { Random } from '../simulator/random.ts'
import { ScriptedShopper } from '../simulator/scripted-shopper.ts'
import type { DataApi, DecideOutcome, DecisionInput } from '../src-renderer/data/data-api.ts'
import { STORE } from './story.ts'

const VERIFICATIONS = ['v1', 'v2', 'v3', 'v4']
const LANES = 3
const LONGEST_PAUSE_MS = 40
const START_TIMEOUT_MS = 60_000
const SAVED_PATIENCE_MS = 60_000

/** What React leaves on the page; the console itself offers nothing to reach its data from outside. */
interface Fiber {
  memoizedProps: { value?: Partial<DataApi> } | null
  child: Fiber | null
  sibling: Fiber | null
}

/** The data interface of a console's page, as its screens have it. */
export async function dataOf(page: Page): Promise<JSHandle<DataApi>> {
  const found = await page.waitForFunction(
    () => {
      const container = document.getElementById('root') as unknown as Record<string, { stateNode: { current: Fiber } }>
      const key = Object.keys(container ?? {}).find((name) => name.startsWith('__reactContainer$'))
      const waiting: (Fiber | null)[] = key === undefined ? [] : [container[key]?.stateNode.current ?? null]
      while (waiting.length > 0) {
        const fiber = waiting.pop()
        if (!fiber) continue
        if (typeof fiber.memoizedProps?.value?.decide === 'function') return fiber.memoizedProps.value
        waiting.push(fiber.sibling, fiber.child)
      }
      return null
    },
    undefined,
    { timeout: START_TIMEOUT_MS },
  )
  return found as JSHandle<DataApi>
}

/** `unanswered`: the console died before its answer came; it may count or not, but at most once. */
type Answer = 'unanswered' | 'saved' | Extract<DecideOutcome, { ok: false }>['code']

interface Asked {
  /** Unique text inside the decision, by which its event is found again. */
  mark: string
  sessionId: string
  answer: Answer
}

export interface Tally {
  /** How many decisions got which answer. */
  answers: Partial<Record<Answer, number>>
  /** Marks of saved decisions without an event, and of any decision with more than one. */
  lost: string[]
  doubled: string[]
  /** Of the unanswered ones, how many count. */
  unansweredThatCount: number
}

/** Sessions to decide on, and every decision asked for with the answer it got. Lives outside the process under test. */
export class DecisionRecord {
  readonly asked: Asked[] = []
  saved = 0
  private readonly onSaved = new Set<() => void>()

  constructor(private readonly sessionIds: readonly string[]) {}

  /** Posts sessions with open checks. */
  static async prepare(store: StoreClient, count: number): Promise<DecisionRecord> {
    const ids = Array.from({ length: count }, (_, index) => `kill-${index + 1}`)
    for (const id of ids) {
      await new ScriptedShopper(store, STORE, id).send(
        { type: 'session.started', client: { type: 'matrix' } },
        { type: 'item.added', lineId: 'l1', sku: '4001', name: 'Oat milk 1 l', quantity: 1, unitPrice: 199 },
        ...VERIFICATIONS.map((verificationId) => ({
          type: 'verification.required' as const,
          verificationId,
          kind: 'spot_check' as const,
        })),
      )
    }
    return new DecisionRecord(ids)
  }

  /** Resolves in the moment in which the answer to one more, or the nth, decision says that it is saved. */
  moreSaved(count = 1): Promise<void> {
    const enough = this.saved + count
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        this.onSaved.delete(look)
      }
      const look = () => {
        if (this.saved < enough) return
        end()
        resolve()
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`no decision is saved any more: ${JSON.stringify(this.answers())}`))
      }, SAVED_PATIENCE_MS)
      this.onSaved.add(look)
    })
  }

  /** Decides in a few lanes at once until `stop` fires or the console is gone. */
  async keepDeciding(data: JSHandle<DataApi>, random: Random, round: number, stop: AbortSignal): Promise<void> {
    const lane = async () => {
      while (!stop.aborted) {
        if (!(await this.decide(data, random, round))) return
        await pause(random.int(0, LONGEST_PAUSE_MS))
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  }

  /** One decision; false where the console died before it answered. */
  private async decide(data: JSHandle<DataApi>, random: Random, round: number): Promise<boolean> {
    const mark = `<${this.asked.length + 1}>`
    // A few neighbours per round: documents stay small, and different rounds still meet in one session.
    const sessionId = this.sessionIds[(round + random.int(0, 3)) % this.sessionIds.length] ?? ''
    const asked: Asked = { mark, sessionId, answer: 'unanswered' }
    this.asked.push(asked)
    const input = someDecision(random, mark)
    try {
      const outcome = await data.evaluate((api, [store, session, decision]) => api.decide(store, session, decision), [
        STORE,
        sessionId,
        input,
      ] as const)
      asked.answer = outcome.ok ? 'saved' : outcome.code
      if (outcome.ok) this.saved += 1
      for (const listener of this.onSaved) listener()
      return true
    } catch {
      return false
    }
  }

  private answers(): Tally['answers'] {
    const answers: Tally['answers'] = {}
    for (const { answer } of this.asked) answers[answer] = (answers[answer] ?? 0) + 1
    return answers
  }

  /** Compares the record with what the backend's documents hold. */
  async tally(store: StoreClient): Promise<Tally> {
    const times = new Map<string, number>()
    for (const id of this.sessionIds) {
      const document = await store.getSession(STORE, id)
      for (const event of document?.events ?? []) {
        if (event.source !== 'console') continue
        for (const mark of JSON.stringify(event).match(/<\d+>/g) ?? []) times.set(mark, (times.get(mark) ?? 0) + 1)
      }
    }
    const count = (asked: Asked) => times.get(asked.mark) ?? 0
    const withAnswer = (answer: Answer) => this.asked.filter((asked) => asked.answer === answer)
    return {
      answers: this.answers(),
      lost: withAnswer('saved').flatMap((asked) => (count(asked) === 0 ? [asked.mark] : [])),
      doubled: this.asked.flatMap((asked) => (count(asked) > 1 ? [asked.mark] : [])),
      unansweredThatCount: withAnswer('unanswered').filter((asked) => count(asked) > 0).length,
    }
  }
}

/** A decision of any kind that carries the mark; what its verdict will be does not matter here. */
function someDecision(random: Random, mark: string): DecisionInput {
  const verificationId = random.pick(VERIFICATIONS)
  return random.weighted<{ weight: number; input: DecisionInput }>(
    [
      { weight: 4, input: { type: 'note.add', payload: { text: `note ${mark}` } } },
      {
        weight: 4,
        input: {
          type: 'verification.resolve',
          payload: { verificationId, outcome: 'approved', method: 'sight_check', note: `seen ${mark}` },
        },
      },
      { weight: 1, input: { type: 'verification.request', payload: { kind: 'spot_check', reason: `look ${mark}` } } },
      { weight: 1, input: { type: 'basket.review', payload: { reason: `left ${mark}`, putBack: true } } },
    ],
    ({ weight }) => weight,
  ).input
}
