/** Rows of one height in a scroller: which of them are seen, and how to bring one into view. */
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react'

/** Rows drawn beyond those that are seen, at each end; the first one changes in such steps. */
const MARGIN = 8
/** Taller elements lose pixels in Chromium. */
const MAX_HEIGHT = 16_000_000

export interface RowWindow {
  scroller: RefObject<HTMLDivElement | null>
  /** Of all rows together, pixels. */
  height: number
  /** First row that is drawn, and the one after the last. */
  first: number
  end: number
  /** Rows that fit. */
  pageful: number
  onScroll: () => void
  scrollToRow: (index: number) => void
}

/**
 * @param rowHeight pixels
 * @param head pixels over the first row that stay while the rows scroll
 */
export function useRowWindow(count: number, rowHeight: number, head: number): RowWindow {
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState(0)
  const [step, setStep] = useState(0)
  const onScroll = useCallback(() => {
    if (scroller.current !== null) setStep(Math.floor(scroller.current.scrollTop / rowHeight / MARGIN))
  }, [rowHeight])
  useLayoutEffect(() => {
    if (scroller.current === null) return
    const observer = new ResizeObserver(([entry]) => entry && setView(entry.contentRect.height))
    observer.observe(scroller.current)
    setView(scroller.current.clientHeight)
    return () => observer.disconnect()
  }, [])
  const pageful = Math.max(1, Math.floor((view - head) / rowHeight))
  const scrollToRow = useCallback(
    (index: number) => {
      const element = scroller.current
      if (element === null) return
      const top = index * rowHeight
      const lowest = top + rowHeight - (view - head)
      if (top < element.scrollTop) element.scrollTop = top
      else if (lowest > element.scrollTop) element.scrollTop = lowest
    },
    [view, rowHeight, head],
  )
  return {
    scroller,
    height: Math.min(head + count * rowHeight, MAX_HEIGHT),
    first: Math.max(0, Math.min((step - 1) * MARGIN, count - 1)),
    end: Math.min(count, (step + 2) * MARGIN + pageful),
    pageful,
    onScroll,
    scrollToRow,
  }
}
