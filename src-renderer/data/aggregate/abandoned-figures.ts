/** Baskets that expired unpaid: how many, worth what, where they stopped, by client and hour. */
import { isAbandoned } from '#shared/session/activity.ts'
import { HOURS_PER_DAY, hourOfDay } from '#shared/time/wall-hour.ts'
import type { AbandonedFigures, ChartQuery } from '../chart-api.ts'
import { byBucket, type ChartPorts, groundOf, groupsBy, tallyBefore } from './chart-ground.ts'
import { compared, meanOf } from './compared.ts'
import { rateOf } from './rate.ts'
import { classesOf, countIn, itemsIn, labelsIn, type Sums, type Table, tally, valueIn } from './tally.ts'

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
  const table: Table<Kind> = tally(ground.rows, columns, classes, byBucket(ground))
  const hours: Table<Kind> = tally(ground.rows, columns, classes, groupsBy(ground, hourOfDay, HOURS_PER_DAY))
  const before = tallyBefore(ground, columns, classes)
  const all = table.total()
  /** Left baskets by a label, most frequent first; rows that do not say are left out. */
  const lost = (labelOf: (kind: Kind) => string | null) =>
    labelsIn(all, (kind) => (kind.abandoned ? labelOf(kind) : null))
      .map((label) => {
        const is = (kind: Kind) => kind.abandoned && labelOf(kind) === label
        return { label, sessions: countIn(all, is), value: valueIn(all, (kind) => is(kind) && kind.counted) }
      })
      .sort((a, b) => b.sessions - a.sessions)
  return {
    ...ground.frame,
    totals: {
      count: compared(all, before, abandonedIn),
      value: compared(all, before, valueLeft),
      share: compared(all, before, (of) => meanOf(abandonedIn(of), countIn(of))),
      items: compared(all, before, (of) => itemsIn(of, isLeft)),
    },
    series: table.byGroup().map((of) => ({ count: abandonedIn(of), value: valueLeft(of), started: countIn(of) })),
    lastSteps: lost(({ step }) => step).map(({ label, ...figures }) => ({ step: label, ...figures })),
    obstacles: lost(({ obstacle }) => obstacle).map(({ label, ...figures }) => ({ obstacle: label, ...figures })),
    clients: labelsIn(all, ({ client }) => client)
      .map((client) => {
        const isOf = (kind: Kind) => kind.client === client
        return {
          client,
          abandoned: rateOf(
            countIn(all, (kind) => isOf(kind) && kind.abandoned),
            countIn(all, isOf),
          ),
          value: valueIn(all, (kind) => isOf(kind) && kind.abandoned && kind.counted),
        }
      })
      .sort((a, b) => b.abandoned.hits - a.abandoned.hits),
    hours: hours.byGroup().map((of, hour) => ({
      hour,
      abandoned: rateOf(abandonedIn(of), countIn(of)),
      value: valueLeft(of),
    })),
  }
}

const isLeft = ({ abandoned }: Kind) => abandoned
const abandonedIn = (of: Sums<Kind>) => countIn(of, isLeft)
const isCountedLeft = ({ abandoned, counted }: Kind) => abandoned && counted
const valueLeft = (of: Sums<Kind>) => valueIn(of, isCountedLeft)
