/** Spot checks and age verifications: how many, with which outcome, how long they took, what they prevented, and who did them. */
import { countsAsClosed } from '#shared/lifecycle/transitions.ts'
import { wasNeverServed } from '#shared/session/activity.ts'
import type { ChartQuery, CheckFigures, Quantiles } from '../chart-api.ts'
import type { RowSet } from '../row-set.ts'
import type { SessionColumns } from '../session-columns.ts'
import type { Profile } from '../session-profiles.ts'
import { byBucket, type ChartGround, type ChartPorts, groundOf, groupsOf } from './chart-ground.ts'
import { checkedRows, interactionOf, KnownSum, waitingOf } from './checked-rows.ts'
import { type GroupedQuantiles, quantilesByGroup } from './quantiles.ts'
import { rateOf } from './rate.ts'
import { classesOf, countIn, type Grouping, labelsIn, type Sums, tally } from './tally.ts'

/** Bounds of waiting times, milliseconds; the last bucket has no end. */
const WAITING_BOUNDS = [0, 15_000, 30_000, 45_000, 60_000]
const LAST_BOUND = WAITING_BOUNDS.length - 1
const UNKNOWN: Quantiles = { p50: null, p95: null }

type Kind = Pick<Profile, 'spotCheck' | 'ageVerification'>

/**
 * Answers `ChartApi.checkFigures`.
 * @param withEmployees whether the person may see what each employee did
 */
export function checkFigures(ports: ChartPorts, query: ChartQuery, withEmployees: boolean): CheckFigures {
  const ground = groundOf(ports, query)
  const { columns } = ports.index
  const now = countChecks(ground.rows, byBucket(ground), ground, columns, query.nowMs)
  const before = ground.before && ofPeriodBefore(ground.before, ground, columns, query.nowMs)
  const all = now.table.total()
  const { waiting, interaction } = now
  return {
    ...ground.frame,
    totals: {
      spotChecks: { value: countIn(all, hasSpotCheck), before: before && countIn(before.all, hasSpotCheck) },
      ageVerifications: {
        value: countIn(all, hasAgeVerification),
        before: before && countIn(before.all, hasAgeVerification),
      },
      preventedLoss: { value: now.preventedLoss, before: before?.preventedLoss ?? null },
      waitingP50Ms: { value: waiting.overall.p50, before: before?.waiting.p50 ?? null },
      waitingP95Ms: { value: waiting.overall.p95, before: before?.waiting.p95 ?? null },
      interactionP50Ms: { value: interaction.overall.p50, before: before?.interaction.p50 ?? null },
      neverServed: { value: countIn(all, wasNeverServed), before: before && countIn(before.all, wasNeverServed) },
    },
    spotCheckRate: spotCheckRate(ground, columns),
    outcomes: [
      ...outcomesOf(all, 'spot_check', ({ spotCheck }) => spotCheck),
      ...outcomesOf(all, 'age_verification', ({ ageVerification }) => ageVerification),
    ],
    series: now.table.byGroup().map((of, bucket) => ({
      spotChecks: countIn(of, hasSpotCheck),
      ageVerifications: countIn(of, hasAgeVerification),
      waiting: waiting.byGroup[bucket] ?? UNKNOWN,
      interaction: interaction.byGroup[bucket] ?? UNKNOWN,
      preventedLoss: now.lossByGroup[bucket] ?? 0,
      neverServed: countIn(of, wasNeverServed),
    })),
    waitingBuckets: waitingBuckets(now.rows, now.waitingMs, columns),
    methods: methodsOf(now.rows, now.lossByTraits, columns),
    employees: withEmployees ? employeesOf(now.rows, now.interactionMs, columns) : null,
  }
}

const hasSpotCheck = ({ spotCheck }: Kind): boolean => spotCheck !== 'not_required'
const hasAgeVerification = ({ ageVerification }: Kind): boolean => ageVerification !== 'not_required'

/** Everything about the sessions with a check, by group. */
function countChecks(
  all: RowSet,
  grouping: Grouping,
  { isCounted }: ChartGround,
  columns: SessionColumns,
  nowMs: number,
) {
  const { wallHours, groupOf, firstHour, groups } = grouping
  const checked = checkedRows(all, columns)
  const rows = checked.toRows()
  const classes = classesOf(
    columns,
    ({ spotCheck, ageVerification }): Kind => ({ spotCheck, ageVerification }),
    () => ({}),
  )
  const groupOfRow = rows.map((row) => groupOf[(wallHours[row] as number) - firstHour] as number)
  const [waitingMs, interactionMs] = [waitingOf(columns, rows, nowMs), interactionOf(columns, rows, nowMs)]
  const counted = Uint8Array.from(columns.profiles.values, (profile) => Number(isCounted(profile)))
  const [profileCodes, traitCodes] = [columns.profiles.codes, columns.traits.codes]
  const preventedLoss = new KnownSum()
  const lossByTraits = new Float64Array(columns.traits.values.length)
  const lossByGroup = new Float64Array(groups)
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] as number
    if (counted[profileCodes[row] as number] === 0) continue
    const loss = columns.preventedLoss.get(row)
    preventedLoss.add(loss)
    if (!(loss > 0)) continue
    const [group, traits] = [groupOfRow[at] as number, traitCodes[row] as number]
    lossByTraits[traits] = (lossByTraits[traits] as number) + loss
    lossByGroup[group] = (lossByGroup[group] as number) + loss
  }
  const waiting: GroupedQuantiles = quantilesByGroup(waitingMs, groupOfRow, groups)
  // Where nobody opened the basket there was no interaction.
  const interaction: GroupedQuantiles = quantilesByGroup(interactionMs, groupOfRow, groups, 0)
  return {
    ...{ table: tally(checked, columns, classes, grouping), rows, waitingMs, interactionMs, waiting, interaction },
    preventedLoss: preventedLoss.value,
    /** By code of the traits, of the counted currency. */
    lossByTraits,
    lossByGroup,
  }
}

function ofPeriodBefore(
  { rows, survey: { first, last } }: NonNullable<ChartGround['before']>,
  ground: ChartGround,
  columns: SessionColumns,
  nowMs: number,
) {
  const groupOf = groupsOf(first, last, () => 0)
  const grouping = { wallHours: ground.wallHours, firstHour: first, groupOf, groups: 1 }
  const { table, preventedLoss, waiting, interaction } = countChecks(rows, grouping, ground, columns, nowMs)
  return {
    all: table.total(),
    preventedLoss,
    waiting: waiting.overall,
    interaction: interaction.overall,
  }
}

function spotCheckRate({ profileCounts }: ChartGround, { profiles }: SessionColumns) {
  let [settled, checked] = [0, 0]
  profiles.values.forEach((profile, code) => {
    if (!profile.ended && !countsAsClosed(profile.state)) return
    const count = profileCounts[code] as number
    settled += count
    if (hasSpotCheck(profile)) checked += count
  })
  return rateOf(checked, settled)
}

function outcomesOf(
  all: Sums<Kind>,
  kind: 'spot_check' | 'age_verification',
  outcomeOf: (kind: Kind) => string,
): CheckFigures['outcomes'] {
  return labelsIn(all, outcomeOf)
    .filter((outcome) => outcome !== 'not_required')
    .map((outcome) => ({ kind, outcome, count: countIn(all, (each) => outcomeOf(each) === outcome) }))
    .sort((a, b) => b.count - a.count)
}

function waitingBuckets(
  rows: Int32Array,
  waitingMs: Float64Array,
  { profiles }: SessionColumns,
): CheckFigures['waitingBuckets'] {
  const unserved = Uint8Array.from(profiles.values, (profile) => Number(wasNeverServed(profile)))
  const counts = new Int32Array(WAITING_BOUNDS.length)
  const unservedCounts = new Int32Array(WAITING_BOUNDS.length)
  for (let at = 0; at < waitingMs.length; at += 1) {
    const ms = waitingMs[at] as number
    let place = 0
    while (place < LAST_BOUND && ms >= (WAITING_BOUNDS[place + 1] as number)) place += 1
    counts[place] = (counts[place] as number) + 1
    const isUnserved = unserved[profiles.codes[rows[at] as number] as number] as number
    unservedCounts[place] = (unservedCounts[place] as number) + isUnserved
  }
  return WAITING_BOUNDS.map((fromMs, place) => ({
    fromMs,
    toMs: WAITING_BOUNDS[place + 1] ?? null,
    count: counts[place] as number,
    neverServed: unservedCounts[place] as number,
  }))
}

/** Sessions by code of a label: all of them, those whose result is known, and those in which something was found. */
class Findings {
  private readonly checks: Int32Array
  private readonly judged: Int32Array
  private readonly found: Int32Array

  constructor(codes: number) {
    this.checks = new Int32Array(codes)
    this.judged = new Int32Array(codes)
    this.found = new Int32Array(codes)
  }

  /** @param differences NaN where none were told */
  add(code: number, differences: number): void {
    this.checks[code] = (this.checks[code] as number) + 1
    this.judged[code] = (this.judged[code] as number) + Number(differences >= 0)
    this.found[code] = (this.found[code] as number) + Number(differences > 0)
  }

  of(codes: readonly number[]) {
    const sum = (counts: Int32Array) => codes.reduce((total, code) => total + (counts[code] as number), 0)
    return { checks: sum(this.checks), finding: rateOf(sum(this.found), sum(this.judged)) }
  }
}

function methodsOf(
  rows: Int32Array,
  lossByTraits: Float64Array,
  { traits, differences }: SessionColumns,
): CheckFigures['methods'] {
  const findings = new Findings(traits.values.length)
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] as number
    findings.add(traits.codes[row] as number, differences.get(row))
  }
  const byMethod = new Map<string, number[]>()
  traits.values.forEach(({ checkMethod }, code) => {
    if (checkMethod !== null) byMethod.set(checkMethod, [...(byMethod.get(checkMethod) ?? []), code])
  })
  return [...byMethod]
    .map(([method, codes]) => ({
      method,
      ...findings.of(codes),
      preventedLoss: codes.reduce((sum, code) => sum + (lossByTraits[code] as number), 0),
    }))
    .filter(({ checks }) => checks > 0)
    .map(({ method, finding, preventedLoss }) => ({ method, finding, preventedLoss }))
    .sort((a, b) => b.finding.of - a.finding.of || (a.method < b.method ? -1 : 1))
}

/** By the employee who gave the last outcome. */
function employeesOf(
  rows: Int32Array,
  interactionMs: Float64Array,
  { checkedBy, differences }: SessionColumns,
): NonNullable<CheckFigures['employees']> {
  const findings = new Findings(checkedBy.values.length)
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] as number
    findings.add(checkedBy.codes[row] as number, differences.get(row))
  }
  const codes = rows.map((row) => checkedBy.codes[row] as number)
  const interaction = quantilesByGroup(interactionMs, codes, checkedBy.values.length, 0).byGroup
  return checkedBy.values
    .flatMap((number, code) =>
      number === null ? [] : { number, ...findings.of([code]), interaction: interaction[code] ?? UNKNOWN },
    )
    .filter(({ checks }) => checks > 0)
    .sort((a, b) => b.checks - a.checks || (a.number < b.number ? -1 : 1))
}
