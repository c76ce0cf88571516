/** Charts of the page "Conversion". */
import type { ConversionFigures } from '../../data/chart-api.ts'
import { obstacleLabel, progressLabel } from '../../ui/labels.ts'
import type { ChartModel } from './chart-model.ts'
import { COUNT, money, SHARE } from './chart-words.ts'
import { lostAt, paid, reachedStep, withObstacle } from './drill-down.ts'
import { type ModelContext, overTime, ranking } from './model-context.ts'

export function conversionModels(figures: ConversionFigures, context: ModelContext) {
  const { steps, obstacles, series } = figures
  const { filters } = context
  const sales = money(figures.currency)
  const first = steps[0]?.reached.value ?? 0
  const share = (value: number | null) => (value === null || first === 0 ? null : value / first)
  const funnel: ChartModel = {
    id: 'steps',
    title: 'How far sessions came',
    hint: 'the furthest step of any attempt',
    ...ranking(
      steps,
      'Step',
      ({ step }) => progressLabel(step).text,
      filters,
      ({ step }) => reachedStep(step),
    ),
    unit: COUNT,
    series: [
      {
        id: 'reached',
        name: 'Came this far',
        color: 'main',
        mark: 'bar',
        values: steps.map(({ reached }) => reached.value),
      },
    ],
    extras: [
      { name: 'Share of all', unit: SHARE, values: steps.map(({ reached }) => share(reached.value)) },
      { name: 'Still open', unit: COUNT, values: steps.map(({ open }) => open) },
    ],
  }
  const lost: ChartModel = {
    id: 'lost',
    title: 'Lost after each step',
    hint: 'ended without going further; paid baskets miss only the exit',
    ...ranking(
      steps,
      'Last step',
      ({ step }) => progressLabel(step).text,
      filters,
      ({ step }) => lostAt(step),
    ),
    unit: COUNT,
    series: [{ id: 'lost', name: 'Lost', color: 'lost', mark: 'bar', values: steps.map((each) => each.lost) }],
    extras: [{ name: 'Value not paid', unit: sales, values: steps.map(({ lostValue }) => lostValue) }],
  }
  const why: ChartModel = {
    id: 'obstacles',
    title: 'What happened last in unpaid sessions',
    ...ranking(
      obstacles,
      'What happened',
      ({ obstacle }) => obstacleLabel(obstacle),
      filters,
      ({ obstacle }) => withObstacle(obstacle),
    ),
    unit: COUNT,
    series: [
      { id: 'sessions', name: 'Sessions', color: 'lost', mark: 'bar', values: obstacles.map((each) => each.sessions) },
    ],
    extras: [{ name: 'Value of the baskets', unit: sales, values: obstacles.map(({ value }) => value) }],
  }
  const rate = overTime(figures, context, () => paid, {
    id: 'conversion',
    title: 'Share of sessions that were paid',
    unit: SHARE,
    series: [{ id: 'share', name: 'Paid', color: 'main', mark: 'line', values: series.map((each) => each.share) }],
    extras: [
      { name: 'Started', unit: COUNT, values: series.map(({ started }) => started) },
      { name: 'Paid sessions', unit: COUNT, values: series.map((each) => each.paid) },
    ],
  })
  return { funnel, lost, why, rate }
}
