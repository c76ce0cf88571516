/** Bugs of the kinds that lose or spoil decisions, planted to prove that the lab finds them. The product has no such switch. */
import { type Mutation, pushRequestSchema, pushResponseSchema } from '#shared/protocol/decisions.ts'
import type { ChangesPage } from '#shared/protocol/sync.ts'
import type { ServicePorts } from '../src-renderer/data/data-service.ts'
import { ConsoleDatabase, type OutboxRow } from '../src-renderer/data/database.ts'

export interface PlantedBug {
  /** Instead of the console's database. */
  Database?: typeof ConsoleDatabase
  /** Changes what a window is given. */
  ports?: (ports: ServicePorts) => ServicePorts
  /** The backend gives a version out before its commit, which comes this many milliseconds later. */
  commitDelayMs?: number
}

/** The cursor is stored before the documents it stands for. */
class CursorOutsideTheTransaction extends ConsoleDatabase {
  override async applyPage(
    storeId: string,
    since: number,
    page: ChangesPage,
    deviceId: string,
    nowMs: number,
  ): Promise<OutboxRow[] | null> {
    const cursor = await this.cursors.get(storeId)
    if (cursor === undefined || cursor.version !== since || cursor.epoch !== page.epoch) return null
    await this.cursors.put({ ...cursor, version: page.version })
    return super.applyPage(storeId, page.version, page, deviceId, nowMs)
  }
}

/** An answered push counts as done: the row goes before a pull has shown its effect. */
class AcknowledgedBeforeItsEffect extends ConsoleDatabase {
  override async noteVerdicts(...[deviceId, results]: Parameters<ConsoleDatabase['noteVerdicts']>): Promise<void> {
    await super.noteVerdicts(deviceId, results)
    const judged = await this.outbox.bulkGet(results.map(({ id }) => id))
    await this.settle(
      judged.filter((row) => row !== undefined),
      0,
    )
  }
}

const PUSH_PATH = '/api/v1/sync/mutations'

/** Decisions go out, and are numbered, in the order of the PC's wall clock. */
function orderedByWallClock(ports: ServicePorts): ServicePorts {
  return {
    ...ports,
    fetch: async (path, init) => {
      if (path !== PUSH_PATH) return ports.fetch(path, init)
      const push = pushRequestSchema.parse(JSON.parse(String(init?.body)))
      const wallClock = ({ occurredAt, clockOffsetMs = 0 }: Mutation) => Date.parse(occurredAt) - clockOffsetMs
      const numbers = push.mutations.map((mutation) => mutation.seq)
      const mutations = push.mutations
        .toSorted((a, b) => wallClock(a) - wallClock(b))
        .map((mutation, index) => ({ ...mutation, seq: numbers[index] }))
      const response = await ports.fetch(path, { ...init, body: JSON.stringify({ ...push, mutations }) })
      if (!response.ok) return response
      // The rest of the console goes on with the numbers it knows.
      const known = new Map(push.mutations.map(({ id, seq }) => [id, seq]))
      const answer = pushResponseSchema.parse(await response.json())
      const results = answer.results.map((result) => ({ ...result, seq: known.get(result.id) }))
      return new Response(JSON.stringify({ ...answer, results }), response)
    },
  }
}

/** A push that met an expired token is given up. */
function droppedOn401(ports: ServicePorts): ServicePorts {
  return {
    ...ports,
    fetch: async (path, init) => {
      const response = await ports.fetch(path, init)
      if (path === PUSH_PATH && response.status === 401) {
        const { mutations } = pushRequestSchema.parse(JSON.parse(String(init?.body)))
        const ids = mutations.map(({ id }) => id)
        await ports.database.outbox.bulkDelete(ids)
        await confirm(ports, ids)
      }
      return response
    },
  }
}

/** The journal forgets a decision as soon as the outbox could have it. */
function journalCompactedTooEarly(ports: ServicePorts): ServicePorts {
  return {
    ...ports,
    fetch: async (path, init) => {
      const response = await ports.fetch(path, init)
      if (path === '/local/journal/append' && response.ok) {
        await confirm(ports, [JSON.parse(String(init?.body)).mutation.id])
      }
      return response
    },
  }
}

async function confirm(ports: ServicePorts, ids: string[]): Promise<void> {
  await ports.fetch('/local/journal/confirm', {
    method: 'POST',
    body: JSON.stringify({ ids }),
    headers: { 'content-type': 'application/json' },
  })
}

export const plantedBugs = {
  'cursor-outside-transaction': { Database: CursorOutsideTheTransaction },
  'acknowledged-before-effect': { Database: AcknowledgedBeforeItsEffect },
  'order-by-wall-clock': { ports: orderedByWallClock },
  'drop-on-401': { ports: droppedOn401 },
  'version-before-commit': { commitDelayMs: 400 },
  'journal-compacted-early': { ports: journalCompactedTooEarly },
} as const satisfies Record<string, PlantedBug>
export type PlantedBugName = keyof typeof plantedBugs
