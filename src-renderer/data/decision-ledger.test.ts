/** What the ledger keeps in memory beside an outbox that other windows change. */
import 'fake-indexeddb/auto'
import Dexie from 'dexie'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConsoleDatabase } from './database.ts'
import { DecisionLedger } from './decision-ledger.ts'

const EMPLOYEE = '100'
let database: ConsoleDatabase
/** The database as another window has it open. */
let other: ConsoleDatabase
let ledger: DecisionLedger

beforeEach(async () => {
  database = new ConsoleDatabase('ledger')
  other = new ConsoleDatabase('ledger')
  await database.open()
  await other.open()
  let minted = 0
  ledger = new DecisionLedger({
    database,
    fetch: () => Promise.reject(new TypeError('a browser has no journal')),
    mintId: () => `device-${++minted}`,
    hasJournal: () => false,
    noteIncident: async () => undefined,
    onStored: () => undefined,
  })
})
afterEach(async () => {
  other.close()
  await database.delete()
})

describe('the ledger', () => {
  it('does not put its own row over one that another window offers again while it reads', async () => {
    const occurredAt = '2026-03-10T11:00:00.000Z'
    const note = { id: 'm1', storeId: 'berlin', sessionId: 's1', type: 'note.add', occurredAt, payload: { text: 'x' } }
    await ledger.save(EMPLOYEE, [note])
    await ledger.reload()
    const [row] = ledger.rows()
    if (row === undefined) throw new Error('not saved')
    // The other window settles it: this one has not heard of it yet.
    await other.settle([{ ...row, verdict: { status: 'applied' } }], 0)
    let again: Promise<unknown> = Promise.resolve()
    const readable = database.readableOutbox.bind(database)
    database.readableOutbox = async () => {
      const rows = await readable()
      // Between the two tables that a read looks at.
      again = Dexie.ignoreTransaction(async () => {
        await other.offerAgain()
        await other.renumber(EMPLOYEE, () => 'device-of-other')
      })
      return rows
    }
    await ledger.reload()
    database.readableOutbox = readable
    await again
    await ledger.reload()
    expect((await database.outbox.toArray()).map((each) => each.deviceId)).toEqual(['device-of-other'])
  })
})
