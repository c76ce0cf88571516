/** Charts of a page are drawn one after the other, a few with each frame: no key press waits for a whole page. */
import { useEffect, useState } from 'react'
import { flushSync } from 'react-dom'
import { systemClock } from '#shared/time/clock.ts'

type Turn = () => void

const turns: Turn[] = []
const channel = new MessageChannel()
channel.port1.onmessage = () => {
  const until = systemClock.monotonic() + TASK_MS
  do turns.shift()?.()
  while (turns.length > 0 && systemClock.monotonic() < until)
  if (turns.length > 0) afterNextFrame(next)
}
const next = (): void => channel.port2.postMessage(null)

/** After so long no other chart is begun: what was drawn is laid out and painted in the same frame. */
const TASK_MS = 12

/** A window that is not shown has no frames. */
const LONGEST_FRAME_MS = 100

function afterNextFrame(then: () => void): void {
  let isDone = false
  const once = () => {
    if (!isDone) then()
    isDone = true
  }
  requestAnimationFrame(once)
  setTimeout(once, LONGEST_FRAME_MS)
}

/** Draws now whatever waits for its turn: paper is printed as the page stands. */
export function drawWaiting(): void {
  while (turns.length > 0) turns.shift()?.()
}

function enqueue(turn: Turn): () => void {
  turns.push(turn)
  if (turns.length === 1) next()
  return () => {
    const at = turns.indexOf(turn)
    // Its place stays: a message is under way for it.
    if (at === 0) turns[at] = () => undefined
    else if (at > 0) turns.splice(at, 1)
  }
}

/** The value as of this chart's turn; null until its first one. */
export function useInTurn<T>(value: T): T | null {
  const [shown, setShown] = useState<T | null>(null)
  useEffect(() => enqueue(() => flushSync(() => setShown(value))), [value])
  return shown
}
