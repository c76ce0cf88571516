/** Words that somebody was still writing when a colleague decided: they are theirs to keep. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Verification } from '#shared/protocol/session-document.ts'
import type { CheckDraft } from '#shared/verification/rescan.ts'
import type { SessionView } from '../../data/data-api.ts'
import { useEmployee, useMayDecide } from '../../ui/data-context.ts'
import { counted } from '../../ui/labels.ts'
import { InlineError } from '../../ui/parts.tsx'
import type { useDecide } from '../../ui/use-decide.ts'
import classes from './check-page.module.css'
import { ownDecision } from './decision-fate.tsx'

interface LeftOverProps {
  view: SessionView
  verification: Verification
  draft: CheckDraft | null
  deciding: ReturnType<typeof useDecide>
}

/** Nothing where this employee decided, or had not begun. */
export function LeftOver({ view, verification, draft, deciding }: LeftOverProps) {
  const employee = useEmployee()
  const mayDecide = useMayDecide()
  const [kept, setKept] = useState(false)
  const note = draft?.note.trim() ?? ''
  const steps = draft?.observations.length ?? 0
  const own = ownDecision(view, verification.id, employee?.number, ['verification.resolved'])
  if (own !== undefined || (note === '' && steps === 0)) return null
  return (
    <section className={classes.result} aria-label="What you had begun" data-testid="left-over">
      <p>
        <strong>You had begun this check.</strong>
        {steps > 0 && ` ${counted(steps, 'step')} of your rescan did not count.`}
      </p>
      {note !== '' && (
        <>
          <p>Your note: “{note}”</p>
          {mayDecide && !kept && (
            <div>
              <Button
                variant="default"
                loading={deciding.busy}
                onClick={() =>
                  void deciding.decide({ type: 'note.add', payload: { text: note } }).then((saved) => setKept(saved))
                }
              >
                Keep it as a note in the session
              </Button>
            </div>
          )}
          {kept && <p className={classes.quiet}>Kept as a note in the session.</p>}
          {deciding.error !== null && <InlineError>{deciding.error}</InlineError>}
        </>
      )}
    </section>
  )
}
