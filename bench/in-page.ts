/**
 * What the `sync` benchmark runs inside pages, sent there as source: no function here may use anything of this module.
 * Instants are the page's monotonic milliseconds (`performance.now()`).
 */
import type { DataApi, DecisionInput } from '../src-renderer/data/data-api.ts'

/** What the console's page saw of the row it was told to watch for. */
export interface Sighting {
  /** The data interface answered the screen's query with the changed row. */
  answeredAt: number
  /** The frame with the changed row was drawn. */
  paintedAt: number
}

export interface RowWatch {
  /** Watches for one row to show this quantity. */
  expect(sessionId: string, quantity: number): void
  /** Resolves when the expected row was answered and painted. */
  seen(): Promise<Sighting>
}

export interface PlannedDecision {
  storeId: string
  sessionId: string
  input: DecisionInput
  /** Pause before it, milliseconds. */
  gapMs: number
}

/**
 * The `DataApi` that the screens use. Product code gives no way in, and should not: this reads it off React's tree,
 * where it is the value of a context.
 */
export function findDataApi(): DataApi {
  interface Fiber {
    child: Fiber | null
    sibling: Fiber | null
    memoizedProps: { value?: Partial<DataApi> } | null
    stateNode: { current: Fiber }
  }
  const container = document.getElementById('root') as Record<string, unknown> | null
  const key = Object.keys(container ?? {}).find((name) => name.startsWith('__reactContainer$'))
  const root = key === undefined ? undefined : (container?.[key] as Fiber | undefined)
  const open: (Fiber | null)[] = [root?.stateNode.current ?? null]
  while (open.length > 0) {
    const fiber = open.pop()
    if (fiber === null || fiber === undefined) continue
    const value = fiber.memoizedProps?.value
    if (typeof value?.decide === 'function') return value as DataApi
    open.push(fiber.sibling, fiber.child)
  }
  throw new Error('React holds no data context')
}

/** Sessions that the console has now, of all stores. */
export async function countSessions(data: DataApi): Promise<number> {
  const { count } = await data.sessions({
    storeIds: [],
    startedFrom: null,
    startedTo: null,
    startedOn: null,
    lastActivityOn: null,
    endedOn: null,
    activity: [],
    state: [],
    progress: [],
    client: [],
    spotCheck: [],
    ageVerification: [],
    endReason: [],
    currency: [],
    lastActivityAt: null,
    endedAt: null,
    total: null,
    quantity: null,
    transactions: null,
    waitingMs: null,
    interactionMs: null,
    rating: [],
    reviewed: null,
    waitingNow: null,
    furthestStep: [],
    obstacle: [],
    checkMethod: [],
    checkedBy: [],
    withFinding: null,
    withLoss: null,
    opened: null,
    abandoned: null,
    withCheck: null,
    neverServed: null,
    weekday: [],
    hour: [],
    storeTime: null,
    text: '',
    sort: 'lastActivityAt',
    descending: true,
    offset: 0,
    limit: 1,
    nowMs: 0,
  })
  return count
}

/** Sessions that the backend has in these stores, by its manifests. */
export async function countAtBackend(asked: { storeIds: string[]; header: string; version: number }): Promise<number> {
  let count = 0
  for (const storeId of asked.storeIds) {
    const response = await fetch(`/api/v1/sync/stores/${encodeURIComponent(storeId)}/manifest`, {
      headers: { [asked.header]: String(asked.version) },
    })
    const { days } = (await response.json()) as { days: { count: number }[] }
    for (const day of days) count += day.count
  }
  return count
}

/** Makes the decisions one after the other; answers the milliseconds from each call to its "saved". */
export async function decideAll({ data, plan }: { data: DataApi; plan: PlannedDecision[] }): Promise<number[]> {
  const times: number[] = []
  for (const { storeId, sessionId, input, gapMs } of plan) {
    await new Promise((resolve) => setTimeout(resolve, gapMs))
    const startedAt = performance.now()
    const outcome = await data.decide(storeId, sessionId, input)
    times.push(performance.now() - startedAt)
    if (!outcome.ok) throw new Error(`${input.type} was not saved: ${outcome.message}`)
    if (outcome.savedIn !== 'journal') throw new Error('the journal was not part of it')
  }
  return times
}

/** Puts the rows into an IndexedDB of its own, strictly durable, one transaction each; answers milliseconds per row. */
export async function putAll({ rows, gapMs }: { rows: unknown[]; gapMs: number[] }): Promise<number[]> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('bare-put', 1)
    request.onupgradeneeded = () => request.result.createObjectStore('rows', { autoIncrement: true })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const times: number[] = []
  for (const [index, row] of rows.entries()) {
    await new Promise((resolve) => setTimeout(resolve, gapMs[index]))
    const startedAt = performance.now()
    await new Promise<void>((resolve, reject) => {
      const transaction = database.transaction('rows', 'readwrite', { durability: 'strict' })
      transaction.objectStore('rows').put(row)
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
    })
    times.push(performance.now() - startedAt)
  }
  database.close()
  return times
}

/** Notes when rows of the sessions list change: in the interface's answers to the screen, and on the screen. */
export function watchRows(data: DataApi): RowWatch {
  const wanted = { sessionId: '', quantity: -1, answeredAt: 0, paintedAt: 0, settle: () => {} }
  // The screens hold this very object, so their calls come by here.
  const ask = data.sessions.bind(data)
  data.sessions = async (query) => {
    const page = await ask(query)
    const { sessionId, quantity, answeredAt } = wanted
    if (answeredAt === 0 && page.rows.some((row) => row.id === sessionId && row.quantity === quantity)) {
      wanted.answeredAt = performance.now()
    }
    return page
  }
  let drawing = false
  const afterFrame = new MessageChannel()
  afterFrame.port1.onmessage = () => {
    drawing = false
    wanted.paintedAt = performance.now()
    wanted.settle()
  }
  const itemsColumn = () =>
    [...document.querySelectorAll('[role="columnheader"]')].findIndex((header) => header.textContent === 'Items')
  new MutationObserver(() => {
    if (drawing || wanted.paintedAt !== 0 || wanted.quantity < 0) return
    const row = document.querySelector(`[data-testid="session-row"][data-session-id="${wanted.sessionId}"]`)
    if (row?.children[itemsColumn()]?.textContent !== String(wanted.quantity)) return
    drawing = true
    // A frame's callbacks run before it is drawn, a message posted by them after.
    requestAnimationFrame(() => afterFrame.port2.postMessage(null))
  }).observe(document, { subtree: true, childList: true, characterData: true })
  return {
    expect(sessionId, quantity) {
      Object.assign(wanted, { sessionId, quantity, answeredAt: 0, paintedAt: 0, settle: () => {} })
    },
    async seen() {
      if (wanted.paintedAt === 0) await new Promise<void>((resolve) => Object.assign(wanted, { settle: resolve }))
      return { answeredAt: wanted.answeredAt, paintedAt: wanted.paintedAt }
    },
  }
}

export interface EchoWatch {
  /** Resolves with the instant at which the event with this data came. */
  heard(data: string): Promise<number>
}

/** Listens to the bare server's events; resolves once the stream is open. */
export async function listenToEcho(): Promise<EchoWatch> {
  const heardAt = new Map<string, number>()
  let tell = () => {}
  const source = new EventSource('/events')
  source.onmessage = ({ data }: MessageEvent<string>) => {
    heardAt.set(data, performance.now())
    tell()
  }
  await new Promise((resolve) => {
    source.onopen = resolve
  })
  return {
    async heard(data) {
      for (;;) {
        const at = heardAt.get(data)
        if (at !== undefined) {
          heardAt.delete(data)
          return at
        }
        await new Promise<void>((resolve) => {
          tell = resolve
        })
      }
    },
  }
}
