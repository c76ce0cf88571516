/** What the list says when it has no rows: why, and what can be done about it. */
import { Loader } from '@mantine/core'
import {
  IconBasketOff,
  IconCloudDownload,
  IconDatabaseOff,
  IconFilterOff,
  IconPlugConnectedX,
} from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { memo, type ReactNode } from 'react'
import { useData, useDataStatus, useRevision } from '../../ui/data-context.ts'
import { filterWords } from '../../ui/filter-words.ts'
import { counted } from '../../ui/labels.ts'
import {
  activeFilters,
  type FilterName,
  filterOf,
  type ListFilters,
  type ListScope,
  noListFilters,
} from '../../ui/list-filters.ts'
import { Blank } from '../../ui/parts.tsx'
import classes from './list-blank.module.css'

interface ListBlankProps {
  /** Null while the first answer is awaited. */
  count: number | null
  isComplete: boolean
  isFailed: boolean
  filters: ListFilters
  scope: ListScope
  chosen: readonly string[]
  nowMs: number
  onChange: (change: Partial<ListFilters>) => void
}

/** Nothing while there are rows. */
export const ListBlank = memo(function ListBlank(props: ListBlankProps) {
  const { count, isComplete, isFailed, filters, scope } = props
  const firstSync = useDataStatus((status) => status.firstSync)
  const reading = useDataStatus((status) => status.reading)
  const connection = useDataStatus((status) => status.connection)
  const isEverSynced = useDataStatus((status) =>
    scope.stores.some((store) => status.lastContactAt[store.id] !== undefined),
  )

  if (isFailed)
    return (
      <Over>
        <Blank icon={IconDatabaseOff} title="The sessions could not be read">
          <p>The console’s storage did not answer. It is asked again with the next change.</p>
        </Blank>
      </Over>
    )
  if (count !== null && count > 0) return null
  if (count === null || !isComplete || reading !== null)
    return (
      <Over>
        <div className={classes.waiting} role="status">
          <Loader size="sm" aria-hidden />
          {reading === null
            ? 'Reading the sessions…'
            : `Reading this PC’s history: ${reading.daysDone} of ${counted(reading.daysTotal, 'day')}, newest first`}
        </div>
      </Over>
    )
  if (firstSync !== null)
    return (
      <Over>
        <Blank icon={IconCloudDownload} title="The history is on its way">
          <p>
            {firstSync.daysDone} of {counted(firstSync.daysTotal, 'day')} of{' '}
            {scope.stores.find((store) => store.id === firstSync.storeId)?.name ?? firstSync.storeId} are here, newest
            first. Sessions appear as they arrive.
          </p>
        </Blank>
      </Over>
    )
  if (!isEverSynced)
    return (
      <Over>
        <Blank icon={IconPlugConnectedX} title="Nothing is here yet">
          <p>
            {connection === 'offline'
              ? 'This PC has not reached the backend yet, so it knows no sessions. It keeps trying.'
              : 'The sessions are asked for now.'}
          </p>
        </Blank>
      </Over>
    )
  if (activeFilters(filters).length > 0)
    return (
      <Over>
        <Blank icon={IconFilterOff} title="No session matches">
          <Ways {...props} />
        </Blank>
      </Over>
    )
  return (
    <Over>
      <Blank icon={IconBasketOff} title="No sessions yet">
        <p>As soon as a shopper scans the first product, the session appears here.</p>
      </Blank>
    </Over>
  )
})

const Over = ({ children }: { children: ReactNode }) => <div className={classes.over}>{children}</div>

/** Which one filter to drop, and how many sessions there would be. */
function Ways({ filters, scope, chosen, nowMs, onChange }: ListBlankProps) {
  const data = useData()
  const revision = useRevision()
  const names = activeFilters(filters)
  const { data: ways = [] } = useQuery({
    queryKey: ['without-a-filter', filters, chosen, nowMs, revision],
    queryFn: async ({ signal }) => {
      const found: { name: FilterName; count: number }[] = []
      for (const name of names) {
        const without = filterOf({ ...filters, [name]: noListFilters[name] }, scope, chosen, nowMs)
        const span = { sort: 'lastActivityAt', descending: true, offset: 0, limit: 0, nowMs } as const
        const { count } = await data.sessions({ ...without, ...span }, signal)
        if (count > 0) found.push({ name, count })
      }
      return found.sort((a, b) => b.count - a.count)
    },
    placeholderData: keepPreviousData,
  })
  const words = (name: FilterName) => filterWords(name, filters, scope)
  return (
    <>
      <p>{ways.length > 0 ? 'Without one of these filters there would be:' : 'No session has all of this.'}</p>
      <div className={classes.ways}>
        {ways.map(({ name, count }) => (
          <button key={name} type="button" onClick={() => onChange({ [name]: noListFilters[name] })}>
            <span>Without “{words(name)}”</span>
            <strong>{counted(count, 'session')}</strong>
          </button>
        ))}
        <button type="button" onClick={() => onChange(noListFilters)}>
          Clear all filters
        </button>
      </div>
    </>
  )
}
