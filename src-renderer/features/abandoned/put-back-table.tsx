/** The put-back list of one store: goods by group, on the screen with keys, on paper with boxes to tick. */
import { Link } from '@tanstack/react-router'
import { type KeyboardEvent, type MouseEvent, memo } from 'react'
import type { ItemOutcome } from '#shared/protocol/decisions.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { localDateOf, startOfLocalDate } from '#shared/time/local-day.ts'
import type { PutBackItem } from '../../data/abandoned-api.ts'
import { discardWords, itemOutcomeLabels, itemOutcomes, outWords } from '../../ui/abandoned-words.ts'
import { formatShort } from '../../ui/format-time.ts'
import { counted } from '../../ui/labels.ts'
import { Pill, Toned } from '../../ui/parts.tsx'
import { itemKey, lineInTurn, type PutBackGroup, piecesOf } from './put-back-lines.ts'
import classes from './put-back-page.module.css'

export interface PutBackTableProps {
  groups: readonly PutBackGroup[]
  store: StoreSettings
  mayDecide: boolean
  /** UTC milliseconds. */
  nowMs: number
  /** Pieces that were scanned and settled nothing yet, by the line they count for. */
  scanned: ReadonlyMap<string, number>
  /** The product that was scanned last. */
  lastScanned: string | null
  /** Null stands for what the store's rule says. */
  onSettle: (item: PutBackItem, outcome: ItemOutcome | null) => void
}

/** On the screen the boxes to tick are not there, on paper the buttons. */
const COLUMNS = 5
const outcomeOfKey: Partial<Record<string, ItemOutcome>> = { p: 'put_back', d: 'discarded', n: 'not_found' }
const ROW = 'tr[data-item]'

export function PutBackTable(props: PutBackTableProps) {
  const { groups, store, mayDecide, nowMs, scanned, lastScanned, onSettle } = props
  // For what the time of day makes no difference to: it is drawn anew once a day.
  const today = startOfLocalDate(localDateOf(nowMs, store.timezone), store.timezone)
  const items = new Map(groups.flatMap((group) => group.items.map((item) => [itemKey(item), item])))
  const onKeyDown = (event: KeyboardEvent<HTMLTableElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement)) return
    const row = event.target.closest<HTMLElement>(ROW)
    const item = items.get(row?.dataset.item ?? '')
    if (row === null || item === undefined) return
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : null
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>(ROW)]
    const at = rows.indexOf(row)
    if (step !== null) rows[at + step]?.focus()
    else {
      const outcome = event.key === ' ' ? null : outcomeOfKey[event.key.toLowerCase()]
      // On a button the space bar presses that.
      if (outcome === undefined || !mayDecide || (event.key === ' ' && event.target !== row))
        return // The row goes away; the next one is at hand.
      ;(rows[at + 1] ?? rows[at - 1])?.focus()
      onSettle(item, outcome)
    }
    event.preventDefault()
  }
  return (
    <table className={classes.table} onKeyDown={onKeyDown} onClick={keepFocus}>
      <thead className={classes.heads}>
        <tr>
          <th scope="col" className={classes.paper}>
            <span className={classes.boxes}>
              {itemOutcomes.map((outcome) => (
                <span key={outcome}>{itemOutcomeLabels[outcome]}</span>
              ))}
            </span>
          </th>
          <th scope="col" className={classes.pieces}>
            Pieces
          </th>
          <th scope="col">Product</th>
          <th scope="col" className={classes.since}>
            Out since
          </th>
          <th scope="col" className={classes.baskets}>
            Baskets
          </th>
          <th scope="col" className={classes.screen}>
            {mayDecide && (
              <>
                <kbd>P</kbd> <kbd>D</kbd> <kbd>N</kbd> or <kbd>Space</kbd> by the rule
              </>
            )}
          </th>
        </tr>
      </thead>
      {groups.map(({ title, isCold, items: ofGroup }) => (
        <tbody key={title} data-cold={isCold || undefined}>
          <tr className={classes.group}>
            <th scope="rowgroup" colSpan={COLUMNS}>
              {title}
              <span>{counted(piecesOf(ofGroup), 'piece')}</span>
            </th>
          </tr>
          {ofGroup.map((item) => {
            const key = itemKey(item)
            return (
              <Row
                key={key}
                id={key}
                item={item}
                zone={store.timezone}
                mayDecide={mayDecide}
                isTimed={isTimed(item)}
                nowMs={isTimed(item) ? nowMs : today}
                scanned={scanned.get(lineInTurn(item)) ?? 0}
                isLastScanned={key === lastScanned}
                onSettle={onSettle}
              />
            )
          })}
        </tbody>
      ))}
    </table>
  )
}

/** A click settles the row, which goes away with the button: the keys go on from the next one. */
function keepFocus({ target, currentTarget }: MouseEvent<HTMLTableElement>) {
  if (!(target instanceof Element) || target.closest('button') === null) return
  const rows = [...currentTarget.querySelectorAll<HTMLElement>(ROW)]
  const at = rows.findIndex((row) => row.contains(target))
  ;(rows[at + 1] ?? rows[at - 1])?.focus({ preventScroll: true })
}

interface RowProps {
  id: string
  item: PutBackItem
  zone: string
  mayDecide: boolean
  /** Says how long it has been out and until when it may go back. */
  isTimed: boolean
  nowMs: number
  scanned: number
  isLastScanned: boolean
  onSettle: PutBackTableProps['onSettle']
}

/** So many baskets are named. */
const NAMED_BASKETS = 2

const Row = memo(function Row(props: RowProps) {
  const { id, item, zone, mayDecide, isTimed, nowMs, scanned, isLastScanned, onSettle } = props
  const { name, sku, quantity, lines, overdue, storeId } = item
  const baskets = [...new Set(lines.map(({ sessionId }) => sessionId))]
  return (
    <tr
      className={classes.item}
      data-item={id}
      data-testid="put-back-item"
      data-sku={sku}
      data-overdue={overdue > 0 || undefined}
      data-scanned={isLastScanned || undefined}
      tabIndex={0}
    >
      <td className={classes.paper}>
        <span className={classes.boxes}>
          {itemOutcomes.map((outcome) => (
            <span key={outcome}>
              <i />
            </span>
          ))}
        </span>
      </td>
      <td className={classes.pieces}>{quantity}</td>
      <td>
        <span className={classes.name}>{name}</span> <span className={classes.soft}>{sku}</span>
        {scanned > 0 && (
          <Pill tone="accent">
            {scanned} of {lines[0]?.quantity} scanned
          </Pill>
        )}
      </td>
      <td className={classes.since}>
        {isTimed ? (
          <Limit item={item} zone={zone} nowMs={nowMs} />
        ) : (
          <span className={classes.soft}>{formatShort(item.scannedAt, zone, nowMs)}</span>
        )}
      </td>
      <td className={classes.baskets}>
        {baskets.slice(0, NAMED_BASKETS).map((sessionId) => (
          <Link
            key={sessionId}
            to="/abandoned"
            search={({ left }) => ({ basket: [storeId, sessionId], left })}
            tabIndex={-1}
            title={sessionId}
          >
            {sessionId}
          </Link>
        ))}
        {baskets.length > NAMED_BASKETS && <span>+ {counted(baskets.length - NAMED_BASKETS, 'other')}</span>}
      </td>
      <td className={classes.screen}>
        {mayDecide && (
          <span className={classes.outcomes}>
            {itemOutcomes.map((outcome) => (
              <button
                key={outcome}
                type="button"
                tabIndex={-1}
                aria-label={`${itemOutcomeLabels[outcome]}: ${name}`}
                onClick={() => onSettle(item, outcome)}
              >
                {itemOutcomeLabels[outcome]}
              </button>
            ))}
          </span>
        )}
      </td>
    </tr>
  )
})

const isTimed = ({ storage, discardAt }: PutBackItem): boolean => storage !== 'ambient' || discardAt !== null

/** How long goods have been out, and until when they may go back. */
function Limit({ item, zone, nowMs }: Pick<RowProps, 'item' | 'zone' | 'nowMs'>) {
  const { scannedAt, discardAt, overdue, quantity } = item
  const limit = discardAt === null ? null : discardWords(discardAt, zone, nowMs)
  return (
    <>
      <span className={classes.minutes}>{outWords(nowMs - scannedAt)}</span>
      {limit !== null && (
        <Toned tone={limit.tone}>
          <strong data-over={overdue > 0 || undefined}>
            {limit.text}
            {overdue > 0 && overdue < quantity && ` (${overdue} of ${quantity})`}
          </strong>
        </Toned>
      )}
    </>
  )
}
