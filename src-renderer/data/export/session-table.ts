/** The table of sessions: what each column of an export takes from the session index. */
import { minorUnitDigits } from '#shared/money/minor-units.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { type Activity, activityRule, runningTotalMs } from '#shared/session/activity.ts'
import type { ZoneOffsets } from '#shared/time/zone-offsets.ts'
import { type ExportColumn, exportColumnTitles } from '../data-api.ts'
import type { SessionColumns } from '../session-columns.ts'
import type { Profile } from '../session-profiles.ts'
import type { Traits } from '../session-traits.ts'
import type { ColumnHead, SliceColumn, TextColumn } from './table-slice.ts'

/** What columns need to know beyond the rows. */
export interface ExportMoment {
  /** UTC milliseconds, server time. */
  nowMs: number
  settingsOf: (storeId: string) => StoreSettings | undefined
  zoneOf: (storeId: string) => ZoneOffsets
}

const SECOND_DIGITS = 3
const NO_DIGITS = 0

/** Money is in units of its currency, durations are seconds. */
const heads: Record<ExportColumn, Omit<ColumnHead, 'title'>> = {
  id: { field: 'session_id', kind: 'text', width: 38 },
  store: { field: 'store', kind: 'label', width: 20 },
  storeId: { field: 'store_id', kind: 'label', width: 16 },
  timezone: { field: 'time_zone', kind: 'label', width: 18 },
  customerId: { field: 'customer_id', kind: 'text', width: 16 },
  client: { field: 'client', kind: 'label', width: 14 },
  activity: { field: 'activity', kind: 'label', width: 16 },
  state: { field: 'state', kind: 'label', width: 18 },
  progress: { field: 'progress', kind: 'label', width: 20 },
  startedAt: { field: 'started_at', kind: 'instant', width: 26 },
  lastActivityAt: { field: 'last_activity_at', kind: 'instant', width: 26 },
  endedAt: { field: 'ended_at', kind: 'instant', width: 26 },
  endReason: { field: 'end_reason', kind: 'label', width: 20 },
  expiresAt: { field: 'expires_at', kind: 'instant', width: 26 },
  durationMs: { field: 'duration_s', kind: 'number', width: 14 },
  quantity: { field: 'items', kind: 'number', whole: true, width: 8 },
  total: { field: 'value', kind: 'number', width: 12 },
  currency: { field: 'currency', kind: 'label', width: 10 },
  transactions: { field: 'payment_attempts', kind: 'number', whole: true, width: 18 },
  spotCheck: { field: 'spot_check', kind: 'label', width: 16 },
  ageVerification: { field: 'age_verification', kind: 'label', width: 17 },
  waitingMs: { field: 'waiting_s', kind: 'number', width: 17 },
  interactionMs: { field: 'interaction_s', kind: 'number', width: 20 },
  rating: { field: 'rating', kind: 'number', whole: true, width: 15 },
  reviewed: { field: 'reviewed', kind: 'flag', width: 11 },
  furthestStep: { field: 'furthest_step', kind: 'label', width: 20 },
  obstacle: { field: 'obstacle', kind: 'label', width: 22 },
  checkMethod: { field: 'check_method', kind: 'label', width: 16 },
  checkedBy: { field: 'checked_by', kind: 'label', width: 20 },
  differences: { field: 'differences', kind: 'number', whole: true, width: 12 },
}

/** The head of a column. */
export const sessionHead = (name: ExportColumn): ColumnHead => ({ ...heads[name], title: exportColumnTitles[name] })

const activities: readonly Activity[] = ['ongoing', 'stale', 'paid_not_exited', 'ended']

type Gather = (columns: SessionColumns, rows: Int32Array, moment: ExportMoment) => SliceColumn

const label = (labelOf: (profile: Profile) => string | null): Gather => {
  return ({ profiles }, rows) => ({
    kind: 'label',
    codes: pick(rows, profiles.codes),
    labelOf: (code) => labelOf(profiles.values[code] as Profile),
  })
}

const trait = (labelOf: (traits: Traits) => string | null): Gather => {
  return ({ traits }, rows) => ({
    kind: 'label',
    codes: pick(rows, traits.codes),
    labelOf: (code) => labelOf(traits.values[code] as Traits),
  })
}

const storeLabel = (labelOf: (storeId: string, moment: ExportMoment) => string): Gather => {
  return ({ storeId }, rows, moment) => ({
    kind: 'label',
    codes: pick(rows, storeId.codes),
    labelOf: (code) => labelOf(storeId.values[code] as string, moment),
  })
}

const instant = (of: (columns: SessionColumns, row: number) => number): Gather => {
  return (columns, rows, { zoneOf }) => {
    const { storeId } = columns
    const zones = new Map<number, ZoneOffsets>()
    return {
      kind: 'instant',
      at: each(rows, (row) => of(columns, row)),
      zones: pick(rows, storeId.codes),
      zoneOf: (code) => {
        const zone = zones.get(code) ?? zoneOf(storeId.values[code] as string)
        zones.set(code, zone)
        return zone
      },
    }
  }
}

/** @param of NaN for null */
const number = (digits: number, of: (columns: SessionColumns, row: number, nowMs: number) => number): Gather => {
  return (columns, rows, { nowMs }) => ({
    kind: 'number',
    units: each(rows, (row) => of(columns, row, nowMs)),
    digits: new Uint8Array(rows.length).fill(digits),
  })
}

const text = (
  range: (columns: SessionColumns, row: number) => { from: number; to: number },
): ((columns: SessionColumns, rows: Int32Array) => TextColumn) => {
  return (columns, rows) => {
    const from = new Int32Array(rows.length)
    const to = new Int32Array(rows.length)
    for (let i = 0; i < rows.length; i += 1) {
      const found = range(columns, rows[i] as number)
      from[i] = found.from
      to[i] = found.to
    }
    return { kind: 'text', bytes: columns.texts.bytes, from, to }
  }
}

const since = (value: number | undefined): number | null => (value === undefined || Number.isNaN(value) ? null : value)

const gathers: Record<ExportColumn, Gather> = {
  id: text(({ texts }, row) => ({ from: texts.idFrom(row), to: texts.idTo(row) })),
  customerId: text(({ texts }, row) => ({ from: texts.customerFrom(row), to: texts.customerTo(row) })),
  store: storeLabel((storeId, { settingsOf }) => settingsOf(storeId)?.name ?? storeId),
  storeId: storeLabel((storeId) => storeId),
  timezone: storeLabel((storeId, { settingsOf }) => settingsOf(storeId)?.timezone ?? ''),
  client: label((profile) => profile.client),
  state: label((profile) => profile.state),
  progress: label((profile) => profile.progress),
  endReason: label((profile) => profile.endReason),
  currency: label((profile) => profile.currency),
  spotCheck: label((profile) => profile.spotCheck),
  ageVerification: label((profile) => profile.ageVerification),
  activity: ({ profiles, storeId, startedAt, lastActivityAfter }, rows, { nowMs, settingsOf }) => {
    const staleAfter = storeId.values.map((id) => settingsOf(id)?.staleAfterMinutes ?? 0)
    const codes = new Int32Array(rows.length)
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number
      const { ended, state } = profiles.get(row)
      const rule = activityRule(ended, state, staleAfter[storeId.codes[row] as number] as number)
      const idleMs = nowMs - (startedAt.get(row) + lastActivityAfter.get(row))
      codes[i] = activities.indexOf(idleMs >= rule.afterMs ? rule.after : rule.before)
    }
    return { kind: 'label', codes, labelOf: (code) => activities[code] as Activity }
  },
  startedAt: instant(({ startedAt }, row) => startedAt.get(row)),
  lastActivityAt: instant(({ startedAt, lastActivityAfter }, row) => startedAt.get(row) + lastActivityAfter.get(row)),
  endedAt: instant(({ startedAt, endedAfter }, row) => startedAt.get(row) + endedAfter.get(row)),
  expiresAt: instant(({ startedAt, expiresAfter }, row) => startedAt.get(row) + expiresAfter.get(row)),
  durationMs: number(SECOND_DIGITS, ({ startedAt, endedAfter }, row, nowMs) => {
    const after = endedAfter.get(row)
    return Number.isNaN(after) ? Math.max(0, Math.round(nowMs) - startedAt.get(row)) : after
  }),
  quantity: number(NO_DIGITS, ({ quantity }, row) => quantity.get(row)),
  transactions: number(NO_DIGITS, ({ transactions }, row) => transactions.get(row)),
  rating: number(NO_DIGITS, ({ profiles }, row) => profiles.get(row).rating ?? Number.NaN),
  waitingMs: number(SECOND_DIGITS, ({ waitingMs, running }, row, nowMs) =>
    runningTotalMs(waitingMs.get(row), since(running.get(row)?.waitingSince), Math.round(nowMs)),
  ),
  interactionMs: number(SECOND_DIGITS, ({ interactionMs, running }, row, nowMs) =>
    runningTotalMs(interactionMs.get(row), since(running.get(row)?.interactingSince), Math.round(nowMs)),
  ),
  total: ({ total, profiles }, rows) => {
    const digitsOf = profiles.values.map(({ currency }) => minorUnitDigits(currency))
    const digits = new Uint8Array(rows.length)
    for (let i = 0; i < rows.length; i += 1) digits[i] = digitsOf[profiles.codes[rows[i] as number] as number] as number
    return { kind: 'number', units: each(rows, (row) => total.get(row)), digits }
  },
  reviewed: ({ profiles }, rows) => {
    const values = new Uint8Array(rows.length)
    for (let i = 0; i < rows.length; i += 1) values[i] = Number(profiles.get(rows[i] as number).reviewed)
    return { kind: 'flag', values }
  },
  furthestStep: trait((traits) => traits.furthestStep),
  obstacle: trait((traits) => traits.obstacle),
  checkMethod: trait((traits) => traits.checkMethod),
  checkedBy: ({ checkedBy }, rows) => ({
    kind: 'label',
    codes: pick(rows, checkedBy.codes),
    labelOf: (code) => checkedBy.values[code] as string | null,
  }),
  differences: number(NO_DIGITS, ({ differences }, row) => differences.get(row)),
}

/** The wanted columns of some rows; they are good until the index changes. */
export function sessionSlice(
  columns: SessionColumns,
  rows: Int32Array,
  wanted: readonly ExportColumn[],
  moment: ExportMoment,
): SliceColumn[] {
  return wanted.map((name) => gathers[name](columns, rows, moment))
}

function pick(rows: Int32Array, codes: ArrayLike<number>): Int32Array {
  const picked = new Int32Array(rows.length)
  for (let i = 0; i < rows.length; i += 1) picked[i] = codes[rows[i] as number] as number
  return picked
}

function each(rows: Int32Array, of: (row: number) => number): Float64Array {
  const values = new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i += 1) values[i] = of(rows[i] as number)
  return values
}
