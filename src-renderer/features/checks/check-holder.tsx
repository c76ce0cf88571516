/** Who has a check, since when, and how to take it, give it back, or take it over from a colleague. */
import { Button, TextInput } from '@mantine/core'
import { IconArrowsExchange, IconHandGrab, IconHandOff, IconUserCheck } from '@tabler/icons-react'
import { useState } from 'react'
import type { Verification } from '#shared/protocol/session-document.ts'
import type { SessionView } from '../../data/data-api.ts'
import { useEmployee } from '../../ui/data-context.ts'
import { formatClockSeconds, formatSpan } from '../../ui/format-time.ts'
import { InlineError, NotSent } from '../../ui/parts.tsx'
import { useCommands } from '../../ui/shortcuts.ts'
import type { useDecide } from '../../ui/use-decide.ts'
import { useNow } from '../../ui/use-now.ts'
import classes from './check-page.module.css'
import { isUnsent, ownDecision } from './decision-fate.tsx'
import { useInitialFocus } from './use-initial-focus.ts'

const TAKE_OVER_REASONS = ['Asked me to go on', 'Was called away', 'Does not answer']

interface HolderProps {
  view: SessionView
  verification: Verification
  zone: string
  mayDecide: boolean
  /** UTC milliseconds until which the backend keeps it for this employee; null where it has not said so. */
  heldUntil: number | null
  deciding: ReturnType<typeof useDecide>
}

/** The line under the head of an open check. */
export function CheckHolder({ view, verification, zone, mayDecide, heldUntil, deciding }: HolderProps) {
  const employee = useEmployee()
  const { decide, busy, error } = deciding
  const [takingOver, setTakingOver] = useState(false)
  const { id: verificationId, status, heldSince, lastHolder } = verification
  const holder = verification.employee
  const mine = status === 'in_progress' && holder?.number === employee?.number
  const held = status === 'in_progress' && !mine
  const at = (instant: string) => formatClockSeconds(Date.parse(instant), zone)
  const take = () => void decide({ type: 'verification.acknowledge', payload: { verificationId } })
  const release = () => void decide({ type: 'verification.release', payload: { verificationId } })
  useCommands(
    mayDecide
      ? [
          ...(status === 'waiting' ? [{ id: 'check.take', group: GROUP, text: 'Take it', keys: 't', run: take }] : []),
          ...(held
            ? [
                {
                  id: 'check.take-over',
                  group: GROUP,
                  text: 'Take it over',
                  keys: 't',
                  run: () => setTakingOver(true),
                },
              ]
            : []),
          ...(mine ? [{ id: 'check.release', group: GROUP, text: 'Release it', keys: 'l', run: release }] : []),
        ]
      : [],
  )
  // A race that this employee lost is told until something else is decided here.
  const taken = ownDecision(view, verificationId, employee?.number, [
    'verification.acknowledged',
    'verification.taken_over',
  ])
  const lost = taken?.verdict?.status === 'superseded' && !mine ? taken.verdict : null

  return (
    <div className={classes.holder} data-testid="check-holder" data-held={held || undefined}>
      {status === 'waiting' && (
        <>
          <p>
            <strong>Nobody has it yet.</strong>
            {lastHolder !== undefined && (
              <span className={classes.holderMore}>
                {' '}
                {lastHolder.employee.name}{' '}
                {lastHolder.how === 'lapsed'
                  ? `had it; their console was not heard of since ${at(lastHolder.at)}`
                  : `gave it back at ${at(lastHolder.at)}`}
                .
              </span>
            )}
          </p>
          {mayDecide && (
            <Button size="md" data-primary leftSection={<IconHandGrab size={18} />} loading={busy} onClick={take}>
              Take it
            </Button>
          )}
        </>
      )}
      {mine && (
        <>
          <p>
            <IconUserCheck size={17} aria-hidden className={classes.holderMark} /> <strong>You have it</strong>
            {heldSince !== undefined && (
              <span className={classes.holderMore}>
                {' '}
                since {at(heldSince)} (<Since from={heldSince} />)
              </span>
            )}
            {isUnsent(view, verificationId) && <NotSent />}
            {heldUntil !== null && <LeaseRunOut until={heldUntil} zone={zone} />}
          </p>
          <Button
            variant="subtle"
            color="gray"
            leftSection={<IconHandOff size={15} />}
            loading={busy}
            onClick={release}
          >
            Release
          </Button>
        </>
      )}
      {held && (
        <>
          <p>
            <IconUserCheck size={17} aria-hidden className={classes.holderMark} />{' '}
            <strong>{holder?.name || 'A colleague'} has it</strong>
            {heldSince !== undefined && (
              <span className={classes.holderMore}>
                {' '}
                since {at(heldSince)} (<Since from={heldSince} />)
              </span>
            )}
          </p>
          {mayDecide && !takingOver && (
            <Button
              data-primary
              variant="default"
              leftSection={<IconArrowsExchange size={16} />}
              onClick={() => setTakingOver(true)}
            >
              Take over…
            </Button>
          )}
        </>
      )}
      {held && takingOver && (
        <TakeOver
          from={holder?.name || 'a colleague'}
          busy={busy}
          onClose={() => setTakingOver(false)}
          onConfirm={async (reason) => {
            const payload = { verificationId, from: holder?.number ?? '', reason }
            if (await decide({ type: 'verification.take_over', payload })) setTakingOver(false)
          }}
        />
      )}
      {lost !== null && (
        <p className={classes.lost} role="status" data-testid="lost-race">
          You tried to take it, but {lost.by.name || 'a colleague'} was first
          {lost.at !== '' && ` at ${at(lost.at)}`}.
        </p>
      )}
      {verification.lastHolder?.how === 'taken_over' && status === 'in_progress' && (
        <p className={classes.lost} role="status">
          {mine ? 'Taken over' : `${holder?.name} took it over`} from {verification.lastHolder.employee.name} at{' '}
          {at(verification.lastHolder.at)}
          {verification.lastHolder.reason !== undefined && `: “${verification.lastHolder.reason}”`}.
        </p>
      )}
      {error !== null && <InlineError>{error}</InlineError>}
    </div>
  )
}

/** Heading of this screen's keys. */
export const GROUP = 'Check'

/** How long ago, running; only this text is drawn again each second. */
function Since({ from }: { from: string }) {
  return <span>{formatSpan(useNow() - Date.parse(from))}</span>
}

/** A console that is not heard of loses what it holds; its outcome still counts where it is the first. */
function LeaseRunOut({ until, zone }: { until: number; zone: string }) {
  const now = useNow()
  if (now < until) return null
  return (
    <span className={classes.leaseOut} data-testid="lease-run-out">
      The backend has not heard of this console: since {formatClockSeconds(until, zone)} colleagues may see the check as
      waiting again. Your outcome still counts if it is the first.
    </span>
  )
}

interface TakeOverProps {
  from: string
  busy: boolean
  onConfirm: (reason: string) => void
  onClose: () => void
}

function TakeOver({ from, busy, onConfirm, onClose }: TakeOverProps) {
  const first = useInitialFocus<HTMLInputElement>()
  const [reason, setReason] = useState('')
  const words = reason.trim()
  return (
    <form
      className={classes.takeOver}
      aria-label={`Take over from ${from}`}
      onSubmit={(event) => {
        event.preventDefault()
        if (words !== '' && !busy) onConfirm(words)
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        onClose()
      }}
    >
      <TextInput
        ref={first}
        label={`Why do you take it over from ${from}? They will see it.`}
        maxLength={4_000}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <div className={classes.chips}>
        {TAKE_OVER_REASONS.map((each) => (
          <Button key={each} variant="default" size="compact-sm" onClick={() => onConfirm(each)} disabled={busy}>
            {each}
          </Button>
        ))}
      </div>
      <div className={classes.outcomeFoot}>
        <Button type="submit" loading={busy} disabled={words === ''}>
          Take over
        </Button>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
