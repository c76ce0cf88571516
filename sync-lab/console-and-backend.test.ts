import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ACCESS_TOKEN_LIFETIME_MS } from '#shared/protocol/sync.ts'
import { noFilter, type SessionQuery } from '../src-renderer/data/data-api.ts'
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
  s = `s${run}`
})
afterAll(() => world.close())

const all: SessionQuery = {
  ...noFilter,
  sort: 'lastActivityAt',
  descending: true,
  offset: 0,
  limit: 50,
  nowMs: 0,
}
const soon = (offset = 0) => new Date(Date.now() - 60_000 + offset).toISOString()
const shopper = (id: string) => [
  { id: `${id}-1`, sessionId: id, type: 'session.started' as const, at: soon(), client: 'matrix' },
  {
    id: `${id}-2`,
    sessionId: id,
    type: 'item.added' as const,
    at: soon(1),
    lineId: 'l1',
    sku: '1',
    name: 'Milk',
    quantity: 2,
    unitPrice: 119,
  },
  {
    id: `${id}-3`,
    sessionId: id,
    type: 'verification.required' as const,
    at: soon(2),
    verificationId: `${id}-v`,
    kind: 'spot_check' as const,
  },
]
async function signedIn(name: string, number = '100', password = 'anna'): Promise<LabConsole> {
  const lab = await world.openConsole(`${name}-${run}`)
  expect(await lab.data.signIn(number, password)).toEqual({ ok: true })
  await lab.until((status) => status.connection === 'online' && status.lastContactAt[STORE] !== undefined)
  return lab
}
const take = (lab: LabConsole, id: string) =>
  lab.data.decide(STORE, id, { type: 'verification.acknowledge', payload: { verificationId: `${id}-v` } })
const resolve = (lab: LabConsole, id: string, outcome: 'approved' | 'rejected') =>
  lab.data.decide(STORE, id, {
    type: 'verification.resolve',
    payload: { verificationId: `${id}-v`, outcome, method: 'sight_check', note: 'seen' },
  })

describe('a console and the backend', () => {
  it('shows history after the first sync, then live sessions through pokes', async () => {
    await world.post(shopper('old'))
    const lab = await signedIn('a')
    await lab.until(() => true)
    expect((await lab.data.sessions(all)).count).toBe(1)
    expect(await lab.data.queue([])).toMatchObject([{ sessionId: 'old', total: 238, unsent: false }])
    await world.post(shopper('new'))
    await lab.until((status) => status.revision > 0 && status.connection === 'online')
    for (let tries = 0; tries < 100 && (await lab.data.sessions(all)).count < 2; tries += 1) {
      await new Promise((done) => setTimeout(done, 50))
    }
    expect((await lab.data.sessions(all)).count).toBe(2)
  })

  it('[CONN-3] keeps decisions made offline, shows them at once, sends them once, and the store reads the outcome', async () => {
    await world.post(shopper(s))
    const lab = await signedIn('a')
    lab.setOnline(false)
    expect(await take(lab, s)).toEqual({ ok: true, savedIn: 'database' })
    expect(await resolve(lab, s, 'approved')).toMatchObject({ ok: true })
    expect((await lab.data.session(STORE, s))?.document.spotCheck).toBe('approved')
    expect((await lab.data.sessions({ ...all, text: s })).rows[0]?.spotCheck).toBe('approved')
    expect((await lab.data.queue([])).map((entry) => entry.sessionId)).not.toContain(s)
    await lab.until((status) => status.unsent === 1 && status.connection === 'offline')
    expect((await world.read(s)).spotCheck).toBe('waiting')
    lab.setOnline(true)
    await lab.until((status) => status.unsent === 0)
    const document = await world.read(s)
    expect(document).toMatchObject({
      spotCheck: 'approved',
      verifications: [{ note: 'seen', employee: { name: 'Anna' } }],
    })
    expect(document.events.filter((event) => event.source === 'console')).toHaveLength(2)
    expect((await lab.data.session(STORE, s))?.document).toMatchObject({
      spotCheck: 'approved',
      version: document.version,
    })
  })

  it('[PUSH-3] survives a lost answer to a push without doubling or losing the verdict', async () => {
    await world.post(shopper(s))
    const lab = await signedIn('a')
    lab.loseNextAnswer('/api/v1/sync/mutations')
    await resolve(lab, s, 'rejected')
    await lab.until((status) => status.unsent === 0)
    const document = await world.read(s)
    expect(document.events.filter((event) => event.type === 'verification.resolved')).toHaveLength(1)
    expect(document.spotCheck).toBe('rejected')
  })

  it('[RES-1] of two consoles the first to arrive counts; the other sees who won', async () => {
    await world.post(shopper(s))
    const anna = await signedIn('a')
    const ben = await signedIn('b', '200', 'ben')
    ben.setOnline(false)
    await resolve(ben, s, 'rejected')
    await resolve(anna, s, 'approved')
    await anna.until((status) => status.unsent === 0)
    ben.setOnline(true)
    await ben.until((status) => status.unsent === 0 && status.unseenResults === 1)
    expect(await ben.data.results({ seen: false })).toMatchObject([
      {
        sessionId: s,
        verdict: { status: 'superseded', by: { name: 'Anna' } },
        decision: { payload: { outcome: 'rejected' } },
      },
    ])
    expect((await ben.data.session(STORE, s))?.document.spotCheck).toBe('approved')
    await ben.data.markResultsSeen((await ben.data.results({ seen: false })).map((result) => result.id))
    await ben.until((status) => status.unseenResults === 0)
  })

  it('starts again without network: identity, sessions and unsent decisions are still there', async () => {
    await world.post(shopper(s))
    const first = await signedIn('a')
    first.setOnline(false)
    await resolve(first, s, 'approved')
    const again = await world.openConsole(`a-${run}`)
    again.setOnline(false)
    expect(again.status().identity?.employee.name).toBe('Anna')
    expect(again.status().unsent).toBe(1)
    expect((await again.data.session(STORE, s))?.document.spotCheck).toBe('approved')
  })

  it('[ID-2] sign-out keeps unsent decisions for their owner; a colleague neither sees nor sends them', async () => {
    await world.post(shopper(s))
    const lab = await signedIn('a')
    lab.setOnline(false)
    await resolve(lab, s, 'approved')
    await lab.data.signOut()
    lab.setOnline(true)
    await lab.data.signIn('200', 'ben')
    await lab.until((status) => status.connection === 'online' && status.identity?.employee.name === 'Ben')
    expect(lab.status().unsent).toBe(0)
    expect(lab.status().unsentOfOthers).toEqual([{ employeeNumber: '100', count: 1 }])
    expect((await lab.data.session(STORE, s))?.document.spotCheck).toBe('waiting')
    expect((await world.read(s)).spotCheck).toBe('waiting')
    await lab.data.signOut()
    await lab.data.signIn('100', 'anna')
    await lab.until((status) => status.identity?.employee.name === 'Anna' && status.unsent === 0)
    expect((await world.read(s)).verifications[0]).toMatchObject({ status: 'approved', employee: { name: 'Anna' } })
  })

  it('a viewer decides nothing; a wrong password is said where it was typed', async () => {
    await world.post(shopper(s))
    const viewer = await signedIn('v', '300', 'vera')
    expect(await take(viewer, s)).toMatchObject({ ok: false, code: 'viewer' })
    const lab = await world.openConsole(`w-${run}`)
    expect(await lab.data.signIn('100', 'nope')).toMatchObject({ ok: false, code: 'wrong_credentials' })
    lab.setOnline(false)
    expect(await lab.data.signIn('100', 'anna')).toMatchObject({ ok: false, code: 'backend_unreachable' })
  })

  it('[PUSH-1] many decisions at once, while syncing, are each sent once and none is dropped from the list', async () => {
    await world.post(shopper(s))
    const lab = await signedIn('many')
    const texts = Array.from({ length: 12 }, (_, index) => `note ${index}`)
    await Promise.all(texts.map((text) => lab.data.decide(STORE, s, { type: 'note.add', payload: { text } })))
    await lab.until((status) => status.unsent === 0)
    const { notes } = await world.read(s)
    expect(notes.map((note) => note.text).sort()).toEqual(texts.sort())
    expect(lab.status().problem).toBeNull()
  })

  it('[PUSH-4] an expired access token pauses, is refreshed, and the decision is sent', async () => {
    await world.post(shopper(s))
    const lab = await signedIn('expiring')
    world.advanceBackendClock(ACCESS_TOKEN_LIFETIME_MS + 1_000)
    await resolve(lab, s, 'approved')
    await lab.until((status) => status.unsent === 0)
    expect(lab.status().signInNeeded).toBe(false)
    expect((await world.read(s)).spotCheck).toBe('approved')
  })

  it('[CLK-2] a decision carries the offset its instant was estimated with', async () => {
    await world.post(shopper(s))
    const lab = await signedIn('offset')
    await resolve(lab, s, 'approved')
    await lab.until((status) => status.unsent === 0)
    const event = (await world.read(s)).events.find((each) => each.type === 'verification.resolved')
    expect(event?.clockOffsetMs).toEqual(expect.any(Number))
  })
})
