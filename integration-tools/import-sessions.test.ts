/** The import command as an integrator runs it: a process, a file, a real backend process, and kills in between. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { type Backend, repository, startBackend } from '../e2e/start-backend.ts'
import { checkpointOf, rejectsOf } from './import-sessions.ts'
import { pause, StoreClient } from './store-client.ts'

const API_KEY = 'key-of-the-importer'
const folder = mkdtempSync(join(tmpdir(), 'floorwalker-import-'))
let backend: Backend
let client: StoreClient

beforeAll(async () => {
  const zone = { timezone: 'Europe/Berlin', currency: 'EUR' }
  backend = await startBackend({
    dataDir: join(folder, 'backend'),
    bootstrap: {
      stores: [
        { id: 'a', name: 'A', ...zone },
        { id: 'b', name: 'B', ...zone },
        { id: 'foreign', name: 'Foreign', ...zone },
      ],
      apiKeys: [{ key: API_KEY, stores: ['a', 'b'] }],
    },
    env: { DATABASE_URL: '' },
  })
  client = new StoreClient({ backend: backend.url, apiKey: API_KEY })
})
afterAll(async () => {
  await backend?.stop()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

const START = Date.UTC(2025, 4, 1, 8)

/** The n-th session of a file: a few items, paid, over in ten minutes, in the middle of a day. */
function past(prefix: string, n: number) {
  const startedAt = START + Math.floor(n / 600) * 86_400_000 + (n % 600) * 60_000
  const items = Array.from({ length: 3 + (n % 9) }, (_, index) => ({
    sku: `sku-${index}`,
    name: `Item ${index}`,
    quantity: 1 + (index % 3),
    unitPrice: 100 + index,
  }))
  const amount = items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0)
  return {
    id: `${prefix}-${n}`,
    client: 'hand-scanner',
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(startedAt + 600_000).toISOString(),
    items,
    payment: { transactionId: 't1', amount, method: 'card' },
  }
}

function fileOf(name: string, lines: unknown[]): string {
  const path = join(folder, name)
  writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  return path
}

interface Run {
  child: ChildProcess
  ended: Promise<{ code: number | null; out: string; err: string }>
}

function run(file: string, overrides: string[] = []): Run {
  const args = ['--backend', backend.url, '--api-key', API_KEY, '--store', 'a', '--file', file, ...overrides]
  const child = spawn(process.execPath, ['--import', 'tsx', 'integration-tools/import-command.ts', ...args], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  const ended = new Promise<Awaited<Run['ended']>>((resolve) => {
    child.once('close', (code) => resolve({ code, out, err }))
  })
  return { child, ended }
}

async function documents(storeId: string, ids: string[]): Promise<(SessionDocument | null)[]> {
  const found: (SessionDocument | null)[] = []
  for (let from = 0; from < ids.length; from += 20) {
    const some = ids.slice(from, from + 20).map((id) => client.getSession(storeId, id))
    found.push(...(await Promise.all(some)))
  }
  return found
}

describe('the import', () => {
  it('goes on after kills where it was, and leaves each session as one run would have', async () => {
    const sessions = Array.from({ length: 2_500 }, (_, n) => past('killed', n))
    const file = fileOf('killed.ndjson', sessions)
    const linesDone = () => {
      if (!existsSync(checkpointOf(file))) return 0
      return (JSON.parse(readFileSync(checkpointOf(file), 'utf8')) as { lines: number }).lines
    }
    let kills = 0
    for (let reach = 0; kills < 3; kills++) {
      const { child, ended } = run(file)
      // Killed soon after it got further than the run before: somewhere between a send and its checkpoint.
      while (linesDone() <= reach && child.exitCode === null) await pause(2)
      child.kill('SIGKILL')
      expect((await ended).code, 'the file is too short for these kills').toBeNull()
      reach = linesDone()
      expect(reach).toBeGreaterThan(0)
      expect(reach).toBeLessThan(sessions.length)
    }
    const last = await run(file).ended
    expect(last).toMatchObject({ code: 0, err: '' })
    expect(last.out).toMatch(/goes on after line \d/)
    expect(last.out).toContain('done · 2,500 sessions')
    expect([checkpointOf(file), rejectsOf(file)].filter(existsSync)).toEqual([])
    const sample = sessions.filter((_, n) => n % 5 === 0)
    const found = await documents(
      'a',
      sample.map(({ id }) => id),
    )
    found.forEach((document, index) => {
      const session = sample[index]
      expect(document, session?.id).toMatchObject({
        state: 'closed',
        endReason: 'completed',
        total: session?.payment.amount,
        startedAt: session?.startedAt,
        endedAt: session?.endedAt,
        anomalies: [],
      })
      expect(document?.events).toHaveLength((session?.items.length ?? 0) + 4)
    })

    // Without its checkpoint it sends everything again, and nothing changes.
    const again = await run(file).ended
    expect(again.code).toBe(0)
    expect(again.out).toMatch(/done · 2,500 sessions · ([\d,]+) events \(\1 known before\)/)
    expect(
      await documents(
        'a',
        sample.map(({ id }) => id),
      ),
    ).toEqual(found)
  }, 120_000)

  it('names line and field of what it cannot import, and imports the rest', async () => {
    const changed = { ...past('faulty', 1), client: 'matrix' }
    const file = fileOf('faulty.ndjson', [
      `\uFEFF${JSON.stringify(past('faulty', 1))}`,
      '{"id": "broken',
      { ...past('faulty', 3), items: [{ sku: 's', name: 'n', quantity: 0, unitPrice: 1 }] },
      '',
      { ...past('faulty', 5), storeId: 'b' },
      { ...past('faulty', 6), storeId: 'foreign' },
      { ...past('faulty', 7), storeId: 'nowhere' },
      changed,
      past('faulty', 9),
    ])
    const { code, err, out } = await run(file).ended
    expect(code, err + out).toBe(3)
    expect(out).toContain('done · 3 sessions')
    expect(err).toContain(rejectsOf(file))
    const rejects = readFileSync(rejectsOf(file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(rejects).toMatchObject([
      { line: 2, field: '', message: 'is not JSON' },
      { line: 3, id: 'faulty-3', field: 'items.0.quantity' },
      { line: 6, id: 'faulty-6', field: 'storeId' },
      { line: 7, id: 'faulty-7', field: 'storeId' },
      { line: 8, id: 'faulty-1', field: '', message: expect.stringContaining('id_reused') },
    ])
    expect(await client.getSession('b', 'faulty-5')).toMatchObject({ state: 'closed' })
    expect(await client.getSession('a', 'faulty-1')).toMatchObject({ client: { type: 'hand-scanner' } })
    expect(await client.getSession('a', 'faulty-9')).toMatchObject({ state: 'closed' })
  }, 60_000)

  it('finds the sessions that the expiry policy ended before their payment, where it is asked to', async () => {
    const late = {
      ...past('late', 1),
      startedAt: '2025-05-01T21:55:00Z',
      endedAt: '2025-05-01T22:05:00Z',
    }
    const file = fileOf('late.ndjson', [past('late', 0), late])
    const { code, err } = await run(file, ['--verify']).ended
    expect(code, err).toBe(3)
    expect(JSON.parse(readFileSync(rejectsOf(file), 'utf8'))).toMatchObject({
      line: 2,
      id: 'late-1',
      field: 'payment',
      message: expect.stringContaining('expired_midnight'),
    })
  })

  it.each([
    ['a wrong key', ['--api-key', 'nobodys-key'], 1, '--api-key was refused'],
    ['a store of others', ['--store', 'foreign'], 1, 'no access to store foreign'],
    ['a file that is not there', ['--file', join(folder, 'nothing.ndjson')], 1, 'nothing.ndjson'],
    ['an address that is none', ['--backend', 'somewhere'], 2, '--backend "somewhere"'],
    ['an unknown option', ['--fiel', 'x'], 2, '--fiel'],
  ])('says what is wrong with %s', async (_, overrides, code, message) => {
    const file = fileOf('small.ndjson', [past('small', 1)])
    const result = await run(file, overrides).ended
    expect(result).toMatchObject({ code, err: expect.stringContaining(message) })
  })

  it('says that the backend cannot be reached, after some tries', async () => {
    const file = fileOf('away.ndjson', [past('away', 1)])
    const { code, err, out } = await run(file, ['--backend', 'http://127.0.0.1:1']).ended
    expect(code).toBe(1)
    expect(out).toContain('next try')
    expect(err).toMatch(/cannot be reached .*run it again to go on/)
  }, 60_000)
})
