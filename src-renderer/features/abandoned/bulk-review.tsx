/** One review for all selected baskets. */
import { Button, CloseButton, SegmentedControl, Textarea, TextInput } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { PastLimit, RuledReview } from '../../data/abandoned-api.ts'
import type { SessionKey } from '../../data/data-api.ts'
import { itemOutcomeLabels, itemOutcomes, reviewReasons } from '../../ui/abandoned-words.ts'
import { useData, useEmployee, useRevision } from '../../ui/data-context.ts'
import { counted } from '../../ui/labels.ts'
import { InlineError } from '../../ui/parts.tsx'
import { useCommands } from '../../ui/shortcuts.ts'
import { serverNow } from '../../ui/use-now.ts'
import classes from './basket-panel.module.css'
import type { BasketSelection } from './basket-selection.ts'
import { PastLimitDialog } from './past-limit-dialog.tsx'
import { useBulkDraft } from './review-draft.ts'

interface BulkReviewProps {
  selection: BasketSelection
  /** The reviews of these are saved. */
  onSaved: (baskets: readonly SessionKey[]) => void
  onClose: () => void
}

const BY_RULE = 'by_rule'
const SAY_NOTHING = 'nothing'
const GROUP = 'Review of several baskets'
const NO_ANSWER = 'The console’s data worker did not answer. What you typed is still here; please try again.'

export function BulkReview({ selection, onSaved, onClose }: BulkReviewProps) {
  const data = useData()
  const revision = useRevision()
  const reasons = reviewReasons(null)
  const [draft, change] = useBulkDraft(useEmployee()?.number ?? '')
  const { note, outcome } = draft
  const reason = draft.reason ?? reasons[0] ?? ''
  const [asking, setAsking] = useState<readonly PastLimit[]>([])
  const [busy, setBusy] = useState(false)
  // Not `busy`: the button would be disabled for it, and lose the focus that the question gives back to it.
  const isLookingUp = useRef(false)
  const [error, setError] = useState<string | null>(null)
  const reasonField = useRef<HTMLInputElement>(null)
  useEffect(() => reasonField.current?.select(), [])
  const keys = [...selection.values()]
  const { data: sums } = useQuery({
    queryKey: ['session-totals', [...selection.keys()], revision],
    queryFn: () => data.sessionTotals(keys),
    placeholderData: (before) => before,
  })
  const isReady = reason.trim() !== '' && keys.length > 0 && !busy
  const keep = async (saidOfItems: RuledReview['outcome']) => {
    setAsking([])
    setBusy(true)
    setError(null)
    try {
      const review = { reason: reason.trim(), note: note.trim() === '' ? null : note.trim(), outcome: saidOfItems }
      const outcomeOfAll = await data.reviewBaskets(keys, review)
      if (outcomeOfAll.ok) {
        change(null)
        return onSaved(keys)
      }
      // Which ones are saved is seen from the rows: any of them may have lacked its details.
      const rows = await data.sessionRows(keys)
      const saved = keys.filter((_, at) => rows[at]?.reviewed === true)
      const { failed, message } = outcomeOfAll
      const first = failed === null ? '' : ` (the first is ${failed.id})`
      setError(`${counted(saved.length, 'basket')} saved, ${keys.length - saved.length} not${first}: ${message}`)
      onSaved(saved)
    } catch {
      setError(NO_ANSWER)
    } finally {
      setBusy(false)
    }
  }
  const save = async () => {
    if (!isReady || isLookingUp.current) return
    if (outcome !== 'put_back') return keep(outcome)
    isLookingUp.current = true
    const over = await data.pastLimit(keys).catch(() => null)
    isLookingUp.current = false
    if (over === null) setError(NO_ANSWER)
    else if (over.length > 0) setAsking(over)
    else await keep(outcome)
  }
  useCommands([
    {
      id: 'bulk.save',
      group: GROUP,
      text: 'Save the review of all selected',
      keys: 'mod+enter',
      run: () => void save(),
    },
    { id: 'bulk.close', group: GROUP, text: 'Close', keys: 'escape', run: onClose, keysOnly: true },
  ])
  return (
    <aside className={classes.panel} aria-label="Review of the selected baskets" data-testid="bulk-review">
      <div className={classes.head}>
        <h2>Review {counted(keys.length, 'basket')}</h2>
        <CloseButton size="sm" aria-label="Close the review" onClick={onClose} />
      </div>
      <form
        className={classes.body}
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.preventDefault()
          onClose()
        }}
      >
        {sums !== undefined && (
          <p className={classes.facts}>
            {counted(sums.totals.quantity, 'piece')}
            {sums.totals.byCurrency.map(({ currency, total }) => ` · ${formatMoney(total, currency)}`)}
          </p>
        )}
        <TextInput
          ref={reasonField}
          size="xs"
          label="Reason"
          maxLength={4_000}
          value={reason}
          error={reason.trim() === '' ? 'A review needs a reason' : undefined}
          onChange={(event) => change({ reason: event.currentTarget.value })}
        />
        <fieldset className={classes.reasons} aria-label="Common reasons">
          {reasons.map((each) => (
            <button key={each} type="button" aria-pressed={each === reason} onClick={() => change({ reason: each })}>
              {each}
            </button>
          ))}
        </fieldset>
        <Textarea
          size="xs"
          label="Note to the reviews"
          placeholder="Optional"
          autosize
          minRows={1}
          maxRows={5}
          maxLength={4_000}
          value={note}
          onChange={(event) => change({ note: event.currentTarget.value })}
        />
        <div className={classes.bulkOutcome}>
          <span id="bulk-outcome">Items without an outcome</span>
          <SegmentedControl
            size="xs"
            aria-labelledby="bulk-outcome"
            value={outcome ?? SAY_NOTHING}
            onChange={(value) =>
              change({ outcome: value === BY_RULE ? BY_RULE : (itemOutcomes.find((each) => each === value) ?? null) })
            }
            data={[
              { value: BY_RULE, label: 'By the rule' },
              ...itemOutcomes.map((each) => ({ value: each, label: itemOutcomeLabels[each] })),
              { value: SAY_NOTHING, label: 'Say nothing' },
            ]}
          />
        </div>
        <p className={classes.hint}>
          {outcome === null && 'Items without an outcome leave the put-back list with the review.'}
          {outcome === BY_RULE && 'What is past the store’s limit is discarded, all else put back. '}
          {outcome !== null && 'Outcomes that somebody has given already stay as they are.'}
        </p>
        {error !== null && <InlineError>{error}</InlineError>}
        <div className={classes.save}>
          <Button type="submit" leftSection={<IconCheck size={15} />} loading={busy} disabled={!isReady}>
            Review {counted(keys.length, 'basket')}
          </Button>
          <span className={classes.hint}>
            <kbd>Ctrl Enter</kbd>
          </span>
        </div>
      </form>
      {asking.length > 0 && (
        <PastLimitDialog
          goods={asking}
          nowMs={serverNow()}
          onRule={() => void keep(BY_RULE)}
          onPutBack={() => void keep('put_back')}
          onClose={() => setAsking([])}
        />
      )}
    </aside>
  )
}
