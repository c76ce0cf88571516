/** Exports as the window asks for them: only while somebody is signed in, to where this app can write. */
import type {
  ExportFailure,
  ExportOutcome,
  ExportProgress,
  ExportRequest,
  ExportScope,
  ExportSize,
  ExportTarget,
  FetchDetailsOutcome,
  WorkerApi,
} from '../data-api.ts'
import { call, type Fetch } from '../transport.ts'
import { ExportPort, openChosenFile, openDownload, openLocalFile } from './export-sink.ts'
import { nextTask } from './next-task.ts'
import { type ExportHost, SessionExports } from './session-export.ts'

export interface ExportDeskPorts extends Omit<ExportHost, 'nextTask' | 'openSink'> {
  fetch: Fetch
  isSignedIn: () => boolean
  /** False in a browser. */
  isDesktop: () => boolean
}

const NOT_SIGNED_IN: ExportFailure = { ok: false, code: 'not_signed_in', message: 'Sign in first.' }

/** Its calls are described where `WorkerApi` names them. */
export class ExportDesk
  implements
    Pick<WorkerApi, 'exportSize' | 'exportSessions' | 'fetchDetails' | 'connectExports' | 'cancelWork' | 'showExported'>
{
  private readonly exports: SessionExports
  private port: ExportPort | null = null

  constructor(private readonly ports: ExportDeskPorts) {
    this.exports = new SessionExports({
      ...ports,
      nextTask,
      openSink: (target, workId) => {
        if (ports.isDesktop()) return openLocalFile(ports.fetch, target.name, this.port)
        if (target.handle !== null) return openChosenFile(target.handle)
        return openDownload(target, workId, ports.clock.now())
      },
    })
  }

  async exportSize(scope: ExportScope): Promise<ExportSize> {
    return this.exports.size(scope)
  }

  async exportSessions(
    workId: string,
    request: ExportRequest,
    target: ExportTarget,
    onProgress: (progress: ExportProgress) => void,
  ): Promise<ExportOutcome> {
    if (!this.ports.isSignedIn()) return NOT_SIGNED_IN
    return this.exports.export(workId, request, target, onProgress)
  }

  async fetchDetails(
    workId: string,
    scope: ExportScope,
    limit: number,
    onProgress: (progress: ExportProgress) => void,
  ): Promise<FetchDetailsOutcome> {
    if (!this.ports.isSignedIn()) return NOT_SIGNED_IN
    return this.exports.fetchDetails(workId, scope, limit, onProgress)
  }

  async connectExports(port: MessagePort): Promise<void> {
    this.port = new ExportPort(port)
  }

  async cancelWork(workId: string): Promise<void> {
    this.exports.cancel(workId)
  }

  /** Nobody waits for what somebody who has left asked for. */
  signedOut(): void {
    this.exports.cancelAll()
  }

  async showExported(path: string): Promise<void> {
    await call(this.ports.fetch, '/local/export/show', {
      method: 'POST',
      body: JSON.stringify({ path }),
      headers: { 'content-type': 'application/json' },
    })
  }
}
