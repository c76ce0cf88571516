/** A review under way on the screen: what was chosen and typed, until it is saved. */
import { create } from 'zustand'
import type { ItemOutcome } from '#shared/protocol/decisions.ts'
import { type BasketGoods, byRule } from '#shared/session/goods-outside.ts'
import type { RuledReview } from '../../data/abandoned-api.ts'
import type { DecisionInput } from '../../data/data-api.ts'

export interface ReviewDraft {
  /** Null until somebody chose or typed one: then the one that fits is meant. */
  reason: string | null
  note: string
  /** By line: what is to be said, which may change what was said before. */
  outcomes: Readonly<Record<string, ItemOutcome>>
}

export const emptyDraft: ReviewDraft = { reason: null, note: '', outcomes: {} }

/** A review of several baskets under way. */
export interface BulkDraft {
  /** Null until somebody chose or typed one: then the most common is meant. */
  reason: string | null
  note: string
  outcome: RuledReview['outcome']
}

const emptyBulkDraft: BulkDraft = { reason: null, note: '', outcome: 'by_rule' }

/** Drafts by key: what one typed stays over a change of basket or room, until it is saved. */
function draftsOf<Draft extends object>(empty: Draft) {
  const useDrafts = create<{ drafts: Readonly<Record<string, Draft>> }>()(() => ({ drafts: {} }))
  return function useDraft(key: string): [Draft, (change: Partial<Draft> | null) => void] {
    const draft = useDrafts((state) => state.drafts[key] ?? empty)
    const change = (part: Partial<Draft> | null) =>
      useDrafts.setState(({ drafts }) => {
        const { [key]: before = empty, ...others } = drafts
        return { drafts: part === null ? others : { ...others, [key]: { ...before, ...part } } }
      })
    return [draft, change]
  }
}

/** The draft of an employee and a basket, and how to change it; `null` removes it. The key keeps it from any other employee. */
export const useReviewDraft = draftsOf(emptyDraft)
/** The draft of an employee for whichever baskets are selected. */
export const useBulkDraft = draftsOf(emptyBulkDraft)

/** What the screen shows as the outcome of a line: the draft's, or else what was said. */
export const outcomeOf = ({ line, settled }: BasketGoods, draft: ReviewDraft): ItemOutcome | null =>
  draft.outcomes[line.lineId] ?? settled?.outcome ?? null

/** The outcomes of a draft that say something new. */
function news(goods: readonly BasketGoods[], draft: ReviewDraft): { lineId: string; outcome: ItemOutcome }[] {
  return goods.flatMap(({ line: { lineId }, settled }) => {
    const outcome = draft.outcomes[lineId]
    return outcome === undefined || outcome === settled?.outcome ? [] : [{ lineId, outcome }]
  })
}

/** Goods that a draft puts back though the store's rule discards them now. */
export const againstRule = (goods: readonly BasketGoods[], draft: ReviewDraft, nowMs: number): BasketGoods[] => {
  const named = new Map(news(goods, draft).map(({ lineId, outcome }) => [lineId, outcome]))
  return goods.filter((each) => named.get(each.line.lineId) === 'put_back' && byRule(each, nowMs) === 'discarded')
}

/** Lines nobody has said anything about, in the draft or before. */
export const openGoods = (goods: readonly BasketGoods[], draft: ReviewDraft): BasketGoods[] =>
  goods.filter((each) => outcomeOf(each, draft) === null)

/**
 * The decision that a draft is. Before the first review it is one; afterwards only outcomes of items can be added or
 * corrected.
 *
 * @param suggestion the reason that is meant while none was chosen
 * @returns null while there is nothing to say: no reason for a review, no new outcome after one
 */
export function decisionOfDraft(
  draft: ReviewDraft,
  goods: readonly BasketGoods[],
  isReviewed: boolean,
  suggestion: string,
): DecisionInput | null {
  const items = news(goods, draft)
  if (isReviewed) return items.length === 0 ? null : { type: 'basket.put_back', payload: { items } }
  const reason = (draft.reason ?? suggestion).trim()
  if (reason === '') return null
  const note = draft.note.trim()
  return { type: 'basket.review', payload: { reason, putBack: items, ...(note === '' ? {} : { note }) } }
}
