/** The notes on a session, and the field for a new one. */
import { Button, Textarea } from '@mantine/core'
import { IconNote } from '@tabler/icons-react'
import { useRef } from 'react'
import { create } from 'zustand'
import type { SessionView } from '../data/data-api.ts'
import { useEmployee } from './data-context.ts'
import { formatExact } from './format-time.ts'
import { InlineError, NotSent, Section } from './parts.tsx'
import classes from './session-notes.module.css'
import { useCommands } from './shortcuts.ts'
import { useDecide } from './use-decide.ts'

/** Notes that are typed and not saved, by employee and session: they stay when one looks at something else meanwhile. */
const useTyped = create<{ texts: Readonly<Record<string, string>> }>()(() => ({ texts: {} }))

/** @param zone of the store */
export function SessionNotes({ view, zone, mayDecide }: { view: SessionView; zone: string; mayDecide: boolean }) {
  const { document } = view
  const { decide, busy, error } = useDecide(document.storeId, document.id)
  const employee = useEmployee()
  const key = JSON.stringify([employee?.number, document.storeId, document.id])
  const text = useTyped(({ texts }) => texts[key] ?? '')
  const setText = (text: string) => useTyped.setState(({ texts }) => ({ texts: { ...texts, [key]: text } }))
  const field = useRef<HTMLTextAreaElement>(null)
  const unsent = new Set(view.unsent.map((each) => each.decision.id))
  useCommands(
    mayDecide
      ? [
          {
            id: 'session.note',
            group: 'Session',
            text: 'Write a note',
            keys: 'shift+n',
            icon: IconNote,
            run: () => field.current?.focus(),
          },
        ]
      : [],
  )
  const add = async () => {
    if (text.trim() !== '' && !busy && (await decide({ type: 'note.add', payload: { text: text.trim() } }))) setText('')
  }
  if (!mayDecide && document.notes.length === 0) return null
  return (
    <Section title="Notes" testId="session-notes">
      <div className={classes.notes}>
        {document.notes.map((note) => (
          <div key={note.id} data-testid="session-note">
            <p className={classes.text}>{note.text}</p>
            <p className={classes.foot}>
              {note.employee.name} · {formatExact(Date.parse(note.at), zone)} {unsent.has(note.id) && <NotSent />}
            </p>
          </div>
        ))}
        {mayDecide && (
          <form
            onSubmit={(event) => {
              event.preventDefault()
              void add()
            }}
          >
            <Textarea
              ref={field}
              size="xs"
              aria-label="New note"
              placeholder="Add a note for colleagues"
              autosize
              minRows={1}
              maxRows={8}
              maxLength={4_000}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
                event.preventDefault()
                event.stopPropagation()
                void add()
              }}
            />
            {text.trim() !== '' && (
              <Button type="submit" mt={6} loading={busy}>
                Add note
              </Button>
            )}
            {error !== null && <InlineError>{error}</InlineError>}
          </form>
        )}
      </div>
    </Section>
  )
}
