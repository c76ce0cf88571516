/** How far sessions come, where they stop, and how often a second payment saves them. */
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import { steps } from '#shared/session/abandoned-story.ts'
import type { ChartQuery, ConversionFigures } from '../chart-api.ts'
import { lowestBit, type RowSet } from '../row-set.ts'
import type { SessionColumns } from '../session-columns.ts'
import { byBucket, type ChartPorts, groundOf, tallyBefore } from './chart-ground.ts'
import { compared, meanOf } from './compared.ts'
import { rateOf } from './rate.ts'
import { classesOf, countIn, labelsIn, type Table, tally, valueIn } from './tally.ts'

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
  const table: Table<Kind> = tally(ground.rows, columns, classes, byBucket(ground))
  const all = table.total()
  const before = tallyBefore(ground, columns, classes)
  const isUnpaid = (obstacle: string) => (kind: Kind) => kind.obstacle === obstacle && !kind.paid
  return {
    ...ground.frame,
    steps: steps.map((step, position) => {
      const endedHere = (kind: Kind) => kind.ended && reachedBy(kind) === position && position < steps.length - 1
      return {
        step,
        reached: compared(all, before, (of) => countIn(of, (kind) => reachedBy(kind) >= position)),
        lost: countIn(all, endedHere),
        lostValue: valueIn(all, (kind) => endedHere(kind) && kind.counted && !kind.paid),
        open: countIn(all, (kind) => !kind.ended && reachedBy(kind) === position),
      }
    }),
    secondAttempt: secondAttempt(ground.rows, columns),
    obstacles: labelsIn(all, ({ obstacle, paid }) => (paid ? null : obstacle))
      .map((obstacle) => ({
        obstacle,
        sessions: countIn(all, isUnpaid(obstacle)),
        value: valueIn(all, (kind) => isUnpaid(obstacle)(kind) && kind.counted),
      }))
      .sort((a, b) => b.sessions - a.sessions),
    series: table.byGroup().map((of) => {
      const started = countIn(of)
      const paid = countIn(of, isPaid)
      return { started, paid, share: meanOf(paid, started) }
    }),
  }
}

const isPaid = ({ paid }: Kind) => paid

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
