/** The charts' page "Today": what is under way now, and the day so far beside the same weekday a week ago. */
import { useMemo } from 'react'
import { localDateOf, startOfLocalDate } from '#shared/time/local-day.ts'
import type { TodayFigures } from '../../data/chart-api.ts'
import { useData } from '../../ui/data-context.ts'
import { formatTimer } from '../../ui/format-time.ts'
import type { ListFilters } from '../../ui/list-filters.ts'
import { useNow } from '../../ui/use-now.ts'
import { ChartCard } from './chart-card.tsx'
import { COUNT, DURATION, figureWords, money } from './chart-words.ts'
import classes from './charts.module.css'
import { counted, ofAnyTime, paid, searchBehind, withCheck } from './drill-down.ts'
import { FigureStrip, type FigureTile } from './figure-strip.tsx'
import { FiguresFrame } from './figures-frame.tsx'
import type { Gap } from './model-context.ts'
import type { PageProps } from './page-props.ts'
import { type TodayGap, todayModels } from './today-models.ts'
import { useAnswer, useChartQuery, useContactGaps, useModelContext } from './use-charts.ts'

export function TodayCharts({ charts, scopeWords, fileNameOf }: PageProps) {
  const data = useData()
  const query = useChartQuery(charts)
  const {
    answer: figures,
    isOutdated,
    error,
  } = useAnswer(['today', query], query.nowMs, (nowMs, signal) => data.today({ ...query, nowMs }, signal))
  const gaps = useContactGaps(charts.chosen)
  const context = useModelContext(charts, 'hour', gaps)
  const { zone } = charts.scope
  const today = useMemo((): ListFilters => ({ ...context.filters, ...ofAnyTime, started: 'today' }), [context.filters])
  const models = useMemo(() => {
    if (figures === undefined) return undefined
    return todayModels(figures, today, context.gap && gapOfToday(context.gap, charts.nowMs))
  }, [figures, today, context.gap, charts.nowMs])
  const tiles = useMemo((): FigureTile[] => {
    if (figures === undefined) return []
    const sales = money(figures.currency)
    const link = (narrowing: Parameters<typeof searchBehind>[1]) => searchBehind(today, narrowing)
    return [
      { label: 'Sessions today', value: figures.sessions, unit: COUNT, more: 'good', behind: link({}) },
      { label: 'Completed', value: figures.completed, unit: COUNT, more: 'good', behind: link(counted.completed) },
      {
        label: 'Sales',
        value: figures.sales,
        unit: sales,
        more: 'good',
        behind: link({ ...paid, currency: [figures.currency] }),
      },
      { label: 'Abandoned', value: figures.abandoned, unit: COUNT, more: 'bad', behind: link(counted.abandoned) },
      { label: 'Value left behind', value: figures.abandonedValue, unit: sales, more: 'bad' },
      { label: 'Sessions with a check', value: figures.checks, unit: COUNT, behind: link(withCheck) },
      { label: 'Checks with a finding', value: figures.checksWithFinding, unit: COUNT },
      { label: 'Prevented loss', value: figures.preventedLoss, unit: sales, more: 'good' },
      { label: '95 % waited less than', value: figures.waitingP95Ms, unit: DURATION, more: 'bad' },
    ]
  }, [figures, today])
  const frame = figures && {
    ...figures,
    from: startOfLocalDate(localDateOf(charts.nowMs, zone), zone),
    to: charts.nowMs,
    sessions: figures.sessions.value ?? 0,
  }
  return (
    <FiguresFrame
      charts={charts}
      answer={frame}
      error={error}
      isOutdated={isOutdated}
      gap={context.gap?.words ?? null}
      listFilters={today}
    >
      {figures !== undefined && (
        <>
          <h2 className={classes.part}>Now</h2>
          <Now now={figures.now} charts={charts} />
          <h2 className={classes.part}>Today so far, beside the same weekday a week ago up to this time</h2>
          <FigureStrip tiles={tiles} before={charts.settings.compare ? 'the same weekday a week ago' : null} />
        </>
      )}
      {models !== undefined && (
        <div className={classes.cards}>
          <ChartCard model={models.sessions} {...{ scopeWords, fileNameOf }} />
          <ChartCard model={models.sales} {...{ scopeWords, fileNameOf }} />
        </div>
      )}
    </FiguresFrame>
  )
}

/** By the time of each store's present day. */
function gapOfToday({ ends, words }: Gap, nowMs: number): TodayGap {
  const times = ends.map(({ wallMs, zone }) => wallMs - Date.parse(`${localDateOf(nowMs, zone)}T00:00:00Z`))
  return { first: Math.min(...times), last: Math.max(...times), words }
}

/** What is under way: its longest wait runs with the clock. */
function Now({ now, charts }: Pick<PageProps, 'charts'> & { now: TodayFigures['now'] }) {
  const at = useNow(1_000)
  const open = { ...charts.filters, ...ofAnyTime }
  const activity = (name: 'ongoing' | 'stale' | 'paid_not_exited') => searchBehind(open, { activity: [name] })
  const tiles: FigureTile[] = [
    { label: 'Ongoing', value: figureWords(now.ongoing, COUNT), behind: activity('ongoing') },
    { label: 'Stale', value: figureWords(now.stale, COUNT), behind: activity('stale') },
    { label: 'Paid, not exited', value: figureWords(now.paidNotExited, COUNT), behind: activity('paid_not_exited') },
    { label: 'Waiting for somebody', value: figureWords(now.waiting, COUNT), behind: '/checks' },
    {
      label: 'Longest wait',
      value: now.longestWaitSince === null ? 'nobody waits' : formatTimer(at - now.longestWaitSince),
      behind: '/checks',
    },
    { label: 'In a check', value: figureWords(now.inCheck, COUNT), behind: '/checks' },
  ]
  return <FigureStrip tiles={tiles} before={null} />
}
