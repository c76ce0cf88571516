/** Left baskets between real consoles and a real backend: reviewed and put back offline, by two at once, and handed over. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MemoryFolder } from '../src-main/testing/memory-folder.ts'
import type { AbandonedQuery, LineKey, PutBackList, ShiftKey } from '../src-renderer/data/abandoned-api.ts'
import { unpackPutBack } from '../src-renderer/data/put-back-transfer.ts'
import { type Desktop, type LabConsole, EXPIRING_STORE as STORE, startWorld, type World } from './console-world.ts'

let world: World
/** Names the databases and sessions of each test, so that one world serves all. */
let run = 0
let s = ''
beforeAll(async () => {
  world = await startWorld()
})
beforeEach(() => {
  run += 1
  s = `b${run}`
})
afterAll(() => world.close())

const MINUTE_MS = 60_000
/** Left some minutes ago: it expired ten minutes after its last item. */
const START_MS = Date.now() - 15 * MINUTE_MS
const at = (seconds: number) => new Date(START_MS + seconds * 1_000).toISOString()
const goods = {
  milk: { sku: '4001', name: 'Milk', unitPrice: 129, department: 'Dairy', storage: 'chilled' as const },
  peas: { sku: '4002', name: 'Peas', unitPrice: 299, department: 'Frozen food', storage: 'frozen' as const },
  soap: { sku: '4003', name: 'Soap', unitPrice: 199, department: 'Household' },
}
const item = (id: string, lineId: keyof typeof goods, seconds: number, quantity = 1) => ({
  id: `${id}-${lineId}`,
  sessionId: id,
  type: 'item.added' as const,
  at: at(seconds),
  lineId,
  quantity,
  ...goods[lineId],
})
const basket = (id: string) => [
  { id: `${id}-start`, sessionId: id, type: 'session.started' as const, at: at(0), client: 'matrix' },
  item(id, 'soap', 1),
  item(id, 'milk', 2, 2),
  item(id, 'peas', 3),
]
async function leave(...ids: string[]): Promise<void> {
  await world.post(ids.flatMap(basket), STORE)
  await world.backend.expire()
}

const people = { dora: ['400', 'dora'], emil: ['500', 'emil'] } satisfies Record<string, [string, string]>
async function open(who: keyof typeof people, desktop?: Desktop): Promise<LabConsole> {
  const lab = await world.openConsole(`left-${who}-${run}`, desktop)
  if (lab.status().identity === null) expect(await lab.data.signIn(...people[who])).toEqual({ ok: true })
  return lab
}
const synced = (lab: LabConsole) =>
  lab.until(({ connection, lastContactAt }) => connection === 'online' && lastContactAt[STORE] !== undefined)
async function signedIn(who: keyof typeof people, desktop?: Desktop): Promise<LabConsole> {
  const lab = await open(who, desktop)
  await synced(lab)
  await expect.poll(async () => (await list(lab)).count, { timeout: 10_000 }).toBeGreaterThan(0)
  return lab
}
const everything: AbandonedQuery = {
  storeIds: [],
  leftFrom: null,
  leftTo: null,
  shifts: [],
  obstacles: [],
  reviewed: false,
  total: null,
  text: '',
  sort: 'leftAt',
  descending: true,
  offset: 0,
  limit: 100,
  nowMs: Date.now(),
}
const list = (lab: LabConsole, change: Partial<AbandonedQuery> = {}) =>
  lab.data.abandoned({ ...everything, text: s, ...change })
const putBack = async (lab: LabConsole) =>
  unpackPutBack(await lab.data.putBackList({ storeIds: [], leftFrom: null, nowMs: Date.now() }))
/** Of the baskets of this test: pieces by product. */
const pieces = ({ items }: PutBackList) =>
  Object.fromEntries(
    items.flatMap(({ name, lines }) => {
      const own = lines.filter(({ sessionId }) => sessionId.startsWith(`${s}-`) || sessionId === s)
      return own.length === 0 ? [] : [[name, own.reduce((sum, { quantity }) => sum + quantity, 0)]]
    }),
  )
const line = (sessionId: string, lineId: keyof typeof goods): LineKey => ({ storeId: STORE, sessionId, lineId })
const sent = async (lab: LabConsole) => {
  lab.setOnline(true)
  await lab.data.syncNow()
  await lab.until(({ unsent, connection }) => unsent === 0 && connection === 'online')
}
const review = (lab: LabConsole, ids: string[], outcome: 'put_back' | 'discarded' | 'not_found' | null = null) =>
  lab.data.reviewBaskets(
    ids.map((id) => ({ storeId: STORE, id })),
    { reason: 'Left at the exit', note: null, outcome },
  )

describe('a basket that was left', () => {
  it('[LEFT-1] two people tick and review it offline: merged item by item, contradictions shown in both', async () => {
    await leave(s)
    const [dora, emil] = [await signedIn('dora'), await signedIn('emil')]
    for (const lab of [dora, emil]) lab.setOnline(false)
    expect(await dora.data.settleLines([line(s, 'milk')], 'put_back')).toEqual({ ok: true, saved: 1 })
    expect(pieces(await putBack(dora))).toEqual({ Soap: 1, Peas: 1 })
    expect(await emil.data.settleLines([line(s, 'milk'), line(s, 'peas')], 'discarded')).toEqual({ ok: true, saved: 1 })
    expect(await review(emil, [s], 'not_found')).toEqual({ ok: true, saved: 1 })
    expect((await list(emil)).count).toBe(0)
    expect((await list(emil, { reviewed: true })).rows[0]?.unsent).toBe(true)
    await sent(dora)
    await sent(emil)
    await dora.data.syncNow()
    await expect.poll(async () => (await list(dora)).count, { timeout: 10_000 }).toBe(0)
    for (const lab of [dora, emil]) {
      const found = await list(lab, { reviewed: true })
      const settled = Object.fromEntries(
        (found.rows[0]?.items ?? []).map(({ lineId, settled: of }) => [
          lineId,
          [of?.outcome, of?.employee.name, of?.others.map(({ outcome, employee }) => [outcome, employee.name])],
        ]),
      )
      expect(settled).toEqual({
        milk: ['put_back', 'Dora', [['discarded', 'Emil']]],
        peas: ['discarded', 'Emil', []],
        soap: ['not_found', 'Emil', []],
      })
      expect(found.rows[0]?.review).toMatchObject({ reason: 'Left at the exit', employee: { name: 'Emil' } })
      expect(pieces(await putBack(lab))).toEqual({})
    }
    // What Emil said of the milk counted for the peas: his decision was applied, and nothing is lost.
    expect(await emil.data.results({ seen: false })).toEqual([])
    expect((await world.read(s, STORE)).events.filter(({ type }) => type.startsWith('basket.'))).toHaveLength(3)
  })

  it('[LEFT-2] all of it works from a cold start with the network down', async () => {
    const desktop = { journalFolder: new MemoryFolder() }
    const [left, reviewed] = [`${s}-left`, `${s}-reviewed`]
    await leave(left, reviewed)
    const first = await signedIn('dora', desktop)
    await first.until(({ detailsAhead }) => detailsAhead === null)
    await expect.poll(async () => (await list(first)).withoutDetails, { timeout: 10_000 }).toBe(0)
    first.setOnline(false)
    expect(await review(first, [reviewed], 'discarded')).toEqual({ ok: true, saved: 1 })
    // Started anew, offline: the same PC, its journal and its database.
    const lab = await world.openConsole(`left-dora-${run}`, desktop)
    lab.setOnline(false)
    expect(lab.status().identity?.employee.name).toBe('Dora')
    const page = await list(lab)
    expect(page).toMatchObject({ count: 1, withoutDetails: 0, complete: true, rows: [{ row: { id: left } }] })
    expect(page.rows[0]?.items?.map(({ lineId, scannedAt }) => [lineId, scannedAt])).toEqual([
      ['soap', START_MS + 1_000],
      ['milk', START_MS + 2_000],
      ['peas', START_MS + 3_000],
    ])
    expect((await list(lab, { text: 'peas' })).rows.map(({ row }) => row.id)).toContain(left)
    expect(pieces(await putBack(lab))).toEqual({ Peas: 1, Milk: 2, Soap: 1 })
    await lab.data.settleLines([line(left, 'peas')], 'discarded')
    expect(pieces(await putBack(lab))).toEqual({ Milk: 2, Soap: 1 })
    await sent(lab)
    expect((await world.read(left, STORE)).putBack).toMatchObject([{ lineId: 'peas', outcome: 'discarded' }])
    expect((await world.read(reviewed, STORE)).putBack).toHaveLength(3)
    first.setOnline(false)
  })

  it('[LEFT-5] a tick is taken back after it was sent, offline: open on every PC, and whoever says something next counts', async () => {
    await leave(s)
    const [dora, emil] = [await signedIn('dora'), await signedIn('emil')]
    await dora.data.settleLines([line(s, 'milk'), line(s, 'peas')], 'discarded')
    await sent(dora)
    await emil.data.syncNow()
    await expect.poll(async () => pieces(await putBack(emil)), { timeout: 10_000 }).toEqual({ Soap: 1 })
    // Not his to take back.
    await emil.data.takeBackLines([line(s, 'peas')])
    expect(pieces(await putBack(emil))).toEqual({ Soap: 1 })
    dora.setOnline(false)
    expect(await dora.data.takeBackLines([line(s, 'milk')])).toEqual({ ok: true, saved: 1 })
    expect(pieces(await putBack(dora))).toEqual({ Milk: 2, Soap: 1 })
    await sent(dora)
    await sent(emil)
    await emil.data.syncNow()
    await expect.poll(async () => pieces(await putBack(emil)), { timeout: 10_000 }).toEqual({ Milk: 2, Soap: 1 })
    await emil.data.settleLines([line(s, 'milk')], 'put_back')
    await sent(emil)
    expect((await world.read(s, STORE)).putBack).toMatchObject([
      { lineId: 'milk', outcome: 'put_back', employee: { name: 'Emil' }, others: [] },
      { lineId: 'peas', outcome: 'discarded', employee: { name: 'Dora' }, others: [] },
    ])
    expect([await dora.data.results({ seen: false }), await emil.data.results({ seen: false })]).toEqual([[], []])
  })

  it('[LEFT-3] many baskets are reviewed at once, in the journal with one write; what is not known here is told', async () => {
    const folder = new MemoryFolder()
    const ids = Array.from({ length: 60 }, (_, n) => `${s}-${n}`)
    await leave(...ids)
    const lab = await signedIn('dora', { journalFolder: folder })
    await expect.poll(async () => (await list(lab)).withoutDetails, { timeout: 10_000 }).toBe(0)
    lab.setOnline(false)
    const outcome = await review(lab, [...ids, 'nobody-knows-it'], 'put_back')
    expect(outcome).toMatchObject({ ok: false, saved: 60, failed: { id: 'nobody-knows-it' } })
    expect((await list(lab)).count).toBe(0)
    expect((await lab.data.dataSafety()).journal?.pending).toBe(60)
    expect(lab.status().unsent).toBe(60)
    await sent(lab)
    expect((await world.read(`${s}-59`, STORE)).review).toMatchObject({ reason: 'Left at the exit' })
  })

  it('[LEFT-4] details are fetched ahead, and stay however little room there is, until it is reviewed', async () => {
    await leave(s)
    const lab = await signedIn('dora')
    const isHere = async () => (await lab.database.sessions.get([STORE, s])) !== undefined
    await expect.poll(isHere, { timeout: 10_000 }).toBe(true)
    const old = new Date(Date.now() + 3 * 24 * 3_600_000)
    const { removeOld } = await import('../src-renderer/data/retention.ts')
    const index = { get: () => ({ progress: 'abandoned', reviewed: false, endedAt: START_MS }) } as never
    await removeOld(lab.database, index, 1, old.getTime())
    expect(await isHere()).toBe(true)
    const reviewedIndex = { get: () => ({ progress: 'abandoned', reviewed: true, endedAt: START_MS }) } as never
    await removeOld(lab.database, reviewedIndex, 1, old.getTime())
    expect(await isHere()).toBe(false)
  })
})

describe('handover', () => {
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Paris' })
  /** The shift in which the baskets of this file are left. */
  function shiftKey(lab: LabConsole): ShiftKey {
    const { shifts = [] } = lab.status().identity?.stores[0] ?? {}
    const time = new Date(START_MS + 600_000).toLocaleTimeString('en-GB', { timeZone: 'Europe/Paris' })
    const begun = shifts.filter(({ from }) => from <= time.slice(0, 5))
    const last = (begun.length > 0 ? begun : shifts).at(-1)
    const before = begun.length > 0 ? 0 : 24 * 3_600_000
    return { storeId: STORE, date: today.format(START_MS + 600_000 - before), shift: last?.name ?? '' }
  }

  it('[SHIFT-1] notes and acknowledgements of two consoles offline meet; the first to arrive has taken over', async () => {
    await leave(s)
    const [dora, emil] = [await signedIn('dora'), await signedIn('emil')]
    const key = shiftKey(dora)
    for (const lab of [dora, emil]) lab.setOnline(false)
    expect(await dora.data.noteShift(key, 'Fridge 3 is warm')).toEqual({ ok: true, saved: 1 })
    expect(await dora.data.acknowledgeShift(key, null)).toEqual({ ok: true, saved: 1 })
    expect(await emil.data.acknowledgeShift(key, 'All seen')).toEqual({ ok: true, saved: 1 })
    const offline = await dora.data.handover(key)
    expect(offline.notes).toMatchObject([{ text: 'Fridge 3 is warm', unsent: true, sessionId: null }])
    expect(offline.acknowledged).toMatchObject({ employee: { name: 'Dora' }, unsent: true })
    expect((await emil.data.handover(key)).acknowledged).toMatchObject({ employee: { name: 'Emil' }, unsent: true })
    await sent(emil)
    await sent(dora)
    await emil.data.syncNow()
    for (const lab of [dora, emil]) {
      await expect
        .poll(async () => lab.data.handover(key), { timeout: 10_000 })
        .toMatchObject({
          notes: [{ text: 'Fridge 3 is warm', employee: { name: 'Dora' }, unsent: false }],
          acknowledged: { employee: { name: 'Emil' }, note: 'All seen', unsent: false },
          alsoAcknowledged: [{ employee: { name: 'Dora' } }],
        })
    }
    expect(await dora.data.results({ seen: false })).toMatchObject([
      { decision: { type: 'shift.acknowledge' }, verdict: { status: 'superseded', by: { name: 'Emil' } } },
    ])
    await expect(dora.data.handover({ ...key, shift: 'Nobody’s' })).rejects.toThrow(/no shift/)
  })

  it('[SHIFT-2] gathers what the shift leaves, notes on sessions and unsent ones included', async () => {
    await leave(s)
    const lab = await signedIn('dora')
    await expect.poll(async () => (await list(lab)).withoutDetails, { timeout: 10_000 }).toBe(0)
    const key = shiftKey(lab)
    const before = await lab.data.handover(key)
    expect(before.abandoned.unreviewed).toBeGreaterThan(0)
    expect(before).toMatchObject({ complete: true, withoutDetails: 0 })
    expect(before.putBack.cold).toBeGreaterThanOrEqual(3)
    lab.setOnline(false)
    const text = `Wet boxes ${s}`
    await lab.data.decide(STORE, s, { type: 'note.add', payload: { text } })
    await review(lab, [s], 'put_back')
    const { from, to } = before
    const inShift = Date.now() >= from && Date.now() < to
    const after = await lab.data.handover(key)
    expect(after.abandoned.unreviewed).toBe(before.abandoned.unreviewed - 1)
    expect(after.putBack.pieces).toBe(before.putBack.pieces - 4)
    expect(after.notes.some((note) => note.text === text && note.unsent && note.sessionId === s)).toBe(inShift)
    expect(after.unsent.map(({ decision }) => decision.type)).toEqual(['note.add', 'basket.review'])
    await sent(lab)
    const confirmed = (await lab.data.handover(key)).notes.find((note) => note.text === text)
    expect(confirmed?.unsent).toBe(inShift ? false : undefined)
  })
})
