/** Starts the data worker of this window and answers its typed interface. */
import { proxy, type Remote, transfer, wrap } from 'comlink'
import { EXPORT_PORT_MESSAGE } from '#shared/export-port.ts'
import { randomId } from '#shared/time/clock.ts'
import type {
  DataApi,
  DataStatus,
  ExportOutcome,
  ExportRequest,
  FetchDetailsOutcome,
  WorkerApi,
  WorkOptions,
} from './data-api.ts'
import { OneAtATime } from './one-at-a-time.ts'
import { unpackPutBack } from './put-back-transfer.ts'

/** Asks the browser to keep this origin's data; only a window may ask, so it is not the worker that does. */
const persistStorage = async (): Promise<boolean> => (await navigator.storage?.persist?.()) ?? false

/**
 * Hands on the newest status after the messages that are waiting: the answer to a decision comes right behind the
 * status it changed, and must not wait until every screen has drawn that.
 */
function newestOf(onStatus: (status: DataStatus) => void): (status: DataStatus) => void {
  let newest: DataStatus | null = null
  return (status) => {
    const waiting = newest !== null
    newest = status
    if (waiting) return
    setTimeout(() => {
      if (newest !== null) onStatus(newest)
      newest = null
    }, 0)
  }
}

/** Hands the desktop's port for exports on to the worker, once per window. */
function connectExports(remote: Remote<WorkerApi>): void {
  const take = ({ data, source, ports: [port] }: MessageEvent<unknown>) => {
    if (source !== window || data !== EXPORT_PORT_MESSAGE || port === undefined) return
    window.removeEventListener('message', take)
    void remote.connectExports(transfer(port, [port]))
  }
  window.addEventListener('message', take)
  window.desktop?.connectExports()
}

/** Runs long work of the worker under an id of its own; an abort reaches it between two slices. */
async function runWork<Outcome>(
  remote: Remote<WorkerApi>,
  { signal }: WorkOptions,
  run: (workId: string) => Promise<Outcome>,
): Promise<Outcome> {
  const workId = randomId()
  const cancel = () => void remote.cancelWork(workId)
  const running = run(workId)
  signal?.addEventListener('abort', cancel)
  // Before it began: behind the call that begins it.
  if (signal?.aborted) cancel()
  try {
    return await running
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

const mediaTypes: Record<ExportRequest['format'], string> = {
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  arrow: 'application/vnd.apache.arrow.file',
}

const cancelled: ExportOutcome = { ok: false, code: 'cancelled', message: 'No file was chosen.' }

/** Asks a browser's person for a file; null where the browser can only download, undefined where they chose none. */
async function pickFile(
  name: string,
  format: ExportRequest['format'],
): Promise<FileSystemFileHandle | null | undefined> {
  const { showSaveFilePicker } = window as unknown as SavePicker
  if (showSaveFilePicker === undefined) return null
  try {
    const types = [{ accept: { [mediaTypes[format]]: [`.${format}`] } }]
    return await showSaveFilePicker({ suggestedName: name, types })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined
    throw error
  }
}

/** Dates in time zones, which the start of the worker need not wait for. */
const loadNames = () => import('./export/export-file-name.ts')

/** Not in TypeScript's library: only Chromium has it. */
interface SavePicker {
  showSaveFilePicker?: (options: {
    suggestedName: string
    types: { accept: Record<string, string[]> }[]
  }) => Promise<FileSystemFileHandle>
}

/** The screens' way to data; callbacks cross to the worker as proxies. */
export function connectData(): DataApi {
  // Chromium may clear an origin's data under disk pressure unless it is asked to keep it.
  void persistStorage()
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'data' })
  const remote: Remote<WorkerApi> = wrap<WorkerApi>(worker)
  if (window.desktop !== undefined) connectExports(remote)
  const lists = new OneAtATime()
  const charts = new OneAtATime()
  return {
    start: async (onStatus) => {
      const status = await remote.start(proxy(newestOf(onStatus)))
      // A browser that loses its backend could not fetch it any more.
      void loadNames().catch(() => undefined)
      return status
    },
    localInfo: () => remote.localInfo(),
    setBackend: (url) => remote.setBackend(url),
    signIn: (employeeNumber, password) => remote.signIn(employeeNumber, password),
    signOut: () => remote.signOut(),
    sessions: (query, signal) => lists.ask(signal, () => remote.sessions(query)),
    facets: (filter, signal) => charts.ask(signal, () => remote.facets(filter)),
    expectSearch: () => remote.expectSearch(),
    sessionRows: (keys) => remote.sessionRows(keys),
    sessionTotals: (keys) => remote.sessionTotals(keys),
    session: (storeId, sessionId) => remote.session(storeId, sessionId),
    queue: (storeIds) => remote.queue(storeIds),
    decide: (storeId, sessionId, input) => remote.decide(storeId, sessionId, input),
    abandoned: (query) => remote.abandoned(query),
    putBackList: async (query) => unpackPutBack(await remote.putBackList(query)),
    settleLines: (lines, outcome) => remote.settleLines(lines, outcome),
    reviewBaskets: (keys, review) => remote.reviewBaskets(keys, review),
    takeBackLines: (lines) => remote.takeBackLines(lines),
    pastLimit: (keys) => remote.pastLimit(keys),
    notExited: (query) => remote.notExited(query),
    tabCounts: (query) => remote.tabCounts(query),
    neverServed: (query) => remote.neverServed(query),
    problemProducts: (query) => remote.problemProducts(query),
    handover: (key) => remote.handover(key),
    noteShift: (key, text) => remote.noteShift(key, text),
    acknowledgeShift: (key, note) => remote.acknowledgeShift(key, note),
    today: (query, signal) => charts.ask(signal, () => remote.today(query)),
    sessionFigures: (query, signal) => charts.ask(signal, () => remote.sessionFigures(query)),
    conversionFigures: (query, signal) => charts.ask(signal, () => remote.conversionFigures(query)),
    checkFigures: (query, signal) => charts.ask(signal, () => remote.checkFigures(query)),
    abandonedFigures: (query, signal) => charts.ask(signal, () => remote.abandonedFigures(query)),
    heatMap: (query, signal) => charts.ask(signal, () => remote.heatMap(query)),
    contactGaps: (storeIds, signal) => charts.ask(signal, () => remote.contactGaps(storeIds)),
    checkDraft: (key) => remote.checkDraft(key),
    saveCheckDraft: (key, draft) => remote.saveCheckDraft(key, draft),
    customerChecks: (storeId, sessionId) => remote.customerChecks(storeId, sessionId),
    knownProduct: (storeId, code) => remote.knownProduct(storeId, code),
    refusals: (storeId) => remote.refusals(storeId),
    compareRefusals: (storeId) => remote.compareRefusals(storeId),
    exportRefusals: (storeId) => remote.exportRefusals(storeId),
    results: (query) => remote.results(query),
    markResultsSeen: (ids) => remote.markResultsSeen(ids),
    syncNow: () => remote.syncNow(),
    dataSafety: () => remote.dataSafety(),
    persistStorage,
    setKeepDetailsDays: (days) => remote.setKeepDetailsDays(days),
    setDetailsAheadDays: (days) => remote.setDetailsAheadDays(days),
    checkIntegrity: () => remote.checkIntegrity(),
    exportUnsent: () => remote.exportUnsent(),
    importUnsent: (text) => remote.importUnsent(text),
    supportBundle: () => remote.supportBundle(),
    exportSize: (scope) => remote.exportSize(scope),
    exportSessions: async (request, zone, options = {}) => {
      const [size, local, { exportFileName }] = await Promise.all([
        remote.exportSize(request),
        remote.localInfo(),
        loadNames(),
      ])
      const name = exportFileName(request, size, zone)
      const handle = local === null ? await pickFile(name, request.format) : null
      if (handle === undefined) return cancelled
      return runWork<ExportOutcome>(remote, options, async (workId) =>
        remote.exportSessions(workId, request, { name, handle }, proxy(options.onProgress ?? (() => undefined))),
      )
    },
    fetchDetails: (scope, limit, options = {}) =>
      runWork<FetchDetailsOutcome>(remote, options, async (workId) =>
        remote.fetchDetails(workId, scope, limit, proxy(options.onProgress ?? (() => undefined))),
      ),
    showExported: (path) => remote.showExported(path),
  }
}
