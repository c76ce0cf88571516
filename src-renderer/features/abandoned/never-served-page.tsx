/** The page of `/never-served`: shoppers who were asked to wait and whom nobody came to. */
import { Button, Loader } from '@mantine/core'
import { IconMoodSmile } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { NeverServed } from '../../data/abandoned-api.ts'
import { useChosenStores } from '../../ui/chosen-stores.ts'
import { useData, useDataStatus, useRevision, useStores } from '../../ui/data-context.ts'
import { formatShort, formatSpan } from '../../ui/format-time.ts'
import { clientLabel, counted, kindLabels, reasonWords } from '../../ui/labels.ts'
import { Blank, InlineError, Section } from '../../ui/parts.tsx'
import { useNow } from '../../ui/use-now.ts'
import { AbandonedTabs } from './abandoned-tabs.tsx'
import { Incomplete } from './incomplete.tsx'
import { type Period, periodPhrase, startOfPeriod } from './period.ts'
import { PeriodChoice } from './period-choice.tsx'
import classes from './problem-lists.module.css'
import { countHours, lostValue, medianWait, thenWords, waitingFrom } from './served-words.ts'

const PERIODS: Period[] = ['today', '24h', '7d', '30d']
const STEP = 100
const MINUTE_MS = 60_000

export function NeverServedPage() {
  const storeIds = useChosenStores()
  const period = useSearch({ strict: false, select: (search) => search.period }) ?? '7d'
  const data = useData()
  const revision = useRevision()
  const isReading = useDataStatus((status) => status.reading !== null)
  const zone = useStores().find((store) => storeIds.length === 0 || storeIds.includes(store.id))?.timezone ?? 'UTC'
  const nowMs = useNow(MINUTE_MS)
  const { data: served, error } = useQuery({
    queryKey: ['never-served', storeIds, period, nowMs, revision],
    queryFn: () => data.neverServed({ storeIds, endedFrom: startOfPeriod(period, zone, nowMs), nowMs }),
    placeholderData: keepPreviousData,
  })
  return (
    <div className={classes.room}>
      <AbandonedTabs>
        <PeriodChoice value={period} choices={PERIODS} />
      </AbandonedTabs>
      <div className={classes.page} data-testid="never-served">
        <div className={classes.head}>
          <h1>Never served</h1>
          <p>
            {served !== undefined &&
              `${counted(served.length, 'shopper')} left ${periodPhrase(period)} and nobody had come`}
          </p>
        </div>
        {error !== null && <InlineError>This could not be read: {error.message}</InlineError>}
        {served === undefined && error === null && <Loader size="sm" role="status" aria-label="Loading" />}
        {isReading && <Incomplete />}
        {served?.length === 0 && (
          <Blank icon={IconMoodSmile} title="Everybody was served">
            <p>Shoppers whose spot check or age verification nobody took before their session ended appear here.</p>
          </Blank>
        )}
        {served !== undefined && served.length > 0 && (
          <>
            <Hours served={served} />
            <Shoppers served={served} />
          </>
        )}
      </div>
    </div>
  )
}

/** At which hour nobody comes: where another colleague would help. */
function Hours({ served }: { served: NeverServed[] }) {
  const stores = useStores()
  const zoneOf = (storeId: string) => stores.find((store) => store.id === storeId)?.timezone ?? 'UTC'
  const hours = countHours(served, zoneOf)
  const most = Math.max(...hours)
  const median = medianWait(served)
  const lost = lostValue(served)
  return (
    <Section title="When they began to wait" aside="store’s time">
      <p className={classes.lead}>
        {median !== null &&
          `Until their sessions ended, half of them went unserved for ${formatSpan(median)} or longer. `}
        {lost.length > 0 &&
          `${counted(
            lost.reduce((sum, { count }) => sum + count, 0),
            'basket',
          )} of ${lost.map(({ total, currency }) => formatMoney(total, currency)).join(' and ')} stayed behind.`}
      </p>
      <ol className={classes.hours} data-testid="hours">
        {hours.map((count, hour) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the index is the hour
          <li key={hour} aria-label={`${hour}:00 to ${hour + 1}:00: ${count}`}>
            <span aria-hidden>{count > 0 ? count : ''}</span>
            <span className={classes.bar} aria-hidden>
              <i style={{ height: `${(count / most) * 100}%` }} />
            </span>
            <span aria-hidden>{hour}</span>
          </li>
        ))}
      </ol>
    </Section>
  )
}

function Shoppers({ served }: { served: NeverServed[] }) {
  const stores = useStores()
  const nowMs = useNow(MINUTE_MS)
  const [shown, setShown] = useState(STEP)
  const severalStores = new Set(served.map(({ row }) => row.storeId)).size > 1
  return (
    <Section title="Shoppers" aside="newest first">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Waited from</th>
            <th scope="col">Session</th>
            <th scope="col">Check</th>
            <th
              scope="col"
              data-number
              title="Until the session ended: nobody knows when a shopper gave up before that"
            >
              Unserved for
            </th>
            <th scope="col">And then</th>
            <th scope="col">Client</th>
            <th scope="col" data-number>
              Items
            </th>
            <th scope="col" data-number>
              Value
            </th>
          </tr>
        </thead>
        <tbody>
          {served.slice(0, shown).map((each) => {
            const { row, verifications, waitedMs } = each
            const store = stores.find(({ id }) => id === row.storeId)
            const { text, icon: ClientIcon } = clientLabel(row.client)
            return (
              <tr key={JSON.stringify([row.storeId, row.id])} data-testid="never-served-row" data-session-id={row.id}>
                <td data-short>{formatShort(waitingFrom(each), store?.timezone ?? 'UTC', nowMs)}</td>
                <th scope="row">
                  <Link to="/stores/$storeId/sessions/$sessionId" params={{ storeId: row.storeId, sessionId: row.id }}>
                    {row.id}
                  </Link>
                  {severalStores && <div className={classes.share}>{store?.name ?? row.storeId}</div>}
                </th>
                <td>{kindWords(row, verifications)}</td>
                <td data-number>{formatSpan(waitedMs)}</td>
                <td data-short>{thenWords(row)}</td>
                <td data-short>
                  <ClientIcon size={15} stroke={1.6} aria-hidden /> {text}
                </td>
                <td data-number>{row.quantity.toLocaleString('en')}</td>
                <td data-number>{formatMoney(row.total, row.currency)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {served.length > shown && (
        <Button variant="default" m="xs" onClick={() => setShown(shown + STEP)}>
          Show {Math.min(STEP, served.length - shown)} more of {counted(served.length - shown, 'shopper')}
        </Button>
      )}
    </Section>
  )
}

/** Kinds of the checks, with the store system's reason where the details are here. */
function kindWords(row: NeverServed['row'], verifications: NeverServed['verifications']): string {
  if (verifications !== null && verifications.length > 0) {
    return verifications
      .map(({ kind, reason }) => kindLabels[kind] + (reason === undefined ? '' : ` (${reasonWords(reason)})`))
      .join(', ')
  }
  const kinds = [
    ...(row.spotCheck === 'never_served' ? [kindLabels.spot_check] : []),
    ...(row.ageVerification === 'never_served' ? [kindLabels.age_verification] : []),
  ]
  return kinds.join(', ') || 'Check'
}
