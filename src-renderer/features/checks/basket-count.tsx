/** The basket of a spot check: what it says, what was found, and by hand what no scanner can tell. */
import { ActionIcon, Button, Menu, NumberInput, SegmentedControl } from '@mantine/core'
import { IconCheck, IconDots, IconMinus, IconPlus } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import { minorUnitDigits, toMinorUnits } from '#shared/money/minor-units.ts'
import type { LineItem } from '#shared/protocol/session-document.ts'
import type { CheckedLine, RescanView } from '#shared/verification/rescan.ts'
import { counted } from '../../ui/labels.ts'
import { Section } from '../../ui/parts.tsx'
import classes from './check-page.module.css'
import { ItemForm } from './item-form.tsx'
import { useInitialFocus } from './use-initial-focus.ts'

interface BasketCountProps {
  seen: RescanView
  basket: readonly LineItem[]
  currency: string
  /** A rescan counts; a sight check only looks. */
  counting: boolean
  onCount: (lineId: string, quantity: number) => void
  onReplace: (lineId: string, quantity: number, item: { name: string; unitPrice: number }) => void
  /** `value`: minor units over all pieces of the line. */
  onDiscount: (lineId: string, value: number, inFavourOf: 'store' | 'shopper') => void
}

export function BasketCount({ seen, basket, currency, counting, onCount, onReplace, onDiscount }: BasketCountProps) {
  const [open, setOpen] = useState<{ lineId: string; form: 'replace' | 'discount' } | null>(null)
  const picked = counting && seen.lines.some((line) => line.asked > 0 && line.asked < line.expected)
  const someAsked = seen.lines.some((line) => line.asked > 0)
  const wanted = counting && someAsked ? seen.lines.filter((line) => line.asked > 0) : seen.lines
  const others = seen.lines.filter((line) => !wanted.includes(line))
  const rows = (lines: readonly CheckedLine[]) =>
    lines.map((line) => {
      const item = basket.find(({ lineId }) => lineId === line.lineId)
      const close = () => setOpen(null)
      return (
        <LineRow
          key={line.lineId}
          line={line}
          unitPrice={item?.unitPrice ?? 0}
          currency={currency}
          counting={counting}
          picked={picked}
          onCount={(quantity) => onCount(line.lineId, quantity)}
          onForm={(form) => setOpen({ lineId: line.lineId, form })}
          form={
            open?.lineId !== line.lineId ? null : open.form === 'replace' ? (
              <ItemForm
                title={`What lies there instead of ${line.name}?`}
                currency={currency}
                withQuantity
                most={line.expected}
                onClose={close}
                onConfirm={({ name, unitPrice, quantity }) => {
                  onReplace(line.lineId, quantity, { name, unitPrice })
                  close()
                }}
              />
            ) : (
              <DiscountForm
                name={line.name}
                currency={currency}
                onClose={close}
                onConfirm={(value, inFavourOf) => {
                  onDiscount(line.lineId, value, inFavourOf)
                  close()
                }}
              />
            )
          }
        />
      )
    })
  return (
    <Section title={counting && others.length > 0 ? 'To be scanned' : 'Basket'} aside={counted(basket.length, 'line')}>
      <table className={classes.lines}>
        <thead>
          <tr>
            <th scope="col">Product</th>
            <th scope="col">Article</th>
            <th scope="col">Each</th>
            <th scope="col">Basket</th>
            {counting && <th scope="col">Found</th>}
            <th scope="col">
              <span className={classes.hidden}>Change</span>
            </th>
          </tr>
        </thead>
        <tbody>{rows(wanted)}</tbody>
        {others.length > 0 && (
          <>
            <thead>
              <tr>
                <th scope="colgroup" colSpan={counting ? 6 : 5} className={classes.rest}>
                  The rest of the basket
                </th>
              </tr>
            </thead>
            <tbody>{rows(others)}</tbody>
          </>
        )}
      </table>
    </Section>
  )
}

interface LineRowProps {
  line: CheckedLine
  unitPrice: number
  currency: string
  counting: boolean
  /** Only some pieces of some lines are asked for. */
  picked: boolean
  form: ReactNode
  onCount: (quantity: number) => void
  onForm: (form: 'replace' | 'discount') => void
}

function LineRow({ line, unitPrice, currency, counting, picked, form, onCount, onForm }: LineRowProps) {
  const { name, sku, expected, found, asked } = line
  const tone = found > expected ? 'bad' : asked > 0 && found >= asked ? 'ok' : undefined
  return (
    <>
      <tr data-testid="checked-line" data-line-id={line.lineId} data-tone={counting ? tone : undefined}>
        <td>
          {counting && tone === 'ok' && <IconCheck size={15} stroke={2.4} aria-label="done" className={classes.done} />}{' '}
          {name}
          {picked && asked > 0 && <span className={classes.tag}>scan {asked}</span>}
        </td>
        <td className={classes.sku}>{sku}</td>
        <td>{formatMoney(unitPrice, currency)}</td>
        <td>{expected}</td>
        {counting && (
          <td className={classes.found}>
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={`One ${name} less`}
              disabled={found === 0}
              onClick={() => onCount(found - 1)}
            >
              <IconMinus size={14} />
            </ActionIcon>
            <strong>{found}</strong>
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={`One ${name} more`}
              onClick={() => onCount(found + 1)}
            >
              <IconPlus size={14} />
            </ActionIcon>
          </td>
        )}
        <td>
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon size="sm" variant="subtle" color="gray" aria-label={`Something is wrong with ${name}`}>
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => onForm('replace')}>It is another product…</Menu.Item>
              <Menu.Item onClick={() => onForm('discount')}>Its discount is wrong…</Menu.Item>
              <Menu.Item onClick={() => onCount(0)}>It is not in the bag</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </td>
      </tr>
      {form !== null && (
        <tr>
          <td colSpan={counting ? 6 : 5}>{form}</td>
        </tr>
      )}
    </>
  )
}

interface DiscountFormProps {
  name: string
  currency: string
  onConfirm: (value: number, inFavourOf: 'store' | 'shopper') => void
  onClose: () => void
}

function DiscountForm({ name, currency, onConfirm, onClose }: DiscountFormProps) {
  const first = useInitialFocus<HTMLInputElement>()
  const [amount, setAmount] = useState<number | string>('')
  const [inFavourOf, setInFavourOf] = useState<'store' | 'shopper'>('store')
  const value = typeof amount === 'number' ? toMinorUnits(amount, currency) : null
  return (
    <form
      className={classes.itemForm}
      aria-label={`Discount of ${name}`}
      onSubmit={(event) => {
        event.preventDefault()
        if (value !== null && value > 0) onConfirm(value, inFavourOf)
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        onClose()
      }}
    >
      <h3>Discount of {name}</h3>
      <NumberInput
        ref={first}
        size="xs"
        w={150}
        label={`Wrong by, all pieces (${currency})`}
        min={0}
        max={1_000_000}
        decimalScale={minorUnitDigits(currency)}
        allowNegative={false}
        value={amount}
        onChange={setAmount}
      />
      <SegmentedControl
        size="xs"
        aria-label="Which way"
        value={inFavourOf}
        onChange={(way) => setInFavourOf(way as typeof inFavourOf)}
        data={[
          { value: 'store', label: 'Not to be given' },
          { value: 'shopper', label: 'Was not given' },
        ]}
      />
      <Button type="submit" disabled={value === null || value === 0}>
        Add
      </Button>
      <Button variant="default" onClick={onClose}>
        Cancel
      </Button>
    </form>
  )
}
