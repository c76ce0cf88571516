/** The page of `/not-exited`: who paid and has not scanned the exit, and whether that is the gate or the people. */
import { Button, Loader } from '@mantine/core'
import { IconDoorExit } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import { type ClientExitRate, type NotExited, SETTLE_AFTER_MS } from '../../data/abandoned-api.ts'
import { useChosenStores } from '../../ui/chosen-stores.ts'
import { useData, useRevision, useStores } from '../../ui/data-context.ts'
import { formatShort, formatSpan } from '../../ui/format-time.ts'
import { clientLabel, counted } from '../../ui/labels.ts'
import { Blank, InlineError, Section, Toned } from '../../ui/parts.tsx'
import { useNow } from '../../ui/use-now.ts'
import { AbandonedTabs } from './abandoned-tabs.tsx'
import { exitSentences, percentWords } from './exit-words.ts'
import { Incomplete } from './incomplete.tsx'
import { type Period, periodPhrase, startOfPeriod } from './period.ts'
import { PeriodChoice } from './period-choice.tsx'
import classes from './problem-lists.module.css'

const PERIODS: Period[] = ['today', '24h', '7d']
/** Rows at a time: each has a clock that runs. */
const STEP = 100
const MINUTE_MS = 60_000

export function NotExitedPage() {
  const storeIds = useChosenStores()
  const period = useSearch({ strict: false, select: (search) => search.period }) ?? 'today'
  const data = useData()
  const revision = useRevision()
  const zone = useStores().find((store) => storeIds.length === 0 || storeIds.includes(store.id))?.timezone ?? 'UTC'
  const nowMs = useNow(MINUTE_MS)
  const { data: found, error } = useQuery({
    queryKey: ['not-exited', storeIds, period, nowMs, revision],
    queryFn: () => data.notExited({ storeIds, from: startOfPeriod(period, zone, nowMs), nowMs }),
    placeholderData: keepPreviousData,
  })
  return (
    <div className={classes.room}>
      <AbandonedTabs>
        <PeriodChoice value={period} choices={PERIODS} />
      </AbandonedTabs>
      <div className={classes.page} data-testid="not-exited">
        <div className={classes.head}>
          <h1>Paid, not exited</h1>
          <p>
            {found !== undefined &&
              found.rows.length > 0 &&
              `${counted(found.rows.length, 'shopper has', 'shoppers have')} paid and not scanned the exit yet`}
          </p>
        </div>
        {error !== null && <InlineError>This could not be read: {error.message}</InlineError>}
        {found === undefined && error === null && <Loader size="sm" role="status" aria-label="Loading" />}
        {found !== undefined && (
          <>
            {!found.complete && <Incomplete />}
            <Rates rates={found.rates} phrase={periodPhrase(period)} />
            <Inside rows={found.rows} />
          </>
        )}
      </div>
    </div>
  )
}

/** The share of each client with its interval, and above it what that means. */
function Rates({ rates, phrase }: { rates: ClientExitRate[]; phrase: string }) {
  const sentences = exitSentences(rates)
  const widest = Math.max(0.05, ...rates.map(({ high }) => high))
  return (
    <Section
      title="Did not scan the exit"
      aside={`of those who paid ${phrase}, more than ${SETTLE_AFTER_MS / MINUTE_MS} minutes ago`}
    >
      <ul className={classes.sentences} data-testid="exit-sentences">
        {sentences.map(({ tone, text }) => (
          <li key={text}>
            <Toned tone={tone}>{text}</Toned>
          </li>
        ))}
      </ul>
      {rates.length > 0 && (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Client</th>
              <th scope="col" data-number>
                Paid
              </th>
              <th scope="col" data-number>
                No exit
              </th>
              <th scope="col" data-number>
                Share
              </th>
              <th scope="col">Where the true share lies (95 %)</th>
            </tr>
          </thead>
          <tbody>
            {rates.map((rate) => (
              <Rate key={rate.client} rate={rate} widest={widest} />
            ))}
          </tbody>
        </table>
      )}
    </Section>
  )
}

function Rate({ rate: { client, paid, notExited, low, high }, widest }: { rate: ClientExitRate; widest: number }) {
  const { text, icon: ClientIcon } = clientLabel(client)
  const place = (share: number) => `${(share / widest) * 100}%`
  return (
    <tr data-testid="exit-rate" data-client={client}>
      <th scope="row">
        <ClientIcon size={15} stroke={1.6} aria-hidden /> {text}
      </th>
      <td data-number>{paid.toLocaleString('en')}</td>
      <td data-number>{notExited.toLocaleString('en')}</td>
      <td data-number>{paid === 0 ? '—' : percentWords(notExited / paid)}</td>
      <td>
        <div className={classes.interval}>
          <span className={classes.track} aria-hidden>
            <i style={{ left: place(low), width: place(high - low) }} />
            {paid > 0 && <b style={{ left: place(notExited / paid) }} />}
          </span>
          <span>
            {percentWords(low)} to {percentWords(high)}
          </span>
        </div>
      </td>
    </tr>
  )
}

function Inside({ rows }: { rows: NotExited['rows'] }) {
  const stores = useStores()
  const nowMs = useNow(10_000)
  const [shown, setShown] = useState(STEP)
  const severalStores = new Set(rows.map(({ row }) => row.storeId)).size > 1
  if (rows.length === 0) {
    return (
      <div className={classes.nobody}>
        <Blank icon={IconDoorExit} title="Everybody who paid has left">
          <p>Shoppers who have paid and not scanned the exit appear here, longest ago first.</p>
        </Blank>
      </div>
    )
  }
  return (
    <Section title="Inside by now" aside="longest ago first">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Session</th>
            {severalStores && <th scope="col">Store</th>}
            <th scope="col">Client</th>
            <th scope="col" data-number>
              Items
            </th>
            <th scope="col" data-number>
              Value
            </th>
            <th scope="col" data-number>
              Paid
            </th>
            <th scope="col" data-number>
              Ago
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map(({ row, paidAt }) => {
            const store = stores.find((each) => each.id === row.storeId)
            const { text, icon: ClientIcon } = clientLabel(row.client)
            const paid = paidAt === null ? null : formatShort(paidAt, store?.timezone ?? 'UTC', nowMs)
            return (
              <tr key={JSON.stringify([row.storeId, row.id])} data-testid="not-exited-row" data-session-id={row.id}>
                <th scope="row">
                  <Link to="/stores/$storeId/sessions/$sessionId" params={{ storeId: row.storeId, sessionId: row.id }}>
                    {row.id}
                  </Link>
                </th>
                {severalStores && <td>{store?.name ?? row.storeId}</td>}
                <td data-short>
                  <ClientIcon size={15} stroke={1.6} aria-hidden /> {text}
                </td>
                <td data-number>{row.quantity.toLocaleString('en')}</td>
                <td data-number>{formatMoney(row.total, row.currency)}</td>
                <td data-number>{paid ?? <span className={classes.soft}>not known here</span>}</td>
                <td data-number>
                  {paidAt === null && 'at least '}
                  {formatSpan(nowMs - (paidAt ?? row.lastActivityAt))}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {rows.length > shown && (
        <Button variant="default" m="xs" onClick={() => setShown(shown + STEP)}>
          Show {Math.min(STEP, rows.length - shown)} more of {counted(rows.length - shown, 'shopper')}
        </Button>
      )}
    </Section>
  )
}
