/** What a spot check found wrong, with values; and codes that still need a word. */
import { Button, NativeSelect } from '@mantine/core'
import { IconAlertTriangle, IconHelpCircle } from '@tabler/icons-react'
import { useState } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { Difference } from '#shared/protocol/decisions.ts'
import type { LineItem } from '#shared/protocol/session-document.ts'
import type { RescanView, UnknownCode } from '#shared/verification/rescan.ts'
import classes from './check-page.module.css'
import { differenceKinds, differenceWords, lossWords } from './difference-words.ts'
import { ItemForm } from './item-form.tsx'

interface DifferenceListProps {
  seen: RescanView
  basket: readonly LineItem[]
  currency: string
  onName: (code: string, item: { name: string; unitPrice: number }) => void
  onReplace: (code: string, lineId: string, quantity: number, item: { name: string; unitPrice: number }) => void
}

export function DifferenceList({ seen, basket, currency, onName, onReplace }: DifferenceListProps) {
  const { differences, unknown, preventedLoss } = seen
  if (differences.length === 0) return null
  return (
    <section className={classes.differences} aria-label="Differences" data-testid="differences">
      <div className={classes.differencesHead}>
        <h2>Differences</h2>
        <p data-testid="prevented-loss">
          Prevented loss <strong>{formatMoney(preventedLoss, currency)}</strong>
        </p>
      </div>
      <ul>
        {differences.map((difference) => (
          <li key={keyOf(difference)}>
            <IconAlertTriangle size={17} stroke={1.9} aria-hidden className={classes.differenceMark} />
            <span className={classes.differenceText}>
              <strong>{differenceKinds[difference.kind]}</strong> {differenceWords(difference, basket)}
            </span>
            <span className={classes.differenceValue}>
              {difference.value === undefined ? 'value not known' : formatMoney(difference.value, currency)}
              {difference.value !== undefined && <small>{lossWords(difference)}</small>}
            </span>
          </li>
        ))}
      </ul>
      {unknown.map((each) => (
        <Unknown
          key={each.code}
          unknown={each}
          basket={basket}
          currency={currency}
          onName={(item) => onName(each.code, item)}
          onReplace={(lineId, item) => onReplace(each.code, lineId, each.quantity, item)}
        />
      ))}
    </section>
  )
}

const keyOf = ({ kind, lineId, sku, quantity, value }: Difference): string =>
  JSON.stringify([kind, lineId, sku, quantity, value])

interface UnknownProps {
  unknown: UnknownCode
  basket: readonly LineItem[]
  currency: string
  onName: (item: { name: string; unitPrice: number }) => void
  onReplace: (lineId: string, item: { name: string; unitPrice: number }) => void
}

/** A code without a line: what it is, and whether it lies there instead of something else. */
function Unknown({ unknown: { code, quantity, named }, basket, currency, onName, onReplace }: UnknownProps) {
  const [naming, setNaming] = useState(false)
  if (naming)
    return (
      <ItemForm
        title={`What is ${code}?`}
        currency={currency}
        onClose={() => setNaming(false)}
        onConfirm={({ name, unitPrice }) => {
          onName({ name, unitPrice })
          setNaming(false)
        }}
      />
    )
  return (
    <div className={classes.unknown} data-testid="unknown-code">
      <IconHelpCircle size={17} stroke={1.8} aria-hidden className={classes.unknownMark} />
      <span className={classes.differenceText}>
        {named === null ? (
          <>
            <strong>{code}</strong>
            {quantity > 1 && ` × ${quantity}`} is not known on this PC.
          </>
        ) : (
          <>
            <strong>{named.name}</strong> · {formatMoney(named.unitPrice, currency)} each
          </>
        )}
      </span>
      <Button size="compact-sm" variant="default" onClick={() => setNaming(true)}>
        {named === null ? 'Say what it is…' : 'Correct…'}
      </Button>
      {named !== null && (
        <NativeSelect
          size="xs"
          aria-label={`${named.name} lies there instead of`}
          value=""
          onChange={(event) => {
            if (event.currentTarget.value !== '') onReplace(event.currentTarget.value, named)
          }}
          data={[
            { value: '', label: 'Instead of…' },
            ...basket.map((line) => ({ value: line.lineId, label: line.name })),
          ]}
        />
      )}
    </div>
  )
}
