/** Which stores the person looks at: kept in the URL, empty means all. */
import { useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useStores } from './data-context.ts'

const NONE: string[] = []

/** Ids in the URL that are no stores of the employee: to be said, since what is shown is not narrowed to them. */
export function useUnknownStores(): string[] {
  const wanted = useSearch({ strict: false, select: (search) => search.stores })
  const stores = useStores()
  return useMemo(() => wanted?.filter((id) => !stores.some((store) => store.id === id)) ?? NONE, [wanted, stores])
}

/** Ids of the chosen stores, only those the employee may see; empty means all of them. */
export function useChosenStores(): string[] {
  const wanted = useSearch({ strict: false, select: (search) => search.stores })
  const stores = useStores()
  return useMemo(() => {
    const known = stores.map((store) => store.id).filter((id) => wanted?.includes(id))
    return known.length === stores.length ? [] : known
  }, [wanted, stores])
}
