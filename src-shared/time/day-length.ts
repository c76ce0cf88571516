/** A day of 24 hours, milliseconds: for ages and spans, never for days of a store, which daylight saving makes longer or shorter. */
export const DAY_MS = 24 * 3_600_000
