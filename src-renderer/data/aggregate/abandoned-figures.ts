/** Baskets that expired unpaid: how many, worth what, where they stopped, by client and hour. */
import { isAbandoned } from '#shared/session/activity.ts'
import { HOURS_PER_DAY, hourOfDay } from '#shared/time/wall-hour.ts'
import type { AbandonedFigures, ChartQuery } from '../chart-api.ts'
import { type ChartPorts, groundOf, groupsOf } from './chart-ground.ts'
import { rateOf } from './rate.ts'
import { compared, meanOf } from './session-figures.ts'
import { type Cell, cellsBy, cellsByGroup, classesOf, countOf, sumOf, tally, tallyBy, valueIn } from './tally.ts'

interface Kind {
  client: string
  abandoned: boolean
  counted: boolean
  step: string | null
  obstacle: string | null
}

/** Answers `ChartApi.abandonedFigures`. */
export function abandonedFigures(ports: ChartPorts, query: ChartQuery): AbandonedFigures {
  const ground = groundOf(ports, query)
  const { columns } = ports.index
  const classes = classesOf(
    columns,
    (profile) => ({
      client: profile.client,
      abandoned: isAbandoned(profile),
      counted: ground.isCounted(profile),
    }),
    ({ furthestStep, obstacle }) => ({ step: furthestStep, obstacle }),
  )
  const { buckets } = ground.frame
  const by = { keys: ground.wallHours, firstKey: ground.firstHour }
  const groups = buckets.length
  const cells: Cell<Kind>[] = tallyBy(ground.rows, columns, classes, { ...by, groupOf: ground.bucketOf, groups })
  const before = ground.before === null ? null : tally(ground.before, columns, classes)
  const hours = tallyBy(ground.rows, columns, classes, {
    ...by,
    groupOf: groupsOf(ground.firstHour, ground.lastHour, hourOfDay),
    groups: HOURS_PER_DAY,
  })
  const left = cells.filter(({ kind }) => kind.abandoned)
  const rate = (of: readonly Cell<Kind>[]) => rateOf(abandonedIn(of), sessionsIn(of))
  const share = (of: readonly Cell<Kind>[]) => meanOf(abandonedIn(of), sessionsIn(of))
  return {
    ...ground.frame,
    totals: {
      count: compared(cells, before, abandonedIn),
      value: compared(cells, before, valueLeft),
      share: compared(cells, before, share),
      items: compared(cells, before, (of) => sumOf(of, ({ kind, items }) => (kind.abandoned ? items : 0))),
    },
    series: cellsByGroup(cells, groups).map((of) => ({
      count: abandonedIn(of),
      value: valueLeft(of),
      started: sessionsIn(of),
    })),
    lastSteps: shares(left, ({ step }) => step).map(({ label, ...figures }) => ({ step: label, ...figures })),
    obstacles: shares(left, ({ obstacle }) => obstacle).map(({ label, ...figures }) => ({
      obstacle: label,
      ...figures,
    })),
    clients: [...cellsBy(cells, ({ kind }) => kind.client)]
      .map(([client, of]) => ({ client, abandoned: rate(of), value: valueLeft(of) }))
      .sort((a, b) => b.abandoned.hits - a.abandoned.hits || (a.client < b.client ? -1 : 1)),
    hours: cellsByGroup<Kind>(hours, HOURS_PER_DAY).map((of, hour) => ({
      hour,
      abandoned: rate(of),
      value: valueLeft(of),
    })),
  }
}

/** Most frequent first; rows that do not say are left out. */
function shares(cells: readonly Cell<Kind>[], labelOf: (kind: Kind) => string | null) {
  return [...cellsBy(cells, ({ kind }) => labelOf(kind))]
    .flatMap(([label, of]) => (label === null ? [] : [{ label, sessions: sessionsIn(of), value: valueLeft(of) }]))
    .sort((a, b) => b.sessions - a.sessions || (a.label < b.label ? -1 : 1))
}

const sessionsIn = (cells: readonly Cell<Kind>[]) => countOf(cells, () => true)
const abandonedIn = (cells: readonly Cell<Kind>[]) => countOf(cells, ({ abandoned }) => abandoned)
const valueLeft = (cells: readonly Cell<Kind>[]) => valueIn(cells, ({ abandoned, counted }) => abandoned && counted)
