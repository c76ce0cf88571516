/** The model is only worth as much as it answers like the real backend: the same seeded requests go to both. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalJson } from '#shared/protocol/canonical-json.ts'
import { decodeDayBlock } from '#shared/protocol/day-block.ts'
import { DayFrameParser } from '#shared/protocol/day-frames.ts'
import { shiftSessionId } from '#shared/protocol/shift-entries.ts'
import { DAY_BLOCK_MEDIA_TYPE, DAY_FRAMES_MEDIA_TYPE } from '#shared/protocol/sync.ts'
import { LAPSED_EVENT } from '#shared/session/fold-session.ts'
import { Random } from '../simulator/random.ts'
import { openPglite } from '../src-backend/storage/open-database.ts'
import { bootstrap, startTestBackend, type TestBackend, testClock } from '../src-backend/testing/test-backend.ts'
import { ModelBackend } from './model-backend.ts'
import { decisionKinds } from './script.ts'

const STORE = 'berlin'
const firstSeed = Number(process.env.FLOORWALKER_SEED ?? 1)
const REQUESTS = 120

interface Answer {
  status: number
  body: unknown
}
interface Tokens {
  access: string
  refresh: string
}
/** Tokens of one sign-in at both sides. */
interface SignedIn {
  deviceId: string
  real: Tokens
  model: Tokens
}

/** What may differ: secrets, epochs, minted ids, texts for people, and the order of documents asked for by id. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== 'object' || value === null) return value
  if ('type' in value && 'id' in value && value.type === LAPSED_EVENT) return { ...value, id: LAPSED_EVENT }
  const hidden = ['accessToken', 'refreshToken', 'epoch', 'message', 'detail', 'title', 'supported']
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => {
      if (hidden.includes(key)) return []
      const shown = comparable(field)
      return [[key, key === 'sessions' && Array.isArray(shown) ? shown.map(canonicalJson).sort() : shown]]
    }),
  )
}

/** The days of an answer in frames. */
function daysIn(bytes: Uint8Array): unknown {
  const parser = new DayFrameParser()
  const days = [...parser.push(bytes)].map((frame) => ({ date: frame.date, rows: decodeDayBlock(frame.bytes) }))
  return { days, left: parser.end() }
}

describe.each([firstSeed, firstSeed + 1])('seed %i', (seed) => {
  let real: TestBackend
  beforeAll(async () => {
    real = await startTestBackend(await openPglite(undefined), testClock())
  })
  afterAll(() => real.backend.close())

  it('gives the answers of the real backend', async () => {
    const random = new Random('parity', seed)
    const model = new ModelBackend({ bootstrap, now: () => real.clock.now() })
    const storeId = STORE
    const prefix = `p${seed}`
    let version = 0
    const signIns: SignedIn[] = []
    const seqs = new Map<string, number>()
    const pushed: { deviceId: string; mutation: Record<string, unknown> }[] = []

    async function both(
      method: string,
      path: string,
      json: (side: 'real' | 'model') => unknown,
      who?: SignedIn,
    ): Promise<Answer> {
      const body = (side: 'real' | 'model') => {
        const value = json(side)
        return value === undefined ? null : JSON.stringify(value)
      }
      const isFacts = path.endsWith('/events')
      const realAnswer = await real.fetch(path, {
        method,
        body: body('real') ?? undefined,
        ...(isFacts ? { key: 'key-of-berlin' } : {}),
        ...(who === undefined ? {} : { token: who.real.access }),
      })
      const headers: Record<string, string> = who === undefined ? {} : { authorization: `Bearer ${who.model.access}` }
      const modelAnswer = model.handle({ method, path, headers, body: body('model') })
      const mediaType = realAnswer.headers.get('content-type')
      const read = (bytes: Uint8Array): unknown => {
        if (mediaType === DAY_BLOCK_MEDIA_TYPE) return decodeDayBlock(bytes)
        if (mediaType === DAY_FRAMES_MEDIA_TYPE) return daysIn(bytes)
        return bytes.byteLength === 0 ? null : JSON.parse(Buffer.from(bytes).toString())
      }
      const realBody = read(new Uint8Array(await realAnswer.arrayBuffer()))
      const modelBody = read(
        typeof modelAnswer.body === 'string' ? Buffer.from(modelAnswer.body) : (modelAnswer.body ?? new Uint8Array()),
      )
      const asked = `${method} ${path} ${body('model')}`
      expect(`${modelAnswer.status} ${canonicalJson(comparable(modelBody))}`, asked).toBe(
        `${realAnswer.status} ${canonicalJson(comparable(realBody))}`,
      )
      return { status: realAnswer.status, body: { real: realBody, model: modelBody } }
    }

    const take = (answer: Answer, deviceId: string): SignedIn => {
      const sides = answer.body as Record<'real' | 'model', { accessToken: string; refreshToken: string }>
      const tokens = (side: 'real' | 'model') => ({
        access: sides[side].accessToken,
        refresh: sides[side].refreshToken,
      })
      return { deviceId, real: tokens('real'), model: tokens('model') }
    }

    async function signIn(): Promise<void> {
      const employee = random.pick(bootstrap.employees.slice(0, 3))
      const device = { id: `${prefix}-device${random.int(1, 3)}`, name: 'PC' }
      const password = random.chance(0.9) ? employee.password : 'wrong'
      const answer = await both('POST', '/v1/auth/sign-in', () => ({
        employeeNumber: employee.number,
        password,
        device,
      }))
      if (answer.status === 200) signIns.push(take(answer, device.id))
    }

    async function facts(): Promise<void> {
      const sessionId = `${prefix}-s${random.int(1, 4)}`
      const number = random.int(1, 40)
      const at = new Date(real.clock.now() - random.int(0, 60_000)).toISOString()
      const payload = random.pick([
        { type: 'session.started', client: 'matrix' },
        { type: 'item.added', lineId: `l${number % 5}`, sku: '1', name: 'Milk', quantity: 1, unitPrice: 119 },
        {
          type: 'verification.required',
          verificationId: `${sessionId}-v${random.int(1, 2)}`,
          kind: random.pick(['spot_check', 'age_verification']),
        },
        { type: 'payment.completed', transactionId: `t${number}`, amount: 119 },
        { type: 'nonsense' },
      ])
      const events = [{ id: `${prefix}-e${number}`, sessionId, at, ...payload }]
      await both('POST', `/v1/stores/${storeId}/events`, () => ({ events }))
    }

    async function push(): Promise<void> {
      const who = random.pick(signIns)
      const next = (seqs.get(who.deviceId) ?? 0) + 1
      const sessionId = `${prefix}-s${random.int(1, 5)}`
      const verificationId = `${sessionId}-v${random.int(1, 2)}`
      const item = {
        lineId: `l${random.int(0, 5)}`,
        outcome: random.pick(['put_back', 'discarded', 'not_found']),
      }
      const shift = { date: '2026-03-10', shift: random.pick(['Early', 'Late']) }
      const shiftId = shiftSessionId(shift)
      const kind = random.pick(decisionKinds)
      const decision = {
        acknowledge: { type: 'verification.acknowledge', payload: { verificationId } },
        release: { type: 'verification.release', payload: { verificationId } },
        take_over: { type: 'verification.take_over', payload: { verificationId, from: '100', reason: 'away' } },
        approve: { type: 'verification.resolve', payload: { verificationId, outcome: 'approved' } },
        reject: {
          type: 'verification.resolve',
          payload: { verificationId, outcome: random.pick(['rejected', 'perhaps']), refusalReason: 'under_age' },
        },
        request: { type: 'verification.request', payload: { kind: 'spot_check', reason: 'odd' } },
        review: { type: 'basket.review', payload: { reason: 'left', putBack: random.pick([true, false, [item]]) } },
        put_back: {
          type: 'basket.put_back',
          payload: random.chance(0.3)
            ? { items: [], takenBack: [item.lineId] }
            : { items: random.chance(0.1) ? [item, item] : [item] },
        },
        note: { type: 'note.add', payload: { text: 'seen' } },
        shift_note: { type: 'shift.note', payload: { ...shift, text: 'warm' }, sessionId: shiftId },
        shift_acknowledge: {
          ...{ type: 'shift.acknowledge', payload: { ...shift, note: random.pick([null, 'all well']) } },
          sessionId: random.chance(0.9) ? shiftId : sessionId,
        },
      }[kind]
      let mutation: Record<string, unknown> = {
        id: `${prefix}-m${random.int(1, 1_000_000)}`,
        seq: next,
        storeId,
        sessionId,
        occurredAt: new Date(real.clock.now() - random.int(0, 5_000)).toISOString(),
        ...decision,
      }
      const before = pushed.length > 0 ? random.pick(pushed) : null
      const twist = random.next()
      if (twist < 0.1) mutation = { ...mutation, seq: next + 1 }
      else if (twist < 0.2 && next > 1) mutation = { ...mutation, seq: next - 1 }
      else if (twist < 0.35 && before !== null) mutation = { ...before.mutation, seq: next }
      else if (twist < 0.45 && before !== null) mutation = { ...mutation, id: before.mutation.id }
      else if (twist < 0.55 && before?.deviceId === who.deviceId) mutation = before.mutation
      else if (twist < 0.6) mutation = { ...mutation, storeId: 'new york/1' }
      const deviceId = random.chance(0.95) ? who.deviceId : 'another'
      const answer = await both('POST', '/v1/sync/mutations', () => ({ deviceId, mutations: [mutation] }), who)
      if (answer.status !== 200) return
      const last = (answer.body as { real: { lastMutationSeq: number } }).real.lastMutationSeq
      seqs.set(who.deviceId, last)
      pushed.push({ deviceId: who.deviceId, mutation })
    }

    async function read(): Promise<void> {
      const who = random.pick(signIns)
      const store = random.chance(0.9) ? storeId : random.pick(['new york/1', 'nowhere'])
      const base = `/v1/sync/stores/${encodeURIComponent(store)}`
      const kind = random.next()
      if (kind < 0.25) await both('GET', `${base}/manifest`, () => undefined, who)
      else if (kind < 0.33) {
        const dates = random.pick([
          ['2026-03-09', '2026-03-10'],
          ['2026-03-10'],
          [],
          ['2026-03-10', '2026-03-10'],
          ['today'],
        ])
        await both('POST', `${base}/days`, () => ({ dates }), who)
      } else if (kind < 0.38) {
        const list = random.pick(['refusals', 'shift-entries'])
        await both('GET', `${base}/${list}?since=${random.int(0, 2)}&limit=${random.int(1, 3)}`, () => undefined, who)
      } else if (kind < 0.43) await both('GET', `${base}/days/2026-03-10`, () => undefined, who)
      else if (kind < 0.55) {
        const ids = [`${prefix}-s1`, `${prefix}-s2`, 'unknown']
        await both('POST', `${base}/sessions`, () => ({ ids }), who)
      } else {
        const since = random.pick([0, version, random.int(0, 60), 1_000_000])
        const answer = await both(
          'GET',
          `${base}/changes?since=${since}&limit=${random.int(1, 6)}`,
          () => undefined,
          who,
        )
        const page = (answer.body as { real: { version?: number } }).real
        version = page.version ?? version
      }
    }

    async function renew(): Promise<void> {
      const who = random.pick(signIns)
      const sessionId = `${prefix}-s${random.int(1, 5)}`
      const verificationId = `${sessionId}-v${random.int(1, 2)}`
      const store = random.chance(0.9) ? storeId : random.pick(['new york/1', 'nowhere', ''])
      const checks = [{ storeId: store, sessionId, verificationId }]
      await both('POST', '/v1/sync/leases', () => ({ checks }), who)
    }

    async function refresh(): Promise<void> {
      const who = random.pick(signIns)
      const deviceId = random.chance(0.3) ? `${prefix}-device${random.int(1, 3)}` : undefined
      const path = '/v1/auth/refresh'
      const answer = await both('POST', path, (side) => ({ refreshToken: who[side].refresh, deviceId }))
      if (answer.status === 200) signIns.push(take(answer, deviceId ?? who.deviceId))
    }

    await signIn()
    while (signIns.length === 0) await signIn()
    for (let count = 0; count < REQUESTS; count += 1) {
      real.clock.advance(random.chance(0.05) ? 16 * 60_000 : random.int(100, 10_000))
      await random.weighted([facts, push, read, renew, refresh, signIn], (act) =>
        act === push ? 4 : act === facts || act === read ? 3 : 0.6,
      )()
    }
  })
})
