/** The number on the taskbar icon where the system has no badge of its own (Windows): drawn as a small bitmap. */

/** Pixels, of twice the size it is shown at. */
export const BADGE_SIZE = 32

/** Three by five pixels each, a row in three bits. */
const GLYPHS: Record<string, readonly number[]> = {
  1: [0b010, 0b110, 0b010, 0b010, 0b111],
  2: [0b111, 0b001, 0b111, 0b100, 0b111],
  3: [0b111, 0b001, 0b111, 0b001, 0b111],
  4: [0b101, 0b101, 0b111, 0b001, 0b001],
  5: [0b111, 0b100, 0b111, 0b001, 0b111],
  6: [0b111, 0b100, 0b111, 0b101, 0b111],
  7: [0b111, 0b001, 0b010, 0b010, 0b010],
  8: [0b111, 0b101, 0b111, 0b101, 0b111],
  9: [0b111, 0b101, 0b111, 0b001, 0b111],
  '+': [0b000, 0b010, 0b111, 0b010, 0b000],
}
const GLYPH_WIDTH = 3
const GLYPH_HEIGHT = 5

type Bgra = readonly [blue: number, green: number, red: number, alpha: number]
const DISC: Bgra = [0x1e, 0x26, 0xb3, 0xff]
const INK: Bgra = [0xff, 0xff, 0xff, 0xff]

/**
 * A disc with the number in it, `9+` above 9: BGRA, row by row.
 * @param waiting at least 1
 */
export function badgeBitmap(waiting: number): Uint8Array {
  const text = waiting > 9 ? '9+' : String(waiting)
  const scale = text.length === 1 ? 4 : 3
  const bitmap = new Uint8Array(BADGE_SIZE * BADGE_SIZE * 4)
  const paint = (x: number, y: number, colour: Bgra) => bitmap.set(colour, (y * BADGE_SIZE + x) * 4)
  const middle = (BADGE_SIZE - 1) / 2
  for (let y = 0; y < BADGE_SIZE; y += 1) {
    for (let x = 0; x < BADGE_SIZE; x += 1) {
      if (Math.hypot(x - middle, y - middle) <= BADGE_SIZE / 2) paint(x, y, DISC)
    }
  }
  const width = (text.length * (GLYPH_WIDTH + 1) - 1) * scale
  const top = Math.floor((BADGE_SIZE - GLYPH_HEIGHT * scale) / 2)
  let left = Math.floor((BADGE_SIZE - width) / 2)
  for (const character of text) {
    for (let y = 0; y < GLYPH_HEIGHT * scale; y += 1) {
      const row = GLYPHS[character]?.[Math.floor(y / scale)] ?? 0
      for (let x = 0; x < GLYPH_WIDTH * scale; x += 1) {
        const inked = (row >> (GLYPH_WIDTH - 1 - Math.floor(x / scale))) & 1
        if (inked === 1) paint(left + x, top + y, INK)
      }
    }
    left += (GLYPH_WIDTH + 1) * scale
  }
  return bitmap
}
