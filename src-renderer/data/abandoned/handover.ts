/** One page for the next shift, put together from what this PC knows of one shift. */
import type { Refusal } from '#shared/protocol/refusals.ts'
import type { SessionDocument, Verification } from '#shared/protocol/session-document.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { ShiftSpan } from '#shared/time/shifts.ts'
import type { Handover, PutBackList, ShiftNote } from '../abandoned-api.ts'
import type { AbandonedRow } from './abandoned-rows.ts'

export type Wait = Handover['longestWaits'][number]

const SHOWN_WAITS = 10

/** Waits of the verifications of a session that were shown in a shift. @param nowMs UTC milliseconds, of those that go on */
export function waitsOf(document: SessionDocument, { from, to }: ShiftSpan, nowMs: number): Wait[] {
  return document.verifications.flatMap((verification): Wait[] => {
    const { kind, status, employee } = verification
    const shownAt = Date.parse(verification.shownAt)
    if (shownAt < from || shownAt >= to) return []
    const until = waitedUntil(document, verification) ?? nowMs
    const waitedMs = Math.max(0, until - shownAt)
    return [{ sessionId: document.id, kind, shownAt, waitedMs, status, employee }]
  })
}

/** Until somebody came, it was withdrawn, or the session ended; null while it waits. UTC milliseconds. */
function waitedUntil(
  { endedAt, events }: SessionDocument,
  { id, status, acknowledgedAt, resolvedAt }: Verification,
): number | null {
  const came = acknowledgedAt ?? resolvedAt
  if (came !== null) return Date.parse(came)
  const withdrawn =
    status === 'withdrawn'
      ? events.find((event) => event.type === 'verification.withdrawn' && event.verificationId === id)?.at
      : undefined
  const end = withdrawn ?? endedAt
  return end === null ? null : Date.parse(end)
}

/** Longest first. */
export function longestOf(waits: readonly Wait[]): Wait[] {
  return waits.toSorted((a, b) => b.waitedMs - a.waitedMs || a.shownAt - b.shownAt).slice(0, SHOWN_WAITS)
}

/** Notes that were added to a session in a shift. @param unsent ids of decisions that are not confirmed */
export function sessionNotesOf(
  document: SessionDocument,
  { from, to }: ShiftSpan,
  unsent: ReadonlySet<string>,
): ShiftNote[] {
  return document.notes.flatMap(({ id, text, employee, at }) => {
    const atMs = Date.parse(at)
    const note = { id, text, employee, at: atMs, sessionId: document.id, unsent: unsent.has(id) }
    return atMs >= from && atMs < to ? [note] : []
  })
}

export function refusalsOf(refusals: readonly Refusal[], { from, to }: ShiftSpan): Refusal[] {
  return refusals.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < to)
}

export function putBackCounts({ items, baskets, pieces, withoutDetails }: PutBackList): Handover['putBack'] {
  const sumOf = (of: readonly { quantity: number }[]) => of.reduce((sum, { quantity }) => sum + quantity, 0)
  return {
    baskets,
    pieces,
    cold: sumOf(items.filter(({ storage }) => storage !== 'ambient')),
    overdue: items.reduce((sum, { overdue }) => sum + overdue, 0),
    withoutDetails,
  }
}

/** @param rows left in the shift */
export function abandonedCounts(rows: readonly AbandonedRow[]): Handover['abandoned'] {
  const byCurrency = new Map<string, number>()
  const add = ({ currency, total }: SessionSummary) => byCurrency.set(currency, (byCurrency.get(currency) ?? 0) + total)
  for (const { row } of rows) add(row)
  return {
    count: rows.length,
    unreviewed: rows.filter(({ row }) => !row.reviewed).length,
    byCurrency: [...byCurrency]
      .map(([currency, total]) => ({ currency, total }))
      .sort((a, b) => (a.currency < b.currency ? -1 : 1)),
  }
}
