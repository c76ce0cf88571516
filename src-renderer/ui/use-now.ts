/** One shared ticker for everything on the screen that runs: server time, from the clock port and the measured offset. */
import { useSyncExternalStore } from 'react'
import { systemClock } from '#shared/time/clock.ts'
import { useDataStatus } from './data-context.ts'
import { ShownClock } from './shown-clock.ts'

const clock = new ShownClock(systemClock, useDataStatus.getState().clockOffsetMs)
useDataStatus.subscribe((status) => clock.anchor(status.clockOffsetMs))

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    for (const each of listeners) each()
  }, 1_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** Server time now, UTC milliseconds, outside of rendering. */
export const serverNow = (): number => clock.now()

/** True where this PC's clocks have gone apart and the server should be asked again. */
export const clockDrifted = (): boolean => clock.drifted()

/**
 * Server time, UTC milliseconds, rounded down to a step; renders again once per step.
 *
 * @param stepMs at least 1000; a list of relative times needs no second hand
 */
export function useNow(stepMs = 1_000): number {
  const snapshot = () => Math.floor(serverNow() / stepMs) * stepMs
  return useSyncExternalStore(subscribe, snapshot)
}
