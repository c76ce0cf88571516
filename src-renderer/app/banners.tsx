/** What every room must say: decisions that did not count, a full disk, data of a newer app, a long wait. */
import { Button } from '@mantine/core'
import { IconArrowsSplit2, IconClockExclamation, IconDatabaseExclamation, IconLock } from '@tabler/icons-react'
import { Link, useMatchRoute } from '@tanstack/react-router'
import { useState } from 'react'
import { useDataStatus } from '../ui/data-context.ts'
import { type ExportState, ExportUnsentButton } from '../ui/export-unsent.tsx'
import { counted } from '../ui/labels.ts'
import { useNow } from '../ui/use-now.ts'
import classes from './shell.module.css'

/** Decisions that wait longer than this may have to go another way. */
const LONG_WAIT_MS = 60 * 60_000

/** Superseded and refused decisions nobody has seen yet. */
export function ResultsBanner() {
  const unseen = useDataStatus((status) => status.unseenResults)
  const there = useMatchRoute()({ to: '/not-counted' }) !== false
  if (unseen === 0 || there) return null
  return (
    <div className={classes.banner} role="status" data-testid="results-banner">
      <IconArrowsSplit2 size={17} stroke={1.8} aria-hidden />
      <p>
        <strong>{counted(unseen, 'decision')} of yours did not count.</strong> Somebody was first, or it was no longer
        possible.
      </p>
      <Button variant="default" component={Link} to="/not-counted">
        Show
      </Button>
    </div>
  )
}

/** Pulls wait for room on the disk; deciding and sending go on. */
export function LowDiskBanner() {
  const lowDisk = useDataStatus((status) => status.lowDisk)
  if (!lowDisk) return null
  return (
    <div className={classes.banner} data-tone="bad" role="status" data-testid="low-disk-banner">
      <IconDatabaseExclamation size={17} stroke={1.8} aria-hidden />
      <p>
        <strong>Updates are paused: the disk of this PC is nearly full.</strong> Decisions are still saved and sent.
      </p>
      <DataSafetyLink />
    </div>
  )
}

/** An older app over the data of a newer one; also shown before the sign-in, since the file is all it can give. */
export function ReadOnlyBanner() {
  const { readOnly, unsent, unsentOfOthers } = useDataStatus()
  const [exported, setExported] = useState<ExportState>(null)
  if (!readOnly) return null
  const count = unsent + unsentOfOthers.reduce((sum, each) => sum + each.count, 0)
  return (
    <div className={classes.banner} data-tone="bad" role="status" data-testid="read-only-banner">
      <IconLock size={17} stroke={1.8} aria-hidden />
      <p>
        <strong>The data on this PC belongs to a newer Floorwalker and was opened by an older one.</strong> Nothing can
        be decided, sent or changed here: update the app.{' '}
        {exported === null
          ? count > 0 && `${counted(count, 'unsent decision')} can be exported and sent from another PC.`
          : 'error' in exported
            ? exported.error
            : `${exported.name} was handed to your system to save.`}
      </p>
      {count > 0 && <ExportUnsentButton onDone={setExported} />}
    </div>
  )
}

/** Offline for long: another PC may reach the backend where this one cannot. */
export function LongWaitBanner() {
  const { oldestUnsentAt, unsent, connection, signInNeeded, readOnly } = useDataStatus()
  const now = useNow(60_000)
  if (oldestUnsentAt === null || connection === 'online' || signInNeeded || readOnly) return null
  const waitedMs = now - oldestUnsentAt
  if (waitedMs < LONG_WAIT_MS) return null
  const hours = Math.floor(waitedMs / 3_600_000)
  return (
    <div className={classes.banner} role="status" data-testid="long-wait-banner">
      <IconClockExclamation size={17} stroke={1.8} aria-hidden />
      <p>
        <strong>
          {counted(unsent, 'decision')} of yours {unsent === 1 ? 'has' : 'have'} waited for more than{' '}
          {counted(hours, 'hour')}.
        </strong>{' '}
        If another PC reaches the backend, export here and import there: everything counts once.
      </p>
      <DataSafetyLink />
    </div>
  )
}

/** Nothing to go to on the page itself. */
function DataSafetyLink() {
  const there = useMatchRoute()({ to: '/data-safety' }) !== false
  if (there) return null
  return (
    <Button variant="default" component={Link} to="/data-safety">
      Data safety
    </Button>
  )
}
