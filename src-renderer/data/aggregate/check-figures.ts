/** Spot checks and age verifications: how many, with which outcome, how long they took, what they prevented, and who did them. */
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import type { ChartQuery, CheckFigures, Rate } from '../chart-api.ts'
import type { RowSet } from '../row-set.ts'
import type { SessionColumns } from '../session-columns.ts'
import type { Profile } from '../session-profiles.ts'
import { type ChartGround, type ChartPorts, groundOf } from './chart-ground.ts'
import { checkedRows, interactionOf, KnownSum, waitingOf } from './checked-rows.ts'
import { GroupedValues } from './quantiles.ts'
import { rateOf } from './rate.ts'
import { cellsBy, classesOf, countOf, sumOf, tally } from './tally.ts'

/** Bounds of waiting times, milliseconds; the last bucket has no end. */
const WAITING_BOUNDS = [0, 15_000, 30_000, 45_000, 60_000]

const neverServed = ({ spotCheck, ageVerification }: Profile): boolean =>
  spotCheck === 'never_served' || ageVerification === 'never_served'
const isSettled = ({ ended, state }: Profile): boolean => ended || countsAsClosed(state)

/** Checks with a known result, and those that found something. */
class Findings {
  checks = 0
  private judged = 0
  private found = 0

  /** @param differences NaN where none were told */
  add(differences: number): void {
    this.checks += 1
    if (Number.isNaN(differences)) return
    this.judged += 1
    if (differences > 0) this.found += 1
  }

  get rate(): Rate {
    return rateOf(this.found, this.judged)
  }
}

/** What is counted row by row over a period. */
interface Gathered {
  waiting: GroupedValues
  interaction: GroupedValues
  preventedLoss: KnownSum
}

/**
 * Answers `ChartApi.checkFigures`.
 * @param withEmployees whether the person may see what each employee did
 */
export function checkFigures(ports: ChartPorts, query: ChartQuery, withEmployees: boolean): CheckFigures {
  const ground = groundOf(ports, query)
  const { columns } = ports.index
  const { buckets } = ground.frame
  const { nowMs } = query
  const series = buckets.map(() => ({ spotChecks: 0, ageVerifications: 0, neverServed: 0, preventedLoss: 0 }))
  const waitingCounts = WAITING_BOUNDS.map(() => 0)
  const methods = new Map<string, { findings: Findings; loss: number }>()
  const staff = new StaffFigures(columns)
  const rows = checkedRows(ground.rows, columns)
  const gathered = gather(rows, columns, ground, nowMs, (row, bucket, profile, waitingMs, interactionMs, loss) => {
    const of = series[bucket]
    if (of === undefined) return
    if (profile.spotCheck !== 'not_required') of.spotChecks += 1
    if (profile.ageVerification !== 'not_required') of.ageVerifications += 1
    if (neverServed(profile)) of.neverServed += 1
    of.preventedLoss += loss
    const place = WAITING_BOUNDS.findLastIndex((bound) => waitingMs >= bound)
    waitingCounts[place] = (waitingCounts[place] ?? 0) + 1
    const { checkMethod } = columns.traits.get(row)
    if (checkMethod !== null) {
      const method = methods.get(checkMethod) ?? { findings: new Findings(), loss: 0 }
      methods.set(checkMethod, method)
      method.findings.add(columns.differences.get(row))
      method.loss += loss
    }
    if (withEmployees) staff.add(row, interactionMs)
  })
  const before = ground.before === null ? null : ofPeriodBefore(ground.before, columns, ground, nowMs)
  const labels = countLabels(ground.rows, columns)
  const [overallWaiting, overallInteraction] = [gathered.waiting.overall(), gathered.interaction.overall()]
  const waiting = gathered.waiting.byGroup()
  const interaction = gathered.interaction.byGroup()
  return {
    ...ground.frame,
    totals: {
      spotChecks: { value: labels.spotChecks, before: before?.spotChecks ?? null },
      ageVerifications: { value: labels.ageVerifications, before: before?.ageVerifications ?? null },
      preventedLoss: { value: gathered.preventedLoss.value, before: before?.preventedLoss ?? null },
      waitingP50Ms: { value: overallWaiting.p50, before: before?.waiting.p50 ?? null },
      waitingP95Ms: { value: overallWaiting.p95, before: before?.waiting.p95 ?? null },
      interactionP50Ms: { value: overallInteraction.p50, before: before?.interaction.p50 ?? null },
    },
    spotCheckRate: rateOf(labels.settledWithSpotCheck, labels.settled),
    outcomes: labels.outcomes,
    series: series.map(({ neverServed: unserved, ...of }, bucket) => ({
      ...of,
      waiting: waiting[bucket] ?? { p50: null, p95: null },
      interaction: interaction[bucket] ?? { p50: null, p95: null },
      neverServed: unserved,
    })),
    waitingBuckets: WAITING_BOUNDS.map((fromMs, place) => ({
      fromMs,
      toMs: WAITING_BOUNDS[place + 1] ?? null,
      count: waitingCounts[place] ?? 0,
    })),
    methods: [...methods]
      .map(([method, { findings, loss }]) => ({ method, finding: findings.rate, preventedLoss: loss }))
      .sort((a, b) => b.finding.of - a.finding.of || (a.method < b.method ? -1 : 1)),
    employees: withEmployees ? staff.figures() : null,
  }
}

type Visit = (
  row: number,
  bucket: number,
  profile: Profile,
  waitingMs: number,
  interactionMs: number,
  /** Prevented, in the counted currency; 0 where it is not known. */
  loss: number,
) => void

/** One look at each row with a check. */
function gather(rows: Int32Array, columns: SessionColumns, ground: ChartGround, nowMs: number, visit: Visit): Gathered {
  const { wallHours, firstHour, bucketOf, isCounted } = ground
  const groups = ground.frame.buckets.length
  const gathered = {
    waiting: new GroupedValues(groups),
    interaction: new GroupedValues(groups),
    preventedLoss: new KnownSum(),
  }
  const counted = columns.profiles.values.map(isCounted)
  for (const row of rows) {
    const code = columns.profiles.codes[row] as number
    const bucket = bucketOf[(wallHours[row] as number) - firstHour] ?? 0
    const waitingMs = waitingOf(columns, row, nowMs)
    const interactionMs = interactionOf(columns, row, nowMs)
    const loss = counted[code] ? columns.preventedLoss.get(row) : 0
    gathered.waiting.add(bucket, waitingMs)
    if (interactionMs > 0) gathered.interaction.add(bucket, interactionMs)
    if (counted[code]) gathered.preventedLoss.add(loss)
    visit(row, bucket, columns.profiles.values[code] as Profile, waitingMs, interactionMs, loss || 0)
  }
  return gathered
}

/** The same numbers of the period before; its rows lie before all buckets. */
function ofPeriodBefore(before: RowSet, columns: SessionColumns, ground: ChartGround, nowMs: number) {
  const { waiting, interaction, preventedLoss } = gather(
    checkedRows(before, columns),
    columns,
    ground,
    nowMs,
    () => undefined,
  )
  const { spotChecks, ageVerifications } = countLabels(before, columns)
  return {
    spotChecks,
    ageVerifications,
    preventedLoss: preventedLoss.value,
    waiting: waiting.overall(),
    interaction: interaction.overall(),
  }
}

/** What labels say of all rows, those without a check too. */
function countLabels(rows: RowSet, columns: SessionColumns) {
  const cells = tally(
    rows,
    columns,
    classesOf(
      columns,
      (profile) => ({
        spotCheck: profile.spotCheck,
        ageVerification: profile.ageVerification,
        settled: isSettled(profile),
      }),
      () => ({}),
    ),
  )
  const outcomesOf = (
    kind: 'spot_check' | 'age_verification',
    labelOf: (of: (typeof cells)[number]['kind']) => string,
  ) =>
    [...cellsBy(cells, ({ kind: of }) => labelOf(of))]
      .filter(([outcome]) => outcome !== 'not_required')
      .map(([outcome, of]) => ({ kind, outcome, count: sumOf(of, ({ sessions }) => sessions) }))
      .sort((a, b) => b.count - a.count || (a.outcome < b.outcome ? -1 : 1))
  return {
    spotChecks: countOf(cells, ({ spotCheck }) => spotCheck !== 'not_required'),
    ageVerifications: countOf(cells, ({ ageVerification }) => ageVerification !== 'not_required'),
    settled: countOf(cells, ({ settled }) => settled),
    settledWithSpotCheck: countOf(cells, ({ settled, spotCheck }) => settled && spotCheck !== 'not_required'),
    outcomes: [
      ...outcomesOf('spot_check', ({ spotCheck }) => spotCheck),
      ...outcomesOf('age_verification', ({ ageVerification }) => ageVerification),
    ],
  }
}

/** By the employee who gave the last outcome. */
class StaffFigures {
  private readonly findings: Findings[]
  private readonly interaction: GroupedValues

  constructor(private readonly columns: SessionColumns) {
    this.findings = columns.checkedBy.values.map(() => new Findings())
    this.interaction = new GroupedValues(columns.checkedBy.values.length)
  }

  add(row: number, interactionMs: number): void {
    const code = this.columns.checkedBy.codes[row] as number
    if (this.columns.checkedBy.values[code] === null) return
    this.findings[code]?.add(this.columns.differences.get(row))
    if (interactionMs > 0) this.interaction.add(code, interactionMs)
  }

  figures(): NonNullable<CheckFigures['employees']> {
    const interaction = this.interaction.byGroup()
    return this.columns.checkedBy.values
      .flatMap((number, code) => {
        const of = this.findings[code]
        if (number === null || of === undefined || of.checks === 0) return []
        return [
          { number, checks: of.checks, finding: of.rate, interaction: interaction[code] ?? { p50: null, p95: null } },
        ]
      })
      .sort((a, b) => b.checks - a.checks || (a.number < b.number ? -1 : 1))
  }
}
