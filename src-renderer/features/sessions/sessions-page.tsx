// biome-ignore-all lint/a11y/useSemanticElements: rows are virtual and positioned, which table elements cannot be
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
/** The sessions list: a virtualised grid over all history, paged through the worker in windows. */
import { Loader, VisuallyHidden } from '@mantine/core'
import { IconArrowNarrowDown, IconArrowNarrowUp, IconBasketOff } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { noFilter, type SessionQuery, type SessionSort } from '../../data/data-api.ts'
import { useChosenStores } from '../../ui/chosen-stores.ts'
import { useData, useDataStatus, useRevision, useStores } from '../../ui/data-context.ts'
import { Blank } from '../../ui/parts.tsx'
import { useUiState } from '../../ui/ui-state.ts'
import { useNow } from '../../ui/use-now.ts'
import { SessionFilters } from './session-filters.tsx'
import { SessionRow } from './session-row.tsx'
import classes from './sessions.module.css'

const route = getRouteApi('/sessions')

const ROW_HEIGHT = 34
const HEADER_HEIGHT = 30
/** Windows start and end on multiples of this, so that scrolling asks once per so many rows. */
const WINDOW_STEP = 100
const WINDOW_MARGIN = 40
/** How often activity (ongoing or stale) is derived anew while nothing changes. */
const ACTIVITY_STEP_MS = 20_000

const columns: { title: string; sort?: SessionSort; right?: boolean }[] = [
  { title: 'Last activity', sort: 'lastActivityAt' },
  { title: 'Start', sort: 'startedAt' },
  { title: 'Client', sort: 'client' },
  { title: 'Items', sort: 'quantity', right: true },
  { title: 'Value', sort: 'total', right: true },
  { title: 'Store', sort: 'storeId' },
  { title: 'Progress', sort: 'progress' },
  { title: 'State', sort: 'state' },
  { title: 'Checks' },
  { title: 'Waiting', right: true },
  { title: 'Customer · session' },
]

const keyOf = (row: SessionSummary): string => JSON.stringify([row.storeId, row.id])

/** Filters on top, rows below; up and down move, Enter opens, `/` searches. */
export function SessionsPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const data = useData()
  const stores = useStores()
  const chosen = useChosenStores()
  const revision = useRevision()
  const nowMs = useNow(ACTIVITY_STEP_MS)
  const syncing = useDataStatus((status) => status.firstSync !== null)
  const scroller = useRef<HTMLDivElement>(null)
  const [activeKey, setActiveKey] = useState(() => useUiState.getState().sessionsCursor.key)
  const [range, setRange] = useState({ offset: 0, limit: WINDOW_STEP })
  const sort = search.sort ?? 'lastActivityAt'
  const descending = search.ascending !== true

  useEffect(() => useUiState.setState({ sessionsSearch: search }), [search])

  const filter: Omit<SessionQuery, 'offset' | 'limit' | 'nowMs'> = useMemo(
    () => ({
      ...noFilter,
      storeIds: chosen,
      activity: search.activity ?? [],
      state: search.state ?? [],
      client: search.client ?? [],
      text: search.text ?? '',
      sort,
      descending,
    }),
    [chosen, search, sort, descending],
  )
  const { data: page, isError } = useQuery({
    queryKey: ['sessions', filter, range, nowMs, revision],
    queryFn: async () => ({ filter, offset: range.offset, ...(await data.sessions({ ...filter, ...range, nowMs })) }),
    placeholderData: keepPreviousData,
  })
  const count = page?.count ?? 0
  const outdated = page !== undefined && page.filter !== filter

  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    initialOffset: () => useUiState.getState().sessionsCursor.scrollTop,
    overscan: 10,
    paddingStart: HEADER_HEIGHT,
    scrollPaddingStart: HEADER_HEIGHT,
  })
  const items = virtualizer.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    const offset = Math.max(0, Math.floor((first - WINDOW_MARGIN) / WINDOW_STEP) * WINDOW_STEP)
    const end = Math.ceil((last + 1 + WINDOW_MARGIN) / WINDOW_STEP) * WINDOW_STEP
    setRange((range) =>
      range.offset === offset && range.limit === end - offset ? range : { offset, limit: end - offset },
    )
  }, [first, last])

  // Coming back from a session the list stands where it stood; another filter starts at the top.
  const restored = useRef(false)
  useLayoutEffect(() => {
    if (restored.current || count === 0 || scroller.current === null) return
    restored.current = true
    scroller.current.scrollTop = useUiState.getState().sessionsCursor.scrollTop
  }, [count])
  const filterKey = JSON.stringify(filter)
  const lastFilterKey = useRef(filterKey)
  useEffect(() => {
    if (lastFilterKey.current === filterKey) return
    lastFilterKey.current = filterKey
    scroller.current?.scrollTo({ top: 0 })
  }, [filterKey])

  const rowAt = (index: number): SessionSummary | undefined => page?.rows[index - page.offset]

  const open = (row: SessionSummary) => {
    useUiState.setState({ sessionsCursor: { key: keyOf(row), scrollTop: scroller.current?.scrollTop ?? 0 } })
    void navigate({
      to: '/stores/$storeId/sessions/$sessionId',
      params: { storeId: row.storeId, sessionId: row.id },
    })
  }

  const activeIndex = page === undefined ? -1 : page.rows.findIndex((row) => keyOf(row) === activeKey) + page.offset
  const activeLoaded = page !== undefined && activeIndex >= page.offset
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || page === undefined || count === 0) return
    const pageful = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 2)
    // Without a selection the keys start at the first row that can be seen, not at what is kept above it.
    const top = Math.ceil((scroller.current?.scrollTop ?? 0) / ROW_HEIGHT)
    const from = activeLoaded ? activeIndex : top - 1
    const targets: Partial<Record<string, number>> = {
      ArrowDown: from + 1,
      ArrowUp: from - 1,
      PageDown: from + pageful,
      PageUp: from - pageful,
      Home: 0,
      End: count - 1,
    }
    const wanted = targets[event.key]
    const active = activeLoaded ? rowAt(activeIndex) : undefined
    if (wanted !== undefined) {
      event.preventDefault()
      const index = Math.min(Math.max(wanted, 0), count - 1)
      const row = rowAt(index)
      if (row !== undefined) setActiveKey(keyOf(row))
      virtualizer.scrollToIndex(index)
    } else if (event.key === 'Enter' && active !== undefined) {
      open(active)
    }
  }

  const sortBy = (column: SessionSort) => {
    void navigate({
      to: '/sessions',
      search: (previous) => ({
        ...previous,
        sort: column === 'lastActivityAt' ? undefined : column,
        ascending: column === sort && descending ? true : undefined,
      }),
      replace: true,
    })
  }

  return (
    <div className={classes.page}>
      <VisuallyHidden component="h1">Sessions</VisuallyHidden>
      <SessionFilters
        filter={filter}
        nowMs={nowMs}
        count={page === undefined ? null : count}
        onLeaveSearch={() => scroller.current?.focus()}
      />
      <div className={classes.list}>
        <div
          ref={scroller}
          className={classes.grid}
          role="grid"
          aria-label="Sessions"
          aria-rowcount={count + 1}
          aria-busy={outdated || page === undefined}
          aria-activedescendant={activeLoaded ? `session-row-${activeIndex}` : undefined}
          tabIndex={0}
          onKeyDown={onKeyDown}
        >
          <div
            style={{ height: Math.max(virtualizer.getTotalSize(), HEADER_HEIGHT) }}
            className={classes.sizer}
            role="presentation"
          >
            <div role="row" aria-rowindex={1} className={`${classes.columns} ${classes.header}`}>
              {columns.map((column) => (
                <div
                  key={column.title}
                  role="columnheader"
                  data-right={column.right || undefined}
                  aria-sort={column.sort === sort ? (descending ? 'descending' : 'ascending') : undefined}
                >
                  {column.sort === undefined ? (
                    column.title
                  ) : (
                    <button type="button" onClick={() => column.sort && sortBy(column.sort)}>
                      {column.title}
                      {column.sort === sort &&
                        (descending ? (
                          <IconArrowNarrowDown size={14} aria-hidden />
                        ) : (
                          <IconArrowNarrowUp size={14} aria-hidden />
                        ))}
                    </button>
                  )}
                </div>
              ))}
            </div>
            {items.map((item) => {
              const row = rowAt(item.index)
              return row === undefined ? (
                <div key={item.key} className={classes.skeleton} style={{ transform: `translateY(${item.start}px)` }} />
              ) : (
                <SessionRow
                  key={keyOf(row)}
                  row={row}
                  index={item.index}
                  top={item.start}
                  active={item.index === activeIndex}
                  store={stores.find((store) => store.id === row.storeId)}
                  nowMs={nowMs}
                  onOpen={open}
                  onActivate={() => setActiveKey(keyOf(row))}
                />
              )
            })}
          </div>
        </div>
        {page === undefined && !isError && (
          <div className={classes.over}>
            <Loader size="sm" role="status" aria-label="Loading sessions" />
          </div>
        )}
        {(isError || (page !== undefined && count === 0)) && (
          <div className={classes.over}>
            {isError ? (
              <Blank icon={IconBasketOff} title="The sessions could not be read">
                <p>The console’s storage did not answer. It is asked again with the next change.</p>
              </Blank>
            ) : (
              <Blank icon={IconBasketOff} title="No sessions">
                <p>
                  {syncing
                    ? 'The history is still being fetched; sessions appear as they arrive.'
                    : 'No session matches these filters. Remove some, or choose other stores.'}
                </p>
              </Blank>
            )}
          </div>
        )}
      </div>
    </div>
  )
}
