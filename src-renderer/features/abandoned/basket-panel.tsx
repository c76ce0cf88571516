/** One abandoned basket beside the list: what happened, what became of its goods, its review and its notes. */
import { Button, CloseButton, Loader, Textarea, TextInput } from '@mantine/core'
import { IconArrowRight, IconBasketOff, IconCheck, IconScale } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { ItemOutcome } from '#shared/protocol/decisions.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { type StoreSettings, storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { storyOf } from '#shared/session/abandoned-story.ts'
import { wouldHaveExpiredAt } from '#shared/session/activity.ts'
import { type BasketGoods, byRule, goodsOf } from '#shared/session/goods-outside.ts'
import type { DecisionInput, SessionView } from '../../data/data-api.ts'
import {
  discardWords,
  itemOutcomeLabels,
  itemOutcomes,
  reviewReasons,
  storySentence,
} from '../../ui/abandoned-words.ts'
import { useEmployee, useMayDecide, useSession, useStores } from '../../ui/data-context.ts'
import { formatExact, formatShort } from '../../ui/format-time.ts'
import { clientLabel, counted } from '../../ui/labels.ts'
import { Blank, InlineError, NotSent, Pill, Toned } from '../../ui/parts.tsx'
import { SessionNotes } from '../../ui/session-notes.tsx'
import { useCommands } from '../../ui/shortcuts.ts'
import { useDecide } from '../../ui/use-decide.ts'
import { serverNow, useNow } from '../../ui/use-now.ts'
import classes from './basket-panel.module.css'
import { PastLimitDialog } from './past-limit-dialog.tsx'
import { againstRule, decisionOfDraft, openGoods, outcomeOf, type ReviewDraft, useReviewDraft } from './review-draft.ts'
import { StorageMark } from './storage-mark.tsx'

interface BasketPanelProps {
  storeId: string
  sessionId: string
  /** Something was saved; `reviewed` where it was the first review. */
  onSaved: (reviewed: boolean) => void
  onClose: () => void
  /** The first of the goods gets the focus when the panel opens. */
  takesFocus: boolean
}

export function BasketPanel(props: BasketPanelProps) {
  const { storeId, sessionId, onClose } = props
  const { data: view, isError } = useSession(storeId, sessionId)
  const store = useStores().find((each) => each.id === storeId)
  return (
    <aside className={classes.panel} aria-label={`Basket ${sessionId}`} data-testid="basket-panel">
      <div className={classes.head}>
        <h2 title={sessionId}>{sessionId}</h2>
        <Link to="/stores/$storeId/sessions/$sessionId" params={{ storeId, sessionId }} className={classes.link}>
          Session <IconArrowRight size={14} aria-hidden />
        </Link>
        <CloseButton size="sm" aria-label="Close the basket" onClick={onClose} />
      </div>
      {view && <Basket key={`${storeId} ${sessionId}`} {...props} view={view} store={store} />}
      {view === undefined && !isError && (
        <div className={classes.loading}>
          <Loader size="sm" role="status" aria-label="Loading the basket" />
        </div>
      )}
      {(view === null || isError) && (
        <Blank icon={IconBasketOff} title="Its details are not on this PC">
          <p>They are fetched once the backend can be reached; until then the basket cannot be looked into.</p>
        </Blank>
      )}
    </aside>
  )
}

interface BasketProps extends BasketPanelProps {
  view: SessionView
  store: StoreSettings | undefined
}

function Basket({ view, store, onSaved, onClose, takesFocus }: BasketProps) {
  const { document } = view
  const zone = store?.timezone ?? 'UTC'
  const now = useNow(10_000)
  const employee = useEmployee()
  const mayDecide = useMayDecide()
  const [draft, change] = useReviewDraft(`${employee?.number} ${document.storeId} ${document.id}`)
  const { decide, busy, error } = useDecide(document.storeId, document.id)
  const story = storyOf(document)
  const reasons = reviewReasons(story.obstacle)
  const goods = goodsOf(document, store?.putBack ?? defaultPutBack)
  const isReviewed = document.review !== null
  const decision = decisionOfDraft(draft, goods, isReviewed, reasons[0] ?? '')
  const expired = wouldHaveExpiredAt(document, now)
  const cold = goods.filter(({ line }) => line.storage === 'chilled' || line.storage === 'frozen')
  const reasonField = useRef<HTMLInputElement>(null)

  const [asking, setAsking] = useState<readonly BasketGoods[]>([])
  const keep = async (decided: DecisionInput | null) => {
    setAsking([])
    if (decided === null || busy || !(await decide(decided))) return
    change(null)
    onSaved(!isReviewed)
  }
  const save = () => {
    const over = againstRule(goods, draft, serverNow())
    if (over.length > 0) setAsking(over)
    else void keep(decision)
  }
  const keepByRule = () => {
    const discarded = Object.fromEntries(asking.map(({ line }) => [line.lineId, 'discarded' as const]))
    const ruled = { ...draft, outcomes: { ...draft.outcomes, ...discarded } }
    change(ruled)
    void keep(decisionOfDraft(ruled, goods, isReviewed, reasons[0] ?? ''))
  }
  useCommands([
    {
      id: 'basket.save',
      group: GROUP,
      text: isReviewed ? 'Save the outcomes of items' : 'Save the review',
      keys: 'mod+enter',
      icon: IconCheck,
      run: save,
    },
    { id: 'basket.reason', group: GROUP, text: 'Type a reason', keys: 'e', run: () => reasonField.current?.select() },
    { id: 'basket.close', group: GROUP, text: 'Close the basket', keys: 'escape', run: onClose, keysOnly: true },
  ])
  /** Of an item what is chosen and not saved, or else what one said oneself. */
  const undo = async ({ line: { lineId }, settled }: BasketGoods) => {
    const { [lineId]: chosen, ...others } = draft.outcomes
    if (chosen !== undefined) change({ outcomes: others })
    else if (settled?.employee.number === employee?.number && !busy) {
      await decide({ type: 'basket.put_back', payload: { items: [], takenBack: [lineId] } })
    }
  }
  const setAll = (outcome: (goods: BasketGoods) => ItemOutcome) =>
    change({ outcomes: Object.fromEntries(goods.map((each) => [each.line.lineId, outcome(each)])) })

  return (
    <div className={classes.body}>
      <p className={classes.story}>{storySentence(story, zone, now)}.</p>
      <p className={classes.facts}>
        <strong>{formatMoney(document.total, document.currency)}</strong> · {counted(document.quantity, 'piece')}
        {cold.length > 0 && ` · ${counted(cold.length, 'cold line')}`} · {clientLabel(document.client.type).text} ·{' '}
        {expired !== null ? (
          <Toned tone="warn">would have expired at {formatShort(Date.parse(expired), zone, now)}, not confirmed</Toned>
        ) : (
          story.leftAt !== null && `expired ${formatShort(story.leftAt, zone, now)}`
        )}
      </p>
      {document.review !== null && <Reviews view={view} zone={zone} now={now} />}

      <div className={classes.itemsHead}>
        <h3>
          Items
          {mayDecide &&
            Object.entries(outcomeKeys).map(([key, outcome]) => (
              <kbd key={key} aria-hidden title={`${itemOutcomeLabels[outcome]}: the item that has the focus`}>
                {key.toUpperCase()}
              </kbd>
            ))}
        </h3>
        {mayDecide && goods.length > 0 && (
          <div className={classes.setAll}>
            <span>All</span>
            <Button size="compact-xs" variant="default" onClick={() => setAll((each) => byRule(each, now))}>
              <IconScale size={13} aria-hidden /> By the rule
            </Button>
            {itemOutcomes.map((outcome) => (
              <Button key={outcome} size="compact-xs" variant="default" onClick={() => setAll(() => outcome)}>
                {itemOutcomeLabels[outcome]}
              </Button>
            ))}
          </div>
        )}
      </div>
      <Goods
        goods={goods}
        draft={draft}
        onOutcome={(lineId, outcome) => change({ outcomes: { ...draft.outcomes, [lineId]: outcome } })}
        onUndo={(each) => void undo(each)}
        mayDecide={mayDecide}
        ownNumber={employee?.number ?? null}
        view={view}
        zone={zone}
        now={now}
        takesFocus={takesFocus}
      />

      {mayDecide && (
        <form
          className={classes.form}
          aria-label={isReviewed ? 'Outcomes of items' : 'Review'}
          onSubmit={(event) => {
            event.preventDefault()
            save()
          }}
        >
          {!isReviewed && <ReasonFields draft={draft} reasons={reasons} field={reasonField} onChange={change} />}
          {error !== null && <InlineError>{error}</InlineError>}
          <div className={classes.save}>
            <Button type="submit" loading={busy} disabled={decision === null}>
              {isReviewed ? 'Save outcomes' : 'Save review'}
            </Button>
            <span className={classes.hint}>
              <Unsaid goods={goods} draft={draft} isReviewed={isReviewed} />
            </span>
          </div>
        </form>
      )}
      <SessionNotes view={view} zone={zone} mayDecide={mayDecide} />
      {asking.length > 0 && (
        <PastLimitDialog
          goods={asking.flatMap(({ line, quantity, scannedAt, discardAt }) =>
            discardAt === null ? [] : { storeId: document.storeId, name: line.name, quantity, scannedAt, discardAt },
          )}
          nowMs={now}
          onRule={keepByRule}
          onPutBack={() => void keep(decision)}
          onClose={() => setAsking([])}
        />
      )}
    </div>
  )
}

const GROUP = 'Basket'
/** Of a store whose settings did not come yet. */
const defaultPutBack = storeSettingsSchema.shape.putBack.parse(undefined)

/** What the review leaves unsaid, before it is saved. */
function Unsaid({ goods, draft, isReviewed }: { goods: BasketGoods[]; draft: ReviewDraft; isReviewed: boolean }) {
  const open = openGoods(goods, draft).length
  if (open === 0 || isReviewed) return <kbd>Ctrl Enter</kbd>
  return <>{counted(open, 'item')} without an outcome will leave the put-back list.</>
}

interface ReasonFieldsProps {
  draft: ReviewDraft
  reasons: readonly string[]
  field: RefObject<HTMLInputElement | null>
  onChange: (change: Partial<ReviewDraft>) => void
}

function ReasonFields({ draft, reasons, field, onChange }: ReasonFieldsProps) {
  const reason = draft.reason ?? reasons[0] ?? ''
  return (
    <>
      <TextInput
        ref={field}
        size="xs"
        label="Reason"
        maxLength={4_000}
        value={reason}
        error={reason.trim() === '' ? 'A review needs a reason' : undefined}
        onChange={(event) => onChange({ reason: event.currentTarget.value })}
      />
      <fieldset className={classes.reasons} aria-label="Common reasons">
        {reasons.map((each) => (
          <button key={each} type="button" aria-pressed={each === reason} onClick={() => onChange({ reason: each })}>
            {each}
          </button>
        ))}
      </fieldset>
      <Textarea
        size="xs"
        label="Note to the review"
        placeholder="Optional"
        autosize
        minRows={1}
        maxRows={5}
        maxLength={4_000}
        value={draft.note}
        onChange={(event) => onChange({ note: event.currentTarget.value })}
      />
    </>
  )
}

/** The review that counts, and further ones that said something about more items. */
function Reviews({ view, zone, now }: { view: SessionView; zone: string; now: number }) {
  const { review } = view.document
  if (review === null) return null
  const unsent = view.unsent.some(({ decision }) => decision.type === 'basket.review')
  return (
    <div className={classes.reviews} data-testid="review">
      {[review, ...review.also].map(({ reason, note, employee, at }, index) => (
        <p key={`${employee.number} ${at}`}>
          <Toned tone="ok" icon={index === 0 ? IconCheck : undefined}>
            {reason}
          </Toned>
          {note !== undefined && <q>{note}</q>}
          <span className={classes.soft}>
            {index === 0 ? 'Reviewed by' : 'also'} {employee.name}, {formatShort(Date.parse(at), zone, now)}
          </span>
        </p>
      ))}
      {unsent && <NotSent />}
    </div>
  )
}

interface GoodsProps {
  goods: readonly BasketGoods[]
  draft: ReviewDraft
  onOutcome: (lineId: string, outcome: ItemOutcome) => void
  onUndo: (goods: BasketGoods) => void
  mayDecide: boolean
  ownNumber: string | null
  view: SessionView
  zone: string
  now: number
  takesFocus: boolean
}

const outcomeKeys: Readonly<Record<string, ItemOutcome>> = { p: 'put_back', d: 'discarded', n: 'not_found' }
const ROW = '[data-line]'

/** The lines with one key per outcome; arrows move, and an outcome moves on to the next line. */
function Goods({ goods, draft, onOutcome, takesFocus, ...shared }: GoodsProps) {
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => {
    if (takesFocus) list.current?.querySelector<HTMLElement>(ROW)?.focus()
  }, [takesFocus])
  useCommands([
    { id: 'basket.put_back', group: 'Items of a basket', text: 'Put back', keys: 'p' },
    { id: 'basket.discarded', group: 'Items of a basket', text: 'Discarded', keys: 'd' },
    { id: 'basket.not_found', group: 'Items of a basket', text: 'Not found', keys: 'n' },
    { id: 'basket.undo', group: 'Items of a basket', text: 'Undo, or take back what you said', keys: 'u' },
    { id: 'basket.move', group: 'Items of a basket', text: 'Move', keys: 'arrowup arrowdown' },
  ])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const rows = [...(list.current?.querySelectorAll<HTMLElement>(ROW) ?? [])]
    const at = rows.findIndex((row) => row.contains(document.activeElement))
    const outcome = outcomeKeys[event.key.toLowerCase()]
    const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' || outcome !== undefined ? 1 : null
    const lineId = rows[at]?.dataset.line
    const undone = event.key.toLowerCase() === 'u' ? goods.find(({ line }) => line.lineId === lineId) : undefined
    if (undone !== undefined && shared.mayDecide) {
      event.preventDefault()
      return shared.onUndo(undone)
    }
    if (step === null || lineId === undefined) return
    event.preventDefault()
    if (outcome !== undefined && shared.mayDecide) onOutcome(lineId, outcome)
    rows[at + step]?.focus()
  }
  return (
    <ul ref={list} className={classes.goods} onKeyDown={onKeyDown}>
      {goods.map((each) => (
        <GoodsRow key={each.line.lineId} goods={each} draft={draft} onOutcome={onOutcome} {...shared} />
      ))}
    </ul>
  )
}

interface GoodsRowProps extends Omit<GoodsProps, 'goods' | 'takesFocus'> {
  goods: BasketGoods
}

function GoodsRow({ goods, draft, onOutcome, onUndo, mayDecide, ownNumber, view, zone, now }: GoodsRowProps) {
  const { line, quantity, discardAt, settled } = goods
  const shown = outcomeOf(goods, draft)
  const isNew = draft.outcomes[line.lineId] !== undefined && shown !== settled?.outcome
  const isOthers = settled !== null && settled.employee.number !== ownNumber
  const limit = discardAt === null || (settled !== null && !isNew) ? null : discardWords(discardAt, zone, now)
  return (
    <li
      className={classes.item}
      data-line={line.lineId}
      data-testid="basket-item"
      data-outcome={shown ?? undefined}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys say what became of the line
      tabIndex={0}
      aria-label={`${quantity} × ${line.name}${shown === null ? '' : `, ${itemOutcomeLabels[shown].toLowerCase()}`}`}
    >
      <span className={classes.quantity}>{quantity}</span>
      <span className={classes.name}>
        {line.name}
        {limit !== null && <Toned tone={limit.tone}>{limit.text}</Toned>}
      </span>
      <span className={classes.meta}>
        <StorageMark storage={line.storage ?? 'ambient'} />
        {line.department ?? line.sku}
        {settled !== null && <Said said={settled} zone={zone} now={now} unsent={isUnsent(view, line.lineId)} counts />}
        {mayDecide && settled !== null && !isOthers && !isNew && (
          <button
            type="button"
            tabIndex={-1}
            className={classes.takeBack}
            aria-label={`Take back: ${line.name}`}
            onClick={() => onUndo(goods)}
          >
            Take back
          </button>
        )}
        {settled?.others.map((each) => (
          <Said key={each.employee.number} said={each} zone={zone} now={now} unsent={false} counts={false} />
        ))}
        {isNew && isOthers && (
          <Toned tone="warn">{settled.employee.name} was first: yours will be kept beside it and not count</Toned>
        )}
      </span>
      {mayDecide && (
        <span className={classes.outcomes}>
          {itemOutcomes.map((outcome) => (
            <button
              key={outcome}
              type="button"
              tabIndex={-1}
              aria-pressed={shown === outcome}
              data-new={(isNew && shown === outcome) || undefined}
              // Pressed again, nothing is chosen any more.
              onClick={() => (isNew && shown === outcome ? onUndo(goods) : onOutcome(line.lineId, outcome))}
            >
              {itemOutcomeLabels[outcome]}
            </button>
          ))}
        </span>
      )}
    </li>
  )
}

interface SaidProps {
  said: SessionDocument['putBack'][number]['others'][number]
  zone: string
  now: number
  unsent: boolean
  counts: boolean
}

/** `Kim: discarded, 14:02`, and whether it counts. */
function Said({ said, zone, now, unsent, counts }: SaidProps) {
  const at = Date.parse(said.at)
  return (
    <span className={classes.said} data-testid={counts ? 'settled' : 'contradiction'} title={formatExact(at, zone)}>
      <Toned tone={counts ? 'ok' : 'bad'}>
        {said.employee.name}: {itemOutcomeLabels[said.outcome].toLowerCase()}, {formatShort(at, zone, now)}
        {!counts && ' – does not count'}
      </Toned>
      {unsent && <Pill tone="warn">not sent yet</Pill>}
    </span>
  )
}

/** Whether what was said about a line stands in a decision that is not sent yet. */
function isUnsent({ unsent }: SessionView, lineId: string): boolean {
  return unsent.some(({ decision }) => {
    if (decision.type === 'basket.put_back') return decision.payload.items.some((item) => item.lineId === lineId)
    if (decision.type !== 'basket.review') return false
    const { putBack } = decision.payload
    return Array.isArray(putBack) ? putBack.some((item) => item.lineId === lineId) : putBack
  })
}
