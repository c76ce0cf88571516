// biome-ignore-all lint/a11y/useSemanticElements: rows are virtual and positioned, which table elements cannot be
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
/** One row of the sessions list. */
import { memo } from 'react'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { activityOf } from '../../ui/labels.ts'
import { type SessionColumnId, sessionColumn } from '../../ui/session-columns.ts'
import { cells } from './session-cells.tsx'
import classes from './sessions.module.css'

interface SessionRowProps {
  row: SessionSummary
  /** Place in the list. */
  index: number
  /** Pixels from the top of the rows' layer. */
  top: number
  columns: readonly SessionColumnId[]
  isActive: boolean
  isSelected: boolean
  /** True when the session is no longer known, and its row only holds the place. */
  isGone: boolean
  store: StoreSettings | undefined
  /** Instant at which activity is derived. */
  nowMs: number
  exactTimes: boolean
}

const DEFAULT_STALE_MINUTES = 30

/** Dense and of fixed height; the grid around it hears its clicks and keys. */
export const SessionRow = memo(function SessionRow(props: SessionRowProps) {
  const { row, index, top, columns, isActive, isSelected, isGone, store, nowMs, exactTimes } = props
  const activity = activityOf(row, nowMs, store?.staleAfterMinutes ?? DEFAULT_STALE_MINUTES)
  const context = { store, zone: store?.timezone ?? 'UTC', activity, nowMs, exactTimes }
  return (
    <div
      id={`session-row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-testid="session-row"
      data-session-id={row.id}
      data-index={index}
      data-activity={activity}
      data-active={isActive || undefined}
      data-gone={isGone || undefined}
      title={isGone ? 'This session is no longer there.' : undefined}
      className={`${classes.columns} ${classes.row}`}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div role="gridcell" className={classes.mark} data-mark aria-label={isSelected ? 'Selected' : 'Not selected'}>
        <span className={classes.box} aria-hidden />
      </div>
      {columns.map((id) => (
        <div key={id} role="gridcell" data-right={sessionColumn(id).right || undefined}>
          {cells[id](row, context)}
        </div>
      ))}
    </div>
  )
})
