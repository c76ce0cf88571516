import { sql } from 'drizzle-orm/sql'
import { expect, it } from 'vitest'
import { decodeDayBlock } from '#shared/protocol/day-block.ts'
import { storeSettingsSchema } from '#shared/protocol/store-settings.ts'
import { startBackend } from '../backend.ts'
import { factsOf, startTestBackend, testClock } from '../testing/test-backend.ts'
import { openPglite } from './open-database.ts'
import { stores } from './schema.ts'

it('gives a database of before shifts what they need, and days of before their new columns', async () => {
  const database = await openPglite(undefined)
  const before = await startTestBackend(database)
  const story = factsOf('s1')
  await before.send('berlin', [story.started(), story.item('1'), story.check('v1')])
  const path = '/v1/sync/stores/berlin/days/2026-03-10'
  const rowsAt = async (backend: typeof before) => {
    const { token } = await backend.signIn('100', 'device')
    return decodeDayBlock(new Uint8Array(await (await backend.fetch(path, { token })).arrayBuffer()))
  }
  const known = await rowsAt(before)
  expect(known).toMatchObject([{ furthestStep: 'basket_created', obstacle: 'never_served' }])
  for (const statement of [
    'drop table shift_entries',
    'delete from schema_migrations where id = 7',
    `update stores set settings = settings - 'shifts' - 'putBack'`,
    `update sessions set summary = (summary::jsonb - 'furthestStep' - 'obstacle' - 'checkedBy')::json`,
    `update day_blocks set form = 'of before'`,
  ]) {
    await database.queries.execute(sql.raw(statement))
  }
  // Without a bootstrap file nothing else would write the settings.
  await startBackend({ database, clock: testClock(), expireEveryMs: null })
  const settings = (await database.queries.select().from(stores)).map((store) => store.settings)
  for (const each of settings) expect(storeSettingsSchema.parse(each)).toEqual(each)
  const after = await startTestBackend(database)
  expect(await rowsAt(after)).toEqual(known)
  const console = await after.signIn('100', 'device')
  expect((await after.pull(console, 'berlin', 0)).lastShiftEntry).toBe(0)
  await after.backend.close()
})
