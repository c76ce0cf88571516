import 'fake-indexeddb/auto'
import Dexie from 'dexie'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Mutation, MutationResult } from '#shared/protocol/decisions.ts'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import type { ChangesPage } from '#shared/protocol/sync.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import { ConsoleDatabase, outboxRow, sortByAge } from './database.ts'

const settings = {
  currency: 'EUR',
  timezone: 'Europe/Berlin',
  expiry: { mode: 'never' as const, inactivityMinutes: 120 },
}
const session = (id: string, version: number): SessionDocument =>
  foldSession(
    { id, storeId: 'a', settings, version },
    [{ id: 'e', type: 'session.started', at: '2026-03-10T10:00:00.000Z', source: 'store', client: { type: 'matrix' } }],
    Number.NEGATIVE_INFINITY,
  )
const mutation = (seq: number): Mutation => ({
  id: `m${seq}`,
  seq,
  storeId: 'a',
  sessionId: 's1',
  type: 'note.add',
  occurredAt: '2026-03-10T10:00:00.000Z',
  payload: { text: 'x' },
})
const entry = (seq: number) => ({ employeeNumber: '100', deviceId: 'd', mutation: mutation(seq) })
const page = (patch: Partial<ChangesPage>): ChangesPage => ({
  changes: [],
  version: 5,
  more: false,
  epoch: 'E',
  lastMutationSeq: 0,
  outcomes: [],
  ...patch,
})

let database: ConsoleDatabase
let count = 0
beforeEach(async () => {
  count += 1
  database = new ConsoleDatabase(`test-${count}`)
  await database.cursors.put({ storeId: 'a', version: 1, epoch: 'E', pulledAt: 0 })
})

describe('a page of changes', () => {
  it('[PULL-1] [PULL-2] is applied with its cursor, or not at all when another window was faster', async () => {
    const changes = [{ version: 5, session: session('s1', 5) }]
    expect(await database.applyPage('a', 0, page({ changes }), 'd', 9)).toBeNull()
    expect(await database.sessions.count()).toBe(0)
    expect(await database.applyPage('a', 1, page({ changes }), 'd', 9)).toEqual([])
    expect(await database.cursors.get('a')).toEqual({ storeId: 'a', version: 5, epoch: 'E', pulledAt: 9 })
    expect((await database.overlay.get(['a', 's1']))?.summary?.id).toBe('s1')
  })

  it('deletes what the backend says is gone', async () => {
    await database.keepDocuments('a', [session('s1', 3)], 'E', () => false)
    await database.applyPage('a', 1, page({ changes: [{ version: 5, deleted: 's1' }] }), 'd', 9)
    expect(await database.sessions.count()).toBe(0)
    expect((await database.overlay.get(['a', 's1']))?.summary).toBeNull()
  })

  it('[PULL-3] [RES-1] settles a decision only with its verdict, on the last page, and keeps a superseded one to be seen', async () => {
    await database.outbox.bulkPut([outboxRow(entry(1)), outboxRow(entry(2)), outboxRow(entry(3))])
    const by = { number: '200', name: 'Ben' }
    const outcomes: MutationResult[] = [
      { id: 'm1', seq: 1, status: 'applied' },
      { id: 'm2', seq: 2, status: 'superseded', by, at: '2026-03-10T10:00:00.000Z' },
    ]
    await database.applyPage('a', 1, page({ version: 4, more: true, outcomes, lastMutationSeq: 3 }), 'd', 9)
    expect(await database.outbox.count()).toBe(3)
    const settled = await database.applyPage('a', 4, page({ lastMutationSeq: 3 }), 'd', 9)
    expect(settled?.map((row) => row.id)).toEqual(['m1', 'm2'])
    // The third was processed, but its verdict is not known yet: it is pushed again and gets the same answer.
    expect((await database.outbox.toArray()).map((row) => row.id)).toEqual(['m3'])
    expect(await database.results.get('m2')).toMatchObject({ seen: 0, verdict: { status: 'superseded', by } })
  })

  it('[PULL-4] does not put an older document over one fetched on its own', async () => {
    await database.keepDocuments('a', [session('s1', 6)], 'E', () => false)
    await database.applyPage('a', 1, page({ changes: [{ version: 5, session: session('s1', 5) }] }), 'd', 9)
    expect((await database.sessions.get(['a', 's1']))?.document.version).toBe(6)
    expect((await database.overlay.get(['a', 's1']))?.version).toBe(6)
  })

  it('[PULL-4] a document asked for in another epoch is not kept', async () => {
    await database.keepDocuments('a', [session('s1', 6)], 'before', () => false)
    expect(await database.sessions.count()).toBe(0)
  })

  it('[PULL-3] settles nothing by a page about another device', async () => {
    await database.outbox.put({ ...outboxRow(entry(1)), verdict: { status: 'applied' } })
    await database.applyPage('a', 1, page({ lastMutationSeq: 9, deviceId: 'old' }), 'd', 9)
    expect(await database.outbox.count()).toBe(1)
  })

  it('leaves decisions of other devices alone', async () => {
    await database.outbox.put({ ...outboxRow(entry(1)), deviceId: 'other', verdict: { status: 'applied' } })
    await database.applyPage('a', 1, page({ lastMutationSeq: 9 }), 'd', 9)
    expect(await database.outbox.count()).toBe(1)
  })
})

describe('the outbox', () => {
  it('[REC-1] takes back journal entries that are missing, but none that was settled', async () => {
    await database.outbox.put(outboxRow(entry(1)))
    await database.settle(
      [{ ...outboxRow(entry(2)), verdict: { status: 'refused', code: 'session_ended', message: '' } }],
      1,
    )
    const { restored, confirm } = await database.reconcile([entry(1), entry(2), entry(3)])
    expect({ restored, confirm }).toEqual({ restored: 1, confirm: ['m2'] })
    expect((await database.outbox.toArray()).map((row) => row.id).sort()).toEqual(['m1', 'm3'])
  })

  it('[REC-4] takes the numbering of the journal where it differs', async () => {
    await database.outbox.put({ ...outboxRow(entry(7)), verdict: { status: 'applied' } })
    const renumbered = { ...entry(7), deviceId: 'new', mutation: { ...mutation(7), seq: 1 } }
    expect((await database.reconcile([renumbered])).restored).toBe(0)
    expect(await database.outbox.get('m7')).toMatchObject({ deviceId: 'new', mutation: { seq: 1 }, verdict: null })
  })

  it('[RES-2] a seen result stays seen when the same decision is settled again', async () => {
    const refused = {
      ...outboxRow(entry(2)),
      verdict: { status: 'refused' as const, code: 'session_ended' as const, message: '' },
    }
    await database.settle([refused], 1)
    await database.results.update('m2', { seen: 1 })
    await database.settle([refused], 2)
    expect(await database.results.get('m2')).toMatchObject({ seen: 1, receivedAt: 1 })
  })

  it('[REC-3] tells which rows the journal does not have', async () => {
    await database.outbox.bulkPut([outboxRow(entry(1)), outboxRow(entry(2))])
    const { unjournalled } = await database.reconcile([entry(1)])
    expect(unjournalled.map((row) => row.id)).toEqual(['m2'])
  })

  it('[PULL-8] offers a restored backend again what it had confirmed or judged, and makes the next pull a reset', async () => {
    const sent = { ...outboxRow(entry(1)), verdict: { status: 'applied' as const } }
    await database.settle([sent], 1)
    await database.outbox.bulkPut([{ ...outboxRow(entry(2)), verdict: { status: 'applied' } }, outboxRow(entry(3))])
    expect(await database.offerAgain()).toBe(1)
    expect((await database.outbox.toArray()).map((row) => [row.id, row.verdict])).toEqual([
      ['m1', null],
      ['m2', null],
      ['m3', null],
    ])
    expect(await database.sent.count()).toBe(0)
    expect((await database.cursors.get('a'))?.epoch).toBe('')
    expect(await database.offerAgain()).toBe(0)
  })

  it('numbers anew in order of age, under a new device, and forgets verdicts on the old numbers', async () => {
    await database.outbox.bulkPut([
      { ...outboxRow(entry(9)), verdict: { status: 'applied' } },
      outboxRow(entry(3)),
      { ...outboxRow(entry(1)), employeeNumber: '200' },
    ])
    await database.renumber('100', () => 'new')
    const rows = sortByAge((await database.outbox.toArray()).filter((row) => row.deviceId === 'new'))
    expect(rows.map((row) => [row.id, row.mutation.seq, row.verdict])).toEqual([
      ['m3', 1, null],
      ['m9', 2, null],
    ])
    expect(await database.device('100', () => 'never')).toEqual({ deviceId: 'new', nextSeq: 3 })
    expect((await database.outbox.get('m1'))?.deviceId).toBe('d')
  })

  it('a verdict on an old number is not taken for the new one', async () => {
    await database.outbox.put(outboxRow(entry(1)))
    await database.noteVerdicts('old', [{ id: 'm1', seq: 1, status: 'applied' }])
    await database.noteVerdicts('d', [{ id: 'm1', seq: 2, status: 'applied' }])
    expect((await database.outbox.get('m1'))?.verdict).toBeNull()
    await database.noteVerdicts('d', [{ id: 'm1', seq: 1, status: 'applied' }])
    expect((await database.outbox.get('m1'))?.verdict).toEqual({ status: 'applied' })
  })

  it('[PUSH-6] a duplicate is what it was answered the first time; a better second outcome takes the result away', async () => {
    const by = { number: '200', name: 'Ben' }
    const first = { status: 'superseded' as const, by, at: '2026-03-10T10:00:00.000Z' }
    await database.settle([{ ...outboxRow(entry(1)), verdict: { status: 'duplicate', first } }], 1)
    expect((await database.results.get('m1'))?.verdict).toEqual(first)
    await database.settle(
      [{ ...outboxRow(entry(1)), verdict: { status: 'duplicate', first: { status: 'applied' } } }],
      2,
    )
    expect(await database.results.count()).toBe(0)
  })

  it('[DEC-3] numbers decisions without holes, per employee', async () => {
    const { seq: _seq, ...unnumbered } = mutation(0)
    let minted = 0
    const mint = () => `device-${++minted}`
    const append = async (employeeNumber: string, ...ids: string[]) => {
      const mutations = ids.map((id) => ({ ...unnumbered, id }))
      return database.appendNumbered(employeeNumber, mutations, mint)
    }
    const rows = (await Promise.all([append('100', 'n1'), append('100', 'n2', 'n3'), append('100', 'n4')])).flat()
    const [other] = await append('200', 'n5')
    expect(rows.map((row) => [row.id, row.mutation.seq])).toEqual([
      ['n1', 1],
      ['n2', 2],
      ['n3', 3],
      ['n4', 4],
    ])
    expect(new Set(rows.map((row) => row.deviceId)).size).toBe(1)
    expect(other?.mutation.seq).toBe(1)
    expect(other?.deviceId).not.toBe(rows[0]?.deviceId)
  })
})

describe('a database of a newer app', () => {
  it('[REC-6] is read, and nothing of it can be changed', async () => {
    const name = `newer-${count}`
    const newer = new Dexie(name)
    newer.version(99).stores({ outbox: 'id', meta: 'key', news: 'id' })
    await newer.table('outbox').put(outboxRow(entry(1)))
    newer.close()
    const older = new ConsoleDatabase(name)
    await older.open()
    expect(older.readOnly).toBe(true)
    expect((await older.outbox.toArray()).map((row) => row.id)).toEqual(['m1'])
    await expect(older.outbox.put(outboxRow(entry(2)))).rejects.toThrow(/newer/)
    await expect(older.outbox.delete('m1')).rejects.toThrow(/newer/)
    expect(await older.outbox.count()).toBe(1)
  })

  it('says when it was made anew behind its back', async () => {
    let created = 0
    await database.open()
    database.created = () => {
      created += 1
    }
    await new Promise((done) => {
      indexedDB.deleteDatabase(database.name).onsuccess = done
    })
    expect(await database.outbox.count()).toBe(0)
    expect(created).toBe(1)
  })
})
