/** What each column of the list shows of a session. */
import { IconCheck, IconStarFilled } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { CheckSummary } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { Activity } from '#shared/session/activity.ts'
import { runningTotalMs } from '#shared/session/activity.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { formatExact, formatShort, formatSpan, formatTimer } from '../../ui/format-time.ts'
import {
  activityLabels,
  checkLabels,
  clientLabel,
  endReasonLabels,
  methodLabel,
  obstacleLabel,
  progressLabel,
  stateLabels,
} from '../../ui/labels.ts'
import { ProgressMeter, RelativeTime, Toned } from '../../ui/parts.tsx'
import type { SessionColumnId } from '../../ui/session-columns.ts'
import { useNow } from '../../ui/use-now.ts'
import classes from './sessions.module.css'

/** What a cell needs beyond its row. */
export interface CellContext {
  store: StoreSettings | undefined
  /** IANA zone of the store. */
  zone: string
  activity: Activity
  /** UTC milliseconds, server time, at which the row was taken. */
  nowMs: number
  exactTimes: boolean
}

type Cell = (row: SessionSummary, context: CellContext) => ReactNode

const none = <span className={classes.none}>–</span>
const cut = (text: string) => (
  <span className={classes.cut} title={text}>
    {text}
  </span>
)

const progress = (step: string) => (
  <>
    <ProgressMeter progress={step} />
    {cut(progressLabel(step).text)}
  </>
)

const instant = (at: number | null, { zone, nowMs, exactTimes }: CellContext): ReactNode => {
  if (at === null) return none
  if (!exactTimes) return <RelativeTime at={at} zone={zone} />
  return (
    <time dateTime={new Date(at).toISOString()} title={formatExact(at, zone)}>
      {formatShort(at, zone, nowMs)}
    </time>
  )
}
/** Starts and ends are read as times of the day, whatever the list shows of last activity. */
const shortInstant = (at: number | null, context: CellContext) => instant(at, { ...context, exactTimes: true })

export const cells: Record<SessionColumnId, Cell> = {
  activity: (_row, { activity }) => {
    const { icon: ActivityIcon, text, tone } = activityLabels[activity]
    return (
      <span className={classes.activity} data-tone={tone} title={text}>
        <ActivityIcon size={16} stroke={activity === 'ended' ? 1.5 : 2} aria-hidden />
        <span>{activity === 'paid_not_exited' ? 'Paid' : text}</span>
      </span>
    )
  },
  lastActivityAt: (row, context) => instant(row.lastActivityAt, context),
  startedAt: (row, context) => shortInstant(row.startedAt, context),
  endedAt: (row, context) => shortInstant(row.endedAt, context),
  duration: (row) =>
    row.endedAt === null ? <Running finishedMs={0} since={row.startedAt} /> : formatSpan(row.endedAt - row.startedAt),
  client: (row) => {
    const client = clientLabel(row.client)
    return (
      <>
        <client.icon size={16} stroke={1.6} className={classes.cellIcon} aria-hidden />
        {cut(client.text)}
      </>
    )
  },
  quantity: (row) => row.quantity,
  total: (row) => <span className={classes.value}>{formatMoney(row.total, row.currency)}</span>,
  currency: (row) => row.currency,
  storeId: (row, { store }) => (
    <span className={classes.cut} title={`${store?.name ?? row.storeId} (${row.storeId})`}>
      {store?.name ?? row.storeId}
    </span>
  ),
  progress: (row) => progress(row.progress),
  state: (row) => {
    const { text, tone } = stateLabels[row.state]
    return <Toned tone={tone}>{text}</Toned>
  },
  spotCheck: (row) => <Check kind="Spot check" status={row.spotCheck} />,
  ageVerification: (row) => <Check kind="Age check" status={row.ageVerification} />,
  waitingMs: (row) => total(row, row.waitingMs, row.waitingSince),
  interactionMs: (row) => total(row, row.interactionMs, row.interactingSince),
  transactions: (row) => (row.transactions === 0 ? none : row.transactions),
  rating: (row) =>
    row.rating === null ? (
      none
    ) : (
      <span className={classes.rating} title={`${row.rating} of 5 stars`}>
        {row.rating}
        <IconStarFilled size={12} className={classes.star} aria-hidden />
      </span>
    ),
  reviewed: (row) =>
    row.reviewed ? (
      <IconCheck size={16} stroke={2} role="img" aria-label="Reviewed" className={classes.cellIcon} />
    ) : (
      none
    ),
  endReason: (row) => (row.endReason === null ? none : cut(endReasonLabels[row.endReason])),
  furthestStep: (row) => (row.furthestStep === null ? none : progress(row.furthestStep)),
  obstacle: (row) => (row.obstacle === null ? none : cut(obstacleLabel(row.obstacle))),
  checkMethod: (row) => (row.checkMethod === null ? none : cut(methodLabel(row.checkMethod))),
  checkedBy: (row) => (row.checkedBy === null ? none : cut(row.checkedBy)),
  differences: (row) => row.differences ?? none,
  customerId: (row) => (row.customerId === null ? none : cut(row.customerId)),
  id: (row) => (
    <span className={`${classes.cut} ${classes.quiet}`} title={row.id}>
      {row.id}
    </span>
  ),
}

/** A check's outcome; nothing where none was required. */
function Check({ kind, status }: { kind: string; status: CheckSummary }) {
  if (status === 'not_required') return null
  const { text, icon: StatusIcon, tone } = checkLabels[status]
  return (
    <span className={classes.check} data-tone={tone} title={`${kind}: ${text.toLowerCase()}`}>
      <StatusIcon size={16} stroke={1.8} aria-hidden />
      <span>{text}</span>
    </span>
  )
}

/** Waiting or interaction; where no check was required there was nothing to wait for. */
function total(row: SessionSummary, finishedMs: number, since: number | null): ReactNode {
  if (since !== null)
    return (
      <strong className={classes.running}>
        <Running finishedMs={finishedMs} since={since} timer />
      </strong>
    )
  const isRequired = row.spotCheck !== 'not_required' || row.ageVerification !== 'not_required'
  return isRequired || finishedMs > 0 ? formatTimer(finishedMs) : null
}

function Running({ finishedMs, since, timer = false }: { finishedMs: number; since: number; timer?: boolean }) {
  const now = useNow(timer ? 1_000 : 10_000)
  const ms = runningTotalMs(finishedMs, since, now)
  return timer ? formatTimer(ms) : formatSpan(ms)
}
