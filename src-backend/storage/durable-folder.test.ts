/** What a power cut leaves of a folder: everything that was committed, because it was synced before the commit resolved. */
import { fstatSync, fsyncSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, expect, it } from 'vitest'
import { DurableFolder, durableStartParams } from './durable-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'floorwalker-durable-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('syncs the log of each commit before the commit resolves, and nothing for a read', {
  timeout: 120_000,
}, async () => {
  const data = join(folder, 'data')
  const synced: number[] = []
  const files = new DurableFolder(data, (descriptor) => {
    synced.push(fstatSync(descriptor).ino)
    fsyncSync(descriptor)
  })
  const client = await PGlite.create({ fs: files, startParams: durableStartParams })
  await client.query('create table kept (id int)')
  const logs = new Set(readdirSync(join(data, 'pg_wal')).map((name) => statSync(join(data, 'pg_wal', name)).ino))
  for (let id = 0; id < 3; id++) {
    synced.length = 0
    await client.transaction(async (tx) => {
      await tx.query('insert into kept values ($1)', [id])
      await tx.query('insert into kept values ($1)', [-id])
    })
    expect(synced.filter((inode) => logs.has(inode))).toHaveLength(1)
  }
  synced.length = 0
  await client.query('select * from kept')
  expect(synced).toEqual([])
  // Then the tables themselves: the log before the checkpoint is thrown away.
  await client.query('checkpoint')
  expect(new Set(synced).size).toBeGreaterThan(2)
  await files.syncAll()
  expect(new Set(synced)).toContain(statSync(data).ino)
  await client.close()
})
