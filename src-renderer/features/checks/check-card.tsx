/** One open verification of the queue. */
import { Button } from '@mantine/core'
import { IconArrowRight, IconHandGrab, IconId, IconShieldCheck, IconUserCheck } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { QueueEntry } from '../../data/data-api.ts'
import { useEmployee, useMayDecide } from '../../ui/data-context.ts'
import { formatClock } from '../../ui/format-time.ts'
import { clientLabel, counted, kindLabels, reasonWords } from '../../ui/labels.ts'
import { LinkButton } from '../../ui/link-button.tsx'
import { InlineError, NotSent, Pill } from '../../ui/parts.tsx'
import { useDecide } from '../../ui/use-decide.ts'
import { CheckTimer } from './check-timer.tsx'
import classes from './checks.module.css'

interface CheckCardProps {
  entry: QueueEntry
  store: StoreSettings | undefined
  /** The number key that opens it; null beyond 9. */
  place: number | null
}

/** A focusable card: Enter opens the check, T takes it. */
export const CheckCard = memo(function CheckCard({ entry, store, place }: CheckCardProps) {
  const employee = useEmployee()
  const mayDecide = useMayDecide()
  const { storeId, sessionId, verification } = entry
  const { decide, busy, error } = useDecide(storeId, sessionId)
  const zone = store?.timezone ?? 'UTC'
  const client = clientLabel(entry.client)
  const age = verification.kind === 'age_verification'
  const KindIcon = age ? IconId : IconShieldCheck
  const mine = verification.employee?.number === employee?.number
  const { heldSince, lastHolder } = verification

  return (
    <article
      className={classes.card}
      data-testid="check-card"
      data-session-id={sessionId}
      data-verification-id={verification.id}
      data-status={verification.status}
      aria-label={`${kindLabels[verification.kind]}, session ${sessionId}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move from card to card
      tabIndex={0}
      onKeyDown={(event) => {
        const action = event.key === 'Enter' ? 'open' : event.key.toLowerCase() === 't' ? 'take' : null
        if (action === null || event.ctrlKey || event.metaKey || event.altKey) return
        if (event.key === 'Enter' && event.target !== event.currentTarget) return
        const control = event.currentTarget.querySelector<HTMLElement>(`[data-action="${action}"]`)
        if (control === null) return
        event.preventDefault()
        control.click()
      }}
    >
      <CheckTimer verification={verification} store={store} />
      <div className={classes.body}>
        <div className={classes.title}>
          <KindIcon size={19} stroke={1.7} aria-hidden />
          <h2>{kindLabels[verification.kind]}</h2>
          {age && verification.minAge !== undefined && <span className={classes.age}>{verification.minAge}+</span>}
          {verification.reason !== undefined && (
            <span className={classes.reason}>{reasonWords(verification.reason)}</span>
          )}
        </div>
        <p className={classes.facts}>
          <strong>{counted(entry.quantity, 'item')}</strong>
          <strong>{formatMoney(entry.total, entry.currency)}</strong>
          <span>
            <client.icon size={15} stroke={1.6} aria-hidden /> {client.text}
          </span>
          <span>{store?.name ?? storeId}</span>
          {entry.customerId !== null && <span>Customer {entry.customerId}</span>}
          <Link to="/stores/$storeId/sessions/$sessionId" params={{ storeId, sessionId }}>
            {sessionId}
          </Link>
        </p>
        {(verification.status === 'in_progress' || entry.unsent || lastHolder?.how === 'lapsed') && (
          <p className={classes.owner}>
            {verification.status === 'in_progress' ? (
              <Pill tone={mine ? 'accent' : 'plain'} icon={IconUserCheck}>
                {mine ? 'Taken by you' : `Taken by ${verification.employee?.name || 'a colleague'}`}
                {heldSince !== undefined && ` since ${formatClock(Date.parse(heldSince), zone)}`}
              </Pill>
            ) : (
              lastHolder?.how === 'lapsed' && (
                <Pill tone="warn">The console of {lastHolder.employee.name} is not heard of any more</Pill>
              )
            )}
            {entry.unsent && <NotSent />}
          </p>
        )}
        {error !== null && <InlineError>{error}</InlineError>}
      </div>
      <div className={classes.act}>
        {mayDecide && verification.status === 'waiting' && (
          <Button
            data-action="take"
            variant="default"
            leftSection={<IconHandGrab size={15} />}
            loading={busy}
            onClick={() =>
              void decide({ type: 'verification.acknowledge', payload: { verificationId: verification.id } })
            }
          >
            Take
          </Button>
        )}
        <LinkButton
          to="/checks/$storeId/$sessionId/$verificationId"
          params={{ storeId, sessionId, verificationId: verification.id }}
          data-action="open"
          variant={mine || verification.status === 'waiting' ? 'filled' : 'default'}
          rightSection={place === null ? <IconArrowRight size={15} /> : <kbd>{place}</kbd>}
        >
          Open
        </LinkButton>
      </div>
    </article>
  )
})
