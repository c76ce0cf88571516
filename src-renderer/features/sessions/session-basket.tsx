/** Line items of the basket, and every transaction with the line items it was for. */
import { IconChevronRight } from '@tabler/icons-react'
import { useState } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { LineItem, SessionDocument, Transaction } from '#shared/protocol/session-document.ts'
import { formatClockSeconds, formatSpan } from '../../ui/format-time.ts'
import { counted, type Tone } from '../../ui/labels.ts'
import { Pill, Section } from '../../ui/parts.tsx'
import classes from './session-page.module.css'

interface LineItemsProps {
  items: LineItem[]
  total: number
  currency: string
}

/** The basket as it is now. */
export function LineItems({ items, total, currency }: LineItemsProps) {
  return (
    <Section title="Basket" aside={counted(items.length, 'line')}>
      {items.length === 0 ? (
        <p className={classes.empty}>The basket is empty.</p>
      ) : (
        <Lines items={items} total={total} currency={currency} />
      )}
    </Section>
  )
}

function Lines({ items, total, currency }: LineItemsProps) {
  return (
    <table className={classes.lines}>
      <thead>
        <tr>
          <th scope="col">Product</th>
          <th scope="col">Article</th>
          <th scope="col">Qty</th>
          <th scope="col">Each</th>
          <th scope="col">Total</th>
        </tr>
      </thead>
      <tbody>
        {items.map((line) => (
          <tr key={line.lineId}>
            <td>
              <span className={classes.product}>
                <span>{line.name}</span>
                {line.minAge !== undefined && line.minAge > 0 && <span className={classes.tag}>{line.minAge}+</span>}
                {line.storage !== undefined && line.storage !== 'ambient' && (
                  <span className={classes.tag}>{line.storage}</span>
                )}
                {line.returnedQuantity > 0 && <span className={classes.tag}>{line.returnedQuantity} returned</span>}
                {line.department !== undefined && <span className={classes.department}>{line.department}</span>}
              </span>
            </td>
            <td className={classes.sku}>{line.sku}</td>
            <td>{line.quantity}</td>
            <td>{formatMoney(line.unitPrice, currency)}</td>
            <td>{formatMoney(line.total, currency)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={2}>
            Total
          </th>
          <td>{items.reduce((sum, line) => sum + line.quantity - line.returnedQuantity, 0)}</td>
          <td />
          <td>{formatMoney(total, currency)}</td>
        </tr>
      </tfoot>
    </table>
  )
}

const statusTones: Record<Transaction['status'], { tone: Tone; text: string }> = {
  started: { tone: 'accent', text: 'Running' },
  cancelled: { tone: 'plain', text: 'Cancelled' },
  failed: { tone: 'bad', text: 'Failed' },
  completed: { tone: 'ok', text: 'Paid' },
}

/** Payment attempts in order, each opening to its line items. */
export function Transactions({ document, zone }: { document: SessionDocument; zone: string }) {
  const { transactions, currency } = document
  return (
    <Section
      title="Transactions"
      aside={transactions.length === 0 ? 'no payment attempted yet' : counted(transactions.length, 'payment attempt')}
    >
      {transactions.map((transaction, index) => (
        <TransactionRow
          key={transaction.id}
          transaction={transaction}
          place={index + 1}
          currency={currency}
          zone={zone}
        />
      ))}
    </Section>
  )
}

interface TransactionRowProps {
  transaction: Transaction
  place: number
  currency: string
  zone: string
}

function TransactionRow({ transaction, place, currency, zone }: TransactionRowProps) {
  const [opened, setOpened] = useState(false)
  const { tone, text } = statusTones[transaction.status]
  const value = transaction.lineItems.reduce((sum, line) => sum + line.total, 0)
  const startedAt = Date.parse(transaction.startedAt)
  return (
    <div className={classes.transaction}>
      <button type="button" aria-expanded={opened} onClick={() => setOpened(!opened)}>
        <IconChevronRight size={15} aria-hidden className={classes.chevron} data-opened={opened || undefined} />
        <span className={classes.soft}>{place}</span>
        <Pill tone={tone}>{text}</Pill>
        <span className={classes.transactionFacts}>
          <span>
            {formatClockSeconds(startedAt, zone)}
            {transaction.endedAt !== null && (
              <span className={classes.soft}> · {formatSpan(Date.parse(transaction.endedAt) - startedAt)}</span>
            )}
          </span>
          {transaction.method !== undefined && <span>{transaction.method}</span>}
          {transaction.receiptNumber !== undefined && <span>Receipt {transaction.receiptNumber}</span>}
          {transaction.reason !== undefined && <span>{transaction.reason}</span>}
          <span className={classes.soft}>{transaction.id}</span>
        </span>
        <strong>{formatMoney(transaction.amount ?? value, currency)}</strong>
      </button>
      {opened &&
        (transaction.lineItems.length === 0 ? (
          <p className={classes.empty}>It was for an empty basket.</p>
        ) : (
          <Lines items={transaction.lineItems} total={value} currency={currency} />
        ))}
    </div>
  )
}
