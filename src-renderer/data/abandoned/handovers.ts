/** Answers what a shift hands over, and takes what is said about it. */

import type { EmployeeRef } from '#shared/protocol/primitives.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { shiftSessionId } from '#shared/protocol/shift-entries.ts'
import { DAY_MS } from '#shared/time/day-length.ts'
import type { ShiftSpan } from '#shared/time/shifts.ts'
import type { BulkOutcome, Handover, ShiftKey, ShiftNote } from '../abandoned-api.ts'
import { type DecisionResult, noFilter, type QueueEntry, type RefusalRegister, type SessionKey } from '../data-api.ts'
import type { ConsoleDatabase, OutboxRow } from '../database.ts'
import type { DecisionDesk, ShiftInput } from '../decision-desk.ts'
import { decisionOf, shiftDecisionOf } from '../pending-decisions.ts'
import type { SessionIndex } from '../session-index.ts'
import type { AbandonedBaskets } from './abandoned-baskets.ts'
import {
  abandonedCounts,
  longestOf,
  putBackCounts,
  refusalsOf,
  sessionNotesOf,
  type Wait,
  waitsOf,
} from './handover.ts'
import type { ShiftEntries } from './shift-entries.ts'

export interface HandoverPorts {
  database: ConsoleDatabase
  index: SessionIndex
  desk: DecisionDesk
  baskets: AbandonedBaskets
  entries: ShiftEntries
  /** UTC milliseconds, server time as estimated. */
  now: () => number
  isComplete: () => boolean
  employee: () => EmployeeRef
  ownRows: () => readonly OutboxRow[]
  /** Documents on this PC with unsent decisions applied. */
  documents: (keys: readonly SessionKey[]) => Promise<(SessionDocument | undefined)[]>
  queue: (storeIds: string[]) => Promise<QueueEntry[]>
  refusals: (storeId: string) => Promise<RefusalRegister>
  /** Decisions of the employee that did not count, seen or not. */
  results: () => Promise<DecisionResult[]>
}

/** Documents read between two looks at what else is to do. */
const BATCH = 100
/** Baskets left longer ago stand on the put-back list only where somebody asks for all. */
const PUT_BACK_DAYS = 7

export class Handovers {
  constructor(private readonly ports: HandoverPorts) {}

  /** @throws RangeError for a store that the employee has no access to, and for a shift that it does not have */
  async handover(key: ShiftKey): Promise<Handover> {
    const { baskets, entries, now, isComplete, ownRows, queue, refusals, results } = this.ports
    const { storeId, date, shift } = key
    const span = this.span(key)
    const isInShift = (at: number) => at >= span.from && at < span.to
    const nowMs = now()
    const { waits, withoutDetails } = await this.waits(storeId, span, nowMs)
    const register = await refusals(storeId)
    const { notes, ...acknowledgements } = await entries.of(key)
    const leftFrom = nowMs - PUT_BACK_DAYS * DAY_MS
    const own = ownRows().filter((row) => row.storeId === storeId)
    const decided = (await results()).filter(
      (result) =>
        result.storeId === storeId &&
        (isInShift(result.receivedAt) || isInShift(Date.parse(result.decision.occurredAt))),
    )
    return {
      storeId,
      date,
      shift,
      from: span.from,
      to: span.to,
      openChecks: await queue([storeId]),
      longestWaits: longestOf(waits),
      refusals: refusalsOf([...register.entries, ...register.pending], span),
      putBack: putBackCounts(await baskets.putBackList({ storeIds: [storeId], leftFrom, nowMs })),
      abandoned: abandonedCounts(baskets.leftWithin([storeId], span.from, span.to, nowMs)),
      unsent: own.flatMap(({ mutation }) => {
        const decision = decisionOf(mutation) ?? shiftDecisionOf(mutation)
        return decision === null ? [] : [{ decision, storeId, employee: this.ports.employee() }]
      }),
      notCounted: decided,
      notes: [...notes, ...(await this.sessionNotes(storeId, span, own))].sort((a, b) => a.at - b.at),
      ...acknowledgements,
      withoutDetails,
      complete: isComplete(),
    }
  }

  async noteShift(key: ShiftKey, text: string): Promise<BulkOutcome> {
    const { date, shift } = key
    return this.decide(key, { type: 'shift.note', payload: { date, shift, text } })
  }

  async acknowledgeShift(key: ShiftKey, note: string | null): Promise<BulkOutcome> {
    const { date, shift } = key
    return this.decide(key, { type: 'shift.acknowledge', payload: { date, shift, note } })
  }

  private async decide(key: ShiftKey, input: ShiftInput): Promise<BulkOutcome> {
    this.span(key)
    return this.ports.desk.decideAll([{ storeId: key.storeId, sessionId: shiftSessionId(key), input }])
  }

  private span({ storeId, date, shift }: ShiftKey): ShiftSpan {
    const span = this.ports.baskets.calendar(storeId)?.find(date, shift)
    if (span == null) throw new RangeError(`store ${storeId} has no shift ${shift} on ${date}`)
    return span
  }

  /** Of all verifications shown in the shift; sessions without details here can only be counted. */
  private async waits(
    storeId: string,
    span: ShiftSpan,
    nowMs: number,
  ): Promise<{ waits: Wait[]; withoutDetails: number }> {
    const { rows } = this.ports.index.query(
      {
        ...noFilter,
        storeIds: [storeId],
        startedTo: span.to,
        lastActivityAt: { min: span.from, max: null },
        withCheck: true,
        sort: 'lastActivityAt',
        descending: true,
        offset: 0,
        limit: Number.MAX_SAFE_INTEGER,
        nowMs,
      },
      () => 0,
    )
    const waits: Wait[] = []
    let withoutDetails = 0
    for (let start = 0; start < rows.length; start += BATCH) {
      const documents = await this.ports.documents(rows.slice(start, start + BATCH))
      for (const document of documents) {
        if (document === undefined) withoutDetails += 1
        else waits.push(...waitsOf(document, span, nowMs))
      }
    }
    return { waits, withoutDetails }
  }

  /** Notes are no activity: sessions are found by when their last note was added, and by unsent ones. */
  private async sessionNotes(storeId: string, span: ShiftSpan, own: readonly OutboxRow[]): Promise<ShiftNote[]> {
    const noted = await this.ports.database.noted
      .where('[storeId+at]')
      .between([storeId, span.from], [storeId, Number.MAX_SAFE_INTEGER], true, true)
      .primaryKeys()
    const unsent = own.filter(({ mutation }) => mutation.type === 'note.add')
    const ids = new Set([...noted.map(([, id]) => id), ...unsent.map(({ mutation }) => mutation.sessionId)])
    const documents = await this.ports.documents([...ids].map((id) => ({ storeId, id })))
    const unsentIds = new Set(unsent.map(({ id }) => id))
    return documents.flatMap((document) => (document === undefined ? [] : sessionNotesOf(document, span, unsentIds)))
  }
}
