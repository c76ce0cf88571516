/** The filter bar of the sessions list; every filter is in the URL. */
import { Checkbox, Popover, TextInput, UnstyledButton } from '@mantine/core'
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks'
import { IconChevronDown, IconSearch, IconX } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import type { Activity } from '#shared/session/activity.ts'
import type { SessionQuery } from '../../data/data-api.ts'
import { useData, useRevision } from '../../ui/data-context.ts'
import { activityLabels, clientLabel, counted, knownClients, stateLabels } from '../../ui/labels.ts'
import type { SessionsSearch } from '../../ui/sessions-search.ts'
import classes from './sessions.module.css'

const activities: readonly Activity[] = ['ongoing', 'stale', 'paid_not_exited', 'ended']
const SEARCH_DELAY_MS = 120

interface SessionFiltersProps {
  filter: Omit<SessionQuery, 'offset' | 'limit' | 'nowMs'>
  nowMs: number
  /** Exact number of sessions under the filter; null until known. */
  count: number | null
  /** Arrow down in the search field: on to the rows. */
  onLeaveSearch: () => void
}

/** Activity chips with counts, client and state, search, and the number of sessions found. */
export function SessionFilters({ filter, nowMs, count, onLeaveSearch }: SessionFiltersProps) {
  const navigate = useNavigate()
  const change = (next: SessionsSearch) => {
    void navigate({ to: '/sessions', search: (previous) => ({ ...previous, ...next }), replace: true })
  }
  const counts = useActivityCounts(filter, nowMs)
  const filtered = filter.activity.length + filter.state.length + filter.client.length > 0 || filter.text !== ''

  const toggleActivity = (activity: Activity) => {
    const next = filter.activity.includes(activity)
      ? filter.activity.filter((each) => each !== activity)
      : [...filter.activity, activity]
    change({ activity: next.length === 0 ? undefined : next })
  }

  return (
    <div className={classes.filters}>
      <fieldset className={classes.chips} aria-label="Activity">
        {activities.map((activity) => {
          const { icon: ActivityIcon, text, tone } = activityLabels[activity]
          return (
            <button
              key={activity}
              type="button"
              className={classes.chip}
              data-tone={tone}
              aria-pressed={filter.activity.includes(activity)}
              onClick={() => toggleActivity(activity)}
            >
              <ActivityIcon size={15} stroke={1.9} aria-hidden />
              {text}
              {counts !== undefined && (
                <span className={classes.chipCount}>{counts[activity].toLocaleString('en')}</span>
              )}
            </button>
          )
        })}
      </fieldset>
      <Choices
        title="Client"
        options={[...new Set([...knownClients, ...filter.client])].map((value) => ({
          value,
          text: clientLabel(value).text,
        }))}
        chosen={filter.client}
        onChange={(client) => change({ client })}
      />
      <Choices
        title="State"
        options={Object.entries(stateLabels).map(([value, { text }]) => ({ value, text }))}
        chosen={filter.state}
        onChange={(state) => change({ state })}
      />
      <Search text={filter.text} onChange={(text) => change({ text })} onLeave={onLeaveSearch} />
      {filtered && (
        <button
          type="button"
          className={classes.clear}
          onClick={() => change({ activity: undefined, state: undefined, client: undefined, text: undefined })}
        >
          <IconX size={14} aria-hidden /> Clear
        </button>
      )}
      <output className={classes.count}>{count === null ? '…' : counted(count, 'session')}</output>
    </div>
  )
}

/** How many sessions each activity has under the other filters. */
function useActivityCounts(filter: SessionFiltersProps['filter'], nowMs: number): Record<Activity, number> | undefined {
  const data = useData()
  const revision = useRevision()
  const { storeIds, state, client, text } = filter
  const query = useQuery({
    queryKey: ['activity-counts', storeIds, state, client, text, nowMs, revision],
    queryFn: async () => {
      const countOf = async (activity: Activity) =>
        (await data.sessions({ ...filter, activity: [activity], offset: 0, limit: 0, nowMs })).count
      const [ongoing, stale, paid_not_exited, ended] = await Promise.all([
        countOf('ongoing'),
        countOf('stale'),
        countOf('paid_not_exited'),
        countOf('ended'),
      ])
      return { ongoing, stale, paid_not_exited, ended }
    },
    placeholderData: keepPreviousData,
  })
  return query.data
}

interface ChoicesProps {
  title: string
  options: { value: string; text: string }[]
  chosen: string[]
  onChange: (values: string[] | undefined) => void
}

function Choices({ title, options, chosen, onChange }: ChoicesProps) {
  const names = options.filter((option) => chosen.includes(option.value)).map((option) => option.text)
  const toggle = (value: string) => {
    const next = chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value]
    onChange(next.length === 0 ? undefined : next)
  }
  return (
    <Popover position="bottom-start" trapFocus returnFocus>
      <Popover.Target>
        <UnstyledButton className={classes.choice} data-active={chosen.length > 0 || undefined}>
          {names.length === 0 ? title : names.length === 1 ? names[0] : `${title}: ${names.length}`}
          <IconChevronDown size={14} aria-hidden />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p={10} aria-label={title}>
        <div className={classes.choiceList}>
          {options.map((option) => (
            <Checkbox
              key={option.value}
              size="xs"
              label={option.text}
              checked={chosen.includes(option.value)}
              onChange={() => toggle(option.value)}
            />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}

function Search({ text, onChange, onLeave }: { text: string; onChange: (text?: string) => void; onLeave: () => void }) {
  const input = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState(text)
  const sent = useRef(text)
  useHotkeys([['/', () => input.current?.select()]])
  const send = useDebouncedCallback((value: string) => {
    sent.current = value
    onChange(value === '' ? undefined : value)
  }, SEARCH_DELAY_MS)
  // The URL also changes by "Clear" and by going back; what is being typed must not be overwritten by its own echo.
  useEffect(() => {
    if (text === sent.current) return
    sent.current = text
    setTyped(text)
  }, [text])
  const type = (value: string) => {
    setTyped(value)
    send(value)
  }
  return (
    <TextInput
      ref={input}
      className={classes.search}
      type="search"
      placeholder="Session or customer id"
      aria-label="Search session or customer id"
      leftSection={<IconSearch size={15} aria-hidden />}
      rightSection={typed === '' ? <kbd aria-hidden>/</kbd> : null}
      rightSectionPointerEvents="none"
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
