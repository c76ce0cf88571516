/** Whether an element is in view, about to be, or printed; once it was, it stays so. And how wide it is. */
import { type RefObject, useEffect, useState } from 'react'
import { flushSync } from 'react-dom'
import { drawWaiting } from './use-in-turn.ts'

const AHEAD = '400px'

/** @param eager true takes it for seen, as on paper */
export function useNear(element: RefObject<HTMLElement | null>, eager: boolean): boolean {
  const [wasNear, setWasNear] = useState(eager)
  useEffect(() => {
    if (wasNear || element.current === null) return
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setWasNear(true)
      },
      { rootMargin: AHEAD },
    )
    observer.observe(element.current)
    // Nobody scrolls on paper: charts below would be bare titles there.
    const print = () => {
      flushSync(() => setWasNear(true))
      drawWaiting()
    }
    window.addEventListener('beforeprint', print)
    return () => {
      observer.disconnect()
      window.removeEventListener('beforeprint', print)
    }
  }, [element, wasNear])
  return wasNear
}

/** Width in whole pixels; 0 until it is known. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    if (element.current === null) return
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [element])
  return width
}
