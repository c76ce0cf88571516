/** Which columns the list shows, in which order and how wide: with the mouse and with the keyboard. */
import { ActionIcon, Checkbox, Popover, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconColumns3, IconGripVertical } from '@tabler/icons-react'
import { type KeyboardEvent, memo, useState } from 'react'
import {
  type ColumnLayout,
  clampWidth,
  defaultLayout,
  isSameLayout,
  isShown,
  moveColumn,
  moveColumnBy,
  orderedColumns,
} from '../../ui/column-layout.ts'
import { useMaySeeEmployees } from '../../ui/data-context.ts'
import { isOpenColumn, type SessionColumnId, sessionColumn } from '../../ui/session-columns.ts'
import classes from './columns.module.css'

/** Pixels per press of a key. */
const WIDTH_STEP = 8

interface ColumnsMenuProps {
  layout: ColumnLayout
  onLayout: (layout: ColumnLayout) => void
  isOpen: boolean
  onOpen: (isOpen: boolean) => void
}

export const ColumnsMenu = memo(function ColumnsMenu({ layout, onLayout, isOpen, onOpen }: ColumnsMenuProps) {
  return (
    <Popover
      opened={isOpen}
      onChange={onOpen}
      position="bottom-end"
      width={330}
      trapFocus
      returnFocus
      transitionProps={{ duration: 0 }}
    >
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={28}
          aria-label="Columns"
          title="Columns (c)"
          onClick={() => onOpen(!isOpen)}
        >
          <IconColumns3 size={17} stroke={1.7} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label="Columns">
        <ColumnList layout={layout} onLayout={onLayout} />
        <div className={classes.foot}>
          <p>
            On a column: <kbd>Alt</kbd> <kbd>↑</kbd> <kbd>↓</kbd> move, <kbd>Alt</kbd> <kbd>←</kbd> <kbd>→</kbd> size
          </p>
          <UnstyledButton
            className={classes.reset}
            disabled={isSameLayout(layout, defaultLayout)}
            onClick={() => onLayout(defaultLayout)}
          >
            Reset
          </UnstyledButton>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
})

function ColumnList({ layout, onLayout }: Pick<ColumnsMenuProps, 'layout' | 'onLayout'>) {
  const [dragged, setDragged] = useState<SessionColumnId | null>(null)
  const maySeeEmployees = useMaySeeEmployees()
  const ids = orderedColumns(layout).filter((id) => isOpenColumn(id, maySeeEmployees))
  const widthOf = (id: SessionColumnId) => layout.columnSizing[id] ?? sessionColumn(id).width
  const size = (id: SessionColumnId, step: number) =>
    onLayout({ ...layout, columnSizing: { ...layout.columnSizing, [id]: clampWidth(widthOf(id) + step) } })
  const onKeyDown = (id: SessionColumnId) => (event: KeyboardEvent) => {
    if (!event.altKey) return
    const acts: Partial<Record<string, () => void>> = {
      ArrowUp: () => onLayout(moveColumnBy(layout, ids, id, -1)),
      ArrowDown: () => onLayout(moveColumnBy(layout, ids, id, 1)),
      ArrowLeft: () => size(id, -WIDTH_STEP),
      ArrowRight: () => size(id, WIDTH_STEP),
    }
    const act = acts[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  }
  return (
    <ul className={classes.columns}>
      {ids.map((id, index) => {
        const { title } = sessionColumn(id)
        const isOn = isShown(layout, id)
        return (
          <li
            key={id}
            draggable
            data-dragged={dragged === id || undefined}
            onDragStart={(event) => {
              event.dataTransfer.setData('text/plain', id)
              setDragged(id)
            }}
            onDragOver={(event) => {
              event.preventDefault()
              if (dragged !== null && dragged !== id) onLayout(moveColumn(layout, dragged, id))
            }}
            onDragEnd={() => setDragged(null)}
          >
            <IconGripVertical size={14} className={classes.grip} aria-hidden />
            <Checkbox
              size="xs"
              label={title}
              checked={isOn}
              onKeyDown={onKeyDown(id)}
              onChange={() => onLayout({ ...layout, columnVisibility: { ...layout.columnVisibility, [id]: !isOn } })}
            />
            <span className={classes.width}>{isOn ? `${widthOf(id)} px` : ''}</span>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={20}
              tabIndex={-1}
              aria-label={`Move ${title} up`}
              disabled={index === 0}
              onClick={() => onLayout(moveColumnBy(layout, ids, id, -1))}
            >
              <IconArrowUp size={13} />
            </ActionIcon>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={20}
              tabIndex={-1}
              aria-label={`Move ${title} down`}
              disabled={index === ids.length - 1}
              onClick={() => onLayout(moveColumnBy(layout, ids, id, 1))}
            >
              <IconArrowDown size={13} />
            </ActionIcon>
          </li>
        )
      })}
    </ul>
  )
}
