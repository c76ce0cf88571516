/** Code 39, which every scanner reads as it comes out of the box: bars of a short text for printing. */

/** Nine elements of each character, bar first, from the highest bit: 1 is wide. */
const PATTERNS: Record<string, number> = {
  0: 0x034,
  1: 0x121,
  2: 0x061,
  3: 0x160,
  4: 0x031,
  5: 0x130,
  6: 0x070,
  7: 0x025,
  8: 0x124,
  9: 0x064,
  A: 0x109,
  B: 0x049,
  C: 0x148,
  D: 0x019,
  E: 0x118,
  F: 0x058,
  G: 0x00d,
  H: 0x10c,
  I: 0x04c,
  J: 0x01c,
  K: 0x103,
  L: 0x043,
  M: 0x142,
  N: 0x013,
  O: 0x112,
  P: 0x052,
  Q: 0x007,
  R: 0x106,
  S: 0x046,
  T: 0x016,
  U: 0x181,
  V: 0x0c1,
  W: 0x1c0,
  X: 0x091,
  Y: 0x190,
  Z: 0x0d0,
  '-': 0x085,
  '*': 0x094,
}
const ELEMENTS = 9
const WIDE = 3
/** Before and after the bars, modules: a scanner needs it to find them. */
export const QUIET_ZONE = 10

export interface Bars {
  /** Modules, quiet zones included. */
  width: number
  /** Black bars, in modules from the left. */
  bars: { x: number; width: number }[]
}

/** @throws where the text has another character than capital letters, digits and hyphens */
export function code39(text: string): Bars {
  const bars: Bars['bars'] = []
  let x = QUIET_ZONE
  for (const character of `*${text}*`) {
    const pattern = PATTERNS[character]
    if (pattern === undefined || (character === '*' && text.includes('*')))
      throw new Error(`Code 39 has no ${character} here`)
    for (let element = 0; element < ELEMENTS; element += 1) {
      const width = (pattern >> (ELEMENTS - 1 - element)) & 1 ? WIDE : 1
      if (element % 2 === 0) bars.push({ x, width })
      x += width
    }
    // One narrow space between characters.
    x += 1
  }
  return { width: x - 1 + QUIET_ZONE, bars }
}
