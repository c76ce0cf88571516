/** The last step of a check: what is about to be said, in words, a note, and Enter. */
import { Button, Textarea } from '@mantine/core'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { InlineError } from '../../ui/parts.tsx'
import { useCommands } from '../../ui/shortcuts.ts'
import { GROUP } from './check-holder.tsx'
import classes from './check-page.module.css'

interface OutcomeFormProps {
  outcome: 'approved' | 'rejected'
  title: string
  /** What it says about the check. */
  summary: ReactNode
  confirm: string
  note: string
  onNote: (note: string) => void
  busy: boolean
  /** Something is still to be chosen. */
  blocked?: boolean
  error: string | null
  onConfirm: () => void
  onClose: () => void
  children?: ReactNode
}

/** The confirming button has the focus: Enter confirms, Esc goes back. */
export function OutcomeForm(props: OutcomeFormProps) {
  const { outcome, title, summary, confirm, note, onNote, busy, blocked = false, error, onConfirm, onClose } = props
  const titleId = useId()
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (!blocked) button.current?.focus()
  }, [blocked])
  useCommands([
    {
      id: 'check.confirm',
      group: GROUP,
      text: confirm,
      keys: 'mod+enter',
      run: () => {
        if (!busy && !blocked) onConfirm()
      },
    },
  ])
  return (
    <form
      className={classes.outcome}
      data-outcome={outcome}
      aria-labelledby={titleId}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.preventDefault()
          onClose()
        }
      }}
      onSubmit={(event) => {
        event.preventDefault()
        if (!busy && !blocked) onConfirm()
      }}
    >
      <h2 id={titleId}>{title}</h2>
      <div className={classes.outcomeSummary}>{summary}</div>
      {props.children}
      <Textarea
        size="xs"
        label="Note"
        placeholder={outcome === 'approved' ? 'Optional, for colleagues' : 'What was found, for colleagues'}
        autosize
        minRows={1}
        maxRows={4}
        maxLength={4_000}
        value={note}
        onChange={(event) => onNote(event.currentTarget.value)}
      />
      {error !== null && <InlineError>{error}</InlineError>}
      <div className={classes.outcomeFoot}>
        <Button
          ref={button}
          size="sm"
          type="submit"
          color={outcome === 'rejected' ? 'red.9' : undefined}
          loading={busy}
          disabled={blocked}
        >
          {confirm}
        </Button>
        <Button size="sm" variant="default" onClick={onClose}>
          Back
        </Button>
        <span className={classes.hint}>
          <kbd>Enter</kbd> confirms · <kbd>Esc</kbd> goes back
        </span>
      </div>
    </form>
  )
}
