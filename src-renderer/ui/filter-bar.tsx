/** Filters of the list: activity at a glance, everything else behind one menu, and what is active in words. */
import { Popover, UnstyledButton } from '@mantine/core'
import {
  type Icon,
  IconArrowLeft,
  IconCalendar,
  IconChevronDown,
  IconChevronRight,
  IconFilterPlus,
  IconX,
} from '@tabler/icons-react'
import { type KeyboardEvent, memo, type ReactNode, useLayoutEffect, useRef } from 'react'
import type { Activity } from '#shared/session/activity.ts'
import type { SessionFacets } from '../data/data-api.ts'
import { useMaySeeEmployees } from './data-context.ts'
import { FilterEditor } from './filter-editors.tsx'
import { filterTitles, filterWords } from './filter-words.ts'
import classes from './filters.module.css'
import { activityLabels } from './labels.ts'
import {
  activeFilters,
  type FilterName,
  isOff,
  isOpenFilter,
  type ListFilters,
  type ListScope,
  noListFilters,
} from './list-filters.ts'
import type { SearchProblem } from './sessions-search.ts'
import { spanWords } from './time-span.ts'

const activities = Object.keys(activityLabels) as Activity[]
const titled = Object.keys(filterTitles) as FilterName[]
/** In the list, activity has its chips and the text its field. */
const isElsewhere = (name: FilterName): boolean => name === 'activity' || name === 'text'

/** What is open over the bar: the menu of all filters, one filter, or nothing. */
export type OpenFilter = 'menu' | FilterName | null

interface FilterProps {
  filters: ListFilters
  scope: ListScope
  facets: SessionFacets | undefined
  onChange: (change: Partial<ListFilters>) => void
}

/** Chips with counts: how many sessions each activity has under the other filters. */
export function ActivityChips({ filters, facets, onChange }: FilterProps) {
  const toggle = (activity: Activity) =>
    onChange({
      activity: filters.activity.includes(activity)
        ? filters.activity.filter((each) => each !== activity)
        : [...filters.activity, activity],
    })
  return (
    <fieldset className={classes.chips} aria-label="Activity">
      {activities.map((activity) => {
        const { icon: ActivityIcon, text, tone } = activityLabels[activity]
        const count = facets?.activity.find(({ value }) => value === activity)?.count ?? 0
        return (
          <button
            key={activity}
            type="button"
            className={classes.chip}
            data-tone={tone}
            aria-pressed={filters.activity.includes(activity)}
            onClick={() => toggle(activity)}
          >
            <ActivityIcon size={15} stroke={1.9} aria-hidden />
            {text}
            <span className={classes.chipCount}>{facets === undefined ? '…' : count.toLocaleString('en')}</span>
          </button>
        )
      })}
    </fieldset>
  )
}

interface FilterMenuProps extends FilterProps {
  open: OpenFilter
  onOpen: (open: OpenFilter) => void
  /** True where activity and text have no place of their own. */
  all?: boolean
  /** False where another control chooses the time. */
  time?: boolean
}

/** The buttons for time and for all other filters, and the popover they share. */
export function FilterMenu({ open, onOpen, all = false, time = true, ...props }: FilterMenuProps) {
  const { filters } = props
  const isTime = time && open === 'started'
  const other = isTime ? null : open
  return (
    <div className={classes.menus}>
      {time && (
        <FilterPopover
          name="started"
          open={isTime ? open : null}
          onOpen={onOpen}
          icon={IconCalendar}
          text={filters.started === null ? 'Any time' : spanWords(filters.started)}
          isActive={filters.started !== null}
        >
          {isTime && <Editor key={open} name={open} onOpen={onOpen} {...props} />}
        </FilterPopover>
      )}
      <FilterPopover name="menu" open={other} onOpen={onOpen} icon={IconFilterPlus} text="Filter">
        {other === 'menu' && <FilterList filters={filters} all={all} onOpen={onOpen} />}
        {other !== null && other !== 'menu' && <Editor key={other} name={other} onOpen={onOpen} {...props} />}
      </FilterPopover>
    </div>
  )
}

interface FilterPopoverProps {
  /** What its button opens. */
  name: 'menu' | 'started'
  open: OpenFilter
  onOpen: (open: OpenFilter) => void
  icon: Icon
  text: string
  isActive?: boolean
  /** What is in it while it is open: while it is closed nothing changes, and it is not drawn anew. */
  children: ReactNode
}

const FilterPopover = memo(function FilterPopover(props: FilterPopoverProps) {
  const { name, open, onOpen, icon: ButtonIcon, text, isActive = false, children } = props
  return (
    <Popover
      opened={open !== null}
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
          onClick={() => onOpen(open === null ? name : null)}
        >
          <ButtonIcon size={15} stroke={1.8} aria-hidden />
          {text}
          {name === 'started' && <IconChevronDown size={13} aria-hidden />}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label={open === null || open === 'menu' ? 'Filters' : filterTitles[open]}>
        {children}
      </Popover.Dropdown>
    </Popover>
  )
})

interface EditorProps extends FilterProps {
  name: FilterName
  onOpen: (open: OpenFilter) => void
}

/** One filter with its name and a way back to all of them. */
function Editor({ name, onOpen, ...props }: EditorProps) {
  const editor = useRef<HTMLDivElement>(null)
  // The button that led here is gone, and the focus with it.
  useLayoutEffect(() => editor.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus(), [])
  return (
    <div ref={editor} className={classes.editor} data-filter={name}>
      <div className={classes.editorHead}>
        {name !== 'started' && (
          <UnstyledButton aria-label="All filters" onClick={() => onOpen('menu')}>
            <IconArrowLeft size={16} aria-hidden />
          </UnstyledButton>
        )}
        <h2>{filterTitles[name]}</h2>
        {!isOff(props.filters[name]) && (
          <UnstyledButton className={classes.remove} onClick={() => props.onChange({ [name]: noListFilters[name] })}>
            Clear
          </UnstyledButton>
        )}
      </div>
      <FilterEditor name={name} {...props} />
    </div>
  )
}

interface FilterListProps {
  filters: ListFilters
  all: boolean
  onOpen: (open: OpenFilter) => void
}

/** All filters by name; up and down move, a letter jumps to the next name that begins with it. */
function FilterList({ filters, all, onOpen }: FilterListProps) {
  const list = useRef<HTMLDivElement>(null)
  const maySeeEmployees = useMaySeeEmployees()
  const listed = titled.filter((name) => (all || !isElsewhere(name)) && isOpenFilter(name, maySeeEmployees))
  // At once: the next letter is meant for the list, not for the screen under it.
  useLayoutEffect(() => list.current?.querySelector('button')?.focus(), [])
  const onKeyDown = (event: KeyboardEvent) => {
    const items = [...(list.current?.querySelectorAll('button') ?? [])]
    const at = items.findIndex((item) => item.matches(':focus'))
    const after = [...items.slice(at + 1), ...items.slice(0, at + 1)]
    const next =
      event.key === 'ArrowDown'
        ? after[0]
        : event.key === 'ArrowUp'
          ? items.at(at - 1)
          : event.key.length === 1
            ? after.find((item) => item.textContent?.toLowerCase().startsWith(event.key.toLowerCase()))
            : undefined
    if (next === undefined) return
    event.preventDefault()
    next.focus()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: moves the focus among the buttons in it
    <div ref={list} className={classes.filterList} onKeyDown={onKeyDown}>
      {listed.map((name, index) => (
        <UnstyledButton
          key={name}
          data-autofocus={index === 0 || undefined}
          data-active={!isOff(filters[name]) || undefined}
          onClick={() => onOpen(name)}
        >
          {filterTitles[name]}
          <IconChevronRight size={14} className={classes.chevron} aria-hidden />
        </UnstyledButton>
      ))}
    </div>
  )
}

interface FilterPillsProps {
  filters: ListFilters
  scope: ListScope
  /** True where activity has no chips of its own. */
  all?: boolean
  onOpen: (open: OpenFilter) => void
  onChange: (change: Partial<ListFilters>) => void
}

/** Every active filter in words: a click changes it, its cross takes it away. */
export const FilterPills = memo(function FilterPills({
  filters,
  scope,
  all = false,
  onOpen,
  onChange,
}: FilterPillsProps) {
  const active = activeFilters(filters)
  const pills = active.filter((name) => all || name !== 'activity')
  if (pills.length === 0) return null
  return (
    <ul className={classes.pills} aria-label="Active filters">
      {pills.map((name) => {
        const words = filterWords(name, filters, scope)
        return (
          <li key={name} className={classes.pill} data-filter={name}>
            <button type="button" onClick={() => onOpen(name)}>
              {words}
            </button>
            <button
              type="button"
              className={classes.cross}
              aria-label={`Remove filter: ${words}`}
              onClick={() => onChange({ [name]: noListFilters[name] })}
            >
              <IconX size={13} aria-hidden />
            </button>
          </li>
        )
      })}
      <li>
        <button type="button" className={classes.clear} onClick={() => onChange(noListFilters)}>
          Clear all
        </button>
      </li>
    </ul>
  )
})

/** What of the link or the saved view this version cannot follow; the list is shown without it. */
export function SearchProblems({ problems, onRemove }: { problems: readonly SearchProblem[]; onRemove: () => void }) {
  if (problems.length === 0) return null
  return (
    <div className={classes.problems} role="alert" data-testid="search-problems">
      <div>
        <strong>Not all of this view could be followed.</strong> It may come from a newer version. What you see is
        without:
        <ul>
          {problems.map(({ field, message }) => (
            <li key={`${field} ${message}`}>{message}</li>
          ))}
        </ul>
      </div>
      <button type="button" onClick={onRemove}>
        Remove these parts
      </button>
    </div>
  )
}
