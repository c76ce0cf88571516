import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decisionPayloads } from './decisions.ts'
import { storeFactSchema } from './integration.ts'
import { describeIssue, idSchema, instantSchema, isStorableText } from './primitives.ts'

const event = { id: 'e1', sessionId: 's1', type: 'session.started', at: '2026-03-10T10:00:00Z', client: 'matrix' }
const item = { ...event, type: 'item.added', lineId: 'l1', sku: '1', name: 'Milk', quantity: 1, unitPrice: 1 }

describe('text that no storage can hold', () => {
  const unstorable = [
    ['a NUL', 'a\u0000b'],
    ['a high surrogate alone', 'a\ud83d'],
    ['a low surrogate alone', '\ude00b'],
    ['surrogates the wrong way round', '\ude00\ud83d'],
  ] as const
  const places: [string, (text: string) => unknown][] = [
    ['id', (text) => ({ ...event, id: text })],
    ['sessionId', (text) => ({ ...event, sessionId: text })],
    ['customerId', (text) => ({ ...event, customerId: text })],
    ['client.version', (text) => ({ ...event, client: { type: 'matrix', version: text } })],
    ['name', (text) => ({ ...item, name: text })],
    ['category', (text) => ({ ...item, category: text })],
    ['comment', (text) => ({ ...event, type: 'feedback.given', rating: 5, comment: text })],
    ['reason', (text) => ({ ...event, type: 'session.cancelled', reason: text })],
  ]
  for (const [what, text] of unstorable) {
    it.each(places)(`%s with ${what} is refused by name`, (field, make) => {
      const { error } = storeFactSchema.safeParse(make(text))
      expect(error && describeIssue(error).field).toBe(field)
    })
  }

  it('is refused in decisions too', () => {
    for (const [, text] of unstorable) {
      expect(decisionPayloads['note.add'].safeParse({ text }).error?.issues[0]?.path).toEqual(['text'])
    }
  })

  it('is exactly NUL and what has no UTF-8 form; everything else passes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.integer({ min: 0, max: 0xffff })), (whole, units) => {
        const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
        for (const text of [whole, String.fromCharCode(...units)]) {
          const survives = decoder.decode(new TextEncoder().encode(text)) === text
          expect(isStorableText(text)).toBe(survives && !text.includes('\0'))
        }
      }),
    )
    expect(idSchema.safeParse('é😀').success).toBe(true)
  })
})

describe('an instant', () => {
  it('is normalised to UTC with milliseconds, whatever way it is written', () => {
    const ms = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2200, 0, 1) - 1 })
    fc.assert(
      fc.property(ms, fc.constantFrom('ms', 's', 'µs', 'offset'), (instant, form) => {
        const text = new Date(instant).toISOString()
        const written = {
          ms: text,
          s: text.replace(/\.\d+/, ''),
          µs: text.replace('Z', '987Z'),
          offset: text.replace('Z', '+00:00'),
        }[form]
        expect(instantSchema.parse(written)).toBe(new Date(Date.parse(written)).toISOString())
      }),
    )
    expect(instantSchema.parse('2026-03-10T12:00:00+02:00')).toBe('2026-03-10T10:00:00.000Z')
  })

  it.each([
    '2026-02-29T10:00:00.000Z',
    '2026-13-01T10:00:00.000Z',
    '2026-03-10T24:00:00.000Z',
    '2026-03-10T10:00:60.000Z',
    '1969-12-31T23:59:59.999Z',
    '2200-01-01T00:00:00.000Z',
    '2026-03-10T10:00:00.000',
    '2026-03-10 10:00:00.000Z',
    'xxxx-xx-xxTxx:xx:xx.xxxZ',
  ])('%s is refused', (text) => {
    expect(instantSchema.safeParse(text).success).toBe(false)
  })
})
