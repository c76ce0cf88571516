/** The page of the benchmark: starts the worker and takes the times as a screen would see them. */
import { type Remote, wrap } from 'comlink'
import { unpackPutBack } from '../../src-renderer/data/put-back-transfer.ts'
import type { Listed, PutBackHost } from './worker.ts'

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'put-back' })

declare global {
  var putBackHost: Remote<PutBackHost>
  var listedIn: (how: 'list' | 'plain') => Promise<Timed>
}

/** Milliseconds until the list is on this side of the worker. */
export interface Timed extends Listed {
  ms: number
}

globalThis.putBackHost = wrap<PutBackHost>(worker)
globalThis.listedIn = async (how) => {
  const startedAt = performance.now()
  const answer = how === 'list' ? await globalThis.putBackHost.list() : await globalThis.putBackHost.plain()
  if ('sessions' in answer.list) unpackPutBack(answer.list)
  const { products, pieces, value } = answer
  return { products, pieces, value, ms: performance.now() - startedAt }
}
