import { describe, expect, it } from 'vitest'
import { refusalCodes } from '#shared/protocol/decisions.ts'
import type { SessionDocument, Verification } from '#shared/protocol/session-document.ts'
import type { DecisionResult } from '../../data/data-api.ts'
import { resultWords } from './result-words.ts'

const ME = { number: '100', name: 'Anna Berg' }
const BEN = { number: '200', name: 'Ben Cole' }
const DECIDED_AT = '2026-11-21T10:00:00.000Z'
const THEIRS_AT = '2026-11-21T10:05:00.000Z'

type Superseded = Extract<DecisionResult['verdict'], { status: 'superseded' }>

function resolved(outcome: 'approved' | 'rejected', by: Superseded['by'] = BEN): DecisionResult {
  return {
    id: 'm1',
    storeId: 's',
    sessionId: 'x',
    decision: {
      id: 'm1',
      sessionId: 'x',
      type: 'verification.resolve',
      occurredAt: DECIDED_AT,
      payload: { verificationId: 'v1', outcome },
    },
    verdict: { status: 'superseded', by, at: THEIRS_AT },
    receivedAt: 0,
    seen: false,
  }
}

function withCheck(status: Verification['status'], employee: Verification['employee'] = BEN): SessionDocument {
  const done = status === 'approved' || status === 'rejected'
  return {
    verifications: [{ id: 'v1', status, employee, acknowledgedAt: THEIRS_AT, resolvedAt: done ? THEIRS_AT : null }],
    review: null,
  } as unknown as SessionDocument
}

describe('a decision that was superseded', () => {
  it('names the winner, what counts and what there is to do when the outcomes differ', () => {
    const words = resultWords(resolved('rejected'), withCheck('approved'), ME)
    expect(words).toMatchObject({ mine: 'Rejected the check', theirs: 'Approved the check', by: 'Ben Cole' })
    expect(words.now).toBe(
      'The check stays approved by Ben Cole. If you still see a problem, tell them and leave a note in the session.',
    )
    expect(words.why).toContain('You decided earlier')
  })

  it('does not ask for anything when both decided the same', () => {
    const words = resultWords(resolved('approved'), withCheck('approved'), ME)
    expect(words.now).toBe('The check is approved by Ben Cole, as you decided too: nothing is left to do.')
  })

  it('does not call the person a colleague of themselves', () => {
    const words = resultWords(resolved('approved', ME), withCheck('rejected', ME), ME)
    expect(words.by).toBe('You')
    expect(words.now).toBe('Your outcome from another PC stays: the check is rejected.')
  })

  it('tells who took a check apart from who resolved it later', () => {
    const taken: DecisionResult = {
      ...resolved('approved'),
      decision: {
        id: 'm1',
        sessionId: 'x',
        type: 'verification.acknowledge',
        occurredAt: DECIDED_AT,
        payload: { verificationId: 'v1' },
      },
      verdict: { status: 'superseded', by: BEN, at: '2026-11-21T10:01:00.000Z' },
    }
    const words = resultWords(taken, withCheck('approved', { number: '300', name: 'Cem Ak' }), ME)
    expect(words.theirs).toBe('Took the check')
    expect(words.now).toBe('The check is approved by Cem Ak: nothing is left to do.')
    expect(resultWords(taken, withCheck('in_progress'), ME).now).toContain('Ben Cole has the check')
  })

  it('says as much as it can without the session', () => {
    const words = resultWords(resolved('rejected', { number: '', name: '' }), null, ME)
    expect(words.by).toBe('a colleague')
    expect(words.now).toBe('The decision by a colleague stays. Open the session to see it.')
  })
})

describe('a shift that a colleague took over first', () => {
  const taken = (by: Superseded['by']): DecisionResult => ({
    ...resolved('approved', by),
    sessionId: 'shift:2026-11-21:Late',
    decision: {
      id: 'm1',
      sessionId: 'shift:2026-11-21:Late',
      type: 'shift.acknowledge',
      occurredAt: DECIDED_AT,
      payload: { date: '2026-11-21', shift: 'Late', note: 'Fridge 3 is warm' },
    },
  })

  it('says who has it, and that one’s own word is not lost', () => {
    const words = resultWords(taken(BEN), null, ME)
    expect(words).toMatchObject({
      mine: 'Took the shift over: “Fridge 3 is warm”',
      theirs: 'Took the shift over first',
    })
    expect(words.now).toBe('The shift is taken over by Ben Cole; that you took it too stands on its handover.')
    expect(resultWords(taken(ME), null, ME).now).toContain('from another PC')
  })
})

describe('a decision that was refused', () => {
  const refused = (code: (typeof refusalCodes)[number]): DecisionResult => ({
    ...resolved('approved'),
    verdict: { status: 'refused', code, message: 'Said the backend.' },
  })

  it('keeps the reason of the backend and says for every code what happens now', () => {
    for (const code of refusalCodes) {
      const words = resultWords(refused(code), null, ME)
      expect(words.why).toBe('Said the backend.')
      expect(words.theirs).toBeNull()
      expect(words.now, code).toMatch(/\.$/)
    }
  })

  it('shows how a check stands that could not be released', () => {
    expect(resultWords(refused('not_acknowledged'), withCheck('waiting', null), ME).now).toContain('waiting again')
  })
})
