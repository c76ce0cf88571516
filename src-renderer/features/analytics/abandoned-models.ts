/** Charts of the page "Abandoned". */
import { hourOfDay } from '#shared/time/wall-hour.ts'
import type { AbandonedFigures, Rate } from '../../data/chart-api.ts'
import { clientLabel, obstacleLabel, progressLabel } from '../../ui/labels.ts'
import { type ChartModel, withoutMissing } from './chart-model.ts'
import { COUNT, hourWords, intervalOf, money, SHARE } from './chart-words.ts'
import { counted, lostAt, withObstacle } from './drill-down.ts'
import { type ModelContext, missingBy, overTime, ranking } from './model-context.ts'

export function abandonedModels(figures: AbandonedFigures, context: ModelContext) {
  const { series, lastSteps, obstacles, clients, hours } = figures
  const { filters } = context
  const value = money(figures.currency)
  const { abandoned } = counted
  const count = overTime(figures, context, () => abandoned, {
    id: 'abandoned',
    title: 'Abandoned baskets',
    hint: 'by start of the session',
    unit: COUNT,
    series: [{ id: 'count', name: 'Abandoned', color: 'lost', mark: 'bar', values: series.map((each) => each.count) }],
    extras: [
      { name: 'Sessions started', unit: COUNT, values: series.map(({ started }) => started) },
      {
        name: 'Share',
        unit: SHARE,
        values: series.map((each) => (each.started === 0 ? null : each.count / each.started)),
      },
    ],
  })
  const worth = overTime(figures, context, () => ({ ...abandoned, currency: [figures.currency] }), {
    id: 'abandoned-value',
    title: 'Value left behind',
    unit: value,
    series: [{ id: 'value', name: 'Value', color: 'other', mark: 'bar', values: series.map((each) => each.value) }],
  })
  const where: ChartModel = {
    id: 'last-steps',
    title: 'Last step before they left',
    ...ranking(
      lastSteps,
      'Last step',
      ({ step }) => progressLabel(step).text,
      filters,
      ({ step }) => ({
        ...lostAt(step),
        ...abandoned,
      }),
    ),
    ...basketsIn(lastSteps, value),
  }
  const why: ChartModel = {
    id: 'abandoned-obstacles',
    title: 'What happened last',
    ...ranking(
      obstacles,
      'What happened',
      ({ obstacle }) => obstacleLabel(obstacle),
      filters,
      ({ obstacle }) => ({
        ...withObstacle(obstacle),
        ...abandoned,
      }),
    ),
    ...basketsIn(obstacles, value),
  }
  const byClient: ChartModel = {
    id: 'abandoned-clients',
    title: 'Share of sessions abandoned, by client',
    hint: 'with the interval that holds the true share 95 times in 100',
    ...ranking(
      clients,
      'Client',
      ({ client }) => clientLabel(client).text,
      filters,
      ({ client }) => ({
        client: [client],
        ...abandoned,
      }),
    ),
    ...sharesOf(clients, value),
  }
  const missing = missingBy(figures, context.gap, hourOfDay)
  const byHour = withoutMissing({
    id: 'abandoned-hours',
    title: 'Share of sessions abandoned, by hour of the day',
    ...ranking(
      hours,
      'Hour',
      ({ hour }) => hourWords(hour),
      filters,
      ({ hour }) => ({ hour: [hour], ...abandoned }),
    ),
    layout: 'time',
    rows: hours.map(({ hour }) => {
      const lack = missing.get(hour)
      const row = { label: hourWords(hour), tick: String(hour).padStart(2, '0') }
      return lack === undefined ? row : { ...row, missing: lack }
    }),
    ...sharesOf(hours, value),
  })
  return { count, worth, where, why, byClient, byHour }
}

type Drawn = Pick<ChartModel, 'unit' | 'series' | 'extras'>

/** Baskets by group, and what they were worth. */
const basketsIn = (groups: readonly { sessions: number; value: number }[], value: ChartModel['unit']): Drawn => ({
  unit: COUNT,
  series: [
    { id: 'sessions', name: 'Baskets', color: 'lost', mark: 'bar', values: groups.map(({ sessions }) => sessions) },
  ],
  extras: [{ name: 'Value', unit: value, values: groups.map((each) => each.value) }],
})

/** Shares of sessions abandoned by group, with their intervals. */
const sharesOf = (groups: readonly { abandoned: Rate; value: number }[], value: ChartModel['unit']): Drawn => ({
  unit: SHARE,
  series: [
    {
      id: 'share',
      name: 'Abandoned',
      color: 'lost',
      mark: 'bar',
      values: groups.map(({ abandoned }) => abandoned.share),
      intervals: groups.map(({ abandoned }) => intervalOf(abandoned)),
    },
  ],
  extras: [
    { name: 'Baskets', unit: COUNT, values: groups.map(({ abandoned }) => abandoned.hits) },
    { name: 'Sessions', unit: COUNT, values: groups.map(({ abandoned }) => abandoned.of) },
    { name: 'Value', unit: value, values: groups.map((each) => each.value) },
  ],
})
