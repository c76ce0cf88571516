/** The basket to look at, while nobody checks it from here. */
import { formatMoney } from '#shared/money/format-money.ts'
import type { LineItem } from '#shared/protocol/session-document.ts'
import { counted } from '../../ui/labels.ts'
import { Section } from '../../ui/parts.tsx'
import classes from './check-page.module.css'

export function BasketList({ basket, currency }: { basket: readonly LineItem[]; currency: string }) {
  return (
    <Section title="Basket" aside={counted(basket.length, 'line')}>
      <table className={classes.lines}>
        <thead>
          <tr>
            <th scope="col">Product</th>
            <th scope="col">Article</th>
            <th scope="col">Each</th>
            <th scope="col">Pieces</th>
            <th scope="col">Total</th>
          </tr>
        </thead>
        <tbody>
          {basket.map((line) => (
            <tr key={line.lineId}>
              <td>{line.name}</td>
              <td className={classes.sku}>{line.sku}</td>
              <td>{formatMoney(line.unitPrice, currency)}</td>
              <td>{line.quantity - line.returnedQuantity}</td>
              <td>{formatMoney(line.total, currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  )
}
