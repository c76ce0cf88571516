/** The abandoned baskets under a filter: those around the rows that are seen. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { AbandonedBasket, AbandonedPage, AbandonedQuery } from '../../data/abandoned-api.ts'
import { useData, useRevision } from '../../ui/data-context.ts'

export type BasketQuestion = Omit<AbandonedQuery, 'offset' | 'limit'>

export interface Baskets {
  /** Undefined until the first answer. */
  page: AbandonedPage | undefined
  isFailed: boolean
  /** True while what is shown answers a former question. */
  isOutdated: boolean
  /** Undefined for a row that is not here yet. */
  at: (index: number) => AbandonedBasket | undefined
  /** Place of a basket among those that are here; -1 without one. */
  placeOf: (storeId: string, id: string) => number
}

/** Rows asked for at a time: scrolling asks once per so many. */
const STEP = 100

/** @param first, end the rows that are drawn */
export function useBaskets(question: BasketQuestion, first: number, end: number): Baskets {
  const data = useData()
  const revision = useRevision()
  const offset = Math.floor(first / STEP) * STEP
  const limit = Math.max(STEP, Math.ceil((end - offset) / STEP) * STEP)
  const { nowMs, ...filter } = question
  const { data: answer, isError } = useQuery({
    queryKey: ['abandoned', filter, offset, limit, nowMs, revision],
    queryFn: async () => ({ ...(await data.abandoned({ ...question, offset, limit })), offset, filter }),
    placeholderData: keepPreviousData,
  })
  return {
    page: answer,
    isFailed: isError,
    isOutdated: answer !== undefined && !isSameFilter(answer.filter, filter),
    at: (index) => answer?.rows[index - answer.offset],
    placeOf: (storeId, id) => {
      const place = answer?.rows.findIndex(({ row }) => row.storeId === storeId && row.id === id) ?? -1
      return answer === undefined || place < 0 ? -1 : answer.offset + place
    },
  }
}

/** The beginning of a rolling period moves on with the clock: that is no other question. */
function isSameFilter(a: Omit<BasketQuestion, 'nowMs'>, b: Omit<BasketQuestion, 'nowMs'>): boolean {
  const settled = ({ leftFrom, ...rest }: Omit<BasketQuestion, 'nowMs'>) => JSON.stringify([leftFrom === null, rest])
  return settled(a) === settled(b)
}
