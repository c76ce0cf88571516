import { describe, expect, it } from 'vitest'
import type { SessionDocument, SessionEvent, SettledLine } from '#shared/protocol/session-document.ts'
import { storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import type { BulkOutcome, BulkReview, LineKey } from '../abandoned-api.ts'
import { LimitRule } from './limit-rule.ts'

const MINUTE = 60_000
const T0 = Date.parse('2026-11-21T13:00:00.000Z')
const settings = storeSettingsSchema.parse({
  ...{ id: 'berlin', name: 'Berlin', timezone: 'Europe/Berlin', currency: 'EUR', staleAfterMinutes: 30 },
  expiry: { mode: 'inactivity', inactivityMinutes: 120 },
  putBack: { chilledMinutes: 30, frozenMinutes: 20, ambientMinutes: null },
})

/** A basket of milk (2 pieces), peas and bread, scanned `minute` minutes after T0. */
function basket(id: string, minute: number, putBack: SettledLine[] = []): SessionDocument {
  const at = new Date(T0 + minute * MINUTE).toISOString()
  const added = (name: string, storage: string, quantity: number): SessionEvent => ({
    ...{ id: `${id}-${name}`, type: 'item.added', at, source: 'store', lineId: name, sku: name, name },
    ...{ quantity, unitPrice: 100, storage },
  })
  const events: SessionEvent[] = [
    { id: `${id}-start`, type: 'session.started', at, source: 'store', client: { type: 'matrix' } },
    ...[added('milk', 'chilled', 2), added('peas', 'frozen', 1), added('bread', 'ambient', 1)],
  ]
  return { ...foldSession({ id, storeId: 'berlin', settings, version: 1 }, events, T0), putBack }
}

function rule(documents: SessionDocument[], nowMs: number, fetched: SessionDocument[] = [], fails = false) {
  const here = new Map(documents.map((document) => [document.id, document]))
  const said: (['settle', string, string[]] | ['review', BulkReview, string[]])[] = []
  const baskets = {
    settleLines: async (lines: readonly LineKey[], outcome: string): Promise<BulkOutcome> => {
      said.push(['settle', outcome, lines.map(({ sessionId, lineId }) => `${sessionId} ${lineId}`)])
      return fails ? { ok: false, saved: 0, failed: null, message: 'the disk is full' } : { ok: true, saved: 1 }
    },
    reviewBaskets: async (keys: readonly { id: string }[], review: BulkReview): Promise<BulkOutcome> => {
      said.push(['review', review, keys.map(({ id }) => id)])
      return { ok: true, saved: keys.length }
    },
  }
  const limitRule = new LimitRule({
    baskets,
    settingsOf: (storeId) => (storeId === 'berlin' ? settings : undefined),
    now: () => nowMs,
    documents: async (keys) => keys.map(({ id }) => here.get(id)),
    fetchDocuments: async (_storeId, ids) => {
      for (const document of fetched) if (ids.includes(document.id)) here.set(document.id, document)
      if (fetched.length === 0) throw new Error('offline')
    },
  })
  return { limitRule, said }
}
const keys = (...ids: string[]) => ids.map((id) => ({ storeId: 'berlin', id }))
const review = { reason: 'Left', note: null }

describe('the rule for goods that lay out too long', () => {
  it('names what must be discarded now, merged, longest out first, without what somebody dealt with', async () => {
    const dealt: SettledLine = {
      ...{ lineId: 'peas', outcome: 'put_back', at: new Date(T0).toISOString(), others: [] },
      employee: { number: '1', name: 'Anna' },
    }
    const { limitRule } = rule([basket('s1', 5), basket('s2', 0), basket('s3', 0, [dealt])], T0 + 34 * MINUTE)
    expect(await limitRule.pastLimit(keys('s1', 's2', 's3'))).toEqual([
      { storeId: 'berlin', name: 'peas', quantity: 2, scannedAt: T0, discardAt: T0 + 20 * MINUTE },
      { storeId: 'berlin', name: 'milk', quantity: 4, scannedAt: T0, discardAt: T0 + 30 * MINUTE },
    ])
  })

  it('discards that and puts back the rest; where nothing is past its limit one decision per basket is enough', async () => {
    const { limitRule, said } = rule([basket('s1', 0), basket('s2', 10)], T0 + 21 * MINUTE)
    expect(await limitRule.review(keys('s1', 's2'), review)).toEqual({ ok: true, saved: 2 })
    expect(said).toEqual([
      ['settle', 'discarded', ['s1 peas']],
      ['review', { ...review, outcome: 'put_back' }, ['s1', 's2']],
    ])
    const fresh = rule([basket('s1', 0)], T0 + 19 * MINUTE)
    await fresh.limitRule.review(keys('s1'), review)
    expect(fresh.said.map(([what]) => what)).toEqual(['review'])
  })

  it('puts nothing back where what must be discarded could not be saved', async () => {
    const { limitRule, said } = rule([basket('s1', 0)], T0 + 60 * MINUTE, [], true)
    expect(await limitRule.review(keys('s1'), review)).toMatchObject({
      ok: false,
      saved: 0,
      message: 'the disk is full',
    })
    expect(said.map(([what]) => what)).toEqual(['settle'])
  })

  it('fetches details that are not here; a basket without them is not reviewed, and told', async () => {
    const online = rule([], T0 + 60 * MINUTE, [basket('s1', 0)])
    expect(await online.limitRule.review(keys('s1'), review)).toEqual({ ok: true, saved: 1 })
    expect(online.said[0]).toEqual(['settle', 'discarded', ['s1 peas', 's1 milk']])
    const offline = rule([basket('s2', 0)], T0 + 60 * MINUTE)
    expect(await offline.limitRule.review(keys('s1', 's2'), review)).toMatchObject({
      ...{ ok: false, saved: 1, failed: { storeId: 'berlin', id: 's1' } },
    })
    expect(offline.said.at(-1)).toEqual(['review', { ...review, outcome: 'put_back' }, ['s2']])
  })
})
