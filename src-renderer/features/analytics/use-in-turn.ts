/** Charts of a page are drawn one after the other, each in a task of its own: no key press waits for a whole page. */
import { useEffect, useState } from 'react'
import { flushSync } from 'react-dom'

type Turn = () => void

const turns: Turn[] = []
const channel = new MessageChannel()
channel.port1.onmessage = () => {
  turns.shift()?.()
  if (turns.length > 0) afterNextFrame(next)
}
const next = (): void => channel.port2.postMessage(null)

/** A window that is not shown has no frames. */
const LONGEST_FRAME_MS = 100

/** Axes are drawn in a second step with the next frame: two charts at once would share that one. */
function afterNextFrame(then: () => void): void {
  let isDone = false
  const once = () => {
    if (!isDone) then()
    isDone = true
  }
  requestAnimationFrame(once)
  setTimeout(once, LONGEST_FRAME_MS)
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
