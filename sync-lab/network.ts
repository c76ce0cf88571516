/** The network between PCs and backend: it delays, loses, doubles and cuts off, as the script arms it. */
import { PROTOCOL_HEADER } from '#shared/protocol/sync.ts'
import type { Random } from '../simulator/random.ts'
import { BackendDied, type ModelAnswer, type ModelBackend, type ModelRequest, problemAnswer } from './model-backend.ts'
import type { Owner, VirtualTime } from './virtual-time.ts'

/** What happens to one of the next calls of a PC. */
export const callFaults = [
  'lose_request',
  'lose_answer',
  'duplicate',
  'delay',
  'break_stream',
  'answer_401',
  'answer_429',
  'answer_503',
  'login_page',
] as const
export type CallFault = (typeof callFaults)[number]

export interface ArmedFault {
  fault: CallFault
  /** Only calls whose path contains this. */
  path: string
  left: number
}

/** A PC's line to the backend. */
export class Line {
  /** `cut`: refused at once. `silent`: nothing comes back and nothing says so. */
  state: 'open' | 'cut' | 'silent' = 'open'
  readonly armed: ArmedFault[] = []
  /** Replaces the protocol version that the console sends, as an update of the app would. */
  protocolVersion: string | null = null
  readonly breakStreams = new Set<() => void>()
  /** Hears the path of each call whose answer arrives. */
  onAnswer: (path: string) => void = () => undefined
}

const LONG_DELAY_MS = 4_000
const CONNECTION_TIMEOUT_MS = 120_000

export class Network {
  /** False while the backend's process is down. */
  backendUp = true
  constructor(
    private readonly time: VirtualTime,
    private readonly backend: ModelBackend,
    private readonly random: Random,
    private readonly note: (text: string) => void,
    private readonly backendDied: () => void,
  ) {}

  /** A call of a process over its PC's line; rejects where no answer comes. */
  fetch(line: Line, caller: Owner, path: string, init: RequestInit): Promise<Response> {
    return new Promise((resolve, reject) => {
      const headers = Object.fromEntries(new Headers(init.headers))
      if (line.protocolVersion !== null && PROTOCOL_HEADER in headers) headers[PROTOCOL_HEADER] = line.protocolVersion
      const body = init.body === undefined || init.body === null ? null : asText(init.body)
      const request: ModelRequest = { method: init.method ?? 'GET', path, headers, body }
      const { signal } = init
      let settled = false
      const settle = (act: () => void) => {
        if (settled) return
        settled = true
        act()
      }
      const fail = (why: string, afterMs: number) => {
        this.time.after(afterMs, caller, () => settle(() => reject(new TypeError(why))))
      }
      signal?.addEventListener('abort', () => settle(() => reject(new TypeError('aborted'))))
      if (signal?.aborted) return settle(() => reject(new TypeError('aborted')))
      const fault = takeFault(line, path)
      if (fault !== null) this.note(`fault ${fault} ${request.method} ${path}`)
      if (line.state === 'cut') return fail('cut off', 2)
      if (fault === 'lose_request') return fail('connection reset', this.random.int(5, 2_000))
      // The operating system gives up at last, whoever else does.
      fail('connection timed out', CONNECTION_TIMEOUT_MS)
      if (line.state === 'silent') return
      const send = (answered: (answer: ModelAnswer) => void) => {
        const delay = fault === 'delay' ? LONG_DELAY_MS : this.random.int(1, 30)
        this.time.after(delay, this.time.world, () => {
          if (line.state === 'silent') return
          if (!this.backendUp || line.state === 'cut') return fail('connection refused', 1)
          const answer = this.#answer(request, fault)
          if (answer === null) return fail('the backend died', 1)
          answered(answer)
        })
      }
      const deliver = (answer: ModelAnswer) => {
        if (fault === 'lose_answer') return fail('connection reset', this.random.int(5, 500))
        this.time.after(this.random.int(1, 30), caller, () => {
          if (line.state === 'silent') return
          if (line.state === 'cut') return settle(() => reject(new TypeError('cut off')))
          line.onAnswer(path)
          settle(() => resolve(this.#response(line, caller, answer, signal ?? null, fault)))
        })
      }
      send(deliver)
      if (fault === 'duplicate') send(() => undefined)
    })
  }

  #answer(request: ModelRequest, fault: CallFault | null): ModelAnswer | null {
    const answer = this.#faultAnswer(fault) ?? this.#ask(request)
    this.note(`${request.method} ${request.path} ${answer === null ? 'died' : answer.status}`)
    return answer
  }

  #faultAnswer(fault: CallFault | null): ModelAnswer | null {
    const headers = { [PROTOCOL_HEADER]: '1' }
    if (fault === 'answer_401') return problemAnswer('token_expired', {}, headers)
    if (fault === 'answer_429') return problemAnswer('too_many_requests', {}, { ...headers, 'retry-after': '3' })
    if (fault === 'answer_503') return problemAnswer('unavailable', {}, { ...headers, 'retry-after': '2' })
    if (fault === 'login_page') {
      return { status: 200, headers: { 'content-type': 'text/html' }, body: '<title>Guest network</title>' }
    }
    return null
  }

  #ask(request: ModelRequest): ModelAnswer | null {
    try {
      return this.backend.handle(request)
    } catch (error) {
      if (!(error instanceof BackendDied)) throw error
      this.backendDied()
      return null
    }
  }

  #response(
    line: Line,
    caller: Owner,
    answer: ModelAnswer,
    signal: AbortSignal | null,
    fault: CallFault | null,
  ): Response {
    const { status, headers, open } = answer
    if (open === undefined) return new Response(answer.body as BodyInit | null, { status, headers })
    const encoder = new TextEncoder()
    let close: (how: 'end' | 'break') => void = () => undefined
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        let ended = false
        let stop: () => void = () => undefined
        const finish = (how: 'end' | 'break', tellReader: boolean) => {
          if (ended) return
          ended = true
          line.breakStreams.delete(breakNow)
          caller.onDeath.delete(hangUp)
          stop()
          if (!tellReader) return
          this.time.after(this.random.int(1, 30), caller, () => {
            if (line.state === 'silent') return
            try {
              if (how === 'end') controller.close()
              else controller.error(new TypeError('connection reset'))
            } catch {
              // The reader had given up before it heard of the end.
            }
          })
        }
        const breakNow = () => finish('break', true)
        const hangUp = () => finish('break', false)
        close = hangUp
        let arrivesAt = 0
        stop = open({
          send: (event, data) => {
            if (ended || line.state !== 'open' || !this.backendUp) return
            // In order, whatever each one's delay.
            arrivesAt = Math.max(arrivesAt, this.time.now + this.random.int(1, 20))
            this.time.after(arrivesAt - this.time.now, caller, () => {
              if (ended || line.state !== 'open') return
              controller.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
            })
          },
          end: () => finish('end', true),
        })
        line.breakStreams.add(breakNow)
        caller.onDeath.add(hangUp)
        signal?.addEventListener('abort', () => {
          if (ended) return
          hangUp()
          controller.error(new DOMException('aborted', 'AbortError'))
        })
        if (fault === 'break_stream') this.time.after(this.random.int(10, 3_000), this.time.world, breakNow)
      },
      cancel: () => close('end'),
    })
    return new Response(body, { status, headers })
  }
}

function takeFault(line: Line, path: string): CallFault | null {
  const at = line.armed.findIndex((armed) => path.includes(armed.path))
  const armed = line.armed[at]
  if (armed === undefined) return null
  armed.left -= 1
  if (armed.left <= 0) line.armed.splice(at, 1)
  return armed.fault
}

function asText(body: BodyInit): string {
  if (typeof body === 'string') return body
  if (body instanceof ArrayBuffer) return Buffer.from(body).toString('utf8')
  throw new TypeError('the lab sends text only')
}
