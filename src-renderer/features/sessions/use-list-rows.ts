/** The rows of the list and what is known of all under its filter: asked from the worker, held still where wanted. */
import { useCallbackRef } from '@mantine/hooks'
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { SessionFacets, SessionPage, SessionQuery } from '../../data/data-api.ts'
import { useData, useRevision } from '../../ui/data-context.ts'
import { filterOf, type ListScope } from '../../ui/list-filters.ts'
import type { ListView } from '../../ui/sessions-search.ts'
import { serverNow, useNow } from '../../ui/use-now.ts'
import { follow, hold, keyOf, type ShownRows, straysOf } from './held-rows.ts'
import { nextStaleAt } from './next-stale.ts'
import type { Span } from './span-around.ts'

/** A list as a question, without place and time. */
export type ListQuestion = Omit<SessionQuery, 'offset' | 'limit' | 'nowMs'>

export interface ListRows {
  question: ListQuestion
  /** UTC milliseconds, server time, at which activity is derived. */
  nowMs: number
  /** Null until the first answer. */
  shown: ShownRows<SessionSummary> | null
  /** Of all rows under the filter, as of the last answer; null until there is one to the present question. */
  all: Pick<SessionPage, 'count' | 'totals' | 'complete'> | null
  /** True while `shown` answers a former question. */
  isOutdated: boolean
  isFailed: boolean
  /** Counts for the filter menus, perhaps of a former question. */
  facets: SessionFacets | undefined
  /** Lets in what waits: the rows take their present places. */
  letIn: () => void
  /** Asks for the first rows of another view, `top`; resolves when they are there or will not come. */
  ask: (view: ListView) => Promise<void>
}

/** How often activity is derived anew while nothing changes; the next row that turns stale comes in between. */
const ACTIVITY_STEP_MS = 20_000
/** Rows asked beyond the wanted ones: those that are held may stand elsewhere by now. */
const SLACK = 20
/** Questions start and end on multiples of this, so that scrolling asks once per so many rows. */
const STEP = 50

interface Answer extends SessionPage {
  questionKey: string
  offset: number
  /** What became of held rows that are not on the page. */
  strays: ReadonlyMap<string, SessionSummary | null>
}

interface Held {
  questionKey: string
  answer: Answer
  generation: number
  shown: ShownRows<SessionSummary>
}

/**
 * @param chosen ids of the chosen stores; empty means all
 * @param wanted places on the screen
 * @param top places on the screen of a list at its top, which is where another question begins
 * @param isStill true while rows must not move under the person's eyes
 */
export function useListRows(
  view: ListView,
  scope: ListScope,
  chosen: readonly string[],
  wanted: Span,
  top: Span,
  isStill: boolean,
): ListRows {
  const data = useData()
  const queryClient = useQueryClient()
  const revision = useRevision()
  const [boundary, setBoundary] = useState(0)
  const nowMs = Math.max(useNow(ACTIVITY_STEP_MS), boundary)
  const keyFor = (view: ListView) => {
    const { filters, sort, descending } = view
    return JSON.stringify({ ...filterOf(filters, scope, chosen, nowMs), sort, descending })
  }
  const questionKey = keyFor(view)
  // Relative days are the same for a whole day: the question stays the same object too.
  const question = useMemo(() => JSON.parse(questionKey) as ListQuestion, [questionKey])

  const [held, setHeld] = useState<Held | null>(null)
  const [generation, setGeneration] = useState(0)
  const isCurrent = held?.questionKey === questionKey
  const shift = isCurrent ? held.shown.shift : 0
  const place = placeOf(held === null || isCurrent ? wanted : top, shift)

  const latest = useRef({ held, isStill, wanted })
  useEffect(() => {
    latest.current = { held, isStill, wanted }
  })
  const queryOf = (questionKey: string, question: ListQuestion, { offset, limit }: Span) => ({
    queryKey: ['sessions', questionKey, offset, limit, nowMs, revision],
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Answer> => {
      const page = await data.sessions({ ...question, offset, limit, nowMs }, signal)
      const { held, isStill, wanted } = latest.current
      const keys = isStill && held?.questionKey === questionKey ? straysOf(held.shown, { ...page, offset }, wanted) : []
      const rows = keys.length === 0 ? [] : await data.sessionRows(keys)
      const strays = new Map(keys.map((key, index) => [keyOf(key), rows[index] ?? null]))
      return { ...page, questionKey, offset, strays }
    },
    structuralSharing: false,
  })
  const { data: answer, isError } = useQuery({
    ...queryOf(questionKey, question, place),
    placeholderData: keepPreviousData,
  })

  const ahead = useRef<readonly unknown[] | null>(null)
  const ask = useCallbackRef(async (next: ListView) => {
    const key = keyFor(next)
    const query = queryOf(key, JSON.parse(key) as ListQuestion, placeOf(top, 0))
    if (ahead.current !== null) void queryClient.cancelQueries({ queryKey: ahead.current })
    ahead.current = query.queryKey
    // What fails is asked again by whoever shows it.
    await queryClient.fetchQuery({ ...query, retry: false }).catch(() => undefined)
    if (ahead.current === query.queryKey) ahead.current = null
  })

  if (answer !== undefined && answer.questionKey === questionKey) {
    const isNew = held === null || !isCurrent || held.answer !== answer || held.generation !== generation
    if (isNew || (!isStill && held.shown.isHeld)) {
      const mayHold = isStill && isCurrent && held.generation === generation
      const next = (mayHold ? hold(held.shown, answer, answer.strays, wanted) : null) ?? follow(answer)
      const shown = held === null ? next : withSameRows(next, held.shown)
      setHeld({ questionKey, answer, generation, shown })
    }
  }

  useNextStale(held?.answer.rows ?? NO_ROWS, scope.stores, nowMs, setBoundary)

  const isAnswered = answer?.questionKey === questionKey
  const { data: facets } = useQuery({
    queryKey: ['facets', questionKey, nowMs, revision],
    queryFn: () => data.facets({ ...question, nowMs }),
    // The rows come first.
    enabled: isAnswered,
    placeholderData: keepPreviousData,
  })

  return {
    question,
    nowMs,
    shown: held?.shown ?? null,
    all: isAnswered ? answer : null,
    isOutdated: held !== null && held.questionKey !== questionKey,
    isFailed: isError,
    facets,
    letIn: () => setGeneration((count) => count + 1),
    ask,
  }
}

/** Places in the present order that fill those on the screen. */
function placeOf(wanted: Span, shift: number): Span {
  const offset = Math.max(0, Math.floor((wanted.offset + shift - SLACK) / STEP) * STEP)
  return { offset, limit: Math.ceil((wanted.offset + wanted.limit + shift + SLACK) / STEP) * STEP - offset }
}

const NO_ROWS: readonly SessionSummary[] = []

/** Every answer crosses from the worker as a copy: rows that say the same stay the same objects, and are not drawn anew. */
function withSameRows(next: ShownRows<SessionSummary>, before: ShownRows<SessionSummary>): ShownRows<SessionSummary> {
  const known = new Map(before.rows.map((each) => [each.key, each.row]))
  const rows = next.rows.map((each) => {
    const row = known.get(each.key)
    return row !== undefined && row !== each.row && isSameRow(row, each.row) ? { ...each, row } : each
  })
  return { ...next, rows }
}

function isSameRow(a: SessionSummary, b: SessionSummary): boolean {
  for (const field in b) if (a[field as keyof SessionSummary] !== b[field as keyof SessionSummary]) return false
  return true
}

/** Tells the instant at which the next of the rows turns stale, when it has come. */
function useNextStale(
  rows: readonly SessionSummary[],
  stores: readonly StoreSettings[],
  nowMs: number,
  onStale: (at: number) => void,
): void {
  const next = useMemo(() => nextStaleAt(rows, stores, nowMs), [rows, stores, nowMs])
  useEffect(() => {
    const wait = next - serverNow()
    // The next step of the clock comes before anything later.
    if (wait > ACTIVITY_STEP_MS) return
    const timer = setTimeout(() => onStale(next), Math.max(0, wait))
    return () => clearTimeout(timer)
  }, [next, onStale])
}
