/** Sessions over time: how they ended, what they were worth, with what they were made, and how shoppers liked it. */

import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import { isAbandoned } from '#shared/session/activity.ts'
import { weekdayOf } from '#shared/time/wall-hour.ts'
import type { ChartQuery, Compared, SessionFigures } from '../chart-api.ts'
import type { Profile } from '../session-profiles.ts'
import { type ChartGround, type ChartPorts, groundOf, groupsOf } from './chart-ground.ts'
import { type Cell, cellsBy, cellsByGroup, classesOf, countOf, sumOf, tally, tallyBy, valueIn } from './tally.ts'

const WEEKDAYS = 7
const RATINGS = [1, 2, 3, 4, 5]

/** How sessions ended, for counting; none for one that has not, or was paid and never scanned its exit. */
type Fate = 'completed' | 'abandoned' | 'cancelled' | 'returned' | null

interface Kind {
  client: string
  fate: Fate
  /** Money of a session that was never paid is no turnover. */
  paid: boolean
  counted: boolean
  rating: number | null
}

function fateOf(profile: Profile): Fate {
  if (isAbandoned(profile)) return 'abandoned'
  if (profile.state === 'cancelled') return 'cancelled'
  if (profile.state === 'partially_returned') return 'returned'
  return profile.endReason === 'completed' ? 'completed' : null
}

/** Mean of a sum; null where there is nothing to divide by. */
export const meanOf = (sum: number, of: number): number | null => (of === 0 ? null : sum / of)

/** A figure of two periods. */
export const compared = <Of>(now: Of, before: Of | null, figure: (of: Of) => number | null): Compared => ({
  value: figure(now),
  before: before === null ? null : figure(before),
})

/** Answers `ChartApi.sessionFigures`. */
export function sessionFigures(ports: ChartPorts, query: ChartQuery): SessionFigures {
  const ground = groundOf(ports, query)
  const { columns } = ports.index
  const classes = classesOf(
    columns,
    (profile): Kind => ({
      client: profile.client,
      fate: fateOf(profile),
      paid: countsAsClosed(profile.state),
      counted: ground.isCounted(profile),
      rating: profile.rating,
    }),
    () => ({}),
  )
  const { buckets } = ground.frame
  const { wallHours: keys, firstHour: firstKey, bucketOf: groupOf } = ground
  const cells = tallyBy(ground.rows, columns, classes, { keys, firstKey, groupOf, groups: buckets.length })
  const before = ground.before === null ? null : tally(ground.before, columns, classes)
  const byBucket = cellsByGroup(cells, buckets.length)
  const total = (figure: (cells: Cell<Kind>[]) => number | null) => compared(cells, before, figure)
  return {
    ...ground.frame,
    totals: {
      started: total((all) => countOf(all, () => true)),
      completed: total((all) => countOf(all, hasFate('completed'))),
      abandoned: total((all) => countOf(all, hasFate('abandoned'))),
      cancelled: total((all) => countOf(all, hasFate('cancelled'))),
      returned: total((all) => countOf(all, hasFate('returned'))),
      value: total(turnover),
      basketValue: total(basketValue),
      basketItems: total(basketItems),
      rating: total((all) => meanOf(ratingSum(all), countOf(all, isRated))),
    },
    series: byBucket.map((of) => ({
      started: countOf(of, () => true),
      completed: countOf(of, hasFate('completed')),
      abandoned: countOf(of, hasFate('abandoned')),
      cancelled: countOf(of, hasFate('cancelled')),
      returned: countOf(of, hasFate('returned')),
      value: turnover(of),
      basketValue: basketValue(of),
      basketItems: basketItems(of),
      rating: meanOf(ratingSum(of), countOf(of, isRated)),
      ratings: countOf(of, isRated),
    })),
    clients: [...cellsBy(cells, ({ kind }) => kind.client)]
      .map(([client, of]) => ({
        client,
        sessions: countOf(of, () => true),
        value: turnover(of),
        byBucket: cellsByGroup(of, buckets.length).map((ofBucket) => countOf(ofBucket, () => true)),
      }))
      .sort((a, b) => b.sessions - a.sessions || (a.client < b.client ? -1 : 1)),
    ratings: RATINGS.map((rating) => ({ rating, sessions: countOf(cells, (kind) => kind.rating === rating) })),
    weekdays: weekdaysOf(ground, cells, () =>
      tallyBy(ground.rows, columns, classes, {
        keys,
        firstKey,
        groupOf: groupsOf(ground.firstHour, ground.lastHour, weekdayOf),
        groups: WEEKDAYS,
      }),
    ),
    stores: storesOf(
      columns.storeId.values,
      tallyBy(ground.rows, columns, classes, {
        keys: columns.storeId.codes,
        firstKey: 0,
        groupOf: Int32Array.from(columns.storeId.values, (_, code) => code),
        groups: columns.storeId.values.length,
      }),
    ),
  }
}

/** Buckets of a day or less lie in one weekday; only weeks need a pass of their own. */
function weekdaysOf(
  { frame, bucketOf, firstHour }: ChartGround,
  cells: readonly Cell<Kind>[],
  ofWeeks: () => Cell<Kind>[],
): SessionFigures['weekdays'] {
  const weekdays = new Int32Array(frame.buckets.length)
  bucketOf.forEach((bucket, index) => {
    weekdays[bucket] = weekdayOf(firstHour + index)
  })
  const inDays = cells.map((cell) => ({ ...cell, group: weekdays[cell.group] as number }))
  return cellsByGroup(frame.bucket === 'week' ? ofWeeks() : inDays, WEEKDAYS).map((of, weekday) => ({
    weekday,
    sessions: countOf(of, () => true),
    value: turnover(of),
  }))
}

function storesOf(storeIds: readonly string[], cells: readonly Cell<Kind>[]): SessionFigures['stores'] {
  return cellsByGroup(cells, storeIds.length)
    .map((of, code) => ({
      storeId: storeIds[code] as string,
      sessions: countOf(of, () => true),
      completed: countOf(of, hasFate('completed')),
      abandoned: countOf(of, hasFate('abandoned')),
      value: turnover(of),
    }))
    .filter(({ sessions }) => sessions > 0)
    .sort((a, b) => b.sessions - a.sessions || (a.storeId < b.storeId ? -1 : 1))
}

const hasFate = (fate: Fate) => (kind: Kind) => kind.fate === fate
const isRated = ({ rating }: Kind) => rating !== null
const turnover = (cells: readonly Cell<Kind>[]) => valueIn(cells, ({ paid, counted }) => paid && counted)
const basketValue = (cells: readonly Cell<Kind>[]) =>
  meanOf(
    turnover(cells),
    countOf(cells, ({ paid, counted }) => paid && counted),
  )
const basketItems = (cells: readonly Cell<Kind>[]) =>
  meanOf(
    sumOf(cells, ({ kind, items }) => (kind.paid ? items : 0)),
    countOf(cells, ({ paid }) => paid),
  )
const ratingSum = (cells: readonly Cell<Kind>[]) => sumOf(cells, ({ kind, sessions }) => (kind.rating ?? 0) * sessions)
