/** One open verification of the queue. */
import {
  IconAlertTriangle,
  IconBolt,
  IconHourglassEmpty,
  IconId,
  IconShieldCheck,
  IconUserCheck,
} from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { KeyboardEvent } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { QueueEntry } from '../../data/data-api.ts'
import { useData, useEmployee, useMayDecide, useRevision } from '../../ui/data-context.ts'
import { formatClock, formatExact, formatTimer } from '../../ui/format-time.ts'
import { checkLabels, clientLabel, counted, kindLabels, reasonWords } from '../../ui/labels.ts'
import { NotSent, Pill } from '../../ui/parts.tsx'
import { useNow } from '../../ui/use-now.ts'
import { VerificationActions } from '../../ui/verification-actions.tsx'
import classes from './checks.module.css'

const SLOW_MS = 30_000
const LATE_MS = 60_000

/** Colour is never alone: each level has its own mark and word. */
const levels = {
  calm: { icon: IconHourglassEmpty, text: 'waiting' },
  slow: { icon: IconBolt, text: 'over 30 s' },
  late: { icon: IconAlertTriangle, text: 'over 1 min' },
  taken: { icon: IconUserCheck, text: 'in progress' },
} as const

const keys: Partial<Record<string, string>> = { t: 'take', a: 'approve', r: 'reject', l: 'release' }

interface CheckCardProps {
  entry: QueueEntry
  store: StoreSettings | undefined
  /** The check left the queue while its form is open here. */
  gone: boolean
  onForm: (opened: boolean) => void
}

/** A focusable card: T takes, A approves, R rejects, L releases. */
export function CheckCard({ entry, store, gone, onForm }: CheckCardProps) {
  const employee = useEmployee()
  const mayDecide = useMayDecide()
  const { verification } = entry
  const zone = store?.timezone ?? 'UTC'
  const client = clientLabel(entry.client)
  const age = verification.kind === 'age_verification'
  const KindIcon = age ? IconId : IconShieldCheck
  const mine = verification.employee?.number === employee?.number

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const action = keys[event.key.toLowerCase()]
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    const button = event.currentTarget.querySelector<HTMLButtonElement>(`[data-action="${action}"]`)
    if (button === null) return
    event.preventDefault()
    button.click()
  }

  return (
    <article
      className={classes.card}
      data-testid="check-card"
      data-session-id={entry.sessionId}
      data-verification-id={verification.id}
      data-status={verification.status}
      aria-label={`${kindLabels[verification.kind]}, session ${entry.sessionId}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move from card to card
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <Timer entry={entry} zone={zone} />
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
          <span>{store?.name ?? entry.storeId}</span>
          {entry.customerId !== null && <span>Customer {entry.customerId}</span>}
          <Link
            to="/stores/$storeId/sessions/$sessionId"
            params={{ storeId: entry.storeId, sessionId: entry.sessionId }}
          >
            {entry.sessionId}
          </Link>
        </p>
        {gone && <WhatHappened entry={entry} zone={zone} />}
        {!gone && (verification.status === 'in_progress' || entry.unsent) && (
          <p className={classes.owner}>
            {verification.status === 'in_progress' && (
              <Pill tone={mine ? 'accent' : 'plain'} icon={IconUserCheck}>
                {mine ? 'Taken by you' : `Taken by ${verification.employee?.name ?? 'a colleague'}`}
              </Pill>
            )}
            {entry.unsent && <NotSent />}
          </p>
        )}
      </div>
      {mayDecide && (
        <div className={classes.act}>
          <VerificationActions
            storeId={entry.storeId}
            sessionId={entry.sessionId}
            verification={verification}
            quantity={entry.quantity}
            onForm={onForm}
          />
        </div>
      )}
    </article>
  )
}

/** Says what became of a check while somebody here was still writing about it. */
function WhatHappened({ entry, zone }: { entry: QueueEntry; zone: string }) {
  const data = useData()
  const revision = useRevision()
  const { data: view } = useQuery({
    queryKey: ['session', entry.storeId, entry.sessionId, revision],
    queryFn: () => data.session(entry.storeId, entry.sessionId),
    placeholderData: keepPreviousData,
  })
  const now = view?.document.verifications.find((each) => each.id === entry.verification.id)
  const who = now?.employee?.name
  const at = now?.resolvedAt ?? view?.document.endedAt
  return (
    <p className={classes.owner} role="status">
      <Pill tone="warn" icon={IconAlertTriangle}>
        {now === undefined ? 'No longer open' : checkLabels[now.status].text}
        {who !== undefined && ` by ${who}`}
        {at && ` at ${formatClock(Date.parse(at), zone)}`}
      </Pill>{' '}
      Your note stays here until you close the form.
    </p>
  )
}

function Timer({ entry, zone }: { entry: QueueEntry; zone: string }) {
  const now = useNow()
  const { status, shownAt, acknowledgedAt } = entry.verification
  const taken = status === 'in_progress'
  const since = Date.parse(taken && acknowledgedAt !== null ? acknowledgedAt : shownAt)
  const ms = Math.max(0, now - since)
  const level = taken ? 'taken' : ms >= LATE_MS ? 'late' : ms >= SLOW_MS ? 'slow' : 'calm'
  const { icon: LevelIcon, text } = levels[level]
  const waited = acknowledgedAt === null ? null : Date.parse(acknowledgedAt) - Date.parse(shownAt)
  return (
    <div className={classes.timer} data-level={level} title={`Shown ${formatExact(Date.parse(shownAt), zone)}`}>
      <span className={classes.clock} role="timer" data-long={ms >= 3_600_000 || undefined}>
        {formatTimer(ms)}
      </span>
      <span className={classes.level}>
        <LevelIcon size={14} stroke={2.1} aria-hidden />
        {status === 'waiting' && acknowledgedAt !== null ? 'waiting again' : text}
      </span>
      {taken && waited !== null && <span className={classes.waited}>waited {formatTimer(waited)}</span>}
    </div>
  )
}
