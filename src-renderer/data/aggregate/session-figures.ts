/** Sessions over time: how they ended, what they were worth, with what they were made, and how shoppers liked it. */
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import { isAbandoned } from '#shared/session/activity.ts'
import { weekdayOf } from '#shared/time/wall-hour.ts'
import type { ChartQuery, SessionFigures } from '../chart-api.ts'
import type { Profile } from '../session-profiles.ts'
import { byBucket, type ChartGround, type ChartPorts, groundOf, groupsBy, tallyBefore } from './chart-ground.ts'
import { compared, meanOf } from './compared.ts'
import { type Classes, classesOf, countIn, itemsIn, labelsIn, type Sums, sumIn, tally, valueIn } from './tally.ts'

const WEEKDAYS = 7
const RATINGS = [1, 2, 3, 4, 5]
/** Of a table; larger ones take longer than another pass over all rows. */
const MAX_CLASSES_IN_TABLE = 400_000

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

/** Answers `ChartApi.sessionFigures`. */
export function sessionFigures(ports: ChartPorts, query: ChartQuery): SessionFigures {
  const ground = groundOf(ports, query)
  const { columns } = ports.index
  const classes: Classes<Kind, object> = classesOf(
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
  const { rows, frame } = ground
  const { values: storeIds } = columns.storeId
  // Buckets and stores in one pass where that makes no huge table, else one after the other.
  const withStores = frame.buckets.length * storeIds.length * classes.count <= MAX_CLASSES_IN_TABLE
  const table = tally(rows, columns, classes, byBucket(ground), { withStores })
  const ofStores = withStores
    ? table
    : tally(
        rows,
        columns,
        classes,
        groupsBy(ground, () => 0, 1),
        { withStores: true },
      )
  const before = tallyBefore(ground, columns, classes)
  const [all, inBuckets] = [table.total(), table.byGroup()]
  const total = (figure: (of: Sums<Kind>) => number | null) => compared(all, before, figure)
  return {
    ...frame,
    totals: {
      started: total(countIn),
      completed: total((of) => countIn(of, endedCompleted)),
      abandoned: total((of) => countIn(of, endedAbandoned)),
      cancelled: total((of) => countIn(of, endedCancelled)),
      returned: total((of) => countIn(of, endedReturned)),
      value: total(turnover),
      basketValue: total(basketValue),
      basketItems: total(basketItems),
      rating: total(meanRating),
    },
    series: inBuckets.map((of) => ({
      started: countIn(of),
      completed: countIn(of, endedCompleted),
      abandoned: countIn(of, endedAbandoned),
      cancelled: countIn(of, endedCancelled),
      returned: countIn(of, endedReturned),
      value: turnover(of),
      basketValue: basketValue(of),
      basketItems: basketItems(of),
      rating: meanRating(of),
      ratings: countIn(of, isRated),
    })),
    clients: labelsIn(all, ({ client }) => client)
      .map((client) => {
        const isOf = (kind: Kind) => kind.client === client
        return {
          client,
          sessions: countIn(all, isOf),
          value: valueIn(all, (kind) => isOf(kind) && isTurnover(kind)),
          byBucket: inBuckets.map((of) => countIn(of, isOf)),
        }
      })
      .sort((a, b) => b.sessions - a.sessions),
    ratings: RATINGS.map((rating) => ({ rating, sessions: countIn(all, (kind) => kind.rating === rating) })),
    weekdays: weekdaysOf(ground, inBuckets, () =>
      tally(rows, columns, classes, groupsBy(ground, weekdayOf, WEEKDAYS)).byGroup(),
    ),
    stores: ofStores
      .byStore()
      .map((of, code) => ({
        storeId: storeIds[code] as string,
        sessions: countIn(of),
        completed: countIn(of, endedCompleted),
        abandoned: countIn(of, endedAbandoned),
        value: turnover(of),
      }))
      .filter(({ sessions }) => sessions > 0)
      .sort((a, b) => b.sessions - a.sessions || (a.storeId < b.storeId ? -1 : 1)),
  }
}

/** Buckets of a day or less lie in one weekday; only weeks need a pass of their own. */
function weekdaysOf(
  { frame, bucketOf, firstHour }: ChartGround,
  inBuckets: readonly Sums<Kind>[],
  ofWeeks: () => Sums<Kind>[],
): SessionFigures['weekdays'] {
  const weekdays = Array.from({ length: WEEKDAYS }, (_, weekday) => ({ weekday, sessions: 0, value: 0 }))
  const add = (weekday: number, of: Sums<Kind>) => {
    const sums = weekdays[weekday]
    if (sums === undefined) return
    sums.sessions += countIn(of)
    sums.value += turnover(of)
  }
  if (frame.bucket === 'week') {
    ofWeeks().forEach((of, weekday) => {
      add(weekday, of)
    })
    return weekdays
  }
  const weekdayOfBucket = new Int32Array(inBuckets.length)
  bucketOf.forEach((bucket, at) => {
    weekdayOfBucket[bucket] = weekdayOf(firstHour + at)
  })
  inBuckets.forEach((of, bucket) => {
    add(weekdayOfBucket[bucket] as number, of)
  })
  return weekdays
}

const endedCompleted = ({ fate }: Kind) => fate === 'completed'
const endedAbandoned = ({ fate }: Kind) => fate === 'abandoned'
const endedCancelled = ({ fate }: Kind) => fate === 'cancelled'
const endedReturned = ({ fate }: Kind) => fate === 'returned'
const ratingOf = ({ rating }: Kind) => rating ?? 0
const isRated = ({ rating }: Kind) => rating !== null
const isTurnover = ({ paid, counted }: Kind) => paid && counted
const isPaid = ({ paid }: Kind) => paid
const turnover = (of: Sums<Kind>) => valueIn(of, isTurnover)
const basketValue = (of: Sums<Kind>) => meanOf(turnover(of), countIn(of, isTurnover))
const basketItems = (of: Sums<Kind>) => meanOf(itemsIn(of, isPaid), countIn(of, isPaid))
const meanRating = (of: Sums<Kind>) => meanOf(sumIn(of, ratingOf), countIn(of, isRated))
