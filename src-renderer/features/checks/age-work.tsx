/** An age verification: the age, the date, the items, and nothing else to read while somebody waits. */
import { Button, Radio } from '@mantine/core'
import { IconCheck, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { type AgeRefusalReason, ageRefusalReasons } from '#shared/protocol/decisions.ts'
import type { Verification } from '#shared/protocol/session-document.ts'
import { ageLimitOf, latestBirthDate } from '#shared/verification/age-limit.ts'
import type { DecisionInput, SessionView } from '../../data/data-api.ts'
import { formatLocalDate } from '../../ui/format-time.ts'
import { refusalReasons } from '../../ui/refusal-words.ts'
import { useCommands } from '../../ui/shortcuts.ts'
import { useNow } from '../../ui/use-now.ts'
import { GROUP } from './check-holder.tsx'
import classes from './check-page.module.css'
import { OutcomeForm } from './outcome-form.tsx'

const MINUTE_MS = 60_000

interface AgeFactsProps {
  view: SessionView
  verification: Verification
  zone: string
}

/** Minimum age, latest birth date by the store's calendar, and the items that ask for it. */
export function AgeFacts({ view, verification, zone }: AgeFactsProps) {
  const now = useNow(MINUTE_MS)
  const { minAge, items } = ageLimitOf(view.document, verification)
  return (
    <section className={classes.age} aria-label="What is asked">
      {minAge === null ? (
        <p className={classes.ageBig}>The store system names no age. Ask a colleague which one applies.</p>
      ) : (
        <>
          <p className={classes.ageBig} data-testid="minimum-age">
            <span>At least</span>
            <strong>{minAge}</strong>
            <span>years old</span>
          </p>
          <p className={classes.born} data-testid="born-by">
            <span className={classes.bornWords}>Born on or before</span>
            <strong>{formatLocalDate(latestBirthDate(minAge, now, zone))}</strong>
          </p>
        </>
      )}
      {items.length > 0 && (
        <ul className={classes.ageItems} aria-label="Items that ask for it">
          {items.map((line) => (
            <li key={line.lineId}>
              <strong className={classes.ageOf}>{line.minAge}+</strong>
              <span>
                {line.quantity - line.returnedQuantity} × {line.name}
              </span>
            </li>
          ))}
        </ul>
      )}
      <p className={classes.quiet}>Look, and give the document back: nothing of it is written down here.</p>
    </section>
  )
}

interface AgeWorkProps {
  verification: Verification
  note: string
  onNote: (note: string) => void
  busy: boolean
  error: string | null
  onResolve: (payload: Extract<DecisionInput, { type: 'verification.resolve' }>['payload']) => void
}

/** Approve, or refuse with a reason. */
export function AgeWork({ verification, note, onNote, busy, error, onResolve }: AgeWorkProps) {
  const [outcome, setOutcome] = useState<'approved' | 'rejected' | null>(null)
  const [reason, setReason] = useState<AgeRefusalReason | null>(null)
  useCommands([
    ...(outcome === null
      ? [
          { id: 'check.approve', group: GROUP, text: 'Approve', keys: 'a', run: () => setOutcome('approved') },
          { id: 'check.reject', group: GROUP, text: 'Refuse', keys: 'r', run: () => setOutcome('rejected') },
        ]
      : []),
    ...(outcome === null
      ? []
      : [
          { id: 'check.back', group: GROUP, text: 'Back', keys: 'escape', run: () => setOutcome(null), keysOnly: true },
        ]),
    // Also before the form is there: R and a number come quicker than it does.
    ...(outcome === 'approved'
      ? []
      : ageRefusalReasons.map((each, index) => ({
          id: `check.reason.${each}`,
          group: GROUP,
          text: `Refuse: ${refusalReasons[each].toLowerCase()}`,
          keys: String(index + 1),
          run: () => {
            setOutcome('rejected')
            setReason(each)
          },
          keysOnly: true,
        }))),
  ])
  const confirm = () => {
    if (outcome === null) return
    onResolve({
      verificationId: verification.id,
      outcome,
      method: null,
      itemsChecked: null,
      note: note.trim() === '' ? null : note.trim(),
      refusalReason: outcome === 'rejected' ? reason : null,
    })
  }
  if (outcome === null) {
    return (
      <div className={classes.actions}>
        <Button
          size="lg"
          data-primary
          leftSection={<IconCheck size={20} />}
          rightSection={<kbd>A</kbd>}
          onClick={() => setOutcome('approved')}
        >
          Old enough
        </Button>
        <Button
          size="lg"
          variant="default"
          leftSection={<IconX size={20} />}
          rightSection={<kbd>R</kbd>}
          onClick={() => setOutcome('rejected')}
        >
          Refuse…
        </Button>
      </div>
    )
  }
  const shared = { note, onNote, busy, error, onConfirm: confirm, onClose: () => setOutcome(null) }
  if (outcome === 'approved') {
    return (
      <OutcomeForm
        {...shared}
        outcome="approved"
        title="Approve the age verification"
        summary="The shopper is old enough for everything in the basket."
        confirm="Confirm approval"
      />
    )
  }
  return (
    <OutcomeForm
      {...shared}
      outcome="rejected"
      title="Refuse the age verification"
      summary="Goes into the store’s register of refusals: who refused, when, the items and the reason. Nothing about the person."
      confirm="Confirm refusal"
      blocked={reason === null}
    >
      <Radio.Group label="Reason" value={reason} onChange={(value) => setReason(value as AgeRefusalReason)}>
        <div className={classes.reasons}>
          {ageRefusalReasons.map((each, index) => (
            <Radio
              key={each}
              size="xs"
              value={each}
              label={
                <>
                  <kbd>{index + 1}</kbd> {refusalReasons[each]}
                </>
              }
            />
          ))}
        </div>
      </Radio.Group>
    </OutcomeForm>
  )
}
