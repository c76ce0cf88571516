import { sql } from 'drizzle-orm/sql'
import { expect, it } from 'vitest'
import { checkSettingsSchema } from '#shared/protocol/store-settings.ts'
import { startBackend } from '../backend.ts'
import { bootstrap, factsOf, startTestBackend, testClock } from '../testing/test-backend.ts'
import { openPglite } from './open-database.ts'
import { stores } from './schema.ts'

it('gives a database of before checks had settings, leases and a register what they need', async () => {
  const database = await openPglite(undefined)
  const before = await startTestBackend(database)
  const story = factsOf('s1')
  await before.send('berlin', [story.started(), story.item('1'), story.check('v1')])
  const taken = {
    id: 'm1',
    seq: 1,
    sessionId: 's1',
    type: 'verification.acknowledge',
    payload: { verificationId: 'v1' },
  }
  await before.push(await before.signIn('100', 'device'), [taken])
  for (const statement of [
    'drop table check_leases',
    'drop table refusals',
    'delete from schema_migrations where id = 5',
    `update stores set settings = settings - 'checks'`,
  ]) {
    await database.queries.execute(sql.raw(statement))
  }
  // Without a bootstrap file nothing else would write the settings.
  const plain = await startBackend({ database, clock: testClock(), expireEveryMs: null })
  expect(await plain.lapse()).toBe(0)
  const settings = (await database.queries.select().from(stores)).map((store) => store.settings)
  expect(settings.map(({ checks }) => checks)).toEqual(bootstrap.stores.map(() => checkSettingsSchema.parse({})))

  const after = await startTestBackend(database)
  const console = await after.signIn('100', 'device')
  const json = { checks: [{ storeId: 'berlin', sessionId: 's1', verificationId: 'v1' }] }
  const renewed = await after.fetch('/v1/sync/leases', { token: console.token, json })
  const until = new Date(after.clock.now() + 90_000).toISOString()
  expect(await renewed.json()).toEqual({ leases: [{ ...json.checks[0], until }] })
  expect((await after.pull(console, 'berlin', 0)).lastRefusal).toBe(0)
  await after.backend.close()
})
