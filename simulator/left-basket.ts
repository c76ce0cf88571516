/** How simulated staff deal with a basket that was left: some items on the way, then the review, and some not at all. */
import type { Decision, ItemOutcome } from '#shared/protocol/decisions.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { type Obstacle, storyOf } from '#shared/session/abandoned-story.ts'
import type { Random } from './random.ts'

type BasketDecision = Extract<Decision, { type: 'basket.review' | 'basket.put_back' }>
/** One thing that is decided, so many milliseconds after the basket was noticed. */
export type BasketStep = { [Type in BasketDecision['type']]: Step<Type> }[BasketDecision['type']]
interface Step<Type extends BasketDecision['type']> {
  type: Type
  afterMs: number
  payload: Extract<BasketDecision, { type: Type }>['payload']
}

const MINUTE = 60_000
/** Shares of baskets that are reviewed, and of those that are only begun; the rest is left to real people. */
const REVIEWED = 0.4
const BEGUN = 0.2
const MOST_LINES = 1_000

const reasons: Record<Obstacle, readonly string[]> = {
  payment_failed: ['Payment did not work', 'Payment did not work', 'Technical problem'],
  payment_cancelled: ['Broke off the payment', 'Paid at a till instead'],
  age_refused: ['Age not confirmed'],
  check_rejected: ['Basket did not match the check'],
  never_served: ['Nobody came for the check', 'Paid at a till instead'],
  none: ['Left without paying', 'Paid at a till instead', 'Technical problem'],
}

/** Whether it is a basket to deal with: expired unpaid, with goods in it, and not reviewed. */
export function isLeftBasket({ progress, endedAt, review, lineItems }: SessionDocument): boolean {
  return progress === 'abandoned' && endedAt !== null && review === null && lineItems.length > 0
}

/** What one employee does about it, in order; nothing for most. */
export function dealWithBasket(session: SessionDocument, random: Random): BasketStep[] {
  const fate = random.next()
  if (fate >= REVIEWED + BEGUN) return []
  const settled = new Set(session.putBack.map(({ lineId }) => lineId))
  const items = session.lineItems
    .filter(({ lineId }) => !settled.has(lineId))
    .slice(0, MOST_LINES)
    .map(({ lineId, storage }) => ({ lineId, outcome: outcomeOf(storage, random) }))
  const walk = random.around(3, 0.6) * MINUTE
  // The cold goods first; somebody else may do the rest.
  const cold = session.lineItems.filter(({ storage }) => storage === 'chilled' || storage === 'frozen')
  const first = items.filter(({ lineId }) => cold.some((line) => line.lineId === lineId))
  const begun = first.length > 0 ? first : items.slice(0, 1)
  const steps: BasketStep[] =
    begun.length === 0 ? [] : [{ type: 'basket.put_back', afterMs: walk, payload: { items: begun } }]
  if (fate >= REVIEWED) return steps
  const reason = random.pick(reasons[storyOf(session).obstacle])
  const review = { reason, putBack: items.filter((item) => !begun.includes(item)) }
  return [...steps, { type: 'basket.review', afterMs: walk + random.around(4, 0.6) * MINUTE, payload: review }]
}

function outcomeOf(storage: SessionDocument['lineItems'][number]['storage'], random: Random): ItemOutcome {
  if (random.chance(0.08)) return 'not_found'
  return random.chance(storage === 'frozen' ? 0.7 : storage === 'chilled' ? 0.4 : 0.03) ? 'discarded' : 'put_back'
}
