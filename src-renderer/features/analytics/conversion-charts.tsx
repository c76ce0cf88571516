/** The charts' page "Conversion": how far sessions came, and what was lost on the way. */
import { useMemo } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import { progressLabel } from '../../ui/labels.ts'
import { ChartCard } from './chart-card.tsx'
import type { ChartModel } from './chart-model.ts'
import { COUNT, figureWords, SHARE } from './chart-words.ts'
import classes from './charts.module.css'
import { conversionModels } from './conversion-models.ts'
import { reachedStep, searchBehind } from './drill-down.ts'
import { FigureStrip, type FigureTile } from './figure-strip.tsx'
import { FiguresFrame } from './figures-frame.tsx'
import type { PageProps } from './page-props.ts'
import { useContactGaps, useFigures, useModelContext } from './use-charts.ts'

export function ConversionCharts({ charts, scopeWords, fileNameOf, before, onPaper }: PageProps) {
  const { figures, size, isOutdated, error } = useFigures('conversionFigures', charts)
  const gaps = useContactGaps(charts.chosen)
  const context = useModelContext(charts, size, gaps)
  const models = useMemo(() => figures && conversionModels(figures, context), [figures, context])
  const tiles = useMemo((): FigureTile[] => {
    if (figures === undefined) return []
    const { steps, secondAttempt, currency } = figures
    const lost = steps.reduce((sum, step) => sum + step.lost, 0)
    const lostValue = steps.reduce((sum, step) => sum + step.lostValue, 0)
    return [
      ...steps.map(
        ({ step, reached }): FigureTile => ({
          label: progressLabel(step).text,
          value: reached,
          unit: COUNT,
          more: 'good',
          behind: searchBehind(context.filters, reachedStep(step) ?? {}),
        }),
      ),
      { label: 'Lost on the way', value: figureWords(lost, COUNT), below: `worth ${formatMoney(lostValue, currency)}` },
      {
        label: 'Saved by a 2nd payment',
        value: figureWords(secondAttempt.share, SHARE),
        below: `${secondAttempt.hits.toLocaleString('en')} of ${secondAttempt.of.toLocaleString('en')} who tried again`,
      },
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
          {card(models.funnel)}
          {card(models.lost)}
          {!onPaper && card(models.why)}
          {card(models.rate, onPaper)}
        </div>
      )}
    </FiguresFrame>
  )
}
