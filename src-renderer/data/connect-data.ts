/** Starts the data worker of this window and answers its typed interface. */
import { proxy, type Remote, wrap } from 'comlink'
import type { DataApi, DataStatus, WorkerApi } from './data-api.ts'
import { OneAtATime } from './one-at-a-time.ts'

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

/** The screens' way to data; callbacks cross to the worker as proxies. */
export function connectData(): DataApi {
  // Chromium may clear an origin's data under disk pressure unless it is asked to keep it.
  void persistStorage()
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'data' })
  const remote: Remote<WorkerApi> = wrap<WorkerApi>(worker)
  const lists = new OneAtATime()
  return {
    start: (onStatus) => remote.start(proxy(newestOf(onStatus))),
    localInfo: () => remote.localInfo(),
    setBackend: (url) => remote.setBackend(url),
    signIn: (employeeNumber, password) => remote.signIn(employeeNumber, password),
    signOut: () => remote.signOut(),
    sessions: (query, signal) => lists.ask(signal, () => remote.sessions(query)),
    facets: (filter) => remote.facets(filter),
    sessionRows: (keys) => remote.sessionRows(keys),
    sessionTotals: (keys) => remote.sessionTotals(keys),
    session: (storeId, sessionId) => remote.session(storeId, sessionId),
    queue: (storeIds) => remote.queue(storeIds),
    decide: (storeId, sessionId, input) => remote.decide(storeId, sessionId, input),
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
  }
}
