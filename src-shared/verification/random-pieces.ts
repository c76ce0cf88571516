/** Pieces of a basket chosen at random for a partial rescan: the same ones wherever the same check is opened. */

/** How many pieces of a line. */
export interface LinePieces {
  lineId: string
  pieces: number
}

/** FNV-1a over UTF-16 units: 32 bits that any change of the text changes. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** Mulberry32: numbers from 0 to below 1, a pure function of the seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Chooses pieces, each with the same chance, none twice.
 *
 * @param seed the verification's id
 * @param lines pieces there are, in the basket's order
 * @param count pieces wanted; all where there are fewer
 * @returns chosen pieces of the lines that have some, in the basket's order
 */
export function choosePieces(seed: string, lines: readonly LinePieces[], count: number): LinePieces[] {
  const total = lines.reduce((sum, line) => sum + line.pieces, 0)
  const random = randomOf(hashOf(seed))
  // Floyd's sampling: one number per chosen piece, however large the basket.
  const chosen = new Set<number>()
  for (let piece = Math.max(0, total - count); piece < total; piece += 1) {
    const drawn = Math.floor(random() * (piece + 1))
    chosen.add(chosen.has(drawn) ? piece : drawn)
  }
  const sorted = [...chosen].sort((a, b) => a - b)
  let [first, at] = [0, 0]
  return lines.flatMap(({ lineId, pieces }) => {
    const from = at
    while (at < sorted.length && (sorted[at] as number) < first + pieces) at += 1
    first += pieces
    return at === from ? [] : [{ lineId, pieces: at - from }]
  })
}
