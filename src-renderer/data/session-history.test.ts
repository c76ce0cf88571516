import 'fake-indexeddb/auto'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { decodeDayBlockColumns, encodeDayBlock } from '#shared/protocol/day-block.ts'
import { storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { type Incident, noFilter } from './data-api.ts'
import { ConsoleDatabase, dayBlockRow, type OverlayRow } from './database.ts'
import { SessionHistory } from './session-history.ts'
import { summaryOf } from './testing/summary-of.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 11)
const DAY = 86_400_000
const NOW = Date.parse('2026-03-31T12:00:00Z')
const store = storeSettingsSchema.parse({ id: 'a', name: 'A', timezone: 'Europe/Berlin', currency: 'EUR' })
const dateOf = (daysAgo: number) => new Date(NOW - daysAgo * DAY).toISOString().slice(0, 10)

let database: ConsoleDatabase
let incidents: Omit<Incident, 'at'>[] = []
let wantedStores: string[] = []
let count = 0
beforeEach(async () => {
  count += 1
  database = new ConsoleDatabase(`history-${count}`)
  incidents = []
  wantedStores = []
  await database.cursors.put({ storeId: 'a', version: 1_000, epoch: 'E', pulledAt: 7 })
})

function open(): SessionHistory {
  return new SessionHistory({
    zoneOf: () => 'UTC',
    database,
    noteIncident: async (incident) => {
      incidents.push(incident)
    },
    onProgress: () => undefined,
    onChanged: () => undefined,
    onDaysWanted: (storeId) => wantedStores.push(storeId),
  })
}

async function storeDay(daysAgo: number, rows: readonly SessionSummary[], epoch = 'E'): Promise<void> {
  const bytes = encodeDayBlock(rows)
  const block = decodeDayBlockColumns(bytes)
  await database.dayBlocks.put(dayBlockRow('a', dateOf(daysAgo), epoch, bytes, block))
}

const onDay = (daysAgo: number, id: string, change: Partial<SessionSummary> = {}) =>
  summaryOf({ id, startedAt: NOW - daysAgo * DAY, ...change })
const overlayOf = (summary: SessionSummary): OverlayRow => ({
  storeId: summary.storeId,
  id: summary.id,
  version: summary.version,
  summary,
})
const idsIn = (history: SessionHistory) =>
  history.index
    .query(
      { ...noFilter, storeIds: ['a'], sort: 'id', descending: false, offset: 0, limit: 10_000, nowMs: NOW },
      () => 30,
    )
    .rows.map((row) => row.id)

describe('the history of this PC after a start', () => {
  it('[KEEP-4] has the newest days, newer rows and all open sessions at once, and the rest soon', async () => {
    for (let day = 0; day < 30; day += 1) await storeDay(day, [onDay(day, `day ${day}`)])
    await storeDay(20, [
      onDay(20, 'day 20'),
      onDay(20, 'still open', { endedAt: null, endReason: null, state: 'open' }),
    ])
    await database.overlay.put(overlayOf(onDay(25, 'changed', { version: 9 })))
    const history = open()
    await history.read(['a'])
    expect(idsIn(history)).toEqual(['changed', 'day 0', 'day 1', 'day 20', 'still open'])
    expect(history.reading).toEqual({ daysDone: 0, daysTotal: 27 })
    expect(history.lastContactAt).toEqual({ a: 7 })
    await history.complete()
    expect(history.reading).toBeNull()
    expect(idsIn(history).length).toBe(32)
  })

  it('takes no block of before into a store that is read anew meanwhile', async () => {
    for (let day = 0; day < 30; day += 1) await storeDay(day, [onDay(day, `old ${day}`, { version: 50 })])
    const history = open()
    await history.read(['a'])
    const blocks = Array.from({ length: 30 }, (_, day) => {
      const bytes = encodeDayBlock([onDay(day, `new ${day}`)])
      return dayBlockRow('a', dateOf(day), 'F', bytes, decodeDayBlockColumns(bytes))
    })
    const cursor = { storeId: 'a', version: 3, epoch: 'F', pulledAt: 8 }
    await Promise.all([
      database.swapStore('a', blocks, cursor).then(() => history.follow('a', 'all')),
      history.complete(),
    ])
    await history.complete()
    expect(idsIn(history).every((id) => id.startsWith('new'))).toBe(true)
    expect(idsIn(history).length).toBe(30)
  })

  it('[PULL-11] names a damaged block and reads all others', async () => {
    for (let day = 0; day < 12; day += 1) await storeDay(day, [onDay(day, `day ${day}`)])
    await database.dayBlocks.update(['a', dateOf(9)], { bytes: new Uint8Array([1, 2, 3]) })
    const history = open()
    await history.read(['a'])
    await history.complete()
    expect(idsIn(history).length).toBe(11)
    expect(incidents).toEqual([{ kind: 'block_corrupt', count: 1, storeId: 'a', date: dateOf(9) }])
    expect([history.damagedDays('a'), wantedStores]).toEqual([[dateOf(9)], ['a']])
    history.repaired('a', dateOf(9))
    expect(history.damagedDays('a')).toEqual([])
  })
})

it('[PULL-13] blocks of before the last columns are read, wanted anew once, and no incident', async () => {
  for (let day = 0; day < 4; day += 1) {
    await storeDay(day, [onDay(day, `day ${day}`, day % 2 === 0 ? { furthestStep: null, obstacle: null } : {})])
  }
  const history = open()
  await history.read(['a'])
  await history.complete()
  expect(idsIn(history).length).toBe(4)
  expect([history.outdatedDays('a'), wantedStores, incidents]).toEqual([[dateOf(0), dateOf(2)], ['a'], []])
  history.renewedDays('a', [dateOf(0), dateOf(2)])
  await history.read(['a'])
  await history.complete()
  expect([history.outdatedDays('a'), wantedStores]).toEqual([[], ['a']])
})

describe('rows beside their day blocks', () => {
  const many = (version: number) =>
    Array.from({ length: 70 }, (_, number) => overlayOf(onDay(3, `s${number}`, { version, total: version })))

  it('[KEEP-3] are written into them, and answer the same after a start', async () => {
    await storeDay(3, [onDay(3, 's1'), onDay(3, 'untouched')])
    await database.overlay.bulkPut(many(7))
    await database.overlay.put({ storeId: 'a', id: 'gone', version: 9, summary: null })
    const history = open()
    await history.read(['a'])
    await history.writeBack([store], NOW)
    expect((await database.overlay.toArray()).map((row) => row.id)).toEqual(['gone'])
    expect(await database.dayBlocks.get(['a', dateOf(3)])).toMatchObject({ count: 71, version: 7, epoch: 'E' })
    const again = open()
    await again.read(['a'])
    expect(idsIn(again)).toEqual(idsIn(history))
    expect(again.index.get('a', 's1')).toEqual(history.index.get('a', 's1'))
  })

  it('stay where they are few, of today, of another epoch, or where the block is damaged', async () => {
    await database.overlay.bulkPut([...many(7).slice(0, 60), overlayOf(onDay(0, 'today'))])
    await storeDay(3, [onDay(3, 's1')])
    await open().writeBack([store], NOW)
    await database.overlay.bulkPut(many(7))
    await storeDay(3, [onDay(3, 's1')], 'before')
    await open().writeBack([store], NOW)
    await storeDay(3, [onDay(3, 's1')])
    await database.dayBlocks.update(['a', dateOf(3)], { bytes: new Uint8Array(9) })
    await open().writeBack([store], NOW)
    expect(await database.overlay.count()).toBe(71)
  })

  it(`[KEEP-3] lose nothing that changes meanwhile (seed ${seed})`, async () => {
    const change = fc.record({ number: fc.nat(69), deleted: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), fc.nat(4), async (changes, waits) => {
        await Promise.all([database.overlay.clear(), database.dayBlocks.clear()])
        await storeDay(3, [onDay(3, 's1')])
        await database.overlay.bulkPut(many(7))
        const expected = new Map(many(7).map((row) => [row.id, row]))
        const written = open().writeBack([store], NOW)
        for (let wait = 0; wait < waits; wait += 1) await new Promise((resolve) => setTimeout(resolve, 0))
        for (const [at, { number, deleted }] of changes.entries()) {
          const summary = onDay(3, `s${number}`, { version: 100 + at })
          const row = deleted ? { ...overlayOf(summary), summary: null } : overlayOf(summary)
          expected.set(row.id, row)
          await database.overlay.put(row)
        }
        await written
        const history = open()
        await history.read(['a'])
        const kept = [...expected.values()].filter((row) => row.summary !== null)
        expect(idsIn(history)).toEqual(kept.map((row) => row.id).sort())
        for (const row of kept) expect(history.index.get('a', row.id)?.version).toBe(row.version)
      }),
      { seed, numRuns: 40 },
    )
  })
})
