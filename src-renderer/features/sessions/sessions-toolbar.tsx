/** The bar over the list: view, filters, search, and what can be done with the list. */
import { ActionIcon, TextInput } from '@mantine/core'
import { IconClock, IconHistory, IconSearch, IconX } from '@tabler/icons-react'
import { memo, type ReactNode, type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import type { SessionFacets } from '../../data/data-api.ts'
import type { ColumnLayout } from '../../ui/column-layout.ts'
import { useData } from '../../ui/data-context.ts'
import { ActivityChips, FilterMenu, type OpenFilter } from '../../ui/filter-bar.tsx'
import classes from '../../ui/filters.module.css'
import type { ListFilters, ListScope } from '../../ui/list-filters.ts'
import type { SavedView } from '../../ui/saved-views.ts'
import type { SessionsSearch } from '../../ui/sessions-search.ts'
import { ViewsMenu } from '../../ui/views-menu.tsx'
import { ColumnsMenu } from './columns-menu.tsx'

/** A filter, or another menu of the bar. */
export type OpenMenu = OpenFilter | 'views' | 'columns'

interface SessionsToolbarProps {
  filters: ListFilters
  scope: ListScope
  facets: SessionFacets | undefined
  onChange: (change: Partial<ListFilters>) => void
  /** What is open of the bar. */
  open: OpenMenu
  onOpen: (open: OpenMenu) => void
  search: SessionsSearch
  /** The view that was chosen last. */
  chosenView: string | null
  onView: (view: SavedView) => void
  layout: ColumnLayout
  onLayout: (layout: ColumnLayout) => void
  exactTimes: boolean
  onExactTimes: (exactTimes: boolean) => void
  searchField: RefObject<HTMLInputElement | null>
  /** On from the search field to the rows. */
  onLeaveSearch: () => void
  /** Actions on the list or on what is selected in it. */
  children?: ReactNode
}

/** Drawn anew when what it shows changes, not with every row. */
export const SessionsToolbar = memo(function SessionsToolbar(props: SessionsToolbarProps) {
  const { filters, scope, facets, onChange, exactTimes, onExactTimes, open, onOpen, layout, onLayout } = props
  const onViews = useCallback((isOpen: boolean) => onOpen(isOpen ? 'views' : null), [onOpen])
  const onColumns = useCallback((isOpen: boolean) => onOpen(isOpen ? 'columns' : null), [onOpen])
  const TimesIcon = exactTimes ? IconClock : IconHistory
  const times = exactTimes ? 'Times are exact: show relative ones (t)' : 'Times are relative: show exact ones (t)'
  return (
    <div className={classes.toolbar} role="toolbar" aria-label="List">
      <ViewsMenu
        search={props.search}
        layout={layout}
        chosen={props.chosenView}
        onChoose={props.onView}
        isOpen={open === 'views'}
        onOpen={onViews}
      />
      <ActivityChips filters={filters} scope={scope} facets={facets} onChange={onChange} />
      <FilterMenu
        filters={filters}
        scope={scope}
        facets={facets}
        onChange={onChange}
        open={open === 'views' || open === 'columns' ? null : open}
        onOpen={onOpen}
      />
      <Search
        field={props.searchField}
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
        <ColumnsMenu layout={layout} onLayout={onLayout} isOpen={open === 'columns'} onOpen={onColumns} />
        {props.children}
      </div>
    </div>
  )
})

interface SearchProps {
  field: RefObject<HTMLInputElement | null>
  text: string
  onChange: (text: string) => void
  onLeave: () => void
}

function Search({ field, text, onChange, onLeave }: SearchProps) {
  const data = useData()
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
      onFocus={() => void data.expectSearch()}
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
