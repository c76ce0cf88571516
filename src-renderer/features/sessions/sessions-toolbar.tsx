/** The bar over the list: view, filters, search, and what can be done with the list. */
import { ActionIcon, TextInput } from '@mantine/core'
import { IconClock, IconHistory, IconSearch, IconX } from '@tabler/icons-react'
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react'
import type { SessionFacets } from '../../data/data-api.ts'
import type { ListFilters, ListScope } from '../../ui/list-filters.ts'
import { ColumnsMenu } from './columns-menu.tsx'
import { ActivityChips, FilterMenu, type OpenFilter } from './filter-bar.tsx'
import classes from './filters.module.css'

interface SessionsToolbarProps {
  filters: ListFilters
  scope: ListScope
  facets: SessionFacets | undefined
  onChange: (change: Partial<ListFilters>) => void
  open: OpenFilter
  onOpen: (open: OpenFilter) => void
  columns: Parameters<typeof ColumnsMenu>[0]
  exactTimes: boolean
  onExactTimes: (exactTimes: boolean) => void
  search: RefObject<HTMLInputElement | null>
  /** On from the search field to the rows. */
  onLeaveSearch: () => void
  /** The menu of views. */
  views: ReactNode
  /** Actions on the list or on what is selected in it. */
  actions: ReactNode
}

export function SessionsToolbar(props: SessionsToolbarProps) {
  const { filters, scope, facets, onChange, exactTimes, onExactTimes } = props
  const TimesIcon = exactTimes ? IconClock : IconHistory
  const times = exactTimes ? 'Times are exact: show relative ones (t)' : 'Times are relative: show exact ones (t)'
  return (
    <div className={classes.toolbar} role="toolbar" aria-label="List">
      {props.views}
      <ActivityChips filters={filters} scope={scope} facets={facets} onChange={onChange} />
      <FilterMenu
        filters={filters}
        scope={scope}
        facets={facets}
        onChange={onChange}
        open={props.open}
        onOpen={props.onOpen}
      />
      <Search
        field={props.search}
        text={filters.text}
        onChange={(text) => onChange({ text })}
        onLeave={props.onLeaveSearch}
      />
      <div className={classes.tools}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={28}
          aria-label={times}
          title={times}
          onClick={() => onExactTimes(!exactTimes)}
        >
          <TimesIcon size={17} stroke={1.7} />
        </ActionIcon>
        <ColumnsMenu {...props.columns} />
        {props.actions}
      </div>
    </div>
  )
}

interface SearchProps {
  field: RefObject<HTMLInputElement | null>
  text: string
  onChange: (text: string) => void
  onLeave: () => void
}

function Search({ field, text, onChange, onLeave }: SearchProps) {
  const [typed, setTyped] = useState(text)
  const sent = useRef(text)
  // The URL also changes by "Clear" and by going back; what is being typed must not be overwritten by its own echo.
  useEffect(() => {
    if (text === sent.current) return
    sent.current = text
    setTyped(text)
  }, [text])
  const type = (value: string) => {
    sent.current = value
    setTyped(value)
    onChange(value)
  }
  return (
    <TextInput
      ref={field}
      className={classes.search}
      placeholder="Session or customer id"
      aria-label="Search session or customer id"
      leftSection={<IconSearch size={15} aria-hidden />}
      rightSection={
        typed === '' ? (
          <kbd aria-hidden>/</kbd>
        ) : (
          <ActionIcon variant="subtle" color="gray" size={20} aria-label="Clear the search" onClick={() => type('')}>
            <IconX size={13} />
          </ActionIcon>
        )
      }
      rightSectionPointerEvents={typed === '' ? 'none' : 'all'}
      value={typed}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown' || event.key === 'Enter') {
          event.preventDefault()
          onLeave()
        } else if (event.key === 'Escape') {
          if (typed === '') onLeave()
          else type('')
        }
      }}
    />
  )
}
