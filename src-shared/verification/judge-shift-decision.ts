/** Judges a decision on a shift, once: notes always count, of those who take a shift over the first to arrive does. */
import type { EmployeeRef } from '../protocol/primitives.ts'
import type { ShiftDecision, ShiftEntry } from '../protocol/shift-entries.ts'

/**
 * The entry that a decision leaves, without its number.
 *
 * @param first the acknowledgement of this shift that counts; null where nobody took it over yet
 * @param nowMs the judge's clock, UTC milliseconds: a decision cannot have occurred after it arrived
 */
export function judgeShiftDecision(
  first: Pick<ShiftEntry, 'employee' | 'at'> | null,
  decision: ShiftDecision,
  employee: EmployeeRef,
  nowMs: number,
): Omit<ShiftEntry, 'number'> {
  const { id, payload, occurredAt } = decision
  const isNote = decision.type === 'shift.note'
  return {
    id,
    type: isNote ? 'note' : 'acknowledged',
    date: payload.date,
    shift: payload.shift,
    text: decision.type === 'shift.note' ? decision.payload.text : (decision.payload.note ?? null),
    employee,
    at: new Date(Math.min(Date.parse(occurredAt), nowMs)).toISOString(),
    arrivedAt: new Date(nowMs).toISOString(),
    verdict:
      isNote || first === null ? { status: 'applied' } : { status: 'superseded', by: first.employee, at: first.at },
  }
}
