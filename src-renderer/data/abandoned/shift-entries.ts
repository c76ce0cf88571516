/** What was said about shifts: the backend's entries on this PC, and those of this console that are not there yet. */
import type { EmployeeRef } from '#shared/protocol/primitives.ts'
import {
  MAX_SHIFT_ENTRIES_PER_PAGE,
  type ShiftDecision,
  type ShiftEntry,
  shiftEntriesPageSchema,
} from '#shared/protocol/shift-entries.ts'
import { judgeShiftDecision } from '#shared/verification/judge-shift-decision.ts'
import type { Handover, ShiftKey, ShiftNote } from '../abandoned-api.ts'
import type { ConsoleDatabase, OutboxRow } from '../database.ts'
import { NumberedList } from '../numbered-list.ts'
import { shiftDecisionOf } from '../pending-decisions.ts'
import { callJson, type Fetch, storePath } from '../transport.ts'

export interface ShiftEntriesPorts {
  database: ConsoleDatabase
  fetch: Fetch
  /** The signed-in employee. */
  employee: () => EmployeeRef
  /** Unsent and unconfirmed decisions of the signed-in employee. */
  ownRows: () => readonly OutboxRow[]
  onChange: () => void
}

type Said = Omit<ShiftEntry, 'number'> & { unsent: boolean }

export class ShiftEntries {
  private readonly list: NumberedList<ShiftEntry>

  constructor(private readonly ports: ShiftEntriesPorts) {
    const { database, fetch, onChange } = ports
    this.list = new NumberedList({
      database,
      heads: database.shiftLists,
      rows: database.shiftEntries,
      page: (storeId, since) => {
        const path = `${storePath(storeId)}/shift-entries`
        return callJson(fetch, `${path}?since=${since}&limit=${MAX_SHIFT_ENTRIES_PER_PAGE}`, shiftEntriesPageSchema)
      },
      onChange,
    })
  }

  /** Fetches what the last pull said the backend has more; call it after each pull. */
  follow(storeId: string): Promise<void> {
    return this.list.follow(storeId)
  }

  /** Notes oldest first, and who took the shift over. */
  async of(key: ShiftKey): Promise<Pick<Handover, 'notes' | 'acknowledged' | 'alsoAcknowledged'>> {
    const entries = await this.said(key)
    const notes = entries.flatMap(({ id, type, text, employee, at, unsent }): ShiftNote[] =>
      type === 'note' ? [{ id, text: text ?? '', employee, at: Date.parse(at), sessionId: null, unsent }] : [],
    )
    const taken = entries.filter(({ type }) => type === 'acknowledged')
    const said = (entries: readonly Said[]) =>
      entries.map(({ employee, at, text, unsent }) => ({ employee, at: Date.parse(at), note: text, unsent }))
    const [first = winnerOf(taken)] = said(taken.filter(({ verdict }) => verdict.status === 'applied'))
    const others = said(taken.filter(({ verdict }) => verdict.status === 'superseded'))
    return {
      notes: notes.sort((a, b) => a.at - b.at),
      acknowledged: first,
      alsoAcknowledged: others.map(({ unsent: _unsent, ...other }) => other),
    }
  }

  /** In the order of arrival; what has not arrived as this console would judge it. */
  private async said({ storeId, date, shift }: ShiftKey): Promise<Said[]> {
    const isOfShift = (of: { date: string; shift: string }) => of.date === date && of.shift === shift
    const said: Said[] = (await this.list.entries(storeId))
      .filter(isOfShift)
      .map((entry) => ({ ...entry, unsent: false }))
    for (const { decision, employee, unsent } of await this.notYetEntered(storeId)) {
      if (!isOfShift(decision.payload) || said.some(({ id }) => id === decision.id)) continue
      const first = said.find(({ type, verdict }) => type === 'acknowledged' && verdict.status === 'applied') ?? null
      said.push({ ...judgeShiftDecision(first, decision, employee, Date.parse(decision.occurredAt)), unsent })
    }
    return said
  }

  /** Decisions that are unsent, and confirmed ones whose entries may not have been fetched yet. */
  private async notYetEntered(
    storeId: string,
  ): Promise<{ decision: ShiftDecision; employee: EmployeeRef; unsent: boolean }[]> {
    const { database, employee, ownRows } = this.ports
    const me = employee()
    const sent = await database.sent.where('storeId').equals(storeId).toArray()
    const confirmed = sent.filter(
      ({ employeeNumber, verdict }) => employeeNumber === me.number && verdict.status !== 'refused',
    )
    const waiting = ownRows().filter((row) => row.storeId === storeId)
    const decisions = (rows: readonly Pick<OutboxRow, 'mutation'>[], unsent: boolean) =>
      rows.flatMap(({ mutation }) => {
        const decision = shiftDecisionOf(mutation)
        return decision === null ? [] : [{ decision, employee: me, unsent }]
      })
    return [...decisions(confirmed, false), ...decisions(waiting, true)]
  }
}

/** Who was first, as a verdict names them: their entry may not be here yet. */
function winnerOf(taken: readonly Said[]): Handover['acknowledged'] {
  for (const { verdict } of taken) {
    if (verdict.status !== 'superseded') continue
    return { employee: verdict.by, at: Date.parse(verdict.at), note: null, unsent: false }
  }
  return null
}
