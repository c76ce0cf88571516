/** Who else is shopping right now, below those who wait. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { formatMoney } from '#shared/money/format-money.ts'
import { noFilter } from '../../data/data-api.ts'
import { useData, useRevision, useStores } from '../../ui/data-context.ts'
import { clientLabel, counted, progressLabel } from '../../ui/labels.ts'
import { ProgressMeter, RelativeTime } from '../../ui/parts.tsx'
import { useNow } from '../../ui/use-now.ts'
import classes from './checks.module.css'

const SHOWN = 30
/** A shopper turns stale by the minute. */
const STEP_MS = 60_000

/** @param waiting sessions that are cards already, by store and id */
export function OtherShoppers({ storeIds, waiting }: { storeIds: string[]; waiting: ReadonlySet<string> }) {
  const data = useData()
  const revision = useRevision()
  const stores = useStores()
  const nowMs = useNow(STEP_MS)
  const { data: page } = useQuery({
    queryKey: ['other-shoppers', storeIds, nowMs, revision],
    queryFn: ({ signal }) =>
      data.sessions(
        {
          ...noFilter,
          storeIds,
          activity: ['ongoing', 'stale', 'paid_not_exited'],
          sort: 'lastActivityAt',
          descending: true,
          offset: 0,
          limit: SHOWN + waiting.size,
          nowMs,
        },
        signal,
      ),
    placeholderData: keepPreviousData,
  })
  if (page === undefined) return null
  const rows = page.rows.filter((row) => !waiting.has(shopperKey(row.storeId, row.id))).slice(0, SHOWN)
  const others = Math.max(rows.length, page.count - waiting.size)
  if (rows.length === 0) return null
  return (
    <section className={classes.others} aria-label="Other shoppers in the store">
      <div className={classes.othersHead}>
        <h2>Other shoppers in the store</h2>
        <p>
          {counted(others, 'shopper')}
          {others > rows.length && `, the ${rows.length} active last`}
        </p>
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col">Session</th>
            <th scope="col">Client</th>
            <th scope="col">Progress</th>
            <th scope="col">Items</th>
            <th scope="col">Value</th>
            <th scope="col">Last activity</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const client = clientLabel(row.client)
            const zone = stores.find((store) => store.id === row.storeId)?.timezone ?? 'UTC'
            return (
              <tr key={shopperKey(row.storeId, row.id)}>
                <td>
                  <Link to="/stores/$storeId/sessions/$sessionId" params={{ storeId: row.storeId, sessionId: row.id }}>
                    {row.id}
                  </Link>
                </td>
                <td>
                  <client.icon size={15} stroke={1.6} aria-hidden /> {client.text}
                </td>
                <td>
                  <ProgressMeter progress={row.progress} /> {progressLabel(row.progress).text}
                </td>
                <td>{row.quantity}</td>
                <td>{formatMoney(row.total, row.currency)}</td>
                <td>
                  <RelativeTime at={row.lastActivityAt} zone={zone} />
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}

export const shopperKey = (storeId: string, sessionId: string): string => JSON.stringify([storeId, sessionId])
