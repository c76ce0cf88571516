import fc from 'fast-check'
import { expect, it } from 'vitest'
import { code39, QUIET_ZONE } from './code-39.ts'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-'

/** Widths of bars and spaces from the first bar to the last, as a scanner's light sees them. */
function runsOf(text: string): number[] {
  const { bars, width } = code39(text)
  const modules = Array.from({ length: width }, () => false)
  for (const bar of bars) modules.fill(true, bar.x, bar.x + bar.width)
  const runs: number[] = []
  modules.forEach((black, at) => {
    if (at > 0 && modules[at - 1] === black) runs[runs.length - 1] = (runs.at(-1) ?? 0) + 1
    else runs.push(1)
  })
  expect(runs[0]).toBe(QUIET_ZONE)
  expect(runs.at(-1)).toBe(QUIET_ZONE)
  return runs.slice(1, -1)
}

/** Ten elements a character: nine of its own and the gap behind it. */
const charactersOf = (runs: number[]): number[][] =>
  Array.from({ length: (runs.length + 1) / 10 }, (_, index) => runs.slice(index * 10, index * 10 + 9))

it('gives every character two wide bars and one wide space of its own', () => {
  const seen = new Set<string>()
  for (const character of ALPHABET) {
    const [start, own = [], stop] = charactersOf(runsOf(character))
    expect(start).toEqual(stop)
    expect(start).toEqual([1, 3, 1, 1, 3, 1, 3, 1, 1])
    expect(own.filter((width, at) => at % 2 === 0 && width === 3)).toHaveLength(2)
    expect(own.filter((width, at) => at % 2 === 1 && width === 3)).toHaveLength(1)
    seen.add(own.join(''))
  }
  expect(seen.size).toBe(ALPHABET.length)
})

it('can be read back', () => {
  const known = new Map([...ALPHABET].map((each) => [(charactersOf(runsOf(each))[1] ?? []).join(''), each]))
  const texts = fc.array(fc.constantFrom(...ALPHABET), { minLength: 1, maxLength: 20 }).map((each) => each.join(''))
  fc.assert(
    fc.property(texts, (text) => {
      const runs = runsOf(text)
      // The gaps between characters are narrow.
      for (let gap = 9; gap < runs.length; gap += 10) expect(runs[gap]).toBe(1)
      const read = charactersOf(runs)
        .slice(1, -1)
        .map((widths) => known.get(widths.join('')))
      expect(read.join('')).toBe(text)
    }),
    { seed: 20_261_132 },
  )
})

it('refuses what it cannot print', () => {
  for (const text of ['lower', 'Ä', 'A*B']) expect(() => code39(text)).toThrow(/Code 39/)
})
