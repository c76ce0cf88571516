/** Facts that store systems report: checked one by one, stored together, folded into their sessions. */
import { canonicalJson } from '#shared/protocol/canonical-json.ts'
import type { EventRefusal, EventsResponse, StoreFact } from '#shared/protocol/integration.ts'
import { storeFactSchema } from '#shared/protocol/integration.ts'
import { describeIssue } from '#shared/protocol/primitives.ts'
import type { SessionDocument, SessionEvent } from '#shared/protocol/session-document.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import type { Clock } from '#shared/time/clock.ts'
import type { Database } from '../storage/open-database.ts'
import { insertEventIds, loadEventIds, loadSessions, lockStore, writeSessions } from './store-writer.ts'

interface Candidate {
  index: number
  sessionId: string
  event: SessionEvent
}

/**
 * Stores a batch of facts of an existing store. Every event is answered: accepted, duplicate or refused; only a database
 * failure throws, and then nothing was stored.
 */
export async function applyFacts(
  database: Database,
  clock: Clock,
  storeId: string,
  input: readonly unknown[],
): Promise<EventsResponse> {
  const malformed: EventRefusal[] = []
  const candidates: Candidate[] = []
  input.forEach((value, index) => {
    const parsed = storeFactSchema.safeParse(value)
    if (parsed.success) candidates.push({ index, ...asEvent(parsed.data) })
    else {
      const { field, message } = describeIssue(parsed.error)
      malformed.push({
        index,
        id: readableId(value),
        code: 'invalid_event',
        message: field === '' ? message : `${field}: ${message}`,
      })
    }
  })
  const stored =
    candidates.length === 0
      ? { accepted: 0, duplicates: 0, refused: [] }
      : await database.transaction(async (tx) => {
          const store = await lockStore(tx, storeId)
          if (store === null) throw new RangeError(`no store ${storeId}`)
          const knownIds = await loadEventIds(tx, storeId, [...new Set(candidates.map(({ event }) => event.id))])
          const documents = await loadSessions(tx, [...new Set(candidates.map(({ sessionId }) => sessionId))])
          const sorted = sortOut(candidates, storeId, knownIds, documents)
          const now = clock.now()
          const folded = [...sorted.fresh].map(([sessionId, events]) =>
            foldSession(
              { id: sessionId, storeId, settings: store.settings, version: 0 },
              [...(documents.get(sessionId)?.events ?? []), ...events],
              now,
            ),
          )
          await insertEventIds(
            tx,
            storeId,
            [...sorted.fresh].flatMap(([sessionId, events]) =>
              events.map((event): [string, string] => [event.id, sessionId]),
            ),
          )
          await writeSessions(tx, store, folded)
          return sorted
        })
  return {
    accepted: stored.accepted,
    duplicates: stored.duplicates,
    refused: [...malformed, ...stored.refused].sort((a, b) => a.index - b.index),
  }
}

function asEvent({ sessionId, ...fact }: StoreFact): { sessionId: string; event: SessionEvent } {
  return { sessionId, event: { ...fact, source: 'store' } }
}

function readableId(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('id' in value)) return null
  return typeof value.id === 'string' && value.id.length <= 255 ? value.id : null
}

function sortOut(
  candidates: readonly Candidate[],
  storeId: string,
  knownIds: ReadonlyMap<string, string>,
  documents: ReadonlyMap<string, SessionDocument>,
) {
  const refused: EventRefusal[] = []
  const fresh = new Map<string, SessionEvent[]>()
  const seen = new Map<string, Candidate>()
  const storedEvents = new Map<string, Map<string, SessionEvent>>()
  let accepted = 0
  let duplicates = 0
  const earlierUse = ({ event, sessionId }: Candidate): SessionEvent | 'elsewhere' | undefined => {
    const inBatch = seen.get(event.id)
    if (inBatch !== undefined) return inBatch.sessionId === sessionId ? inBatch.event : 'elsewhere'
    const holder = knownIds.get(event.id)
    if (holder === undefined) return undefined
    if (holder !== sessionId) return 'elsewhere'
    let byId = storedEvents.get(sessionId)
    if (byId === undefined) {
      byId = new Map(documents.get(sessionId)?.events.map((stored) => [stored.id, stored]))
      storedEvents.set(sessionId, byId)
    }
    return byId.get(event.id) ?? 'elsewhere'
  }
  for (const candidate of candidates) {
    const { event, index, sessionId } = candidate
    const holder = documents.get(sessionId)
    if (holder !== undefined && holder.storeId !== storeId) {
      refused.push({
        index,
        id: event.id,
        code: 'session_of_another_store',
        message: 'sessionId: the session belongs to another store',
      })
      continue
    }
    const earlier = earlierUse(candidate)
    if (earlier === undefined) {
      seen.set(event.id, candidate)
      const events = fresh.get(sessionId)
      if (events === undefined) fresh.set(sessionId, [event])
      else events.push(event)
      accepted++
    } else if (earlier !== 'elsewhere' && canonicalJson(earlier) === canonicalJson(event)) duplicates++
    else {
      refused.push({ index, id: event.id, code: 'id_reused', message: 'id: was used for an event of other content' })
    }
  }
  return { accepted, duplicates, refused, fresh }
}
