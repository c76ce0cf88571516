/** A backend restored from an older backup: consoles notice, and what the backup lost is judged anew. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { startBackend } from './backend.ts'
import { type Database, openPglite, openPostgres } from './storage/open-database.ts'
import { skipsPostgres, startPostgres } from './testing/postgres-server.ts'
import { bootstrap, factsOf, freshId, startTestBackend, testClock } from './testing/test-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'floorwalker-restored-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Site {
  open(): Promise<Database>
  backUp(): Promise<void>
  /** Puts the backup in the place of the database. */
  restore(): Promise<void>
  /** Whether the operator has to say that it was restored. */
  told: boolean
}

async function restoreAfterMore({ open, backUp, restore, told }: Site): Promise<void> {
  const clock = testClock()
  const before = await startTestBackend(await open(), clock)
  expect(before.backend.restoration).toBeNull()
  const sessionId = freshId('session')
  const story = factsOf(sessionId)
  await before.send('berlin', [story.started(), story.check('v1'), story.check('v2')])
  const resolve = (seq: number, verificationId: string, outcome: string) => ({
    id: freshId('mutation'),
    seq,
    sessionId,
    type: 'verification.resolve',
    payload: { verificationId, outcome },
    occurredAt: new Date(clock.now()).toISOString(),
  })
  const device = freshId('device')
  const ben = await before.signIn('101', freshId('device'))
  await before.push(ben, [resolve(1, 'v1', 'rejected')])
  const early = await before.signIn('100', device)
  const kept = resolve(1, 'v1', 'approved')
  expect((await before.push(early, [kept])).results).toMatchObject([{ status: 'superseded', by: { number: '101' } }])
  await before.backend.close()
  await backUp()

  const more = await startTestBackend(await open(), clock)
  expect(more.backend.restoration).toBeNull()
  const ada = await more.signIn('100', device)
  const lost = resolve(2, 'v2', 'approved')
  expect((await more.push(ada, [lost])).results).toMatchObject([{ status: 'applied' }])
  const seen = await more.pull(ada, 'berlin', 0)
  await more.backend.close()
  await restore()

  const database = await open()
  const backend = await startBackend({ database, bootstrap, clock, expireEveryMs: null, restored: told })
  expect(backend.restoration).toBe(told ? 'told' : 'noticed')
  await backend.close()
  // The next start is an ordinary one, of the restored database.
  const after = await startTestBackend(await open(), clock)
  expect(after.backend.restoration).toBeNull()
  // The store goes on: the old cursor would look like one of this history.
  await after.send('berlin', [story.item('1'), factsOf(freshId('session')).started()])
  const console = await after.signIn('100', freshId('device'))
  const { version, epoch } = await after.manifest(console, 'berlin')
  expect(version).toBeGreaterThanOrEqual(seen.version)
  expect(epoch).not.toBe(seen.epoch)
  const path = `/v1/sync/stores/berlin/changes?since=${seen.version}&epoch=${seen.epoch}`
  expect(await (await after.fetch(path, { token: console.token })).json()).toEqual({ reset: true, epoch })
  // The old number of the device would go on with a hole; under a new device the decisions are offered again.
  const again = await after.push(console, [kept, lost])
  expect(again.results).toMatchObject([
    { seq: 1, status: 'duplicate', first: { status: 'superseded', by: { number: '101' } } },
    { seq: 2, status: 'applied' },
  ])
  const session = await after.session('berlin', sessionId)
  expect(session.events.filter(({ id }) => id === kept.id || id === lost.id)).toHaveLength(2)
  expect(session.verifications.map(({ status }) => status)).toEqual(['rejected', 'approved'])
  await after.backend.close()
}

describe('a backend restored from a backup', { timeout: 180_000 }, () => {
  it('[PULL-8] starts a new epoch on an older copy of its folder, when told', async () => {
    const data = join(folder, 'data')
    const backup = join(folder, 'backup')
    await restoreAfterMore({
      open: () => openPglite(data),
      backUp: async () => cpSync(data, backup, { recursive: true }),
      restore: async () => {
        rmSync(data, { recursive: true })
        cpSync(backup, data, { recursive: true })
      },
      told: true,
    })
  })

  it.skipIf(skipsPostgres)('starts a new epoch by itself where PostgreSQL has another database', async () => {
    const server = await startPostgres()
    try {
      const url = await server.createDatabase('floorwalker')
      const administer = async (...statements: string[]) => {
        const client = new pg.Client({ connectionString: url.replace(/floorwalker$/, 'postgres') })
        await client.connect()
        for (const statement of statements) await client.query(statement)
        await client.end()
      }
      await restoreAfterMore({
        open: () => openPostgres(url),
        backUp: () => administer('create database backup template floorwalker'),
        restore: () =>
          administer('drop database floorwalker with (force)', 'alter database backup rename to floorwalker'),
        told: false,
      })
    } finally {
      await server.stop()
    }
  })

  it.skipIf(skipsPostgres)('cannot notice, and starts all the same, where its account may not look', async () => {
    const server = await startPostgres()
    try {
      const url = await server.createDatabase('guarded')
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await client.query('create role plain login')
      await client.query('grant all on schema public to plain')
      await client.query('revoke execute on function pg_control_system() from public')
      await client.end()
      const start = async (restored: boolean) => {
        const database = await openPostgres(url.replace('postgres@', 'plain@'))
        const backend = await startBackend({ database, bootstrap, expireEveryMs: null, restored })
        await backend.close()
        return backend.restoration
      }
      expect([await start(false), await start(false), await start(true)]).toEqual([null, null, 'told'])
    } finally {
      await server.stop()
    }
  })
})
