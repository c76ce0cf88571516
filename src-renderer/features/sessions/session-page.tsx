/** Everything about one session: what happened, what staff did, what is in the basket, what can be decided. */
import { CopyButton, Loader, Tooltip } from '@mantine/core'
import {
  IconAlertTriangle,
  IconArrowLeft,
  IconBasketOff,
  IconCheck,
  IconCopy,
  IconId,
  IconShieldCheck,
  IconStarFilled,
} from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { SessionDocument, Verification } from '#shared/protocol/session-document.ts'
import { activityAt, runningTotal, wouldHaveExpiredAt } from '#shared/session/activity.ts'
import type { SessionView } from '../../data/data-api.ts'
import { AskForCheck } from '../../ui/ask-for-check.tsx'
import { useData, useMayDecide, useRevision, useStores } from '../../ui/data-context.ts'
import { formatClockSeconds, formatExact, formatSpan, zoneName } from '../../ui/format-time.ts'
import {
  activityLabels,
  checkLabels,
  clientLabel,
  counted,
  endReasonLabels,
  kindLabels,
  methodLabels,
  progressLabel,
  reasonWords,
  stateLabels,
} from '../../ui/labels.ts'
import { LinkButton } from '../../ui/link-button.tsx'
import { Blank, NotSent, Pill, ProgressMeter, RelativeTime, Section, Toned } from '../../ui/parts.tsx'
import { SessionNotes } from '../../ui/session-notes.tsx'
import { useUiState } from '../../ui/ui-state.ts'
import { useNow } from '../../ui/use-now.ts'
import { LineItems, Transactions } from './session-basket.tsx'
import classes from './session-page.module.css'
import { Timeline } from './session-timeline.tsx'

const route = getRouteApi('/stores/$storeId/sessions/$sessionId')

/** The detail page of `/stores/$storeId/sessions/$sessionId`. */
export function SessionPage() {
  const { storeId, sessionId } = route.useParams()
  const data = useData()
  const revision = useRevision()
  const { data: view, isError } = useQuery({
    queryKey: ['session', storeId, sessionId, revision],
    queryFn: () => data.session(storeId, sessionId),
    placeholderData: (previous, query) =>
      // Another session must not flash up with this one's content.
      query?.queryKey[1] === storeId && query.queryKey[2] === sessionId ? keepPreviousData(previous) : undefined,
  })
  if (view) return <Session key={`${storeId} ${sessionId}`} view={view} />
  return (
    <div className={classes.missing}>
      <BackLink />
      {view === null || isError ? (
        <Blank
          icon={IconBasketOff}
          title={isError ? 'The session could not be read' : 'This session is not known here'}
        >
          <p>
            {isError
              ? 'The console’s storage did not answer. It is asked again with the next change.'
              : `Neither this console nor the backend has a session “${sessionId}” in this store. If the console is offline, it may only be missing here.`}
          </p>
        </Blank>
      ) : (
        <div className={classes.loading}>
          <Loader size="sm" role="status" aria-label="Loading the session" />
        </div>
      )}
    </div>
  )
}

function BackLink() {
  const { path, search, text } = useUiState((state) => state.cameFrom)
  return (
    // Whichever page it was, its URL is kept as it stood.
    <Link to={path as '/sessions'} search={search} className={classes.back}>
      <IconArrowLeft size={16} aria-hidden /> {text}
    </Link>
  )
}

function Session({ view }: { view: SessionView }) {
  const { document } = view
  const store = useStores().find((each) => each.id === document.storeId)
  const zone = store?.timezone ?? 'UTC'
  const now = useNow()
  const mayDecide = useMayDecide()
  const activity = activityAt(document, now, store?.staleAfterMinutes ?? 30)
  const expired = wouldHaveExpiredAt(document, now)
  const client = clientLabel(document.client.type)
  const startedAt = Date.parse(document.startedAt)
  const endedAt = document.endedAt === null ? null : Date.parse(document.endedAt)
  const exact = (at: string) => formatExact(Date.parse(at), zone)
  const activityLabel = activityLabels[activity]
  const open = document.verifications.filter((each) => each.status === 'waiting' || each.status === 'in_progress')
  const done = document.verifications.filter((each) => !open.includes(each)).reverse()

  return (
    <article className={classes.page} aria-label={`Session ${document.id}`}>
      <header className={classes.head}>
        <BackLink />
        <div className={classes.headMain}>
          <h1 title={document.id}>{document.id}</h1>
          <CopyId id={document.id} />
          <Pill tone={activityLabel.tone} icon={activityLabel.icon}>
            {activityLabel.text}
          </Pill>
          <span className={classes.headQuiet}>
            last activity <RelativeTime at={Date.parse(document.lastActivityAt)} zone={zone} />
          </span>
        </div>
        <div className={classes.headValue}>
          <span>{counted(document.quantity, 'item')}</span>
          <strong>{formatMoney(document.total, document.currency)}</strong>
        </div>
      </header>

      <div className={classes.columns}>
        <div className={classes.left}>
          <Section title="General" aside={`Times in ${zoneName(startedAt, zone)} (${zone})`}>
            <dl className={classes.facts}>
              <Fact name="Basket">
                <strong>{formatMoney(document.total, document.currency)}</strong> · {counted(document.quantity, 'item')}
              </Fact>
              <Fact name="Progress" testId="progress" value={document.progress}>
                <ProgressMeter progress={document.progress} />
                {progressLabel(document.progress).text}
              </Fact>
              <Fact name="State">
                <Toned tone={stateLabels[document.state].tone}>{stateLabels[document.state].text}</Toned>
              </Fact>
              <Fact name="Start">{exact(document.startedAt)}</Fact>
              <Fact name="End">
                {document.endedAt === null ? (
                  'not ended'
                ) : (
                  <span>
                    {exact(document.endedAt)}
                    {document.endReason !== null && (
                      <span className={classes.soft}> · {endReasonLabels[document.endReason]}</span>
                    )}
                  </span>
                )}
              </Fact>
              <Fact name="Duration">{formatSpan((endedAt ?? now) - startedAt)}</Fact>
              {expired !== null && (
                <Fact name="Expiry">
                  <Toned tone="warn">would have expired at {exact(expired)}</Toned>
                </Fact>
              )}
              {expired === null && document.expiresAt !== null && (
                <Fact name="Expires">{exact(document.expiresAt)}</Fact>
              )}
              <Fact name="Store">
                <span>
                  {store?.name ?? document.storeId} <span className={classes.soft}>· {document.storeId}</span>
                </span>
              </Fact>
              <Fact name="Customer">{document.customerId ?? <span className={classes.soft}>anonymous</span>}</Fact>
              <Fact name="Client">
                <client.icon size={16} stroke={1.6} aria-hidden /> {client.text}
                {document.client.version !== undefined && (
                  <span className={classes.soft}>{document.client.version}</span>
                )}
              </Fact>
              <Fact name="Session id">
                <span className={classes.id}>{document.id}</span>
              </Fact>
              <Fact name="Feedback">
                {document.feedback === null ? (
                  <span className={classes.soft}>none</span>
                ) : (
                  <Feedback feedback={document.feedback} />
                )}
              </Fact>
            </dl>
          </Section>
          <Section title="Employee interaction">
            <dl className={classes.facts}>
              <Fact name="Spot check" testId="spot-check" value={document.spotCheck}>
                <CheckStatus status={document.spotCheck} />
              </Fact>
              <Fact name="Age verification" testId="age-verification" value={document.ageVerification}>
                <CheckStatus status={document.ageVerification} />
              </Fact>
              <Fact name="Waiting time" testId="waiting-time">
                <Total
                  document={document}
                  finishedMs={document.waitingMs}
                  since={document.waitingSince}
                  now={now}
                  running="waiting"
                />
              </Fact>
              <Fact name="Interaction time" testId="interaction-time">
                <Total
                  document={document}
                  finishedMs={document.interactionMs}
                  since={document.interactingSince}
                  now={now}
                  running="in progress"
                />
              </Fact>
            </dl>
          </Section>
          <SessionNotes view={view} zone={zone} mayDecide={mayDecide} />
        </div>

        <div className={classes.middle}>
          {[...open, ...done].map((verification) => (
            <VerificationCard
              key={verification.id}
              view={view}
              verification={verification}
              zone={zone}
              actions={mayDecide && open.includes(verification)}
            />
          ))}
          {mayDecide && document.endedAt === null && <AskForCheck storeId={document.storeId} sessionId={document.id} />}
          <LineItems items={document.lineItems} total={document.total} currency={document.currency} />
          <Transactions document={document} zone={zone} />
          {document.anomalies.length > 0 && (
            <Section title="Anomalies" aside="Facts that contradict the others; they changed nothing">
              <ul className={classes.anomalies}>
                {document.anomalies.map((anomaly) => (
                  <li key={anomaly.eventId}>
                    <IconAlertTriangle size={16} stroke={1.8} aria-hidden />
                    <span>
                      {anomaly.message} <span className={classes.soft}>{anomaly.type}</span>
                    </span>
                    <time className={classes.soft} dateTime={anomaly.at} title={exact(anomaly.at)}>
                      {formatClockSeconds(Date.parse(anomaly.at), zone)}
                    </time>
                  </li>
                ))}
              </ul>
            </Section>
          )}
        </div>

        <Timeline view={view} zone={zone} />
      </div>
    </article>
  )
}

function Fact(props: { name: string; testId?: string; value?: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{props.name}</dt>
      <dd data-testid={props.testId} data-value={props.value}>
        {props.children}
      </dd>
    </div>
  )
}

function CopyId({ id }: { id: string }) {
  return (
    <CopyButton value={id} timeout={1_500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : 'Copy the session id'} openDelay={300}>
          <button type="button" className={classes.copy} onClick={copy} aria-label="Copy the session id">
            {copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />}
            <span role="status" className={classes.copied}>
              {copied ? 'Copied' : ''}
            </span>
          </button>
        </Tooltip>
      )}
    </CopyButton>
  )
}

function CheckStatus({ status }: { status: SessionDocument['spotCheck'] }) {
  const { text, icon, tone } = checkLabels[status]
  if (status === 'not_required') return <span className={classes.soft}>{text}</span>
  return (
    <Toned tone={tone} icon={icon}>
      {text}
    </Toned>
  )
}

interface TotalProps {
  document: SessionDocument
  finishedMs: number
  since: string | null
  now: number
  running: string
}

/** A total that ticks while it runs; nothing, rather than 0, where there was nothing to measure. */
function Total({ document, finishedMs, since, now, running }: TotalProps) {
  if (document.verifications.length === 0) return <span className={classes.soft}>none needed</span>
  const text = formatSpan(runningTotal(finishedMs, since, now))
  if (since !== null) {
    return (
      <>
        <strong className={classes.ticking}>{text}</strong> <span className={classes.soft}>{running} now</span>
      </>
    )
  }
  const neverTaken = document.verifications.every((each) => each.acknowledgedAt === null)
  if (running === 'in progress' && neverTaken) {
    return <span className={classes.soft}>{document.endedAt === null ? 'not opened yet' : 'never opened'}</span>
  }
  const neverServed = running === 'waiting' && document.verifications.some((each) => each.status === 'never_served')
  return (
    <>
      {text} {neverServed && <Toned tone="bad">never served</Toned>}
    </>
  )
}

function Feedback({ feedback }: { feedback: NonNullable<SessionDocument['feedback']> }) {
  return (
    <span>
      <span role="img" aria-label={`${feedback.rating} of 5 stars`} className={classes.stars}>
        {[1, 2, 3, 4, 5].map((star) => (
          <IconStarFilled key={star} size={14} data-on={star <= feedback.rating || undefined} aria-hidden />
        ))}
      </span>
      {feedback.comment !== undefined && <q className={classes.comment}>{feedback.comment}</q>}
    </span>
  )
}

interface VerificationCardProps {
  view: SessionView
  verification: Verification
  zone: string
  /** The person may decide and there is something to decide. */
  actions: boolean
}

function VerificationCard({ view, verification, zone, actions }: VerificationCardProps) {
  const { document } = view
  const now = useNow()
  const { tone, icon, text } = checkLabels[verification.status]
  const age = verification.kind === 'age_verification'
  const KindIcon = age ? IconId : IconShieldCheck
  const at = (instant: string) => formatClockSeconds(Date.parse(instant), zone)
  const unsent = view.unsent.some(
    ({ decision }) =>
      decision.id === verification.id ||
      ('verificationId' in decision.payload && decision.payload.verificationId === verification.id),
  )
  const restricted = document.lineItems.filter((line) => (line.minAge ?? 0) > 0)
  const shownAt = Date.parse(verification.shownAt)
  return (
    <section
      className={classes.verification}
      data-status={verification.status}
      data-testid="verification-card"
      data-verification-id={verification.id}
      aria-label={`${kindLabels[verification.kind]}: ${text}`}
    >
      <div className={classes.verificationHead}>
        <KindIcon size={20} stroke={1.7} aria-hidden />
        <h2>{kindLabels[verification.kind]}</h2>
        <Pill tone={tone} icon={icon}>
          {text}
        </Pill>
        {unsent && <NotSent />}
      </div>
      <div className={classes.verificationBody}>
        {age && verification.minAge !== undefined && (
          <div className={classes.minAge} data-open={actions || undefined}>
            <strong>{verification.minAge}+</strong>
            {actions && <span>at least {verification.minAge} years old</span>}
          </div>
        )}
        <div className={classes.verificationText}>
          {verification.reason !== undefined && (
            <p>
              <span className={classes.soft}>Reason</span> {reasonWords(verification.reason)}
            </p>
          )}
          {age && restricted.length > 0 && actions && (
            <p>
              <span className={classes.soft}>For</span>{' '}
              {restricted.map((line) => `${line.quantity} × ${line.name} (${line.minAge}+)`).join(', ')}
            </p>
          )}
          {verification.employee !== null && (
            <p>
              <span className={classes.soft}>By</span> {verification.employee.name}
              {verification.method !== undefined && ` · ${methodLabels[verification.method].toLowerCase()}`}
              {verification.itemsChecked !== undefined && ` · ${counted(verification.itemsChecked, 'item')} checked`}
            </p>
          )}
          {verification.note !== undefined && (
            <p className={classes.noteText}>
              <span className={classes.soft}>Note</span> {verification.note}
            </p>
          )}
          <p className={classes.verificationTimes}>
            shown {at(verification.shownAt)}
            {verification.acknowledgedAt !== null &&
              ` · taken ${at(verification.acknowledgedAt)} (${formatSpan(Date.parse(verification.acknowledgedAt) - shownAt)})`}
            {verification.resolvedAt !== null && ` · decided ${at(verification.resolvedAt)}`}
          </p>
        </div>
        {verification.status === 'waiting' && verification.acknowledgedAt === null && (
          <strong className={classes.waitingNow} role="timer">
            {formatSpan(now - shownAt)}
          </strong>
        )}
      </div>
      {actions && (
        <div className={classes.verificationActions}>
          <LinkButton
            to="/checks/$storeId/$sessionId/$verificationId"
            params={{ storeId: document.storeId, sessionId: document.id, verificationId: verification.id }}
          >
            Open the check
          </LinkButton>
        </div>
      )}
    </section>
  )
}
