/** A backend that is killed while a console pushes: a decision is there as a whole or not at all, and what was answered stays. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type MutationResult, pushResponseSchema } from '#shared/protocol/decisions.ts'
import { sessionDocumentSchema } from '#shared/protocol/session-document.ts'
import { signInResponseSchema } from '#shared/protocol/sync.ts'
import { type BackendProcess, killBackends, startBackendProcess } from './testing/backend-process.ts'
import { skipsPostgres, startPostgres } from './testing/postgres-server.ts'
import { bootstrap, factsOf } from './testing/test-backend.ts'

const seed = Number(process.env.FLOORWALKER_SEED ?? 20_261_127)
const KILLS = 4
const BATCH = 5
/** After how many answers, and how many milliseconds later. */
const killMoment = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 40 }))
const folder = mkdtempSync(join(tmpdir(), 'floorwalker-killed-'))
const bootstrapFile = join(folder, 'bootstrap.json')
writeFileSync(bootstrapFile, JSON.stringify(bootstrap))

afterEach(killBackends)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Notes of one console on one session, pushed to whichever backend runs now. */
class PushingConsole {
  readonly answers = new Map<number, MutationResult>()
  private token = ''

  constructor(private base: string) {}

  async signIn(): Promise<void> {
    const device = { id: 'killed-device', name: 'PC' }
    const json = { employeeNumber: '100', password: 'correct horse', device }
    const response = await this.post('/v1/auth/sign-in', json)
    this.token = signInResponseSchema.parse(await response.json()).accessToken
  }

  movesTo(base: string): void {
    this.base = base
  }

  /** Pushes the notes from this seq on; the answer counts only when it arrived. */
  async push(fromSeq: number, count: number): Promise<{ results: MutationResult[]; lastMutationSeq: number }> {
    const mutations = Array.from({ length: count }, (_, index) => {
      const seq = fromSeq + index
      const payload = { text: `note ${seq}` }
      const at = { storeId: 'berlin', sessionId: 'killed', occurredAt: '2026-03-10T11:00:00Z' }
      return { id: `note-${seq}`, seq, type: 'note.add', payload, ...at }
    })
    const response = await this.post('/v1/sync/mutations', { deviceId: 'killed-device', mutations })
    const text = await response.text()
    expect(response.status, text).toBe(200)
    return pushResponseSchema.parse(JSON.parse(text))
  }

  /** Pushes on and on until the connection breaks; says after each answer how many there were. */
  async pushUntilKilled(answered: (count: number) => void): Promise<void> {
    for (let count = 1; ; count++) {
      const answer = await this.push(this.answers.size + 1, BATCH).catch((error: unknown) => {
        if (error instanceof TypeError) return null
        throw error
      })
      if (answer === null) return
      for (const result of answer.results) this.answers.set(result.seq, result)
      answered(count)
    }
  }

  async notes(): Promise<string[]> {
    const headers = { authorization: 'ApiKey key-of-berlin' }
    const response = await fetch(`${this.base}/v1/stores/berlin/sessions/killed`, { headers })
    return sessionDocumentSchema.parse(await response.json()).notes.map(({ id }) => id)
  }

  private post(path: string, json: unknown): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}` }
    return fetch(this.base + path, { method: 'POST', headers, body: JSON.stringify(json) })
  }
}

async function killWhilePushing(environment: Record<string, string>): Promise<void> {
  const start = () => startBackendProcess({ BOOTSTRAP: bootstrapFile, ACCESS_TOKEN_SECONDS: '3600', ...environment })
  let backend: BackendProcess = start()
  const base = await backend.listening()
  const console = new PushingConsole(base)
  await console.signIn()
  const key = { authorization: 'ApiKey key-of-berlin' }
  const events = [factsOf('killed', Date.now() - 60_000).started()]
  const sent = await fetch(`${base}/v1/stores/berlin/events`, {
    method: 'POST',
    headers: key,
    body: JSON.stringify({ events }),
  })
  expect(sent.status).toBe(200)
  for (const [answers, delayMs] of fc.sample(killMoment, { seed, numRuns: KILLS })) {
    const doomed = backend
    await console.pushUntilKilled((count) => {
      if (count === answers) setTimeout(() => doomed.child.kill('SIGKILL'), delayMs)
    })
    await doomed.ended
    backend = start()
    console.movesTo(await backend.listening())
    const answered = console.answers.size
    const { lastMutationSeq } = await console.push(1, 0)
    expect(lastMutationSeq).toBeGreaterThanOrEqual(answered)
    expect(lastMutationSeq).toBeLessThanOrEqual(answered + BATCH)
    const processed = Array.from({ length: lastMutationSeq }, (_, index) => `note-${index + 1}`)
    expect((await console.notes()).toSorted()).toEqual(processed.toSorted())
    // The console does not know what came through: it repeats what it has no answer for, and some it has.
    const from = Math.max(1, answered - BATCH)
    const { results } = await console.push(from, answered + BATCH - from + 1)
    for (const result of results) {
      expect(result).toEqual(console.answers.get(result.seq) ?? { ...result, status: 'applied' })
      console.answers.set(result.seq, result)
    }
    const all = Array.from({ length: answered + BATCH }, (_, index) => `note-${index + 1}`)
    expect((await console.notes()).toSorted()).toEqual(all.toSorted())
  }
  backend.child.kill('SIGTERM')
  expect(await backend.ended).toMatchObject({ code: 0, errors: '' })
}

describe('a backend killed at random moments of pushing', () => {
  it(`loses and doubles nothing in a folder (seed ${seed})`, { timeout: 300_000 }, () =>
    killWhilePushing({ DATA_DIR: join(folder, 'data') }),
  )

  it.skipIf(skipsPostgres)(`loses and doubles nothing in PostgreSQL (seed ${seed})`, { timeout: 300_000 }, async () => {
    const server = await startPostgres()
    try {
      await killWhilePushing({ DATABASE_URL: await server.createDatabase('killed') })
    } finally {
      killBackends()
      await server.stop()
    }
  })
})
