import { expect, test } from 'vitest'
import { wilsonInterval } from '#shared/statistics/wilson.ts'
import type { ClientExitRate } from '../../data/abandoned-api.ts'
import { exitSentences, percentWords } from './exit-words.ts'

const rate = (client: string, notExited: number, paid: number): ClientExitRate => ({
  client,
  paid,
  notExited,
  ...wilsonInterval(notExited, paid),
})
const texts = (...rates: ClientExitRate[]) => exitSentences(rates).map(({ text }) => text)

test('a client that stands out is named, with its share and that of the others', () => {
  expect(texts(rate('hand-scanner', 71, 210), rate('sdk-ios', 6, 300), rate('matrix', 2, 100))).toEqual([
    'Hand scanner: 34 % of 210 did not scan the exit, others 2.0 %. Look at the gate or the receipt of this client.',
  ])
})

test('two that stand out come with the worse one first', () => {
  const found = texts(rate('a', 20, 100), rate('b', 60, 100), rate('c', 4, 1_000))
  expect(found.map((text) => text.slice(0, 1))).toEqual(['b', 'a'])
})

test('few sessions, small differences and chance name nobody', () => {
  for (const rates of [
    [rate('a', 5, 10), rate('b', 2, 500)],
    [rate('a', 40, 1_000), rate('b', 1_000, 100_000)],
    [rate('a', 3, 25), rate('b', 10, 200)],
  ]) {
    const [only, ...more] = exitSentences(rates)
    expect([only?.tone, more]).toEqual(['ok', []])
    expect(only?.text).toContain('No client stands out')
  }
})

test('all alike and many is the gate; nobody and too few say so', () => {
  expect(exitSentences([rate('a', 40, 100), rate('b', 41, 100)])[0]).toEqual({
    tone: 'warn',
    text: '41 % of 200 who paid did not scan the exit, with every client alike: look at the gate itself, or how the exit is set up.',
  })
  expect(texts()).toEqual(['Nobody has paid in this period and had time to leave.'])
  expect(texts(rate('a', 1, 4))[0]).toContain('too few to tell')
})

test('shares have a digit more where they are small', () => {
  expect([0, 0.004, 0.0994, 0.0996, 0.5, 1].map(percentWords)).toEqual([
    '0 %',
    '0.4 %',
    '9.9 %',
    '10 %',
    '50 %',
    '100 %',
  ])
})
