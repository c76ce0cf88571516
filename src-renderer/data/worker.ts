/** Entry of the data worker: wires the service to the browser and exposes it to the window. */
import { expose } from 'comlink'
import { randomId, systemClock } from '#shared/time/clock.ts'
import type { WorkerApi } from './data-api.ts'
import { DataService, type WindowMessage } from './data-service.ts'
import { ConsoleDatabase } from './database.ts'

const windows = new BroadcastChannel('floorwalker-windows')

/** Held for the life of the worker by one window; the others take over when it goes. */
function leadership(): Promise<void> {
  return new Promise((lead) => {
    void navigator.locks.request('floorwalker-sync', () => {
      lead()
      return new Promise<never>(() => undefined)
    })
  })
}

const service = new DataService({
  database: new ConsoleDatabase(),
  fetch: (path, init) => fetch(path, init),
  clock: systemClock,
  mintId: randomId,
  random: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  storage: {
    estimate: async () => {
      const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {}
      return usage === undefined || quota === undefined ? null : { usedBytes: usage, quotaBytes: quota }
    },
    persisted: async () => (await navigator.storage?.persisted?.()) ?? null,
  },
  leadership,
  broadcast: (message) => windows.postMessage(message),
})
windows.onmessage = (event: MessageEvent<WindowMessage>) => void service.hear(event.data)

const api: WorkerApi = service
expose(api)
