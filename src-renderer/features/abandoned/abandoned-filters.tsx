/** The bar over the abandoned baskets: what is left to review, since when, and everything that narrows it. */
import { Checkbox, Popover, SegmentedControl, TextInput, UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconSearch } from '@tabler/icons-react'
import { type ReactNode, type RefObject, useEffect, useState } from 'react'
import type { AbandonedPage } from '../../data/abandoned-api.ts'
import { Bounds } from '../../ui/filter-editors.tsx'
import classes from '../../ui/filters.module.css'
import { obstacleLabel } from '../../ui/labels.ts'
import { type ListScope, valueCurrency } from '../../ui/list-filters.ts'
import { type AbandonedFilters, type LeftSpan, leftSpans, leftText, type ReviewState } from './abandoned-search.ts'

/** A menu of the bar. */
export type OpenFilter = 'reason' | 'shift' | 'value' | null

interface AbandonedFilterBarProps {
  filters: AbandonedFilters
  scope: ListScope
  /** Counts for the menus; undefined until the first answer. */
  page: Pick<AbandonedPage, 'obstacles' | 'shifts'> | undefined
  open: OpenFilter
  onOpen: (open: OpenFilter) => void
  onChange: (change: Partial<AbandonedFilters>) => void
  searchField: RefObject<HTMLInputElement | null>
  /** On from the search field to the rows. */
  onLeaveSearch: () => void
}

const reviewTexts: Record<ReviewState, string> = { no: 'To review', yes: 'Reviewed', all: 'All' }

export function AbandonedFilterBar(props: AbandonedFilterBarProps) {
  const { filters, scope, page, open, onOpen, onChange } = props
  const { value } = filters
  return (
    <div className={classes.toolbar} role="toolbar" aria-label="Filters">
      <SegmentedControl
        size="xs"
        aria-label="Review"
        value={filters.reviewed}
        onChange={(reviewed) => onChange({ reviewed: reviewed as ReviewState })}
        data={Object.entries(reviewTexts).map(([value, label]) => ({ value, label }))}
      />
      <SegmentedControl
        size="xs"
        aria-label="Left"
        value={filters.left}
        onChange={(left) => onChange({ left: left as LeftSpan })}
        data={leftSpans.map((left) => ({ value: left, label: leftText(left) }))}
      />
      <div className={classes.menus}>
        <Menu
          name="reason"
          text={chosenText('What happened', filters.reason.map(obstacleLabel))}
          isActive={filters.reason.length > 0}
          open={open}
          onOpen={onOpen}
        >
          <Choices
            chosen={filters.reason}
            offered={page?.obstacles}
            words={obstacleLabel}
            onChange={(reason) => onChange({ reason })}
          />
        </Menu>
        <Menu
          name="shift"
          text={chosenText('Shift', filters.shift)}
          isActive={filters.shift.length > 0}
          open={open}
          onOpen={onOpen}
        >
          <Choices
            chosen={filters.shift}
            offered={page?.shifts}
            words={(name) => name}
            onChange={(shift) => onChange({ shift })}
          />
        </Menu>
        <Menu
          name="value"
          text={value === null ? 'Value' : `Value ${value.min ?? ''}–${value.max ?? ''}`}
          isActive={value !== null}
          open={open}
          onOpen={onOpen}
        >
          <Bounds
            value={value}
            suffix={valueCurrency({ currency: [] }, scope)}
            decimals={2}
            onChange={(value) => onChange({ value })}
          />
        </Menu>
      </div>
      <Search {...props} text={filters.text} />
    </div>
  )
}

const chosenText = (name: string, chosen: readonly string[]): string =>
  chosen.length === 0 ? name : chosen.length === 1 ? (chosen[0] ?? name) : `${name}: ${chosen.length}`

interface MenuProps {
  name: Exclude<OpenFilter, null>
  text: string
  isActive: boolean
  open: OpenFilter
  onOpen: (open: OpenFilter) => void
  children: ReactNode
}

function Menu({ name, text, isActive, open, onOpen, children }: MenuProps) {
  const isOpen = open === name
  return (
    <Popover
      opened={isOpen}
      onChange={(opened) => !opened && onOpen(null)}
      position="bottom-start"
      trapFocus
      returnFocus
      transitionProps={{ duration: 0 }}
    >
      <Popover.Target>
        <UnstyledButton
          className={classes.choice}
          data-active={isActive || undefined}
          onClick={() => onOpen(isOpen ? null : name)}
        >
          {text}
          <IconChevronDown size={13} aria-hidden />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={classes.editor} aria-label={text}>
        {children}
      </Popover.Dropdown>
    </Popover>
  )
}

interface ChoicesProps {
  chosen: readonly string[]
  offered: readonly { value: string; count: number }[] | undefined
  words: (value: string) => string
  onChange: (chosen: string[]) => void
}

/** Every value that occurs, with how many baskets have it under the other filters. */
function Choices({ chosen, offered = [], words, onChange }: ChoicesProps) {
  const missing = chosen.filter((value) => !offered.some((each) => each.value === value))
  const all = [...offered, ...missing.map((value) => ({ value, count: 0 }))]
  if (all.length === 0) return <p className={classes.hint}>No basket under the other filters has one.</p>
  return (
    <div className={classes.choices}>
      {all.map(({ value, count }, index) => (
        <div key={value} className={classes.option} data-none={count === 0 || undefined}>
          <Checkbox
            size="xs"
            label={words(value)}
            data-autofocus={index === 0 || undefined}
            checked={chosen.includes(value)}
            onChange={() =>
              onChange(chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value])
            }
          />
          <span>{count.toLocaleString('en')}</span>
        </div>
      ))}
    </div>
  )
}

/** Typing asks only after so long without a key, milliseconds. */
const TYPING_MS = 120

function Search(props: AbandonedFilterBarProps & { text: string }) {
  const { text, onChange, searchField, onLeaveSearch } = props
  const [typed, setTyped] = useState(text)
  const [known, setKnown] = useState(text)
  // Changed from elsewhere, such as by going back.
  if (known !== text) {
    setKnown(text)
    setTyped(text)
  }
  useEffect(() => {
    if (typed === text) return
    const timer = setTimeout(() => onChange({ text: typed }), TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed, text, onChange])
  return (
    <TextInput
      ref={searchField}
      size="xs"
      className={classes.search}
      aria-label="Search the baskets"
      placeholder="Product, session or customer"
      leftSection={<IconSearch size={14} aria-hidden />}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'ArrowDown' && event.key !== 'Escape') return
        event.preventDefault()
        if (event.key === 'Escape') setTyped('')
        onLeaveSearch()
      }}
    />
  )
}
