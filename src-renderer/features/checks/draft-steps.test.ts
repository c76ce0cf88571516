import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LineItem } from '#shared/protocol/session-document.ts'
import { assessRescan, type CheckDraft, checkDraftSchema } from '#shared/verification/rescan.ts'
import {
  type CheckAtHand,
  methods,
  needsDeclining,
  withFullRescanDeclined,
  withMethod,
  withObservation,
  withoutLast,
  withScan,
} from './draft-steps.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_131)
console.log(`draft steps: FLOORWALKER_SEED=${seed}`)

const line = (lineId: string, sku: string, quantity: number): LineItem => {
  const unitPrice = 199
  return { lineId, sku, name: `item ${sku}`, quantity, unitPrice, total: quantity * unitPrice, returnedQuantity: 0 }
}
const check: CheckAtHand = {
  verificationId: 'v1',
  basket: [line('l1', '4001', 2), line('l2', '4002', 1), line('l3', '4003', 3)],
  pieces: 3,
}
const empty: CheckDraft = {
  method: 'sight_check',
  plan: null,
  escalatedFrom: null,
  fullRescanDeclined: null,
  observations: [],
  note: '',
}
const assess = (draft: CheckDraft) => assessRescan(check.verificationId, check.basket, draft)

type Step =
  | { do: 'scan'; code: string }
  | { do: 'count'; lineId: string; quantity: number }
  | { do: 'method'; method: CheckDraft['method'] }
  | { do: 'undo' }
  | { do: 'decline' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('scan' as const), code: fc.constantFrom('4001', '4002', '4003', '9999') }),
  fc.record({
    do: fc.constant('count' as const),
    lineId: fc.constantFrom('l1', 'l2', 'l3'),
    quantity: fc.integer({ min: 0, max: 4 }),
  }),
  fc.record({ do: fc.constant('method' as const), method: fc.constantFrom(...methods) }),
  fc.constant({ do: 'undo' as const }),
  fc.constant({ do: 'decline' as const }),
)

/** As the screen does it: a method that needs declining is not gone to. */
function take(draft: CheckDraft, taken: Step): CheckDraft {
  switch (taken.do) {
    case 'scan':
      return withScan(check, draft, taken.code).draft
    case 'count':
      return withObservation(check, draft, { kind: 'counted', lineId: taken.lineId, quantity: taken.quantity })
    case 'method':
      return needsDeclining(check, draft, taken.method) ? draft : withMethod(check, draft, taken.method)
    case 'undo':
      return withoutLast(draft)
    case 'decline':
      return draft.escalatedFrom === null ? draft : withFullRescanDeclined(check, draft, 'a reason')
  }
}

it('leaves no mismatch of a partial rescan without a full one or a reason, and loses no observation', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      let draft = empty
      let expected = 0
      for (const taken of steps) {
        const before = draft
        draft = take(draft, taken)
        if (taken.do === 'scan' || taken.do === 'count') expected += 1
        if (taken.do === 'undo') expected = Math.max(0, expected - 1)
        expect(draft.observations).toHaveLength(expected)
        if (assess(draft).mustBecomeFull) expect(draft.fullRescanDeclined).not.toBeNull()
        // A reason that was given goes away with the full rescan alone.
        if (before.fullRescanDeclined !== null && draft.method !== 'full_rescan')
          expect(draft.fullRescanDeclined).toBe(before.fullRescanDeclined)
        if (draft.escalatedFrom !== null) expect(draft.method).toBe('full_rescan')
        expect((draft.method === 'partial_rescan') === (draft.plan !== null) || draft.escalatedFrom !== null).toBe(true)
        // What is kept over a crash can be read again.
        expect(checkDraftSchema.parse(draft)).toEqual(draft)
      }
    }),
    { seed, numRuns: 400 },
  )
})

it('begins a rescan with the first scan, and says which line it was', () => {
  const first = withScan(check, empty, '4003')
  expect(first.draft).toMatchObject({ method: 'partial_rescan', plan: { selection: 'chosen', pieces: 3 } })
  expect(first.line).toMatchObject({ lineId: 'l3', found: 1, expected: 3 })
  expect(assess(first.draft)).toMatchObject({ done: 1, of: 3 })
  const unknown = withScan(check, first.draft, '9999')
  expect(unknown.line).toBeNull()
  expect(unknown.draft).toMatchObject({ method: 'full_rescan', escalatedFrom: 'partial_rescan' })
})

it('lets nobody slip away from a mismatch by choosing another method, but a mis-scan can be undone', () => {
  const escalated = withScan(check, withScan(check, empty, '4001').draft, '9999').draft
  expect(needsDeclining(check, escalated, 'sight_check')).toBe(true)
  expect(needsDeclining(check, escalated, 'partial_rescan')).toBe(true)
  expect(needsDeclining(check, escalated, 'full_rescan')).toBe(false)
  const undone = withoutLast(escalated)
  expect(needsDeclining(check, undone, 'partial_rescan')).toBe(false)
  expect(withMethod(check, undone, 'partial_rescan')).toMatchObject({ method: 'partial_rescan', escalatedFrom: null })
})
