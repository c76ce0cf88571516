/** The charts' page "Sessions": how many, how they went, what they were worth. */
import { useMemo } from 'react'
import { useStores } from '../../ui/data-context.ts'
import { ChartCard } from './chart-card.tsx'
import type { ChartModel } from './chart-model.ts'
import { COUNT, MEAN, money } from './chart-words.ts'
import classes from './charts.module.css'
import { counted, paid, searchBehind } from './drill-down.ts'
import { FigureStrip, type FigureTile } from './figure-strip.tsx'
import { FiguresFrame } from './figures-frame.tsx'
import type { PageProps } from './page-props.ts'
import { sessionModels } from './session-models.ts'
import { useContactGaps, useFigures, useModelContext } from './use-charts.ts'

export function SessionsCharts({ charts, scopeWords, fileNameOf, before, onPaper }: PageProps) {
  const { figures, size, isOutdated, error } = useFigures('sessionFigures', charts)
  const gaps = useContactGaps(charts.chosen)
  const context = useModelContext(charts, size, gaps)
  const stores = useStores()
  const models = useMemo(() => {
    const storeName = (id: string) => stores.find((store) => store.id === id)?.name ?? id
    return figures && sessionModels(figures, context, storeName)
  }, [figures, context, stores])
  const tiles = useMemo((): FigureTile[] => {
    if (figures === undefined) return []
    const { totals, currency } = figures
    const link = (narrowing: Parameters<typeof searchBehind>[1]) => searchBehind(context.filters, narrowing)
    return [
      { label: 'Started', value: totals.started, unit: COUNT, behind: link({}) },
      { label: 'Completed', value: totals.completed, unit: COUNT, more: 'good', behind: link(counted.completed) },
      { label: 'Abandoned', value: totals.abandoned, unit: COUNT, more: 'bad', behind: link(counted.abandoned) },
      { label: 'Cancelled', value: totals.cancelled, unit: COUNT, more: 'bad', behind: link(counted.cancelled) },
      { label: 'With returns', value: totals.returned, unit: COUNT, more: 'bad', behind: link(counted.returned) },
      {
        label: 'Sales',
        value: totals.value,
        unit: money(currency),
        more: 'good',
        behind: link({ ...paid, currency: [currency] }),
      },
      { label: 'Value of a basket', value: totals.basketValue, unit: money(currency), more: 'good' },
      { label: 'Items in a basket', value: totals.basketItems, unit: MEAN },
      { label: 'Mean stars', value: totals.rating, unit: MEAN, more: 'good' },
    ]
  }, [figures, context])
  const card = (model: ChartModel, wide?: boolean) => (
    <ChartCard key={model.id} {...{ model, scopeWords, fileNameOf }} wide={wide} onPaper={onPaper} />
  )
  return (
    <FiguresFrame {...{ charts, isOutdated, error, onPaper }} answer={figures} gap={context.gap?.words ?? null}>
      <FigureStrip tiles={tiles} before={before} />
      {models !== undefined && (
        <div className={classes.cards}>
          {card(models.ends, true)}
          {card(models.value)}
          {card(models.basket)}
          {!onPaper && (
            <>
              {card(models.byClient)}
              {card(models.byWeekday)}
              {card(models.items)}
              {card(models.rating)}
              {card(models.byRating)}
              {models.byStore.rows.length > 1 && card(models.byStore)}
            </>
          )}
        </div>
      )}
    </FiguresFrame>
  )
}
