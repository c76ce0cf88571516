// biome-ignore-all lint/a11y/useSemanticElements: rows are virtual and positioned, which table elements cannot be
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
/** The page of `/abandoned`: baskets that were left, reviewed one by one or many at once. */
import { Button, Loader, VisuallyHidden } from '@mantine/core'
import { useCallbackRef } from '@mantine/hooks'
import {
  IconArrowDown,
  IconArrowUp,
  IconBasketOff,
  IconChecklist,
  IconDatabaseOff,
  IconFilterOff,
  IconHistory,
  IconSearch,
} from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef, useState } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { AbandonedSort, AbandonedPage as Answer } from '../../data/abandoned-api.ts'
import type { SessionKey } from '../../data/data-api.ts'
import { useChosenStores } from '../../ui/chosen-stores.ts'
import { useData, useDataStatus, useMayDecide, useStores } from '../../ui/data-context.ts'
import { SearchProblems } from '../../ui/filter-bar.tsx'
import { counted } from '../../ui/labels.ts'
import { listScope } from '../../ui/list-filters.ts'
import { Blank, Toned } from '../../ui/parts.tsx'
import { chordOf, useCommands } from '../../ui/shortcuts.ts'
import { useNow } from '../../ui/use-now.ts'
import { AbandonedFilterBar, type OpenFilter } from './abandoned-filters.tsx'
import classes from './abandoned-page.module.css'
import {
  type AbandonedFilters,
  type AbandonedSearch,
  abandonedQuestion,
  defaultFilters,
  isNarrowed,
  keepAbandonedSearch,
  readAbandonedSearch,
  withoutAbandonedProblems,
  writeAbandonedFilters,
} from './abandoned-search.ts'
import { AbandonedTabs } from './abandoned-tabs.tsx'
import { BasketPanel } from './basket-panel.tsx'
import { BasketRow, ROW_HEIGHT } from './basket-row.tsx'
import {
  type BasketSelection,
  basketKey,
  MAX_BASKETS,
  noBaskets,
  selectBaskets,
  toggleBasket,
  withoutBaskets,
} from './basket-selection.ts'
import { BulkReview } from './bulk-review.tsx'
import { type Baskets, useBaskets } from './use-baskets.ts'
import { useRowWindow } from './use-row-window.ts'

const HEADER_HEIGHT = 30
/** Ages and what would have expired by now are told anew so often. */
const CLOCK_STEP_MS = 30_000
const GROUP = 'Abandoned baskets'

export function AbandonedPage() {
  const wholeSearch = useSearch({ strict: false })
  const search = useMemo(() => keepAbandonedSearch({ ...wholeSearch }), [wholeSearch])
  const { view, problems } = useMemo(() => readAbandonedSearch(search), [search])
  const navigate = useNavigate()
  const data = useData()
  const stores = useStores()
  const chosen = useChosenStores()
  const mayDecide = useMayDecide()
  const scope = useMemo(() => listScope(stores, chosen), [stores, chosen])
  const nowMs = useNow(CLOCK_STEP_MS)
  const question = useMemo(() => abandonedQuestion(view, scope, chosen, nowMs), [view, scope, chosen, nowMs])

  const [count, setCount] = useState(0)
  const rows = useRowWindow(count, ROW_HEIGHT, HEADER_HEIGHT)
  const baskets = useBaskets(question, rows.first, rows.end)
  const { page, isOutdated } = baskets
  if (page !== undefined && page.count !== count) setCount(page.count)

  const [activeKey, setActiveKey] = useState<SessionKey | null>(view.open)
  const [activeIndex, setActiveIndex] = useState(-1)
  // The active row moves with its basket; where that left the list, the next one takes its place.
  const known = activeKey === null ? -1 : baskets.placeOf(activeKey.storeId, activeKey.id)
  const active = Math.min(known >= 0 ? known : activeIndex, count - 1)
  const [selection, setSelection] = useState<BasketSelection>(noBaskets)
  const [isBulk, setIsBulk] = useState(false)
  const [note, setNote] = useState<string | null>(null)
  const [openMenu, setOpenMenu] = useState<OpenFilter>(null)
  const anchor = useRef(-1)
  const searchField = useRef<HTMLInputElement>(null)
  const takesFocus = useRef(false)

  const go = (next: AbandonedSearch) => void navigate({ to: '/abandoned', search: next, replace: true })
  const change = useCallbackRef((part: Partial<AbandonedFilters>) => {
    setSelection(noBaskets)
    setIsBulk(false)
    setNote(null)
    setActiveIndex(-1)
    // A basket that the new filters leave out would be taken for one of theirs.
    go({ ...search, ...writeAbandonedFilters(part), basket: undefined })
  })
  const sortBy = (sort: AbandonedSort) => {
    const descending = view.sort === sort ? !view.descending : true
    go({ ...search, sort: sort === 'leftAt' ? undefined : sort, ascending: descending ? undefined : true })
  }

  const activate = (index: number) => {
    const basket = baskets.at(index)
    setActiveIndex(index)
    setActiveKey(basket === undefined ? null : { storeId: basket.row.storeId, id: basket.row.id })
    rows.scrollToRow(index)
  }
  const show = (basket: SessionKey | null) =>
    go({ ...search, basket: basket === null ? undefined : [basket.storeId, basket.id] })
  const open = (index: number, focus: boolean) => {
    const basket = baskets.at(index)
    if (basket === undefined) return
    activate(index)
    setIsBulk(false)
    takesFocus.current = focus
    show({ storeId: basket.row.storeId, id: basket.row.id })
  }
  const close = () => {
    setIsBulk(false)
    show(null)
    rows.scroller.current?.focus()
  }
  const selectRange = (from: number, to: number) => {
    const [low, high] = from < to ? [from, to] : [to, from]
    const keys: SessionKey[] = []
    for (let index = low; index <= high && keys.length < MAX_BASKETS; index += 1) {
      const row = baskets.at(index)?.row
      if (row !== undefined) keys.push(row)
    }
    setSelection(selectBaskets(keys))
  }
  const move = (to: number, extend: boolean) => {
    const index = Math.min(Math.max(to, 0), count - 1)
    if (extend) {
      if (anchor.current < 0) anchor.current = Math.max(active, 0)
      selectRange(anchor.current, index)
    } else anchor.current = -1
    activate(index)
    // Whoever looks into one basket after the other goes on with the keys.
    const basket = baskets.at(index)
    if (view.open !== null && !extend && basket !== undefined) show({ storeId: basket.row.storeId, id: basket.row.id })
  }
  const toggle = (index: number) => {
    const basket = baskets.at(index)
    if (basket === undefined) return
    anchor.current = index
    setSelection((now) => toggleBasket(now, basket.row))
  }
  const selectAll = async () => {
    const all = await data.abandoned({ ...question, offset: 0, limit: MAX_BASKETS })
    setSelection(selectBaskets(all.rows.map(({ row }) => row)))
    setNote(all.count > MAX_BASKETS ? `Only the first ${MAX_BASKETS.toLocaleString('en')} are selected.` : null)
  }
  const unselect = () => {
    setSelection(noBaskets)
    setIsBulk(false)
    setNote(null)
  }
  const review = () => {
    if (selection.size > 0 && mayDecide) setIsBulk(true)
    else open(Math.max(active, 0), true)
  }
  const focusRows = useCallbackRef(() => {
    rows.scroller.current?.focus()
    if (active < 0 && count > 0) activate(0)
  })
  /** The next basket takes the place of one that is done, so one can go on. */
  const afterReview = (reviewed: boolean) => {
    if (!reviewed || view.filters.reviewed !== 'no') return
    const next = baskets.at(active + 1) ?? baskets.at(active - 1)
    setNote('Reviewed. The next basket is open.')
    takesFocus.current = true
    if (next === undefined) return close()
    setActiveKey({ storeId: next.row.storeId, id: next.row.id })
    show({ storeId: next.row.storeId, id: next.row.id })
  }

  useCommands([
    {
      id: 'abandoned.search',
      group: GROUP,
      text: 'Search the baskets',
      keys: '/',
      icon: IconSearch,
      run: () => searchField.current?.select(),
    },
    {
      id: 'abandoned.review',
      group: GROUP,
      text: 'Review the basket, or all selected ones',
      keys: 'r',
      icon: IconChecklist,
      run: review,
    },
    {
      id: 'abandoned.all',
      group: GROUP,
      text: 'Select all under the filters',
      keys: 'mod+a',
      run: () => void selectAll(),
    },
    {
      id: 'abandoned.reason',
      group: GROUP,
      text: 'Filter by what happened',
      keys: 'f',
      run: () => setOpenMenu('reason'),
    },
    { id: 'abandoned.shift', group: GROUP, text: 'Filter by shift', run: () => setOpenMenu('shift') },
    { id: 'abandoned.value', group: GROUP, text: 'Filter by value', run: () => setOpenMenu('value') },
    {
      id: 'abandoned.clear',
      group: GROUP,
      text: 'Clear all filters',
      keys: 'shift+f',
      run: () => change(defaultFilters),
    },
    { id: 'abandoned.rows', group: GROUP, text: 'Go to the rows', keys: 'g', run: focusRows },
    { id: 'abandoned.move', group: 'Rows of the baskets', text: 'Move', keys: 'arrowup arrowdown' },
    { id: 'abandoned.open', group: 'Rows of the baskets', text: 'Open the basket', keys: 'enter' },
    { id: 'abandoned.select', group: 'Rows of the baskets', text: 'Select or unselect', keys: 'space' },
    {
      id: 'abandoned.extend',
      group: 'Rows of the baskets',
      text: 'Select on the way',
      keys: 'shift+arrowup shift+arrowdown',
    },
  ])
  useEffect(focusRows, [focusRows])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || count === 0 || isOutdated) return
    const chord = chordOf(event.nativeEvent)
    const moves: Partial<Record<string, number>> = {
      arrowdown: active + 1,
      arrowup: active - 1,
      pagedown: active + rows.pageful - 1,
      pageup: active - rows.pageful + 1,
      home: 0,
      end: count - 1,
    }
    const to = moves[chord.replace('shift+', '')]
    const act: Partial<Record<string, () => void>> = {
      enter: () => open(Math.max(active, 0), true),
      space: () => toggle(Math.max(active, 0)),
      escape: () => (selection.size > 0 ? unselect() : view.open !== null && close()),
    }
    if (to !== undefined) move(to, chord.startsWith('shift+'))
    else if (act[chord] !== undefined) act[chord]()
    else return
    event.preventDefault()
  }
  const onClick = (event: MouseEvent) => {
    const element = event.target instanceof Element ? event.target.closest('[data-index]') : null
    if (!(element instanceof HTMLElement) || isOutdated) return
    const index = Number(element.dataset.index)
    const isMark = event.target instanceof Element && event.target.closest('[data-mark]') !== null
    if (event.shiftKey) move(index, true)
    else if (isMark || event.ctrlKey || event.metaKey) {
      activate(index)
      toggle(index)
    } else open(index, false)
  }

  const storeOf = useMemo(() => new Map(stores.map((store) => [store.id, store])), [stores])
  const drawn = Array.from({ length: Math.max(0, rows.end - rows.first) }, (_, at) => rows.first + at)
  const hasPanel = isBulk || view.open !== null
  return (
    <div className={classes.page} data-testid="abandoned">
      <VisuallyHidden component="h1">Abandoned baskets</VisuallyHidden>
      <AbandonedTabs>
        {mayDecide && selection.size > 0 && !isBulk && (
          <Button leftSection={<IconChecklist size={15} />} onClick={review}>
            Review {counted(selection.size, 'basket')}
          </Button>
        )}
      </AbandonedTabs>
      <AbandonedFilterBar
        filters={view.filters}
        scope={scope}
        page={page}
        open={openMenu}
        onOpen={setOpenMenu}
        onChange={change}
        searchField={searchField}
        onLeaveSearch={focusRows}
      />
      <SearchProblems problems={problems} onRemove={() => go(withoutAbandonedProblems(search))} />
      <div className={classes.columnsOfPage} data-panel={hasPanel || undefined}>
        <div className={classes.list}>
          <div
            ref={rows.scroller}
            className={classes.grid}
            role="grid"
            aria-label="Abandoned baskets"
            aria-rowcount={count + 1}
            aria-colcount={5}
            aria-multiselectable
            aria-busy={page === undefined || isOutdated}
            aria-activedescendant={baskets.at(active) === undefined ? undefined : `basket-row-${active}`}
            tabIndex={0}
            onScroll={rows.onScroll}
            onKeyDown={onKeyDown}
            onClick={onClick}
            onMouseDown={(event) => event.shiftKey && event.preventDefault()}
          >
            <div style={{ height: rows.height }} className={classes.sizer} role="presentation">
              <Header sort={view.sort} descending={view.descending} onSort={sortBy} />
              <div role="presentation" className={classes.layer} data-outdated={isOutdated || undefined}>
                {drawn.map((index) => {
                  const basket = baskets.at(index)
                  return basket === undefined ? (
                    <div
                      key={index}
                      role="presentation"
                      className={classes.skeleton}
                      style={{ transform: `translateY(${index * ROW_HEIGHT}px)` }}
                    />
                  ) : (
                    <BasketRow
                      key={index}
                      basket={basket}
                      index={index}
                      isActive={index === active}
                      isSelected={selection.has(basketKey(basket.row))}
                      isOpen={!isBulk && view.open?.id === basket.row.id && view.open.storeId === basket.row.storeId}
                      store={storeOf.get(basket.row.storeId)}
                      namesStore={scope.stores.length > 1}
                      nowMs={nowMs}
                    />
                  )
                })}
              </div>
            </div>
          </div>
          <Nothing baskets={baskets} filters={view.filters} onChange={change} />
        </div>
        {isBulk && (
          <BulkReview
            selection={selection}
            onSaved={(saved) => {
              const left = withoutBaskets(selection, saved)
              setSelection(left)
              setNote(`${counted(saved.length, 'basket')} reviewed.`)
              if (left.size === 0) {
                setIsBulk(false)
                rows.scroller.current?.focus()
              }
            }}
            onClose={close}
          />
        )}
        {!isBulk && view.open !== null && (
          <BasketPanel
            key={basketKey(view.open)}
            storeId={view.open.storeId}
            sessionId={view.open.id}
            takesFocus={takesFocus.current}
            onSaved={afterReview}
            onClose={close}
          />
        )}
      </div>
      <Foot page={isOutdated ? undefined : page} selected={selection.size} note={note} onClear={unselect} />
    </div>
  )
}

const columns: readonly { sort: AbandonedSort; text: string; right?: true }[] = [
  { sort: 'leftAt', text: 'Left' },
  { sort: 'obstacle', text: 'What happened last' },
  { sort: 'quantity', text: 'Goods', right: true },
  { sort: 'total', text: 'Value', right: true },
]

interface HeaderProps {
  sort: AbandonedSort
  descending: boolean
  onSort: (sort: AbandonedSort) => void
}

function Header({ sort, descending, onSort }: HeaderProps) {
  const Direction = descending ? IconArrowDown : IconArrowUp
  return (
    <div className={`${classes.columns} ${classes.header}`} role="row" aria-rowindex={1}>
      <div role="columnheader" aria-label="Selected" />
      {columns.map(({ sort: column, text, right }) => (
        <div
          key={column}
          role="columnheader"
          data-right={right}
          aria-sort={column === sort ? (descending ? 'descending' : 'ascending') : 'none'}
        >
          <button
            type="button"
            tabIndex={-1}
            className={classes.sorter}
            data-sorted={column === sort || undefined}
            onClick={() => onSort(column)}
          >
            {text}
            {column === sort && <Direction size={13} aria-hidden />}
          </button>
        </div>
      ))}
    </div>
  )
}

interface NothingProps {
  baskets: Baskets
  filters: AbandonedFilters
  onChange: (change: Partial<AbandonedFilters>) => void
}

/** Why there are no rows, and what can be done about it. */
function Nothing({ baskets: { page, isFailed }, filters, onChange }: NothingProps) {
  if (isFailed)
    return (
      <div className={classes.over}>
        <Blank icon={IconDatabaseOff} title="The baskets could not be read">
          <p>The console’s storage did not answer. It is asked again with the next change.</p>
        </Blank>
      </div>
    )
  if (page !== undefined && page.count > 0) return null
  if (page === undefined || !page.complete)
    return (
      <div className={classes.over}>
        <div className={classes.waiting} role="status">
          <Loader size="sm" aria-hidden /> Reading the baskets…
        </div>
      </div>
    )
  if (isNarrowed(filters))
    return (
      <div className={classes.over}>
        <Blank icon={IconFilterOff} title="No basket matches">
          <div>
            <Button variant="default" onClick={() => onChange({ ...defaultFilters, left: filters.left })}>
              Clear the filters
            </Button>
          </div>
        </Blank>
      </div>
    )
  return (
    <div className={classes.over}>
      <Blank icon={IconBasketOff} title="No basket waits for a review">
        {filters.left !== 'all' && (
          <div>
            <Button variant="default" onClick={() => onChange({ left: 'all' })}>
              Look at any time
            </Button>
          </div>
        )}
      </Blank>
    </div>
  )
}

interface FootProps {
  page: Answer | undefined
  selected: number
  note: string | null
  onClear: () => void
}

/** How many baskets, what they were worth, and what this PC cannot tell. */
function Foot({ page, selected, note, onClear }: FootProps) {
  const reading = useDataStatus((status) => status.reading)
  return (
    <footer className={classes.foot}>
      <output data-testid="baskets-count">
        {page === undefined ? (
          '…'
        ) : (
          <>
            <strong>{counted(page.count, 'basket')}</strong> · {counted(page.totals.quantity, 'piece')}
            {page.totals.byCurrency.map(({ currency, total }) => ` · ${formatMoney(total, currency)}`)}
          </>
        )}
      </output>
      {page !== undefined && !page.complete && (
        <Toned tone="warn" icon={IconHistory}>
          so far: this PC still reads its history
          {reading !== null && ` (${reading.daysDone} of ${counted(reading.daysTotal, 'day')})`}
        </Toned>
      )}
      {page !== undefined && page.withoutDetails > 0 && (
        <Toned tone="warn">{counted(page.withoutDetails, 'basket')} without details on this PC</Toned>
      )}
      {note !== null && <span role="status">{note}</span>}
      {selected > 0 && (
        <span className={classes.selected} data-testid="selection">
          <strong>{counted(selected, 'selected', 'selected')}</strong>
          <button type="button" onClick={onClear}>
            Clear <kbd aria-hidden>Esc</kbd>
          </button>
        </span>
      )}
    </footer>
  )
}
