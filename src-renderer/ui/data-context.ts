/** How screens reach data: the `DataApi` from context, its status mirrored in a store, reads through react-query. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { create } from 'zustand'
import { type Employee, type StoreSettings, seesEmployees } from '#shared/protocol/store-settings.ts'
import type { DataApi, DataStatus } from '../data/data-api.ts'

export const DataContext = createContext<DataApi | null>(null)

/** The data worker behind the screens. */
export function useData(): DataApi {
  const data = useContext(DataContext)
  if (data === null) throw new Error('a screen needs the data context')
  return data
}

/** Mirror of the worker's last status; written only where `DataApi.start` is called. */
export const useDataStatus = create<DataStatus>()(() => ({
  identity: null,
  signInNeeded: false,
  connection: 'connecting',
  problem: null,
  unsent: 0,
  unsentOfOthers: [],
  oldestUnsentAt: null,
  unseenResults: 0,
  clockOffsetMs: 0,
  lastContactAt: {},
  firstSync: null,
  reading: null,
  detailsAhead: null,
  revision: 0,
  journalled: false,
  lowDisk: false,
  readOnly: false,
}))

/** Grows with every change of what queries answer: part of every query key. */
export const useRevision = (): number => useDataStatus((status) => status.revision)

const NO_STORES: StoreSettings[] = []

/** The stores of the signed-in employee. */
export const useStores = (): StoreSettings[] => useDataStatus((status) => status.identity?.stores ?? NO_STORES)

/** The signed-in employee; null on the sign-in page. */
export const useEmployee = (): Employee | null => useDataStatus((status) => status.identity?.employee ?? null)

/** A viewer reads only. */
export const useMayDecide = (): boolean =>
  useDataStatus((status) => status.identity !== null && status.identity.employee.role !== 'viewer')

/** Whether figures of single employees, and who checked what, are shown. */
export const useMaySeeEmployees = (): boolean =>
  useDataStatus((status) => seesEmployees(status.identity?.employee.role))

/** UTC milliseconds of the oldest last contact among the stores (empty means all): how old what is shown may be. */
export function useDataAge(storeIds: string[]): number | null {
  const stores = useStores()
  const lastContactAt = useDataStatus((status) => status.lastContactAt)
  const ids = storeIds.length > 0 ? storeIds : stores.map((store) => store.id)
  const known = ids.flatMap((id) => lastContactAt[id] ?? [])
  return known.length === 0 ? null : Math.min(...known)
}

/** Open verifications of the stores (empty means all), longest wait first. */
export function useQueue(storeIds: string[]) {
  const data = useData()
  const revision = useRevision()
  return useQuery({
    queryKey: ['queue', storeIds, revision],
    queryFn: () => data.queue(storeIds),
    placeholderData: keepPreviousData,
  })
}

/** One session as the screens show it; null where nobody knows it, undefined until the first answer. */
export function useSession(storeId: string, sessionId: string) {
  const data = useData()
  const revision = useRevision()
  return useQuery({
    queryKey: ['session', storeId, sessionId, revision],
    queryFn: () => data.session(storeId, sessionId),
    placeholderData: (previous, query) =>
      // Another session must not flash up with this one's content.
      query?.queryKey[1] === storeId && query.queryKey[2] === sessionId ? keepPreviousData(previous) : undefined,
  })
}
