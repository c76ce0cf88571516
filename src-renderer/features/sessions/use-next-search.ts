/**
 * Goes on to another search of the list once its rows are there: the worker is asked first, then the URL, the filters and
 * the rows change in one frame. Whatever the person does meanwhile meets the changed list.
 */
import { useCallbackRef } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import type { SessionsSearch } from '../../ui/sessions-search.ts'

/** A worker that takes longer must not hide that something was asked. */
const PATIENCE_MS = 60
const INPUTS = ['keydown', 'pointerdown'] as const

/**
 * @param search as the URL has it
 * @param ask asks for the rows of a search; resolves when they are there or will not come
 * @param go puts a search into the URL
 * @returns changes parts of the search
 */
export function useNextSearch(
  search: SessionsSearch,
  ask: (search: SessionsSearch) => Promise<void>,
  go: (search: SessionsSearch) => void,
): (part: SessionsSearch) => void {
  const waiting = useRef<{ search: SessionsSearch; timer: ReturnType<typeof setTimeout> } | null>(null)
  const take = (): SessionsSearch | null => {
    const next = waiting.current
    waiting.current = null
    clearTimeout(next?.timer)
    return next?.search ?? null
  }
  const flush = useCallbackRef(() => {
    const next = take()
    if (next !== null) go(next)
  })
  useEffect(() => {
    for (const input of INPUTS) window.addEventListener(input, flush, { capture: true })
    return () => {
      for (const input of INPUTS) window.removeEventListener(input, flush, { capture: true })
      clearTimeout(waiting.current?.timer)
      waiting.current = null
    }
  }, [flush])
  return useCallbackRef((part: SessionsSearch) => {
    const next = { ...(take() ?? search), ...part }
    waiting.current = { search: next, timer: setTimeout(flush, PATIENCE_MS) }
    void ask(next).then(() => {
      if (waiting.current?.search === next) flush()
    })
  })
}
