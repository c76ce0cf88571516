/** The line under the list: how many sessions, and the sums of all or of those selected. */
import { useQuery } from '@tanstack/react-query'
import { memo } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { SessionPage } from '../../data/data-api.ts'
import { useData, useDataStatus, useRevision } from '../../ui/data-context.ts'
import { counted } from '../../ui/labels.ts'
import classes from './list-foot.module.css'
import { isEmpty, type Selection } from './list-selection.ts'
import type { ListRows } from './use-list-rows.ts'

interface ListFootProps {
  all: ListRows['all']
  selection: Selection
  /** Something about the last action, such as a limit that was met. */
  note: string | null
  /** True while rows stand where the present order has them no more. */
  isHeld: boolean
  onClear: () => void
}

export const ListFoot = memo(function ListFoot({ all, selection, note, isHeld, onClear }: ListFootProps) {
  const selected = useSelected(selection, all)
  const reading = useDataStatus((status) => status.reading)
  const isPartial = all !== null && !all.complete
  return (
    <footer className={classes.foot}>
      <output data-testid="list-count">
        {all === null ? '…' : <strong>{counted(all.count, 'session')}</strong>}
        {isPartial && (
          <span className={classes.partial}>
            {reading === null
              ? 'so far: this PC still reads its history'
              : `in the ${reading.daysDone.toLocaleString('en')} of ${counted(reading.daysTotal, 'day')} read so far`}
          </span>
        )}
        {all !== null && all.count > 0 && <Sums {...all.totals} />}
      </output>
      {note !== null && <span role="status">{note}</span>}
      {note === null && isHeld && (
        <span className={classes.held}>
          Rows hold still while you read: <kbd>U</kbd> puts them in order
        </span>
      )}
      {!isEmpty(selection) && (
        <output className={classes.selected} data-testid="selection">
          <strong>{selected === undefined ? '…' : counted(selected.count, 'selected', 'selected')}</strong>
          {selected !== undefined && <Sums {...selected.totals} />}
          <button type="button" onClick={onClear}>
            Clear <kbd aria-hidden>Esc</kbd>
          </button>
        </output>
      )}
    </footer>
  )
})

function Sums({ quantity, byCurrency }: SessionPage['totals']) {
  return (
    <>
      <span>{counted(quantity, 'item')}</span>
      {byCurrency.map(({ currency, total }) => (
        <span key={currency}>{formatMoney(total, currency)}</span>
      ))}
    </>
  )
}

/** Count and sums of what is selected, as it is now. */
function useSelected(selection: Selection, all: ListRows['all']): Pick<SessionPage, 'count' | 'totals'> | undefined {
  const data = useData()
  const revision = useRevision()
  const { data: chosen } = useQuery({
    queryKey: ['session-totals', selection.all ? null : [...selection.keys.keys()], revision],
    queryFn: () => data.sessionTotals(selection.all ? [] : [...selection.keys.values()]),
    enabled: !selection.all && selection.keys.size > 0,
    placeholderData: (before) => before,
  })
  return selection.all ? (all ?? undefined) : chosen
}
