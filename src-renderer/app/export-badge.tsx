/** An export goes on while the person works elsewhere: how far it is, and where it went. */
import { Button, Popover, RingProgress, UnstyledButton } from '@mantine/core'
import { IconAlertCircle, IconFileCheck } from '@tabler/icons-react'
import { ExportProgressView, percentOf } from '../ui/export-progress.tsx'
import { dismissExport, type ExportJob, useExportJob } from '../ui/session-export.ts'
import classes from './shell.module.css'

/** Nothing until there is an export. */
export function ExportBadge() {
  const job = useExportJob((state) => state.job)
  if (job === null) return null
  return (
    <Popover position="bottom-end" width={360} trapFocus returnFocus>
      <Popover.Target>
        <UnstyledButton className={classes.badge} data-failed={job.state === 'failed' || undefined}>
          <BadgeContent job={job} />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p="md" aria-label="Export">
        <div className={classes.pop}>
          <h2>{job.state === 'running' ? 'Exporting' : job.state === 'done' ? 'Exported' : 'Not exported'}</h2>
          <ExportProgressView job={job} />
          {job.state !== 'running' && (
            <Button variant="subtle" color="gray" onClick={dismissExport}>
              Dismiss
            </Button>
          )}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}

function BadgeContent({ job }: { job: ExportJob }) {
  if (job.state === 'running') {
    const percent = job.progress === null ? 0 : percentOf(job.progress)
    return (
      <>
        <RingProgress size={18} thickness={3} sections={[{ value: percent, color: 'petrol' }]} aria-hidden />
        <span data-testid="export-badge">Exporting {percent} %</span>
      </>
    )
  }
  const StateIcon = job.state === 'done' ? IconFileCheck : IconAlertCircle
  return (
    <>
      <StateIcon size={16} stroke={1.8} aria-hidden />
      <span data-testid="export-badge">{job.state === 'done' ? 'Exported' : 'Export failed'}</span>
    </>
  )
}
