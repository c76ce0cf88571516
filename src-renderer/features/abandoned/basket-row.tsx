// biome-ignore-all lint/a11y/useSemanticElements: rows are virtual and positioned, which table elements cannot be
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
/** One row of the abandoned baskets: when it was left, what happened last, what is in it. */
import { IconCheck, IconCloudUp, IconSnowflake } from '@tabler/icons-react'
import { memo } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import type { AbandonedBasket, BasketItem } from '../../data/abandoned-api.ts'
import { storySentence } from '../../ui/abandoned-words.ts'
import { formatAgo, formatShort } from '../../ui/format-time.ts'
import { clientLabel, counted, obstacleLabel } from '../../ui/labels.ts'
import { Pill, Toned } from '../../ui/parts.tsx'
import classes from './abandoned-page.module.css'

export const ROW_HEIGHT = 46

interface BasketRowProps {
  basket: AbandonedBasket
  index: number
  isActive: boolean
  isSelected: boolean
  /** It is open beside the list. */
  isOpen: boolean
  store: StoreSettings | undefined
  /** False where all baskets are of one store. */
  namesStore: boolean
  nowMs: number
}

/** Of fixed height; the grid around it hears its clicks and keys. */
export const BasketRow = memo(function BasketRow(props: BasketRowProps) {
  const { basket, index, isActive, isSelected, isOpen, store, namesStore, nowMs } = props
  const { row, leftAt, expired, shift, story, items, review, unsent } = basket
  const zone = store?.timezone ?? 'UTC'
  const client = clientLabel(row.client)
  const cold = review === null ? coldOf(items) : 0
  const sentence =
    story === null
      ? `${obstacleLabel(row.obstacle ?? 'none')}; details are not on this PC`
      : storySentence(story, zone, nowMs)
  const left = formatShort(leftAt, zone, nowMs)
  return (
    <div
      id={`basket-row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-testid="basket-row"
      data-session-id={row.id}
      data-index={index}
      data-active={isActive || undefined}
      data-open={isOpen || undefined}
      className={`${classes.columns} ${classes.row}`}
      style={{ transform: `translateY(${index * ROW_HEIGHT}px)` }}
    >
      <div role="gridcell" className={classes.mark} data-mark aria-label={isSelected ? 'Selected' : 'Not selected'}>
        <span className={classes.box} aria-hidden />
      </div>
      <div role="gridcell">
        <span>{left}</span>
        <span className={classes.second}>
          {formatAgo(leftAt, nowMs)}
          {shift !== null && ` · ${shift}`}
        </span>
      </div>
      <div role="gridcell">
        <span className={classes.sentence} title={sentence}>
          {sentence}
        </span>
        <span className={classes.second}>
          {!expired && <Toned tone="warn">would have expired, not confirmed</Toned>}
          {unsent && (
            <Toned tone="warn" icon={IconCloudUp}>
              not sent yet
            </Toned>
          )}
          {review !== null && (
            <Toned tone="ok" icon={IconCheck}>
              {review.reason} · {review.employee.name}
            </Toned>
          )}
          {namesStore && <span>{store?.name ?? row.storeId}</span>}
          <span>{client.text}</span>
          <span className={classes.cut}>{row.id}</span>
        </span>
      </div>
      <div role="gridcell" data-right>
        <span>{counted(row.quantity, 'piece')}</span>
        <span className={classes.second}>
          {cold > 0 && (
            <Pill tone="accent" icon={IconSnowflake}>
              {cold} cold
            </Pill>
          )}
        </span>
      </div>
      <div role="gridcell" data-right className={classes.value}>
        {formatMoney(row.total, row.currency)}
      </div>
    </div>
  )
})

/** Pieces that must be kept cold and that nobody has dealt with. */
function coldOf(items: readonly BasketItem[] | null): number {
  let pieces = 0
  for (const { storage, settled, quantity, returnedQuantity } of items ?? [])
    if (settled === null && (storage === 'chilled' || storage === 'frozen')) pieces += quantity - returnedQuantity
  return pieces
}
