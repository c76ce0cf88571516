import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { problemSchema } from '#shared/protocol/problems.ts'
import { ApiProxy } from './api-proxy.ts'
import { type SecretBox, SignInKeeper } from './sign-in-keeper.ts'
import { MemoryFolder } from './testing/memory-folder.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

const identity = {
  employee: { number: '1001', name: 'Katharina Vogel', role: 'supervisor' },
  stores: [],
}
const tokens = { accessToken: 'ACCESS-1', refreshToken: 'REFRESH-1' }
/** Reversing is no encryption, but it shows whether the text went through the box. */
const box: SecretBox = {
  encrypt: async (text) => Buffer.from([...text].reverse().join('')),
  decrypt: async (bytes) => [...Buffer.from(bytes).toString()].reverse().join(''),
}

interface Call {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

let calls: Call[] = []
let answers: Record<string, Answer> = {}
let stop: () => void
let backendUrl: string
let folder: MemoryFolder
let signIn: SignInKeeper
let proxy: ApiProxy

beforeEach(async () => {
  calls = []
  answers = {}
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      calls.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body })
      const answer = answers[request.url ?? '']
      if (answer) answer(request, response, body)
      else problemOf(response, 404, 'not_found')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  backendUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  stop = () => {
    server.closeAllConnections()
    server.close()
  }
  folder = new MemoryFolder()
  signIn = await SignInKeeper.open(folder, box)
  proxy = newProxy()
})
afterEach(() => stop())

const newProxy = () => new ApiProxy({ fetch, backendUrl: () => backendUrl, signIn, timeoutMs: 300 })

function json(response: ServerResponse, body: unknown, status = 200, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type, 'floorwalker-protocol': '1', 'set-cookie': 'a=b' })
  response.end(JSON.stringify(body))
}
const problemOf = (response: ServerResponse, status: number, code: string) =>
  json(response, { type: 't', title: code, status, code }, status, 'application/problem+json')

const ask = (path: string, init?: RequestInit) => proxy.handle(new Request(`app://floorwalker/api${path}`, init))
const post = (path: string, body?: unknown) =>
  ask(path, { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
const codeOf = async (response: Response) => problemSchema.parse(await response.json()).code

async function signInNow(): Promise<Response> {
  answers['/v1/auth/sign-in'] = (_request, response) => json(response, { ...identity, ...tokens })
  return post('/v1/auth/sign-in', { employeeNumber: '1001', password: 'demo' })
}

describe('tokens', () => {
  test('never reach the renderer and are sent with every later call', async () => {
    const response = await signInNow()
    expect(await response.json()).toEqual(identity)
    expect(response.headers.get('set-cookie')).toBeNull()
    answers['/v1/time?x=1'] = (_request, answer) => json(answer, { now: 'then' })
    const time = await ask('/v1/time?x=1', { headers: { authorization: 'Bearer forged', cookie: 'c=d' } })
    expect(await time.json()).toEqual({ now: 'then' })
    expect(time.headers.get('set-cookie')).toBeNull()
    expect(calls[1]?.headers).toMatchObject({ authorization: 'Bearer ACCESS-1', 'floorwalker-protocol': '1' })
    expect(calls[1]?.headers.cookie).toBeUndefined()
  })

  test('an answer to sign-in without tokens, or with an identity it does not know, shows nothing', async () => {
    answers['/v1/auth/sign-in'] = (_request, response) => json(response, { ...tokens, employee: 'x' })
    const response = await post('/v1/auth/sign-in', {})
    const text = await response.text()
    expect(response.status).toBe(502)
    expect(text).toContain('not_a_backend')
    expect(text).not.toMatch(/ACCESS|REFRESH/)
  })

  test('a refresh rotates, once for calls that come together, and hides the tokens', async () => {
    await signInNow()
    answers['/v1/auth/refresh'] = (_request, response) =>
      json(response, { accessToken: 'ACCESS-2', refreshToken: 'REFRESH-2', ...identity })
    const responses = await Promise.all([post('/v1/auth/refresh'), post('/v1/auth/refresh')])
    for (const response of responses) expect(await response.json()).toEqual(identity)
    const refreshes = calls.filter((call) => call.path === '/v1/auth/refresh')
    expect(refreshes.map((call) => call.body)).toEqual(['{"refreshToken":"REFRESH-1"}'])
    answers['/v1/auth/refresh'] = (_request, response) => json(response, { accessToken: 'A', refreshToken: 'B' })
    expect((await post('/v1/auth/refresh')).status).toBe(204)
    expect(calls.at(-1)?.body).toBe('{"refreshToken":"REFRESH-2"}')
  })

  test('a restart goes on with the kept refresh token, at the same backend only', async () => {
    await signInNow()
    expect(folder.peek('sign-in.bin')?.toString()).not.toContain('REFRESH')
    signIn = await SignInKeeper.open(folder, box)
    proxy = newProxy()
    expect(signIn.refreshToken('http://elsewhere')).toBeNull()
    answers['/v1/auth/refresh'] = (_request, response) => json(response, { accessToken: 'A', refreshToken: 'B' })
    expect((await post('/v1/auth/refresh')).status).toBe(204)
    expect(calls.at(-1)?.body).toBe('{"refreshToken":"REFRESH-1"}')
  })

  test('without encryption nothing is written, and the sign-in lasts as long as the app', async () => {
    signIn = await SignInKeeper.open(folder, null)
    proxy = newProxy()
    await signInNow()
    expect(signIn.canKeep).toBe(false)
    expect(folder.names()).toEqual([])
    expect(signIn.accessToken(backendUrl)).toBe('ACCESS-1')
    expect((await SignInKeeper.open(folder, null)).refreshToken(backendUrl)).toBeNull()
  })

  test('a refused refresh forgets, a failed one does not', async () => {
    await signInNow()
    answers['/v1/auth/refresh'] = (_request, response) => problemOf(response, 503, 'unavailable')
    expect(await codeOf(await post('/v1/auth/refresh'))).toBe('unavailable')
    expect(signIn.refreshToken(backendUrl)).toBe('REFRESH-1')
    answers['/v1/auth/refresh'] = (_request, response) => problemOf(response, 401, 'token_revoked')
    expect(await codeOf(await post('/v1/auth/refresh'))).toBe('token_revoked')
    expect(signIn.refreshToken(backendUrl)).toBeNull()
    expect(folder.names()).toEqual([])
    expect(await codeOf(await post('/v1/auth/refresh'))).toBe('unauthorized')
  })

  test('sign-out forgets, also when the backend is gone', async () => {
    await signInNow()
    stop()
    expect((await post('/v1/auth/sign-out')).status).toBe(204)
    expect(signIn.accessToken(backendUrl)).toBeNull()
    expect(folder.names()).toEqual([])
  })

  test('a refresh that ends after a sign-out brings nothing back', async () => {
    await signInNow()
    let release = () => {}
    const asked = new Promise<void>((resolve) => {
      answers['/v1/auth/refresh'] = (_request, response) => {
        release = () => json(response, { accessToken: 'A', refreshToken: 'B' })
        resolve()
      }
    })
    answers['/v1/auth/sign-out'] = (_request, response) => json(response, {})
    const refresh = post('/v1/auth/refresh')
    await asked
    await post('/v1/auth/sign-out')
    release()
    await refresh
    expect(signIn.refreshToken(backendUrl)).toBeNull()
  })
})

describe('answers', () => {
  test('problems pass with their status: 401, 409, 426, 429 with Retry-After', async () => {
    for (const [status, code] of [
      [401, 'token_expired'],
      [409, 'sequence_gap'],
      [426, 'upgrade_required'],
    ] as const) {
      answers['/v1/x'] = (_request, response) => problemOf(response, status, code)
      const response = await ask('/v1/x')
      expect(response.status).toBe(status)
      expect(await codeOf(response)).toBe(code)
    }
    answers['/v1/x'] = (_request, response) => {
      response.setHeader('retry-after', '7')
      problemOf(response, 429, 'too_many_requests')
    }
    expect((await ask('/v1/x')).headers.get('retry-after')).toBe('7')
  })

  test('a body and its etag pass as they are; 304 has none', async () => {
    const bytes = Buffer.from([0, 1, 2, 255])
    answers['/v1/day'] = (request, response) => {
      const known = request.headers['if-none-match'] === '"v1"'
      response.writeHead(known ? 304 : 200, {
        'content-type': 'application/vnd.apache.arrow.stream',
        'floorwalker-protocol': '1',
        etag: '"v1"',
      })
      response.end(known ? undefined : bytes)
    }
    const first = await ask('/v1/day')
    expect(Buffer.from(await first.arrayBuffer())).toEqual(bytes)
    expect(first.headers.get('etag')).toBe('"v1"')
    expect((await ask('/v1/day', { headers: { 'if-none-match': '"v1"' } })).status).toBe(304)
  })

  test.each<[string, Answer]>([
    ['an HTML page', (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>')],
    ['an HTML error', (_request, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>')],
    ['no content type', (_request, response) => response.writeHead(200, { 'floorwalker-protocol': '1' }).end('x')],
    [
      'JSON of another server',
      (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
    ],
    [
      'a JSON error that is no problem',
      (_request, response) => response.writeHead(500, { 'content-type': 'application/json' }).end('{}'),
    ],
    ['a redirect', (_request, response) => response.writeHead(302, { location: '/login' }).end()],
  ])('%s is not a backend', async (_name, answer) => {
    for (const path of ['/v1/x', '/v1/sync/events']) {
      answers[path] = answer
      const response = await ask(path)
      expect(response.status).toBe(502)
      expect(await codeOf(response)).toBe('not_a_backend')
    }
    expect(calls.some((call) => call.path === '/login')).toBe(false)
  })

  test('nobody there, silence and a body that breaks off are unreachable', async () => {
    answers['/v1/silent'] = () => {}
    answers['/v1/half'] = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'floorwalker-protocol': '1' })
      response.write('{"a":')
      setTimeout(() => response.destroy(), 20)
    }
    answers['/v1/stuck'] = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'floorwalker-protocol': '1' })
      response.write('{"a":')
    }
    for (const path of ['/v1/silent', '/v1/half', '/v1/stuck']) {
      expect(await codeOf(await ask(path)), path).toBe('backend_unreachable')
    }
    stop()
    expect(await codeOf(await ask('/v1/time'))).toBe('backend_unreachable')
    expect(await codeOf(await ask('/v1/sync/events'))).toBe('backend_unreachable')
    expect(await codeOf(await post('/v1/auth/sign-in', {}))).toBe('backend_unreachable')
  })

  test('no address set is said as such', async () => {
    backendUrl = ''
    expect(await codeOf(await ask('/v1/time'))).toBe('not_a_backend')
  })
})

describe('event stream', () => {
  let open = 0
  beforeEach(() => {
    open = 0
    answers['/v1/sync/events'] = (_request, response) => {
      open++
      response.on('close', () => open--)
      response.writeHead(200, { 'content-type': 'text/event-stream', 'floorwalker-protocol': '1' })
      response.write('data: hello\n\n')
      setTimeout(() => response.write('data: later\n\n'), 600)
    }
  })
  const openIs = async (count: number) => {
    await expect.poll(() => open, { timeout: 2_000 }).toBe(count)
  }

  test('is passed on as it comes, beyond the timeout of other calls', async () => {
    const response = await ask('/v1/sync/events')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toBe('data: hello\n\n')
    expect((await reader?.read())?.value).toBe('data: later\n\n')
    await reader?.cancel()
    await openIs(0)
  })

  test('a newer one ends the older one on both sides', async () => {
    const first = (await ask('/v1/sync/events')).body?.getReader()
    await first?.read()
    const second = (await ask('/v1/sync/events')).body?.getReader()
    await second?.read()
    expect((await first?.read())?.done).toBe(true)
    await openIs(1)
    proxy.endStream()
    expect((await second?.read())?.done).toBe(true)
    await openIs(0)
  })

  test('ends for the page when the backend dies, and with a sign-out', async () => {
    const reader = (await ask('/v1/sync/events')).body?.getReader()
    await reader?.read()
    await post('/v1/auth/sign-out')
    expect((await reader?.read())?.done).toBe(true)
    const next = (await ask('/v1/sync/events')).body?.getReader()
    await next?.read()
    stop()
    expect((await next?.read())?.done).toBe(true)
  })
})
