/** What became of an outcome given here: who knows of it, and whether it counted. */
import { IconCircleCheck, IconCloudUp, IconUserCheck } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { SessionEvent, Verification } from '#shared/protocol/session-document.ts'
import type { SessionView } from '../../data/data-api.ts'
import { useDataStatus, useEmployee } from '../../ui/data-context.ts'
import { formatClockSeconds } from '../../ui/format-time.ts'
import { checkLabels } from '../../ui/labels.ts'
import { NotSent, Toned } from '../../ui/parts.tsx'
import classes from './check-page.module.css'

/** This employee's latest decision of a kind on a check, whatever its verdict. */
export function ownDecision(
  view: SessionView,
  verificationId: string,
  employeeNumber: string | undefined,
  types: readonly string[],
): SessionEvent | undefined {
  return view.document.events.findLast(
    (event) =>
      types.includes(event.type) &&
      event.verificationId === verificationId &&
      event.employee?.number === employeeNumber &&
      event.source === 'console',
  )
}

/** True while a decision on the check waits on this PC. */
export function isUnsent(view: SessionView, verificationId: string): boolean {
  return view.unsent.some(
    ({ decision }) => 'verificationId' in decision.payload && decision.payload.verificationId === verificationId,
  )
}

interface FateProps {
  view: SessionView
  verification: Verification
  zone: string
}

/** One line for a list of recent decisions. */
export function Fate({ view, verification, zone }: FateProps) {
  const employee = useEmployee()
  if (isUnsent(view, verification.id)) return <NotSent />
  const verdict = ownDecision(view, verification.id, employee?.number, ['verification.resolved'])?.verdict
  if (verdict?.status === 'applied') return <Toned tone="ok">confirmed by the backend</Toned>
  if (verdict?.status === 'superseded') {
    const at = verdict.at === '' ? '' : ` at ${formatClockSeconds(Date.parse(verdict.at), zone)}`
    return (
      <Toned tone="bad">
        did not count: {verdict.by.name || 'a colleague'} was first{at}
      </Toned>
    )
  }
  if (verdict?.status === 'refused') return <Toned tone="bad">did not count: {verdict.message}</Toned>
  return <Toned tone="bad">did not count: {checkLabels[verification.status].text.toLowerCase()}</Toned>
}

/** The whole truth for the person at the gate: said once an outcome was given here. */
export function WhoKnows({ view, verification, zone }: FateProps): ReactNode {
  const employee = useEmployee()
  const connection = useDataStatus((status) => status.connection)
  const mine = ownDecision(view, verification.id, employee?.number, ['verification.resolved'])
  if (mine === undefined) return null
  if (isUnsent(view, verification.id)) {
    const offline = connection === 'offline'
    return (
      <Notice tone="warn" icon={<IconCloudUp size={20} stroke={1.8} aria-hidden />}>
        <strong>
          {offline
            ? 'The shopper’s app and the gate do not know this yet.'
            : 'On its way: the shopper’s app and the gate do not know this yet.'}
        </strong>{' '}
        {offline &&
          (verification.status === 'approved'
            ? 'Tell the shopper, and let them out by hand. It is saved on this PC and sent when the connection is back; if a colleague decided first, theirs counts and you are told.'
            : 'Tell the shopper yourself. It is saved on this PC and sent when the connection is back; if a colleague decided first, theirs counts and you are told.')}
      </Notice>
    )
  }
  if (mine.verdict?.status === 'superseded') {
    const { by, at } = mine.verdict
    return (
      <Notice tone="bad" icon={<IconUserCheck size={20} stroke={1.8} aria-hidden />}>
        <strong>
          Yours did not count: {by.number === employee?.number ? 'you, at another PC,' : by.name || 'a colleague'}{' '}
          decided first{at !== '' && ` at ${formatClockSeconds(Date.parse(at), zone)}`}.
        </strong>{' '}
        You had {mine.outcome === 'rejected' ? 'rejected' : 'approved'} it; what counts is “
        {checkLabels[verification.status].text.toLowerCase()}”.
      </Notice>
    )
  }
  if (mine.verdict?.status === 'refused') {
    return (
      <Notice tone="bad" icon={<IconUserCheck size={20} stroke={1.8} aria-hidden />}>
        <strong>Yours did not count:</strong> {mine.verdict.message}
      </Notice>
    )
  }
  return (
    <Notice tone="ok" icon={<IconCircleCheck size={20} stroke={1.8} aria-hidden />}>
      <strong>It counted, and the store system has it</strong>
      {mine.arrivedAt !== undefined && ` since ${formatClockSeconds(Date.parse(mine.arrivedAt), zone)}`}: the shopper’s
      app and the gate know.
    </Notice>
  )
}

function Notice({ tone, icon, children }: { tone: 'ok' | 'warn' | 'bad'; icon: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.note} data-tone={tone} role="status" data-testid="who-knows">
      {icon}
      <p>{children}</p>
    </div>
  )
}
