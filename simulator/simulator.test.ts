import { describe, expect, it } from 'vitest'
import { storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { systemClock } from '#shared/time/clock.ts'
import { UsageError } from '../integration-tools/connection-arguments.ts'
import { CallError, StoreClient } from '../integration-tools/store-client.ts'
import { readArguments } from './arguments.ts'
import { historyOfDay, importHistory } from './history.ts'
import { FactQueue, runLive } from './live.ts'
import { Random } from './random.ts'
import { ScriptedShopper } from './scripted-shopper.ts'
import { liveHabits, playOut } from './shopper.ts'
import { FakeBackend } from './testing/fake-backend.ts'

const store = storeSettingsSchema.parse({ id: 'berlin', name: 'Berlin', timezone: 'Europe/Berlin', currency: 'EUR' })
const NOW = Date.parse('2026-03-30T13:00:00Z')
const settings = { backend: 'http://backend.test', apiKey: 'test-key' }

function clientOf(backend: FakeBackend, attempts = 6): StoreClient {
  return new StoreClient({ ...settings, fetch: backend.fetch, attempts })
}

const someFacts = () =>
  playOut({ sessionId: 'one', random: new Random(1), habits: liveHabits }, NOW, () => ({
    reply: { outcome: 'approved' },
    afterMs: 1_000,
  }))

describe('store client', () => {
  it('sends the same events again after a lost request, a lost answer and a busy backend, and none doubles', async () => {
    const backend = new FakeBackend(store)
    backend.faults = ['request_lost', 'answer_lost', 'unavailable']
    const facts = someFacts()
    const answer = await clientOf(backend).postEvents(store.id, facts)
    expect(answer).toEqual({ accepted: 0, duplicates: facts.length, refused: [] })
    expect([...backend.events.keys()]).toEqual(facts.map((fact) => fact.id))
    expect(backend.posts).toBe(4)
  })

  it('does not try again what can never succeed', async () => {
    const backend = new FakeBackend(store)
    backend.faults = ['store_forbidden']
    await expect(clientOf(backend).postEvents(store.id, [])).rejects.toMatchObject({ failure: 'store_forbidden' })
    const stranger = new StoreClient({ ...settings, apiKey: 'other', fetch: backend.fetch })
    await expect(stranger.postEvents(store.id, [])).rejects.toMatchObject({ failure: 'unauthorized' })
    expect(backend.posts).toBe(1)
  })

  it('says that an address is not a backend', async () => {
    const client = new StoreClient({ ...settings, fetch: async () => new Response('<html>', { status: 200 }) })
    await expect(client.postEvents(store.id, [])).rejects.toMatchObject({ failure: 'not_a_backend', retry: false })
  })

  it('keeps what an outage left unsent, in order, for the next try', async () => {
    const backend = new FakeBackend(store)
    const queue = new FactQueue(store.id)
    const facts = someFacts()
    for (const fact of facts) queue.add(fact)
    backend.faults = ['answer_lost']
    await expect(queue.flush(clientOf(backend, 1))).rejects.toBeInstanceOf(CallError)
    expect(queue.length).toBe(facts.length)
    await queue.flush(clientOf(backend, 1))
    expect(queue.length).toBe(0)
    expect(backend.events.size).toBe(facts.length)
  })
})

describe('scripted shopper', () => {
  it('sends facts by hand and reads the outcome of a check', async () => {
    const backend = new FakeBackend(store)
    const shopper = new ScriptedShopper(clientOf(backend), store.id, 'by-hand')
    await shopper.send(
      { type: 'session.started', client: { type: 'sdk-ios' } },
      { type: 'item.added', lineId: 'a', sku: '1', name: 'Milk', quantity: 2, unitPrice: 129 },
      { type: 'checkout.started', transactionId: 't1' },
      { type: 'verification.required', verificationId: 'v1', kind: 'spot_check', transactionId: 't1' },
    )
    await expect(shopper.outcome('v1', 10, 1)).rejects.toThrow('waiting')
    backend.decide = () => ({ outcome: 'approved' })
    expect((await shopper.outcome('v1', 1_000, 1)).status).toBe('approved')
    expect((await shopper.session())?.total).toBe(258)
  })
})

describe('history', () => {
  const options = { stores: [store], days: 3, perDay: 20, seed: 5, nowMs: NOW }

  it('is the same every time, lies in the past and doubles nothing when it is imported again', async () => {
    const backend = new FakeBackend(store)
    backend.faults = ['answer_lost']
    const lines: string[] = []
    const first = await importHistory(clientOf(backend), options, (line) => lines.push(line))
    expect(first.events).toBe(backend.events.size)
    expect(backend.sessionIds.length).toBe(first.sessions)
    expect(lines).toHaveLength(3)
    expect(lines[2]).toBe(`history: day 3 of 3 · Berlin · ${first.sessions} sessions`)
    for (const event of backend.events.values()) expect(Date.parse(event.at)).toBeLessThan(NOW)
    for (const id of backend.sessionIds) expect(backend.session(id)?.anomalies).toEqual([])

    const later = await importHistory(clientOf(backend), { ...options, nowMs: NOW + 3_600_000 }, () => undefined)
    expect(later.duplicates).toBe(first.events)
    expect(later.sessions).toBeGreaterThan(first.sessions)
    expect(backend.refused).toEqual([])
  })

  it('goes on after an interruption', async () => {
    const backend = new FakeBackend(store)
    backend.faults = ['request_lost']
    await expect(importHistory(clientOf(backend, 1), options, () => undefined)).rejects.toBeInstanceOf(CallError)
    const result = await importHistory(clientOf(backend, 1), options, () => undefined)
    expect(backend.events.size).toBe(result.events)
  })

  it('has more shoppers on a Saturday than on a Sunday', () => {
    const saturday = historyOfDay(store, '2026-03-14', { ...options, perDay: 200 })
    const sunday = historyOfDay(store, '2026-03-15', { ...options, perDay: 200 })
    expect(saturday.length).toBeGreaterThan(1.5 * sunday.length)
  })
})

describe('live', () => {
  const live = (backend: FakeBackend, stop: AbortController, speed: number) =>
    runLive(
      new StoreClient({ ...settings, fetch: backend.fetch, signal: stop.signal, attempts: Infinity }),
      clientOf(backend, 1),
      {
        stores: [store],
        seed: 2,
        speed,
        perDay: 400,
        habits: liveHabits,
        clock: systemClock,
        stop,
        log: () => undefined,
        tickMs: 20,
      },
    )

  async function until(condition: () => boolean, ms = 8_000): Promise<void> {
    const end = systemClock.monotonic() + ms
    while (!condition()) {
      if (systemClock.monotonic() > end) throw new Error('did not happen in time')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  it('waits for the outcome of a spot check, then corrects the basket and pays again', async () => {
    const backend = new FakeBackend(store)
    const stop = new AbortController()
    const running = live(backend, stop, 500)
    const documents = () => backend.sessionIds.map((id) => backend.session(id))
    const first = () => documents().find((document) => document?.id.endsWith('-00001')) ?? null
    await until(() => first()?.spotCheck === 'waiting')
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(first()?.spotCheck).toBe('waiting')
    expect(first()?.progress).toBe('checkout_started')

    const rejected = { outcome: 'rejected', differences: [{ kind: 'quantity_too_low', lineId: 'line-1' }] }
    backend.decide = ({ id }) => (id.endsWith('-00001-v1') ? rejected : { outcome: 'approved' })
    await until(() => first()?.transactions.some(({ status }) => status === 'completed') === true)
    expect(first()?.transactions[0]?.status).toBe('cancelled')
    stop.abort()
    await running
    for (const document of documents()) expect(document?.anomalies).toEqual([])
  })

  it('survives an outage without losing or doubling a fact', async () => {
    const backend = new FakeBackend(store)
    backend.decide = () => ({ outcome: 'approved' })
    backend.faults = ['request_lost', 'answer_lost', 'internal', 'answer_lost']
    const stop = new AbortController()
    const running = live(backend, stop, 300)
    await until(() => backend.posts > 8)
    stop.abort()
    await running
    expect(backend.refused).toEqual([])
    for (const id of backend.sessionIds) {
      const session = backend.session(id)
      expect(session?.anomalies).toEqual([])
      const facts = session?.events.filter((event) => event.source === 'store') ?? []
      // Ids count up from 1: a hole would be a lost fact.
      expect(facts.map((event) => Number(event.id.slice(-3)))).toEqual(facts.map((_, index) => index + 1))
    }
  })

  it('ends with the reason where the key is refused', async () => {
    const backend = new FakeBackend(store, 'another-key')
    await expect(live(backend, new AbortController(), 100)).rejects.toMatchObject({ failure: 'unauthorized' })
  })
})

describe('arguments', () => {
  const right = ['--backend', 'http://127.0.0.1:1', '--api-key', 'key']

  it('reads both commands, live without being told', () => {
    expect(readArguments(right)).toMatchObject({ command: 'live', speed: 1, seed: 1 })
    expect(readArguments(['import-history', ...right, '--days', '7'])).toMatchObject({ days: 7, perDay: 60 })
    expect(readArguments(['live', ...right, '--stores', 'berlin-mitte'])?.stores.map(({ id }) => id)).toEqual([
      'berlin-mitte',
    ])
    expect(readArguments(['--help'])).toBeNull()
  })

  it.each([
    [['--api-key', 'key'], '--backend is missing'],
    [['--backend', 'http://127.0.0.1:1'], '--api-key is missing'],
    [['--backend', 'nonsense', '--api-key', 'key'], '--backend "nonsense"'],
    [['--backend', 'ftp://host', '--api-key', 'key'], '--backend "ftp://host"'],
    [[...right, '--speed', 'fast'], '--speed "fast"'],
    [[...right, '--speed', '0'], '--speed "0"'],
    [[...right, '--seed', '1.5'], '--seed "1.5"'],
    [[...right, '--days', '3'], '--days belongs to import-history'],
    [['import-history', ...right, '--days', '0'], '--days "0"'],
    [[...right, '--stores', 'nowhere'], '--stores names "nowhere"'],
    [[...right, '--bootstrap', '/does/not/exist'], '--bootstrap /does/not/exist'],
    [[...right, '--turbo'], '--turbo'],
    [['sell', ...right], 'unknown command "sell"'],
  ])('names the argument: %j', (argv, message) => {
    expect(() => readArguments(argv)).toThrow(UsageError)
    expect(() => readArguments(argv)).toThrow(message)
  })
})
