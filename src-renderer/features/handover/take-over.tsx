/** Whether the next shift has taken this one over, by whom, and the way to do it. */
import { Button, TextInput } from '@mantine/core'
import { IconCircleCheck, IconHourglassEmpty } from '@tabler/icons-react'
import { useState } from 'react'
import type { Handover } from '../../data/abandoned-api.ts'
import { useData, useEmployee, useMayDecide } from '../../ui/data-context.ts'
import { formatClock, formatShort } from '../../ui/format-time.ts'
import { InlineError, NotSent, Toned } from '../../ui/parts.tsx'
import { serverNow } from '../../ui/use-now.ts'
import classes from './handover.module.css'
import { MAX_TEXT_LENGTH } from './shift-notes.tsx'
import { useSaving } from './use-saving.ts'

interface TakeOverProps {
  handover: Handover
  /** Of the shift after it. */
  next: string
  zone: string
  nowMs: number
}

export function TakeOver({ handover, next, zone, nowMs }: TakeOverProps) {
  const { acknowledged, alsoAcknowledged } = handover
  const mayDecide = useMayDecide()
  const at = (instant: number) => formatShort(instant, zone, serverNow())
  return (
    <section
      className={classes.takeOver}
      aria-label="Taken over"
      data-testid="take-over"
      data-done={acknowledged !== null}
    >
      {acknowledged === null ? (
        <>
          <Toned tone="warn" icon={IconHourglassEmpty}>
            <strong>Not taken over yet</strong>
          </Toned>
          {mayDecide && <TakeOverForm handover={handover} next={next} isOver={handover.to <= nowMs} zone={zone} />}
          <div className={classes.signatures} aria-hidden>
            <span>Handed over by</span>
            <span>Taken over by</span>
          </div>
        </>
      ) : (
        <>
          <Toned tone="ok" icon={IconCircleCheck}>
            <strong>
              Taken over by {acknowledged.employee.name}, {at(acknowledged.at)}
            </strong>
          </Toned>
          {acknowledged.note !== null && acknowledged.note !== '' && (
            <p className={classes.quote}>“{acknowledged.note}”</p>
          )}
          {acknowledged.unsent && <NotSent />}
        </>
      )}
      {alsoAcknowledged.map(({ employee, at: alsoAt, note }) => (
        <p key={JSON.stringify([employee.number, alsoAt])} className={classes.also} data-testid="also-acknowledged">
          {employee.name} took it over too, {at(alsoAt)}
          {note !== null && note !== '' && `: “${note}”`}. The first to reach the backend counts.
        </p>
      ))}
    </section>
  )
}

interface TakeOverFormProps {
  handover: Handover
  next: string
  isOver: boolean
  zone: string
}

function TakeOverForm({ handover: { storeId, date, shift, to }, next, isOver, zone }: TakeOverFormProps) {
  const data = useData()
  const employee = useEmployee()
  const [note, setNote] = useState('')
  const { save, isSaving, problem } = useSaving()
  const text = note.trim()
  return (
    <form
      className={classes.editor}
      onSubmit={(event) => {
        event.preventDefault()
        if (!isSaving) void save(() => data.acknowledgeShift({ storeId, date, shift }, text === '' ? null : text))
      }}
    >
      {!isOver && (
        <p className={classes.hint}>
          The {shift} shift lasts until {formatClock(to, zone)}: what happens until then is not in what you take over
          now.
        </p>
      )}
      <TextInput
        aria-label="Note of the taking over"
        placeholder="Note, if anything is open"
        maxLength={MAX_TEXT_LENGTH}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <p className={classes.hint}>As {employee?.name ?? 'you'}, now.</p>
      {problem !== null && <InlineError>The taking over was not saved. {problem}</InlineError>}
      <Button type="submit" loading={isSaving}>
        Take over for the {next} shift
      </Button>
    </form>
  )
}
