/** Starts the data worker of this window and answers its typed interface. */
import { proxy, type Remote, wrap } from 'comlink'
import type { DataApi } from './data-api.ts'

/** The screens' way to data; callbacks cross to the worker as proxies. */
export function connectData(): DataApi {
  // Chromium may clear an origin's data under disk pressure unless it is asked to keep it.
  void navigator.storage?.persist?.()
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'data' })
  const remote: Remote<DataApi> = wrap<DataApi>(worker)
  return {
    start: (onStatus) => remote.start(proxy(onStatus)),
    localInfo: () => remote.localInfo(),
    setBackend: (url) => remote.setBackend(url),
    signIn: (employeeNumber, password) => remote.signIn(employeeNumber, password),
    signOut: () => remote.signOut(),
    sessions: (query) => remote.sessions(query),
    session: (storeId, sessionId) => remote.session(storeId, sessionId),
    queue: (storeIds) => remote.queue(storeIds),
    decide: (storeId, sessionId, input) => remote.decide(storeId, sessionId, input),
    results: () => remote.results(),
    markResultsSeen: (ids) => remote.markResultsSeen(ids),
    syncNow: () => remote.syncNow(),
  }
}
