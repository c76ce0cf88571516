/** What of a mutation this version can show; it keeps and sends all of them. */
import { describe, expect, it } from 'vitest'
import { countSubjects, decisionOf, isOfSession, shiftDecisionOf } from './pending-decisions.ts'

const mutation = (type: string, payload: unknown = {}) => ({
  id: 'm1',
  seq: 1,
  storeId: 'berlin',
  sessionId: 's1',
  type,
  occurredAt: '2026-03-10T11:00:00.000Z',
  payload,
})

describe('a mutation', () => {
  it('is a decision on a session or on a shift, by its type, where its payload is right', () => {
    const note = mutation('note.add', { text: 'x' })
    const shiftNote = mutation('shift.note', { date: '2026-03-10', shift: 'Early', text: 'x' })
    expect(decisionOf(note)).toMatchObject({ id: 'm1', type: 'note.add', payload: { text: 'x' } })
    expect(shiftDecisionOf(note)).toBeNull()
    expect(shiftDecisionOf(shiftNote)).toMatchObject({ type: 'shift.note', payload: { shift: 'Early' } })
    expect(decisionOf(shiftNote)).toBeNull()
    expect([note, shiftNote].map(isOfSession)).toEqual([true, false])
    expect(decisionOf(mutation('note.add', { text: '' }))).toBeNull()
  })

  it.each(['basket.burn', 'constructor', 'toString', '__proto__'])('of the unknown type %s is none', (type) => {
    const unknown = mutation(type)
    expect([decisionOf(unknown), shiftDecisionOf(unknown)]).toEqual([null, null])
    expect(isOfSession(unknown)).toBe(true)
    expect(countSubjects([{ mutation: unknown }])).toBe(1)
  })
})
