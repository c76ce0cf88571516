/** What an item is and costs, typed by hand. */
import { Button, NumberInput, TextInput } from '@mantine/core'
import { useId, useState } from 'react'
import { minorUnitDigits, toMinorUnits } from '#shared/money/minor-units.ts'
import classes from './check-page.module.css'
import { useInitialFocus } from './use-initial-focus.ts'

export interface TypedItem {
  name: string
  /** Minor units. */
  unitPrice: number
  quantity: number
}

interface ItemFormProps {
  title: string
  currency: string
  withQuantity?: boolean
  most?: number
  onConfirm: (item: TypedItem) => void
  onClose: () => void
}

export function ItemForm({ title, currency, withQuantity = false, most = 999, onConfirm, onClose }: ItemFormProps) {
  const titleId = useId()
  const digits = minorUnitDigits(currency)
  const first = useInitialFocus<HTMLInputElement>()
  const [name, setName] = useState('')
  const [price, setPrice] = useState<number | string>('')
  const [quantity, setQuantity] = useState(1)
  const unitPrice = typeof price === 'number' ? toMinorUnits(price, currency) : null
  const complete = name.trim() !== '' && unitPrice !== null
  return (
    <form
      className={classes.itemForm}
      aria-labelledby={titleId}
      onSubmit={(event) => {
        event.preventDefault()
        if (complete) onConfirm({ name: name.trim(), unitPrice, quantity })
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        onClose()
      }}
    >
      <h3 id={titleId}>{title}</h3>
      <TextInput
        ref={first}
        label="Name"
        maxLength={255}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <NumberInput
        size="xs"
        w={120}
        label={`Price each (${currency})`}
        min={0}
        max={1_000_000}
        decimalScale={digits}
        fixedDecimalScale={false}
        allowNegative={false}
        value={price}
        onChange={setPrice}
      />
      {withQuantity && (
        <NumberInput
          size="xs"
          w={90}
          label="Pieces"
          min={1}
          max={most}
          allowDecimal={false}
          allowNegative={false}
          value={quantity}
          onChange={(value) => {
            if (typeof value === 'number' && value >= 1) setQuantity(value)
          }}
        />
      )}
      <Button type="submit" disabled={!complete}>
        Add
      </Button>
      <Button variant="default" onClick={onClose}>
        Cancel
      </Button>
    </form>
  )
}
