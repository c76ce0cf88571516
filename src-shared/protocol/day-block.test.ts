import {
  MessageReader,
  RecordBatchStreamWriter,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionSummary } from '../session/session-summary.ts'
import {
  columnsOf,
  DAY_BLOCK_FORM,
  decodeDayBlock,
  decodeDayBlockColumns,
  decodeWithArrow,
  encodeDayBlock,
  rowsOf,
  widenDayBlock,
} from './day-block.ts'
import { readSingleBatch } from './day-block-reader.ts'

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
  preventedLoss: maybe(fc.maxSafeNat()),
  furthestStep: maybe(text),
  obstacle: maybe(text),
  checkMethod: maybe(text),
  checkedBy: maybe(text),
  differences: maybe(fc.nat(20)),
})
const rows = fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 40 })
const numbered = (given: SessionSummary[]) => given.map((each, number) => ({ ...each, id: `s${number}` }))
const typesOf = (bytes: Uint8Array) =>
  Object.fromEntries(tableFromIPC(bytes).schema.fields.map(({ name, type }) => [name, String(type)]))
const byStart = (a: SessionSummary, b: SessionSummary) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1)

/** Where the values of a stream lie: in the bodies of its messages. */
function bodyPositions(bytes: Uint8Array): number[] {
  const lengths = new DataView(bytes.buffer, bytes.byteOffset)
  const reader = new MessageReader(bytes)
  const positions: number[] = []
  let at = 0
  for (const { bodyLength } of reader) {
    const start = at + 8 + lengths.getInt32(at + 4, true)
    at = start + reader.readMessageBody(bodyLength).byteLength
    for (let position = start; position < at; position += 1) positions.push(position)
  }
  return positions
}

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

  it('is kept under the name of its form, which rises with every change of the bytes', async () => {
    const given = Array.from({ length: 300 }, (_, n) => ({
      ...{ id: `s${n}`, storeId: 'berlin', version: n * 1_000, customerId: n % 3 === 0 ? null : `c${n % 7}` },
      ...{
        client: `client ${n % 200}`,
        state: 'open' as const,
        progress: 'basket_created',
        startedAt: n,
        endedAt: null,
      },
      ...{ lastActivityAt: n + 1, endReason: null, expiresAt: n * 2 ** 33, currency: 'EUR', quantity: n % 100 },
      ...{ total: n * 2 ** 40, transactions: 1, spotCheck: 'waiting' as const, ageVerification: 'approved' as const },
      ...{
        waitingMs: n * 100,
        waitingSince: null,
        interactionMs: 0,
        interactingSince: 5,
        rating: null,
        reviewed: n % 2 === 0,
        preventedLoss: n % 5 === 0 ? null : n * 10,
        furthestStep: n % 6 === 0 ? null : `step ${n % 5}`,
        obstacle: n % 3 === 0 ? 'none' : null,
        checkMethod: null,
        checkedBy: `${n % 40}`,
        differences: n % 4 === 0 ? null : n % 7,
      },
    }))
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(encodeDayBlock(given))))
    expect(DAY_BLOCK_FORM, 'set DAY_BLOCK_FORM in day-block.ts').toBe(Buffer.from(hash.slice(0, 8)).toString('hex'))
  })

  it('is read without the columns that older ones lack, as unknown in each row', () => {
    const given = numbered(fc.sample(row, { seed, numRuns: 20 }))
    const unknown = {
      preventedLoss: null,
      furthestStep: null,
      obstacle: null,
      checkMethod: null,
      checkedBy: null,
      differences: null,
    }
    const names = Object.keys(given[0] ?? {}).filter((name) => !(name in unknown))
    const older = tableFromIPC(encodeDayBlock(given)).select(names)
    const expected = given.toSorted(byStart).map((each) => ({ ...each, ...unknown }))
    expect(decodeDayBlock(tableToIPC(older, 'stream'))).toEqual(expected)
    const rows = given.map((each) =>
      Object.fromEntries(names.map((name) => [name, each[name as keyof SessionSummary]])),
    )
    expect(decodeDayBlock(encodeDayBlock(rows as unknown as SessionSummary[]))).toEqual(expected)
  })

  it('is an Arrow stream that other readers understand', () => {
    const given = fc.sample(row, { seed, numRuns: 30 }).map((each, number) => ({ ...each, id: `s${number}` }))
    const table = tableFromIPC(encodeDayBlock(given))
    expect(table.toArray().map((each) => ({ ...each.toJSON() }))).toEqual([...given].sort(byStart))
  })

  it('has its integers as narrow as they fit, and gives every reader plain numbers', () => {
    const edges = [-129, -128, 0, 127, 128, -32_769, 32_767, 32_768, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1]
    const [plain] = fc.sample(row, { seed, numRuns: 1 })
    if (plain === undefined) throw new Error('no row')
    const narrowestOf = (value: number) =>
      [8, 16, 32].find((bits) => value >= -(2 ** (bits - 1)) && value < 2 ** (bits - 1)) ?? 'Float64'
    for (const total of edges) {
      const given = numbered([
        { ...plain, total, startedAt: 1, quantity: 1, rating: 5, waitingSince: null },
        { ...plain, total: 0, startedAt: 2, quantity: 40_000, rating: null, waitingSince: 7 },
      ])
      const bytes = encodeDayBlock(given)
      const bits = narrowestOf(total)
      expect(typesOf(bytes)).toMatchObject({
        total: bits === 'Float64' ? bits : `Int${bits}`,
        quantity: 'Int32',
        rating: 'Int8',
        startedAt: 'Float64',
        waitingSince: 'Float64',
        currency: 'Dictionary<Int8, Utf8>',
      })
      const table = tableFromIPC(bytes)
      expect(given.map((_, index) => table.getChild('total')?.get(index))).toEqual([total, 0])
      expect(given.map((_, index) => table.getChild('rating')?.get(index))).toEqual([5, null])
      expect(decodeDayBlock(bytes)).toEqual(given)
    }
    const many = Array.from({ length: 300 }, (_, number) => ({
      ...plain,
      client: `client ${number}`,
      startedAt: number,
    }))
    expect(typesOf(encodeDayBlock(numbered(many))).client).toBe('Dictionary<Int16, Utf8>')
    expect(decodeDayBlock(encodeDayBlock(numbered(many)))).toEqual(numbered(many))
  })

  it('is the same in the form of before, whose integers are Float64', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const bytes = encodeDayBlock(given)
        const wide = widenDayBlock(bytes)
        expect(new Set(Object.values(typesOf(wide)))).toEqual(
          new Set(['Utf8', 'Dictionary<Int32, Utf8>', 'Float64', 'Bool']),
        )
        expect(decodeDayBlock(wide)).toEqual(decodeDayBlock(bytes))
      }),
      { seed, numRuns: 50 },
    )
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

  it('is read by its own reader as by that of Arrow', () => {
    fc.assert(
      fc.property(rows, fc.boolean(), fc.nat(7), (given, isWide, shift) => {
        const encoded = isWide ? widenDayBlock(encodeDayBlock(given)) : encodeDayBlock(given)
        // As a part of a larger buffer, at whatever position.
        const bytes = new Uint8Array(encoded.byteLength + shift).subarray(shift)
        bytes.set(encoded)
        expect(readSingleBatch(bytes) !== null).toBe(given.length > 0)
        expect(decodeDayBlockColumns(bytes)).toEqual(decodeWithArrow(bytes))
      }),
      { seed, numRuns: 200 },
    )
  })

  const damage = fc.array(fc.record({ at: fc.noBias(fc.nat(0xff_ffff)), byte: fc.nat(255) }), {
    minLength: 1,
    maxLength: 4,
  })
  const outcome = (read: () => unknown) => {
    try {
      return { read: read() }
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
      return 'refused'
    }
  }

  it('with damaged values is refused, or read as Arrow reads it', () => {
    let readable = 0
    fc.assert(
      fc.property(rows, fc.boolean(), damage, (given, isWide, flips) => {
        const bytes = isWide ? widenDayBlock(encodeDayBlock(given)) : encodeDayBlock(given)
        const positions = bodyPositions(bytes)
        for (const { at, byte } of flips) bytes[positions[at % positions.length] ?? 0] = byte
        const own = outcome(() => decodeDayBlockColumns(bytes))
        if (own === 'refused') return
        readable += 1
        expect(own).toEqual(outcome(() => decodeWithArrow(bytes)))
      }),
      { seed, numRuns: 500 },
    )
    expect(readable).toBeGreaterThan(50)
  })

  it('with damage anywhere is refused, left to Arrow, or read, and soon', () => {
    fc.assert(
      fc.property(rows, damage, (given, flips) => {
        const bytes = encodeDayBlock(given)
        for (const { at, byte } of flips) bytes[at % bytes.length] = byte
        outcome(() => readSingleBatch(bytes))
      }),
      { seed, numRuns: 1_500 },
    )
  })

  it('of no sessions has no rows', () => {
    expect(decodeDayBlockColumns(encodeDayBlock([])).rows).toBe(0)
  })
})
