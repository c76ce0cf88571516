/** The page of `/refusals`: each store's register of refused age verifications, verified, printable, exportable. */
import { Button, Loader } from '@mantine/core'
import { IconFileExport, IconGitCompare, IconId, IconLink, IconLinkOff } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Refusal, RefusalEntry } from '#shared/protocol/refusals.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { localDateOf } from '#shared/time/local-day.ts'
import type { RefusalComparison, RefusalRegister } from '../../data/data-api.ts'
import { useChosenStores } from '../../ui/chosen-stores.ts'
import { useData, useRevision, useStores } from '../../ui/data-context.ts'
import { deviceZone, formatExact } from '../../ui/format-time.ts'
import { counted } from '../../ui/labels.ts'
import { Blank, InlineError, Toned } from '../../ui/parts.tsx'
import { refusalWords } from '../../ui/refusal-words.ts'
import { saveFile } from '../../ui/save-file.ts'
import { serverNow, useNow } from '../../ui/use-now.ts'
import { PrintedPage } from './printed-page.tsx'
import classes from './refusals.module.css'

export function RefusalsPage() {
  const chosen = useChosenStores()
  const stores = useStores().filter((store) => chosen.length === 0 || chosen.includes(store.id))
  const zone = stores[0]?.timezone ?? deviceZone()
  const now = useNow(60_000)
  return (
    <PrintedPage
      title="Register of age refusals"
      about="Every refused age verification, in the order in which the backend took it. Each entry carries the hash of the one before, so that none can be changed, removed or slipped in unnoticed. No data of the shopper’s document is kept."
      print={{
        name: `floorwalker-age-refusals-${localDateOf(now, zone)}`,
        title: `Register of age refusals, printed ${formatExact(now, zone)}`,
      }}
      testId="refusals"
    >
      {stores.map((store) => (
        <StoreRegister key={store.id} store={store} />
      ))}
    </PrintedPage>
  )
}

function StoreRegister({ store }: { store: StoreSettings }) {
  const data = useData()
  const revision = useRevision()
  const [failed, setFailed] = useState<string | null>(null)
  const [comparison, setComparison] = useState<RefusalComparison | 'running' | null>(null)
  const { data: register, error } = useQuery({
    queryKey: ['refusals', store.id, revision],
    queryFn: () => data.refusals(store.id),
    placeholderData: keepPreviousData,
  })
  const fail = (reason: unknown) => setFailed(reason instanceof Error ? reason.message : String(reason))
  const exportCsv = () => {
    setFailed(null)
    data.exportRefusals(store.id).then(saveFile, fail)
  }
  const compare = () => {
    setFailed(null)
    setComparison('running')
    data.compareRefusals(store.id).then(setComparison, (reason: unknown) => {
      setComparison(null)
      fail(reason)
    })
  }
  return (
    <section className={classes.register} aria-label={`Register of ${store.name}`} data-testid="refusal-register">
      <div className={classes.registerHead}>
        <h2>{store.name}</h2>
        {register !== undefined && <Chain register={register} />}
        <div className={classes.registerActions}>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconGitCompare size={15} />}
            loading={comparison === 'running'}
            onClick={compare}
          >
            Compare with the backend
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconFileExport size={15} />}
            disabled={register === undefined || register.entries.length + register.pending.length === 0}
            onClick={exportCsv}
          >
            Export CSV…
          </Button>
        </div>
      </div>
      <p className={classes.printedAt}>
        {store.name} ({store.id}), printed {formatExact(serverNow(), store.timezone)}
      </p>
      {comparison !== null && comparison !== 'running' && <Comparison comparison={comparison} />}
      {error !== null && <InlineError>The register could not be read: {error.message}</InlineError>}
      {failed !== null && <InlineError>{failed}</InlineError>}
      {register === undefined && error === null && <Loader size="sm" role="status" aria-label="Loading" />}
      {register !== undefined && register.entries.length + register.pending.length === 0 && (
        <Blank icon={IconId} title="Nothing was refused">
          <p>Refusals of this store appear here, also those that are not sent yet.</p>
        </Blank>
      )}
      {register !== undefined && register.entries.length + register.pending.length > 0 && (
        <Entries register={register} store={store} />
      )}
    </section>
  )
}

const brokenWords = {
  content: 'its content is not what its hash says',
  previous: 'it does not follow the entry before it',
  number: 'an entry before it is missing, or was added',
} as const

/** Whether what is on this PC is an unbroken chain, and whether it is all there is. */
function Chain({ register: { entries, chain, last } }: { register: RefusalRegister }) {
  const missing = (last ?? 0) - (entries.at(-1)?.number ?? 0)
  return (
    <p className={classes.chain} data-testid="chain" data-ok={chain.ok}>
      {chain.ok ? (
        <Toned tone="ok" icon={IconLink}>
          Chain verified, {counted(entries.length, 'entry', 'entries')}
        </Toned>
      ) : (
        <Toned tone="bad" icon={IconLinkOff}>
          Broken at entry {chain.number}: {brokenWords[chain.why]}
        </Toned>
      )}
      {missing > 0 && ` · ${counted(missing, 'entry', 'entries')} not fetched yet`}
    </p>
  )
}

function Comparison({ comparison }: { comparison: RefusalComparison }) {
  const words = comparison.ok
    ? `This PC and the backend have the same ${counted(comparison.entries, 'entry', 'entries')}.`
    : comparison.why === 'unreachable'
      ? 'The backend cannot be reached: nothing was compared.'
      : comparison.why === 'differs'
        ? `Entry ${comparison.number} is another one at the backend.`
        : comparison.why === 'missing'
          ? `Entry ${comparison.number} is on this PC and not at the backend.`
          : `The backend’s own chain is broken at entry ${comparison.number}.`
  const tone = comparison.ok ? 'ok' : comparison.why === 'unreachable' ? 'warn' : 'bad'
  return (
    <p className={classes.comparison} role="status" data-testid="comparison">
      <Toned tone={tone}>{words}</Toned>
    </p>
  )
}

function Entries({ register, store }: { register: RefusalRegister; store: StoreSettings }) {
  return (
    <table className={classes.entries}>
      <thead>
        <tr>
          <th scope="col">No.</th>
          <th scope="col">Refused ({store.timezone})</th>
          <th scope="col">By</th>
          <th scope="col">Age</th>
          <th scope="col">Items</th>
          <th scope="col">Reason</th>
          <th scope="col">Session</th>
        </tr>
      </thead>
      {[...register.pending].reverse().map((refusal) => (
        <Entry key={refusal.id} refusal={refusal} entry={null} zone={store.timezone} broken={false} />
      ))}
      {[...register.entries].reverse().map((entry) => (
        <Entry
          key={entry.number}
          refusal={entry}
          entry={entry}
          zone={store.timezone}
          broken={!register.chain.ok && register.chain.number === entry.number}
        />
      ))}
    </table>
  )
}

interface EntryProps {
  refusal: Refusal
  /** Null for one that the backend has not taken yet: it has no place in the chain. */
  entry: RefusalEntry | null
  zone: string
  broken: boolean
}

function Entry({ refusal, entry, zone, broken }: EntryProps) {
  const { storeId, sessionId } = refusal
  return (
    <tbody data-testid="refusal" data-pending={entry === null || undefined} data-broken={broken || undefined}>
      <tr>
        <td>{entry === null ? '—' : entry.number}</td>
        <td>{formatExact(Date.parse(refusal.at), zone)}</td>
        <td>
          {refusal.employee.name} <span className={classes.soft}>{refusal.employee.number}</span>
        </td>
        <td>{refusal.minAge === null ? 'not said' : `${refusal.minAge}+`}</td>
        <td>{refusal.items.map(({ quantity, name }) => `${quantity} × ${name}`).join(', ') || '—'}</td>
        <td>{refusal.reason === null ? 'not said' : refusalWords(refusal.reason)}</td>
        <td>
          <Link to="/stores/$storeId/sessions/$sessionId" params={{ storeId, sessionId }}>
            {sessionId}
          </Link>
        </td>
      </tr>
      <tr className={classes.hash}>
        <td />
        <td colSpan={6}>
          {entry === null ? (
            <strong>Not sent yet: without a place in the chain until the backend has taken it.</strong>
          ) : (
            <>
              {broken && <strong>The chain breaks here. </strong>}
              {entry.hash}
            </>
          )}
        </td>
      </tr>
    </tbody>
  )
}
