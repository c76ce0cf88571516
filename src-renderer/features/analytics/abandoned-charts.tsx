/** The charts' page "Abandoned": what was left behind, where on the way, and by whom. */
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { abandonedModels } from './abandoned-models.ts'
import { ChartCard } from './chart-card.tsx'
import type { ChartModel } from './chart-model.ts'
import { COUNT, money, SHARE } from './chart-words.ts'
import classes from './charts.module.css'
import { counted, searchBehind } from './drill-down.ts'
import { FigureStrip, type FigureTile } from './figure-strip.tsx'
import { FiguresFrame } from './figures-frame.tsx'
import type { PageProps } from './page-props.ts'
import { useContactGaps, useFigures, useModelContext } from './use-charts.ts'

export function AbandonedCharts({ charts, scopeWords, fileNameOf, before, onPaper }: PageProps) {
  const { figures, size, isOutdated, error } = useFigures('abandonedFigures', charts)
  const gaps = useContactGaps(charts.chosen)
  const context = useModelContext(charts, size, gaps)
  const models = useMemo(() => figures && abandonedModels(figures, context), [figures, context])
  const tiles = useMemo((): FigureTile[] => {
    if (figures === undefined) return []
    const { totals, currency } = figures
    const behind = searchBehind(context.filters, counted.abandoned)
    return [
      { label: 'Abandoned baskets', value: totals.count, unit: COUNT, more: 'bad', behind },
      { label: 'Their value', value: totals.value, unit: money(currency), more: 'bad' },
      { label: 'Share of sessions', value: totals.share, unit: SHARE, more: 'bad' },
      { label: 'Items left behind', value: totals.items, unit: COUNT, more: 'bad' },
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
          {card(models.count)}
          {card(models.worth)}
          {card(models.why)}
          {card(models.where)}
          {!onPaper && (
            <>
              {card(models.byClient)}
              {card(models.byHour)}
            </>
          )}
        </div>
      )}
      {!onPaper && (
        <p className={classes.cardNote}>
          Which products they were: <Link to="/problem-products">problem products</Link>.
        </p>
      )}
    </FiguresFrame>
  )
}
