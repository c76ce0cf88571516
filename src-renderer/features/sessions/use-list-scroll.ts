/** Scrolling of the list: which rows are seen, and how they lie in an element shorter than all of them together. */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { elementPosition, MAX_HEIGHT, mustSettle, type ScrollPlace, scrolledTo, scrollSpan } from './scroll-map.ts'

export const ROW_HEIGHT = 34
export const HEADER_HEIGHT = 30
/** The rows that are drawn change once per so many rows. */
const DRAWN_STEP = 4
const SETTLE_MS = 160

export interface ListScroll {
  scroller: RefObject<HTMLDivElement | null>
  /** Height of the element that is scrolled, pixels. */
  height: number
  /** First and last row seen, with a few more. */
  first: number
  last: number
  /** Rows that fit between header and bottom. */
  pageful: number
  /** Rows that are drawn at most. */
  slots: number
  /** Position in the list minus the scrollbar's. */
  ahead: number
  isAtTop: boolean
  onScroll: () => void
  scrollToRow: (index: number) => void
  scrollToTop: () => void
  /** Position in the list, pixels: to come back to. */
  position: () => number
}

/**
 * @param count rows of the list
 * @param start position to begin at, once there are rows
 */
export function useListScroll(count: number, start: number): ListScroll {
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState(0)
  const fullHeight = HEADER_HEIGHT + count * ROW_HEIGHT
  const span = useMemo(() => scrollSpan(fullHeight, view), [fullHeight, view])
  const place = useRef<ScrollPlace>({ top: start, element: 0 })
  const [drawn, setDrawn] = useState({
    step: Math.floor(start / ROW_HEIGHT / DRAWN_STEP),
    ahead: 0,
    isAtTop: start === 0,
  })
  const settling = useRef<ReturnType<typeof setTimeout>>(undefined)
  const isRestored = useRef(start === 0)

  const draw = useCallback(() => {
    const { top, element } = place.current
    const next = {
      step: Math.floor(top / ROW_HEIGHT / DRAWN_STEP),
      ahead: top - element,
      isAtTop: top < ROW_HEIGHT / 2,
    }
    setDrawn((now) => (now.step === next.step && now.ahead === next.ahead && now.isAtTop === next.isAtTop ? now : next))
  }, [])

  const moveTo = useCallback(
    (top: number) => {
      if (scroller.current === null) return
      const at = Math.min(Math.max(top, 0), span.list)
      // To touch the scroller is to lay the rows out, which is not for nothing.
      if (at === 0 && place.current.top === 0 && place.current.element === 0) return
      scroller.current.scrollTop = elementPosition(span, at)
      // What the browser made of it, which rounds.
      place.current = { top: at, element: scroller.current.scrollTop }
      draw()
    },
    [span, draw],
  )

  const onScroll = useCallback(() => {
    if (scroller.current === null || !isRestored.current) return
    place.current = scrolledTo(span, place.current, scroller.current.scrollTop, view)
    // Within the frame that scrolls: later, the frame would show a gap first.
    flushSync(() => (mustSettle(span, place.current) ? moveTo(place.current.top) : draw()))
    clearTimeout(settling.current)
    if (span.list === span.element) return
    settling.current = setTimeout(() => moveTo(place.current.top), SETTLE_MS)
  }, [span, view, draw, moveTo])
  useEffect(() => () => clearTimeout(settling.current), [])

  useLayoutEffect(() => {
    if (scroller.current === null) return
    const observer = new ResizeObserver(([entry]) => entry && setView(entry.contentRect.height))
    observer.observe(scroller.current)
    setView(scroller.current.clientHeight)
    return () => observer.disconnect()
  }, [])
  // Coming back to the list it stands where it stood; one that became shorter ends where it ends.
  useLayoutEffect(() => {
    if (count === 0 || view === 0) return
    if (!isRestored.current || place.current.top > span.list) moveTo(place.current.top)
    isRestored.current = true
  }, [count, view, span, moveTo])

  const seen = Math.max(1, Math.floor((view - HEADER_HEIGHT) / ROW_HEIGHT))
  const scrollToRow = useCallback(
    (index: number) => {
      const { top } = place.current
      const rowTop = index * ROW_HEIGHT
      const lowest = rowTop + ROW_HEIGHT - (view - HEADER_HEIGHT)
      if (rowTop < top) moveTo(rowTop)
      else if (lowest > top) moveTo(lowest)
    },
    [view, moveTo],
  )
  const first = drawn.step * DRAWN_STEP
  return {
    scroller,
    height: Math.max(HEADER_HEIGHT, Math.min(fullHeight, MAX_HEIGHT)),
    first: Math.max(0, Math.min(first, count - 1)),
    last: Math.min(count - 1, first + seen + 2 * DRAWN_STEP),
    pageful: seen,
    slots: seen + 2 * DRAWN_STEP + 1,
    ahead: drawn.ahead,
    isAtTop: drawn.isAtTop,
    onScroll,
    scrollToRow,
    scrollToTop: useCallback(() => moveTo(0), [moveTo]),
    position: useCallback(() => place.current.top, []),
  }
}
