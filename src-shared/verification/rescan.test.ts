import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Difference, decisionPayloads } from '../protocol/decisions.ts'
import { hasFinding, inFavourOf, preventedLossOf, preventedLossOfSession } from './differences.ts'
import { askedPieces, assessRescan, type CheckDraft, type Observation } from './rescan.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 1)

/** Products with codes that have a right check digit. */
const CODES = ['4006381333931', '96385074', '036000291452', '9506000134352', '5449000000996', '4011200296908']
const line = (lineId: string, sku: string, quantity: number, unitPrice: number, returnedQuantity = 0) => {
  return { lineId, sku, name: `Item ${lineId}`, quantity, unitPrice, returnedQuantity }
}
const draft = (
  method: CheckDraft['method'],
  observations: Observation[],
  plan: CheckDraft['plan'] = null,
): Pick<CheckDraft, 'method' | 'plan' | 'observations'> => ({ method, observations, plan })
const scan = (code: string, quantity = 1): Observation => ({ kind: 'scanned', code, quantity })
const basket = [line('l1', CODES[0] ?? '', 2, 119), line('l2', CODES[1] ?? '', 1, 300), line('l3', 'BULK-7', 4, 50)]
const full = (...observations: Observation[]) => assessRescan('v1', basket, draft('full_rescan', observations))

describe('a full rescan', () => {
  it('counts pieces up to what the basket has, and is right when all was found', () => {
    expect(full(scan(CODES[0] ?? ''))).toMatchObject({ done: 1, of: 7, differences: [] })
    const done = full(scan(CODES[0] ?? '', 2), scan(`0${CODES[1]}`), scan('BULK-7', 4))
    expect(done).toMatchObject({ done: 7, of: 7, differences: [], notFound: [], corrections: [], preventedLoss: 0 })
  })

  it('names each kind of difference with its value', () => {
    const view = full(
      scan(CODES[0] ?? '', 3),
      { kind: 'counted', lineId: 'l3', quantity: 1 },
      scan(CODES[4] ?? '', 2),
      { kind: 'named', code: CODES[4] ?? '', name: 'Cola', unitPrice: 150 },
      { kind: 'replaced', lineId: 'l2', code: CODES[5], quantity: 1, name: 'Olive oil', unitPrice: 899 },
      { kind: 'added', name: 'Bag', quantity: 1, unitPrice: 20 },
      { kind: 'discounted', lineId: 'l1', value: 30, inFavourOf: 'store' },
    )
    expect(
      view.differences.map(({ kind, lineId, quantity, value, inFavourOf }) => {
        return { kind, lineId, quantity, value, inFavourOf }
      }),
    ).toEqual([
      { kind: 'quantity_too_low', lineId: 'l1', quantity: 3, value: 119, inFavourOf: 'store' },
      { kind: 'wrong_discount', lineId: 'l1', quantity: undefined, value: 30, inFavourOf: 'store' },
      { kind: 'wrong_item', lineId: 'l2', quantity: 1, value: 599, inFavourOf: 'store' },
      { kind: 'quantity_too_high', lineId: 'l3', quantity: 1, value: 150, inFavourOf: 'shopper' },
      { kind: 'missing_item', lineId: undefined, quantity: 2, value: 300, inFavourOf: 'store' },
      { kind: 'missing_item', lineId: undefined, quantity: 1, value: 20, inFavourOf: 'store' },
    ])
    expect(view.preventedLoss).toBe(119 + 30 + 599 + 300 + 20)
    expect(view.notFound).toEqual([])
    expect(view.corrections).toEqual([
      { lineId: 'l1', sku: CODES[0], quantity: 3, adjustment: 30 },
      { lineId: 'l2', sku: CODES[1], quantity: 0 },
      { sku: `0${CODES[5]}`, name: 'Olive oil', quantity: 1, unitPrice: 899 },
      { lineId: 'l3', sku: 'BULK-7', quantity: 1 },
      { sku: `0${CODES[4]}`, name: 'Cola', quantity: 2, unitPrice: 150 },
      { name: 'Bag', quantity: 1, unitPrice: 20 },
    ])
  })

  it('says what was not found, and that the shopper would have paid for it', () => {
    const { notFound, differences } = full(scan(CODES[0] ?? ''))
    expect(differences).toEqual([])
    expect(notFound).toMatchObject([
      { lineId: 'l1', quantity: 1, value: 119, inFavourOf: 'shopper' },
      { lineId: 'l2', quantity: 0, value: 300 },
      { lineId: 'l3', quantity: 0, value: 200 },
    ])
  })

  it('has no value for a code that nobody knows, and does not lose it', () => {
    const { unknown, differences, preventedLoss } = full(scan('https://shop.example/what'), scan(CODES[4] ?? ''))
    expect(unknown).toEqual([
      { code: 'https://shop.example/what', quantity: 1, named: null },
      { code: CODES[4], quantity: 1, named: null },
    ])
    expect(differences).toMatchObject([
      { kind: 'missing_item', sku: 'https://shop.example/what' },
      { kind: 'missing_item', sku: `0${CODES[4]}` },
    ])
    expect(differences.every(({ value }) => value === undefined)).toBe(true)
    expect(preventedLoss).toBe(0)
  })

  it('fills lines of the same product one after the other; returned pieces are not looked for', () => {
    const twice = [line('a', '123', 2, 100), line('b', '0123', 3, 100, 1), line('c', '9', 1, 100, 1)]
    const view = assessRescan('v1', twice, draft('full_rescan', [scan('123', 3)]))
    expect(view.lines.map(({ lineId, found, expected }) => [lineId, found, expected])).toEqual([
      ['a', 2, 2],
      ['b', 1, 2],
    ])
    const tooMany = assessRescan('v1', twice, draft('full_rescan', [scan('00123', 6)]))
    expect(tooMany.differences).toMatchObject([{ kind: 'quantity_too_low', lineId: 'b', quantity: 4, value: 200 }])
  })
})

describe('a partial rescan', () => {
  const chosen = (pieces: number, ...observations: Observation[]) =>
    assessRescan('v1', basket, draft('partial_rescan', observations, { selection: 'chosen', pieces }))

  it('counts any pieces of the bag, and what was not looked for is taken to be right', () => {
    expect(chosen(3, scan('BULK-7'))).toMatchObject({ done: 1, of: 3, notFound: [], corrections: [] })
    expect(chosen(3, scan('BULK-7', 3))).toMatchObject({ done: 3, of: 3, mustBecomeFull: false })
    expect(chosen(30)).toMatchObject({ done: 0, of: 7 })
  })

  it.each<[string, Observation]>([
    ['an unknown code', scan(CODES[4] ?? '')],
    ['a piece too many', scan(CODES[1] ?? '', 2)],
    ['a piece too few', { kind: 'counted', lineId: 'l1', quantity: 1 }],
    ['another item', { kind: 'replaced', lineId: 'l1', quantity: 1, name: 'Other', unitPrice: 119 }],
    ['a wrong discount', { kind: 'discounted', lineId: 'l1', value: 0, inFavourOf: 'shopper' }],
  ])('becomes a full one with %s', (_, observation) => {
    expect(chosen(5, observation).mustBecomeFull).toBe(true)
    expect(full(observation).mustBecomeFull).toBe(false)
  })

  it('asks for the pieces that the check’s id and the basket decide', () => {
    const random = (...observations: Observation[]) =>
      assessRescan('v1', basket, draft('partial_rescan', observations, { selection: 'random', pieces: 3 }))
    const asked = askedPieces('v1', basket, 3)
    expect(
      random()
        .lines.filter((each) => each.asked > 0)
        .map(({ lineId, asked: pieces }) => ({ lineId, pieces })),
    ).toEqual(asked)
    expect(random()).toMatchObject({ done: 0, of: 3 })
    const found = asked.map(({ lineId, pieces }) =>
      scan(basket.find((each) => each.lineId === lineId)?.sku ?? '', pieces),
    )
    expect(random(...found)).toMatchObject({ done: 3, of: 3, mustBecomeFull: false })
    // Counted by hand it is checked too, also where nothing is there.
    const absent = asked.map(({ lineId }): Observation => ({ kind: 'counted', lineId, quantity: 0 }))
    expect(random(...absent)).toMatchObject({ done: 3, of: 3, mustBecomeFull: true })
  })
})

describe('any rescan', () => {
  const lines = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...CODES, 'BULK-7', '42'), fc.integer({ min: 1, max: 5 }), fc.nat(999)), {
      selector: ([sku]) => sku,
      maxLength: 5,
    })
    .map((rows) => rows.map(([sku, quantity, price], index) => line(`l${index}`, sku, quantity, price)))
  const code = fc.constantFrom(...CODES, 'BULK-7', '0042', 'nobody knows')
  const lineId = fc.integer({ min: 0, max: 5 }).map((index) => `l${index}`)
  const item = { name: fc.constantFrom('Wine', 'Bread'), unitPrice: fc.nat(999) }
  const quantity = fc.integer({ min: 1, max: 3 })
  const observations = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('scanned' as const), code, quantity }) },
      fc.record({ kind: fc.constant('counted' as const), lineId, quantity: fc.nat(6) }),
      fc.record({ kind: fc.constant('named' as const), code, ...item }),
      fc.record({ kind: fc.constant('added' as const), quantity, ...item }),
      fc.record({ kind: fc.constant('replaced' as const), lineId, code, quantity, ...item }),
    ),
    { maxLength: 15 },
  )
  const methods = fc.constantFrom('partial_rescan' as const, 'full_rescan' as const)
  const plans = fc.record({
    selection: fc.constantFrom('random' as const, 'chosen' as const),
    pieces: fc.integer({ min: 1, max: 9 }),
  })

  it('makes the basket’s value what the bag is worth, by its differences and by its corrections alike', () => {
    fc.assert(
      fc.property(lines, observations, (rows, seen) => {
        const { differences, notFound, corrections, preventedLoss } = assessRescan(
          'v1',
          rows,
          draft('full_rescan', seen),
        )
        const all = [...differences, ...notFound]
        const bagByDifferences = all.reduce(
          (sum, each) => sum + (inFavourOf(each) === 'store' ? 1 : -1) * (each.value ?? 0),
          worthOf(rows),
        )
        expect(bagByDifferences).toBe(bagValue(rows, seen))
        const corrected = new Map(rows.map((row) => [row.lineId, row.quantity * row.unitPrice]))
        let added = 0
        for (const { lineId: id, quantity: pieces, unitPrice } of corrections) {
          const row = rows.find((each) => each.lineId === id)
          if (row !== undefined) corrected.set(row.lineId, pieces * row.unitPrice)
          else added += pieces * (unitPrice ?? 0)
        }
        expect([...corrected.values()].reduce((sum, value) => sum + value, added)).toBe(bagValue(rows, seen))
        expect(preventedLoss).toBe(preventedLossOf(all))
      }),
      { seed, numRuns: 1_000 },
    )
  })

  it('never counts more than there is to do, never loses progress to a scan, and makes an outcome that can be sent', () => {
    fc.assert(
      fc.property(lines, observations, methods, plans, (rows, seen, method, plan) => {
        let before = 0
        for (let count = 0; count <= seen.length; count += 1) {
          const view = assessRescan('v1', rows, draft(method, seen.slice(0, count), plan))
          expect(view.done).toBeLessThanOrEqual(view.of)
          const last = seen[count - 1]
          if (last?.kind === 'scanned') {
            const settled = rows.some((row) =>
              seen.some((each) => each.kind === 'counted' && each.lineId === row.lineId),
            )
            if (!settled) expect(view.done).toBeGreaterThanOrEqual(before)
          }
          before = view.done
          expect(view.mustBecomeFull).toBe(method === 'partial_rescan' && view.differences.length > 0)
          const payload = {
            verificationId: 'v1',
            outcome: 'approved',
            method,
            plan,
            differences: [...view.differences, ...view.notFound],
            corrections: view.corrections,
          }
          expect(decisionPayloads['verification.resolve'].safeParse(payload).success).toBe(true)
        }
      }),
      { seed },
    )
  })

  type Row = (typeof basket)[number]
  const worthOf = (rows: readonly Row[]) => rows.reduce((sum, row) => sum + row.quantity * row.unitPrice, 0)

  /** Worth of the bag, piece by piece: products by their number, replaced pieces and unknown codes by what they cost. */
  function bagValue(rows: readonly Row[], seen: readonly Observation[]): number {
    const numberOf = (text: string) => (/^\d+$/.test(text) ? String(BigInt(text)) : text)
    const priceOf = new Map(rows.map((row) => [numberOf(row.sku), row.unitPrice]))
    const pieces = new Map<string, number>()
    const names = new Map<string, number>()
    let rest = 0
    let replaced: { key: string; quantity: number }[] = []
    for (const each of seen) {
      if (each.kind === 'scanned') {
        const key = numberOf(each.code)
        pieces.set(key, (pieces.get(key) ?? 0) + each.quantity)
      } else if (each.kind === 'counted') {
        const row = rows.find((candidate) => candidate.lineId === each.lineId)
        if (row !== undefined) pieces.set(numberOf(row.sku), each.quantity)
      } else if (each.kind === 'named') {
        // A name is for a code that was scanned already.
        if (pieces.has(numberOf(each.code))) names.set(numberOf(each.code), each.unitPrice)
      } else if (each.kind === 'added') rest += each.quantity * each.unitPrice
      else if (each.kind === 'replaced' && rows.some((row) => row.lineId === each.lineId)) {
        rest += each.quantity * each.unitPrice
        replaced = [...replaced, { key: numberOf(each.code ?? ''), quantity: each.quantity }]
      }
    }
    for (const [key, count] of pieces) {
      const taken = priceOf.has(key)
        ? 0
        : replaced.filter((each) => each.key === key).reduce((sum, each) => sum + each.quantity, 0)
      rest += Math.max(0, count - taken) * (priceOf.get(key) ?? names.get(key) ?? 0)
    }
    return rest
  }
})

describe('whom a difference favours', () => {
  it('is said, or follows from its kind', () => {
    const of = (kind: Difference['kind'], favour?: Difference['inFavourOf']) => inFavourOf({ kind, inFavourOf: favour })
    expect(of('quantity_too_high')).toBe('shopper')
    expect(of('quantity_too_low')).toBe('store')
    expect(of('wrong_item')).toBe('store')
    expect(of('wrong_item', 'shopper')).toBe('shopper')
    expect(
      preventedLossOf([
        { kind: 'quantity_too_low', value: 119 },
        { kind: 'quantity_too_high', value: 50 },
        { kind: 'missing_item' },
      ]),
    ).toBe(119)
  })
})

describe('a session', () => {
  const verification = (
    kind: 'spot_check' | 'age_verification',
    status: 'approved' | 'rejected',
    differences: Difference[],
  ) => {
    return {
      ...{ id: 'v', shownAt: '', acknowledgedAt: null, resolvedAt: null, employee: null },
      kind,
      status,
      differences,
    }
  }
  const tooLow: Difference = { kind: 'quantity_too_low', value: 119 }

  it('has the prevented loss of all its spot checks', () => {
    const verifications = [
      verification('spot_check', 'rejected', [tooLow, { kind: 'quantity_too_high', value: 1_000 }]),
      verification('spot_check', 'approved', [{ ...tooLow, value: 1 }]),
      verification('age_verification', 'approved', [{ ...tooLow, value: 10_000 }]),
    ]
    expect(preventedLossOfSession({ verifications })).toBe(120)
    expect(preventedLossOfSession({ verifications: [] })).toBe(0)
  })

  it('had a finding where a spot check was rejected or found a difference', () => {
    expect(hasFinding(verification('spot_check', 'rejected', []))).toBe(true)
    expect(hasFinding(verification('spot_check', 'approved', [tooLow]))).toBe(true)
    expect(hasFinding(verification('spot_check', 'approved', []))).toBe(false)
    expect(hasFinding(verification('age_verification', 'rejected', []))).toBe(false)
  })
})
