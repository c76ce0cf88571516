import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { activityAt } from '#shared/session/activity.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import type { SessionQuery } from './data-api.ts'
import { SessionIndex } from './session-index.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 11)
const NOW = 10_000_000
const rowArbitrary: fc.Arbitrary<SessionSummary> = fc
  .record({
    id: fc.integer({ min: 1, max: 12 }),
    store: fc.constantFrom('a', 'b'),
    version: fc.integer({ min: 1, max: 50 }),
    client: fc.constantFrom('matrix', 'sdk-ios'),
    state: fc.constantFrom('open', 'closed', 'cancelled'),
    last: fc.integer({ min: 0, max: NOW }),
    ended: fc.boolean(),
    total: fc.nat(5),
  })
  .map(({ id, store, version, client, state, last, ended, total }) => ({
    id: `s${id}`,
    storeId: store,
    version,
    customerId: total > 3 ? `C${total}` : null,
    client,
    state: state as SessionSummary['state'],
    progress: 'basket_created',
    startedAt: last,
    lastActivityAt: last,
    endedAt: ended ? last : null,
    endReason: null,
    expiresAt: null,
    currency: 'EUR',
    quantity: total,
    total,
    transactions: 0,
    spotCheck: 'not_required',
    ageVerification: 'not_required',
    waitingMs: 0,
    waitingSince: null,
    interactionMs: 0,
    interactingSince: null,
    rating: null,
    reviewed: false,
  }))
const queryArbitrary: fc.Arbitrary<SessionQuery> = fc.record({
  storeIds: fc.constantFrom(['a'], ['b'], ['a', 'b']),
  activity: fc.subarray(['ongoing', 'stale', 'paid_not_exited', 'ended'] as const).map((list) => [...list]),
  state: fc.subarray(['open', 'closed']),
  client: fc.subarray(['matrix']),
  text: fc.constantFrom('', 'S1', 'c4', ' 2 '),
  sort: fc.constantFrom('lastActivityAt', 'total', 'client', 'storeId'),
  descending: fc.boolean(),
  offset: fc.nat(4),
  limit: fc.nat(6),
  nowMs: fc.constant(NOW),
})

describe(`the session index against a naive filter and sort (seed ${seed})`, () => {
  it('answers the same rows and the exact count', () => {
    fc.assert(
      fc.property(
        fc.array(rowArbitrary, { maxLength: 40 }),
        fc.array(rowArbitrary, { maxLength: 10 }),
        queryArbitrary,
        (blocks, overlay, query) => {
          const index = new SessionIndex()
          const naive = new Map<string, SessionSummary>()
          for (const row of [...blocks, ...overlay]) {
            const key = `${row.storeId} ${row.id}`
            const known = naive.get(key)
            if (known === undefined || known.version <= row.version) naive.set(key, row)
          }
          for (const row of blocks) index.addBlock(row.storeId, [row])
          index.addOverlay(
            overlay.map((summary) => ({ storeId: summary.storeId, id: summary.id, version: summary.version, summary })),
          )
          const iso = (ms: number) => new Date(ms).toISOString()
          const needle = query.text.trim().toLowerCase()
          const expected = [...naive.values()].filter((row) => {
            const activity = activityAt(
              {
                state: row.state,
                endedAt: row.endedAt === null ? null : iso(row.endedAt),
                lastActivityAt: iso(row.lastActivityAt),
              },
              NOW,
              30,
            )
            return (
              query.storeIds.includes(row.storeId) &&
              (query.activity.length === 0 || query.activity.includes(activity)) &&
              (query.state.length === 0 || query.state.includes(row.state)) &&
              (query.client.length === 0 || query.client.includes(row.client)) &&
              `${row.id}\n${row.customerId ?? ''}`.toLowerCase().includes(needle)
            )
          })
          const page = index.query(query, () => 30)
          expect(page.count).toBe(expected.length)
          const values = expected.map((row) => row[query.sort])
          values.sort((a, b) => (a === b ? 0 : a < b !== query.descending ? -1 : 1))
          expect(page.rows.map((row) => row[query.sort])).toEqual(
            values.slice(query.offset, query.offset + query.limit),
          )
          expect(page.rows.every((row) => expected.includes(row))).toBe(true)
          expect(new Set(page.rows).size).toBe(page.rows.length)
        },
      ),
      { seed, numRuns: 500 },
    )
  })
})
