import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Refusal, RefusalEntry } from '../protocol/refusals.ts'
import type { SessionEvent } from '../protocol/session-document.ts'
import { foldSession } from '../session/fold-session.ts'
import { hashOfEntry, nextEntry, refusalOf, verifyChain } from './refusal-chain.ts'
import { sha256Hex } from './sha256.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 1)

describe('SHA-256', () => {
  it('is that of the runtime, for texts of any length', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.nat(300).map((length) => 'a'.repeat(length)),
    )
    await fc.assert(
      fc.asyncProperty(text, async (content) => {
        const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(content))
        expect(sha256Hex(content)).toBe(Buffer.from(bytes).toString('hex'))
      }),
      { seed, numRuns: 400 },
    )
  })

  it('has the values of the standard', () => {
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})

const refusals = fc.array(
  fc.record<Refusal>({
    id: fc.uuid(),
    storeId: fc.constant('berlin'),
    sessionId: fc.string({ minLength: 1 }),
    verificationId: fc.string({ minLength: 1 }),
    at: fc.constant('2026-03-10T10:00:00.000Z'),
    arrivedAt: fc.constant('2026-03-10T10:00:01.000Z'),
    employee: fc.record({ number: fc.string(), name: fc.string() }),
    minAge: fc.option(fc.constantFrom(16, 18)),
    items: fc.array(
      fc.record({ sku: fc.string(), name: fc.string(), quantity: fc.nat(9), minAge: fc.constantFrom(16, 18) }),
      { maxLength: 3 },
    ),
    reason: fc.option(fc.constantFrom('under_age', 'no_document')),
  }),
  { minLength: 1, maxLength: 8 },
)

function chainOf(list: readonly Refusal[]): RefusalEntry[] {
  const entries: RefusalEntry[] = []
  for (const refusal of list) entries.push(nextEntry(entries.at(-1) ?? null, refusal))
  return entries
}

describe('the chain of refusals', () => {
  it('verifies as it was made, as a whole and from any entry on', () => {
    fc.assert(
      fc.property(refusals, fc.nat(), (list, at) => {
        const chain = chainOf(JSON.parse(JSON.stringify(list)) as Refusal[])
        expect(verifyChain(chain)).toEqual({ ok: true })
        const from = at % chain.length
        expect(verifyChain(chain.slice(from), chain[from - 1] ?? null)).toEqual({ ok: true })
      }),
      { seed },
    )
  })

  it('names the first entry that was changed, also where its hash was made to fit', () => {
    const field = fc.constantFrom<keyof Refusal>(
      'at',
      'arrivedAt',
      'sessionId',
      'reason',
      'minAge',
      'employee',
      'items',
    )
    fc.assert(
      fc.property(refusals, fc.nat(), field, fc.boolean(), (list, at, name, rehashed) => {
        const chain = chainOf(list)
        const index = at % chain.length
        const entry = chain[index] as RefusalEntry
        const changed = { ...entry, [name]: name === 'minAge' ? 99 : [{ forged: true }] } as unknown as RefusalEntry
        chain[index] = rehashed ? { ...changed, hash: hashOfEntry(changed) } : changed
        const broken = verifyChain(chain)
        if (!rehashed) expect(broken).toMatchObject({ ok: false, index, why: 'content' })
        else if (index < chain.length - 1)
          expect(broken).toMatchObject({ ok: false, index: index + 1, why: 'previous' })
        // A forged last entry is found by whoever has a copy of the right one.
        else expect(chain.at(-1)?.hash).not.toBe(entry.hash)
      }),
      { seed },
    )
  })

  it('notices entries taken out, put in, doubled or swapped', () => {
    fc.assert(
      fc.property(refusals, fc.nat(), fc.constantFrom('removed', 'doubled', 'swapped'), (list, at, what) => {
        const chain = chainOf([...list, ...list])
        const index = at % (chain.length - 1)
        const [one, other] = chain.slice(index, index + 2) as [RefusalEntry, RefusalEntry]
        if (what === 'removed') chain.splice(index, 1)
        else if (what === 'doubled') chain.splice(index, 0, one)
        else chain.splice(index, 2, other, one)
        const first = what === 'doubled' ? index + 1 : index
        expect(verifyChain(chain)).toMatchObject({ ok: false, index: first, why: 'number' })
      }),
      { seed },
    )
  })

  it('does not take an entry of another store', () => {
    const [first, second] = chainOf(
      ['berlin', 'paris'].map((storeId) => ({
        ...(fc.sample(refusals, { seed, numRuns: 1 })[0]?.[0] as Refusal),
        storeId,
      })),
    )
    expect(verifyChain([first, second] as RefusalEntry[])).toMatchObject({ ok: false, index: 1, why: 'number' })
  })
})

describe('what the register says', () => {
  const frame = {
    id: 's1',
    storeId: 'berlin',
    settings: { currency: 'EUR', timezone: 'Europe/Berlin', expiry: { mode: 'never', inactivityMinutes: 120 } },
    version: 1,
  } as const
  const at = (second: number) => new Date(Date.UTC(2026, 2, 10, 10, 0, second)).toISOString()
  const resolved = (id: string, verificationId: string, payload: object): SessionEvent => ({
    id,
    type: 'verification.resolved',
    at: at(30),
    source: 'console',
    employee: { number: '100', name: 'Anna' },
    arrivedAt: at(31),
    verdict: { status: 'applied' },
    verificationId,
    ...payload,
  })
  const wine = { lineId: 'l1', sku: 'w', name: 'Wine', quantity: 3, unitPrice: 700, minAge: 16 }
  const store = (id: string, second: number, type: string, payload: object): SessionEvent => {
    return { id, type, at: at(second), source: 'store', ...payload }
  }
  const facts = [
    store('e1', 0, 'session.started', { client: { type: 'matrix' }, customerId: 'C-1' }),
    store('e2', 1, 'item.added', wine),
    store('e3', 2, 'item.added', { lineId: 'l2', sku: 'm', name: 'Milk', quantity: 1, unitPrice: 119 }),
    store('e4', 3, 'verification.required', { verificationId: 'age', kind: 'age_verification', minAge: 18 }),
    store('e5', 4, 'verification.required', { verificationId: 'spot', kind: 'spot_check' }),
  ]
  const document = foldSession(frame, facts, Number.NEGATIVE_INFINITY)

  it('is the age, the items that ask for one, the employee and the reason; not the customer, nor the note', () => {
    const note = 'Passport of a friend'
    const event = resolved('m1', 'age', { outcome: 'rejected', refusalReason: 'document_of_someone_else', note })
    const refusal = refusalOf(document, event)
    expect(refusal).toEqual({
      id: 'm1',
      storeId: 'berlin',
      sessionId: 's1',
      verificationId: 'age',
      at: at(30),
      arrivedAt: at(31),
      employee: { number: '100', name: 'Anna' },
      minAge: 18,
      items: [{ sku: 'w', name: 'Wine', quantity: 3, minAge: 16 }],
      reason: 'document_of_someone_else',
    })
  })

  it('is nothing for other outcomes and kinds', () => {
    expect(refusalOf(document, resolved('m1', 'age', { outcome: 'approved' }))).toBeNull()
    expect(refusalOf(document, resolved('m1', 'spot', { outcome: 'rejected' }))).toBeNull()
    expect(refusalOf(document, resolved('m1', 'none', { outcome: 'rejected' }))).toBeNull()
    expect(refusalOf(document, facts[3] as SessionEvent)).toBeNull()
  })
})
