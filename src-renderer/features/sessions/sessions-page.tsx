/** The sessions list: filters on top, a virtual grid over all history, sums below. */
import { VisuallyHidden } from '@mantine/core'
import { useCallbackRef } from '@mantine/hooks'
import {
  IconArrowBarToUp,
  IconArrowsSort,
  IconBookmark,
  IconChartHistogram,
  IconClock,
  IconColumns3,
  IconFilter,
  IconRefresh,
  IconSearch,
} from '@tabler/icons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { SessionKey, SessionSort } from '../../data/data-api.ts'
import { useChosenStores, useUnknownStores } from '../../ui/chosen-stores.ts'
import { type ColumnLayout, unknownColumns } from '../../ui/column-layout.ts'
import { useData, useMaySeeEmployees, useStores } from '../../ui/data-context.ts'
import { FilterPills, type OpenFilter, SearchProblems } from '../../ui/filter-bar.tsx'
import { filterTitles, filterWords } from '../../ui/filter-words.ts'
import { counted } from '../../ui/labels.ts'
import {
  activeFilters,
  type FilterName,
  isOpenFilter,
  type ListFilters,
  listScope,
  noListFilters,
} from '../../ui/list-filters.ts'
import { useListPreferences } from '../../ui/list-preferences.ts'
import { sessionColumn, sessionColumnIds } from '../../ui/session-columns.ts'
import {
  keepSessionsSearch,
  readSessionsSearch,
  type SearchProblem,
  type SessionsSearch,
  withoutProblems,
  writeFilters,
  writeSort,
} from '../../ui/sessions-search.ts'
import { type Command, openPalette, useCommands } from '../../ui/shortcuts.ts'
import { useShowView } from '../../ui/show-view.ts'
import { useUiState } from '../../ui/ui-state.ts'
import { ExportSessions } from './export-sessions.tsx'
import { keyOf } from './held-rows.ts'
import { ListBlank } from './list-blank.tsx'
import { listExportColumns } from './list-export-columns.ts'
import { ListFoot } from './list-foot.tsx'
import { add, isEmpty, MAX_SELECTED, nothingSelected, type Selection, targetOf, toggle } from './list-selection.ts'
import classes from './sessions.module.css'
import { SessionsGrid } from './sessions-grid.tsx'
import { type OpenMenu, SessionsToolbar } from './sessions-toolbar.tsx'
import { covers, spanAround } from './span-around.ts'
import { useListRows } from './use-list-rows.ts'
import { useListScroll } from './use-list-scroll.ts'
import { useNextSearch } from './use-next-search.ts'

const route = getRouteApi('/sessions')

const FIRST_SPAN = spanAround(0, 0, false)
/** After so long without scrolling more rows are asked for than are seen. */
const WIDEN_AFTER_MS = 50
const BEHIND_FRAME_MS = 40
const GROUP = 'Sessions list'
const sorts = sessionColumnIds.flatMap((id) => {
  const { sort, title } = sessionColumn(id)
  return sort === undefined ? [] : { sort, title }
})

/** The room "Sessions". */
export function SessionsPage() {
  const wholeSearch = route.useSearch()
  const search = useMemo(() => keepSessionsSearch({ ...wholeSearch }), [wholeSearch])
  const navigate = useNavigate()
  const data = useData()
  const stores = useStores()
  const maySeeEmployees = useMaySeeEmployees()
  const chosen = useChosenStores()
  const scope = useMemo(() => listScope(stores, chosen), [stores, chosen])
  const [{ layout, exactTimes }, setPreferences] = useListPreferences()
  const { view, problems } = useMemo(() => readSessionsSearch(search, maySeeEmployees), [search, maySeeEmployees])
  const { filters, sort, descending } = view
  const keepSearch = useCallbackRef(() => useUiState.setState({ sessionsSearch: search }))
  useEffect(() => keepSearch, [keepSearch])
  // The rail's link knows it too, behind the frame that shows what was asked.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the search that changed
  useEffect(() => {
    const timer = setTimeout(keepSearch, BEHIND_FRAME_MS)
    return () => clearTimeout(timer)
  }, [search])

  const [span, setSpan] = useState(FIRST_SPAN)
  const [topSpan, setTopSpan] = useState(FIRST_SPAN)
  const [start] = useState(() => useUiState.getState().sessionsCursor)
  const [reading, setReading] = useState({ pointer: false, focus: false })
  const [active, setActive] = useState<{ index: number; key: string | null }>({ index: -1, key: start.key })
  const [isAway, setIsAway] = useState(start.scrollTop > 0)
  // Whoever reads a row, or stands somewhere in the list, must find it where it is.
  const isStill = reading.pointer || isAway || (reading.focus && active.index >= 0)
  const rows = useListRows(view, scope, chosen, span, topSpan, isStill)
  const { shown, question, nowMs } = rows
  const scroll = useListScroll(shown?.count ?? 0, start.scrollTop)
  useEffect(() => setIsAway(!scroll.isAtTop), [scroll.isAtTop])
  const { first, last, slots } = scroll
  useEffect(() => {
    const top = spanAround(0, slots, false)
    setTopSpan((now) => (now.limit === top.limit ? now : top))
  }, [slots])
  useEffect(() => {
    const near = spanAround(first, last, false)
    setSpan((now) => (covers(now, near) ? now : near))
  }, [first, last])
  // Whoever may scroll finds rows where a turn of the wheel leads.
  const mayScroll = (reading.pointer || reading.focus || isAway) && rows.all !== null
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins with a narrow span
  useEffect(() => {
    if (!mayScroll) return
    const wide = spanAround(first, last, true)
    const widen = () => setSpan((now) => (now.offset === wide.offset && now.limit === wide.limit ? now : wide))
    const timer = setTimeout(widen, WIDEN_AFTER_MS)
    return () => clearTimeout(timer)
  }, [first, last, mayScroll, question])

  const [selection, setSelection] = useState<Selection>(nothingSelected)
  const anchor = useRef<number | null>(null)
  const [note, setNote] = useState<string | null>(null)
  // Another question is another list: it starts at its top, with nothing selected.
  const [asked, setAsked] = useState(question)
  if (asked !== question) {
    setAsked(question)
    setSpan(topSpan)
    setSelection(nothingSelected)
    setActive({ index: -1, key: null })
    setNote(null)
  }
  const { scrollToTop, scrollToRow } = scroll
  const isFirst = useRef(true)
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the question that changed
  useEffect(() => {
    if (!isFirst.current) scrollToTop()
    isFirst.current = false
    anchor.current = null
  }, [question])

  // The active row is known by its key once it is there: where rows move, it moves along.
  const activeNow = useMemo(() => {
    const at = shown?.rows.findIndex(({ key }) => key === active.key) ?? -1
    return shown !== null && at >= 0 ? shown.offset + at : active.index
  }, [shown, active])
  useEffect(() => {
    if (shown === null || activeNow < 0) return
    const key = shown.rows[activeNow - shown.offset]?.key ?? active.key
    if (activeNow !== active.index || key !== active.key) setActive({ index: activeNow, key })
  }, [shown, activeNow, active])

  const go = (next: SessionsSearch) => void navigate({ to: '/sessions', search: next, replace: true })
  const goOn = useNextSearch(search, (next) => rows.ask(readSessionsSearch(next, maySeeEmployees).view), go)
  const change = useCallbackRef((part: Partial<ListFilters>) => goOn(writeFilters(part)))
  const setLayout = useCallbackRef((layout: ColumnLayout) => setPreferences({ layout }))
  const setExactTimes = useCallbackRef((exactTimes: boolean) => setPreferences({ exactTimes }))
  const sortBy = (column: SessionSort) => goOn(writeSort(column, column === sort ? !descending : true))
  const chosenView = useUiState((state) => state.chosenView)
  const showView = useShowView()

  const open = (row: SessionSummary) => {
    useUiState.setState({ sessionsCursor: { key: keyOf(row), scrollTop: scroll.position() } })
    void navigate({ to: '/stores/$storeId/sessions/$sessionId', params: { storeId: row.storeId, sessionId: row.id } })
  }
  const selectAll = () => setSelection({ all: true })
  const unselect = useCallbackRef(() => {
    if (isEmpty(selection)) setActive({ index: -1, key: null })
    setSelection(nothingSelected)
    setNote(null)
  })
  const letIn = () => {
    rows.letIn()
    scrollToTop()
  }

  /** Keys of the rows between two places: those at hand, or else asked for. */
  const keysBetween = async (from: number, to: number): Promise<SessionKey[]> => {
    const at = shown?.rows.slice(from - shown.offset, to + 1 - shown.offset) ?? []
    if (shown !== null && from >= shown.offset && at.length === to - from + 1) return at.map(({ row }) => row)
    const limit = Math.min(to - from + 1, MAX_SELECTED)
    const page = await data.sessions({ ...question, nowMs, offset: from + (shown?.shift ?? 0), limit })
    return page.rows
  }
  const moveTo = async (index: number, extend: boolean) => {
    const from = anchor.current ?? Math.max(activeNow, 0)
    setActive({ index, key: shown?.rows[index - shown.offset]?.key ?? null })
    scrollToRow(index)
    if (!extend) {
      anchor.current = null
      return
    }
    anchor.current = from
    const keys = await keysBetween(Math.min(from, index), Math.max(from, index))
    setSelection(
      add(
        nothingSelected,
        keys.map(({ storeId, id }) => ({ storeId, id })),
      ),
    )
    const isTooMany = Math.abs(from - index) >= MAX_SELECTED
    setNote(isTooMany ? `Only ${counted(MAX_SELECTED, 'session')} can be selected one by one; Ctrl+A takes all.` : null)
  }
  const toggleRow = (row: SessionSummary, index: number) => {
    anchor.current = index
    setSelection((now) => toggle(now, { storeId: row.storeId, id: row.id }))
  }

  const [openMenu, setOpenMenu] = useState<OpenMenu>(null)
  const searchField = useRef<HTMLInputElement>(null)
  const focusRows = useCallbackRef(() => {
    scroll.scroller.current?.focus()
    if (activeNow < 0 && (shown?.count ?? 0) > 0) void moveTo(0, false)
  })
  useListCommands(maySeeEmployees, {
    search: () => searchField.current?.select(),
    rows: focusRows,
    filter: setOpenMenu,
    views: () => setOpenMenu('views'),
    columns: () => setOpenMenu('columns'),
    times: () => setExactTimes(!exactTimes),
    letIn,
    selectAll,
    clear: () => change(noListFilters),
    charts: () => void navigate({ to: '/charts/$page', params: { page: 'sessions' }, search: writeFilters(filters) }),
    sortBy,
  })

  const unknown = unknownColumns(layout)
  const unknownStores = useUnknownStores()
  const allProblems: SearchProblem[] = [
    ...problems,
    ...unknown.map((id) => ({ field: `column ${id}`, message: `This version has no column “${id}”.` })),
    ...unknownStores.map((id) => ({ field: `stores ${id}`, message: `“${id}” is no store of yours.` })),
  ]
  const removeProblems = () => {
    const columnVisibility = { ...layout.columnVisibility, ...Object.fromEntries(unknown.map((id) => [id, false])) }
    if (unknown.length > 0) setLayout({ ...layout, columnVisibility })
    const stores = unknownStores.length === 0 ? {} : { stores: chosen.length === 0 ? undefined : chosen }
    go({ ...withoutProblems(search, maySeeEmployees), ...stores })
  }
  const count = rows.all?.count ?? null
  const exported = useCallbackRef(() => ({
    target: targetOf(selection, { ...question, nowMs }, count ?? 0),
    filterWords: activeFilters(filters).map((name) => filterWords(name, filters, scope)),
    listColumns: listExportColumns(layout, maySeeEmployees),
  }))
  const exportButton = useMemo(() => <ExportSessions what={exported} />, [exported])
  return (
    <div className={classes.page}>
      <VisuallyHidden component="h1">Sessions</VisuallyHidden>
      <SessionsToolbar
        filters={filters}
        scope={scope}
        facets={rows.facets}
        onChange={change}
        open={openMenu}
        onOpen={setOpenMenu}
        search={search}
        chosenView={chosenView}
        onView={showView}
        layout={layout}
        onLayout={setLayout}
        exactTimes={exactTimes}
        onExactTimes={setExactTimes}
        searchField={searchField}
        onLeaveSearch={focusRows}
      >
        {exportButton}
      </SessionsToolbar>
      <FilterPills filters={filters} scope={scope} onOpen={setOpenMenu} onChange={change} />
      <SearchProblems problems={allProblems} onRemove={removeProblems} />
      <SessionsGrid
        shown={shown}
        isOutdated={rows.isOutdated}
        scroll={scroll}
        active={activeNow}
        selection={selection}
        stores={stores}
        nowMs={nowMs}
        exactTimes={exactTimes}
        layout={layout}
        sort={sort}
        descending={descending}
        onLayout={setLayout}
        onSort={sortBy}
        onOpen={open}
        onActive={(index, extend) => void moveTo(index, extend)}
        onToggle={toggleRow}
        onSelectAll={selectAll}
        onEscape={unselect}
        onReading={(by, isReading) => setReading((now) => ({ ...now, [by]: isReading }))}
      >
        {shown !== null && shown.waiting > 0 && !rows.isOutdated && <LetIn waiting={shown.waiting} onClick={letIn} />}
        <ListBlank
          count={count}
          isComplete={rows.all?.complete ?? false}
          isFailed={rows.isFailed}
          filters={filters}
          scope={scope}
          chosen={chosen}
          nowMs={nowMs}
          onChange={change}
        />
      </SessionsGrid>
      <ListFoot
        all={rows.all}
        selection={selection}
        note={note}
        isHeld={shown?.isHeld === true && !rows.isOutdated}
        onClear={unselect}
      />
    </div>
  )
}

/** Says that rows wait while the list holds still. */
function LetIn({ waiting, onClick }: { waiting: number; onClick: () => void }) {
  return (
    <button type="button" className={classes.letIn} onClick={onClick} data-testid="let-in">
      <IconArrowBarToUp size={15} aria-hidden />
      <span role="status">{counted(waiting, 'new or changed session')}</span>
      <kbd aria-hidden>U</kbd>
    </button>
  )
}

interface ListActs {
  search: () => void
  rows: () => void
  filter: (open: OpenFilter) => void
  views: () => void
  columns: () => void
  times: () => void
  letIn: () => void
  selectAll: () => void
  clear: () => void
  charts: () => void
  sortBy: (sort: SessionSort) => void
}

/** The list's shortcuts and its commands in the palette: filters and sorts by name. */
function useListCommands(maySeeEmployees: boolean, acts: ListActs): void {
  const latest = useRef(acts)
  useEffect(() => {
    latest.current = acts
  })
  // Made once: a list is drawn far more often than its commands change.
  useCommands(useMemo(() => listCommands(maySeeEmployees, latest), [maySeeEmployees]))
}

function listCommands(maySeeEmployees: boolean, acts: { readonly current: ListActs }): Command[] {
  const own = (id: string, text: string, keys: string, run: () => void, icon?: Command['icon']): Command => ({
    id: `sessions.${id}`,
    group: GROUP,
    text,
    keys,
    run,
    icon,
  })
  const handled = (id: string, text: string, keys: string): Command => ({
    id: `sessions.${id}`,
    group: 'Rows of the list',
    text,
    keys,
  })
  return [
    own('search', 'Search session or customer id', '/', () => acts.current.search(), IconSearch),
    own('filter', 'Add a filter', 'f', () => acts.current.filter('menu'), IconFilter),
    own('clear', 'Clear all filters', 'shift+f', () => acts.current.clear(), IconFilter),
    own('views', 'Switch or save a view', 'v', () => acts.current.views(), IconBookmark),
    own('columns', 'Choose columns', 'c', () => acts.current.columns(), IconColumns3),
    own('times', 'Relative or exact times', 't', () => acts.current.times(), IconClock),
    own('let-in', 'Update: let new and changed rows in', 'u', () => acts.current.letIn(), IconRefresh),
    own('rows', 'Go to the rows', 'r', () => acts.current.rows(), IconArrowsSort),
    own('charts', 'Charts of these sessions', 'shift+c', () => acts.current.charts(), IconChartHistogram),
    own('all', 'Select all under the filters', 'mod+a', () => acts.current.selectAll()),
    own('sort', 'Sort by…', 's', () => openPalette('sort by '), IconArrowsSort),
    handled('move', 'Move', 'arrowup arrowdown'),
    handled('page', 'Move by a page', 'pageup pagedown'),
    handled('ends', 'First and last row', 'home end'),
    handled('open', 'Open the session', 'enter'),
    handled('select', 'Select or unselect', 'space'),
    handled('extend', 'Select on the way', 'shift+arrowup shift+arrowdown'),
    handled('escape', 'Clear the selection', 'escape'),
    ...(Object.keys(filterTitles) as FilterName[])
      .filter((name) => name !== 'activity' && name !== 'text' && isOpenFilter(name, maySeeEmployees))
      .map(
        (name): Command => ({
          id: `sessions.filter.${name}`,
          group: 'Filters',
          text: `Filter by ${filterTitles[name].toLowerCase()}`,
          icon: IconFilter,
          run: () => acts.current.filter(name),
        }),
      ),
    ...sorts.map(
      ({ sort, title }): Command => ({
        id: `sessions.sort.${sort}`,
        group: 'Sort',
        text: `Sort by ${title.toLowerCase()}`,
        icon: IconArrowsSort,
        run: () => acts.current.sortBy(sort),
      }),
    ),
  ]
}
