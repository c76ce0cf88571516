// biome-ignore-all lint/a11y/useSemanticElements: rows are virtual and positioned, which table elements cannot be
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
/** One row of the sessions list. */
import { type Icon, IconId, IconShieldCheck } from '@tabler/icons-react'
import { memo } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { CheckSummary } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { formatExact, formatShort, formatTimer } from '../../ui/format-time.ts'
import { activityLabels, activityOf, checkLabels, clientLabel, progressLabel, stateLabels } from '../../ui/labels.ts'
import { ProgressMeter, RelativeTime, Toned } from '../../ui/parts.tsx'
import { useNow } from '../../ui/use-now.ts'
import classes from './sessions.module.css'

interface SessionRowProps {
  row: SessionSummary
  index: number
  top: number
  active: boolean
  store: StoreSettings | undefined
  /** Instant at which activity is derived. */
  nowMs: number
  onOpen: (row: SessionSummary) => void
  onActivate: () => void
}

const DEFAULT_STALE_MINUTES = 30

/** Dense and of fixed height; a click opens the session. */
export const SessionRow = memo(function SessionRow(props: SessionRowProps) {
  const { row, index, top, active, store, nowMs, onOpen, onActivate } = props
  const zone = store?.timezone ?? 'UTC'
  const activity = activityOf(row, nowMs, store?.staleAfterMinutes ?? DEFAULT_STALE_MINUTES)
  const { icon: ActivityIcon, text: activityText, tone } = activityLabels[activity]
  const client = clientLabel(row.client)
  const state = stateLabels[row.state]
  const progress = progressLabel(row.progress)
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys of its active row
    <div
      id={`session-row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={active}
      data-testid="session-row"
      data-session-id={row.id}
      data-activity={activity}
      className={`${classes.columns} ${classes.row}`}
      style={{ transform: `translateY(${top}px)` }}
      onMouseDown={onActivate}
      onClick={() => onOpen(row)}
    >
      <div role="gridcell">
        <span className={classes.activity} data-tone={tone}>
          <ActivityIcon
            size={17}
            stroke={activity === 'ended' ? 1.5 : 2}
            role="img"
            aria-label={activityText}
            title={activityText}
          />
        </span>
        <RelativeTime at={row.lastActivityAt} zone={zone} />
      </div>
      <div role="gridcell" title={formatExact(row.startedAt, zone)} className={classes.quiet}>
        {formatShort(row.startedAt, zone, nowMs)}
      </div>
      <div role="gridcell">
        <client.icon size={16} stroke={1.6} className={classes.cellIcon} aria-hidden />
        <span className={classes.cut}>{client.text}</span>
      </div>
      <div role="gridcell" data-right>
        {row.quantity}
      </div>
      <div role="gridcell" data-right className={classes.value}>
        {formatMoney(row.total, row.currency)}
      </div>
      <div role="gridcell" title={`${store?.name ?? row.storeId} (${row.storeId})`}>
        <span className={classes.cut}>{store?.name ?? row.storeId}</span>
      </div>
      <div role="gridcell">
        <ProgressMeter progress={row.progress} />
        <span className={classes.cut} title={progress.text}>
          {progress.text}
        </span>
      </div>
      <div role="gridcell">
        <Toned tone={state.tone}>{state.text}</Toned>
      </div>
      <div role="gridcell" className={classes.checks}>
        <CheckMark kind="Spot check" icon={IconShieldCheck} status={row.spotCheck} />
        <CheckMark kind="Age verification" icon={IconId} status={row.ageVerification} />
      </div>
      <div role="gridcell" data-right>
        <Waiting row={row} />
      </div>
      <div
        role="gridcell"
        className={classes.quiet}
        title={`Customer ${row.customerId ?? 'not known'}, session ${row.id}`}
      >
        <span className={classes.cut}>
          {row.customerId !== null && <span className={classes.customer}>{row.customerId} · </span>}
          {row.id}
        </span>
      </div>
    </div>
  )
})

/** Kind and status, each by its own shape; nothing where none was required. */
function CheckMark({ kind, icon: KindIcon, status }: { kind: string; icon: Icon; status: CheckSummary }) {
  if (status === 'not_required') return <span className={classes.noCheck} />
  const { text, icon: StatusIcon, tone } = checkLabels[status]
  const label = `${kind}: ${text.toLowerCase()}`
  return (
    <span className={classes.check} data-tone={tone} role="img" aria-label={label} title={label}>
      <KindIcon size={16} stroke={1.7} aria-hidden />
      <StatusIcon size={14} stroke={2.2} aria-hidden />
    </span>
  )
}

function Waiting({ row }: { row: SessionSummary }) {
  if (row.waitingSince !== null) return <RunningWait finishedMs={row.waitingMs} since={row.waitingSince} />
  const required = row.spotCheck !== 'not_required' || row.ageVerification !== 'not_required'
  return required ? formatTimer(row.waitingMs) : <span className={classes.none}>–</span>
}

function RunningWait({ finishedMs, since }: { finishedMs: number; since: number }) {
  const now = useNow()
  return <strong className={classes.running}>{formatTimer(finishedMs + Math.max(0, now - since))}</strong>
}
