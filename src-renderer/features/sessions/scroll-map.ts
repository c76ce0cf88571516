/**
 * A list taller than Chromium's largest element (about 33 million pixels; transforms lose whole pixels long before) is
 * scrolled in a shorter element. Near both ends a pixel of the scrollbar is a pixel of the list; between them the scrollbar
 * runs faster, while wheel and keys still move the list pixel by pixel.
 */

export const MAX_HEIGHT = 8_000_000
/** Pixels at each end in which both heights run alike. */
const EDGE = 1_000_000

/** Largest scroll positions, pixels: of the list, and of the element that stands for it. */
export interface ScrollSpan {
  list: number
  element: number
}

/** Where the list stands: `top` as if it had its full height, `element` as the scrollbar has it. */
export interface ScrollPlace {
  top: number
  element: number
}

/** @param height full height of the list's content @param view height of what is seen of it */
export function scrollSpan(height: number, view: number): ScrollSpan {
  return { list: Math.max(0, height - view), element: Math.max(0, Math.min(height, MAX_HEIGHT) - view) }
}

const clamp = (value: number, max: number): number => Math.min(Math.max(value, 0), max)

/** The scrollbar's position for a position in the list. */
export function elementPosition(span: ScrollSpan, top: number): number {
  const at = clamp(top, span.list)
  if (span.list === span.element || at <= EDGE) return at
  if (span.list - at <= EDGE) return span.element - (span.list - at)
  return EDGE + ((at - EDGE) * (span.element - 2 * EDGE)) / (span.list - 2 * EDGE)
}

/** Reverse of `elementPosition`. */
export function listPosition(span: ScrollSpan, element: number): number {
  const at = clamp(element, span.element)
  if (span.list === span.element || at <= EDGE) return at
  if (span.element - at <= EDGE) return span.list - (span.element - at)
  return EDGE + ((at - EDGE) * (span.list - 2 * EDGE)) / (span.element - 2 * EDGE)
}

const isNearAnEnd = (span: ScrollSpan, top: number): boolean => top <= EDGE || span.list - top <= EDGE

/**
 * Where the list stands after the scrollbar moved to `element`. Up to a view's height it moves by as much, as the wheel
 * means it; a longer way is a drag, and lands where the scrollbar stands.
 */
export function scrolledTo(span: ScrollSpan, place: ScrollPlace, element: number, view: number): ScrollPlace {
  const step = element - place.element
  const isDrag = Math.abs(step) > view || span.list === span.element
  return { top: isDrag ? listPosition(span, element) : clamp(place.top + step, span.list), element }
}

/** Whether the scrollbar has to follow at once: near an end a drift would leave rows that cannot be reached. */
export const mustSettle = (span: ScrollSpan, place: ScrollPlace): boolean =>
  isNearAnEnd(span, place.top) && Math.abs(elementPosition(span, place.top) - place.element) >= 1
