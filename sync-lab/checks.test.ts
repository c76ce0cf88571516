/** Checks between real consoles and a real backend: leases, a check under way, the register of refusals. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CheckDraft } from '#shared/verification/rescan.ts'
import { type ExportRequest, noFilter } from '../src-renderer/data/data-api.ts'
import { type LabConsole, STORE, startWorld, type World } from './console-world.ts'

let world: World
/** Names the databases and sessions of each test, so that one world serves all. */
let run = 0
let s = ''
beforeAll(async () => {
  world = await startWorld()
})
beforeEach(() => {
  run += 1
  s = `c${run}`
})
afterAll(() => world.close())

const LEASE_MS = 90_000
const at = (offset: number) => new Date(Date.now() - 60_000 + offset).toISOString()
const shopper = (
  id: string,
  kind: 'spot_check' | 'age_verification' = 'spot_check',
  customerId: string | null = null,
) => [
  { id: `${id}-1`, sessionId: id, type: 'session.started' as const, at: at(0), client: 'matrix', customerId },
  {
    id: `${id}-2`,
    sessionId: id,
    type: 'item.added' as const,
    at: at(1),
    lineId: 'l1',
    sku: '4006381333931',
    name: '=Wine, -10 %',
    quantity: 2,
    unitPrice: 799,
    minAge: 16,
  },
  { id: `${id}-3`, sessionId: id, type: 'verification.required' as const, at: at(2), verificationId: `${id}-v`, kind },
]
const keyOf = (id: string) => ({ storeId: STORE, sessionId: id, verificationId: `${id}-v` })

async function signedIn(name: string, number = '100', password = 'anna'): Promise<LabConsole> {
  const lab = await world.openConsole(`checks-${name}-${run}`)
  expect(await lab.data.signIn(number, password)).toEqual({ ok: true })
  await lab.until((status) => status.connection === 'online' && status.lastContactAt[STORE] !== undefined)
  return lab
}
const decide = (lab: LabConsole, id: string, type: string, payload: object = {}) =>
  lab.data.decide(STORE, id, {
    type: `verification.${type}`,
    payload: { verificationId: `${id}-v`, ...payload },
  } as never)
const refuse = (lab: LabConsole, id: string) =>
  decide(lab, id, 'resolve', { outcome: 'rejected', refusalReason: 'no_document' })
async function eventually<Value>(read: () => Promise<Value>, isSo: (value: Value) => boolean): Promise<Value> {
  for (let tries = 0; tries < 200; tries += 1) {
    const value = await read()
    if (isSo(value)) return value
    await pause(50)
  }
  throw new Error(`still not so: ${JSON.stringify(await read())}`)
}
const entryOf = async (lab: LabConsole, id: string) =>
  (await lab.data.queue([])).find((entry) => entry.sessionId === id)

describe('leases', () => {
  it('[CHECK-1] a taken check is renewed by its console, and waits again once that is cut off for the lease', async () => {
    await world.post(shopper(s))
    const [lab, other] = [await signedIn('a'), await signedIn('b', '200', 'ben')]
    await decide(lab, s, 'acknowledge')
    const held = await eventually(
      () => entryOf(lab, s),
      (entry) => entry?.heldUntil !== undefined && entry.heldUntil !== null,
    )
    expect(held?.verification).toMatchObject({ status: 'in_progress', employee: { number: '100' } })
    await eventually(
      () => entryOf(other, s),
      (entry) => entry?.verification.status === 'in_progress' && entry.heldUntil === null,
    )
    lab.setOnline(false)
    world.advanceBackendClock(LEASE_MS + 1_000)
    expect(await world.backend.lapse()).toBe(1)
    await other.data.syncNow()
    const waiting = await eventually(
      () => entryOf(other, s),
      (entry) => entry?.verification.status === 'waiting',
    )
    expect(waiting?.verification.lastHolder).toMatchObject({ how: 'lapsed', employee: { name: 'Anna' } })
  })

  it('[CHECK-2] who was cut off for longer than the lease still decides, unless a colleague did first', async () => {
    const second = `${s}-second`
    await world.post([...shopper(s), ...shopper(second)])
    const [lab, other] = [await signedIn('a'), await signedIn('b', '200', 'ben')]
    for (const id of [s, second]) await decide(lab, id, 'acknowledge')
    await lab.until((status) => status.unsent === 0)
    lab.setOnline(false)
    world.advanceBackendClock(LEASE_MS + 1_000)
    await world.backend.lapse()
    for (const id of [s, second]) await decide(lab, id, 'resolve', { outcome: 'approved' })
    await other.data.syncNow()
    await eventually(
      () => entryOf(other, second),
      (entry) => entry?.verification.status === 'waiting',
    )
    await decide(other, second, 'resolve', { outcome: 'rejected' })
    await other.until((status) => status.unsent === 0)
    lab.setOnline(true)
    await lab.data.syncNow()
    await lab.until((status) => status.unsent === 0 && status.unseenResults === 1)
    expect((await world.read(s)).verifications[0]).toMatchObject({ status: 'approved', employee: { name: 'Anna' } })
    expect(await lab.data.results({ seen: false })).toMatchObject([
      { sessionId: second, verdict: { status: 'superseded', by: { name: 'Ben' } } },
    ])
  })
})

describe('a check under way', () => {
  const draft: CheckDraft = {
    method: 'partial_rescan',
    plan: { selection: 'random', pieces: 5 },
    escalatedFrom: null,
    fullRescanDeclined: null,
    observations: [{ kind: 'scanned', code: '4006381333931', quantity: 1 }],
    note: '',
  }

  it('[CHECK-3] comes back after a restart, and goes with its outcome', async () => {
    await world.post(shopper(s))
    const lab = await signedIn('a')
    expect(await lab.data.checkDraft(keyOf(s))).toBeNull()
    await lab.data.saveCheckDraft(keyOf(s), draft)
    const more = { ...draft, observations: [...draft.observations, ...draft.observations] }
    await lab.data.saveCheckDraft(keyOf(s), more)
    const again = await world.openConsole(`checks-a-${run}`)
    expect(await again.data.checkDraft(keyOf(s))).toEqual(more)
    await decide(again, s, 'resolve', { outcome: 'approved', method: 'partial_rescan' })
    expect(await again.data.checkDraft(keyOf(s))).toBeNull()
  })

  it('is refused by field where it is not one', async () => {
    const lab = await signedIn('a')
    const bad = { ...draft, observations: [{ kind: 'scanned', code: '', quantity: 1 }] } as CheckDraft
    await expect(lab.data.saveCheckDraft(keyOf(s), bad)).rejects.toThrow('observations.0.code')
    expect(await lab.data.checkDraft(keyOf(s))).toBeNull()
  })

  it('knows products from baskets on this PC, and how often the customer was checked without finding', async () => {
    const lab = await signedIn('a')
    const customer = `C-${s}`
    const ids = ['1', '2', '3', '4'].map((name) => `${s}-${name}`)
    for (const id of ids) await world.post(shopper(id, 'spot_check', id.endsWith('4') ? `${customer}0` : customer))
    const [first = '', second = '', third = '', stranger = ''] = ids
    for (const id of ids) {
      await eventually(
        () => entryOf(lab, id),
        (entry) => entry !== undefined,
      )
    }
    expect(await lab.data.customerChecks(STORE, third)).toEqual({ checks: 0, withoutFinding: 0, lastAt: null })
    await decide(lab, first, 'resolve', { outcome: 'approved' })
    await decide(lab, second, 'resolve', {
      outcome: 'approved',
      differences: [{ kind: 'quantity_too_low', lineId: 'l1', quantity: 3, value: 799 }],
    })
    await decide(lab, stranger, 'resolve', { outcome: 'approved' })
    await lab.until((status) => status.unsent === 0)
    expect(await lab.data.customerChecks(STORE, third)).toMatchObject({ checks: 2, withoutFinding: 1 })
    expect(await lab.data.customerChecks(STORE, first)).toMatchObject({ checks: 1, withoutFinding: 0 })
    expect(await lab.data.knownProduct(STORE, '04006381333931')).toMatchObject({ unitPrice: 799 })
    expect(await lab.data.knownProduct(STORE, '96385074')).toBeNull()
  })
})

describe('the register of refusals', () => {
  it('[REG-2] shows what was refused offline as not sent, then as an entry of the chain', async () => {
    await world.post(shopper(s, 'age_verification'))
    const lab = await signedIn('a')
    await eventually(
      () => lab.data.session(STORE, s),
      (view) => view !== null,
    )
    const before = await lab.data.refusals(STORE)
    lab.setOnline(false)
    expect(await decide(lab, s, 'resolve', { outcome: 'rejected' })).toMatchObject({
      ok: false,
      code: 'invalid',
      message: 'refusalReason is needed to refuse an age verification',
    })
    expect(await refuse(lab, s)).toMatchObject({ ok: true })
    const offline = await lab.data.refusals(STORE)
    expect(offline.pending).toMatchObject([{ sessionId: s, minAge: 16, reason: 'no_document' }])
    const exported = await lab.data.exportRefusals(STORE)
    expect(exported.text.split('\r\n').filter((line) => line.includes('not sent yet'))).toHaveLength(1)
    expect(exported.text).not.toContain(',=Wine')
    lab.setOnline(true)
    await lab.data.syncNow()
    const register = await eventually(
      () => lab.data.refusals(STORE),
      ({ entries, pending }) => pending.length === 0 && entries.length > before.entries.length,
    )
    expect(register).toMatchObject({ chain: { ok: true }, last: register.entries.length })
    expect(register.entries.at(-1)).toMatchObject({ sessionId: s, employee: { name: 'Anna' } })
    expect(await lab.data.compareRefusals(STORE)).toEqual({ ok: true, entries: register.entries.length })
  })

  it('[REG-1] copies the backend’s chain to every PC, and names what somebody changed in it', async () => {
    const [lab, other] = [await signedIn('a'), await signedIn('b', '200', 'ben')]
    for (const name of ['1', '2', '3']) {
      await world.post(shopper(`${s}-${name}`, 'age_verification'))
      await eventually(
        () => lab.data.session(STORE, `${s}-${name}`),
        (view) => view !== null,
      )
      await refuse(lab, `${s}-${name}`)
    }
    const of = async (console: LabConsole) => (await console.data.refusals(STORE)).entries
    const entries = await eventually(
      () => of(other),
      (all) => all.at(-1)?.sessionId === `${s}-3`,
    )
    expect(
      await eventually(
        () => of(lab),
        (all) => all.length === entries.length,
      ),
    ).toEqual(entries)
    const number = entries.length - 1
    // Somebody changes the copy on one PC: it and the comparison say so, the other PC is as it was.
    const { refusals } = other.database
    const [row] = await refusals.filter((each) => each.number === number).toArray()
    if (row === undefined) throw new Error('no such entry')
    await refusals.put({ ...row, entry: { ...row.entry, reason: 'other' } })
    expect((await other.data.refusals(STORE)).chain).toMatchObject({ ok: false, number, why: 'content' })
    await refusals.put({ ...row, entry: { ...row.entry, reason: 'other', hash: '0'.repeat(64) } })
    expect(await other.data.compareRefusals(STORE)).toEqual({ ok: false, number, why: 'differs' })
    await other.data.syncNow()
    expect((await of(other)).find((entry) => entry.number === number)?.reason).toBe('other')
    expect((await lab.data.refusals(STORE)).chain).toEqual({ ok: true })
    other.setOnline(false)
    expect(await other.data.compareRefusals(STORE)).toEqual({ ok: false, number: null, why: 'unreachable' })
  })
})

it('who checked is told to managers: in rows, in filter menus and in exports', async () => {
  await world.post(shopper(s, 'spot_check', `customer-${s}`))
  const [anna, mira] = [await signedIn('a'), await signedIn('m', '600', 'mira')]
  await decide(anna, s, 'acknowledge')
  await decide(anna, s, 'resolve', { outcome: 'approved', method: 'sight_check', itemsChecked: 2, differences: [] })
  const filter = { ...noFilter, text: s }
  const read = async (lab: LabConsole) => {
    const nowMs = Date.now()
    const { rows } = await lab.data.sessions({ ...filter, nowMs, sort: 'id', descending: false, offset: 0, limit: 10 })
    const [again] = await lab.data.sessionRows([{ storeId: STORE, id: s }])
    const { checkMethod, checkedBy } = await lab.data.facets({ ...filter, nowMs })
    const told = rows.map((row) => [row.checkMethod, row.differences, row.checkedBy])
    return { told, again: again?.checkedBy, methods: checkMethod.find(({ count }) => count > 0)?.value, checkedBy }
  }
  const toManager = await eventually(
    () => read(mira),
    ({ told }) => told[0]?.[2] === '100',
  )
  expect(toManager).toMatchObject({ told: [['sight_check', 0, '100']], again: '100', methods: 'sight_check' })
  expect(toManager.checkedBy).toContainEqual({ value: '100', count: 1 })
  const toOthers = await eventually(
    () => read(anna),
    ({ told }) => told[0]?.[0] === 'sight_check',
  )
  expect(toOthers).toEqual({ told: [['sight_check', 0, null]], again: null, methods: 'sight_check', checkedBy: [] })
  const query = { ...filter, nowMs: Date.now(), sort: 'id' as const, descending: false }
  const request: ExportRequest = {
    ...{ query, only: null, format: 'csv', tables: ['sessions'], columns: ['id', 'checkedBy'], times: 'utc' },
    csv: { separator: ',', decimal: '.' },
  }
  const target = { name: 'file', handle: null }
  expect(await anna.data.exportSessions('w', request, target, () => undefined)).toMatchObject({ field: 'columns.1' })
})
