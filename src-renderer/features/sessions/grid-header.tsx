// biome-ignore-all lint/a11y/useSemanticElements: the rows under it are positioned, which table elements cannot be
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus; a column's own button sorts
/** The head of the list: a click sorts, dragging a title moves its column, dragging its edge sizes it. */
import { IconArrowNarrowDown, IconArrowNarrowUp } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import type { SessionSort } from '../../data/data-api.ts'
import { type ColumnLayout, moveColumn } from '../../ui/column-layout.ts'
import { isSessionColumn, sessionColumn } from '../../ui/session-columns.ts'
import classes from './sessions.module.css'
import type { useColumnTable } from './use-column-table.ts'

interface GridHeaderProps {
  headers: ReturnType<typeof useColumnTable>['headers']
  layout: ColumnLayout
  sort: SessionSort
  descending: boolean
  onLayout: (layout: ColumnLayout) => void
  onSort: (sort: SessionSort) => void
  /** The box that selects all. */
  mark: ReactNode
}

export function GridHeader({ headers, layout, sort, descending, onLayout, onSort, mark }: GridHeaderProps) {
  const [dragged, setDragged] = useState<string | null>(null)
  const [over, setOver] = useState<string | null>(null)
  const drop = (to: string) => {
    if (dragged !== null) onLayout(moveColumn(layout, dragged, to))
  }
  const end = () => {
    setDragged(null)
    setOver(null)
  }
  return (
    <div role="row" aria-rowindex={1} className={`${classes.columns} ${classes.header}`}>
      <div role="columnheader" className={classes.mark} aria-label="Selection">
        {mark}
      </div>
      {headers.map((header) => {
        const { id } = header.column
        if (!isSessionColumn(id)) return null
        const column = sessionColumn(id)
        const isSorted = column.sort === sort
        const Arrow = descending ? IconArrowNarrowDown : IconArrowNarrowUp
        return (
          <div
            key={id}
            role="columnheader"
            data-right={column.right || undefined}
            data-over={(over === id && dragged !== id) || undefined}
            aria-sort={isSorted ? (descending ? 'descending' : 'ascending') : undefined}
            draggable={!header.column.getIsResizing()}
            onDragStart={(event) => {
              event.dataTransfer.setData('text/plain', id)
              setDragged(id)
            }}
            onDragOver={(event) => {
              if (dragged === null) return
              event.preventDefault()
              setOver(id)
            }}
            onDrop={(event) => {
              event.preventDefault()
              drop(id)
            }}
            onDragEnd={end}
          >
            {column.sort === undefined ? (
              <span className={classes.cut}>{column.title}</span>
            ) : (
              <button
                type="button"
                tabIndex={-1}
                title={column.title}
                onClick={() => column.sort && onSort(column.sort)}
              >
                <span className={classes.cut}>{column.title}</span>
                {isSorted && <Arrow size={14} aria-hidden />}
              </button>
            )}
            <span
              aria-hidden
              className={classes.edge}
              data-sizing={header.column.getIsResizing() || undefined}
              draggable
              // The edge is drawn along, not picked up.
              onDragStart={(event) => {
                event.preventDefault()
                event.stopPropagation()
              }}
              onMouseDown={header.getResizeHandler()}
              onTouchStart={header.getResizeHandler()}
              onClick={(event) => event.stopPropagation()}
              onDoubleClick={() => {
                const { [id]: _removed, ...columnSizing } = layout.columnSizing
                onLayout({ ...layout, columnSizing })
              }}
            />
          </div>
        )
      })}
    </div>
  )
}
