import { expect, it } from 'vitest'
import type { Verification } from '#shared/protocol/session-document.ts'
import type { QueueEntry } from '../../data/data-api.ts'
import { knownQueue, newChecks } from './new-checks.ts'

const entry = (id: string, status: Verification['status'], holder?: string): QueueEntry => ({
  storeId: 'berlin',
  sessionId: `session of ${id}`,
  verification: {
    id,
    kind: 'spot_check',
    status,
    shownAt: '2026-11-25T10:00:00.000Z',
    acknowledgedAt: null,
    resolvedAt: null,
    employee: holder === undefined ? null : { number: holder, name: 'Somebody' },
  },
  client: 'matrix',
  customerId: null,
  quantity: 1,
  total: 199,
  currency: 'EUR',
  unsent: false,
  heldUntil: null,
})
const ids = (entries: QueueEntry[]) => entries.map(({ verification }) => verification.id)

it('tells of nothing at the first look, then of what began to wait', () => {
  const first = [entry('a', 'waiting'), entry('b', 'in_progress', '200')]
  expect(newChecks(null, first, '100')).toEqual([])
  expect(newChecks(knownQueue(first), first, '100')).toEqual([])
  expect(ids(newChecks(knownQueue(first), [...first, entry('c', 'waiting')], '100'))).toEqual(['c'])
})

it('tells again of a check that a colleague gave back or lost, not of one that was given back here', () => {
  const before = knownQueue([entry('a', 'in_progress', '200'), entry('b', 'in_progress', '100')])
  expect(ids(newChecks(before, [entry('a', 'waiting'), entry('b', 'waiting')], '100'))).toEqual(['a'])
  expect(ids(newChecks(before, [entry('a', 'in_progress', '300')], '100'))).toEqual([])
})

it('does not tell people of the checks that they asked for themselves', () => {
  const asked = entry('a', 'waiting')
  asked.verification.requestedBy = { number: '100', name: 'Anna' }
  expect(newChecks(new Map(), [asked], '100')).toEqual([])
  expect(ids(newChecks(new Map(), [asked], '200'))).toEqual(['a'])
})
