/** The file that carries unsent decisions from one PC to another. */
import { z } from 'zod'
import { type JournalEntry, unnumberedMutationSchema } from '#shared/desktop-api.ts'
import { describeIssue, idSchema } from '#shared/protocol/primitives.ts'
import type { ExportedFile } from './data-api.ts'

const FORMAT = 'floorwalker-unsent-decisions'

const unsentFileSchema = z.object({
  format: z.literal(FORMAT, { error: `must be "${FORMAT}": this is another kind of file` }),
  version: z.literal(1, { error: 'must be 1: this file was written by a newer Floorwalker' }),
  exportedAt: z.string(),
  decisions: z.array(z.object({ employeeNumber: idSchema, mutation: unnumberedMutationSchema })).max(100_000),
})

/** A decision without the device and number it had on the PC it was made on. */
export type UnsentDecisionEntry = Omit<JournalEntry, 'deviceId'>

/**
 * Everything unsent, each decision once, in the order given.
 * @param atMs UTC milliseconds, server time
 */
export function encodeUnsent(
  rows: readonly JournalEntry[],
  journal: readonly JournalEntry[],
  atMs: number,
): ExportedFile {
  const byId = new Map<string, JournalEntry>()
  for (const entry of [...rows, ...journal]) if (!byId.has(entry.mutation.id)) byId.set(entry.mutation.id, entry)
  const exportedAt = new Date(atMs).toISOString()
  const decisions = [...byId.values()].map(({ employeeNumber, mutation: { seq: _seq, ...mutation } }) => ({
    employeeNumber,
    mutation,
  }))
  const file: z.input<typeof unsentFileSchema> = { format: FORMAT, version: 1, exportedAt, decisions }
  return {
    name: `floorwalker-unsent-${exportedAt.slice(0, 19).replaceAll(':', '-')}.json`,
    mediaType: 'application/json',
    text: `${JSON.stringify(file, null, 2)}\n`,
  }
}

/** Reads an exported file; a bad one is described with the field at fault. */
export function parseUnsent(text: string): { decisions: UnsentDecisionEntry[] } | { message: string; field?: string } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { message: 'The file is not JSON: it is damaged, or of another kind.' }
  }
  const parsed = unsentFileSchema.safeParse(json)
  if (!parsed.success) {
    const { field, message } = describeIssue(parsed.error)
    return { field, message: `${field} ${message}` }
  }
  // Numbers are given anew where they are imported.
  const decisions = parsed.data.decisions.map(({ employeeNumber, mutation }, index) => ({
    employeeNumber,
    mutation: { ...mutation, seq: index + 1 },
  }))
  return { decisions }
}
