/** How far sessions come, where they stop, and how often a second payment saves them. */
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import { steps } from '#shared/session/abandoned-story.ts'
import type { ChartQuery, ConversionFigures } from '../chart-api.ts'
import { lowestBit, type RowSet } from '../row-set.ts'
import type { SessionColumns } from '../session-columns.ts'
import { type ChartPorts, groundOf } from './chart-ground.ts'
import { rateOf } from './rate.ts'
import { compared, meanOf } from './session-figures.ts'
import { type Cell, cellsBy, cellsByGroup, classesOf, countOf, tally, tallyBy, valueIn } from './tally.ts'

interface Kind {
  paid: boolean
  ended: boolean
  counted: boolean
  /** Progress of a row that does not say how far it came. */
  progress: number
  /** Position among the steps; -1 where it is not told. */
  furthest: number
  obstacle: string | null
}

const positionOf = (step: string | null): number => (steps as readonly (string | null)[]).indexOf(step)

/** Rows written before the furthest step was told came at least as far as they stand now; all began. */
const reachedBy = ({ furthest, progress }: Kind): number => Math.max(0, furthest < 0 ? progress : furthest)

/** Answers `ChartApi.conversionFigures`. */
export function conversionFigures(ports: ChartPorts, query: ChartQuery): ConversionFigures {
  const ground = groundOf(ports, query)
  const { columns } = ports.index
  const classes = classesOf(
    columns,
    (profile) => ({
      paid: countsAsClosed(profile.state),
      ended: profile.ended,
      counted: ground.isCounted(profile),
      progress: positionOf(profile.progress),
    }),
    ({ furthestStep, obstacle }) => ({ furthest: positionOf(furthestStep), obstacle }),
  )
  const { buckets } = ground.frame
  const cells: Cell<Kind>[] = tallyBy(ground.rows, columns, classes, {
    keys: ground.wallHours,
    firstKey: ground.firstHour,
    groupOf: ground.bucketOf,
    groups: buckets.length,
  })
  const before = ground.before === null ? null : tally(ground.before, columns, classes)
  const unpaid = cellsBy(
    cells.filter(({ kind }) => kind.obstacle !== null && !kind.paid),
    ({ kind }) => kind.obstacle as string,
  )
  return {
    ...ground.frame,
    steps: steps.map((step, position) => {
      const endedHere = (kind: Kind) => kind.ended && reachedBy(kind) === position && position < steps.length - 1
      return {
        step,
        reached: compared(cells, before, (all) => countOf(all, (kind) => reachedBy(kind) >= position)),
        lost: countOf(cells, endedHere),
        lostValue: valueIn(cells, (kind) => endedHere(kind) && kind.counted && !kind.paid),
        open: countOf(cells, (kind) => !kind.ended && reachedBy(kind) === position),
      }
    }),
    secondAttempt: secondAttempt(ground.rows, columns),
    obstacles: [...unpaid]
      .map(([obstacle, of]) => ({
        obstacle,
        sessions: countOf(of, () => true),
        value: valueIn(of, ({ counted }) => counted),
      }))
      .sort((a, b) => b.sessions - a.sessions || (a.obstacle < b.obstacle ? -1 : 1)),
    series: cellsByGroup(cells, buckets.length).map((of) => {
      const started = countOf(of, () => true)
      const paid = countOf(of, (kind) => kind.paid)
      return { started, paid, share: meanOf(paid, started) }
    }),
  }
}

function secondAttempt({ words }: RowSet, { transactions, profiles }: SessionColumns) {
  const isPaid = Uint8Array.from(profiles.values, ({ state }) => Number(countsAsClosed(state)))
  const { data } = transactions
  let [tried, paid] = [0, 0]
  for (let word = 0; word < words.length; word += 1) {
    for (let rest = words[word] as number; rest !== 0; rest &= rest - 1) {
      const row = word * 32 + lowestBit(rest)
      const again = Number((data[row] as number) > 1)
      tried += again
      paid += again & (isPaid[profiles.codes[row] as number] as number)
    }
  }
  return rateOf(paid, tried)
}
