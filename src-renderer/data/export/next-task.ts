/** A pause that lets in the messages that wait; timers would add milliseconds of their own. */

let channel: MessageChannel | null = null
const waiting: (() => void)[] = []

/** Resolves in a task of its own, behind the messages that are waiting now. */
export function nextTask(): Promise<void> {
  if (channel === null) {
    channel = new MessageChannel()
    channel.port1.onmessage = () => waiting.shift()?.()
  }
  const { port2 } = channel
  return new Promise((resolve) => {
    waiting.push(resolve)
    port2.postMessage(null)
  })
}
