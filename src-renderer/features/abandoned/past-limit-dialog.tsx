/** Asks once before goods go back that the store's rule discards. */
import { Button, Modal } from '@mantine/core'
import { IconScale } from '@tabler/icons-react'
import type { PastLimit } from '../../data/abandoned-api.ts'
import { outWords } from '../../ui/abandoned-words.ts'
import { useStores } from '../../ui/data-context.ts'
import { formatShort } from '../../ui/format-time.ts'
import { counted } from '../../ui/labels.ts'
import { useFocusBack } from '../../ui/use-focus-back.ts'
import classes from './past-limit-dialog.module.css'

interface PastLimitDialogProps {
  /** What is past its limit; longest out first. */
  goods: readonly PastLimit[]
  /** UTC milliseconds. */
  nowMs: number
  /** Discards these, and puts back what else was meant. */
  onRule: () => void
  onPutBack: () => void
  onClose: () => void
}

/** So many products are named. */
const NAMED = 8

export function PastLimitDialog({ goods, nowMs, onRule, onPutBack, onClose }: PastLimitDialogProps) {
  const stores = useStores()
  useFocusBack()
  const pieces = goods.reduce((sum, { quantity }) => sum + quantity, 0)
  const zoneOf = (storeId: string) => stores.find(({ id }) => id === storeId)?.timezone ?? 'UTC'
  return (
    <Modal opened onClose={onClose} title="Too long out to put back" size={520} data-testid="past-limit">
      <p className={classes.text}>The store’s rule says to discard {counted(pieces, 'piece')}:</p>
      <ul className={classes.goods}>
        {goods.slice(0, NAMED).map(({ storeId, name, quantity, scannedAt, discardAt }) => (
          <li key={`${storeId} ${name}`}>
            <span>{quantity}</span>
            <strong>{name}</strong>
            <span>
              out {outWords(nowMs - scannedAt)}, limit was {formatShort(discardAt, zoneOf(storeId), nowMs)}
            </span>
          </li>
        ))}
      </ul>
      {goods.length > NAMED && <p className={classes.text}>and {counted(goods.length - NAMED, 'more product')}</p>}
      <div className={classes.choices}>
        <Button data-autofocus leftSection={<IconScale size={15} />} onClick={onRule}>
          By the rule: discard
        </Button>
        <Button variant="default" onClick={onPutBack}>
          Put back anyway
        </Button>
        <Button variant="subtle" color="gray" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Modal>
  )
}
