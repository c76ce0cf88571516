/** A spot check under way: the method, what was found, and the outcome. Everything shown follows from the draft. */
import { Button, NumberInput, SegmentedControl, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconArrowBackUp, IconBarcode, IconCheck, IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { LineItem, Verification } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import {
  assessRescan,
  type CheckDraft,
  type CheckedLine,
  type Observation,
  type RescanView,
} from '#shared/verification/rescan.ts'
import type { DecisionInput, KnownProduct, SessionView } from '../../data/data-api.ts'
import { useData } from '../../ui/data-context.ts'
import { counted, methodLabels } from '../../ui/labels.ts'
import { useCommands } from '../../ui/shortcuts.ts'
import { useScanner } from '../../ui/use-scanner.ts'
import { BasketCount } from './basket-count.tsx'
import { GROUP } from './check-holder.tsx'
import classes from './check-page.module.css'
import { playScan } from './chime.ts'
import { DifferenceList } from './difference-list.tsx'
import {
  methods,
  needsDeclining,
  withFullRescanDeclined,
  withMethod,
  withObservation,
  withoutLast,
  withScan,
} from './draft-steps.ts'
import { ItemForm } from './item-form.tsx'
import { OutcomeForm } from './outcome-form.tsx'
import { runScannerCommand } from './scanner-commands.ts'
import type { ChangeDraft } from './use-check-draft.ts'
import { useInitialFocus } from './use-initial-focus.ts'

/** The lines that a check is about: those of its payment, which the store system may have closed by now. */
export function basketOf(view: SessionView, { transactionId }: Pick<Verification, 'transactionId'>): LineItem[] {
  const { transactions, lineItems } = view.document
  return transactions.find(({ id }) => id === transactionId)?.lineItems ?? lineItems
}

const piecesIn = (basket: readonly LineItem[]): number =>
  basket.reduce((sum, line) => sum + line.quantity - line.returnedQuantity, 0)

interface SpotCheckWorkProps {
  view: SessionView
  verification: Verification
  store: StoreSettings | undefined
  draft: CheckDraft
  onChange: ChangeDraft
  busy: boolean
  error: string | null
  onResolve: (payload: Extract<DecisionInput, { type: 'verification.resolve' }>['payload']) => void
}

type Step = 'approved' | 'rejected' | 'decline' | 'add' | null

export function SpotCheckWork(props: SpotCheckWorkProps) {
  const { view, verification, store, draft, onChange, busy, error, onResolve } = props
  const data = useData()
  const { currency, storeId } = view.document
  const basket = basketOf(view, verification)
  const pieces = Math.max(1, Math.min(store?.checks.partialPieces ?? 5, piecesIn(basket)))
  const seen = assessRescan(verification.id, basket, draft)
  const [step, setStep] = useState<Step>(null)
  const [last, setLast] = useState<LastScan | null>(null)

  const check = { verificationId: verification.id, basket, pieces }
  const observe = (observation: Observation) => void onChange((before) => withObservation(check, before, observation))
  const chooseMethod = (method: CheckDraft['method']) => {
    if (method === draft.method) return
    if (needsDeclining(check, draft, method)) setStep('decline')
    else void onChange((before) => withMethod(check, before, method))
  }
  const undo = () => {
    setLast(null)
    void onChange(withoutLast)
  }
  useScanner(true, (code) => {
    if (runScannerCommand(code)) return
    let scan: LastScan = { code, line: null }
    const kept = onChange((before) => {
      const { draft: after, line } = withScan(check, before, code)
      scan = { code, line }
      return after
    })
    void kept.then(() => {
      setLast(scan)
      playScan(scan.line !== null && scan.line.found <= scan.line.expected)
    })
    if (scan.line !== null) return
    // Another basket of the store may have told what it is; no answer leaves the question open.
    const name = (known: KnownProduct | null) => {
      if (known !== null) observe({ kind: 'named', code, name: known.name, unitPrice: known.unitPrice })
    }
    void data.knownProduct(storeId, code).then(name, () => undefined)
  })

  const differences = [...seen.differences, ...seen.notFound]
  const found = differences.length > 0
  const rescan = draft.method !== 'sight_check'
  useCommands([
    ...methods.map((method, index) => ({
      id: `check.method.${method}`,
      group: GROUP,
      text: methodLabels[method],
      keys: String(index + 1),
      run: () => chooseMethod(method),
    })),
    { id: 'check.approve', group: GROUP, text: 'Approve', keys: 'a', run: () => setStep('approved') },
    { id: 'check.reject', group: GROUP, text: 'Reject', keys: 'r', run: () => setStep('rejected') },
    { id: 'check.add', group: GROUP, text: 'Add a forgotten item', keys: 'f', run: () => setStep('add') },
    ...(draft.observations.length > 0
      ? [{ id: 'check.undo', group: GROUP, text: 'Undo the last scan or change', keys: 'u', run: undo }]
      : []),
    ...(step === null
      ? []
      : [{ id: 'check.back', group: GROUP, text: 'Back', keys: 'escape', run: () => setStep(null), keysOnly: true }]),
  ])

  const resolve = (outcome: 'approved' | 'rejected') => {
    const note = draft.note.trim()
    onResolve({
      verificationId: verification.id,
      outcome,
      method: draft.method,
      itemsChecked: rescan ? piecesSeen(seen) : null,
      differences,
      note: note === '' ? null : note,
      corrections: outcome === 'approved' && found ? seen.corrections : null,
      plan: draft.plan,
      escalatedFrom: draft.escalatedFrom,
      fullRescanDeclined: draft.fullRescanDeclined,
    })
  }

  return (
    <>
      <div className={classes.method}>
        <SegmentedControl
          aria-label="Method"
          value={draft.method}
          onChange={(value) => chooseMethod(value as CheckDraft['method'])}
          data={methods.map((value, index) => ({
            value,
            label: (
              <span className={classes.methodLabel}>
                {methodLabels[value]} <kbd>{index + 1}</kbd>
              </span>
            ),
          }))}
        />
        {draft.method === 'partial_rescan' && draft.plan !== null && (
          <Plan
            plan={draft.plan}
            most={piecesIn(basket)}
            onChange={(plan) => void onChange((before) => ({ ...before, plan }))}
          />
        )}
        {rescan && (
          <p
            className={classes.progress}
            data-testid="rescan-progress"
            data-complete={seen.done >= seen.of || undefined}
          >
            <strong>
              {seen.done} of {seen.of}
            </strong>{' '}
            {seen.of === 1 ? 'piece' : 'pieces'}
          </p>
        )}
      </div>

      {draft.escalatedFrom !== null && step !== 'decline' && (
        <div className={classes.note} role="status" data-testid="became-full">
          <IconAlertTriangle size={20} stroke={1.9} aria-hidden />
          <p>
            <strong>Something did not match: this is a full rescan now.</strong> Scan every item in the bag.
          </p>
          <Button variant="default" onClick={() => setStep('decline')}>
            Decline…
          </Button>
        </div>
      )}
      {draft.fullRescanDeclined !== null && (
        <p className={classes.quiet}>Full rescan declined: “{draft.fullRescanDeclined}”</p>
      )}
      {step === 'decline' && (
        <Decline
          onClose={() => setStep(null)}
          onConfirm={(reason) => {
            void onChange((before) => withFullRescanDeclined(check, before, reason))
            setStep(null)
          }}
        />
      )}

      {rescan && (
        <div className={classes.lastScan} role="status" data-testid="last-scan">
          <IconBarcode size={20} stroke={1.7} aria-hidden />
          <LastScanned last={last} />
          <Button
            size="compact-sm"
            variant="subtle"
            disabled={draft.observations.length === 0}
            leftSection={<IconArrowBackUp size={15} />}
            onClick={undo}
          >
            Undo
          </Button>
        </div>
      )}

      <DifferenceList
        seen={seen}
        basket={basket}
        currency={currency}
        onName={(code, item) => observe({ kind: 'named', code, ...item })}
        onReplace={(code, lineId, quantity, item) => observe({ kind: 'replaced', code, lineId, quantity, ...item })}
      />

      {step === 'add' && (
        <ItemForm
          title="Add a forgotten item"
          currency={currency}
          withQuantity
          onClose={() => setStep(null)}
          onConfirm={({ name, unitPrice, quantity }) => {
            observe({ kind: 'added', name, unitPrice, quantity })
            setStep(null)
          }}
        />
      )}

      {step !== 'approved' && step !== 'rejected' ? (
        <div className={classes.actions}>
          <Button
            size="lg"
            data-primary
            leftSection={<IconCheck size={20} />}
            rightSection={<kbd>A</kbd>}
            onClick={() => setStep('approved')}
          >
            {found ? 'Approve with corrections…' : 'Approve…'}
          </Button>
          <Button
            size="lg"
            variant="default"
            leftSection={<IconX size={20} />}
            rightSection={<kbd>R</kbd>}
            onClick={() => setStep('rejected')}
          >
            Reject…
          </Button>
          <Button
            size="lg"
            variant="subtle"
            leftSection={<IconPlus size={18} />}
            rightSection={<kbd>F</kbd>}
            onClick={() => setStep('add')}
          >
            Forgotten item…
          </Button>
        </div>
      ) : (
        <OutcomeForm
          key={step}
          outcome={step}
          title={
            step === 'rejected'
              ? 'Reject the spot check'
              : found
                ? 'Approve with corrections'
                : 'Approve the spot check'
          }
          summary={<Summary draft={draft} seen={seen} outcome={step} currency={currency} />}
          confirm={step === 'approved' ? 'Confirm approval' : 'Confirm rejection'}
          note={draft.note}
          onNote={(note) => void onChange((before) => ({ ...before, note }))}
          busy={busy}
          error={error}
          onConfirm={() => resolve(step)}
          onClose={() => setStep(null)}
        />
      )}

      <BasketCount
        seen={seen}
        basket={basket}
        currency={currency}
        counting={rescan}
        onCount={(lineId, quantity) => observe({ kind: 'counted', lineId, quantity })}
        onReplace={(lineId, quantity, item) => observe({ kind: 'replaced', lineId, quantity, ...item })}
        onDiscount={(lineId, value, inFavourOf) => observe({ kind: 'discounted', lineId, value, inFavourOf })}
      />
    </>
  )
}

const piecesSeen = (seen: RescanView): number =>
  seen.lines.reduce((sum, line) => sum + line.found, 0) + seen.unknown.reduce((sum, each) => sum + each.quantity, 0)

interface LastScan {
  code: string
  /** Null for a code that the basket does not have. */
  line: CheckedLine | null
}

function LastScanned({ last }: { last: LastScan | null }) {
  if (last === null) return <p>Scan an item. The focus does not matter; nothing is typed into fields.</p>
  const { code, line } = last
  if (line === null)
    return (
      <p data-tone="bad">
        <strong>{code}</strong> is not in the basket
      </p>
    )
  return (
    <p data-tone={line.found > line.expected ? 'bad' : 'ok'}>
      <strong>{line.name}</strong> · {line.found} of {line.expected}
      {line.found > line.expected && ': more than in the basket'}
    </p>
  )
}

interface PlanProps {
  plan: NonNullable<CheckDraft['plan']>
  /** Pieces in the basket. */
  most: number
  onChange: (plan: NonNullable<CheckDraft['plan']>) => void
}

function Plan({ plan, most, onChange }: PlanProps) {
  return (
    <>
      <NumberInput
        size="xs"
        w={84}
        aria-label="Pieces to scan"
        min={1}
        max={Math.max(1, most)}
        allowDecimal={false}
        allowNegative={false}
        value={plan.pieces}
        onChange={(value) => {
          if (typeof value === 'number' && value >= 1) onChange({ ...plan, pieces: Math.min(value, Math.max(1, most)) })
        }}
      />
      <SegmentedControl
        size="xs"
        aria-label="Which pieces"
        value={plan.selection}
        onChange={(selection) => onChange({ ...plan, selection: selection as typeof plan.selection })}
        data={[
          { value: 'random', label: 'Picked at random' },
          { value: 'chosen', label: 'Chosen by me' },
        ]}
      />
    </>
  )
}

const DECLINE_REASONS = [
  'Shopper in a hurry, difference is small',
  'Queue of other shoppers',
  'Clearly a scanning mistake',
]

function Decline({ onConfirm, onClose }: { onConfirm: (reason: string) => void; onClose: () => void }) {
  const first = useInitialFocus<HTMLInputElement>()
  const [reason, setReason] = useState('')
  return (
    <form
      className={classes.takeOver}
      aria-label="Decline the full rescan"
      onSubmit={(event) => {
        event.preventDefault()
        if (reason.trim() !== '') onConfirm(reason.trim())
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        onClose()
      }}
    >
      <TextInput
        ref={first}
        label="Why is not everything scanned?"
        maxLength={4_000}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <div className={classes.chips}>
        {DECLINE_REASONS.map((each) => (
          <Button key={each} variant="default" size="compact-sm" onClick={() => onConfirm(each)}>
            {each}
          </Button>
        ))}
      </div>
      <div className={classes.outcomeFoot}>
        <Button type="submit" disabled={reason.trim() === ''}>
          Decline the full rescan
        </Button>
        <Button variant="default" onClick={onClose}>
          Back
        </Button>
      </div>
    </form>
  )
}

interface SummaryProps {
  draft: CheckDraft
  seen: RescanView
  outcome: 'approved' | 'rejected'
  currency: string
}

/** What is about to be said, in words. */
function Summary({ draft, seen, outcome, currency }: SummaryProps) {
  const differences = seen.differences.length + seen.notFound.length
  const rescan = draft.method !== 'sight_check'
  const left = seen.of - seen.done
  return (
    <ul>
      <li>
        {methodLabels[draft.method]}
        {rescan && `, ${seen.done} of ${seen.of} pieces`}
        {draft.escalatedFrom !== null && ', after a partial one that did not match'}
      </li>
      {rescan && left > 0 && draft.method === 'partial_rescan' && (
        <li data-tone="warn">{counted(left, 'piece')} of the plan not scanned.</li>
      )}
      {rescan && left > 0 && draft.method === 'full_rescan' && (
        <li data-tone="warn">{counted(left, 'piece')} not found: that counts as not in the bag.</li>
      )}
      <li>
        {differences === 0
          ? 'Nothing wrong was found.'
          : `${counted(differences, 'difference')}; ${formatMoney(seen.preventedLoss, currency)} of loss prevented.`}
      </li>
      {differences > 0 && outcome === 'approved' && (
        <li>The store system corrects the basket, and the shopper pays that.</li>
      )}
      {outcome === 'rejected' && <li>The shopper corrects the basket and pays again.</li>}
    </ul>
  )
}
