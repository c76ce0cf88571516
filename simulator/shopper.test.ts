import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type StoreFact, storeFactSchema } from '#shared/protocol/integration.ts'
import { bootstrapSchema, storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import { catalogue } from './catalogue.ts'
import { Random } from './random.ts'
import { type CheckReply, liveHabits, playOut, type Script } from './shopper.ts'

const store = storeSettingsSchema.parse({ id: 's', name: 'S', timezone: 'Europe/Berlin', currency: 'EUR' })
const NOON = Date.parse('2026-03-04T11:00:00Z')
const approved: CheckReply = { outcome: 'approved' }

function play(seed: number, replies: readonly CheckReply[] = [], script: Script = {}): StoreFact[] {
  const left = [...replies]
  return playOut({ sessionId: 'one', random: new Random(seed), habits: liveHabits, script }, NOON, () => ({
    reply: left.shift() ?? approved,
    afterMs: 45_000,
  }))
}

function fold(facts: readonly StoreFact[]) {
  const events = facts.map((fact) => ({ ...fact, source: 'store' as const }))
  return foldSession({ id: 'one', storeId: store.id, settings: store, version: 1 }, events, -Infinity)
}

const replyArbitrary: fc.Arbitrary<CheckReply> = fc.oneof(
  fc.constant<CheckReply>({ outcome: 'approved' }),
  fc
    .array(
      fc.record({
        lineId: fc.option(
          fc.integer({ min: 1, max: 12 }).map((line) => `line-${line}`),
          { nil: undefined },
        ),
        sku: fc.constantFrom(catalogue[3]?.sku, `0${catalogue[5]?.sku}`, 'unknown', undefined),
        quantity: fc.nat(4),
      }),
      { maxLength: 3 },
    )
    .map<CheckReply>((corrections) => ({ outcome: 'approved', corrections })),
  fc.constant<CheckReply>({ outcome: 'impatient' }),
  fc.constant<CheckReply>({ outcome: 'ended' }),
  fc
    .array(
      fc.record({
        kind: fc.constantFrom(
          'wrong_item' as const,
          'quantity_too_low' as const,
          'quantity_too_high' as const,
          'missing_item' as const,
          'wrong_discount' as const,
        ),
        lineId: fc.option(
          fc.integer({ min: 1, max: 12 }).map((line) => `line-${line}`),
          { nil: undefined },
        ),
        quantity: fc.option(fc.nat(9), { nil: undefined }),
      }),
      { maxLength: 4 },
    )
    .map<CheckReply>((differences) => ({ outcome: 'rejected', differences })),
)

describe('shopper', () => {
  it('gives the same facts for the same seed, and others for another', () => {
    expect(play(7)).toEqual(play(7))
    expect(play(7)).not.toEqual(play(8))
  })

  it('sends only well-formed facts that contradict nothing, whatever the checks end with', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(replyArbitrary, { maxLength: 6 }), fc.boolean(), (seed, replies, checked) => {
        const facts = play(seed, replies, checked ? { spotCheck: true, ageRestrictedItems: true } : {})
        for (const fact of facts) expect(storeFactSchema.parse(fact)).toEqual(fact)
        expect(new Set(facts.map((fact) => fact.id)).size).toBe(facts.length)
        const document = fold(facts)
        expect(document.anomalies).toEqual([])
        expect(document.progress).not.toBe('unknown')
        const paid = document.transactions.find((transaction) => transaction.status === 'completed')
        if (paid !== undefined) expect(paid.amount).toBe(document.total)
      }),
      { numRuns: 500 },
    )
  })

  it('corrects the basket as the employee found it and pays in a new transaction', () => {
    const differences = [{ kind: 'quantity_too_low' as const, lineId: 'line-1', quantity: 9 }]
    const script = { spotCheck: true, ageRestrictedItems: false, abandon: false }
    const facts = play(3, [{ outcome: 'rejected', differences }], script)
    const types = facts.map((fact) => fact.type)
    const cancelled = types.indexOf('payment.cancelled')
    expect(types.slice(cancelled, cancelled + 3)).toEqual([
      'payment.cancelled',
      'item.quantity_changed',
      'checkout.started',
    ])
    const document = fold(facts)
    expect(document.transactions[0]?.status).toBe('cancelled')
    expect(document.transactions.at(-1)?.status).toBe('completed')
    expect(document.transactions.at(-1)?.id).not.toBe(document.transactions[0]?.id)
    expect(document.lineItems.find((line) => line.lineId === 'line-1')?.quantity).toBe(9)
  })

  it('puts back what an age was not confirmed for', () => {
    const script = { spotCheck: false, ageRestrictedItems: true, abandon: false }
    for (let seed = 0; seed < 40; seed += 1) {
      const document = fold(play(seed, [{ outcome: 'rejected', differences: [] }], script))
      expect(document.lineItems.filter((line) => line.minAge !== undefined)).toEqual([])
    }
  })

  it('comes with all kinds of client and all ends of a session', () => {
    const documents = Array.from({ length: 600 }, (_, seed) => fold(play(seed)))
    const clients = new Set(documents.map((document) => document.client.type))
    expect([...clients].sort()).toEqual(['hand-scanner', 'matrix', 'sdk-android', 'sdk-ios'])
    const progress = new Set(documents.map((document) => document.progress))
    expect(progress).toContain('session_completed')
    expect(progress).toContain('payment_completed')
    expect(progress).toContain('basket_created')
    expect(new Set(documents.map((document) => document.state))).toEqual(new Set(['open', 'closed', 'cancelled']))
  })
})

describe('demo data', () => {
  it('is a valid bootstrap file: three zones, two currencies, one key for all', () => {
    const text = readFileSync(new URL('./demo-bootstrap.json', import.meta.url), 'utf8')
    const { stores, apiKeys } = bootstrapSchema.parse(JSON.parse(text))
    expect(new Set(stores.map(({ timezone }) => timezone)).size).toBe(3)
    expect(new Set(stores.map(({ currency }) => currency)).size).toBe(2)
    expect(apiKeys[0]?.stores).toEqual(stores.map(({ id }) => id))
  })

  it('has a catalogue with unique products, some of them age-restricted, chilled or frozen', () => {
    expect(catalogue.length).toBeGreaterThanOrEqual(120)
    expect(new Set(catalogue.map(({ sku }) => sku)).size).toBe(catalogue.length)
    expect(new Set(catalogue.map(({ storage }) => storage))).toEqual(new Set(['ambient', 'chilled', 'frozen']))
    expect(new Set(catalogue.map(({ minAge }) => minAge))).toEqual(new Set([undefined, 16, 18]))
  })
})
