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
const sealed = (text: string) => Buffer.from([...text].reverse().join(''))
let box: SecretBox

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
  box = {
    encrypt: async (text) => sealed(text),
    decrypt: async (bytes) => [...Buffer.from(bytes).toString()].reverse().join(''),
  }
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

const empty = (response: ServerResponse) => response.writeHead(204, { 'floorwalker-protocol': '1' }).end()
const bodiesOf = (path: string) => calls.filter((call) => call.path === path).map((call) => JSON.parse(call.body))

const ask = (path: string, init?: RequestInit) => proxy.handle(new Request(`app://floorwalker/api${path}`, init))
const post = (path: string, body?: unknown) =>
  ask(path, { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
const codeOf = async (response: Response) => problemSchema.parse(await response.json()).code

async function signInNow(): Promise<Response> {
  answers['/v1/auth/sign-in'] = (_request, response) => json(response, { ...identity, ...tokens })
  return post('/v1/auth/sign-in', { employeeNumber: '1001', password: 'demo' })
}

describe('tokens', () => {
  test('[ID-3] never reach the renderer and are sent with every later call', async () => {
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

  test('[ID-3] without encryption nothing is written, and the sign-in lasts as long as the app', async () => {
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

  test('only the backend itself ends a sign-in, not a portal on the way', async () => {
    await signInNow()
    answers['/v1/auth/refresh'] = (_request, response) =>
      response.writeHead(401, { 'content-type': 'text/html' }).end('<h1>Hotel</h1>')
    expect(await codeOf(await post('/v1/auth/refresh'))).toBe('not_a_backend')
    expect(signIn.refreshToken(backendUrl)).toBe('REFRESH-1')
  })

  test('a refresh under a new device id is not merged with another, and uses the newest token', async () => {
    await signInNow()
    let count = 1
    answers['/v1/auth/refresh'] = (_request, response) => {
      count++
      setTimeout(() => json(response, { accessToken: `ACCESS-${count}`, refreshToken: `REFRESH-${count}` }), 20)
    }
    const answered = await Promise.all(
      ['new', 'new', 'newer', 'new'].map((deviceId) => post('/v1/auth/refresh', { deviceId })),
    )
    expect(answered.map((response) => response.status)).toEqual([204, 204, 204, 204])
    expect(bodiesOf('/v1/auth/refresh')).toEqual([
      { refreshToken: 'REFRESH-1', deviceId: 'new' },
      { refreshToken: 'REFRESH-2', deviceId: 'newer' },
      { refreshToken: 'REFRESH-3', deviceId: 'new' },
    ])
    expect(signIn.accessToken(backendUrl)).toBe('ACCESS-4')
  })

  test('a refresh whose body is wrong names the field and spends nothing', async () => {
    await signInNow()
    const response = await post('/v1/auth/refresh', { deviceId: '' })
    expect(problemSchema.parse(await response.json())).toMatchObject({ code: 'invalid_request', field: 'deviceId' })
    expect(await codeOf(await ask('/v1/auth/refresh', { method: 'POST', body: '{' }))).toBe('invalid_json')
    expect(bodiesOf('/v1/auth/refresh')).toEqual([])
  })

  test('a new access token is not used before its refresh token is on the disk', async () => {
    await signInNow()
    let write = () => {}
    const writing = new Promise<void>((resolve) => {
      box.encrypt = async (text) => {
        resolve()
        await new Promise<void>((go) => {
          write = go
        })
        return sealed(text)
      }
    })
    answers['/v1/auth/refresh'] = (_request, response) => json(response, { accessToken: 'ACCESS-2', refreshToken: 'B' })
    answers['/v1/time'] = (_request, response) => json(response, { now: 'then' })
    const refresh = post('/v1/auth/refresh')
    await writing
    await ask('/v1/time')
    expect(calls.at(-1)?.headers.authorization).toBe('Bearer ACCESS-1')
    write()
    await refresh
    await ask('/v1/time')
    expect(calls.at(-1)?.headers.authorization).toBe('Bearer ACCESS-2')
    expect((await SignInKeeper.open(folder, box)).refreshToken(backendUrl)).toBe('B')
  })

  test('sign-out after a restart revokes with the refresh token', async () => {
    await signInNow()
    signIn = await SignInKeeper.open(folder, box)
    proxy = newProxy()
    answers['/v1/auth/sign-out'] = (_request, response) => empty(response)
    expect((await post('/v1/auth/sign-out')).status).toBe(204)
    expect(bodiesOf('/v1/auth/sign-out')).toEqual([{ refreshToken: 'REFRESH-1' }])
    expect(folder.names()).toEqual([])
  })

  test('a sign-out without network is told at the next contact, also after a restart', async () => {
    await signInNow()
    answers['/v1/auth/sign-out'] = (request) => request.destroy()
    expect((await post('/v1/auth/sign-out')).status).toBe(204)
    expect(signIn.accessToken(backendUrl)).toBeNull()
    expect(signIn.refreshToken(backendUrl)).toBeNull()
    expect(folder.peek('sign-in.bin')?.toString()).not.toContain('REFRESH')

    signIn = await SignInKeeper.open(folder, box)
    proxy = newProxy()
    expect(signIn.refreshToken(backendUrl)).toBeNull()
    answers['/v1/time'] = (_request, response) => json(response, { now: 'then' })
    answers['/v1/auth/sign-out'] = (_request, response) => problemOf(response, 503, 'unavailable')
    await ask('/v1/time')
    await expect.poll(() => bodiesOf('/v1/auth/sign-out').length).toBe(2)
    expect(signIn.toRevoke(backendUrl)).toEqual(['REFRESH-1'])
    answers['/v1/auth/sign-out'] = (_request, response) => empty(response)
    await ask('/v1/time')
    await expect.poll(() => folder.names()).toEqual([])
    expect(bodiesOf('/v1/auth/sign-out').at(-1)).toEqual({ refreshToken: 'REFRESH-1' })
    await ask('/v1/time')
    expect(bodiesOf('/v1/auth/sign-out')).toHaveLength(3)
  })

  test('without encryption a sign-out that could not be told waits in memory', async () => {
    signIn = await SignInKeeper.open(folder, null)
    proxy = newProxy()
    await signInNow()
    answers['/v1/auth/sign-out'] = (request) => request.destroy()
    await post('/v1/auth/sign-out')
    expect(folder.names()).toEqual([])
    answers['/v1/auth/sign-out'] = (_request, response) => empty(response)
    await ask('/v1/time')
    await expect.poll(() => signIn.toRevoke(backendUrl)).toEqual([])
  })

  test('a token that the backend does not know is not offered for ever', async () => {
    await signInNow()
    answers['/v1/auth/sign-out'] = (_request, response) => problemOf(response, 400, 'invalid_request')
    await post('/v1/auth/sign-out')
    expect(signIn.toRevoke(backendUrl)).toEqual([])
  })

  test('a new sign-in revokes the one it replaces, whose late refresh changes nothing', async () => {
    await signInNow()
    let release = () => {}
    const asked = new Promise<void>((resolve) => {
      answers['/v1/auth/refresh'] = (_request, response) => {
        release = () => problemOf(response, 401, 'token_revoked')
        resolve()
      }
    })
    answers['/v1/auth/sign-out'] = (_request, response) => empty(response)
    const refresh = post('/v1/auth/refresh')
    await asked
    answers['/v1/auth/sign-in'] = (_request, response) =>
      json(response, { ...identity, accessToken: 'ACCESS-9', refreshToken: 'REFRESH-9' })
    expect((await post('/v1/auth/sign-in', {})).status).toBe(200)
    await expect.poll(() => bodiesOf('/v1/auth/sign-out')).toEqual([{ refreshToken: 'REFRESH-1' }])
    release()
    await refresh
    expect(signIn.refreshToken(backendUrl)).toBe('REFRESH-9')
    expect(signIn.accessToken(backendUrl)).toBe('ACCESS-9')
  })

  test('a sign-in that is answered after the address was changed is not kept, but revoked', async () => {
    let release = () => {}
    const asked = new Promise<void>((resolve) => {
      answers['/v1/auth/sign-in'] = (_request, response) => {
        release = () => json(response, { ...identity, ...tokens })
        resolve()
      }
    })
    answers['/v1/auth/sign-out'] = (_request, response) => empty(response)
    const response = post('/v1/auth/sign-in', {})
    await asked
    await proxy.endSignIn(backendUrl)
    release()
    expect(await codeOf(await response)).toBe('unauthorized')
    expect(signIn.refreshToken(backendUrl)).toBeNull()
    await expect.poll(() => bodiesOf('/v1/auth/sign-out')).toEqual([{ refreshToken: 'REFRESH-1' }])
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
