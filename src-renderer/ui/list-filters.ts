/** What a list of sessions is filtered by, in the units people use, and the question to the data that it stands for. */
import { minorUnitDigits } from '#shared/money/minor-units.ts'
import type { LifecycleState } from '#shared/protocol/lifecycle-state.ts'
import type { CheckSummary, EndReason } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { Activity } from '#shared/session/activity.ts'
import { readWallHour } from '#shared/time/wall-hour.ts'
import { noFilter, type Range, type SessionFilter } from '../data/data-api.ts'
import { daysByZone, type TimeSpan } from './time-span.ts'

/** An empty list, an empty text or null matches all. */
export interface ListFilters {
  activity: Activity[]
  state: LifecycleState[]
  progress: string[]
  client: string[]
  spotCheck: CheckSummary[]
  ageVerification: CheckSummary[]
  /** `none`: not ended. */
  endReason: (EndReason | 'none')[]
  currency: string[]
  /** 1 to 5; 0 is no feedback. */
  rating: number[]
  reviewed: boolean | null
  /** Whether a verification waits for an employee now. */
  waitingNow: boolean | null
  /** The furthest step ever reached. */
  furthestStep: string[]
  /** What stood in the way last. */
  obstacle: string[]
  checkMethod: string[]
  /** Numbers of employees. */
  checkedBy: string[]
  withFinding: boolean | null
  withLoss: boolean | null
  /** Whether an employee ever opened it to check something. */
  opened: boolean | null
  abandoned: boolean | null
  withCheck: boolean | null
  neverServed: boolean | null
  /** Of the start in the store's own time: Monday (0) to Sunday (6), and 0 to 23. */
  weekday: number[]
  hour: number[]
  /** Days of each store's own calendar, as in `lastActivity` and `ended`. */
  started: TimeSpan | null
  /** Hours of the start in each store's own time. */
  storeTime: HourSpan | null
  lastActivity: TimeSpan | null
  ended: TimeSpan | null
  /** Major units of the currency that `valueCurrency` names. */
  value: Range | null
  items: Range | null
  /** Seconds. */
  waiting: Range | null
  interaction: Range | null
  /** Payment attempts. */
  attempts: Range | null
  /** Part of a session or customer id. */
  text: string
}
/** Hours of a store's wall time (`2026-11-25T14`), both included; null is open. */
export interface HourSpan {
  from: string | null
  to: string | null
}
export type FilterName = keyof ListFilters

/** Filters by single employees: offered only to whoever may see figures of them. */
const employeeFilters: readonly FilterName[] = ['checkedBy']

/** Whether somebody is offered a filter. */
export const isOpenFilter = (name: FilterName, maySeeEmployees: boolean): boolean =>
  maySeeEmployees || !employeeFilters.includes(name)

export const noListFilters: ListFilters = {
  activity: [],
  state: [],
  progress: [],
  client: [],
  spotCheck: [],
  ageVerification: [],
  endReason: [],
  currency: [],
  rating: [],
  reviewed: null,
  waitingNow: null,
  furthestStep: [],
  obstacle: [],
  checkMethod: [],
  checkedBy: [],
  withFinding: null,
  withLoss: null,
  opened: null,
  abandoned: null,
  withCheck: null,
  neverServed: null,
  weekday: [],
  hour: [],
  started: null,
  storeTime: null,
  lastActivity: null,
  ended: null,
  value: null,
  items: null,
  waiting: null,
  interaction: null,
  attempts: null,
  text: '',
}

/** True where a filter narrows nothing. */
export function isOff(value: ListFilters[FilterName]): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** Names of the filters that narrow, in the order of `noListFilters`. */
export const activeFilters = (filters: ListFilters): FilterName[] =>
  (Object.keys(noListFilters) as FilterName[]).filter((name) => !isOff(filters[name]))

/** Whose days and whose money a filter speaks of: the chosen stores, or all where none is chosen. */
export interface ListScope {
  stores: readonly StoreSettings[]
  /** IANA zones of the stores, at least one: days are each store's own. */
  zones: readonly string[]
  /** That of the first store, in which instants of several stores are told. */
  zone: string
}

/** The scope of the chosen stores (empty means all). */
export function listScope(stores: readonly StoreSettings[], chosen: readonly string[]): ListScope {
  const inView = chosen.length === 0 ? stores : stores.filter((store) => chosen.includes(store.id))
  const zone = inView[0]?.timezone ?? 'UTC'
  return { stores: inView, zone, zones: [...new Set([zone, ...inView.map(({ timezone }) => timezone)])] }
}

/** The currency in which a value filter is meant: the only one chosen, or the first store's. */
export function valueCurrency(filters: Pick<ListFilters, 'currency'>, scope: ListScope): string {
  const [only, ...others] = filters.currency
  return only !== undefined && others.length === 0 ? only : (scope.stores[0]?.currency ?? 'EUR')
}

/** In whole smaller units; what lies between two of them is within neither bound. */
export function scaled(range: Range | null, factor: number): Range | null {
  // 19.99 × 100 is a little less than 1999: rounded to what was written first.
  const exact = (bound: number) => Number((bound * factor).toFixed(6))
  return (
    range && {
      min: range.min === null ? null : Math.ceil(exact(range.min)),
      max: range.max === null ? null : Math.floor(exact(range.max)),
    }
  )
}

const wallHour = (label: string | null): number | null => (label === null ? null : readWallHour(label))

/**
 * The data's filter for a list's.
 *
 * @param chosen ids of the chosen stores; empty means all
 * @param nowMs server time, UTC milliseconds: relative spans of days are taken as of it
 */
export function filterOf(
  filters: ListFilters,
  scope: ListScope,
  chosen: readonly string[],
  nowMs: number,
): SessionFilter {
  const { started, storeTime, lastActivity, ended, value, items, waiting, interaction, attempts, text, ...labels } =
    filters
  const days = (span: TimeSpan | null) => span && daysByZone(span, scope.zones, nowMs)
  const currency = valueCurrency(filters, scope)
  return {
    ...noFilter,
    ...labels,
    storeIds: [...chosen],
    startedOn: days(started),
    storeTime: storeTime && { min: wallHour(storeTime.from), max: wallHour(storeTime.to) },
    lastActivityOn: days(lastActivity),
    endedOn: days(ended),
    total: scaled(value, 10 ** (value === null ? 0 : minorUnitDigits(currency))),
    // Ten of one currency are not ten of another: an amount is meant in one.
    currency: value === null ? labels.currency : [currency],
    quantity: items,
    waitingMs: scaled(waiting, 1_000),
    interactionMs: scaled(interaction, 1_000),
    transactions: attempts,
    text,
  }
}
