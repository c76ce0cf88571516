/** A review under way on the screen: what was chosen and typed, until it is saved. */
import { create } from 'zustand'
import type { ItemOutcome } from '#shared/protocol/decisions.ts'
import type { SessionDocument, SettledLine } from '#shared/protocol/session-document.ts'
import type { PutBackSettings } from '#shared/protocol/store-settings.ts'
import { discardAtOf, firstScans } from '#shared/session/goods-outside.ts'
import type { DecisionInput } from '../../data/data-api.ts'

export interface ReviewDraft {
  /** Null until somebody chose or typed one: then the one that fits is meant. */
  reason: string | null
  note: string
  /** By line: what is to be said, which may change what was said before. */
  outcomes: Readonly<Record<string, ItemOutcome>>
}

export const emptyDraft: ReviewDraft = { reason: null, note: '', outcomes: {} }

/** By employee and basket: what one typed stays over a change of basket or room, and is never another's. */
const useDrafts = create<{ drafts: Readonly<Record<string, ReviewDraft>> }>()(() => ({ drafts: {} }))

/** The draft of a key, and how to change it; `null` removes it. */
export function useReviewDraft(key: string): [ReviewDraft, (change: Partial<ReviewDraft> | null) => void] {
  const draft = useDrafts((state) => state.drafts[key] ?? emptyDraft)
  const change = (part: Partial<ReviewDraft> | null) =>
    useDrafts.setState(({ drafts }) => {
      const { [key]: before = emptyDraft, ...others } = drafts
      return { drafts: part === null ? others : { ...others, [key]: { ...before, ...part } } }
    })
  return [draft, change]
}

/** One line of a basket with all that decides what becomes of it. */
export interface BasketGoods {
  line: SessionDocument['lineItems'][number]
  /** Pieces that were not returned. */
  quantity: number
  /** UTC milliseconds; the start of the session where no event says when it was scanned. */
  scannedAt: number
  /** UTC milliseconds; null where the store's rule never says so. */
  discardAt: number | null
  settled: SettledLine | null
}

/** The lines of a basket, frozen and chilled first, as they were scanned. */
export function goodsOf(document: SessionDocument, settings: PutBackSettings): BasketGoods[] {
  const scans = firstScans(document)
  const settled = new Map(document.putBack.map((each) => [each.lineId, each]))
  const goods = document.lineItems.map((line): BasketGoods => {
    const scannedAt = scans.get(line.lineId) ?? Date.parse(document.startedAt)
    const discardAt = discardAtOf(line.storage ?? 'ambient', scannedAt, settings)
    const quantity = line.quantity - line.returnedQuantity
    return { line, quantity, scannedAt, discardAt, settled: settled.get(line.lineId) ?? null }
  })
  return goods.filter(({ quantity }) => quantity > 0).sort((a, b) => coldness(a) - coldness(b))
}

const coldness = ({ line }: BasketGoods): number => ['frozen', 'chilled', 'ambient'].indexOf(line.storage ?? 'ambient')

/** What the store's rule says about goods now: those past their limit are discarded, all others go back. */
export const byRule = ({ discardAt }: Pick<BasketGoods, 'discardAt'>, nowMs: number): ItemOutcome =>
  discardAt !== null && nowMs >= discardAt ? 'discarded' : 'put_back'

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
