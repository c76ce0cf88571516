import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMoney } from './format-money.ts'
import { fromMinorUnits, minorUnitDigits, toMinorUnits } from './minor-units.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_122)

describe(`decimal money (seed ${seed})`, () => {
  it('survives the way in and out, for every currency, exactly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000_000_000 }),
        fc.constantFrom('EUR', 'USD', 'JPY', 'KWD', 'HUF'),
        (units, currency) => {
          const amount = fromMinorUnits(units, currency)
          expect(toMinorUnits(amount, currency)).toBe(units)
          // What JSON carries is what a person would write.
          const digits = minorUnitDigits(currency)
          const text = String(units).padStart(digits + 1, '0')
          const written = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
          expect(Number(JSON.stringify(amount))).toBe(Number(written))
          expect(toMinorUnits(Number(written), currency)).toBe(units)
        },
      ),
      { seed, numRuns: 2_000 },
    )
  })

  it('refuses every amount with a third decimal, instead of rounding it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), fc.integer({ min: 1, max: 9 }), (units, third) => {
        expect(
          toMinorUnits(Number(`${Math.floor(units / 100)}.${String(units % 100).padStart(2, '0')}${third}`), 'EUR'),
        ).toBeNull()
      }),
      { seed, numRuns: 1_000 },
    )
  })

  it.each([
    [0.1 + 0.2, 'EUR', null],
    [1.005, 'EUR', null],
    [0.3, 'EUR', 30],
    [19.99, 'EUR', 1_999],
    [4.35, 'EUR', 435],
    [1.1, 'EUR', 110],
    [-0, 'EUR', 0],
    [-1, 'EUR', null],
    [1e-7, 'EUR', null],
    [1e21, 'EUR', null],
    [1e20, 'EUR', null],
    [Number.NaN, 'EUR', null],
    [Number.POSITIVE_INFINITY, 'EUR', null],
    [100, 'JPY', 100],
    [100.5, 'JPY', null],
    [1.255, 'KWD', 1_255],
  ])('%d %s is %s minor units', (amount, currency, units) => expect(toMinorUnits(amount, currency)).toBe(units))

  it('shows the digits of the currency', () => {
    expect(formatMoney(1_999, 'EUR')).toBe('€19.99')
    expect(formatMoney(1_999, 'JPY')).toBe('¥1,999')
  })
})
