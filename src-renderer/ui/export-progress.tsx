/** How an export stands, for the dialog that started it and for the badge that stays: progress, outcome, what to do. */
import { Button, Progress } from '@mantine/core'
import { IconFolderOpen, IconPlayerStop } from '@tabler/icons-react'
import { useState } from 'react'
import type { ExportDone, ExportProgress } from '../data/data-api.ts'
import { useData } from './data-context.ts'
import classes from './export-progress.module.css'
import { formatBytes } from './format-bytes.ts'
import { counted } from './labels.ts'
import { InlineError } from './parts.tsx'
import type { ExportJob } from './session-export.ts'

/** Share of the work that is done, 0 to 100. */
export const percentOf = ({ done, total }: ExportProgress): number =>
  total === 0 ? 0 : Math.floor((done / total) * 100)

export function ExportProgressView({ job }: { job: ExportJob }) {
  if (job.state === 'running') return <Running progress={job.progress} cancel={job.cancel} />
  if (job.state === 'done') return <Done outcome={job.outcome} />
  return <InlineError>The export was not made. {job.outcome.message}</InlineError>
}

function Running({ progress, cancel }: { progress: ExportProgress | null; cancel: () => void }) {
  const [cancelled, setCancelled] = useState(false)
  if (progress === null) return <p className={classes.line}>Waiting for a file to write to…</p>
  const perSecond = progress.elapsedMs < 500 ? null : Math.round((progress.done / progress.elapsedMs) * 1_000)
  return (
    <div className={classes.view} data-testid="export-running">
      <Progress value={percentOf(progress)} size={6} aria-label="Export" />
      <p className={classes.line}>
        {progress.done.toLocaleString('en')} of {counted(progress.total, 'session')}
        {perSecond !== null && ` · ${perSecond.toLocaleString('en')} per second`} · {formatBytes(progress.bytes)}
      </p>
      <div className={classes.buttons}>
        <Button
          variant="default"
          leftSection={<IconPlayerStop size={15} />}
          disabled={cancelled}
          onClick={() => {
            setCancelled(true)
            cancel()
          }}
        >
          Cancel export
        </Button>
      </div>
    </div>
  )
}

function Done({ outcome }: { outcome: ExportDone }) {
  const data = useData()
  const [problem, setProblem] = useState<string | null>(null)
  const { path } = outcome
  const show = (file: string) => data.showExported(file).catch((error) => setProblem(String(error)))
  return (
    <div
      className={classes.view}
      data-testid="export-outcome"
      data-rows={outcome.rows}
      data-bytes={outcome.bytes}
      data-ms={Math.round(outcome.elapsedMs)}
    >
      <p className={classes.line} role="status">
        <strong>{counted(outcome.rows, 'row')}</strong> written in {(outcome.elapsedMs / 1_000).toFixed(1)} s,{' '}
        {formatBytes(outcome.bytes)}.{outcome.download !== null && ' The browser keeps it with its downloads.'}
      </p>
      <p className={classes.file}>{path ?? outcome.name}</p>
      {outcome.deleted > 0 && (
        <p className={classes.line}>
          {counted(outcome.deleted, 'session was', 'sessions were')} deleted while the file was written and{' '}
          {outcome.deleted === 1 ? 'is' : 'are'} not in it.
        </p>
      )}
      {path !== null && (
        <div className={classes.buttons}>
          <Button variant="default" leftSection={<IconFolderOpen size={15} />} onClick={() => void show(path)}>
            Show in folder
          </Button>
        </div>
      )}
      {problem !== null && <InlineError>It could not be shown: {problem}</InlineError>}
    </div>
  )
}
