/** Lines of the journal: a checksum, a space, one JSON record. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { journalEntrySchema } from '#shared/desktop-api.ts'

/** Raised with any change, also an added field: an older app would lose it when it compacts. */
export const JOURNAL_VERSION = 1

export const journalRecordSchema = z.discriminatedUnion('record', [
  z.object({ record: z.literal('journal'), version: z.literal(JOURNAL_VERSION) }),
  /** Numbering of one employee on this PC; the latest one counts. */
  z.object({
    record: z.literal('device'),
    employeeNumber: z.string(),
    deviceId: z.string(),
    nextSeq: z.int().min(1),
  }),
  z.object({ record: z.literal('entry'), entry: journalEntrySchema }),
  z.object({ record: z.literal('confirmed'), ids: z.array(z.string()) }),
])
export type JournalRecord = z.infer<typeof journalRecordSchema>

const CHECKSUM_LENGTH = 16
const NEWLINE = 0x0a

function checksum(json: string): string {
  return createHash('sha256').update(json).digest('hex').slice(0, CHECKSUM_LENGTH)
}

/** One line, with its newline. */
export function encodeRecord(record: JournalRecord): string {
  const json = JSON.stringify(record)
  return `${checksum(json)} ${json}\n`
}

/** What a journal file holds, and what of it cannot be read. */
export interface DecodedJournal {
  records: JournalRecord[]
  /** Whole lines whose checksum is wrong. */
  corrupt: Uint8Array[]
  /** True where a line has a right checksum and a content unknown here: no damage, but the work of a newer app. */
  newer: boolean
  /** Bytes after the last newline: an append that a crash cut off. */
  torn: Uint8Array
  /** Length of the whole lines. */
  wholeLength: number
}

/** Reads a journal file; nothing in it makes this throw. */
export function decodeJournal(bytes: Uint8Array): DecodedJournal {
  const records: JournalRecord[] = []
  const corrupt: Uint8Array[] = []
  let newer = false
  let start = 0
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    const line = bytes.subarray(start, end)
    const record = decodeLine(line)
    if (record === 'corrupt') corrupt.push(line)
    else if (record === 'newer') newer = true
    else records.push(record)
    start = end + 1
  }
  return { records, corrupt, newer, torn: bytes.subarray(start), wholeLength: start }
}

function decodeLine(line: Uint8Array): JournalRecord | 'corrupt' | 'newer' {
  const text = Buffer.from(line).toString('utf8')
  const json = text.slice(CHECKSUM_LENGTH + 1)
  if (text[CHECKSUM_LENGTH] !== ' ' || text.slice(0, CHECKSUM_LENGTH) !== checksum(json)) return 'corrupt'
  try {
    const parsed = journalRecordSchema.safeParse(JSON.parse(json))
    return parsed.success ? parsed.data : 'newer'
  } catch {
    return 'newer'
  }
}
