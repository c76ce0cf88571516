/** Server-sent events, and the hub that tells them what committed. */
import type { Context } from 'hono'
import { z } from 'zod'

export interface Hub {
  /** Calls `listener` after each commit that raised a store's version; answers how to stop. */
  onPoke(listener: (storeId: string, version: number) => void): () => void
  onRevoked(listener: (authSessionId: string) => void): () => void
  /** Calls `listener` when commits may have been missed. */
  onGap(listener: () => void): () => void
  onClose(listener: () => void): () => void
}

function channel<Arguments extends unknown[]>() {
  const listeners = new Set<(...values: Arguments) => void>()
  return {
    add: (listener: (...values: Arguments) => void) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    emit: (...values: Arguments) => {
      for (const listener of [...listeners]) listener(...values)
    },
  }
}

const notificationSchema = z.union([
  z.object({ storeId: z.string(), version: z.int() }),
  z.object({ revoked: z.string() }),
])

/** Null for what is none of ours: anyone with access to the database may send on a channel. */
function parseNotification(payload: string): z.infer<typeof notificationSchema> | null {
  try {
    return notificationSchema.parse(JSON.parse(payload))
  } catch {
    return null
  }
}

/** A hub, and the side that feeds it with notifications of the database. */
export function createHub() {
  const pokes = channel<[string, number]>()
  const revocations = channel<[string]>()
  const gaps = channel<[]>()
  const closings = channel<[]>()
  const hub: Hub = {
    onPoke: pokes.add,
    onRevoked: revocations.add,
    onGap: gaps.add,
    onClose: closings.add,
  }
  return {
    hub,
    notified(payload: string) {
      const message = parseNotification(payload)
      if (message === null) return
      if ('storeId' in message) pokes.emit(message.storeId, message.version)
      else revocations.emit(message.revoked)
    },
    missedSome: gaps.emit,
    close: closings.emit,
  }
}

export interface EventSink {
  send(event: string, data: unknown, id?: string): void
  comment(text: string): void
  /** Resolves when the client has read enough for more; at once in the usual case. */
  room(): Promise<void>
  end(): void
}

/** A client this many bytes behind is cut off at the next event; it comes back and pulls. */
const MAX_BEHIND_BYTES = 4 * 1024 * 1024

/** Answers with a stream; `open` starts feeding it and returns what to undo when it ends, from whichever side. */
export function eventStream(c: Context, hub: Hub, open: (sink: EventSink) => () => void): Response {
  const encoder = new TextEncoder()
  let undo: () => void = () => undefined
  let ended = false
  let stopListening: () => void = () => undefined
  let waiting: (() => void)[] = []
  const wake = () => {
    const woken = waiting
    waiting = []
    for (const resume of woken) resume()
  }
  const stop = () => {
    if (ended) return
    ended = true
    stopListening()
    undo()
    wake()
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const end = () => {
          if (ended) return
          stop()
          controller.close()
        }
        const write = (text: string) => {
          if (ended) return
          if ((controller.desiredSize ?? 0) <= 0) end()
          else controller.enqueue(encoder.encode(text))
        }
        stopListening = hub.onClose(end)
        undo = open({
          send: (event, data, id) =>
            write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
          comment: (text) => write(`: ${text}\n\n`),
          room: async () => {
            while (!ended && (controller.desiredSize ?? 0) <= 0)
              await new Promise<void>((resume) => waiting.push(resume))
          },
          end,
        })
        // `open` itself may have ended the stream, before there was anything to undo.
        if (ended) undo()
      },
      pull: wake,
      cancel: stop,
    },
    { highWaterMark: MAX_BEHIND_BYTES, size: (chunk) => chunk.byteLength },
  )
  return c.body(body, 200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
}
