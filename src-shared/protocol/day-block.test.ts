import { RecordBatchStreamWriter, Table, tableFromIPC, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionSummary } from '../session/session-summary.ts'
import { columnsOf, decodeDayBlock, decodeDayBlockColumns, encodeDayBlock, rowsOf } from './day-block.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 11)
const text = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', 'ä', '漢', '😀'), minLength: 1, maxLength: 30 })
const instant = fc.integer({ min: 0, max: 7_258_118_400_000 })
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: null })
const row: fc.Arbitrary<SessionSummary> = fc.record({
  id: text,
  storeId: text,
  version: fc.maxSafeNat(),
  customerId: maybe(text),
  client: text,
  state: fc.constantFrom('open' as const, 'closed' as const, 'cancelled' as const),
  progress: text,
  startedAt: instant,
  lastActivityAt: instant,
  endedAt: maybe(instant),
  endReason: maybe(fc.constantFrom('completed' as const, 'cancelled' as const)),
  expiresAt: maybe(instant),
  currency: fc.constantFrom('EUR', 'CHF'),
  quantity: fc.nat(),
  total: fc.maxSafeNat(),
  transactions: fc.nat(9),
  spotCheck: fc.constantFrom('not_required' as const, 'waiting' as const),
  ageVerification: fc.constantFrom('not_required' as const, 'approved' as const),
  waitingMs: fc.nat(),
  waitingSince: maybe(instant),
  interactionMs: fc.nat(),
  interactingSince: maybe(instant),
  rating: maybe(fc.integer({ min: 1, max: 5 })),
  reviewed: fc.boolean(),
})
const rows = fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 40 })
const byStart = (a: SessionSummary, b: SessionSummary) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1)

describe(`a day block (seed ${seed})`, () => {
  it('gives the rows back that it was made of, by start and then id', () => {
    fc.assert(
      fc.property(rows, (given) => {
        expect(decodeDayBlock(encodeDayBlock(given))).toEqual([...given].sort(byStart))
        expect(rowsOf(columnsOf(given))).toEqual(given)
      }),
      { seed, numRuns: 200 },
    )
  })

  it('has the same bytes for the same rows, in whatever order they are given', () => {
    fc.assert(
      fc.property(rows, (given) => {
        expect(encodeDayBlock(given.toReversed())).toEqual(encodeDayBlock(given))
      }),
      { seed, numRuns: 20 },
    )
  })

  it('is an Arrow stream that other readers understand', () => {
    const given = fc.sample(row, { seed, numRuns: 30 }).map((each, number) => ({ ...each, id: `s${number}` }))
    const table = tableFromIPC(encodeDayBlock(given))
    expect(table.toArray().map((each) => ({ ...each.toJSON() }))).toEqual([...given].sort(byStart))
  })

  it('may come in several batches, with a dictionary that grows', () => {
    const given = fc
      .sample(row, { seed, numRuns: 30 })
      .map((each, number) => ({ ...each, id: `s${number}`, startedAt: number }))
    const whole = tableFromIPC(encodeDayBlock(given))
    const cut = new Table([...whole.slice(0, 7).batches, ...whole.slice(7, 8).batches, ...whole.slice(8).batches])
    const writer = new RecordBatchStreamWriter()
    for (const batch of cut.batches) writer.write(tableFromIPC(tableToIPC(new Table([batch]))).batches[0] ?? null)
    writer.finish()
    expect(decodeDayBlock(writer.toUint8Array(true))).toEqual(given)
  })

  it('is refused where it was cut off, wherever that was', () => {
    const bytes = encodeDayBlock(fc.sample(row, { seed, numRuns: 20 }))
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => decodeDayBlockColumns(bytes.slice(0, length)), `${length} of ${bytes.length}`).toThrow()
    }
  })

  it('is refused where a column is missing or of another type', () => {
    const ids = vectorFromArray(['a'], new Utf8())
    expect(() => decodeDayBlockColumns(tableToIPC(new Table({ id: ids }), 'stream'))).toThrow('no column storeId')
    const table = tableFromIPC(encodeDayBlock(fc.sample(row, { seed, numRuns: 1 })))
    const changed = table.assign(new Table({ total: ids }))
    expect(() => decodeDayBlockColumns(tableToIPC(changed, 'stream'))).toThrow('column total of a day block is')
  })

  it('of no sessions has no rows', () => {
    expect(decodeDayBlockColumns(encodeDayBlock([])).rows).toBe(0)
  })
})
