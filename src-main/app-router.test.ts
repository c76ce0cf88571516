import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CONTENT_SECURITY_POLICY, createAppRouter, isAppBlob, isAppUrl } from './app-router.ts'

let root: string
let route: (request: Request) => Promise<Response>

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'router-'))
  await mkdir(path.join(root, 'console/assets'), { recursive: true })
  await writeFile(path.join(root, 'secret.js'), 'secret')
  await writeFile(path.join(root, 'console/index.html'), '<title>console</title>')
  await writeFile(path.join(root, 'console/assets/main.js'), 'run()')
  route = createAppRouter({
    assets: path.join(root, 'console'),
    api: async () => new Response('api'),
    local: async () => new Response('local'),
  })
})
afterAll(() => rm(root, { recursive: true }))

const get = (url: string, init?: RequestInit) => route(new Request(url, init))

test('serves the page for routes, with the policy', async () => {
  const response = await get('app://floorwalker/sessions/berlin/abc')
  expect(await response.text()).toContain('console')
  expect(response.headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY)
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
})

test('serves files, and 404 for one that is not there', async () => {
  expect(await (await get('app://floorwalker/assets/main.js')).text()).toBe('run()')
  expect((await get('app://floorwalker/assets/gone.js')).status).toBe(404)
  expect((await get('app://floorwalker/assets')).status).toBe(404)
  expect((await get('app://floorwalker/assets/..%2f..%2fsecret.js')).status).toBe(404)
})

test('sends /api and /local to their handlers, for the own origin only', async () => {
  expect(await (await get('app://floorwalker/api/v1/time')).text()).toBe('api')
  const origin = (value: string) => ({ method: 'POST', headers: { origin: value } })
  expect(await (await get('app://floorwalker/local/info', origin('app://floorwalker'))).text()).toBe('local')
  expect((await get('app://floorwalker/local/info', origin('https://evil.example'))).status).toBe(404)
  expect((await get('app://floorwalker/local/info', origin('null'))).status).toBe(404)
  expect((await get('app://other/local/info')).status).toBe(404)
  expect((await get('app://floorwalker/', { method: 'POST' })).status).toBe(405)
})

test('knows its own URLs', () => {
  expect(isAppUrl('app://floorwalker/sessions?x=1#y')).toBe(true)
  for (const url of [
    'app://floorwalker.evil/',
    'app://evil@x/',
    'https://floorwalker/',
    'file:///etc/passwd',
    '',
    'x',
  ]) {
    expect(isAppUrl(url), url).toBe(false)
  }
})

test('knows its own blobs', () => {
  expect(isAppBlob('blob:app://floorwalker/5b1a')).toBe(true)
  for (const url of [
    'app://floorwalker/5b1a',
    'blob:null/5b1a',
    'blob:https://floorwalker/5b1a',
    'data:text/plain,x',
  ]) {
    expect(isAppBlob(url), url).toBe(false)
  }
})
