/**
 * Filters and sort of the sessions list as they stand in a URL or a saved view. Anyone may have typed them, and a newer
 * version may have written them: what is not understood stays where it is and is reported, never ignored.
 */
import { readWallHour } from '#shared/time/wall-hour.ts'
import type { Range, SessionSort } from '../data/data-api.ts'
import { type ChoiceName, choiceWords, filterTitles } from './filter-words.ts'
import { activityLabels, checkLabels, endReasonLabels, stateLabels } from './labels.ts'
import { type FilterName, type HourSpan, isOff, isOpenFilter, type ListFilters, noListFilters } from './list-filters.ts'
import { readTimeSpan, type TimeSpan, writeTimeSpan } from './time-span.ts'

/** As in the URL: names of filters, `sort`, `ascending`, and whatever else stands there. */
export type SessionsSearch = { [Name in FilterName | 'sort' | 'ascending']?: unknown }

/** What a list shows. */
export interface ListView {
  filters: ListFilters
  sort: SessionSort
  descending: boolean
}

/** A part of a search that this version cannot follow. */
export interface SearchProblem {
  /** Its name in the URL. */
  field: string
  /** What to tell the person, a whole sentence. */
  message: string
}

export const defaultSort: SessionSort = 'lastActivityAt'

const sorts: Record<SessionSort, true> = {
  lastActivityAt: true,
  startedAt: true,
  endedAt: true,
  quantity: true,
  total: true,
  client: true,
  progress: true,
  state: true,
  storeId: true,
  id: true,
  customerId: true,
  spotCheck: true,
  ageVerification: true,
  waitingMs: true,
  interactionMs: true,
  rating: true,
  transactions: true,
  endReason: true,
  currency: true,
  reviewed: true,
  furthestStep: true,
  obstacle: true,
  checkMethod: true,
}
const isSort = (value: unknown): value is SessionSort => typeof value === 'string' && Object.hasOwn(sorts, value)

/** What was read, and values that were not understood. */
interface Reading<T> {
  value: T
  wrong: string[]
}
interface Field<T> {
  read(raw: unknown): Reading<T>
  write(value: T): unknown
  /** How a right value looks, for the message about a wrong one. */
  expected: string
}

const listOf = (raw: unknown): unknown[] => (Array.isArray(raw) ? raw : [raw])
/** As a person may read it: what stands in a URL can be anything. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(', ')
  return typeof value === 'object' && value !== null ? Object.keys(value).join(', ') : String(value)
}

/** Several values of which `understand` knows each. */
function choices<T extends string | number>(understand: (value: unknown) => T | null, expected: string): Field<T[]> {
  return {
    read: (raw) => {
      const value = new Set<T>()
      const wrong: string[] = []
      for (const each of listOf(raw)) {
        const understood = understand(each)
        if (understood === null) wrong.push(shown(each))
        else value.add(understood)
      }
      return { value: [...value], wrong }
    },
    write: (value) => value,
    expected,
  }
}

/** A text; digits alone arrive as a number. */
const asText = (value: unknown): string | null =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null

const oneOf = <T extends string>(name: ChoiceName, known: Readonly<Record<T, unknown>>): Field<T[]> =>
  choices(
    (value) => (typeof value === 'string' && Object.hasOwn(known, value) ? (value as T) : null),
    `one of ${Object.keys(known)
      .map((value) => choiceWords(name, value))
      .join(', ')}`,
  )

const anyText = choices((value) => asText(value) || null, 'a text')

function single<T>(
  understand: (value: unknown) => T | null,
  write: (value: T) => unknown,
  expected: string,
): Field<T | null> {
  return {
    read: (raw) => {
      const value = understand(raw)
      return { value, wrong: value === null ? [shown(raw)] : [] }
    },
    write: (value) => (value === null ? undefined : write(value)),
    expected,
  }
}

/** `10..50`, `10..` or `..50`; whole numbers unless `decimals`. */
function readRange(raw: unknown, decimals: boolean): Range | null {
  const number = decimals ? String.raw`\d{1,9}(?:\.\d{1,4})?` : String.raw`\d{1,9}`
  const found = new RegExp(`^(${number})?\\.\\.(${number})?$`).exec(typeof raw === 'string' ? raw : '')
  if (found === null) return null
  const [min = null, max = null] = found.slice(1).map((text) => (text === undefined ? null : Number(text)))
  if ((min === null && max === null) || (min !== null && max !== null && min > max)) return null
  return { min, max }
}
const range = (decimals = false) =>
  single<Range>(
    (raw) => readRange(raw, decimals),
    ({ min, max }) => `${min ?? ''}..${max ?? ''}`,
    'a range such as 10..50, 10.. or ..50',
  )
const yesOrNo = single<boolean>(
  (raw) => (typeof raw === 'boolean' ? raw : null),
  (value) => value,
  'true or false',
)
const days = single<TimeSpan>(
  (raw) => (typeof raw === 'string' ? readTimeSpan(raw) : null),
  writeTimeSpan,
  'today, yesterday, last-7-days, last-30-days or days such as 2026-11-01..2026-11-07',
)

const numbers = (most: number, expected: string) =>
  choices(
    (value) => (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most ? value : null),
    expected,
  )

/** `2026-11-25T08..2026-11-25T17`, or open at one end. */
function readHours(raw: unknown): HourSpan | null {
  const [from = '', to = '', ...more] = typeof raw === 'string' ? raw.split('..') : []
  if (more.length > 0 || (from === '' && to === '')) return null
  if ([from, to].some((label) => label !== '' && readWallHour(label) === null)) return null
  if (from !== '' && to !== '' && from > to) return null
  return { from: from === '' ? null : from, to: to === '' ? null : to }
}
const hours = single<HourSpan>(
  (raw) => readHours(raw),
  ({ from, to }) => `${from ?? ''}..${to ?? ''}`,
  'hours such as 2026-11-25T08..2026-11-25T17',
)

const fields: { [Name in FilterName]: Field<ListFilters[Name]> } = {
  activity: oneOf('activity', activityLabels),
  state: oneOf('state', stateLabels),
  progress: anyText,
  client: anyText,
  spotCheck: oneOf('spotCheck', checkLabels),
  ageVerification: oneOf('ageVerification', checkLabels),
  endReason: oneOf('endReason', { ...endReasonLabels, none: '' }),
  currency: choices(
    (value) => (typeof value === 'string' && /^[A-Z]{3}$/.test(value) ? value : null),
    'a currency code such as EUR',
  ),
  rating: numbers(5, 'a number of stars, 0 to 5'),
  reviewed: yesOrNo,
  waitingNow: yesOrNo,
  furthestStep: anyText,
  obstacle: anyText,
  checkMethod: anyText,
  checkedBy: anyText,
  withFinding: yesOrNo,
  withLoss: yesOrNo,
  opened: yesOrNo,
  abandoned: yesOrNo,
  withCheck: yesOrNo,
  neverServed: yesOrNo,
  weekday: numbers(6, 'a day of the week, 0 (Monday) to 6 (Sunday)'),
  hour: numbers(23, 'an hour of the day, 0 to 23'),
  storeTime: hours,
  started: days,
  lastActivity: days,
  ended: days,
  value: range(true),
  items: range(),
  // Bars of charts end just below a whole second.
  waiting: range(true),
  interaction: range(),
  attempts: range(),
  text: {
    read: (raw) => {
      const value = asText(raw)
      return { value: value ?? '', wrong: value === null ? [shown(raw)] : [] }
    },
    write: (value) => value,
    expected: 'a text',
  },
}
const isFilterName = (name: string): name is FilterName => Object.hasOwn(fields, name)

/** For the router: keeps all there is, so that a link of a newer version survives; `stores` belongs to the shell. */
export function keepSessionsSearch({ stores: _stores, ...search }: Record<string, unknown>): SessionsSearch {
  return search
}

/**
 * What a search means here, and every part of it that this version cannot follow.
 *
 * @param maySeeEmployees false for whoever filters by single employees are closed to: those are no part of the view either
 */
export function readSessionsSearch(
  search: SessionsSearch,
  maySeeEmployees = true,
): { view: ListView; problems: SearchProblem[] } {
  const filters = { ...noListFilters }
  const view: ListView = { filters, sort: defaultSort, descending: true }
  const problems: SearchProblem[] = []
  const report = (field: string, message: string) => problems.push({ field, message })
  const readFilter = <Name extends FilterName>(name: Name, raw: unknown) => {
    const { value, wrong } = fields[name].read(raw)
    filters[name] = value
    for (const each of wrong)
      report(
        name,
        `The filter “${filterTitles[name]}” has a value that is not understood: “${each}”. It takes ${fields[name].expected}.`,
      )
  }
  for (const [name, raw] of Object.entries(search)) {
    if (raw === undefined) continue
    if (isFilterName(name)) {
      if (isOpenFilter(name, maySeeEmployees)) readFilter(name, raw)
      else report(name, `The filter “${filterTitles[name]}” is for managers only.`)
    } else if (name === 'sort') {
      if (isSort(raw)) view.sort = raw
      else report(name, `“${shown(raw)}” is not a column this version can sort by.`)
    } else if (name === 'ascending') {
      if (typeof raw === 'boolean') view.descending = !raw
      else report(name, `Whether the list ascends is told by true or false, not by “${shown(raw)}”.`)
    } else report(name, `This version has no filter “${name}” (here “${shown(raw)}”).`)
  }
  return { view, problems }
}

/** Filters as a search holds them; those that narrow nothing are undefined, which takes them out of a URL. */
export function writeFilters(filters: Partial<ListFilters>): SessionsSearch {
  const write = <Name extends FilterName>(name: Name, value: ListFilters[Name]) =>
    isOff(value) ? undefined : fields[name].write(value)
  return Object.fromEntries(
    Object.entries(filters).map(([name, value]) => [name, write(name as FilterName, value as never)]),
  )
}

/** Sort as a search holds it; the list's own sort is undefined. */
export const writeSort = (sort: SessionSort, descending: boolean): SessionsSearch => ({
  sort: sort === defaultSort ? undefined : sort,
  ascending: descending ? undefined : true,
})

/** A search without the parts that are not followed. @param maySeeEmployees as in `readSessionsSearch` */
export function withoutProblems(search: SessionsSearch, maySeeEmployees = true): SessionsSearch {
  const { view, problems } = readSessionsSearch(search, maySeeEmployees)
  const removed = Object.fromEntries(problems.map(({ field }) => [field, undefined]))
  return { ...search, ...removed, ...writeFilters(view.filters), ...writeSort(view.sort, view.descending) }
}

/** True when two searches ask for the same, in whatever order their parts stand. */
export function isSameSearch(a: SessionsSearch, b: SessionsSearch): boolean {
  const canonical = (search: SessionsSearch) => {
    const entries = Object.entries(search).filter(([, value]) => value !== undefined)
    return JSON.stringify(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
  }
  return canonical(a) === canonical(b)
}
