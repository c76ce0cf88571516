/** Puts the keyboard into a form that has just appeared. */
import { type RefObject, useEffect, useRef } from 'react'

/** Ref of the element that has the focus once, when it appears. */
export function useInitialFocus<Element extends HTMLElement>(): RefObject<Element | null> {
  const ref = useRef<Element>(null)
  useEffect(() => ref.current?.focus(), [])
  return ref
}
