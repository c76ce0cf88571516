/** The export of this window: one at a time, kept while the person goes on working elsewhere. */
import { create } from 'zustand'
import type { DataApi, ExportDone, ExportFailure, ExportProgress, ExportRequest } from '../data/data-api.ts'
import { saveBlob } from './save-file.ts'

export type ExportJob =
  /** Progress is null until the person has chosen a file. */
  | { state: 'running'; format: ExportRequest['format']; progress: ExportProgress | null; cancel: () => void }
  | { state: 'done'; outcome: ExportDone }
  | { state: 'failed'; outcome: ExportFailure }

export const useExportJob = create<{ job: ExportJob | null }>()(() => ({ job: null }))

/** Forgets an export that has ended. */
export function dismissExport(): void {
  useExportJob.setState(({ job }) => ({ job: job?.state === 'running' ? job : null }))
}

/**
 * Asks for a file and writes it; resolves when that has ended, whatever came of it. Nothing happens while another one runs.
 * @param zone IANA id, of the day in the suggested name
 */
export async function startExport(data: DataApi, request: ExportRequest, zone: string): Promise<void> {
  if (useExportJob.getState().job?.state === 'running') return
  const aborter = new AbortController()
  const show = (progress: ExportProgress | null) =>
    useExportJob.setState({
      job: { state: 'running', format: request.format, progress, cancel: () => aborter.abort() },
    })
  show(null)
  const outcome = await data
    .exportSessions(request, zone, { signal: aborter.signal, onProgress: show })
    .catch((error): ExportFailure => {
      return { ok: false, code: 'storage_failed', message: error instanceof Error ? error.message : String(error) }
    })
  if (outcome.ok) {
    if (outcome.download !== null) saveBlob(outcome.name, outcome.download)
    useExportJob.setState({ job: { state: 'done', outcome } })
  } else if (outcome.code === 'cancelled') useExportJob.setState({ job: null })
  else useExportJob.setState({ job: { state: 'failed', outcome } })
}
