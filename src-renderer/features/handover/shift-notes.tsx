/** What this shift writes down for the next one: notes on the shift, and those on sessions that fell into it. */
import { Button, Textarea } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ShiftKey, ShiftNote } from '../../data/abandoned-api.ts'
import { useData, useMayDecide } from '../../ui/data-context.ts'
import { formatShort } from '../../ui/format-time.ts'
import { InlineError, NotSent } from '../../ui/parts.tsx'
import { serverNow } from '../../ui/use-now.ts'
import classes from './handover.module.css'
import { Part } from './part.tsx'
import { useSaving } from './use-saving.ts'

/** As the wire takes it. */
export const MAX_TEXT_LENGTH = 4_000

/** Typed and not saved, by shift: a look at another shift or page loses nothing. */
const drafts = new Map<string, string>()

interface ShiftNotesProps {
  shift: ShiftKey
  notes: ShiftNote[]
  zone: string
}

export function ShiftNotes({ shift, notes, zone }: ShiftNotesProps) {
  const mayWrite = useMayDecide()
  return (
    <Part title="Notes" count={notes.length} none="Nobody has left a note." testId="shift-notes">
      {notes.length > 0 && (
        <ul className={classes.notes}>
          {notes.map(({ id, text, employee, at, sessionId, unsent }) => (
            <li key={id} data-testid="shift-note">
              <p>{text}</p>
              <span>
                {employee.name}, {formatShort(at, zone, serverNow())}
                {sessionId !== null && (
                  <>
                    {' · session '}
                    <Link to="/stores/$storeId/sessions/$sessionId" params={{ storeId: shift.storeId, sessionId }}>
                      {sessionId}
                    </Link>
                  </>
                )}
              </span>
              {unsent && <NotSent />}
            </li>
          ))}
        </ul>
      )}
      {mayWrite && <Editor key={keyOf(shift)} shift={shift} />}
    </Part>
  )
}

const keyOf = ({ storeId, date, shift }: ShiftKey): string => JSON.stringify([storeId, date, shift])

function Editor({ shift }: { shift: ShiftKey }) {
  const data = useData()
  const key = keyOf(shift)
  const [text, setText] = useState(drafts.get(key) ?? '')
  const { save, isSaving, problem } = useSaving()
  const type = (value: string) => {
    setText(value)
    if (value === '') drafts.delete(key)
    else drafts.set(key, value)
  }
  const submit = async () => {
    if (text.trim() === '' || isSaving) return
    if (await save(() => data.noteShift(shift, text.trim()))) type('')
  }
  return (
    <form
      className={classes.editor}
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <Textarea
        size="xs"
        autosize
        minRows={2}
        maxRows={8}
        maxLength={MAX_TEXT_LENGTH}
        aria-label="Note for the next shift"
        placeholder="What the next shift should know"
        value={text}
        onChange={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit()
        }}
      />
      {problem !== null && <InlineError>The note was not saved. {problem}</InlineError>}
      <Button type="submit" variant="default" loading={isSaving} disabled={text.trim() === ''}>
        Save note
      </Button>
    </form>
  )
}
