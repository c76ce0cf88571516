/** The simulator against a real backend process: knows of it only its environment and the wire contract. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionDocument } from '#shared/protocol/session-document.ts'
import { bootstrapSchema } from '#shared/protocol/store-settings.ts'
import { systemClock } from '#shared/time/clock.ts'
import { pause, StoreClient } from '../integration-tools/store-client.ts'
import { importHistory } from './history.ts'
import { runLive } from './live.ts'
import { Random } from './random.ts'
import { liveHabits } from './shopper.ts'
import { Staff } from './staff.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const bootstrapFile = join(root, 'simulator/demo-bootstrap.json')
const { stores, apiKeys, employees } = bootstrapSchema.parse(JSON.parse(readFileSync(bootstrapFile, 'utf8')))
const apiKey = apiKeys[0]?.key ?? ''
const [store] = stores
const staffNumbers = ['1001', '2001']
if (store === undefined) throw new Error('the demo has a store')

describe('with a real backend', () => {
  const folder = mkdtempSync(join(tmpdir(), 'floorwalker-simulator-'))
  let child: ChildProcess
  let backend = ''

  beforeAll(async () => {
    child = spawn(process.execPath, ['--import', 'tsx', 'src-backend/main.ts'], {
      cwd: root,
      env: { ...process.env, BOOTSTRAP: bootstrapFile, PORT: '0', DATA_DIR: join(folder, 'data'), DATABASE_URL: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (child.stdout === null) throw new Error('no output of the backend')
    for await (const line of createInterface(child.stdout)) {
      backend = JSON.parse(line).listening
      break
    }
    child.stdout.resume()
  }, 60_000)

  afterAll(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }, 30_000)

  it('imports history twice and doubles nothing', async () => {
    const client = new StoreClient({ backend, apiKey })
    const options = { stores, days: 2, perDay: 20, seed: 3, nowMs: systemClock.now() }
    const first = await importHistory(client, options, () => undefined)
    expect(first).toMatchObject({ duplicates: 0, refused: [] })
    const second = await importHistory(client, options, () => undefined)
    expect(second).toMatchObject({ events: first.events, duplicates: first.events, refused: [] })
  }, 60_000)

  it('lets simulated staff settle the checks that live shoppers wait for', async () => {
    const stop = new AbortController()
    const started = new Set<string>()
    // The first session of the run is made to come to a spot check.
    const watching: typeof fetch = (input, init) => {
      for (const [, id] of String(init?.body ?? '').matchAll(/"sessionId":"([^"]+-00001)"/g)) {
        if (id !== undefined) started.add(id)
      }
      return fetch(input, init)
    }
    const client = new StoreClient({ backend, apiKey, fetch: watching, signal: stop.signal, attempts: Infinity })
    const staff = employees
      .filter(({ number }) => staffNumbers.includes(number))
      .map(
        ({ number, password }) =>
          new Staff({
            backend,
            signal: stop.signal,
            employeeNumber: number,
            password,
            stores: [store],
            clock: systemClock,
            random: new Random(1, 'staff', number),
            speed: 100,
            deviceId: `staff-of-test-${number}`,
            log: () => undefined,
          }),
      )
    for (const each of staff) await each.start()
    const running = Promise.all([
      ...staff.map((each) => each.run()),
      runLive(client, new StoreClient({ backend, apiKey, attempts: 1 }), {
        stores: [store],
        seed: 4,
        speed: 100,
        perDay: 100,
        habits: liveHabits,
        clock: systemClock,
        stop,
        log: () => undefined,
        tickMs: 200,
      }),
    ])
    const reader = new StoreClient({ backend, apiKey })
    let session: SessionDocument | null = null
    const deadline = systemClock.monotonic() + 30_000
    while (session?.transactions.some(({ status }) => status === 'completed') !== true) {
      if (systemClock.monotonic() > deadline) throw new Error(`no payment in time: ${JSON.stringify(session)}`)
      await pause(200)
      for (const id of started) session = await reader.getSession(store.id, id)
    }
    stop.abort()
    await running
    const check = session.verifications.find(({ kind }) => kind === 'spot_check')
    expect(['approved', 'rejected']).toContain(check?.status)
    expect(staffNumbers).toContain(check?.employee?.number)
    expect(session.waitingMs).toBeGreaterThan(0)
    expect(session.interactionMs).toBeGreaterThan(0)
    expect(session.anomalies).toEqual([])
  }, 60_000)
})
