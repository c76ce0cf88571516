/** How long somebody has waited, or how long a check is worked on; the only part of a card drawn again each second. */
import { IconAlertTriangle, IconBolt, IconHourglassEmpty, IconUserCheck } from '@tabler/icons-react'
import type { Verification } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { formatExact, formatTimer } from '../../ui/format-time.ts'
import { useNow } from '../../ui/use-now.ts'
import classes from './checks.module.css'

/** Colour is never alone: each level has its own mark and word. */
const icons = { calm: IconHourglassEmpty, slow: IconBolt, late: IconAlertTriangle, taken: IconUserCheck } as const

/** `over 30 s`, `over 2 min`. */
const over = (seconds: number): string => (seconds % 60 === 0 ? `over ${seconds / 60} min` : `over ${seconds} s`)

interface CheckTimerProps {
  verification: Verification
  store: StoreSettings | undefined
}

/** The two thresholds are the store's. */
export function CheckTimer({ verification, store }: CheckTimerProps) {
  const now = useNow()
  const { status, shownAt, acknowledgedAt, heldSince } = verification
  const zone = store?.timezone ?? 'UTC'
  const warnAfter = store?.checks.warnAfterSeconds ?? 30
  const alarmAfter = store?.checks.alarmAfterSeconds ?? 60
  const taken = status === 'in_progress'
  const ms = Math.max(0, now - Date.parse((taken ? heldSince : undefined) ?? shownAt))
  const level = taken ? 'taken' : ms >= alarmAfter * 1_000 ? 'late' : ms >= warnAfter * 1_000 ? 'slow' : 'calm'
  const LevelIcon = icons[level]
  const again = !taken && acknowledgedAt !== null
  const word = taken
    ? 'in progress'
    : level === 'calm' || again
      ? again
        ? 'waiting again'
        : 'waiting'
      : over(level === 'late' ? alarmAfter : warnAfter)
  const waited = acknowledgedAt === null ? null : Date.parse(acknowledgedAt) - Date.parse(shownAt)
  return (
    <div className={classes.timer} data-level={level} title={`Shown ${formatExact(Date.parse(shownAt), zone)}`}>
      <span className={classes.clock} role="timer" data-long={ms >= 3_600_000 || undefined}>
        {formatTimer(ms)}
      </span>
      <span className={classes.level}>
        <LevelIcon size={14} stroke={2.1} aria-hidden />
        {word}
      </span>
      {taken && waited !== null && <span className={classes.waited}>waited {formatTimer(waited)}</span>}
    </div>
  )
}
