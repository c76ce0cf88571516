/** Charts of a page are drawn one after the other, each in a task of its own: no key press waits for a whole page. */
import { useEffect, useState } from 'react'
import { flushSync } from 'react-dom'

type Turn = () => void

const turns: Turn[] = []
const channel = new MessageChannel()
channel.port1.onmessage = () => {
  turns.shift()?.()
  if (turns.length > 0) channel.port2.postMessage(null)
}

function enqueue(turn: Turn): () => void {
  turns.push(turn)
  if (turns.length === 1) channel.port2.postMessage(null)
  return () => {
    const at = turns.indexOf(turn)
    // The place stays, so that the channel's messages and the turns remain as many.
    if (at >= 0) turns[at] = () => undefined
  }
}

/** The value as of this chart's turn; null until its first one. */
export function useInTurn<T>(value: T): T | null {
  const [shown, setShown] = useState<T | null>(null)
  useEffect(() => enqueue(() => flushSync(() => setShown(value))), [value])
  return shown
}
