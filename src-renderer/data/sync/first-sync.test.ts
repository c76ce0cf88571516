import 'fake-indexeddb/auto'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { encodeDayBlock } from '#shared/protocol/day-block.ts'
import { encodeDayFrameHead } from '#shared/protocol/day-frames.ts'
import { problem } from '#shared/protocol/problems.ts'
import { storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { ConsoleDatabase } from '../database.ts'
import { summaryOf } from '../testing/summary-of.ts'
import { CallFailed } from '../transport.ts'
import { FirstSyncFetcher, type FirstSyncHost } from './first-sync.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 11)
const DAY = 86_400_000
const END = Date.parse('2026-03-31T12:00:00Z')
const dateOf = (daysAgo: number) => new Date(END - daysAgo * DAY).toISOString().slice(0, 10)

/** A backend with one session a day in stores `a` and `b`, whose answers can be broken. */
class Backend {
  asked: string[] = []
  knowsFrames = true
  /** Answers to damage, by path; each is used once. */
  readonly damage = new Map<string, (bytes: Uint8Array) => Uint8Array>()
  /** Of the next answers with frames, where each breaks off; beyond its end an answer is whole. */
  cuts: number[] = []

  constructor(
    private readonly days: number,
    private readonly epoch = 'E',
  ) {}

  readonly fetch = async (path: string, init?: RequestInit): Promise<Response> => {
    const [, store = '', what = '', date] = /stores\/(\w+)\/(\w+)\/?(.*)$/.exec(path) ?? []
    if (what === 'manifest') return Response.json(this.manifest(store))
    if (init?.method !== 'POST') {
      this.asked.push(`${store} ${date}`)
      return new Response(this.break(`${store} ${date}`, this.block(store, date ?? '')))
    }
    if (!this.knowsFrames) {
      return new Response(JSON.stringify(problem('not_found')), {
        status: 404,
        headers: { 'content-type': 'application/problem+json' },
      })
    }
    const { dates } = JSON.parse(String(init.body)) as { dates: string[] }
    this.asked.push(`${store} ${dates.length} days`)
    const frames = dates.flatMap((each) => {
      const bytes = this.break(`${store} ${each}`, this.block(store, each))
      return [encodeDayFrameHead({ date: each, tag: 't' }, bytes.byteLength), bytes]
    })
    const bytes = new Uint8Array(Buffer.concat([...frames, encodeDayFrameHead({ end: true, left: [] })]))
    const cut = this.cuts.shift() ?? 1
    return new Response(bytes.subarray(0, Math.ceil(bytes.byteLength * cut)))
  }

  private manifest(store: string) {
    const settings = storeSettingsSchema.parse({ id: store, name: store, timezone: 'Etc/UTC', currency: 'EUR' })
    const days = Array.from({ length: this.days }, (_, day) => ({ date: dateOf(day), count: 1, version: 1 }))
    return { version: 1, epoch: this.epoch, settings, days }
  }

  private block(store: string, date: string): Uint8Array<ArrayBuffer> {
    return new Uint8Array(
      encodeDayBlock([summaryOf({ id: `${store} ${date}`, storeId: store, startedAt: Date.parse(date) })]),
    )
  }

  private break(what: string, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const damaged = this.damage.get(what)?.(bytes) ?? bytes
    this.damage.delete(what)
    return new Uint8Array(damaged)
  }
}

let database: ConsoleDatabase
let blocks: string[] = []
let corrupt: string[] = []
let progress: unknown[] = []
const host: FirstSyncHost = {
  onBlock: (storeId, { columns }) => {
    blocks.push(`${storeId} ${new Date(columns.startedAt[0] as number).toISOString().slice(0, 10)}`)
  },
  onFirstSync: (each) => progress.push(each),
  onStoreChanged: async () => undefined,
  onCorruptBlock: async (storeId, date) => {
    corrupt.push(`${storeId} ${date}`)
  },
}
let count = 0
beforeEach(() => {
  count += 1
  database = new ConsoleDatabase(`first-sync-${count}`)
  blocks = []
  corrupt = []
  progress = []
})
const allOf = (store: string, days: number) => Array.from({ length: days }, (_, day) => `${store} ${dateOf(day)}`)

describe('a first sync', () => {
  it('[PULL-12] brings the newest day of every store first, then each store, newest day first', async () => {
    const backend = new Backend(40)
    const fetcher = new FirstSyncFetcher(database, backend.fetch, host)
    await fetcher.fill('a', ['b'], 2)
    await fetcher.fill('b', [], 2)
    expect(blocks).toEqual([`a ${dateOf(0)}`, `b ${dateOf(0)}`, ...allOf('a', 40).slice(1), ...allOf('b', 40).slice(1)])
    expect(backend.asked).toEqual([
      `a ${dateOf(0)}`,
      `b ${dateOf(0)}`,
      'a 32 days',
      'a 7 days',
      'b 32 days',
      'b 7 days',
    ])
    expect(progress).toContainEqual({ storeId: 'b', daysDone: 33, daysTotal: 40, storesDone: 1, storesTotal: 2 })
    expect(progress.at(-1)).toBeNull()
    expect((await database.storedDates('b')).length).toBe(40)
  })

  it(`[PULL-12] goes on where it broke off, at whatever byte, and asks for no whole day twice (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }), async (cuts) => {
        await database.dayBlocks.clear()
        blocks = []
        const backend = new Backend(50)
        backend.cuts = [...cuts]
        for (let tries = 0; ; tries += 1) {
          // Each try as after a restart.
          const failure = await new FirstSyncFetcher(database, backend.fetch, host).fill('a', [], 1).catch((e) => e)
          if (!(failure instanceof Error)) break
          expect(failure).toBeInstanceOf(CallFailed)
          expect(tries).toBeLessThan(10)
        }
        expect(blocks).toEqual(allOf('a', 50))
        expect((await database.storedDates('a')).length).toBe(50)
      }),
      { seed, numRuns: 40 },
    )
  })

  it('[PULL-11] names a block that came damaged and asks for it once more, in an answer of many days or alone', async () => {
    const backend = new Backend(12)
    for (const day of [0, 5]) backend.damage.set(`a ${dateOf(day)}`, (bytes) => bytes.subarray(0, 100))
    await new FirstSyncFetcher(database, backend.fetch, host).fill('a', [], 1)
    expect(corrupt).toEqual([`a ${dateOf(0)}`, `a ${dateOf(5)}`])
    expect(blocks).toEqual(allOf('a', 12))
  })

  it('asks a backend that knows single days only for single days', async () => {
    const backend = new Backend(10)
    backend.knowsFrames = false
    await new FirstSyncFetcher(database, backend.fetch, host).fill('a', [], 1)
    expect(blocks).toEqual(allOf('a', 10))
  })

  it('drops what an interrupted one of another epoch left', async () => {
    await new FirstSyncFetcher(database, new Backend(3, 'before').fetch, host).fill('a', [], 1)
    await new FirstSyncFetcher(database, new Backend(3).fetch, host).fill('a', [], 1)
    expect((await database.dayBlocks.toArray()).map(({ epoch }) => epoch)).toEqual(['E', 'E', 'E'])
  })

  it('stages the days of a store beside what is here', async () => {
    await new FirstSyncFetcher(database, new Backend(3, 'before').fetch, host).fill('a', [], 1)
    const { rows, manifest } = await new FirstSyncFetcher(database, new Backend(4).fetch, host).stage('a', 1)
    expect([rows.length, manifest.epoch]).toEqual([4, 'E'])
    expect((await database.dayBlocks.toArray()).map(({ epoch }) => epoch)).toEqual(['before', 'before', 'before'])
  })
})
