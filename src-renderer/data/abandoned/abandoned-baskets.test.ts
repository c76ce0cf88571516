/** What lists of left baskets answer, held to a plain look at every document. */
import 'fake-indexeddb/auto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decision, ItemOutcome } from '#shared/protocol/decisions.ts'
import type { SessionDocument, SessionEvent } from '#shared/protocol/session-document.ts'
import { type StoreSettings, storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { foldSession } from '#shared/session/fold-session.ts'
import { summarize } from '#shared/session/session-summary.ts'
import { ShiftCalendar } from '#shared/time/shifts.ts'
import { judgeDecision } from '#shared/verification/judge-decision.ts'
import type { AbandonedQuery, PutBackItem } from '../abandoned-api.ts'
import { ConsoleDatabase, outboxRow } from '../database.ts'
import { withPending } from '../pending-decisions.ts'
import { SessionIndex } from '../session-index.ts'
import { ShownPending } from '../shown-pending.ts'
import { AbandonedBaskets } from './abandoned-baskets.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 29)
const MINUTE_MS = 60_000
const NOW = Date.parse('2026-03-29T12:00:00Z')
const iso = (ms: number) => new Date(ms).toISOString()
const ANNA = { number: '100', name: 'Anna' }
const PEOPLE = [ANNA, { number: '200', name: 'Ben' }]
const ZONES = { a: 'Europe/Berlin', b: 'America/New_York' }
const stores = new Map<string, StoreSettings>(
  Object.entries(ZONES).map(([id, timezone]) => [
    id,
    storeSettingsSchema.parse({
      ...{ id, name: id, timezone, currency: 'EUR', expiry: { mode: 'inactivity', inactivityMinutes: 30 } },
      ...(id === 'b' ? { putBack: { ambientMinutes: 90, frozenMinutes: null } } : {}),
    }),
  ]),
)
const settingsOf = (storeId: string) => stores.get(storeId)
const GOODS = [
  { sku: '1', name: 'Milk', unitPrice: 120, department: 'Dairy', storage: 'chilled' },
  { sku: '2', name: 'Peas', unitPrice: 250, department: 'Frozen', storage: 'frozen' },
  { sku: '3', name: 'Soap', unitPrice: 199, department: 'Household', storage: 'ambient' },
  { sku: '4', name: 'Apple', unitPrice: 33 },
  { sku: '4', name: 'Apple, red', unitPrice: 35 },
]
const LINES = ['l1', 'l2', 'l3', 'l4']
const OUTCOMES: ItemOutcome[] = ['put_back', 'discarded', 'not_found']

const itemArb = fc.record({
  line: fc.constantFrom(...LINES),
  good: fc.nat(GOODS.length - 1),
  quantity: fc.integer({ min: 1, max: 4 }),
  minute: fc.integer({ min: 0, max: 20 }),
  removed: fc.boolean(),
})
const namedArb = fc.uniqueArray(
  fc.record({ lineId: fc.constantFrom(...LINES), outcome: fc.constantFrom(...OUTCOMES) }),
  {
    selector: ({ lineId }) => lineId,
  },
)
const saidArb = fc.oneof(
  fc.record({ type: fc.constant('basket.put_back'), payload: fc.record({ items: namedArb }) }),
  fc.record({
    type: fc.constant('basket.review'),
    payload: fc.record({ reason: fc.constant('Left'), putBack: fc.oneof(fc.boolean(), namedArb) }),
  }),
)
const sessionArb = fc.record({
  store: fc.constantFrom('a', 'b'),
  minutesAgo: fc.integer({ min: 5, max: 20_000 }),
  items: fc.array(itemArb, { maxLength: 6 }),
  ending: fc.constantFrom('expired', 'expired', 'open', 'paid', 'failed'),
  decisions: fc.array(fc.record({ by: fc.nat(1), said: saidArb }), { maxLength: 3 }),
  unsent: fc.array(saidArb, { maxLength: 2 }),
  isHere: fc.boolean(),
})
type Session = typeof sessionArb extends fc.Arbitrary<infer Value> ? Value : never

/** The document as the backend has it, its decisions judged in order. */
function documentOf(session: Session, id: string, version: number): SessionDocument {
  const settings = settingsOf(session.store) as StoreSettings
  const start = NOW - session.minutesAgo * MINUTE_MS
  const event = (type: string, minute: number, more: object = {}): SessionEvent =>
    ({
      id: `${id}-${type}-${JSON.stringify(more)}-${minute}`,
      type,
      at: iso(start + minute * MINUTE_MS),
      source: 'store',
      ...more,
    }) as SessionEvent
  let events = [event('session.started', 0, { client: { type: 'matrix' } })]
  for (const { line, good, quantity, minute, removed } of session.items) {
    events.push(event('item.added', minute, { lineId: line, quantity, ...GOODS[good] }))
    if (removed) events.push(event('item.removed', minute + 1, { lineId: line }))
  }
  if (session.ending === 'paid' || session.ending === 'failed') {
    events.push(
      event('checkout.started', 22, { transactionId: 't' }),
      event('payment.started', 23, { transactionId: 't' }),
    )
    const payment = session.ending === 'paid' ? 'payment.completed' : 'payment.failed'
    events.push(event(payment, 24, { transactionId: 't', amount: 1 }))
  }
  const frame = { id, storeId: session.store, settings, version }
  const expireUpTo = session.ending === 'open' ? Number.NEGATIVE_INFINITY : NOW
  for (const [at, { by, said }] of session.decisions.entries()) {
    const occurredAt = iso(NOW - 1_000 + at)
    const decision = { id: `${id}-m${at}`, sessionId: id, occurredAt, ...said } as Decision
    const document = foldSession(frame, events, expireUpTo)
    events = [...events, judgeDecision(document, decision, PEOPLE[by] ?? ANNA, NOW).event]
  }
  return foldSession(frame, events, expireUpTo)
}

let databases = 0
class World {
  readonly database: ConsoleDatabase
  readonly index = new SessionIndex((storeId) => settingsOf(storeId)?.timezone ?? 'UTC')
  readonly shownPending: ShownPending
  baskets: AbandonedBaskets
  /** As the screens show them; those without details here are left out. */
  readonly shown = new Map<string, SessionDocument>()
  readonly confirmed = new Map<string, SessionDocument>()
  private readonly outbox = new Map<string, ReturnType<typeof outboxRow>[]>()

  constructor() {
    this.database = new ConsoleDatabase(`baskets-${++databases}`)
    this.shownPending = new ShownPending({
      database: this.database,
      index: this.index,
      settingsOf,
      shown: (document, rows, settings) =>
        withPending(
          document,
          rows.map((row) => row.mutation),
          ANNA,
          settings,
        ),
    })
    this.baskets = this.start()
  }

  start(): AbandonedBaskets {
    this.baskets = new AbandonedBaskets({
      database: this.database,
      index: this.index,
      desk: null as never,
      visibleStores: (ids) => [...stores.keys()].filter((id) => ids.length === 0 || ids.includes(id)),
      settingsOf,
      now: () => NOW,
      isComplete: () => true,
      ownRows: () => [...this.outbox.values()].flat(),
      pending: (storeId, id) => this.shownPending.get(storeId, id),
      documents: async (keys) => keys.map(({ id }) => this.shown.get(id)),
      fetchDocuments: async () => undefined,
    })
    return this.baskets
  }

  async restart(): Promise<void> {
    await this.baskets.keep()
    this.start()
  }

  /** What a pull brings, and what this console decided meanwhile. */
  async put(session: Session, id: string, version: number): Promise<void> {
    const document = documentOf(session, id, version)
    const { storeId } = document
    await this.database.cursors.put({ storeId, version, epoch: 'e', pulledAt: NOW })
    this.confirmed.set(id, document)
    this.index.addOverlay([{ storeId, id, version, summary: summarize(document) }])
    if (!session.isHere && !this.shown.has(id)) return
    await this.database.sessions.put({ storeId, id, document })
    const rows = session.unsent.map(({ type, payload }, at) =>
      outboxRow({
        employeeNumber: ANNA.number,
        deviceId: 'd',
        mutation: {
          id: `${id}-u${version}-${at}`,
          seq: at + 1,
          storeId,
          sessionId: id,
          type,
          payload,
          occurredAt: iso(NOW),
        },
      }),
    )
    this.outbox.set(id, rows)
    this.shown.set(
      id,
      withPending(
        document,
        rows.map((row) => row.mutation),
        ANNA,
        settingsOf(storeId) as StoreSettings,
      ),
    )
    this.baskets.followed(storeId, [id])
  }

  async show(): Promise<void> {
    this.index.setPending(await this.shownPending.show([...this.outbox.values()].flat()))
  }

  /** Left baskets in a range, by a plain look at each. */
  left(storeIds: readonly string[], from: number | null, to: number | null) {
    return [...this.confirmed.values()].flatMap((confirmed) => {
      const here = this.shown.get(confirmed.id)
      const document = here ?? confirmed
      const leftAt = Date.parse(document.endedAt ?? document.expiresAt ?? '')
      const wouldBe = document.endedAt === null && document.state === 'open' && leftAt <= NOW
      if (!(document.progress === 'abandoned' || wouldBe)) return []
      if (storeIds.length > 0 && !storeIds.includes(document.storeId)) return []
      if ((from !== null && leftAt < from) || (to !== null && leftAt >= to)) return []
      return [{ document, isHere: here !== undefined, leftAt }]
    })
  }
}

/** Without the order of lines of the same instant. */
const plain = (item: Omit<PutBackItem, 'lines' | 'name'> & { lines: PutBackItem['lines'] }) => ({
  ...item,
  name: undefined,
  lines: item.lines.map((line) => JSON.stringify(line)).sort(),
})

function naivePutBack(world: World, storeIds: string[], leftFrom: number | null) {
  const baskets = world.left(storeIds, leftFrom, null).filter(({ document }) => document.review === null)
  const items = new Map<string, ReturnType<typeof plain>>()
  let withItems = 0
  for (const { document } of baskets.filter(({ isHere }) => isHere)) {
    const settled = document.putBack.map(({ lineId }) => lineId)
    const open = document.lineItems.filter(({ lineId }) => !settled.includes(lineId))
    if (open.length > 0) withItems += 1
    for (const { lineId, sku, department = null, storage = 'ambient', quantity, total } of open) {
      const scans = document.events.filter((event) => event.type === 'item.added' && event.lineId === lineId)
      const scannedAt = Math.min(...scans.map((event) => Date.parse(event.at)))
      const { storeId, currency } = document
      const key = JSON.stringify([storeId, sku, department, storage])
      const known = items.get(key)
      const minutes = settingsOf(storeId)?.putBack[`${storage}Minutes`] ?? null
      const isOverdue = minutes !== null && scannedAt + minutes * MINUTE_MS <= NOW
      const oldest = Math.min(scannedAt, known?.scannedAt ?? scannedAt)
      items.set(key, {
        ...{ storeId, sku, department, storage, currency, name: undefined },
        quantity: (known?.quantity ?? 0) + quantity,
        value: (known?.value ?? 0) + total,
        lines: [
          ...(known?.lines ?? []),
          JSON.stringify({ sessionId: document.id, lineId, quantity, scannedAt }),
        ].sort(),
        scannedAt: oldest,
        discardAt: minutes === null ? null : oldest + minutes * MINUTE_MS,
        overdue: (known?.overdue ?? 0) + (isOverdue ? quantity : 0),
      })
    }
  }
  return {
    items: [...items.values()],
    baskets: withItems,
    pieces: [...items.values()].reduce((sum, { quantity }) => sum + quantity, 0),
    withoutDetails: baskets.filter(({ isHere, document }) => !isHere && document.quantity > 0).length,
  }
}

const keyOf = ({
  storeId,
  sku,
  department,
  storage,
}: Pick<PutBackItem, 'storeId' | 'sku' | 'department' | 'storage'>) =>
  JSON.stringify([storeId, sku, department, storage])
const byKey = (a: Parameters<typeof keyOf>[0], b: Parameters<typeof keyOf>[0]) => (keyOf(a) < keyOf(b) ? -1 : 1)

async function expectSamePutBack(world: World, storeIds: string[], leftFrom: number | null): Promise<void> {
  const { items, complete: _complete, ...counts } = await world.baskets.putBackList({ storeIds, leftFrom, nowMs: NOW })
  const naive = naivePutBack(world, storeIds, leftFrom)
  expect({ ...counts, items: items.map(plain).sort(byKey) }).toEqual({ ...naive, items: naive.items.sort(byKey) })
  for (const { lines } of items) {
    expect(lines.map(({ scannedAt }) => scannedAt)).toEqual(
      lines.map(({ scannedAt }) => scannedAt).sort((a, b) => a - b),
    )
  }
  const cold = items.map(({ storage }) => storage !== 'ambient')
  expect(cold).toEqual(cold.toSorted((a, b) => Number(b) - Number(a)))
  const discarded = items
    .filter(({ storage }) => storage !== 'ambient')
    .map(({ discardAt }) => discardAt ?? Number.MAX_VALUE)
  expect(discarded).toEqual(discarded.toSorted((a, b) => a - b))
}

async function expectSamePage(world: World, query: AbandonedQuery): Promise<void> {
  const isUnder = ({ document, isHere, leftAt }: ReturnType<World['left']>[number], leave: string) => {
    const { total, review, id, lineItems } = document
    const words = [id, ...(isHere ? lineItems.flatMap(({ name, sku }) => [name, sku]) : [])]
    const shift = new ShiftCalendar(settingsOf(document.storeId) as StoreSettings).at(leftAt)?.name ?? ''
    return (
      (query.reviewed === null || query.reviewed === (review !== null)) &&
      (query.total?.min == null || total >= query.total.min) &&
      (query.text === '' || words.some((word) => word.toLowerCase().includes(query.text.toLowerCase()))) &&
      (leave === 'obstacles' || query.obstacles.length === 0 || query.obstacles.includes(obstacle(document))) &&
      (leave === 'shifts' || query.shifts.length === 0 || query.shifts.includes(shift))
    )
  }
  const obstacle = (document: SessionDocument) => summarize(document).obstacle ?? 'none'
  const left = world.left(query.storeIds, query.leftFrom, query.leftTo)
  const found = left.filter((each) => isUnder(each, ''))
  const page = await world.baskets.abandoned(query)
  expect(page.count).toBe(found.length)
  expect(page.rows.map(({ row }) => row.id).sort()).toEqual(found.map(({ document }) => document.id).sort())
  expect(page.withoutDetails).toBe(found.filter(({ isHere }) => !isHere).length)
  expect(page.totals.quantity).toBe(found.reduce((sum, { document }) => sum + document.quantity, 0))
  const count = (values: string[]) =>
    Object.fromEntries(values.map((value) => [value, values.filter((v) => v === value).length]))
  const menu = (values: { value: string; count: number }[]) => Object.fromEntries(values.map((v) => [v.value, v.count]))
  const ofMenu = left.filter((each) => isUnder(each, 'obstacles'))
  expect(menu(page.obstacles)).toEqual(count(ofMenu.map(({ document }) => obstacle(document))))
  for (const { row, items, review, expired } of page.rows) {
    const shown = world.shown.get(row.id)
    expect(items?.map(({ lineId, settled }) => [lineId, settled])).toEqual(
      shown?.lineItems.map(({ lineId }) => [lineId, shown.putBack.find((each) => each.lineId === lineId) ?? null]),
    )
    expect(review).toEqual(shown?.review ?? null)
    expect(expired).toBe(row.endedAt !== null)
  }
}

const queryArb: fc.Arbitrary<AbandonedQuery> = fc.record({
  storeIds: fc.constantFrom([], ['a'], ['b']),
  leftFrom: fc.option(fc.integer({ min: NOW - 20_000 * MINUTE_MS, max: NOW })),
  leftTo: fc.option(fc.integer({ min: NOW - 20_000 * MINUTE_MS, max: NOW })),
  shifts: fc.constantFrom([], [], ['Early'], ['Late', 'Night']),
  obstacles: fc.constantFrom([], [], ['none'], ['payment_failed']),
  reviewed: fc.constantFrom(null, true, false),
  total: fc.constantFrom(null, { min: 300, max: null }),
  text: fc.constantFrom('', '', 'milk', 'APPLE', 's1', '4'),
  sort: fc.constantFrom('leftAt' as const, 'total' as const, 'obstacle' as const),
  descending: fc.boolean(),
  offset: fc.constant(0),
  limit: fc.constant(1_000),
  nowMs: fc.constant(NOW),
})

describe('lists of left baskets', () => {
  it('answer what a look at every document does, after any changes, and after a start', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(sessionArb, { minLength: 1, maxLength: 15 }),
        fc.array(fc.record({ which: fc.nat(14), session: sessionArb }), { maxLength: 5 }),
        fc.array(queryArb, { minLength: 2, maxLength: 4 }),
        async (sessions, changes, queries) => {
          const world = new World()
          for (const [n, session] of sessions.entries()) await world.put(session, `s${n}`, n + 1)
          const ask = async () => {
            for (const query of queries) {
              await expectSamePutBack(world, query.storeIds, query.leftFrom)
              await expectSamePage(world, query)
            }
          }
          await world.show()
          await ask()
          for (const [n, { which, session }] of changes.entries()) {
            const before = sessions[which]
            if (before !== undefined) await world.put({ ...session, store: before.store }, `s${which}`, 100 + n)
          }
          await world.show()
          await ask()
          await world.restart()
          await ask()
        },
      ),
      { seed, numRuns: 25 },
    )
  })

  it('read small rows after a start, no document, and only what changed is read anew', async () => {
    const world = new World()
    const left: Session = {
      ...{ store: 'a', minutesAgo: 500, ending: 'expired', decisions: [], unsent: [], isHere: true },
      items: [{ line: 'l1', good: 0, quantity: 2, minute: 1, removed: false }],
    }
    for (let n = 0; n < 30; n += 1) await world.put(left, `s${n}`, n + 1)
    const list = () => world.baskets.putBackList({ storeIds: [], leftFrom: null, nowMs: NOW })
    expect((await list()).pieces).toBe(60)
    const read: string[] = []
    world.database.sessions.hook('reading', (row) => {
      read.push(row.id)
      return row
    })
    await world.restart()
    expect((await list()).pieces).toBe(60)
    expect(read).toEqual([])
    await world.put({ ...left, items: [] }, 's7', 100)
    expect((await list()).pieces).toBe(58)
    expect([...new Set(read)]).toEqual(['s7'])
  })
})
