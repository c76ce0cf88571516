/** The backend as a process: how it starts, what it says when it cannot, and what a power cut leaves. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { killBackends, startBackendProcess as start } from './testing/backend-process.ts'
import { bootstrap, factsOf, freshId } from './testing/test-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'floorwalker-main-'))
function fileWith(content: unknown): string {
  const path = join(folder, `${freshId('bootstrap')}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

afterEach(killBackends)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the backend process', () => {
  it('names what is wrong with its bootstrap file, in one line', async () => {
    const [store] = bootstrap.stores
    const cases: [string, RegExp][] = [
      [
        fileWith({ stores: [{ ...store, timezone: 'Mars/Olympus' }] }),
        /stores\.0\.timezone: is not a known IANA time zone/,
      ],
      [
        fileWith({ stores: [store], employees: [{ ...bootstrap.employees[0], stores: ['paris'] }] }),
        /employees\.0\.stores\.0/,
      ],
      [fileWith('{'), /JSON/],
      [join(folder, 'missing.json'), /ENOENT/],
    ]
    await Promise.all(
      cases.map(async ([path, message]) => {
        const { code, errors } = await start({ BOOTSTRAP: path }).ended
        expect(code).toBe(1)
        expect(errors).toMatch(message)
        expect(errors.trim().split('\n')).toHaveLength(1)
      }),
    )
    expect(await start({ PORT: 'http' }).ended).toMatchObject({ code: 1, errors: expect.stringMatching(/PORT/) })
    const unreachable = await start({ DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' }).ended
    expect(unreachable).toMatchObject({ code: 1, errors: expect.stringMatching(/DATABASE_URL.*ECONNREFUSED/) })
  })

  it('keeps what it accepted through SIGKILL, and refuses its folder to a second one', {
    timeout: 120_000,
  }, async () => {
    const environment = { BOOTSTRAP: fileWith(bootstrap), DATA_DIR: join(folder, 'data') }
    const key = { authorization: 'ApiKey key-of-berlin' }
    const first = start(environment)
    const base = await first.listening()
    const story = factsOf('survivor')
    const response = await fetch(`${base}/v1/stores/berlin/events`, {
      method: 'POST',
      headers: key,
      body: JSON.stringify({ events: [story.started(), story.item('1')] }),
    })
    expect(response.status).toBe(200)
    const refused = await start(environment).ended
    expect(refused).toMatchObject({ code: 1, errors: expect.stringMatching(/DATA_DIR.*in use/) })
    first.child.kill('SIGKILL')
    await first.ended
    const second = start(environment)
    const again = await fetch(`${await second.listening()}/v1/stores/berlin/sessions/survivor`, { headers: key })
    expect(await again.json()).toMatchObject({ quantity: 1 })
    second.child.kill('SIGTERM')
    expect(await second.ended).toMatchObject({ code: 0, errors: '' })
  })

  it('serves the console under a strict policy, and ends open streams when it is told to end', async () => {
    const consoleFolder = join(folder, 'console')
    mkdirSync(join(consoleFolder, 'assets'), { recursive: true })
    writeFileSync(join(consoleFolder, 'index.html'), '<!doctype html>console')
    writeFileSync(join(consoleFolder, 'assets', 'app-1.js'), 'start()')
    const { child, ended, listening } = start({ BOOTSTRAP: fileWith(bootstrap), CONSOLE_DIR: consoleFolder })
    const base = await listening()
    for (const path of ['/', '/sessions/abc?client=matrix']) {
      const page = await fetch(base + path)
      expect(await page.text()).toContain('console')
      expect(page.headers.get('content-security-policy')).toMatch(/default-src 'self'/)
    }
    const script = await fetch(`${base}/assets/app-1.js`)
    expect(script.headers.get('content-type')).toMatch('text/javascript')
    for (const path of [
      '/assets/none.js',
      '/..%2f..%2fetc%2fpasswd.txt',
      '/%2e%2e%2fmain.ts',
      '/local/info',
      '/api/none',
    ]) {
      expect((await fetch(base + path)).status).toBe(404)
    }
    const signIn = { employeeNumber: '100', password: 'correct horse', device: { id: 'd', name: 'PC' } }
    const signedIn = await fetch(`${base}/v1/auth/sign-in`, { method: 'POST', body: JSON.stringify(signIn) })
    const { accessToken } = (await signedIn.json()) as { accessToken: string }
    const stream = await fetch(`${base}/v1/sync/events`, { headers: { authorization: `Bearer ${accessToken}` } })
    const all = stream.text()
    child.kill('SIGINT')
    expect(await all).toMatch(/event: heartbeat/)
    expect(await ended).toMatchObject({ code: 0, errors: '' })
  })
})
