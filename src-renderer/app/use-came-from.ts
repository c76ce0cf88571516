/** Remembers the list or page on which a person was, so that a session leads back to where it was opened. */
import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useUiState } from '../ui/ui-state.ts'

/** What a way back to a page is called, by the beginning of its path. */
const pages: Readonly<Record<string, string>> = {
  '/sessions': 'Sessions',
  '/checks': 'Checks',
  '/abandoned': 'Abandoned baskets',
  '/put-back': 'Put back',
  '/not-exited': 'Not exited',
  '/never-served': 'Never served',
  '/problem-products': 'Products',
  '/handover': 'Handover',
  '/charts': 'Charts',
  '/refusals': 'Refusals',
  '/not-counted': 'Not counted',
}

/** For the shell, once. */
export function useCameFrom(): void {
  const router = useRouter()
  useEffect(() => {
    const remember = ({ pathname, search }: { pathname: string; search: Record<string, unknown> }) => {
      const page = Object.keys(pages).find((path) => pathname === path || pathname.startsWith(`${path}/`))
      if (page === undefined) return
      // The chosen stores go along by themselves, as they are then.
      const { stores: _stores, ...own } = search
      useUiState.setState({ cameFrom: { path: pathname, search: own, text: pages[page] ?? page } })
    }
    remember(router.state.location)
    return router.subscribe('onResolved', ({ toLocation }) => remember(toLocation))
  }, [router])
}
