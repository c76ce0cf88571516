/** The charts' page "Checks": how often, how long shoppers waited, what was found. */
import { useMemo } from 'react'
import { useEmployee } from '../../ui/data-context.ts'
import { ChartCard } from './chart-card.tsx'
import type { ChartModel } from './chart-model.ts'
import { COUNT, DURATION, figureWords, intervalOf, intervalWords, money, SHARE } from './chart-words.ts'
import classes from './charts.module.css'
import { checkModels } from './check-models.ts'
import { preventing, searchBehind, unserved, withAgeCheck, withSpotCheck, worked } from './drill-down.ts'
import { FigureStrip, type FigureTile } from './figure-strip.tsx'
import { FiguresFrame } from './figures-frame.tsx'
import type { PageProps } from './page-props.ts'
import { useContactGaps, useFigures, useModelContext } from './use-charts.ts'

export function ChecksCharts({ charts, scopeWords, fileNameOf, before, onPaper }: PageProps) {
  const { figures, size, isOutdated, error } = useFigures('checkFigures', charts)
  const gaps = useContactGaps(charts.chosen)
  const context = useModelContext(charts, size, gaps)
  const role = useEmployee()?.role
  const models = useMemo(() => figures && checkModels(figures, context), [figures, context])
  const tiles = useMemo((): FigureTile[] => {
    if (figures === undefined) return []
    const { totals, spotCheckRate, currency } = figures
    const { filters } = context
    return [
      { label: 'Spot checks', value: totals.spotChecks, unit: COUNT, behind: searchBehind(filters, withSpotCheck) },
      {
        label: 'Age verifications',
        value: totals.ageVerifications,
        unit: COUNT,
        behind: searchBehind(filters, withAgeCheck),
      },
      {
        label: 'Sessions spot-checked',
        value: figureWords(spotCheckRate.share, SHARE),
        below: `${intervalWords(intervalOf(spotCheckRate) ?? [0, 0])} of ${spotCheckRate.of.toLocaleString('en')}`,
      },
      { label: 'Median waiting', value: totals.waitingP50Ms, unit: DURATION, more: 'bad' },
      { label: '95 % waited less than', value: totals.waitingP95Ms, unit: DURATION, more: 'bad' },
      {
        label: 'Never served',
        value: totals.neverServed,
        unit: COUNT,
        more: 'bad',
        behind: searchBehind(filters, unserved),
      },
      {
        label: 'Median interaction',
        value: totals.interactionP50Ms,
        unit: DURATION,
        more: 'bad',
        behind: searchBehind(filters, worked),
      },
      {
        label: 'Prevented loss',
        value: totals.preventedLoss,
        unit: money(currency),
        more: 'good',
        behind: searchBehind(filters, preventing(currency)),
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
          {card(models.checks)}
          {card(models.waiting)}
          {card(models.waits)}
          {card(models.ends)}
          {!onPaper && (
            <>
              {card(models.finding)}
              {card(models.prevented)}
              {card(models.interaction)}
              {models.byEmployee !== null && card(models.byEmployee)}
            </>
          )}
        </div>
      )}
      {!onPaper && models?.byEmployee === null && role !== undefined && (
        <p className={classes.cardNote}>Figures of single employees are shown to managers only.</p>
      )}
    </FiguresFrame>
  )
}
