/** Around the figures of a page: of what they are, what is missing in them, and the way to the sessions themselves. */
import { Loader, NativeSelect } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { ChartFrame } from '../../data/chart-api.ts'
import { useDataStatus } from '../../ui/data-context.ts'
import { formatDay } from '../../ui/format-time.ts'
import { counted } from '../../ui/labels.ts'
import type { ListFilters } from '../../ui/list-filters.ts'
import { InlineError } from '../../ui/parts.tsx'
import { daysWords } from './chart-words.ts'
import classes from './charts.module.css'
import { searchBehind } from './drill-down.ts'
import type { Charts } from './use-charts.ts'

/** What every answer says of itself. */
export type AnswerFrame = Pick<ChartFrame, 'from' | 'to' | 'currency' | 'currencies' | 'complete' | 'sessions'>

interface FiguresFrameProps {
  charts: Charts
  /** Undefined until the first answer. */
  answer: AnswerFrame | undefined
  isOutdated: boolean
  error: Error | null
  /** Since when nothing is known, in words. */
  gap: string | null
  /** Filters of the list that find the sessions, where they are not the charts'. */
  listFilters?: ListFilters
  onPaper?: boolean
  children: ReactNode
}

export function FiguresFrame({
  charts,
  answer,
  isOutdated,
  error,
  gap,
  listFilters = charts.filters,
  onPaper,
  children,
}: FiguresFrameProps) {
  const reading = useDataStatus((status) => status.reading)
  if (answer === undefined) {
    return (
      <div className={classes.loading}>
        {error === null ? (
          <Loader size="sm" role="status" aria-label="Counting" />
        ) : (
          <InlineError>The sessions could not be counted: {error.message}</InlineError>
        )}
      </div>
    )
  }
  const { from, to, sessions, currency, currencies, complete } = answer
  const { zone } = charts.scope
  const notes = [
    complete ? null : partialWords(reading),
    gap === null ? null : `${gap[0]?.toUpperCase()}${gap.slice(1)}: what happened since then is not in these figures.`,
  ].filter((note) => note !== null)
  return (
    <>
      <div className={classes.answer}>
        <output data-testid="charts-count" data-count={sessions}>
          <strong>{counted(sessions, 'session')}</strong>{' '}
          {sessions > 0 && daysWords(formatDay(from, zone), formatDay(to - 1, zone))}
        </output>
        {!onPaper && (
          <Link to="/sessions" search={searchBehind(listFilters, {})} className={classes.link}>
            Show them in the list
          </Link>
        )}
        {currencies.length > 1 && (
          <span className={classes.currency}>
            Money counts sessions in{' '}
            {onPaper ? (
              <strong>{currency}</strong>
            ) : (
              <NativeSelect
                size="xs"
                aria-label="Currency of all money"
                value={currency}
                data={currencies.map((each) => each.currency)}
                onChange={(event) => charts.set({ money: event.currentTarget.value })}
              />
            )}{' '}
            {' alone ('}
            {currencies.map((each) => `${each.currency} ${each.count.toLocaleString('en')}`).join(', ')})
          </span>
        )}
      </div>
      {error !== null && <InlineError>The last question was not answered: {error.message}</InlineError>}
      {notes.length > 0 && (
        <ul className={classes.notes} data-testid="charts-notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <div className={classes.body} data-outdated={isOutdated || undefined}>
        {children}
      </div>
    </>
  )
}

function partialWords(reading: { daysDone: number; daysTotal: number } | null): string {
  const words = 'These figures are of the newest days only: this PC still reads its history'
  if (reading === null) return `${words}.`
  return `${words}, ${reading.daysDone.toLocaleString('en')} of ${counted(reading.daysTotal, 'day')} so far.`
}
