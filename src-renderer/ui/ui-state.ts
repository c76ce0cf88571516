/** State of the screens only: what a person did here and would miss after changing rooms. Data lives in the worker. */
import { create } from 'zustand'
import type { DecisionInput } from '../data/data-api.ts'
import type { SessionsSearch } from './sessions-search.ts'

/** A check this person decided since the console started, to show what became of it. */
export interface RecentDecision {
  storeId: string
  sessionId: string
  verificationId: string
  kind: 'spot_check' | 'age_verification'
  outcome: 'approved' | 'rejected'
  at: number
}

interface UiState {
  /** Filters of the sessions list when it was left. */
  sessionsSearch: SessionsSearch
  /** The charts when they were left: page and everything in their URL. */
  charts: { page: string; search: SessionsSearch }
  /** Where the list stood: row and pixel. */
  sessionsCursor: { key: string | null; scrollTop: number }
  /** Id of the view of the list that was chosen last; what is shown may differ from it by now. */
  chosenView: string | null
  recentDecisions: RecentDecision[]
  /** The list or page from which a session was opened last. */
  cameFrom: { path: string; search: Readonly<Record<string, unknown>>; text: string }
  /** Of the tabs about left baskets: the period chosen last, and each one's URL when it was left. */
  leftTabs: { span: string | null; searches: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
}

const RECENT_KEPT = 8

const nothing: UiState = {
  sessionsSearch: {},
  // Whoever comes for the first time wants the present, not all history.
  charts: { page: 'today', search: { started: 'last-7-days' } },
  sessionsCursor: { key: null, scrollTop: 0 },
  chosenView: null,
  recentDecisions: [],
  cameFrom: { path: '/sessions', search: {}, text: 'Sessions' },
  leftTabs: { span: null, searches: {} },
}

export const useUiState = create<UiState>()(() => nothing)

/** For a change of employee: what one did must never be shown as another's. */
export function forgetUiState(): void {
  useUiState.setState(nothing, true)
}

/** Remembers an outcome given here; the newest of a check replaces an older one. */
export function rememberDecision(
  storeId: string,
  sessionId: string,
  kind: RecentDecision['kind'],
  payload: Extract<DecisionInput, { type: 'verification.resolve' }>['payload'],
  at: number,
): void {
  const { verificationId, outcome } = payload
  useUiState.setState((state) => ({
    recentDecisions: [
      { storeId, sessionId, verificationId, kind, outcome, at },
      ...state.recentDecisions.filter((each) => each.verificationId !== verificationId || each.sessionId !== sessionId),
    ].slice(0, RECENT_KEPT),
  }))
}
