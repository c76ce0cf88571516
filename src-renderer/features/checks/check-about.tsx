/** Beside a check: why it is done, what to say, whose basket it is. */
import { IconMessage2, IconRepeat } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { formatMoney } from '#shared/money/format-money.ts'
import type { Verification } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { SessionView } from '../../data/data-api.ts'
import { useData, useRevision } from '../../ui/data-context.ts'
import { formatDay } from '../../ui/format-time.ts'
import { clientLabel, counted, reasonWords } from '../../ui/labels.ts'
import classes from './check-page.module.css'
import { sentenceToSay } from './reason-sentences.ts'

/** So many checks without finding, and the shopper deserves a word about it. */
const OFTEN = 2

interface AboutProps {
  view: SessionView
  verification: Verification
  store: StoreSettings | undefined
}

export function CheckAbout({ view, verification, store }: AboutProps) {
  const { document } = view
  const client = clientLabel(document.client.type)
  const { requestedBy } = verification
  return (
    <aside className={classes.about} aria-label="About this check">
      <section>
        <h2>Why</h2>
        <p>
          {verification.reason === undefined ? 'The store system gave no reason.' : reasonWords(verification.reason)}
          {requestedBy !== undefined && ` · asked for by ${requestedBy.name}`}
        </p>
      </section>
      <section className={classes.say}>
        <h2>
          <IconMessage2 size={16} aria-hidden /> Say
        </h2>
        <p>“{sentenceToSay(verification)}”</p>
      </section>
      {verification.kind === 'spot_check' && <CheckedBefore view={view} zone={store?.timezone ?? 'UTC'} />}
      <section>
        <h2>Basket</h2>
        <dl className={classes.aboutFacts}>
          <div>
            <dt>Items</dt>
            <dd>{counted(document.quantity, 'item')}</dd>
          </div>
          <div>
            <dt>Value</dt>
            <dd>{formatMoney(document.total, document.currency)}</dd>
          </div>
          <div>
            <dt>Client</dt>
            <dd>
              <client.icon size={15} stroke={1.6} aria-hidden /> {client.text}
            </dd>
          </div>
          <div>
            <dt>Customer</dt>
            <dd>{document.customerId ?? 'anonymous'}</dd>
          </div>
          <div>
            <dt>Store</dt>
            <dd>{store?.name ?? document.storeId}</dd>
          </div>
          <div>
            <dt>Session</dt>
            <dd>
              <Link
                to="/stores/$storeId/sessions/$sessionId"
                params={{ storeId: document.storeId, sessionId: document.id }}
              >
                {document.id}
              </Link>
            </dd>
          </div>
        </dl>
      </section>
    </aside>
  )
}

/** A customer who is checked again and again without finding has reason to ask why. */
function CheckedBefore({ view: { document }, zone }: { view: SessionView; zone: string }) {
  const data = useData()
  const revision = useRevision()
  const { storeId, id, customerId } = document
  const { data: before } = useQuery({
    queryKey: ['customer-checks', storeId, id, customerId, revision],
    queryFn: () => data.customerChecks(storeId, id),
    placeholderData: keepPreviousData,
  })
  if (!before || before.withoutFinding < OFTEN) return null
  return (
    <section className={classes.often} data-testid="checked-before">
      <h2>
        <IconRepeat size={16} aria-hidden /> Again and again
      </h2>
      <p>
        This customer was checked <strong>{counted(before.checks, 'time')}</strong> in the last 90 days
        {before.lastAt !== null && `, last on ${formatDay(before.lastAt, zone)}`}, and{' '}
        <strong>
          {before.withoutFinding === before.checks
            ? 'nothing was ever found'
            : `nothing was found ${counted(before.withoutFinding, 'time')}`}
        </strong>
        . A word of thanks is in order.
      </p>
    </section>
  )
}
