/**
 * Hours of a zone's wall time, counted from 1970-01-01T00:00 on that wall: what hours, days and weeks of charts are made of.
 * An hour that clocks show twice is one of them, one that they skip never occurs.
 */
import type { ZoneOffsets } from './zone-offsets.ts'

export const HOUR_MS = 3_600_000
export const HOURS_PER_DAY = 24
export const HOURS_PER_WEEK = 7 * HOURS_PER_DAY
/** 1970-01-01 was a Thursday. */
const WEEK_HOUR_OF_0 = 3 * HOURS_PER_DAY

/** The wall hour that holds an instant (UTC milliseconds). */
export const wallHourOf = (instantMs: number, offsets: ZoneOffsets): number =>
  Math.floor((instantMs + offsets.at(instantMs)) / HOUR_MS)

/**
 * The instant (UTC milliseconds) at which a wall shows a time, given in milliseconds since 1970-01-01T00:00 on it: the first one
 * where it is shown twice, and what clocks show instead where it is skipped.
 */
export function instantOfWallTime(wallMs: number, offsets: ZoneOffsets): number {
  const [before, after] = [offsets.at(wallMs - HOURS_PER_DAY * HOUR_MS), offsets.at(wallMs + HOURS_PER_DAY * HOUR_MS)]
  const isShown = (offset: number) => offsets.at(wallMs - offset) === offset
  return wallMs - (isShown(before) || !isShown(after) ? before : after)
}

/** Hours since Monday 00:00, 0 to 167. */
export function weekHourOf(wallHour: number): number {
  const hour = (wallHour + WEEK_HOUR_OF_0) % HOURS_PER_WEEK
  return hour < 0 ? hour + HOURS_PER_WEEK : hour
}

/** 0 to 23. */
export const hourOfDay = (wallHour: number): number => weekHourOf(wallHour) % HOURS_PER_DAY

/** Monday (0) to Sunday (6). */
export const weekdayOf = (wallHour: number): number => Math.floor(weekHourOf(wallHour) / HOURS_PER_DAY)

/** First hour of the wall day, and of the week (Monday), that holds a wall hour. */
export const startOfWallDay = (wallHour: number): number => wallHour - hourOfDay(wallHour)
export const startOfWallWeek = (wallHour: number): number => wallHour - weekHourOf(wallHour)

/** `2026-11-25T14`. */
export const wallHourLabel = (wallHour: number): string => new Date(wallHour * HOUR_MS).toISOString().slice(0, 13)

/** Reverse of `wallHourLabel`; null for anything else. */
export function readWallHour(label: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d$/.test(label)) return null
  const at = Date.parse(`${label}:00:00Z`)
  return Number.isNaN(at) || wallHourLabel(at / HOUR_MS) !== label ? null : at / HOUR_MS
}
