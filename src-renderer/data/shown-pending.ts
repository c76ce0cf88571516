/** Sessions with unsent decisions as the screens show them, each worked out once for its document and its decisions. */
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { StoreSettings } from '#shared/protocol/store-settings.ts'
import { type SessionSummary, summarize } from '#shared/session/session-summary.ts'
import type { ConsoleDatabase, OutboxRow } from './database.ts'
import { isOfSession } from './pending-decisions.ts'
import type { SessionIndex } from './session-index.ts'

export interface ShownSession {
  document: SessionDocument
  summary: SessionSummary
}

interface Kept extends ShownSession {
  decisions: string
  settings: StoreSettings
}

interface Group {
  storeId: string
  id: string
  rows: OutboxRow[]
}

export interface ShownPendingPorts {
  database: ConsoleDatabase
  index: SessionIndex
  settingsOf: (storeId: string) => StoreSettings | undefined
  shown: (document: SessionDocument, rows: readonly OutboxRow[], settings: StoreSettings) => SessionDocument
}

export class ShownPending {
  private kept = new Map<string, Kept>()

  constructor(private readonly ports: ShownPendingPorts) {}

  /** Of the decisions shown last; undefined for a session without any, or without details on this PC. */
  get(storeId: string, id: string): ShownSession | undefined {
    return this.kept.get(keyOf(storeId, id))
  }

  /**
   * Applies unsent decisions, of one employee, to the documents here.
   * @returns the rows that cover the confirmed ones
   */
  async show(rows: readonly OutboxRow[]): Promise<SessionSummary[]> {
    const { database, index, settingsOf, shown } = this.ports
    const next = new Map<string, Kept>()
    const stale: Group[] = []
    for (const group of groupsOf(rows)) {
      const key = keyOf(group.storeId, group.id)
      const known = this.kept.get(key)
      const isSame =
        known !== undefined &&
        known.decisions === decisionsOf(group) &&
        known.settings === settingsOf(group.storeId) &&
        known.document.version === index.confirmed(group.storeId, group.id)?.version
      if (isSame) next.set(key, known)
      else stale.push(group)
    }
    const kept = await database.sessions.bulkGet(stale.map(({ storeId, id }): [string, string] => [storeId, id]))
    for (const [at, group] of stale.entries()) {
      const settings = settingsOf(group.storeId)
      const confirmed = kept[at]?.document
      if (settings === undefined || confirmed === undefined) continue
      const document = shown(confirmed, group.rows, settings)
      const decisions = decisionsOf(group)
      next.set(keyOf(group.storeId, group.id), { document, summary: summarize(document), decisions, settings })
    }
    this.kept = next
    return Array.from(next.values(), ({ summary }) => summary)
  }
}

const keyOf = (storeId: string, id: string): string => JSON.stringify([storeId, id])

const decisionsOf = ({ rows }: Group): string => JSON.stringify(rows.map((row) => [row.employeeNumber, row.id]))

function groupsOf(rows: readonly OutboxRow[]): Iterable<Group> {
  const groups = new Map<string, Group>()
  for (const row of rows) {
    if (!isOfSession(row.mutation)) continue
    const { storeId } = row
    const id = row.mutation.sessionId
    const key = keyOf(storeId, id)
    const group = groups.get(key) ?? { storeId, id, rows: [] }
    groups.set(key, group)
    group.rows.push(row)
  }
  return groups.values()
}
