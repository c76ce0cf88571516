import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decodeDayBlock, encodeDayBlock } from '#shared/protocol/day-block.ts'
import { MemoryFolder } from '../src-main/testing/memory-folder.ts'
import { noFilter, type SessionQuery } from '../src-renderer/data/data-api.ts'
import { type Desktop, type LabConsole, STORE, startWorld, type World } from './console-world.ts'

let world: World
let run = 0
let s = ''
beforeAll(async () => {
  world = await startWorld()
})
beforeEach(async () => {
  run += 1
  s = `d${run}`
  const at = new Date(Date.now() - 60_000).toISOString()
  await world.post([
    { id: `${s}-1`, sessionId: s, type: 'session.started', at, client: 'matrix' },
    { id: `${s}-2`, sessionId: s, type: 'verification.required', at, verificationId: `${s}-v`, kind: 'spot_check' },
  ])
})
afterAll(() => world.close())

const desktop = (): Desktop => ({ journalFolder: new MemoryFolder() })
const pc = () => `pc-${run}`
async function open(on?: Desktop, name = pc()): Promise<LabConsole> {
  const lab = await world.openConsole(name, on)
  if (lab.status().identity === null) expect(await lab.data.signIn('100', 'anna')).toEqual({ ok: true })
  return lab
}
const synced = (lab: LabConsole) =>
  lab.until((status) => status.connection === 'online' && status.lastContactAt[STORE] !== undefined)
const note = (lab: LabConsole, text: string) => lab.data.decide(STORE, s, { type: 'note.add', payload: { text } })
const notesAtBackend = async () => (await world.read(s)).notes.map((each) => each.text)
/** The console of a PC that is started again: it hears and says nothing any more. */
const stop = (lab: LabConsole) => lab.setOnline(false)
const pending = async (lab: LabConsole) => (await lab.data.dataSafety()).journal?.pending
const count = async (lab: LabConsole, text = ''): Promise<number> => {
  const query: SessionQuery = {
    ...noFilter,
    storeIds: [STORE],
    text,
    sort: 'startedAt',
    descending: true,
    offset: 0,
    limit: 1,
    nowMs: 0,
  }
  return (await lab.data.sessions(query)).count
}

describe('journal and outbox', () => {
  it('[DEC-1] [PULL-3] a decision is in both until its effect was pulled, then in neither', async () => {
    const lab = await open(desktop())
    await synced(lab)
    lab.setOnline(false)
    expect(await note(lab, 'kept')).toEqual({ ok: true, savedIn: 'journal' })
    expect(await pending(lab)).toBe(1)
    expect(await lab.database.outbox.count()).toBe(1)
    lab.setOnline(true)
    await lab.data.syncNow()
    await lab.until((status) => status.unsent === 0)
    expect(await lab.database.outbox.count()).toBe(0)
    await expect.poll(() => pending(lab)).toBe(0)
  })

  it('[REC-1] [DEC-3] a wiped IndexedDB gets its decisions back from the journal, under the same numbers', async () => {
    const on = desktop()
    const first = await open(on)
    await synced(first)
    first.setOnline(false)
    await note(first, 'one')
    await note(first, 'two')
    const before = (await first.database.outbox.toArray()).map((row) => [row.deviceId, row.mutation.seq])
    stop(first)
    await first.database.delete()
    const again = await open(on)
    expect(again.status().unsent === 2 || (await synced(again)).unsent === 0).toBe(true)
    await again.until((status) => status.unsent === 0 && status.connection === 'online')
    expect(await notesAtBackend()).toEqual(['one', 'two'])
    expect(before.map(([, seq]) => seq).sort()).toEqual([1, 2])
    await note(again, 'three')
    await again.until((status) => status.unsent === 0)
    expect(await notesAtBackend()).toEqual(['one', 'two', 'three'])
  })

  it('[ID-4] after a lost IndexedDB the kept sign-in says who works here, and what was unsent is sent', async () => {
    const on = desktop()
    const first = await open(on)
    await synced(first)
    first.setOnline(false)
    await note(first, 'mine')
    stop(first)
    await first.database.delete()
    const again = await world.openConsole(pc(), { ...on, hasSignIn: true })
    expect(again.status().identity?.employee.name).toBe('Anna')
    await expect.poll(notesAtBackend).toEqual(['mine'])
    expect(again.status().signInNeeded).toBe(false)
  })

  it('[REC-2] what IndexedDB settled before a crash is confirmed to the journal at the next start', async () => {
    const on = desktop()
    const first = await open(on)
    await synced(first)
    await note(first, 'sent')
    await first.until((status) => status.unsent === 0)
    const entry = await first.database.sent.toCollection().first()
    stop(first)
    // The crash came between the two: the journal never heard of it.
    const journal = new MemoryFolder()
    const { Journal } = await import('../src-main/journal.ts')
    const opened = await Journal.open({ folder: journal, mintId: () => entry?.deviceId ?? '' })
    const { seq: _seq, ...mutation } = entry?.mutation ?? { seq: 0 }
    await opened.append('100', mutation as Parameters<typeof opened.append>[1])
    await opened.close()
    const again = await open({ journalFolder: journal })
    expect(again.status().unsent).toBe(0)
    expect(await pending(again)).toBe(0)
    expect(await notesAtBackend()).toEqual(['sent'])
  })

  it('[REC-3] a lost journal adopts what the outbox has, under a new device', async () => {
    const first = await open(desktop())
    await synced(first)
    first.setOnline(false)
    await note(first, 'one')
    await note(first, 'two')
    const before = (await first.database.outbox.toArray())[0]?.deviceId
    stop(first)
    const again = await open(desktop())
    expect(again.status().unsent).toBe(2)
    expect(await pending(again)).toBe(2)
    expect((await again.database.outbox.toArray())[0]?.deviceId).not.toBe(before)
    await again.until((status) => status.unsent === 0 && status.connection === 'online')
    expect(await notesAtBackend()).toEqual(['one', 'two'])
    expect((await again.data.dataSafety()).incidents.map((each) => each.kind)).toContain('decisions_adopted')
  })

  it('[DEC-5] a decision that IndexedDB refuses is kept by the journal, shown, and sent', async () => {
    const lab = await open(desktop())
    await synced(lab)
    lab.setOnline(false)
    const put = lab.database.outbox.put.bind(lab.database.outbox)
    lab.database.outbox.put = (() => Promise.reject(new DOMException('full', 'QuotaExceededError'))) as never
    expect(await note(lab, 'memory')).toEqual({ ok: true, savedIn: 'journal' })
    expect(lab.status().unsent).toBe(1)
    expect((await lab.data.session(STORE, s))?.document.notes.map((each) => each.text)).toEqual(['memory'])
    lab.database.outbox.put = put
    lab.setOnline(true)
    await lab.data.syncNow()
    await lab.until((status) => status.unsent === 0)
    expect(await notesAtBackend()).toEqual(['memory'])
  })

  it('[DEC-2] a journal that cannot be written refuses the decision, and nothing of it is left', async () => {
    const on = desktop()
    const lab = await open(on)
    await synced(lab)
    on.journalFolder.space = 0
    expect(await note(lab, 'never')).toMatchObject({ ok: false, code: 'storage_failed' })
    expect(lab.status().unsent).toBe(0)
    on.journalFolder.space = Number.POSITIVE_INFINITY
    expect(await note(lab, 'now')).toMatchObject({ ok: true })
    await lab.until((status) => status.unsent === 0)
    expect(await notesAtBackend()).toEqual(['now'])
  })

  it.each([true, false])(
    '[REC-5] a database deleted while it is open gets everything back from memory (journal: %s)',
    async (journalled) => {
      const lab = await open(journalled ? desktop() : undefined)
      await synced(lab)
      const sessions = await count(lab)
      lab.setOnline(false)
      await note(lab, 'one')
      await new Promise((done) => {
        indexedDB.deleteDatabase(pc()).onsuccess = done
      })
      // Its document is gone until the network is back.
      expect(await note(lab, 'too early')).toMatchObject({ ok: false, code: 'session_unknown' })
      await lab.until((status) => status.unsent === 1)
      lab.setOnline(true)
      await lab.data.syncNow()
      await lab.until((status) => status.unsent === 0 && status.connection === 'online')
      expect(await note(lab, 'two')).toMatchObject({ ok: true })
      await lab.until((status) => status.unsent === 0)
      expect(await notesAtBackend()).toEqual(['one', 'two'])
      await expect.poll(() => count(lab), { timeout: 10_000 }).toBe(sessions)
      expect(lab.status().identity?.employee.name).toBe('Anna')
      expect((await lab.data.dataSafety()).incidents.map((each) => each.kind)).toContain('database_recreated')
    },
  )
})

describe('a damaged outbox row', () => {
  it.each([true, false])('[REC-8] stops nothing: journal %s', async (journalled) => {
    const on = journalled ? desktop() : undefined
    const first = await open(on)
    await synced(first)
    first.setOnline(false)
    await note(first, 'whole')
    await note(first, 'damaged')
    stop(first)
    const [, second] = (await first.database.outbox.toArray()).sort((a, b) => a.mutation.seq - b.mutation.seq)
    await first.database.outbox.update(second?.id ?? '', { mutation: undefined as never })
    const again = await open(on)
    await again.until((status) => status.unsent === 0 && status.connection === 'online')
    expect(await notesAtBackend()).toEqual(journalled ? ['whole', 'damaged'] : ['whole'])
    const kinds = (await again.data.dataSafety()).incidents.map((each) => each.kind)
    expect(kinds).toContain(journalled ? 'decisions_restored' : 'decisions_unreadable')
    // Nothing is thrown away.
    expect(await again.database.outbox.count()).toBe(journalled ? 0 : 1)
    await note(again, 'later')
    await expect.poll(notesAtBackend).toContain('later')
  })
})

describe('export and import', () => {
  it('[MOVE-1] decisions go to another PC by file and count once, whoever sends them first', async () => {
    const first = await open(desktop())
    await synced(first)
    first.setOnline(false)
    await note(first, 'carried')
    const file = await first.data.exportUnsent()
    expect(JSON.parse(file.text)).toMatchObject({ decisions: [{ employeeNumber: '100' }] })
    const second = await open(desktop(), `${pc()}-other`)
    await synced(second)
    expect(await second.data.importUnsent(file.text)).toEqual({
      ok: true,
      imported: 1,
      alreadyHere: 0,
      waiting: false,
      byEmployee: [{ employeeNumber: '100', count: 1 }],
    })
    expect(await second.data.importUnsent(file.text)).toMatchObject({ imported: 0, alreadyHere: 1 })
    await second.until((status) => status.unsent === 0)
    expect(await notesAtBackend()).toEqual(['carried'])
    first.setOnline(true)
    await first.data.syncNow()
    await first.until((status) => status.unsent === 0)
    expect(await notesAtBackend()).toEqual(['carried'])
    expect(first.status().unseenResults).toBe(0)
  })

  it('[MOVE-1] a journal too full for the file says so, and what was taken is sent once there is room', async () => {
    const first = await open(desktop())
    await synced(first)
    first.setOnline(false)
    for (const text of ['one', 'two', 'three']) await note(first, text)
    const { text } = await first.data.exportUnsent()
    const on = desktop()
    const second = await open(on, `${pc()}-other`)
    await synced(second)
    on.journalFolder.space = 0
    const taken = { ok: true, imported: 3, alreadyHere: 0, waiting: true }
    expect(await second.data.importUnsent(text)).toMatchObject(taken)
    // Shown at once, and not sent without their numbers.
    await second.until((status) => status.unsent === 3)
    const shown = await second.data.session(STORE, s)
    expect(shown?.document.notes.map((each) => each.text)).toEqual(['one', 'two', 'three'])
    expect(await second.data.importUnsent(text)).toMatchObject({ imported: 0, alreadyHere: 3, waiting: true })
    expect(await notesAtBackend()).toEqual([])
    on.journalFolder.space = Number.POSITIVE_INFINITY
    expect(await second.data.importUnsent(text)).toMatchObject({ imported: 0, alreadyHere: 3, waiting: false })
    await second.until((status) => status.unsent === 0)
    expect(await notesAtBackend()).toEqual(['one', 'two', 'three'])
    const kinds = (await second.data.dataSafety()).incidents.map((each) => each.kind)
    expect(kinds.filter((kind) => kind === 'decisions_imported')).toHaveLength(1)
  })

  it('[MOVE-2] a decision of somebody else waits for its owner', async () => {
    const first = await open(desktop())
    await synced(first)
    first.setOnline(false)
    await note(first, 'hers')
    const { text } = await first.data.exportUnsent()
    const second = await world.openConsole(`${pc()}-other`, desktop())
    await second.data.signIn('200', 'ben')
    await synced(second)
    await second.data.importUnsent(text)
    await second.until((status) => status.unsentOfOthers.length === 1)
    expect(second.status().unsentOfOthers).toEqual([{ employeeNumber: '100', count: 1 }])
    await second.data.signOut()
    await second.data.signIn('100', 'anna')
    await second.until((status) => status.unsent === 0 && status.connection === 'online')
    expect((await world.read(s)).notes).toMatchObject([{ text: 'hers', employee: { number: '100' } }])
  })

  it('[MOVE-1] a bad file is refused with its field, and nothing is taken', async () => {
    const lab = await open()
    await synced(lab)
    expect(await lab.data.importUnsent('not json')).toMatchObject({ ok: false })
    expect(await lab.data.importUnsent('{"format":"x"}')).toMatchObject({ ok: false, field: 'format' })
    const file = {
      format: 'floorwalker-unsent-decisions',
      version: 1,
      exportedAt: '2026-01-01T00:00:00.000Z',
      decisions: [{ employeeNumber: '100', mutation: { id: 'x', storeId: STORE, sessionId: s, type: 'note.add' } }],
    }
    expect(await lab.data.importUnsent(JSON.stringify(file))).toMatchObject({
      ok: false,
      field: 'decisions.0.mutation.occurredAt',
    })
    expect(lab.status().unsent).toBe(0)
  })
})

describe('what is here and what is there', () => {
  it('[SAFE-1] finds a day that differs and repairs it', async () => {
    const lab = await open()
    await synced(lab)
    expect((await lab.data.checkIntegrity()).findings).toEqual([])
    const overlay = await lab.database.overlay.get([STORE, s])
    const block = await lab.database.dayBlocks.where('storeId').equals(STORE).first()
    expect(overlay ?? block).toBeDefined()
    // The row is lost on this PC, and the cursor does not know.
    await lab.database.overlay.clear()
    await lab.database.dayBlocks.clear()
    stop(lab)
    const again = await open()
    await synced(again)
    const lost = await count(again)
    const report = await again.data.checkIntegrity()
    expect(report.findings).toMatchObject([{ storeId: STORE, repaired: true }])
    expect(report.findings[0]?.there).toBeGreaterThan(lost)
    expect((await again.data.checkIntegrity()).findings).toEqual([])
    expect((await again.data.dataSafety()).lastIntegrityCheck?.findings).toEqual([])
    expect(await count(again, s)).toBe(1)
  })

  it('[PULL-13] blocks and rows of an app of before are fetched again without a word', async () => {
    const lab = await open()
    await synced(lab)
    const query = { ...noFilter, sort: 'startedAt', descending: false, offset: 0, limit: 1_000, nowMs: 0 } as const
    const { rows } = await lab.data.sessions(query)
    const told = { furthestStep: null, obstacle: null, checkMethod: null, checkedBy: null, differences: null }
    await lab.database.dayBlocks.toCollection().modify((row) => {
      row.bytes = encodeDayBlock(decodeDayBlock(row.bytes).map((each) => ({ ...each, ...told })))
    })
    await lab.database.overlay.toCollection().modify((row) => {
      if (row.summary !== null) Object.assign(row.summary, told)
    })
    stop(lab)
    const again = await open()
    await synced(again)
    await expect.poll(async () => (await again.data.sessions(query)).rows, { timeout: 10_000 }).toEqual(rows)
    expect(rows.every(({ furthestStep }) => furthestStep !== null)).toBe(true)
    expect((await again.data.dataSafety()).incidents).toEqual([])
    stop(again)
    const later = await open()
    await synced(later)
    expect((await later.data.sessions(query)).rows).toEqual(rows)
  })

  it('[PULL-11] a corrupt block is named, fetched again, and nothing else is lost', async () => {
    const lab = await open()
    await synced(lab)
    const sessions = await count(lab)
    await lab.database.dayBlocks.toCollection().modify({ bytes: new Uint8Array([1, 2, 3]) })
    await lab.database.overlay.clear()
    stop(lab)
    const again = await open()
    await synced(again)
    await expect.poll(() => count(again), { timeout: 10_000 }).toBe(sessions)
    const kinds = (await again.data.dataSafety()).incidents.map((each) => each.kind)
    expect(kinds).toContain('block_corrupt')
    expect(kinds).toContain('block_repaired')
  })

  it('[PULL-10] a disk nearly full pauses pulls; decisions are saved and sent; then all goes on', async () => {
    const lab = await open()
    await synced(lab)
    lab.setRoom(1_000)
    await lab.data.syncNow()
    await lab.until((status) => status.lowDisk)
    await note(lab, 'still')
    await expect.poll(notesAtBackend).toEqual(['still'])
    expect(lab.status().unsent).toBe(1)
    lab.setRoom(Number.MAX_SAFE_INTEGER)
    await lab.data.syncNow()
    await lab.until((status) => !status.lowDisk && status.unsent === 0)
    expect((await lab.data.dataSafety()).incidents.map((each) => each.kind)).toContain('storage_full')
  })

  it('[KEEP-1] details of old sessions go, undecided ones stay, and rows stay', async () => {
    const old = `${s}-old`
    const at = (days: number) => new Date(Date.now() - days * 24 * 3_600_000).toISOString()
    await world.post([
      { id: `${old}-1`, sessionId: old, type: 'session.started', at: at(9), client: 'matrix' },
      { id: `${old}-2`, sessionId: old, type: 'session.cancelled', at: at(8) },
    ])
    const lab = await open()
    await synced(lab)
    expect((await lab.data.session(STORE, old))?.document.endedAt).not.toBeNull()
    lab.setOnline(false)
    await lab.data.decide(STORE, old, { type: 'note.add', payload: { text: 'late' } })
    const rows = await count(lab)
    await lab.data.setKeepDetailsDays(1)
    expect(await lab.database.sessions.get([STORE, old])).toBeDefined()
    lab.setOnline(true)
    await lab.data.syncNow()
    await lab.until((status) => status.unsent === 0)
    await lab.data.setKeepDetailsDays(1)
    expect(await lab.database.sessions.get([STORE, old])).toBeUndefined()
    expect(await count(lab)).toBe(rows)
    await expect(lab.data.setKeepDetailsDays(0)).rejects.toThrow(/1 to 3650/)
  })

  it('[KEEP-2] details of the last days are fetched ahead, newest first, and open with the network down', async () => {
    const ahead = `${s}-ahead`
    const at = (days: number) => new Date(Date.now() - days * 24 * 3_600_000).toISOString()
    for (const [id, days] of [
      [`${ahead}-new`, 2],
      [`${ahead}-old`, 9],
    ] as const) {
      await world.post([
        { id: `${id}-1`, sessionId: id, type: 'session.started', at: at(days), client: 'matrix' },
        { id: `${id}-2`, sessionId: id, type: 'session.cancelled', at: at(days - 1) },
      ])
    }
    const lab = await open()
    await synced(lab)
    await lab.database.sessions.clear()
    await lab.data.setDetailsAheadDays(5)
    const isHere = async (id: string) => (await lab.database.sessions.get([STORE, id])) !== undefined
    await expect.poll(() => isHere(`${ahead}-new`), { timeout: 10_000 }).toBe(true)
    await lab.until((status) => status.detailsAhead === null)
    expect(await isHere(`${ahead}-old`)).toBe(false)
    // Their rows were here before: none stands beside its block.
    const before = await lab.database.overlay.count()
    await lab.database.sessions.clear()
    await lab.data.setDetailsAheadDays(6)
    await expect.poll(() => isHere(`${ahead}-new`), { timeout: 10_000 }).toBe(true)
    expect(await lab.database.overlay.count()).toBe(before)
    lab.setOnline(false)
    expect((await lab.data.session(STORE, `${ahead}-new`))?.document.id).toBe(`${ahead}-new`)
    await expect(lab.data.setDetailsAheadDays(31)).rejects.toThrow(/0 to 30/)
    await lab.data.setDetailsAheadDays(0)
  })

  it('[SAFE-2] the support bundle names nobody', async () => {
    const lab = await open(desktop())
    await synced(lab)
    lab.setOnline(false)
    await note(lab, 'secret words')
    const { text } = await lab.data.supportBundle()
    expect(JSON.parse(text)).toMatchObject({ signedInAs: 'supervisor', safety: { unsent: [{ own: true, count: 1 }] } })
    for (const personal of ['Anna', '"100"', 'secret words', s]) expect(text).not.toContain(personal)
  })
})
