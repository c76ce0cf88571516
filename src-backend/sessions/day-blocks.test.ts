import { gunzipSync } from 'node:zlib'
import { eq, sql } from 'drizzle-orm/sql'
import { expect, it } from 'vitest'
import { decodeDayBlock } from '#shared/protocol/day-block.ts'
import { readSingleBatch } from '#shared/protocol/day-block-reader.ts'
import { DayFrameParser } from '#shared/protocol/day-frames.ts'
import { dayOf, summarize } from '#shared/session/session-summary.ts'
import { startEpoch } from '../storage/database-origin.ts'
import { openPglite, rowsOf } from '../storage/open-database.ts'
import { dayBlocks } from '../storage/schema.ts'
import {
  describeBackend,
  factsOf,
  freshId,
  HOUR,
  keptAndCountedDays,
  startTestBackend,
  type TestBackend,
} from '../testing/test-backend.ts'
import { DayBlocks } from './day-blocks.ts'
import { deflatePiece, inflatePiece } from './gzip-pieces.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 17)

/** Numbers from 0 to below 1 (mulberry32). */
function randomNumbers(state: number): () => number {
  let current = state
  return () => {
    current = (current + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(current ^ (current >>> 15), current | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const keptTags = async ({ database }: TestBackend) =>
  rowsOf<{ date: string; tag: string }>(
    database.queries,
    sql`select date, tag from day_blocks where store_id = 'patient' order by date`,
  )
const rowsIn = async ({ piece }: Awaited<ReturnType<DayBlocks['block']>>) => decodeDayBlock(await inflatePiece(piece))

describeBackend('day blocks', (world) => {
  /** A session that starts so many days before the noon of the test. */
  async function startedDaysAgo(days: number) {
    const id = freshId('session')
    const story = factsOf(id, world().clock.now() - days * 24 * HOUR)
    await world().send('patient', [story.started()])
    return { id, story, date: dayOf(await world().session('patient', id), 'Europe/Berlin') }
  }

  it(`are of what the sessions are, whatever was written and moved to other days (seed ${seed})`, async () => {
    const { send, session, signIn, manifest, fetch, database, clock } = world()
    const console = await signIn('100', freshId('device'))
    const random = randomNumbers(seed)
    const ids = Array.from({ length: 12 }, () => freshId('random'))
    const dates = new Map<string, string>()
    let moves = 0
    for (let round = 0; round < 25; round++) {
      const chosen = ids.filter(() => random() < 0.3)
      const facts = chosen.map((id) => {
        const story = factsOf(id, clock.now() - Math.floor(random() * 96) * HOUR)
        return random() < 0.4 ? story.started() : story.item(freshId('line'))
      })
      await send('patient', facts)
      for (const id of chosen) {
        const date = dayOf(await session('patient', id), 'Europe/Berlin')
        if (date !== (dates.get(id) ?? date)) moves += 1
        dates.set(id, date)
      }
      const { kept, counted } = await keptAndCountedDays(database)
      expect(kept).toEqual(counted)
      if (round % 6 > 0) continue
      const { days } = await manifest(console, 'patient')
      const answer = await fetch('/v1/sync/stores/patient/days', {
        token: console.token,
        json: { dates: days.map(({ date }) => date) },
      })
      const frames = [...new DayFrameParser().push(new Uint8Array(await answer.arrayBuffer()))]
      const shown = frames.flatMap(({ date, bytes }) => decodeDayBlock(bytes).map((row) => ({ date, row })))
      expect(shown).toHaveLength(days.reduce((sum, { count }) => sum + count, 0))
      for (const { date, row } of shown) {
        const document = await session('patient', row.id)
        expect({ date, row }).toEqual({ date: dayOf(document, 'Europe/Berlin'), row: summarize(document) })
      }
    }
    expect(moves).toBeGreaterThan(5)
  })

  it('are kept until their day changes, and never served for another content', async () => {
    const { database, send } = world()
    const { id, story, date } = await startedDaysAgo(20)
    const blocks = new DayBlocks(database)
    const first = await blocks.block('patient', date)
    expect((await rowsIn(first)).map((row) => row.id)).toEqual([id])
    expect((await keptTags(world())).find((each) => each.date === date)?.tag).toBe(first.tag)
    // A block that is kept is served as it is, without a look at the sessions.
    await database.queries.execute(sql`update day_blocks set crc = 4711 where date = ${date}`)
    expect((await blocks.block('patient', date)).piece.crc).toBe(4711)
    await send('patient', [story.item('1')])
    const second = await blocks.block('patient', date)
    expect(second.tag).not.toBe(first.tag)
    expect(second.piece.crc).not.toBe(4711)
    expect(await rowsIn(second)).toMatchObject([{ id, quantity: 1 }])
    // Another form, as an earlier version of the backend kept it.
    await database.queries.execute(sql`update day_blocks set form = 'old', crc = 4711 where date = ${date}`)
    expect((await blocks.block('patient', date)).piece.crc).toBe(second.piece.crc)
    // A restored database may give a version out a second time: its epoch is another.
    await database.queries.execute(sql`update day_blocks set crc = 4711 where date = ${date}`)
    await database.transaction((tx) => startEpoch(tx, () => freshId('epoch')))
    const third = await blocks.block('patient', date)
    expect(third.tag).not.toBe(second.tag)
    expect(third.piece.crc).toBe(second.piece.crc)
    expect(await blocks.tag('patient', date)).toBe(third.tag)
  })

  it('are built once for many who ask at once, and again for who asks after a change', async () => {
    const { database, send } = world()
    const { story, date } = await startedDaysAgo(21)
    const blocks = new DayBlocks(database)
    const together = await Promise.all(Array.from({ length: 10 }, () => blocks.block('patient', date)))
    // Those who come to the kept one read it; all have the same content.
    expect(new Set(together.map(({ tag }) => tag)).size).toBe(1)
    expect(new Set(together).size).toBeLessThan(10)
    await send('patient', [story.item('1')])
    const later = await blocks.block('patient', date)
    expect(await rowsIn(later)).toMatchObject([{ quantity: 1 }])
  })

  it('of days that are over are built ahead, once, until told to stop; those of gone days are dropped', async () => {
    const { backend, database, clock } = world()
    await backend.buildBlocks()
    const past = [await startedDaysAgo(30), await startedDaysAgo(31), await startedDaysAgo(32)]
    const today = await startedDaysAgo(0)
    await database.queries.execute(
      sql`insert into day_blocks (store_id, date, tag, form, length, crc, deflated)
          values ('patient', '2001-01-01', 'gone', 'old', 0, 0, '')`,
    )
    const stopped = new AbortController()
    stopped.abort()
    expect(await new DayBlocks(database).buildAhead(clock, stopped.signal)).toBe(0)
    expect(await backend.buildBlocks()).toBe(3)
    expect(await backend.buildBlocks()).toBe(0)
    const kept = (await keptTags(world())).map(({ date }) => date)
    for (const { date } of past) expect(kept).toContain(date)
    expect(kept).not.toContain(today.date)
    expect(kept).not.toContain('2001-01-01')
    // Something reported late: the day is built anew at the next turn.
    await world().send('patient', [past[0]?.story.item('1')])
    expect(await backend.buildBlocks()).toBe(1)
  })

  it('of many days come as far as an answer has room, and the rest is named', async () => {
    const { database, fetch, signIn } = world()
    const console = await signIn('100', freshId('device'))
    const dates = [(await startedDaysAgo(50)).date, (await startedDaysAgo(51)).date, (await startedDaysAgo(52)).date]
    const blocks = new DayBlocks(database)
    const large = await deflatePiece(new Uint8Array(5 * 1024 * 1024))
    for (const date of dates) {
      await blocks.block('patient', date)
      await database.queries.update(dayBlocks).set(large).where(eq(dayBlocks.date, date))
    }
    for (const headers of [{}, { 'accept-encoding': 'gzip' }] as Record<string, string>[]) {
      const answer = await fetch('/v1/sync/stores/patient/days', { token: console.token, json: { dates }, headers })
      const bytes = new Uint8Array(await answer.arrayBuffer())
      const isPacked = answer.headers.get('content-encoding') === 'gzip'
      expect(isPacked).toBe('accept-encoding' in headers)
      const frames = new DayFrameParser()
      const days = [...frames.push(isPacked ? gunzipSync(bytes) : bytes)]
      expect(days.map((day) => [day.date, day.bytes.byteLength])).toEqual(
        dates.slice(0, 2).map((date) => [date, large.length]),
      )
      expect(frames.end()).toEqual(dates.slice(2))
    }
  })

  it('of single days have wide integers for consoles, and narrow ones for readers that name no protocol', async () => {
    const { fetch, signIn } = world()
    const console = await signIn('100', freshId('device'))
    const { date, id } = await startedDaysAgo(40)
    const get = async (headers: Record<string, string>, method = 'GET') =>
      fetch(`/v1/sync/stores/patient/days/${date}`, { token: console.token, headers, method })
    const narrow = new Uint8Array(await (await get({})).arrayBuffer())
    const wide = new Uint8Array(await (await get({ 'floorwalker-protocol': '1' })).arrayBuffer())
    expect(decodeDayBlock(wide)).toEqual(decodeDayBlock(narrow))
    expect(decodeDayBlock(wide)).toMatchObject([{ id }])
    const totals = (bytes: Uint8Array) => readSingleBatch(bytes)?.columns.get('total')?.values
    expect(totals(wide)).toBeInstanceOf(Float64Array)
    expect(totals(narrow)).toBeInstanceOf(Int8Array)
    const head = await get({}, 'HEAD')
    expect([head.status, head.headers.get('etag'), (await head.arrayBuffer()).byteLength]).toEqual([
      200,
      (await get({})).headers.get('etag'),
      0,
    ])
    const known = await get({ 'if-none-match': head.headers.get('etag') ?? '' }, 'HEAD')
    expect(known.status).toBe(304)
  })
})

it('a database of before gets the counts of its days when it is opened', async () => {
  const database = await openPglite(undefined)
  const before = await startTestBackend(database)
  await before.send(
    'berlin',
    [0, 1, 1, 40].map((days) => factsOf(freshId('session'), Date.UTC(2026, 2, 9) - days * 24 * HOUR).started()),
  )
  const { counted } = await keptAndCountedDays(database)
  for (const table of ['store_days', 'day_blocks']) await database.queries.execute(sql.raw(`drop table ${table}`))
  await database.queries.execute(sql`delete from schema_migrations where id = 6`)
  const after = await startTestBackend(database)
  expect((await keptAndCountedDays(database)).kept).toEqual(counted)
  expect(counted).toHaveLength(3)
  const console = await after.signIn('100', freshId('device'))
  expect((await after.manifest(console, 'berlin')).days.map(({ count }) => count)).toEqual([1, 2, 1])
  await after.backend.close()
})
