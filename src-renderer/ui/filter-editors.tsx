/** How each filter is set: choices with their counts, ranges, days, yes or no. */
import { Checkbox, NumberInput, SegmentedControl, TextInput } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import type { FacetValue, Range, SessionFacets } from '../data/data-api.ts'
import { type ChoiceName, choiceWords, filterTitles } from './filter-words.ts'
import classes from './filters.module.css'
import { type FilterName, type HourSpan, type ListFilters, type ListScope, valueCurrency } from './list-filters.ts'
import { relativeSpans, spanWords, type TimeSpan } from './time-span.ts'

// The calendar is not needed for the first picture.
const DayPicker = lazy(async () => ({ default: (await import('./day-picker.tsx')).DayPicker }))

interface FilterEditorProps {
  name: FilterName
  filters: ListFilters
  scope: ListScope
  facets: SessionFacets | undefined
  onChange: (change: Partial<ListFilters>) => void
}

/** The controls of one filter. */
export function FilterEditor({ name, filters, scope, facets, onChange }: FilterEditorProps) {
  switch (name) {
    case 'started':
    case 'lastActivity':
    case 'ended':
      return <Days name={name} value={filters[name]} scope={scope} onChange={(span) => onChange({ [name]: span })} />
    case 'value':
      return (
        <Bounds
          value={filters.value}
          suffix={valueCurrency(filters, scope)}
          decimals={2}
          onChange={(value) => onChange({ value })}
        />
      )
    case 'items':
    case 'attempts':
      return <Bounds value={filters[name]} onChange={(range) => onChange({ [name]: range })} />
    case 'waiting':
    case 'interaction':
      return (
        <Bounds
          value={filters[name]}
          suffix="seconds"
          decimals={name === 'waiting' ? 3 : 0}
          onChange={(range) => onChange({ [name]: range })}
        />
      )
    case 'storeTime':
      return <Hours value={filters.storeTime} onChange={(storeTime) => onChange({ storeTime })} />
    case 'weekday':
    case 'hour':
      return (
        <Choices
          name={name}
          chosen={filters[name].map(String)}
          offered={name === 'weekday' ? weekdays : hoursOfDay}
          onChange={(values) => onChange({ [name]: values.map(Number) })}
        />
      )
    case 'reviewed':
    case 'waitingNow':
    case 'abandoned':
    case 'withCheck':
    case 'neverServed':
    case 'withFinding':
    case 'withLoss':
    case 'opened':
      return <YesOrNo name={name} value={filters[name]} onChange={(value) => onChange({ [name]: value })} />
    case 'text':
      return (
        <TextInput
          label={filterTitles.text}
          data-autofocus
          value={filters.text}
          onChange={(event) => onChange({ text: event.currentTarget.value })}
        />
      )
    default:
      return (
        <Choices
          name={name}
          chosen={filters[name].map(String)}
          offered={facets?.[name]}
          onChange={(values) => onChange({ [name]: name === 'rating' ? values.map(Number) : values })}
        />
      )
  }
}

/** All there are, in their order; how many sessions have which is what charts show. */
const upTo = (count: number): Offered[] => Array.from({ length: count }, (_, value) => ({ value: String(value) }))
const weekdays = upTo(7)
const hoursOfDay = upTo(24)

type Offered = Pick<FacetValue, 'value'> & Partial<FacetValue>

interface ChoicesProps {
  name: ChoiceName
  chosen: readonly string[]
  offered: readonly Offered[] | undefined
  onChange: (values: string[]) => void
}

/** So many values are looked over at a glance; more need a search. */
const SEARCHED_FROM = 9

/** Every value that occurs, with how many sessions have it under the other filters. */
function Choices({ name, chosen, offered = [], onChange }: ChoicesProps) {
  const [needle, setNeedle] = useState('')
  const missing = chosen.filter((value) => !offered.some((each) => each.value === value))
  const all = [...offered, ...missing.map((value) => ({ value, count: 0 }))]
  const listed = all.filter(({ value }) => choiceWords(name, value).toLowerCase().includes(needle.toLowerCase()))
  const toggle = (value: string) =>
    onChange(chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value])
  return (
    <div className={classes.choices}>
      {all.length >= SEARCHED_FROM && (
        <TextInput
          aria-label={`Find a value of ${filterTitles[name].toLowerCase()}`}
          placeholder="Find a value"
          value={needle}
          onChange={(event) => setNeedle(event.currentTarget.value)}
        />
      )}
      {listed.map(({ value, count }, index) => (
        <div key={value} className={classes.option} data-none={count === 0 || undefined}>
          <Checkbox
            size="xs"
            label={choiceWords(name, value)}
            data-autofocus={index === 0 || undefined}
            checked={chosen.includes(value)}
            onChange={() => toggle(value)}
          />
          {count !== undefined && <span>{count.toLocaleString('en')}</span>}
        </div>
      ))}
      {listed.length === 0 && <p className={classes.hint}>No such value occurs in these stores.</p>}
    </div>
  )
}

interface BoundsProps {
  value: Range | null
  suffix?: string
  decimals?: number
  onChange: (range: Range | null) => void
}

const MAX_BOUND = 999_999_999

/** Lower and upper bound; an empty field is open. */
export function Bounds({ value, suffix, decimals = 0, onChange }: BoundsProps) {
  const [typed, setTyped] = useState<Range>(value ?? { min: null, max: null })
  const isCrossed = typed.min !== null && typed.max !== null && typed.min > typed.max
  const change = (part: Partial<Range>) => {
    const next = { ...typed, ...part }
    setTyped(next)
    if (next.min !== null && next.max !== null && next.min > next.max) return
    onChange(next.min === null && next.max === null ? null : next)
  }
  const field = (bound: 'min' | 'max') => (
    <NumberInput
      size="xs"
      label={bound === 'min' ? 'At least' : 'At most'}
      data-autofocus={bound === 'min' || undefined}
      min={0}
      max={MAX_BOUND}
      allowNegative={false}
      decimalScale={decimals}
      allowDecimal={decimals > 0}
      hideControls
      rightSection={suffix === undefined ? undefined : <span className={classes.unit}>{suffix}</span>}
      rightSectionWidth={suffix === undefined ? undefined : 60}
      error={bound === 'max' && isCrossed ? 'Less than “at least”' : undefined}
      value={typed[bound] ?? ''}
      onChange={(text) => change({ [bound]: typeof text === 'number' ? text : null })}
    />
  )
  return (
    <div className={classes.bounds}>
      {field('min')}
      {field('max')}
    </div>
  )
}

interface DaysProps {
  name: 'started' | 'lastActivity' | 'ended'
  value: TimeSpan | null
  scope: ListScope
  onChange: (span: TimeSpan | null) => void
}

/** Relative spans, which stay relative, and days from a calendar. */
function Days({ name, value, scope, onChange }: DaysProps) {
  const isRelative = typeof value === 'string'
  return (
    <div className={classes.days}>
      <fieldset className={classes.spans} aria-label={filterTitles[name]}>
        {[null, ...relativeSpans].map((span, index) => (
          <button
            key={span}
            type="button"
            data-autofocus={index === 0 || undefined}
            aria-pressed={value === span}
            onClick={() => onChange(span)}
          >
            {span === null ? 'Any time' : spanWords(span)}
          </button>
        ))}
      </fieldset>
      <div className={classes.calendar}>
        <Suspense fallback={<div className={classes.calendarRoom} />}>
          <DayPicker value={isRelative ? null : value} zones={scope.zones} onChange={onChange} />
        </Suspense>
        <p className={classes.hint}>
          {scope.zones.length === 1
            ? `Days in ${scope.zone}.`
            : `The stores lie in ${scope.zones.length} time zones. Days are each store’s own, from midnight to midnight there.`}
        </p>
      </div>
    </div>
  )
}

interface HoursProps {
  value: HourSpan | null
  onChange: (span: HourSpan | null) => void
}

/** First and last hour; an empty field is open. */
function Hours({ value, onChange }: HoursProps) {
  const [typed, setTyped] = useState<HourSpan>(value ?? { from: null, to: null })
  const isCrossed = typed.from !== null && typed.to !== null && typed.from > typed.to
  const change = (part: Partial<HourSpan>) => {
    const next = { ...typed, ...part }
    setTyped(next)
    if (next.from !== null && next.to !== null && next.from > next.to) return
    onChange(next.from === null && next.to === null ? null : next)
  }
  const field = (bound: 'from' | 'to') => (
    <TextInput
      size="xs"
      type="datetime-local"
      step={3600}
      label={bound === 'from' ? 'First hour' : 'Last hour'}
      data-autofocus={bound === 'from' || undefined}
      error={bound === 'to' && isCrossed ? 'Before the first hour' : undefined}
      value={typed[bound] === null ? '' : `${typed[bound]}:00`}
      onChange={(event) => change({ [bound]: event.currentTarget.value.slice(0, 13) || null })}
    />
  )
  return (
    <div className={classes.days}>
      {field('from')}
      {field('to')}
      <p className={classes.hint}>In each store's own time.</p>
    </div>
  )
}

interface YesOrNoProps {
  name: FilterName
  value: boolean | null
  onChange: (value: boolean | null) => void
}

function YesOrNo({ name, value, onChange }: YesOrNoProps) {
  return (
    <SegmentedControl
      size="xs"
      fullWidth
      aria-label={filterTitles[name]}
      value={String(value)}
      onChange={(text) => onChange(text === 'null' ? null : text === 'true')}
      data={[
        { value: 'null', label: 'All' },
        { value: 'true', label: 'Yes' },
        { value: 'false', label: 'No' },
      ]}
    />
  )
}
