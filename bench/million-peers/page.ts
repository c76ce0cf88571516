/** The page of one peer: it does nothing but start the worker and hand on calls. */
import { type Remote, wrap } from 'comlink'
import type { PeerHost } from './worker.ts'

declare global {
  var peerHost: Remote<PeerHost>
}

globalThis.peerHost = wrap<PeerHost>(
  new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'peer' }),
)
