/** Take, release, approve, reject: the same buttons and form in the queue and on the detail page. */
import { Button, NumberInput, SegmentedControl, Textarea } from '@mantine/core'
import { IconCheck, IconHandGrab, IconHandOff, IconX } from '@tabler/icons-react'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import type { Verification } from '#shared/protocol/session-document.ts'
import type { DecisionInput } from '../data/data-api.ts'
import { useData, useEmployee } from './data-context.ts'
import { kindLabels, methodLabels } from './labels.ts'
import classes from './parts.module.css'
import { InlineError } from './parts.tsx'
import { rememberDecision } from './ui-state.ts'
import { serverNow } from './use-now.ts'

/** Saves decisions of one session; `error` says why the last one was not saved. */
export function useDecide(storeId: string, sessionId: string) {
  const data = useData()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const decide = async (input: DecisionInput): Promise<boolean> => {
    setBusy(true)
    setError(null)
    try {
      const outcome = await data.decide(storeId, sessionId, input)
      if (!outcome.ok) setError(outcome.message)
      return outcome.ok
    } catch {
      setError('This could not be saved: the console’s data worker did not answer. Nothing was sent. Please try again.')
      return false
    } finally {
      setBusy(false)
    }
  }
  return { decide, busy, error }
}

interface ActionsProps {
  storeId: string
  sessionId: string
  verification: Verification
  /** Items in the basket: the natural count of a full rescan. */
  quantity: number
  /** Told when the form of an outcome is opened or closed. */
  onForm?: (opened: boolean) => void
}

/** Buttons of an open verification, and the form an outcome is given with. */
export function VerificationActions({ storeId, sessionId, verification, quantity, onForm }: ActionsProps) {
  const employee = useEmployee()
  const { decide, busy, error } = useDecide(storeId, sessionId)
  const place = useRef<HTMLDivElement>(null)
  const [outcome, setOutcomeOnly] = useState<'approved' | 'rejected' | null>(null)
  /** Kept when the form is closed without an outcome: Esc must not throw words away. */
  const [note, setNote] = useState('')
  const setOutcome = (next: typeof outcome) => {
    setOutcomeOnly(next)
    onForm?.(next !== null)
  }
  const { id: verificationId, status } = verification
  const mine = status === 'in_progress' && verification.employee?.number === employee?.number

  const resolve = async (payload: ResolvePayload) => {
    if (!(await decide({ type: 'verification.resolve', payload }))) return
    rememberDecision(storeId, sessionId, verification.kind, payload, serverNow())
    setOutcome(null)
    setNote('')
  }

  return (
    <div ref={place} className={classes.actionsPlace}>
      {outcome === null ? (
        <div className={classes.actions}>
          {status === 'waiting' && (
            <Button
              data-action="take"
              leftSection={<IconHandGrab size={15} />}
              loading={busy}
              onClick={() => void decide({ type: 'verification.acknowledge', payload: { verificationId } })}
            >
              Take
            </Button>
          )}
          <Button
            data-action="approve"
            variant={mine ? 'filled' : 'default'}
            leftSection={<IconCheck size={15} />}
            onClick={() => setOutcome('approved')}
          >
            Approve…
          </Button>
          <Button
            data-action="reject"
            variant="default"
            leftSection={<IconX size={15} />}
            onClick={() => setOutcome('rejected')}
          >
            Reject…
          </Button>
          {mine && (
            <Button
              data-action="release"
              variant="subtle"
              color="gray"
              leftSection={<IconHandOff size={15} />}
              loading={busy}
              onClick={() => void decide({ type: 'verification.release', payload: { verificationId } })}
            >
              Release
            </Button>
          )}
        </div>
      ) : (
        <OutcomeForm
          key={outcome}
          verification={verification}
          outcome={outcome}
          quantity={quantity}
          busy={busy}
          note={note}
          onNote={setNote}
          onConfirm={(payload) => void resolve(payload)}
          onClose={() => {
            // The keyboard goes back to the button it came from, once that is there again.
            const action = outcome === 'approved' ? 'approve' : 'reject'
            setOutcome(null)
            requestAnimationFrame(() => place.current?.querySelector<HTMLElement>(`[data-action="${action}"]`)?.focus())
          }}
        />
      )}
      {error !== null && <InlineError>{error}</InlineError>}
    </div>
  )
}

type ResolvePayload = Extract<DecisionInput, { type: 'verification.resolve' }>['payload']
type Method = keyof typeof methodLabels

interface OutcomeFormProps {
  verification: Verification
  outcome: 'approved' | 'rejected'
  quantity: number
  busy: boolean
  note: string
  onNote: (note: string) => void
  onConfirm: (payload: ResolvePayload) => void
  onClose: () => void
}

function OutcomeForm({ verification, outcome, quantity, busy, note, onNote, onConfirm, onClose }: OutcomeFormProps) {
  const spotCheck = verification.kind === 'spot_check'
  const [method, setMethod] = useState<Method>('sight_check')
  const [itemsChecked, setItemsChecked] = useState<number | ''>('')
  const titleId = useId()
  const noteRef = useRef<HTMLTextAreaElement>(null)
  useEffect(() => noteRef.current?.focus(), [])

  const confirm = () => {
    if (busy) return
    onConfirm({
      verificationId: verification.id,
      outcome,
      method: spotCheck ? method : null,
      itemsChecked: spotCheck && itemsChecked !== '' ? itemsChecked : null,
      note: note.trim() === '' ? null : note.trim(),
    })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // The card around the form listens for single letters; typing a note must not reach it.
    event.stopPropagation()
    if (event.key === 'Escape') onClose()
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) confirm()
  }

  return (
    <form
      className={classes.form}
      data-outcome={outcome}
      aria-labelledby={titleId}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault()
        confirm()
      }}
    >
      <h3 id={titleId} className={classes.formTitle}>
        {outcome === 'approved' ? 'Approve' : 'Reject'} {kindLabels[verification.kind].toLowerCase()}
        {verification.minAge !== undefined && ` · at least ${verification.minAge} years old`}
      </h3>
      {spotCheck && (
        <div className={classes.formRow}>
          <fieldset className={classes.fieldset}>
            <legend>Method</legend>
            <SegmentedControl
              size="xs"
              aria-label="Method"
              value={method}
              onChange={(value) => {
                setMethod(value)
                setItemsChecked(value === 'full_rescan' ? quantity : '')
              }}
              data={(Object.keys(methodLabels) as Method[]).map((value) => ({ value, label: methodLabels[value] }))}
            />
          </fieldset>
          <NumberInput
            size="xs"
            w={120}
            label="Items checked"
            placeholder={`of ${quantity}`}
            min={0}
            max={100_000}
            allowDecimal={false}
            allowNegative={false}
            value={itemsChecked}
            onChange={(value) => setItemsChecked(typeof value === 'number' ? value : '')}
          />
        </div>
      )}
      <Textarea
        size="xs"
        label="Note"
        ref={noteRef}
        autosize
        minRows={2}
        maxRows={6}
        maxLength={4_000}
        placeholder={outcome === 'approved' ? 'Optional' : 'What was found, for colleagues'}
        value={note}
        onChange={(event) => onNote(event.currentTarget.value)}
      />
      <div className={classes.formFoot}>
        <Button type="submit" color={outcome === 'rejected' ? 'red.9' : undefined} loading={busy}>
          {outcome === 'approved' ? 'Confirm approval' : 'Confirm rejection'}
        </Button>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <span className={classes.hint}>
          <kbd>Ctrl</kbd> <kbd>Enter</kbd> confirms · <kbd>Esc</kbd> closes
        </span>
      </div>
    </form>
  )
}
