/**
 * What `analytics` runs inside the console's page, sent there as source: no function here may use anything of this module.
 * Instants are the page's monotonic milliseconds (`performance.now()`).
 */

export interface ChartWatch {
  /** The next click starts a measurement. */
  expect(): void
  /** Milliseconds from that click until the frame in which all charts in view show its answer. */
  painted(): Promise<number>
  /** Tasks of the window over 50 ms since the watch began, milliseconds each. */
  longTasks(): number[]
}

/** Watches the charts for what clicks on filters do to them; a click must change how many sessions are counted. */
export function watchCharts(): ChartWatch {
  const wanted = { isExpected: false, at: 0, before: '', isDrawing: false, paintedAt: 0, settle: () => {} }
  const tasks: number[] = []
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration)
  }).observe({ type: 'longtask' })
  const count = () => document.querySelector<HTMLElement>('[data-testid="charts-count"]')?.dataset.count ?? ''
  // The heat map is drawn with the count, as is a card of nothing; the others each in their turn.
  const isPainted = (card: HTMLElement) => {
    const drawing = card.querySelector('svg[role="presentation"]')?.parentElement
    return drawing == null || drawing.dataset.painted !== undefined
  }
  const isThere = () => {
    if (count() === wanted.before || document.querySelector('[data-outdated]') !== null) return false
    const cards = [...document.querySelectorAll<HTMLElement>('section[data-testid^="chart-"]')].filter((card) => {
      const { top, bottom } = card.getBoundingClientRect()
      return bottom > 0 && top < innerHeight
    })
    return cards.length > 0 && cards.every(isPainted)
  }
  const afterFrame = new MessageChannel()
  afterFrame.port1.onmessage = () => {
    wanted.isDrawing = false
    wanted.paintedAt = performance.now()
    wanted.settle()
  }
  const look = () => {
    if (wanted.at === 0 || wanted.isDrawing || wanted.paintedAt !== 0 || !isThere()) return
    wanted.isDrawing = true
    // A frame's callbacks run before it is drawn, a message posted by them after.
    requestAnimationFrame(() => afterFrame.port2.postMessage(null))
  }
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    characterData: true,
  })
  addEventListener(
    'click',
    (event) => {
      if (!wanted.isExpected) return
      wanted.isExpected = false
      wanted.at = event.timeStamp
    },
    { capture: true },
  )
  return {
    expect() {
      Object.assign(wanted, {
        isExpected: true,
        at: 0,
        before: count(),
        isDrawing: false,
        paintedAt: 0,
        settle: () => {},
      })
    },
    async painted() {
      if (wanted.paintedAt === 0) await new Promise<void>((resolve) => Object.assign(wanted, { settle: resolve }))
      return wanted.paintedAt - wanted.at
    },
    longTasks: () => tasks,
  }
}
