import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import {
  journalAppendRequestSchema,
  journalEntriesSchema,
  journalEntrySchema,
  localStateSchema,
} from '#shared/desktop-api.ts'
import { problemSchema } from '#shared/protocol/problems.ts'
import { freeDiskBytes } from './free-disk.ts'
import { Journal } from './journal.ts'
import { encodeRecord } from './journal-record.ts'
import { createLocalApi } from './local-api.ts'
import { MemoryFolder } from './testing/memory-folder.ts'

const info = { appVersion: '1', deviceName: 'pc', backendUrl: '', canKeepSignIn: false, hasSignIn: false, demo: null }

async function world(folder = new MemoryFolder()) {
  const set: string[] = []
  let minted = 0
  const journal = await Journal.open({ folder, mintId: () => `device-${++minted}` })
  const api = createLocalApi({
    fetch,
    journal: async () => journal,
    info: () => info,
    freeDiskBytes: async () => 12_345,
    setBackendUrl: async (url) => {
      set.push(url)
    },
    probeTimeoutMs: 200,
  })
  const call = (method: string, path: string, body?: unknown) =>
    api(
      new Request(`app://floorwalker${path}`, {
        method,
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    )
  return { folder, set, call }
}

const problemIn = async (response: Response) => problemSchema.parse(await response.json())
const decision = (id: string) => ({
  employeeNumber: '1001',
  mutation: {
    id,
    storeId: 's',
    sessionId: 'x',
    type: 'note.add',
    occurredAt: '2026-03-01T10:30:00+01:00',
    payload: { text: 'hi' },
  },
})

test('append, entries, confirm, device', async () => {
  const { call } = await world()
  const device = await (await call('POST', '/local/journal/device', { employeeNumber: '1001' })).json()
  const entry = journalEntrySchema.parse(await (await call('POST', '/local/journal/append', decision('a'))).json())
  expect(entry).toMatchObject({ ...device, mutation: { seq: 1, occurredAt: '2026-03-01T09:30:00.000Z' } })
  await call('POST', '/local/journal/append', decision('b'))
  const entries = async () =>
    journalEntriesSchema
      .parse(await (await call('GET', '/local/journal/entries')).json())
      .entries.map((one) => one.mutation.id)
  expect(await entries()).toEqual(['a', 'b'])
  expect((await call('POST', '/local/journal/confirm', { ids: ['a'] })).status).toBe(204)
  expect(await entries()).toEqual(['b'])
})

test('many decisions are numbered in their order, with one sync; without a disk none is', async () => {
  const { call, folder } = await world()
  await call('POST', '/local/journal/append', decision('a'))
  const { syncs } = folder
  const many = {
    employeeNumber: '1001',
    mutations: Array.from({ length: 300 }, (_, n) => decision(`m${n}`).mutation),
  }
  const saved = journalEntriesSchema.parse(await (await call('POST', '/local/journal/append-many', many)).json())
  expect(saved.entries.map(({ mutation }) => [mutation.id, mutation.seq])).toEqual(
    many.mutations.map(({ id }, n) => [id, n + 2]),
  )
  expect(folder.syncs).toBe(syncs + 1)
  folder.space = 100
  const refused = {
    ...many,
    mutations: many.mutations.map((mutation) => ({ ...mutation, id: `${mutation.id}-again` })),
  }
  const failed = await call('POST', '/local/journal/append-many', refused)
  expect(await problemIn(failed)).toMatchObject({
    code: 'internal',
    detail: 'The disk of this PC is full: nothing was saved',
  })
  const kept = journalEntriesSchema.parse(await (await call('GET', '/local/journal/entries')).json()).entries
  expect(kept).toHaveLength(301)
})

test('renumber answers all that is pending, adopted first', async () => {
  const { call } = await world()
  const { mutation } = decision('a')
  const first = journalEntrySchema.parse(await (await call('POST', '/local/journal/append', decision('b'))).json())
  const response = await call('POST', '/local/journal/renumber', { employeeNumber: '1001', adopt: [mutation] })
  const { entries } = journalEntriesSchema.parse(await response.json())
  expect(entries.map((entry) => [entry.mutation.id, entry.mutation.seq])).toEqual([
    ['a', 1],
    ['b', 2],
  ])
  const device = await (await call('POST', '/local/journal/device', { employeeNumber: '1001' })).json()
  expect(entries.every((entry) => entry.deviceId === device.deviceId)).toBe(true)
  expect(device.deviceId).not.toBe(first.deviceId)
  expect(
    await problemIn(await call('POST', '/local/journal/renumber', { employeeNumber: '1002', adopt: [mutation] })),
  ).toMatchObject({ code: 'invalid_request', field: 'adopt.0.id' })
  expect(
    await problemIn(
      await call('POST', '/local/journal/renumber', { employeeNumber: '1001', adopt: [mutation, { id: 'c' }] }),
    ),
  ).toMatchObject({ code: 'invalid_request', field: 'adopt.1.storeId' })
})

test('renumber takes far more than another call may carry', async () => {
  const { call } = await world()
  const adopt = Array.from({ length: 9_000 }, (_, index) => ({
    ...decision(`m${index}`).mutation,
    payload: { text: 'x'.repeat(500) },
  }))
  const response = await call('POST', '/local/journal/renumber', { employeeNumber: '1001', adopt })
  expect(journalEntriesSchema.parse(await response.json()).entries).toHaveLength(9_000)
  expect(await problemIn(await call('POST', '/local/journal/append', { mutation: adopt }))).toMatchObject({
    code: 'too_large',
  })
})

test('state tells size, what is pending and the free disk', async () => {
  const { call, folder } = await world()
  await call('POST', '/local/journal/append', decision('a'))
  const state = localStateSchema.parse(await (await call('GET', '/local/state')).json())
  expect(state).toEqual({
    journal: {
      pending: 1,
      bytes: folder.peek('journal.jsonl')?.length,
      tornBytes: 0,
      corruptLines: 0,
      readOnly: false,
    },
    freeDiskBytes: 12_345,
  })
})

test('free disk: a number for a folder, null for none', async () => {
  expect(await freeDiskBytes('.')).toBeGreaterThan(0)
  expect(await freeDiskBytes('/no/such/folder')).toBeNull()
})

test('a journal of a newer app is shown and exported, and refuses changes by saying why', async () => {
  const folder = new MemoryFolder()
  await folder.write('journal.jsonl', Buffer.from(encodeRecord({ record: 'journal', version: 2 } as never)))
  const { call } = await world(folder)
  const before = folder.peek('journal.jsonl')
  expect(journalEntriesSchema.parse(await (await call('GET', '/local/journal/entries')).json()).entries).toEqual([])
  for (const [path, body] of [
    ['append', decision('a')],
    ['renumber', { employeeNumber: '1001', adopt: [] }],
    ['device', { employeeNumber: '1001' }],
  ] as const) {
    const response = await call('POST', `/local/journal/${path}`, body)
    expect(await problemIn(response)).toMatchObject({
      code: 'upgrade_required',
      detail: expect.stringContaining('newer Floorwalker'),
    })
  }
  expect(localStateSchema.parse(await (await call('GET', '/local/state')).json()).journal.readOnly).toBe(true)
  expect(folder.peek('journal.jsonl')).toEqual(before)
})

test('a journal that cannot be opened is said in each answer', async () => {
  const api = createLocalApi({
    fetch,
    journal: () => Promise.reject(Object.assign(new Error("EACCES: open '/j'"), { code: 'EACCES' })),
    info: () => info,
    freeDiskBytes: async () => null,
    setBackendUrl: async () => {},
  })
  const answer = await api(new Request('app://floorwalker/local/journal/entries'))
  expect(await problemIn(answer)).toMatchObject({
    code: 'internal',
    detail: expect.stringMatching(/does not let Floorwalker write its journal.*\/j/),
  })
  expect((await api(new Request('app://floorwalker/local/info'))).status).toBe(200)
})

test('bad input names the field and changes nothing', async () => {
  const { call, folder } = await world()
  const before = folder.peek('journal.jsonl')
  expect(await problemIn(await call('POST', '/local/journal/append', '{'))).toMatchObject({ code: 'invalid_json' })
  expect(
    await problemIn(await call('POST', '/local/journal/append', { ...decision('a'), employeeNumber: '' })),
  ).toMatchObject({ code: 'invalid_request', field: 'employeeNumber' })
  const bad = decision('a')
  bad.mutation.occurredAt = 'yesterday'
  expect(await problemIn(await call('POST', '/local/journal/append', bad))).toMatchObject({
    code: 'invalid_request',
    field: 'mutation.occurredAt',
  })
  expect(await problemIn(await call('POST', '/local/journal/confirm', { ids: 'a' }))).toMatchObject({ field: 'ids' })
  expect(await problemIn(await call('GET', '/local/journal/append'))).toMatchObject({ code: 'method_not_allowed' })
  for (const path of ['/local/', '/local/constructor', '/local/journal', '/local/info/']) {
    expect(await problemIn(await call('GET', path))).toMatchObject({ code: 'not_found' })
  }
  expect(folder.peek('journal.jsonl')).toEqual(before)
  expect(journalAppendRequestSchema.safeParse(decision('a')).success).toBe(true)
})

test('an id of another employee is refused; a full disk says so', async () => {
  const { call, folder } = await world()
  await call('POST', '/local/journal/append', decision('a'))
  expect(
    await problemIn(await call('POST', '/local/journal/append', { ...decision('a'), employeeNumber: '1002' })),
  ).toMatchObject({ code: 'invalid_request', field: 'mutation.id' })
  folder.space = 0
  expect(await problemIn(await call('POST', '/local/journal/append', decision('b')))).toMatchObject({
    code: 'internal',
    detail: expect.stringContaining('full'),
  })
})

test('an address is probed before it is taken', async () => {
  const { call, set } = await world()
  const server = createServer((request, response) => {
    if (request.url === '/v1/time')
      response.setHeader('content-type', 'application/json').end('{"now":"2026-03-01T09:30:00Z"}')
    else if (request.url === '/old/v1/time') response.writeHead(426).end()
    else if (request.url !== '/silent/v1/time') response.end('<h1>router</h1>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const codeFor = async (address: string) =>
    (await problemIn(await call('PUT', '/local/backend', { url: address }))).code
  expect(await codeFor(`${url}/router`)).toBe('not_a_backend')
  expect(await codeFor(`${url}/old`)).toBe('upgrade_required')
  expect(await codeFor(`${url}/silent`)).toBe('backend_unreachable')
  expect(await codeFor('file:///etc/passwd')).toBe('invalid_request')
  expect(set).toEqual([])
  expect((await call('PUT', '/local/backend', { url: `${url}/?q=1#x` })).status).toBe(204)
  expect(set).toEqual([url])
  server.closeAllConnections()
  server.close()
  expect(await codeFor(url)).toBe('backend_unreachable')
})
