import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decision, ItemOutcome, Verdict } from '../protocol/decisions.ts'
import type { SessionDocument, SessionEvent } from '../protocol/session-document.ts'
import { judgeDecision } from '../verification/judge-decision.ts'
import { foldSession } from './fold-session.ts'
import type { SessionFrame } from './fold-state.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_125)
const T0 = Date.parse('2026-03-10T10:00:00.000Z')
const iso = (seconds: number) => new Date(T0 + seconds * 1_000).toISOString()
const frame: SessionFrame = {
  id: 's1',
  storeId: 'berlin',
  settings: { currency: 'EUR', timezone: 'Europe/Berlin', expiry: { mode: 'inactivity', inactivityMinutes: 5 } },
  version: 1,
}
const LINES = ['l1', 'l2', 'l3']
const basket: SessionEvent[] = [
  { id: 'e0', type: 'session.started', at: iso(0), source: 'store', client: { type: 'matrix' } },
  ...LINES.map(
    (lineId, index): SessionEvent => ({
      ...{ id: `e-${lineId}`, type: 'item.added', at: iso(index + 1), source: 'store', lineId },
      ...{ sku: lineId, name: lineId, quantity: 1, unitPrice: 100 },
    }),
  ),
]
const fold = (events: readonly SessionEvent[]): SessionDocument => foldSession(frame, events, T0 + 3_600_000)
const [anna, ben, cem] = [
  { number: '100', name: 'Anna' },
  { number: '200', name: 'Ben' },
  { number: '300', name: 'Cem' },
]
type Item = { lineId: string; outcome: ItemOutcome }
interface Arrival {
  by: typeof anna
  /** Seconds; decisions arrive in the order of the list, after all of these. */
  occurred: number
  said: { items: Item[]; takenBack?: string[] } | { reason: string; putBack: boolean | Item[] }
}

/** Judges decisions in order of arrival, as the backend does. */
function arrive(arrivals: readonly Arrival[]): { verdicts: Verdict[]; events: SessionEvent[] } {
  let events = basket
  const verdicts = arrivals.map(({ by, occurred, said }, index) => {
    const decision = {
      ...{ id: `m${index}`, sessionId: 's1', type: 'items' in said ? 'basket.put_back' : 'basket.review' },
      ...{ occurredAt: iso(occurred), payload: said },
    } as Decision
    const { verdict, event } = judgeDecision(fold(events), decision, by, T0 + (2_000 + index) * 1_000)
    events = [...events, event]
    return verdict
  })
  return { verdicts, events }
}

/** The rule as a list of sentences: who was first on a line, what each employee said last about it and did not take back. */
function naive(arrivals: readonly Arrival[]) {
  const first = new Map<string, { by: typeof anna; outcome: ItemOutcome }>()
  const said = new Map<string, Map<string, ItemOutcome>>()
  let reviewer: typeof anna | null = null
  const statuses = arrivals.map(({ by, said: decision }) => {
    const isReview = 'reason' in decision
    const items = isReview ? (Array.isArray(decision.putBack) ? decision.putBack : []) : decision.items
    const adds = items.some(({ lineId, outcome }) => {
      const standing = first.get(lineId)
      return standing === undefined || (standing.by === by && standing.outcome !== outcome)
    })
    const takenBack = 'reason' in decision ? [] : (decision.takenBack ?? [])
    const applied = adds || takenBack.length > 0 || (isReview && reviewer === null)
    for (const { lineId, outcome } of items) {
      const standing = first.get(lineId)
      if (applied && (standing === undefined || standing.by === by)) first.set(lineId, { by, outcome })
      const words = said.get(lineId) ?? new Map<string, ItemOutcome>()
      said.set(lineId, words.set(by.number, outcome))
    }
    for (const lineId of takenBack) {
      if (first.get(lineId)?.by === by) first.delete(lineId)
      said.get(lineId)?.delete(by.number)
    }
    if (isReview && reviewer === null) {
      reviewer = by
      if (decision.putBack === true) {
        for (const lineId of LINES) if (!first.has(lineId)) first.set(lineId, { by, outcome: 'put_back' })
      }
    }
    return applied ? 'applied' : 'superseded'
  })
  const putBack = LINES.flatMap((lineId) => {
    const standing = first.get(lineId)
    if (standing === undefined) return []
    const others = [...(said.get(lineId) ?? [])]
      .filter(([number, outcome]) => number !== standing.by.number && outcome !== standing.outcome)
      .map(([number, outcome]) => `${number} ${outcome}`)
    return [{ lineId, outcome: standing.outcome, by: standing.by.number, others: others.sort() }]
  })
  return { statuses, putBack }
}

const item = fc.record({
  lineId: fc.constantFrom(...LINES),
  outcome: fc.constantFrom<ItemOutcome>('put_back', 'discarded', 'not_found'),
})
const items = fc.uniqueArray(item, { selector: ({ lineId }) => lineId, minLength: 1, maxLength: 3 })
/** Lines that no item of the same decision names. */
const withTakenBack = fc.tuple(items, fc.subarray(LINES)).map(([named, lines]) => {
  const takenBack = lines.filter((each) => named.every(({ lineId }) => lineId !== each))
  return { items: named, takenBack }
})
const takenBackAlone = fc.record({ items: fc.constant<Item[]>([]), takenBack: fc.subarray(LINES, { minLength: 1 }) })
const said: fc.Arbitrary<Arrival['said']> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ items }) },
  { weight: 2, arbitrary: takenBackAlone },
  { weight: 1, arbitrary: withTakenBack },
  { weight: 2, arbitrary: fc.record({ reason: fc.constant('left'), putBack: fc.oneof(fc.boolean(), items) }) },
)
/** In the order in which they occurred, so that what an employee said last is plain; arrivals may be late all the same. */
const arrivals = (occurred: fc.Arbitrary<number>): fc.Arbitrary<Arrival[]> =>
  fc.array(fc.record({ by: fc.constantFrom(anna, ben, cem), occurred, said }), { maxLength: 8 })

describe(`items of a basket that several people deal with (seed ${seed})`, () => {
  it('are settled by the first to arrive, with what the others said beside it', () => {
    fc.assert(
      fc.property(arrivals(fc.constant(1_000)), (given) => {
        const inOrder = given.map((each, index) => ({ ...each, occurred: 1_000 + index }))
        const { verdicts, events } = arrive(inOrder)
        const expected = naive(inOrder)
        expect(verdicts.map(({ status }) => status)).toEqual(expected.statuses)
        const found = fold(events).putBack.map(({ lineId, outcome, employee, others }) => ({
          ...{ lineId, outcome, by: employee.number },
          others: others.map((other) => `${other.employee.number} ${other.outcome}`).sort(),
        }))
        expect(found).toEqual(expected.putBack)
      }),
      { seed, numRuns: 500 },
    )
  })

  it('are the same whatever the order of delivery, and whatever clocks say nobody loses what arrived first', () => {
    fc.assert(
      fc.property(arrivals(fc.integer({ min: 0, max: 3_000 })), fc.infiniteStream(fc.nat()), (given, keys) => {
        const { verdicts, events } = arrive(given)
        const document = fold(events)
        const shuffled = events.map((event) => ({ event, key: keys.next().value as number }))
        shuffled.sort((a, b) => a.key - b.key)
        expect(fold([...shuffled.map(({ event }) => event), ...events])).toEqual(document)
        // Who settles a line depends on arrival alone.
        const expected = naive(given)
        expect(verdicts.map(({ status }) => status)).toEqual(expected.statuses)
        expect(document.putBack.map(({ lineId, outcome, employee }) => [lineId, outcome, employee.number])).toEqual(
          expected.putBack.map(({ lineId, outcome, by }) => [lineId, outcome, by]),
        )
      }),
      { seed, numRuns: 500 },
    )
  })

  it('merge: a second review that says more counts, one that says nothing new is superseded by name', () => {
    const { verdicts, events } = arrive([
      { by: anna, occurred: 1_000, said: { reason: 'left', putBack: [{ lineId: 'l1', outcome: 'put_back' }] } },
      {
        by: ben,
        occurred: 900,
        said: {
          reason: 'too long',
          putBack: [
            { lineId: 'l1', outcome: 'discarded' },
            { lineId: 'l2', outcome: 'not_found' },
          ],
        },
      },
      { by: cem, occurred: 1_100, said: { reason: 'no idea', putBack: true } },
    ])
    expect(verdicts).toEqual([
      { status: 'applied' },
      { status: 'applied' },
      { status: 'superseded', by: anna, at: iso(1_000) },
    ])
    const { review, putBack } = fold(events)
    expect(review).toMatchObject({ reason: 'left', employee: anna, also: [{ reason: 'too long', employee: ben }] })
    expect(putBack).toMatchObject([
      { lineId: 'l1', outcome: 'put_back', employee: anna, others: [{ outcome: 'discarded', employee: ben }] },
      { lineId: 'l2', outcome: 'not_found', employee: ben, others: [] },
    ])
  })

  it('a tick of what a colleague settled names the colleague; one of a line that is not there is refused', () => {
    const tick = (outcome: ItemOutcome, lineId = 'l1') => ({ items: [{ lineId, outcome }] })
    const { verdicts } = arrive([
      { by: anna, occurred: 1_000, said: tick('put_back') },
      { by: ben, occurred: 1_001, said: tick('put_back') },
      { by: anna, occurred: 1_002, said: tick('discarded') },
      { by: ben, occurred: 1_003, said: tick('put_back', 'nowhere') },
    ])
    expect(verdicts).toMatchObject([
      { status: 'applied' },
      { status: 'superseded', by: anna, at: iso(1_000) },
      { status: 'applied' },
      { status: 'refused', code: 'line_unknown' },
    ])
  })

  it('one takes back one’s own word: nobody has dealt with the line then, and the next to say something counts', () => {
    const takeBack = (lineId: string) => ({ items: [], takenBack: [lineId] })
    const tick = (outcome: ItemOutcome) => ({ items: [{ lineId: 'l1', outcome }] })
    const first: Arrival[] = [
      { by: anna, occurred: 1_000, said: tick('put_back') },
      { by: ben, occurred: 1_001, said: tick('discarded') },
      // Not his to take back: his own word, which did not count, is gone with it, the first one stays.
      { by: cem, occurred: 1_002, said: takeBack('l1') },
    ]
    expect(fold(arrive(first).events).putBack).toMatchObject([
      { lineId: 'l1', outcome: 'put_back', employee: anna, others: [{ outcome: 'discarded', employee: ben }] },
    ])
    // Her clock is behind: taken back is what arrived before all the same.
    const open: Arrival[] = [...first, { by: anna, occurred: 10, said: takeBack('l1') }]
    expect(arrive(open).verdicts.at(-1)).toEqual({ status: 'applied' })
    expect(fold(arrive(open).events).putBack).toEqual([])
    // What did not count does not count by itself now, but is not lost either.
    const { verdicts, events } = arrive([...open, { by: cem, occurred: 1_003, said: tick('not_found') }])
    expect(verdicts.at(-1)).toEqual({ status: 'applied' })
    expect(fold(events).putBack).toMatchObject([
      { lineId: 'l1', outcome: 'not_found', employee: cem, others: [{ outcome: 'discarded', employee: ben }] },
    ])
    expect(arrive([{ by: anna, occurred: 1_000, said: takeBack('nowhere') }]).verdicts).toMatchObject([
      { status: 'refused', code: 'line_unknown' },
    ])
  })

  it('of a basket that was put back as a whole single lines are taken back; a review after that covers them again', () => {
    const whole = { reason: 'left', putBack: true }
    const takeBack = { items: [], takenBack: ['l1', 'l2'] }
    const after = arrive([
      { by: anna, occurred: 1_000, said: whole },
      { by: anna, occurred: 1_001, said: takeBack },
      { by: ben, occurred: 1_002, said: { items: [{ lineId: 'l2', outcome: 'discarded' }] } },
    ])
    expect(fold(after.events).putBack).toMatchObject([
      { lineId: 'l2', outcome: 'discarded', employee: ben, others: [] },
      { lineId: 'l3', outcome: 'put_back', employee: anna },
    ])
    const before = arrive([
      { by: anna, occurred: 1_000, said: { items: [{ lineId: 'l1', outcome: 'discarded' }] } },
      { by: anna, occurred: 1_001, said: takeBack },
      { by: ben, occurred: 1_002, said: whole },
    ])
    expect(fold(before.events).putBack.map(({ lineId, employee }) => [lineId, employee.name])).toEqual([
      ['l1', 'Ben'],
      ['l2', 'Ben'],
      ['l3', 'Ben'],
    ])
  })

  it('put back as a whole by the first review are all those that nobody had dealt with', () => {
    const { verdicts, events } = arrive([
      { by: ben, occurred: 1_000, said: { items: [{ lineId: 'l2', outcome: 'discarded' }] } },
      { by: anna, occurred: 1_001, said: { reason: 'left', putBack: true } },
      { by: ben, occurred: 1_002, said: { items: [{ lineId: 'l1', outcome: 'not_found' }] } },
    ])
    expect(verdicts.map(({ status }) => status)).toEqual(['applied', 'applied', 'superseded'])
    expect(fold(events).putBack).toMatchObject([
      { lineId: 'l1', outcome: 'put_back', employee: anna, others: [{ outcome: 'not_found', employee: ben }] },
      { lineId: 'l2', outcome: 'discarded', employee: ben, others: [] },
      { lineId: 'l3', outcome: 'put_back', employee: anna, others: [] },
    ])
  })
})
