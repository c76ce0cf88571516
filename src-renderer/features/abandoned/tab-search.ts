/** What the tabs about left baskets remember: their own filters, and the period that was chosen last on any of them. */
import { useLocation, useSearch } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useUiState } from '../../ui/ui-state.ts'
import { type LeftSpan, leftSpans } from './abandoned-search.ts'

/** A tab's search in the URL. */
export type TabSearch = Readonly<Record<string, unknown>>

interface Shown {
  path: string
  search: TabSearch
}

interface Tab {
  /** Name of its period in the URL. */
  field: 'left' | 'period'
  spans: readonly LeftSpan[]
  /** Meant where the URL names none. */
  usual: LeftSpan
}

const tabSearches = {
  '/abandoned': { field: 'left', spans: leftSpans, usual: '7d' },
  '/put-back': { field: 'left', spans: leftSpans, usual: '7d' },
  '/not-exited': { field: 'period', spans: ['today', '24h', '7d'], usual: 'today' },
  '/never-served': { field: 'period', spans: ['today', '24h', '7d', '30d'], usual: '7d' },
  '/problem-products': { field: 'period', spans: ['7d', '30d'], usual: '7d' },
} as const satisfies Record<string, Tab>

export type TabPath = keyof typeof tabSearches

const tabOf = (path: TabPath): Tab => tabSearches[path]
const isTab = (path: string): path is TabPath => Object.hasOwn(tabSearches, path)

/** The period that a tab shows with a search. */
export function spanOfTab(path: TabPath, search: TabSearch): LeftSpan {
  const { field, spans, usual } = tabOf(path)
  return spans.find((span) => span === search[field]) ?? usual
}

/**
 * The period that somebody chose on a tab; null where the tab only shows its usual one, or is named one it does not know.
 * @param before what was shown just before
 */
export function chosenSpan(path: TabPath, search: TabSearch, before: Shown | null): LeftSpan | null {
  const { field, spans, usual } = tabOf(path)
  const named = (of: TabSearch) => spans.find((span) => span === of[field])
  // The usual period is a choice only where another one was chosen before, on this very tab.
  const isBack = search[field] === undefined && before?.path === path && named(before.search) !== undefined
  return named(search) ?? (isBack ? usual : null)
}

/** With which search a tab opens: its own filters as they were left, in the period chosen last where it knows that one. */
export function searchOfTab(path: TabPath, left: TabSearch, span: string | null): TabSearch {
  const { field, spans, usual } = tabOf(path)
  const carried = spans.find((each) => each === span)
  if (carried === undefined) return left
  return { ...left, [field]: carried === usual ? undefined : carried }
}

/** Remembers the tab that is shown; answers with which search each of the others opens. */
export function useTabSearches(): (path: TabPath) => TabSearch {
  const path = useLocation({ select: ({ pathname }) => pathname })
  const search: TabSearch = useSearch({ strict: false })
  const { span, searches } = useUiState((state) => state.leftTabs)
  const before = useRef<Shown | null>(null)
  useEffect(() => {
    if (!isTab(path)) return
    const { stores: _stores, ...own } = search
    // On the way to another tab its path comes first, still with the search of the tab that is left.
    const chosen = chosenSpan(path, own, before.current)
    before.current = { path, search: own }
    useUiState.setState(({ leftTabs }) => ({
      leftTabs: { span: chosen ?? leftTabs.span, searches: { ...leftTabs.searches, [path]: own } },
    }))
  }, [path, search])
  return (to) => searchOfTab(to, searches[to] ?? {}, span)
}
