/**
 * What the `million` benchmark runs inside the console's page, sent there as source: no function here may use anything of
 * this module. Instants are the page's monotonic milliseconds (`performance.now()`).
 */
import type { DataApi, SessionPage, SessionQuery } from '../src-renderer/data/data-api.ts'

export type ListInput = 'keydown' | 'click' | 'wheel'

export interface FirstRowsWatch {
  /** Milliseconds from the click on "Sign in" to the frame with the first rows, and the click's instant. */
  seen(): Promise<{ clickedAt: number; usableMs: number }>
}

export interface ListWatch {
  /** The next input of this kind starts a measurement. */
  expect(input: ListInput): void
  /**
   * Milliseconds from that input until the frame that shows what it asked for: the rows of the list's next answer, or
   * for the wheel other rows without gaps.
   */
  painted(): Promise<number>
}

/** To be called before the sign-in. */
export function watchFirstRows(): FirstRowsWatch {
  let clickedAt = 0
  addEventListener(
    'click',
    (event) => {
      clickedAt = event.timeStamp
    },
    { capture: true },
  )
  const painted = new Promise<number>((resolve) => {
    const afterFrame = new MessageChannel()
    afterFrame.port1.onmessage = () => resolve(performance.now())
    const observer = new MutationObserver(() => {
      if (document.querySelector('[data-testid="session-row"]') === null) return
      observer.disconnect()
      // A frame's callbacks run before it is drawn, a message posted by them after.
      requestAnimationFrame(() => afterFrame.port2.postMessage(null))
    })
    observer.observe(document, { subtree: true, childList: true })
  })
  return {
    async seen() {
      const paintedAt = await painted
      return { clickedAt, usableMs: paintedAt - clickedAt }
    },
  }
}

/** Resolves with the instant at which the console counts as many sessions and shows no first sync any more. */
export async function allThereAt(wanted: { data: DataApi; query: SessionQuery; sessions: number }): Promise<number> {
  for (;;) {
    const { count } = await wanted.data.sessions(wanted.query)
    const isSyncing = document.querySelector('[role="progressbar"][aria-label^="First sync"]') !== null
    if (count >= wanted.sessions && !isSyncing) return performance.now()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Watches the sessions list for what inputs do to it. */
export function watchList(data: DataApi): ListWatch {
  const CACHED_AFTER_MS = 1_500
  interface Wanted {
    input: ListInput | null
    at: number
    /** Of the list's newest query since the input. */
    answer: { page: SessionPage; offset: number } | null
    asked: number
    before: string
    /** What the list looked like last, and when that was drawn; 0 while it is not. */
    look: string
    lookDrawnAt: number
    isShown: boolean
    paintedAt: number
    settle: () => void
  }
  const fresh = (): Wanted => ({
    input: null,
    at: 0,
    answer: null,
    asked: 0,
    before: '',
    look: '',
    lookDrawnAt: 0,
    isShown: false,
    paintedAt: 0,
    settle: () => {},
  })
  let wanted = fresh()

  const grid = () => document.querySelector('[role="grid"]')
  const shownRows = () => [...document.querySelectorAll<HTMLElement>('[data-testid="session-row"]')]
  const look = () => {
    const ids = shownRows().map((row) => `${row.getAttribute('aria-rowindex')} ${row.dataset.sessionId}`)
    return `${grid()?.getAttribute('aria-rowcount')} ${ids.sort().join()}`
  }
  const showsAnswer = () => {
    if (wanted.answer === null || grid()?.getAttribute('aria-busy') === 'true') return false
    const { page, offset } = wanted.answer
    const HEADER_ROWS = 1
    if (Number(grid()?.getAttribute('aria-rowcount')) !== page.count + HEADER_ROWS) return false
    const rows = shownRows().sort((a, b) => Number(a.ariaRowIndex) - Number(b.ariaRowIndex))
    if (page.rows.length === 0) return rows.length === 0
    const ids = new Set(page.rows.map((row) => row.id))
    const [first] = rows
    const startsRight = offset > 0 || first?.dataset.sessionId === page.rows[0]?.id
    return first !== undefined && startsRight && rows.every((row) => ids.has(row.dataset.sessionId ?? ''))
  }
  const hasNoGaps = () => {
    const ROW_STEP = 30
    const place = grid()?.getBoundingClientRect()
    const header = document.querySelector('[role="columnheader"]')?.getBoundingClientRect()
    if (place === undefined || header === undefined || look() === wanted.before) return false
    for (let y = header.bottom + ROW_STEP; y < place.bottom - ROW_STEP; y += ROW_STEP) {
      const there = document.elementFromPoint(place.left + place.width / 2, y)
      if (!there?.closest('[data-testid="session-row"]')) return false
    }
    return true
  }
  // A frame's callbacks run before it is drawn, a message posted by them after.
  const afterFrame = (then: () => void) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = then
    requestAnimationFrame(() => port2.postMessage(null))
  }
  const settle = (current: Wanted) => {
    // Rows that a list had kept may have been there before the answer that confirms them.
    if (!current.isShown || current.lookDrawnAt === 0 || current.paintedAt !== 0) return
    current.paintedAt = current.lookDrawnAt
    current.settle()
  }
  const check = () => {
    const current = wanted
    if (current.at === 0 || current.paintedAt !== 0) return
    const seen = look()
    const isShown = current.input === 'wheel' ? hasNoGaps() : showsAnswer()
    // An answer that changes nothing counts from its own frame.
    if (seen !== current.look || (isShown && seen === current.before && !current.isShown)) {
      current.look = seen
      current.lookDrawnAt = 0
      afterFrame(() => {
        if (current.look === seen) current.lookDrawnAt = performance.now()
        settle(current)
      })
    }
    current.isShown = isShown
    settle(current)
  }

  for (const input of ['keydown', 'click', 'wheel'] as const) {
    const note = (event: Event) => {
      if (wanted.input !== input || wanted.at !== 0) return
      wanted.at = event.timeStamp
    }
    addEventListener(input, note, { capture: true, passive: true })
  }
  // The screens hold this very object, so their calls come by here.
  const ask = data.sessions.bind(data)
  data.sessions = async (query, signal) => {
    const current = wanted
    const isList = current.at !== 0 && query.limit > 1
    const asked = isList ? ++current.asked : 0
    const page = await ask(query, signal)
    if (isList && asked === current.asked) {
      current.answer = { page, offset: query.offset }
      check()
    }
    return page
  }
  new MutationObserver(check).observe(document, { subtree: true, childList: true, attributes: true })
  addEventListener('scroll', () => requestAnimationFrame(check), { capture: true, passive: true })

  return {
    expect(input) {
      const before = look()
      wanted = { ...fresh(), input, before, look: before }
    },
    async painted() {
      const current = wanted
      const settled = new Promise<void>((resolve) => {
        current.settle = resolve
        if (current.paintedAt !== 0) resolve()
      })
      // A list that keeps answers may ask for nothing when it comes back to one; then its change is what was asked for.
      const kept = new Promise<void>((resolve) => {
        setTimeout(() => {
          if (current.asked === 0 && current.lookDrawnAt > 0) resolve()
        }, CACHED_AFTER_MS)
      })
      await Promise.race([settled, kept])
      const paintedAt = current.paintedAt || current.lookDrawnAt
      return paintedAt - current.at
    },
  }
}
