/** A day block with newer rows written into it. */
import { decodeDayBlock, encodeDayBlock } from '#shared/protocol/day-block.ts'
import type { OverlayRow } from './database.ts'

/**
 * The block with these rows over its own: of the same session the higher version stays.
 * @throws where `bytes` are no block
 */
export function mergedBlock(bytes: Uint8Array, newer: readonly OverlayRow[]): Uint8Array {
  const rows = new Map(decodeDayBlock(bytes).map((row) => [row.id, row]))
  for (const { id, version, summary } of newer) {
    // In the same version the block's says at least as much: the other may be of an app of before.
    if (summary !== null && (rows.get(id)?.version ?? 0) < version) rows.set(id, summary)
  }
  return encodeDayBlock([...rows.values()])
}
