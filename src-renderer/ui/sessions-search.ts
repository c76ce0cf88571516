/** Filters and sort of the sessions list as they stand in the URL. */
import type { Activity } from '#shared/session/activity.ts'
import type { SessionSort } from '../data/data-api.ts'

export interface SessionsSearch {
  activity?: Activity[]
  state?: string[]
  client?: string[]
  text?: string
  sort?: SessionSort
  ascending?: boolean
}

const activities: readonly Activity[] = ['ongoing', 'stale', 'paid_not_exited', 'ended']
const sorts: readonly SessionSort[] = [
  'lastActivityAt',
  'startedAt',
  'quantity',
  'total',
  'client',
  'progress',
  'state',
  'storeId',
]

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).flatMap((each) =>
    typeof each === 'string' || typeof each === 'number' ? [String(each)] : [],
  )
const orNone = <T>(list: T[]): T[] | undefined => (list.length === 0 ? undefined : list)

/** Takes what is known from a URL that anyone may have typed, and forgets the rest. */
export function parseSessionsSearch(search: Record<string, unknown>): SessionsSearch {
  const wanted = texts(search.activity)
  const text = texts(search.text)[0]
  return {
    activity: orNone(activities.filter((each) => wanted.includes(each))),
    state: orNone(texts(search.state)),
    client: orNone(texts(search.client)),
    text: text === '' ? undefined : text,
    sort: sorts.find((each) => each === search.sort),
    ascending: search.ascending === true ? true : undefined,
  }
}
