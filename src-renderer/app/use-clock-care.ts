/** Asks the server for the time again when this PC slept or its clock was set: timers on the screen must be right. */
import { useEffect } from 'react'
import { systemClock } from '#shared/time/clock.ts'
import { useData } from '../ui/data-context.ts'
import { clockDrifted } from '../ui/use-now.ts'

const LOOK_EVERY_MS = 1_000
/** Without network the answer does not come; it is asked for again at this pace, milliseconds. */
const ASK_AGAIN_MS = 10_000

/** For the shell: while somebody is signed in. */
export function useClockCare(): void {
  const data = useData()
  useEffect(() => {
    let askedAt = Number.NEGATIVE_INFINITY
    const timer = setInterval(() => {
      const now = systemClock.monotonic()
      if (!clockDrifted() || now - askedAt < ASK_AGAIN_MS) return
      askedAt = now
      // Whether it worked shows in the clock itself.
      void data.syncNow().catch(() => undefined)
    }, LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [data])
}
