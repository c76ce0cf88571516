/**
 * Bulk import of past sessions: a file becomes full batches of facts, several of them in flight. What is done is kept in a
 * checkpoint beside the file. The checkpoint only saves time: event ids follow from the file, so a batch that is sent
 * again changes nothing.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { MAX_EVENTS_PER_BATCH, type StoreFact } from '#shared/protocol/integration.ts'
import type { Clock } from '#shared/time/clock.ts'
import { checkAccess } from './check-access.ts'
import { linesOf } from './file-lines.ts'
import { type LineFault, readPastSession } from './past-session.ts'
import { CallError, type StoreClient } from './store-client.ts'

const IN_FLIGHT = 4
const READ_AT_ONCE = 8
const PROGRESS_EVERY_MS = 1_000
const FINGERPRINT_BYTES = 64 * 1024

export interface ImportOptions {
  file: string
  /** The store of lines that name none. */
  storeId: string | undefined
  /** Address of the backend: a checkpoint of another one does not count. */
  backend: string
  /** Reads every session back, and reports those that the store's expiry policy ended before their payment. */
  verify: boolean
  clock: Clock
  signal?: AbortSignal
  /** Told one line now and then. */
  log: (line: string) => void
}

const countsSchema = z.object({
  /** Lines that hold a session which the backend has now. */
  sessions: z.int(),
  events: z.int(),
  /** Events that the backend had before. */
  duplicates: z.int(),
  /** Lines in the rejects file. */
  rejected: z.int(),
})
export type ImportCounts = z.infer<typeof countsSchema>

const checkpointSchema = z.object({
  fingerprint: z.string(),
  offset: z.int(),
  lines: z.int(),
  rejectsBytes: z.int(),
  counts: countsSchema,
})
type Checkpoint = z.infer<typeof checkpointSchema>

/** A line that was not imported, as the rejects file has it. */
interface Reject extends LineFault {
  line: number
  id?: string
}

/** Whole lines that are sent together: at most one full batch of each store. */
interface Group {
  stores: Map<string, { fact: StoreFact; line: number }[]>
  sessions: Map<number, string>
  events: number
  rejects: Reject[]
  end: number
  lines: number
}

interface GroupResult {
  duplicates: number
  rejects: Reject[]
}

export const checkpointOf = (file: string): string => `${file}.checkpoint.json`
export const rejectsOf = (file: string): string => `${file}.rejects.ndjson`

/**
 * Imports the rest of a file, from its checkpoint if there is one.
 *
 * @throws CallError where the backend cannot be reached or answers an error that no line is to blame for; what was done
 *   until then is in the checkpoint
 */
export async function importSessions(client: StoreClient, options: ImportOptions): Promise<ImportCounts> {
  const { file, storeId, clock, log } = options
  const { size } = await stat(file)
  if (storeId !== undefined) await checkAccess(client, [storeId])
  const fingerprint = await fingerprintOf(options)
  const checkpoint = (await readCheckpoint(file, fingerprint)) ?? startOf(fingerprint)
  if (checkpoint.lines > 0) log(`import: goes on after line ${checkpoint.lines.toLocaleString('en')}`)
  const rejects = await openRejects(file, checkpoint.rejectsBytes)
  const startedAt = clock.monotonic()
  const eventsBefore = checkpoint.counts.events
  let toldAt = startedAt
  const tell = () => {
    const { sessions, events, rejected } = checkpoint.counts
    const seconds = Math.max(0.001, (clock.monotonic() - startedAt) / 1_000)
    const percent = size === 0 ? 100 : Math.floor((checkpoint.offset / size) * 100)
    const numbers = [sessions, events, Math.round((events - eventsBefore) / seconds)].map((n) => n.toLocaleString('en'))
    const faults = rejected === 0 ? '' : ` · ${rejected.toLocaleString('en')} lines rejected`
    log(`import: ${percent} % · ${numbers[0]} sessions · ${numbers[1]} events · ${numbers[2]} events/s${faults}`)
  }
  /** Groups are written down in their order, so the checkpoint never lies behind a gap. */
  const settle = async (group: Group, result: GroupResult) => {
    const refusedLines = new Set(result.rejects.map(({ line }) => line))
    const lines = [...group.rejects, ...result.rejects].sort((a, b) => a.line - b.line)
    if (lines.length > 0) {
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      await rejects.appendFile(text)
      checkpoint.rejectsBytes += Buffer.byteLength(text)
    }
    checkpoint.offset = group.end
    checkpoint.lines = group.lines
    checkpoint.counts.sessions += [...group.sessions.keys()].filter((line) => !refusedLines.has(line)).length
    checkpoint.counts.events += group.events
    checkpoint.counts.duplicates += result.duplicates
    checkpoint.counts.rejected += new Set(lines.map(({ line }) => line)).size
    await writeCheckpoint(file, checkpoint)
    if (clock.monotonic() - toldAt >= PROGRESS_EVERY_MS) {
      toldAt = clock.monotonic()
      tell()
    }
  }
  try {
    const inFlight: { group: Group; sent: Promise<GroupResult> }[] = []
    const settleOldest = async () => {
      const oldest = inFlight.shift()
      if (oldest !== undefined) await settle(oldest.group, await oldest.sent)
    }
    for await (const group of groupsOf(options, checkpoint)) {
      const sent = sendGroup(client, group, options.verify)
      // A failure is met when its turn comes; until then it must not count as unhandled.
      sent.catch(() => undefined)
      inFlight.push({ group, sent })
      if (inFlight.length >= IN_FLIGHT) await settleOldest()
    }
    while (inFlight.length > 0) await settleOldest()
    tell()
  } finally {
    await rejects.close()
  }
  await rm(checkpointOf(file), { force: true })
  if (checkpoint.counts.rejected === 0) await rm(rejectsOf(file), { force: true })
  return checkpoint.counts
}

async function* groupsOf({ file, storeId, clock, signal }: ImportOptions, from: Checkpoint): AsyncGenerator<Group> {
  const empty = (): Group => ({ stores: new Map(), sessions: new Map(), events: 0, rejects: [], end: 0, lines: 0 })
  let group = empty()
  for await (const { number, text, end } of linesOf(file, { offset: from.offset, lines: from.lines })) {
    signal?.throwIfAborted()
    // Spreadsheets and editors put a mark before the first line.
    const line = number === 1 ? text?.replace(/^\uFEFF/, '') : text
    if (line === null || line === undefined) {
      group.rejects.push({ line: number, field: '', message: 'is not UTF-8, or is longer than 8 MiB' })
    } else if (line.trim() !== '') {
      const read = readPastSession(line, storeId, clock.now())
      if ('field' in read) group.rejects.push({ line: number, ...idIn(line), ...read })
      else {
        const waiting = group.stores.get(read.storeId)?.length ?? 0
        // A session stays in one batch where it fits, so nobody ever sees half of one.
        if (waiting > 0 && waiting + read.facts.length > MAX_EVENTS_PER_BATCH) {
          yield group
          group = empty()
        }
        const facts = group.stores.get(read.storeId) ?? []
        group.stores.set(read.storeId, facts)
        for (const fact of read.facts) facts.push({ fact, line: number })
        group.sessions.set(number, read.sessionId)
        group.events += read.facts.length
      }
    }
    group.end = end
    group.lines = number
    // A file of nothing but faults still has to move its checkpoint.
    if (group.rejects.length >= MAX_EVENTS_PER_BATCH) {
      yield group
      group = empty()
    }
  }
  if (group.lines > 0) yield group
}

async function sendGroup(client: StoreClient, group: Group, verify: boolean): Promise<GroupResult> {
  const result: GroupResult = { duplicates: 0, rejects: [] }
  for (const [storeId, entries] of group.stores) {
    try {
      const answer = await client.postEvents(
        storeId,
        entries.map(({ fact }) => fact),
      )
      result.duplicates += answer.duplicates
      const faulty = new Set<number>()
      for (const { index, code, message } of answer.refused) {
        const line = entries[index]?.line ?? 0
        // One fault says enough: a session of another store is refused once for each of its facts.
        if (!faulty.has(line))
          result.rejects.push(rejectOf(group, line, '', `refused by the backend: ${code}: ${message}`))
        faulty.add(line)
      }
      if (verify) {
        const lines = [...new Set(entries.map(({ line }) => line))].filter((line) => !faulty.has(line))
        result.rejects.push(...(await readBack(client, storeId, group, lines)))
      }
    } catch (error) {
      const ofStore = error instanceof CallError && ['store_unknown', 'store_forbidden'].includes(error.failure)
      if (!ofStore) throw error
      for (const line of new Set(entries.map((entry) => entry.line))) {
        result.rejects.push(rejectOf(group, line, 'storeId', error.message))
      }
    }
  }
  return result
}

async function readBack(client: StoreClient, storeId: string, group: Group, lines: number[]): Promise<Reject[]> {
  const rejects: Reject[] = []
  for (let from = 0; from < lines.length; from += READ_AT_ONCE) {
    const some = lines.slice(from, from + READ_AT_ONCE)
    const found = await Promise.all(some.map((line) => client.getSession(storeId, group.sessions.get(line) ?? '')))
    found.forEach((document, index) => {
      // Anything but an abandoned session is as it should be, or was changed by people since.
      if (document !== null && document.progress !== 'abandoned') return
      const end = document === null ? 'is not there' : `ended as ${document.endReason} at ${document.endedAt}`
      rejects.push(
        rejectOf(group, some[index] ?? 0, 'payment', `was imported, but the session ${end}, before its payment`),
      )
    })
  }
  return rejects
}

function rejectOf(group: Group, line: number, field: string, message: string): Reject {
  return { line, id: group.sessions.get(line), field, message }
}

/** The id of a faulty line, if it has a readable one. */
function idIn(line: string): { id?: string } {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string') {
      return { id: value.id.slice(0, 255) }
    }
  } catch {
    // The fault says that it is not JSON.
  }
  return {}
}

const startOf = (fingerprint: string): Checkpoint => ({
  fingerprint,
  offset: 0,
  lines: 0,
  rejectsBytes: 0,
  counts: { sessions: 0, events: 0, duplicates: 0, rejected: 0 },
})

/** Names what a checkpoint is for: this file's beginning, this backend, this store. */
async function fingerprintOf({ file, backend, storeId }: ImportOptions): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(FINGERPRINT_BYTES), 0, FINGERPRINT_BYTES, 0)
    return createHash('sha256')
      .update(JSON.stringify([backend, storeId ?? null, (await handle.stat()).size]))
      .update(buffer.subarray(0, bytesRead))
      .digest('hex')
  } finally {
    await handle.close()
  }
}

async function readCheckpoint(file: string, fingerprint: string): Promise<Checkpoint | null> {
  let text: string
  try {
    text = await readFile(checkpointOf(file), 'utf8')
  } catch {
    return null
  }
  try {
    const checkpoint = checkpointSchema.parse(JSON.parse(text))
    return checkpoint.fingerprint === fingerprint ? checkpoint : null
  } catch {
    // Unreadable is as good as none: the import starts over and doubles nothing.
    return null
  }
}

/** In one step, so that a kill leaves the old or the new one. */
async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  const path = checkpointOf(file)
  await writeFile(`${path}.new`, JSON.stringify(checkpoint))
  await rename(`${path}.new`, path)
}

/** The rejects as they were at the checkpoint: lines after it will be looked at again. */
async function openRejects(file: string, bytes: number): Promise<FileHandle> {
  const handle = await open(rejectsOf(file), 'a')
  await handle.truncate(Math.min(bytes, (await handle.stat()).size))
  return handle
}
