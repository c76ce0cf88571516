/** Charts of the page "Checks". */
import type { CheckFigures } from '../../data/chart-api.ts'
import { checkLabels, kindLabels, methodLabels } from '../../ui/labels.ts'
import type { ChartModel } from './chart-model.ts'
import { COUNT, DURATION, intervalOf, money, SHARE } from './chart-words.ts'
import { preventing, waitedBetween, withAgeCheck, withCheck, withSpotCheck, worked } from './drill-down.ts'
import { type ModelContext, type NarrowingOf, type OwnParts, overTime, ranking } from './model-context.ts'

const methodName = (method: string): string => methodLabels[method as keyof typeof methodLabels] ?? method
const outcomeName = (outcome: string): string => checkLabels[outcome as keyof typeof checkLabels]?.text ?? outcome

/** `15–30 s`, `over 60 s`. */
function waitName({ fromMs, toMs }: CheckFigures['waitingBuckets'][number]): string {
  const seconds = (ms: number) => Math.round(ms / 1_000)
  return toMs === null ? `over ${seconds(fromMs)} s` : `${seconds(fromMs)}–${seconds(toMs)} s`
}

export function checkModels(figures: CheckFigures, context: ModelContext) {
  const { series, outcomes, waitingBuckets, methods, employees } = figures
  const { filters } = context
  const sales = money(figures.currency)
  const time = (narrowingOf: NarrowingOf, chart: OwnParts) => overTime(figures, context, narrowingOf, chart)
  const checks = time((id) => (id === 'spot' ? withSpotCheck : withAgeCheck), {
    id: 'checks',
    title: 'Checks',
    hint: 'sessions with one, by start',
    unit: COUNT,
    series: [
      { id: 'spot', name: 'Spot checks', color: 'main', mark: 'bar', values: series.map((each) => each.spotChecks) },
      {
        id: 'age',
        name: 'Age verifications',
        color: 'other',
        mark: 'bar',
        values: series.map((each) => each.ageVerifications),
      },
    ],
    extras: [{ name: 'Never served', unit: COUNT, values: series.map((each) => each.neverServed) }],
  })
  const waiting = time(() => withCheck, {
    id: 'waiting',
    title: 'Waiting time',
    hint: 'until somebody came, or to the end if nobody did; 19 of 20 sessions waited less than the 95th percentile',
    unit: DURATION,
    series: [
      { id: 'p50', name: 'Median', color: 'main', mark: 'line', values: series.map((each) => each.waiting.p50) },
      {
        id: 'p95',
        name: '95th percentile',
        color: 'lost',
        mark: 'line',
        values: series.map((each) => each.waiting.p95),
      },
    ],
    extras: [{ name: 'Never served', unit: COUNT, values: series.map((each) => each.neverServed) }],
  })
  const interaction = time(() => worked, {
    id: 'interaction',
    title: 'Interaction time',
    hint: 'an employee at work on it, per session',
    unit: DURATION,
    series: [
      { id: 'p50', name: 'Median', color: 'main', mark: 'line', values: series.map((each) => each.interaction.p50) },
      {
        id: 'p95',
        name: '95th percentile',
        color: 'lost',
        mark: 'line',
        values: series.map((each) => each.interaction.p95),
      },
    ],
  })
  const prevented = time(() => preventing(figures.currency), {
    id: 'prevented-loss',
    title: 'Prevented loss',
    hint: 'value of differences in the store’s favour',
    unit: sales,
    series: [
      {
        id: 'loss',
        name: 'Prevented loss',
        color: 'good',
        mark: 'bar',
        values: series.map((each) => each.preventedLoss),
      },
    ],
  })
  const ends: ChartModel = {
    id: 'outcomes',
    title: 'Outcomes',
    ...ranking(
      outcomes,
      'Outcome',
      ({ kind, outcome }) => `${kindLabels[kind]}: ${outcomeName(outcome).toLowerCase()}`,
      filters,
      ({ kind, outcome }) =>
        (kind === 'spot_check' ? { spotCheck: [outcome] } : { ageVerification: [outcome] }) as never,
    ),
    unit: COUNT,
    series: [
      { id: 'sessions', name: 'Sessions', color: 'main', mark: 'bar', values: outcomes.map(({ count }) => count) },
    ],
  }
  const waits: ChartModel = {
    id: 'waiting-times',
    title: 'How long shoppers waited',
    hint: 'to the end of the session if nobody came',
    ...ranking(waitingBuckets, 'Waited', waitName, filters, ({ fromMs, toMs }, id) =>
      waitedBetween(fromMs, toMs, id === 'unserved'),
    ),
    unit: COUNT,
    series: [
      {
        id: 'served',
        name: 'Served, waiting or withdrawn',
        color: 'main',
        mark: 'stacked',
        values: waitingBuckets.map(({ count, neverServed }) => count - neverServed),
      },
      {
        id: 'unserved',
        name: 'Never served',
        color: 'lost',
        mark: 'stacked',
        values: waitingBuckets.map(({ neverServed }) => neverServed),
      },
    ],
  }
  const finding: ChartModel = {
    id: 'findings',
    title: 'Checks that found something, by method',
    hint: 'with the interval that holds the true share 95 times in 100',
    ...ranking(
      methods,
      'Method',
      ({ method }) => methodName(method),
      filters,
      ({ method }) => ({
        checkMethod: [method],
        withFinding: true,
      }),
    ),
    unit: SHARE,
    series: [
      {
        id: 'finding',
        name: 'Found something',
        color: 'main',
        mark: 'bar',
        values: methods.map((each) => each.finding.share),
        intervals: methods.map((each) => intervalOf(each.finding)),
      },
    ],
    extras: [
      { name: 'Checks', unit: COUNT, values: methods.map((each) => each.finding.of) },
      { name: 'Prevented loss', unit: sales, values: methods.map((each) => each.preventedLoss) },
    ],
  }
  const byEmployee: ChartModel | null =
    employees === null
      ? null
      : {
          id: 'employees',
          title: 'Checks by employee',
          hint: 'those who gave the last outcome; shown to managers only',
          ...ranking(
            employees,
            'Employee',
            ({ number }) => `Number ${number}`,
            filters,
            ({ number }) => ({
              checkedBy: [number],
            }),
          ),
          unit: COUNT,
          series: [
            { id: 'checks', name: 'Checks', color: 'main', mark: 'bar', values: employees.map((each) => each.checks) },
          ],
          extras: [
            { name: 'Found something', unit: SHARE, values: employees.map((each) => each.finding.share) },
            { name: 'Median interaction', unit: DURATION, values: employees.map((each) => each.interaction.p50) },
          ],
        }
  return { checks, waiting, interaction, prevented, ends, waits, finding, byEmployee }
}
