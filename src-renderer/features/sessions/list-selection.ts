/** Which sessions are selected: single ones by their keys, or all under the filter without loading them. */
import type { SessionKey, SessionQuery } from '../../data/data-api.ts'
import { keyOf } from './held-rows.ts'

export type Selection = { all: true } | { all: false; keys: ReadonlyMap<string, SessionKey> }

export const nothingSelected: Selection = { all: false, keys: new Map() }

/** So many sessions can be selected one by one; for more there is "all under the filter". */
export const MAX_SELECTED = 10_000

/** What an export or another action on the list is about. */
export interface ListTarget {
  /** Rows and their order. */
  query: Omit<SessionQuery, 'offset' | 'limit'>
  /** Only these of them; null for all. */
  only: SessionKey[] | null
  count: number
}

export const isSelected = (selection: Selection, key: string): boolean => selection.all || selection.keys.has(key)

/** True where nothing is selected. */
export const isEmpty = (selection: Selection): boolean => !selection.all && selection.keys.size === 0

/** The selection with one session added or taken out; after "all" it starts anew with that session alone. */
export function toggle(selection: Selection, session: SessionKey): Selection {
  const keys = new Map(selection.all ? [] : selection.keys)
  const key = keyOf(session)
  if (!keys.delete(key)) keys.set(key, session)
  return { all: false, keys }
}

/** The selection with more sessions, up to `MAX_SELECTED`. */
export function add(selection: Selection, sessions: readonly SessionKey[]): Selection {
  if (selection.all) return selection
  const keys = new Map(selection.keys)
  for (const session of sessions) if (keys.size < MAX_SELECTED) keys.set(keyOf(session), session)
  return { all: false, keys }
}

/** What an action is about: the selected sessions, or where nothing is selected all under the filter. */
export function targetOf(selection: Selection, query: ListTarget['query'], count: number): ListTarget {
  if (selection.all || isEmpty(selection)) return { query, only: null, count }
  const only = [...selection.keys.values()]
  return { query, only, count: only.length }
}
