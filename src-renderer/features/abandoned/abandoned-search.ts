/**
 * Filters and sort of the abandoned baskets as they stand in the URL. What is not understood is reported and left where it
 * is, as in the sessions list.
 */
import { minorUnitDigits } from '#shared/money/minor-units.ts'
import type { AbandonedQuery, AbandonedSort } from '../../data/abandoned-api.ts'
import type { Range } from '../../data/data-api.ts'
import { type ListScope, scaled, valueCurrency } from '../../ui/list-filters.ts'
import type { SearchProblem } from '../../ui/sessions-search.ts'
import { type Period, periodText, startOfPeriod } from './period.ts'

/** When baskets were left; `all` is as far back as this PC knows. */
export type LeftSpan = Period | 'all'
export const leftSpans = ['today', '24h', '7d', '30d', 'all'] as const satisfies readonly LeftSpan[]

/** The span of a URL; of one that is not understood, the default. */
export const readLeft = (raw: unknown): LeftSpan => leftSpans.find((each) => each === raw) ?? defaultFilters.left
export const leftText = (left: LeftSpan): string => (left === 'all' ? 'Any time' : periodText(left))

export type ReviewState = 'no' | 'yes' | 'all'

export interface AbandonedFilters {
  left: LeftSpan
  /** Names of shifts and obstacles; empty means all. */
  shift: string[]
  reason: string[]
  reviewed: ReviewState
  /** Major units of the first chosen store's currency. */
  value: Range | null
  text: string
}

/** As in the URL, `basket` as `["store","session"]`; whatever else stands there is kept. */
export type AbandonedSearch = { [Name in keyof AbandonedFilters | 'sort' | 'ascending' | 'basket']?: unknown }

export const defaultFilters: AbandonedFilters = {
  left: '7d',
  shift: [],
  reason: [],
  reviewed: 'no',
  value: null,
  text: '',
}

export interface AbandonedView {
  filters: AbandonedFilters
  sort: AbandonedSort
  descending: boolean
  /** The basket that is open beside the list. */
  open: { storeId: string; id: string } | null
}

const sorts: readonly string[] = ['leftAt', 'total', 'quantity', 'obstacle', 'storeId'] satisfies AbandonedSort[]
const reviewStates: readonly string[] = ['no', 'yes', 'all'] satisfies ReviewState[]

/** For the router; `stores` belongs to the shell. */
export function keepAbandonedSearch({ stores: _stores, ...search }: Record<string, unknown>): AbandonedSearch {
  return search
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value)))

function readRange(raw: unknown): Range | null {
  const found = /^(\d{1,9}(?:\.\d{1,4})?)?\.\.(\d{1,9}(?:\.\d{1,4})?)?$/.exec(typeof raw === 'string' ? raw : '')
  if (found === null) return null
  const [min = null, max = null] = found.slice(1).map((text) => (text === undefined ? null : Number(text)))
  if ((min === null && max === null) || (min !== null && max !== null && min > max)) return null
  return { min, max }
}

const asNames = (raw: unknown): string[] | null => {
  const all = Array.isArray(raw) ? raw : [raw]
  return all.every((each) => typeof each === 'string' || typeof each === 'number') ? all.map(String) : null
}

/** What a search means here, and every part of it that this version cannot follow. */
export function readAbandonedSearch(search: AbandonedSearch): { view: AbandonedView; problems: SearchProblem[] } {
  const filters = { ...defaultFilters }
  const view: AbandonedView = { filters, sort: 'leftAt', descending: true, open: null }
  const problems: SearchProblem[] = []
  const wrong = (field: string, raw: unknown, expected: string) =>
    problems.push({ field, message: `“${field}” takes ${expected}, not “${shown(raw)}”.` })
  for (const [name, raw] of Object.entries(search)) {
    if (raw === undefined) continue
    switch (name) {
      case 'left':
        if ((leftSpans as readonly unknown[]).includes(raw)) filters.left = raw as LeftSpan
        else wrong(name, raw, `one of ${leftSpans.join(', ')}`)
        break
      case 'reviewed':
        if (reviewStates.includes(shown(raw))) filters.reviewed = raw as ReviewState
        else wrong(name, raw, 'no, yes or all')
        break
      case 'shift':
      case 'reason': {
        const names = asNames(raw)
        if (names !== null) filters[name] = names
        else wrong(name, raw, 'names')
        break
      }
      case 'value':
        filters.value = readRange(raw)
        if (filters.value === null) wrong(name, raw, 'a range such as 10..50, 10.. or ..50')
        break
      case 'text':
        if (typeof raw === 'string' || typeof raw === 'number') filters.text = String(raw)
        else wrong(name, raw, 'a text')
        break
      case 'sort':
        if (sorts.includes(shown(raw))) view.sort = raw as AbandonedSort
        else wrong(name, raw, `one of ${sorts.join(', ')}`)
        break
      case 'ascending':
        if (typeof raw === 'boolean') view.descending = !raw
        else wrong(name, raw, 'true or false')
        break
      case 'basket': {
        const [storeId, id, ...more] = Array.isArray(raw) ? raw : []
        if (typeof storeId === 'string' && typeof id === 'string' && more.length === 0) view.open = { storeId, id }
        else wrong(name, raw, 'a store and a session')
        break
      }
      default:
        problems.push({ field: name, message: `This version has no filter “${name}” (here “${shown(raw)}”).` })
    }
  }
  return { view, problems }
}

/** Filters as a search holds them; those of the default are undefined, which takes them out of the URL. */
export function writeAbandonedFilters(filters: Partial<AbandonedFilters>): AbandonedSearch {
  const { left, shift, reason, reviewed, value, text } = filters
  const written: AbandonedSearch = {}
  if (left !== undefined) written.left = left === defaultFilters.left ? undefined : left
  if (reviewed !== undefined) written.reviewed = reviewed === defaultFilters.reviewed ? undefined : reviewed
  if (shift !== undefined) written.shift = shift.length === 0 ? undefined : shift
  if (reason !== undefined) written.reason = reason.length === 0 ? undefined : reason
  if (value !== undefined) written.value = value === null ? undefined : `${value.min ?? ''}..${value.max ?? ''}`
  if (text !== undefined) written.text = text === '' ? undefined : text
  return written
}

/** A search without the parts that are not understood. */
export function withoutAbandonedProblems(search: AbandonedSearch): AbandonedSearch {
  const { problems } = readAbandonedSearch(search)
  return { ...search, ...Object.fromEntries(problems.map(({ field }) => [field, undefined])) }
}

/** True where something narrows the list beyond its default. */
export const isNarrowed = (filters: AbandonedFilters): boolean =>
  Object.values(writeAbandonedFilters({ ...filters, left: defaultFilters.left })).some((part) => part !== undefined)

/** The question to the data, without its place in the list. @param nowMs server time, UTC milliseconds */
export function abandonedQuestion(
  { filters, sort, descending }: AbandonedView,
  scope: ListScope,
  chosen: readonly string[],
  nowMs: number,
): Omit<AbandonedQuery, 'offset' | 'limit'> {
  const { left, shift, reason, reviewed, value, text } = filters
  return {
    storeIds: [...chosen],
    leftFrom: left === 'all' ? null : startOfPeriod(left, scope.zone, nowMs),
    leftTo: null,
    shifts: shift,
    obstacles: reason,
    reviewed: reviewed === 'all' ? null : reviewed === 'yes',
    total: scaled(value, 10 ** minorUnitDigits(valueCurrency({ currency: [] }, scope))),
    text,
    sort,
    descending,
    nowMs,
  }
}
