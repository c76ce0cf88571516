/** Filters of a list in words: for pills, menus, and wherever a list says what it shows. */
import type { Range } from '../data/data-api.ts'
import { formatLocalDate, formatSpan } from './format-time.ts'
import {
  activityLabels,
  checkLabels,
  clientLabel,
  endReasonLabels,
  methodLabel,
  obstacleLabel,
  progressLabel,
  stateLabels,
} from './labels.ts'
import { type FilterName, type HourSpan, type ListFilters, type ListScope, valueCurrency } from './list-filters.ts'
import { spanWords, type TimeSpan } from './time-span.ts'

/** What filters are called, in the order of the menu. */
export const filterTitles: Record<FilterName, string> = {
  activity: 'Activity',
  started: 'Start',
  storeTime: 'Start in store time',
  weekday: 'Weekday',
  hour: 'Hour of the day',
  lastActivity: 'Last activity',
  ended: 'End',
  client: 'Client',
  progress: 'Progress',
  state: 'State',
  value: 'Value',
  items: 'Items',
  waitingNow: 'Waiting now',
  abandoned: 'Left unpaid',
  furthestStep: 'Came as far as',
  obstacle: 'What stood in the way',
  withCheck: 'Check required',
  neverServed: 'Never served',
  spotCheck: 'Spot check',
  ageVerification: 'Age check',
  checkMethod: 'Checked by',
  checkedBy: 'Checked by employee',
  withFinding: 'Check found something',
  withLoss: 'Check prevented a loss',
  opened: 'Opened by an employee',
  waiting: 'Waiting time',
  interaction: 'Interaction time',
  attempts: 'Payment attempts',
  rating: 'Rating',
  reviewed: 'Reviewed',
  endReason: 'Ended by',
  currency: 'Currency',
  text: 'Session or customer id',
}

/** Filters whose values are chosen from a list. */
export type ChoiceName = {
  [Name in FilterName]: ListFilters[Name] extends readonly unknown[] ? Name : never
}[FilterName]

/** Monday first. */
const weekdayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** `14:00–14:59`. */
const hourWords = (hour: number): string => {
  const digits = String(hour).padStart(2, '0')
  return `${digits}:00–${digits}:59`
}

/** `25 Nov 2026`, `25 Nov 2026 – 1 Dec 2026`, `25 Nov 2026, 14:00–14:59`, `since 25 Nov 2026, 14:00`. */
function hourSpanWords({ from, to }: HourSpan): string {
  const [fromDay = '', fromHour = ''] = from?.split('T') ?? []
  const [toDay = '', toHour = ''] = to?.split('T') ?? []
  const start = `${formatLocalDate(fromDay || toDay)}${fromHour === '00' ? '' : `, ${fromHour}:00`}`
  const end = `${formatLocalDate(toDay || fromDay)}${toHour === '23' ? '' : `, ${toHour}:59`}`
  if (from === null) return `until ${end}`
  if (to === null) return `since ${start}`
  if (fromDay !== toDay) return `${start} – ${end}`
  if (fromHour === '00' && toHour === '23') return formatLocalDate(fromDay)
  return `${formatLocalDate(fromDay)}, ${fromHour}:00–${toHour}:59`
}

const stars = (rating: string): string =>
  rating === '0' ? 'No feedback' : `${rating} ${rating === '1' ? 'star' : 'stars'}`

/** A value of a filter in words; unknown ones as they are. */
export function choiceWords(name: ChoiceName, value: string): string {
  const known = (labels: Readonly<Record<string, { text: string }>>) => labels[value]?.text ?? value
  switch (name) {
    case 'activity':
      return known(activityLabels)
    case 'state':
      return known(stateLabels)
    case 'spotCheck':
    case 'ageVerification':
      return known(checkLabels)
    case 'progress':
    case 'furthestStep':
      return progressLabel(value).text
    case 'client':
      return clientLabel(value).text
    case 'rating':
      return stars(value)
    case 'currency':
    case 'checkedBy':
      return value
    case 'obstacle':
      return obstacleLabel(value)
    case 'checkMethod':
      return methodLabel(value)
    case 'weekday':
      return weekdayNames[Number(value)] ?? value
    case 'hour':
      return hourWords(Number(value))
    case 'endReason':
      return value === 'none' ? 'not ended' : (endReasonLabels[value as keyof typeof endReasonLabels] ?? value)
  }
}

/** `10 – 50`, `at least 10`, `at most 50`, `10`. */
function rangeWords({ min, max }: Range, words: (bound: number) => string): string {
  if (min === null) return `at most ${words(max ?? 0)}`
  if (max === null) return `at least ${words(min)}`
  return min === max ? words(min) : `${words(min)} – ${words(max)}`
}

const MANY = 3

/** What a filter that narrows asks for, such as `Client: Android app, iOS app`. */
export function filterWords(name: FilterName, filters: ListFilters, scope: ListScope): string {
  const title = filterTitles[name]
  const range = (words: (bound: number) => string) => `${title}: ${rangeWords(filters[name] as Range, words)}`
  switch (name) {
    case 'started':
    case 'lastActivity':
    case 'ended': {
      const words = spanWords(filters[name] as TimeSpan)
      return `${title}: ${typeof filters[name] === 'string' ? words.toLowerCase() : words}`
    }
    case 'value': {
      const currency = valueCurrency(filters, scope)
      return range((bound) => `${bound.toLocaleString('en')} ${currency}`)
    }
    case 'items':
    case 'attempts':
      return range((bound) => bound.toLocaleString('en'))
    case 'waiting':
    case 'interaction':
      return range((bound) => formatSpan(bound * 1_000))
    case 'reviewed':
      return filters.reviewed ? 'Reviewed' : 'Not reviewed'
    case 'waitingNow':
      return filters.waitingNow ? 'Waiting now' : 'Not waiting now'
    case 'abandoned':
      return filters.abandoned ? 'Left unpaid' : 'Not left unpaid'
    case 'withCheck':
      return filters.withCheck ? 'Check required' : 'No check required'
    case 'neverServed':
      return filters.neverServed ? 'Never served' : 'Not left unserved'
    case 'withFinding':
      return filters.withFinding ? 'Check found something' : 'Check found nothing'
    case 'withLoss':
      return filters.withLoss ? 'Check prevented a loss' : 'Check prevented no loss'
    case 'opened':
      return filters.opened ? 'Opened by an employee' : 'Opened by no employee'
    case 'storeTime':
      return `${title}: ${hourSpanWords(filters.storeTime as HourSpan)}`
    case 'text':
      return `Id holds “${filters.text}”`
    default: {
      const values = filters[name].map((value) => choiceWords(name, String(value)))
      return `${title}: ${values.length > MANY ? `${values.length} chosen` : values.join(', ')}`
    }
  }
}
