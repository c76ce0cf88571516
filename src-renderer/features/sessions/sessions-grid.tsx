// biome-ignore-all lint/a11y/useSemanticElements: rows are virtual and positioned, which table elements cannot be
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
/** The rows of the list as a grid: virtual, with one active row that the keyboard moves. */
import { Checkbox } from '@mantine/core'
import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useMemo,
  useState,
} from 'react'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { SessionSort } from '../../data/data-api.ts'
import type { ColumnLayout } from '../../ui/column-layout.ts'
import { chordOf } from '../../ui/shortcuts.ts'
import { GridHeader } from './grid-header.tsx'
import type { ShownRows } from './held-rows.ts'
import { isEmpty, isSelected, type Selection } from './list-selection.ts'
import { SessionRow } from './session-row.tsx'
import classes from './sessions.module.css'
import { useColumnTable } from './use-column-table.ts'
import { HEADER_HEIGHT, type ListScroll, ROW_HEIGHT } from './use-list-scroll.ts'

/** Rows lie in a layer that starts at a multiple of this: no number gets so large that pixels are lost. */
const LAYER_ROWS = 1_000
/** Room for the checkbox, gaps and edges, pixels; see the stylesheet. */
const MARK_WIDTH = 28
const COLUMN_GAP = 10
const EDGES = 16
/**
 * Answers come within a frame or two: what is outdated for longer must not look like the answer. A fade in the stylesheet
 * would make a layer of its own of the rows with every key, and draw all of them for it.
 */
const LATE_MS = 100

interface SessionsGridProps {
  shown: ShownRows<SessionSummary> | null
  isOutdated: boolean
  scroll: ListScroll
  /** Place of the active row; -1 without one. */
  active: number
  selection: Selection
  stores: readonly StoreSettings[]
  nowMs: number
  exactTimes: boolean
  layout: ColumnLayout
  sort: SessionSort
  descending: boolean
  onLayout: (layout: ColumnLayout) => void
  onSort: (sort: SessionSort) => void
  onOpen: (row: SessionSummary) => void
  /** Makes a row active; `extend` also selects all from the last one selected to it. */
  onActive: (index: number, extend: boolean) => void
  onToggle: (row: SessionSummary, index: number) => void
  onSelectAll: () => void
  onEscape: () => void
  /** Whether the pointer or the focus is with the rows. */
  onReading: (reading: 'pointer' | 'focus', isReading: boolean) => void
  /** What lies over the rows: empty and loading states. */
  children: ReactNode
}

export function SessionsGrid(props: SessionsGridProps) {
  const { shown, isOutdated, scroll, active, selection, stores, nowMs, exactTimes } = props
  const { headers, columns, template, width } = useColumnTable(props.layout, props.onLayout)
  const count = shown?.count ?? 0
  const rowAt = (index: number) => shown?.rows[index - shown.offset]
  const storeOf = useMemo(() => new Map(stores.map((store) => [store.id, store])), [stores])

  const isLate = useLasting(isOutdated, LATE_MS)

  const onKeyDown = keysOf(props)
  const onClick = (event: MouseEvent) => {
    const at = placeOf(event)
    const row = at === null ? undefined : rowAt(at)?.row
    if (at === null || row === undefined || isOutdated) return
    const isMark = event.target instanceof Element && event.target.closest('[data-mark]') !== null
    props.onActive(at, event.shiftKey)
    if (event.shiftKey) return
    if (isMark || event.ctrlKey || event.metaKey) props.onToggle(row, at)
    else props.onOpen(row)
  }

  const layerStart = Math.floor(scroll.first / LAYER_ROWS) * LAYER_ROWS
  const drawn = Array.from({ length: Math.max(0, scroll.last - scroll.first + 1) }, (_, at) => scroll.first + at)
  const style = { '--list-columns': template, height: scroll.height } as CSSProperties
  const minWidth = width + MARK_WIDTH + COLUMN_GAP * columns.length + EDGES
  return (
    <div className={classes.list}>
      <div
        ref={scroll.scroller}
        className={classes.grid}
        role="grid"
        aria-label="Sessions"
        aria-rowcount={count + 1}
        aria-colcount={columns.length + 1}
        aria-multiselectable
        aria-busy={isOutdated || shown === null}
        aria-activedescendant={rowAt(active) === undefined ? undefined : `session-row-${active}`}
        tabIndex={0}
        onScroll={scroll.onScroll}
        onKeyDown={onKeyDown}
        onClick={onClick}
        // Shift and a click would select text between two rows.
        onMouseDown={(event) => event.shiftKey && event.preventDefault()}
        onPointerEnter={() => props.onReading('pointer', true)}
        onPointerLeave={() => props.onReading('pointer', false)}
        onFocus={() => props.onReading('focus', true)}
        onBlur={() => props.onReading('focus', false)}
      >
        <div style={{ ...style, minWidth }} className={classes.sizer} role="presentation">
          <GridHeader
            headers={headers}
            layout={props.layout}
            sort={props.sort}
            descending={props.descending}
            onLayout={props.onLayout}
            onSort={props.onSort}
            mark={
              <Checkbox
                size="xs"
                aria-label="Select all under these filters"
                checked={selection.all}
                indeterminate={!selection.all && !isEmpty(selection)}
                disabled={count === 0}
                onChange={() => (isEmpty(selection) ? props.onSelectAll() : props.onEscape())}
              />
            }
          />
          <div
            role="presentation"
            className={classes.layer}
            data-outdated={isLate || undefined}
            style={{ transform: `translateY(${HEADER_HEIGHT + layerStart * ROW_HEIGHT - scroll.ahead}px)` }}
          >
            {drawn.map((index) => {
              const top = (index - layerStart) * ROW_HEIGHT
              const at = rowAt(index)
              return at === undefined ? (
                <div
                  key={index % scroll.slots}
                  role="presentation"
                  className={classes.skeleton}
                  style={{ transform: `translateY(${top}px)` }}
                />
              ) : (
                <SessionRow
                  // By its slot: what is in the document is written over, which is far quicker than made anew.
                  key={index % scroll.slots}
                  row={at.row}
                  index={index}
                  top={top}
                  columns={columns}
                  isActive={index === active}
                  isSelected={isSelected(selection, at.key)}
                  isGone={at.gone}
                  store={storeOf.get(at.row.storeId)}
                  nowMs={nowMs}
                  exactTimes={exactTimes}
                />
              )
            })}
          </div>
        </div>
      </div>
      {props.children}
    </div>
  )
}

/** True once `is` has been true for so long, milliseconds. */
function useLasting(is: boolean, ms: number): boolean {
  const [lasts, setLasts] = useState(false)
  useEffect(() => {
    if (!is) return
    const timer = setTimeout(() => setLasts(true), ms)
    return () => {
      clearTimeout(timer)
      setLasts(false)
    }
  }, [is, ms])
  return is && lasts
}

function placeOf(event: MouseEvent): number | null {
  const row = event.target instanceof Element ? event.target.closest('[data-index]') : null
  return row instanceof HTMLElement ? Number(row.dataset.index) : null
}

/** Keys of the grid; those that work without its focus are registered by the page. */
function keysOf(props: SessionsGridProps) {
  const { shown, scroll, active, isOutdated, onActive, onToggle, onOpen, onSelectAll, onEscape } = props
  return (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || shown === null || shown.count === 0 || isOutdated) return
    const row = shown.rows[active - shown.offset]?.row
    // Without an active row the keys start at the first one that is seen.
    const from = active >= 0 ? active : Math.ceil(scroll.position() / ROW_HEIGHT) - 1
    const pageful = Math.max(1, scroll.pageful - 1)
    const chord = chordOf(event.nativeEvent)
    const moves: Partial<Record<string, number>> = {
      arrowdown: from + 1,
      arrowup: from - 1,
      pagedown: from + pageful,
      pageup: from - pageful,
      home: 0,
      end: shown.count - 1,
    }
    const to = moves[chord.replace('shift+', '')]
    const act: Partial<Record<string, () => void>> = {
      enter: () => row && onOpen(row),
      space: () => row && onToggle(row, active),
      'mod+a': onSelectAll,
      escape: onEscape,
    }
    if (to !== undefined) onActive(Math.min(Math.max(to, 0), shown.count - 1), chord.startsWith('shift+'))
    else if (act[chord] !== undefined) act[chord]()
    else return
    event.preventDefault()
  }
}
