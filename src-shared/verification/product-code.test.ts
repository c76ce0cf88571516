import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkDigitOf, productKey, readCode } from './product-code.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 1)
const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length })

/** A code of so many digits whose check digit is right, by the rule as GS1 writes it down: from the left, by length. */
function complete(data: string): string {
  const weights = [...data].map((_, index) => ((data.length - index) % 2 === 1 ? 3 : 1))
  const sum = [...data].reduce((total, digit, index) => total + Number(digit) * (weights[index] ?? 0), 0)
  return `${data}${(Math.ceil(sum / 10) * 10 - sum) % 10}`
}
const codes = fc.constantFrom(8, 12, 13, 14).chain((length) => digits(length - 1).map(complete))

describe('codes on products', () => {
  it.each([
    ['4006381333931', 'ean_13', '04006381333931'],
    ['96385074', 'ean_8', '00000096385074'],
    ['036000291452', 'upc_a', '00036000291452'],
    ['10614141000415', 'gtin_14', '10614141000415'],
    ['https://id.gs1.org/01/09506000134352', 'digital_link', '09506000134352'],
    ['https://example.com/shop/01/9506000134352/10/ABC123?17=271231#x', 'digital_link', '09506000134352'],
    ['http://brand.example/gtin/04006381333931', 'digital_link', '04006381333931'],
    [' ]E04006381333931\r', 'ean_13', '04006381333931'],
  ])('reads %j as %s', (text, form, gtin) => {
    expect(readCode(text)).toEqual({ kind: 'gtin', form, gtin })
  })

  it.each([
    ['4006381333932', 'wrong_check_digit'],
    ['https://id.gs1.org/01/09506000134353', 'wrong_check_digit'],
    ['400638133393', 'wrong_check_digit'],
    ['12345', 'other'],
    ['https://example.com/4006381333931', 'other'],
    ['https://example.com/?x=/01/09506000134352', 'other'],
    ['ABC-1', 'other'],
    ['', 'other'],
  ])('does not take %j for a product code: %s', (text, kind) => {
    expect(readCode(text).kind).toBe(kind)
  })

  it('takes every code with a right check digit, and none where one digit is wrong or two neighbours differing by other than 5 are swapped', () => {
    fc.assert(
      fc.property(codes, fc.nat(), fc.integer({ min: 1, max: 9 }), (code, place, by) => {
        expect(readCode(code)).toMatchObject({ kind: 'gtin', gtin: code.padStart(14, '0') })
        const at = place % code.length
        const wrong = code.slice(0, at) + ((Number(code[at]) + by) % 10) + code.slice(at + 1)
        expect(readCode(wrong).kind).toBe('wrong_check_digit')
        const [left, right] = [Number(code[at]), Number(code[at + 1])]
        if (Number.isNaN(right) || left === right || Math.abs(left - right) === 5) return
        const swapped = `${code.slice(0, at)}${right}${left}${code.slice(at + 2)}`
        expect(readCode(swapped).kind).toBe('wrong_check_digit')
      }),
      { seed, numRuns: 500 },
    )
  })

  it('never throws, and reads nothing into what is no code', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const read = readCode(text)
        if (read.kind === 'gtin') expect(checkDigitOf(read.gtin.slice(0, -1))).toBe(Number(read.gtin.at(-1)))
        expect(typeof productKey(text)).toBe('string')
      }),
      { seed, numRuns: 500 },
    )
  })
})

describe('product keys', () => {
  it('are the same for all ways to write one number: padded, stripped, as a link', () => {
    fc.assert(
      fc.property(codes, fc.integer({ min: 0, max: 14 }), (code, zeros) => {
        const gtin = code.padStart(14, '0')
        const stripped = gtin.replace(/^0+(?=\d)/, '')
        const same = [code, gtin, stripped, stripped.padStart(zeros, '0'), `https://x.example/01/${gtin}`]
        expect(new Set(same.map(productKey))).toEqual(new Set([stripped]))
      }),
      { seed },
    )
  })

  it('differ for different numbers and texts', () => {
    fc.assert(
      fc.property(codes, codes, fc.stringMatching(/^[A-Z]{1,8}-\d{1,4}$/), (one, other, sku) => {
        expect(productKey(one) === productKey(other)).toBe(BigInt(one) === BigInt(other))
        expect(productKey(sku)).toBe(sku)
      }),
      { seed },
    )
  })

  it('keep a store’s own numbers, check digit or not', () => {
    expect(productKey('000123')).toBe(productKey('123'))
    expect(productKey('4006381333932')).toBe('4006381333932')
    expect(productKey('0')).toBe('0')
  })
})
