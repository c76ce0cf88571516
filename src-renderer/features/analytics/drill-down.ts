/** What finds the sessions behind a mark: the filters of the charts, and what narrows them to its row and its series. */
import { steps } from '#shared/session/abandoned-story.ts'
import type { Bucket } from '../../data/chart-api.ts'
import type { HourSpan, ListFilters } from '../../ui/list-filters.ts'
import { type SessionsSearch, writeFilters } from '../../ui/sessions-search.ts'

/** Filters that a mark adds to those of the charts; its values lie within theirs. */
export type Narrowing = Partial<ListFilters>

/** Search of the list; `stores` only where a mark narrows them. */
export type ListTarget = SessionsSearch & { stores?: string[] }

/** Both conditions of one filter at once; null where nothing is under both. */
function both<Name extends keyof ListFilters>(name: Name, wide: ListFilters[Name], narrow: ListFilters[Name]) {
  if (name === 'storeTime') return overlap(wide as HourSpan | null, narrow as HourSpan | null) as ListFilters[Name]
  if (Array.isArray(wide) && Array.isArray(narrow) && wide.length > 0) {
    const common = (narrow as unknown[]).filter((value) => (wide as unknown[]).includes(value))
    // What a mark counts is under the charts' filters already: where none is common, the mark counts nothing.
    return (common.length > 0 ? common : narrow) as ListFilters[Name]
  }
  return narrow
}

/** Hours as `2026-11-25T14` are in their order as texts. */
function overlap(wide: HourSpan | null, narrow: HourSpan | null): HourSpan | null {
  if (wide === null || narrow === null) return narrow ?? wide
  const later =
    [wide.from, narrow.from]
      .filter((hour) => hour !== null)
      .sort()
      .at(-1) ?? null
  const earlier = [wide.to, narrow.to].filter((hour) => hour !== null).sort()[0] ?? null
  return { from: later, to: earlier }
}

/** The list's search for the sessions that the filters and the narrowing leave. */
export function searchBehind(filters: ListFilters, narrowing: Narrowing): ListTarget {
  const added = Object.fromEntries(
    (Object.keys(narrowing) as (keyof ListFilters)[]).map((name) => [
      name,
      both(name, filters[name], narrowing[name] as ListFilters[typeof name]),
    ]),
  )
  const search = writeFilters({ ...filters, ...added })
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined))
}

/** Starts in a bucket, by each store's own clock, as the bucket counts them. */
export const inBucket = ({ first, last }: Pick<Bucket, 'first' | 'last'>): Narrowing => ({
  storeTime: { from: first, to: last },
})

/** What a chart with a time of its own leaves of the filters: none of time. */
export const ofAnyTime = { started: null, storeTime: null, weekday: [], hour: [] } satisfies Narrowing

/** What series count, as filters of the list. */
export const counted: Record<'started' | 'completed' | 'abandoned' | 'cancelled' | 'returned', Narrowing> = {
  started: {},
  completed: { endReason: ['completed'], state: ['open', 'closed'] },
  abandoned: { abandoned: true },
  cancelled: { state: ['cancelled'], abandoned: false },
  returned: { state: ['partially_returned'] },
}

export const paid: Narrowing = { state: ['closed', 'partially_returned'] }
export const withSpotCheck: Narrowing = {
  spotCheck: ['waiting', 'in_progress', 'approved', 'rejected', 'withdrawn', 'never_served'],
}
export const withAgeCheck: Narrowing = { ageVerification: withSpotCheck.spotCheck }

/** Any check at all. */
export const withCheck: Narrowing = { withCheck: true }

/** Sessions that an employee opened for a check. */
export const worked: Narrowing = { withCheck: true, opened: true }

/** Sessions in which spot checks prevented a loss, of one currency. */
export const preventing = (currency: string): Narrowing => ({ withCheck: true, withLoss: true, currency: [currency] })

/** Sessions that came to a step or further; null for one that is no step. */
export function reachedStep(step: string): Narrowing | null {
  const at = (steps as readonly string[]).indexOf(step)
  return at < 0 ? null : { furthestStep: steps.slice(at) }
}

/** Sessions that ended with this as their furthest step. */
export const lostAt = (step: string): Narrowing => ({
  furthestStep: [step],
  endReason: ['completed', 'expired_midnight', 'expired_inactivity', 'cancelled'],
})

/** Sessions that nobody paid for, by what stood in their way last. */
export const withObstacle = (obstacle: string): Narrowing => ({ obstacle: [obstacle], state: ['open', 'cancelled'] })

/** Sessions that ended with a check to which nobody ever came. */
export const unserved: Narrowing = { neverServed: true }

/**
 * Sessions with a check that waited so long: milliseconds, from included, to excluded; null is open.
 * @param neverServed whether they waited to their end, for nobody
 */
export const waitedBetween = (fromMs: number, toMs: number | null, neverServed: boolean): Narrowing => ({
  withCheck: true,
  neverServed,
  waiting: { min: fromMs === 0 ? null : fromMs / 1_000, max: toMs === null ? null : (toMs - 1) / 1_000 },
})
