/** Brings the details of a period to this PC, so that they are counted too. */
import { Button } from '@mantine/core'
import { IconCloudDownload, IconPlayerStop } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { noFilter } from '../../data/data-api.ts'
import { useData, useDataStatus } from '../../ui/data-context.ts'
import { InlineError } from '../../ui/parts.tsx'
import { serverNow } from '../../ui/use-now.ts'
import classes from './problem-lists.module.css'

/** At one click: a minute or so, and no burden for a backend. */
const MAX_FETCHED = 5_000

interface FetchMissingProps {
  storeIds: string[]
  /** Start of the sessions, UTC milliseconds. */
  from: number
  to: number
  missing: number
  onDone: () => void
}

/** The newest ones come first. */
export function FetchMissing({ storeIds, from, to, missing, onDone }: FetchMissingProps) {
  const data = useData()
  const online = useDataStatus((status) => status.connection === 'online')
  const [fetched, setFetched] = useState(0)
  const aborter = useRef<AbortController | null>(null)
  const wanted = Math.min(MAX_FETCHED, missing)
  const fetching = useMutation({
    mutationFn: async () => {
      setFetched(0)
      aborter.current = new AbortController()
      const filter = { ...noFilter, storeIds, startedFrom: from, startedTo: to }
      const query = { ...filter, sort: 'startedAt' as const, descending: true, nowMs: serverNow() }
      const outcome = await data.fetchDetails({ query, only: null }, wanted, {
        signal: aborter.current.signal,
        onProgress: ({ rows }) => setFetched(rows),
      })
      if (!outcome.ok && outcome.code !== 'cancelled') throw new Error(outcome.message)
    },
    onSuccess: onDone,
  })
  return (
    <div className={classes.fetch}>
      <Button
        variant="default"
        leftSection={<IconCloudDownload size={15} />}
        disabled={!online}
        loading={fetching.isPending}
        onClick={() => fetching.mutate()}
      >
        Fetch the {wanted < missing && 'next '}
        {wanted.toLocaleString('en')} missing
      </Button>
      {fetching.isPending && (
        <>
          <span role="status">{fetched.toLocaleString('en')} fetched</span>
          <Button variant="subtle" leftSection={<IconPlayerStop size={15} />} onClick={() => aborter.current?.abort()}>
            Stop
          </Button>
        </>
      )}
      {!online && <span>The backend is not reached now.</span>}
      {fetching.error !== null && <InlineError>{fetching.error.message}</InlineError>}
    </div>
  )
}
