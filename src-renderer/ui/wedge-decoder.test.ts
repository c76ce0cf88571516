import fc from 'fast-check'
import { expect, it } from 'vitest'
import { expired, type Held, MAX_GAP_MS, MIN_CODE_LENGTH, type Stroke, takeStroke } from './wedge-decoder.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_130)
console.log(`wedge decoder: FLOORWALKER_SEED=${seed}`)

/** What reached the page and what was read as a code, in order. */
interface Heard {
  page: string[]
  codes: string[]
}

/** Feeds strokes; between them the timer of the screen may look at the held keys, or be late. */
function hear(strokes: readonly Stroke[], looks: readonly boolean[]): Heard {
  const heard: Heard = { page: [], codes: [] }
  let held: Held<Stroke> = []
  const look = (at: number) => {
    const gone = expired(held, at)
    heard.page.push(...gone.map(({ key }) => key))
    if (gone.length > 0) held = []
  }
  strokes.forEach((stroke, index) => {
    const before = strokes[index - 1]
    if (looks[index % looks.length] && before !== undefined) look((before.at + stroke.at) / 2)
    const decoded = takeStroke(held, stroke)
    held = decoded.held
    heard.page.push(...decoded.released.map(({ key }) => key))
    if (decoded.present === 'passed' && stroke.key !== 'Shift') heard.page.push(stroke.key)
    if (decoded.code !== null) heard.codes.push(decoded.code)
  })
  look(Number.POSITIVE_INFINITY)
  return heard
}

const pause = fc.integer({ min: MAX_GAP_MS * 2, max: 2_000 })
const quick = fc.integer({ min: 0, max: MAX_GAP_MS })
const character = fc.constantFrom(...'0123456789abcXYZ/:.-(')
const person = fc.tuple(
  fc.oneof(character, fc.constantFrom(' ', 'Enter', 'Tab', 'Backspace', 'ArrowDown', 'Escape')),
  pause,
)
const scan = fc.record({
  code: fc.array(character, { minLength: MIN_CODE_LENGTH, maxLength: 40 }).map((each) => each.join('')),
  gaps: fc.array(quick, { minLength: 42, maxLength: 42 }),
  end: fc.constantFrom('Enter', 'Tab'),
  before: pause,
})

it('hears every code and gives every other key back, in order, whenever the timer fires', () => {
  const step = fc.oneof(
    person.map((typed) => ({ typed })),
    scan.map((scanned) => ({ scanned })),
  )
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 30 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }),
      (steps, looks) => {
        const strokes: Stroke[] = []
        const expected: Heard = { page: [], codes: [] }
        let at = 0
        for (const each of steps) {
          if ('typed' in each) {
            const [key, wait] = each.typed
            at += wait
            strokes.push({ key, at })
            expected.page.push(key)
          } else {
            const { code, gaps, end, before } = each.scanned
            at += before
            ;[...code, end].forEach((key, index) => {
              at += index === 0 ? 0 : (gaps[index] ?? 0)
              // A scanner presses Shift before a capital letter.
              if (/[A-Z(:]/.test(key) && key.length === 1) strokes.push({ key: 'Shift', at })
              strokes.push({ key, at })
            })
            expected.codes.push(code)
          }
        }
        expect(hear(strokes, looks)).toEqual(expected)
      },
    ),
    { seed },
  )
})

it('loses and doubles no key, whatever the timing', () => {
  const any = fc.tuple(
    fc.oneof(character, fc.constantFrom(' ', 'Enter', 'Shift', 'F2')),
    fc.integer({ max: 120, min: 0 }),
  )
  fc.assert(
    fc.property(fc.array(any), fc.array(fc.boolean(), { minLength: 1 }), (keys, looks) => {
      let at = 0
      const strokes = keys.map(([key, wait]) => {
        at += wait
        return { key, at }
      })
      const { page, codes } = hear(strokes, looks)
      const typed = strokes.filter(({ key }) => key !== 'Shift').length
      // A code swallows its characters and the key that ended it.
      expect(page.length + codes.reduce((sum, code) => sum + code.length + 1, 0)).toBe(typed)
      for (const code of codes) expect(code.length).toBeGreaterThanOrEqual(MIN_CODE_LENGTH)
    }),
    { seed },
  )
})

it('leaves a quick person alone: few keys, or no Enter behind them', () => {
  const at = (keys: string[], gap: number) => keys.map((key, index) => ({ key, at: index * gap }))
  expect(hear(at(['a', 'l', 'l', 'Enter'], 30), [false])).toEqual({ page: ['a', 'l', 'l', 'Enter'], codes: [] })
  expect(hear(at([...'there'], 20), [false])).toEqual({ page: [...'there'], codes: [] })
  expect(hear(at([...'4001', 'Escape'], 5), [false])).toEqual({ page: [...'4001', 'Escape'], codes: [] })
  expect(hear([{ key: ' ', at: 0 }], [true])).toEqual({ page: [' '], codes: [] })
})
