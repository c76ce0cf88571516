import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exportFinishedSchema, exportOpenedSchema } from '#shared/desktop-api.ts'
import { problemSchema } from '#shared/protocol/problems.ts'
import { createExportApi, type ExportPort, serveExportPort } from './export-api.ts'
import { ExportFiles, type ExportFilesOptions, type WritableFile } from './export-files.ts'
import { MemoryFolder } from './testing/memory-folder.ts'

let disk: string
beforeEach(async () => {
  disk = await mkdtemp(path.join(tmpdir(), 'floorwalker-exports-'))
})
afterEach(() => rm(disk, { recursive: true, force: true }))

async function world(options: Partial<ExportFilesOptions> = {}) {
  const folder = new MemoryFolder()
  let minted = 0
  const shown: string[] = []
  const exports = await ExportFiles.open({
    folder,
    mintId: () => `id-${++minted}`,
    chooseTarget: async (name) => path.join(disk, name),
    ...options,
  })
  const api = createExportApi({ exports, showFile: (file) => shown.push(file) })
  const send = (name: string, body: BodyInit, method = 'POST') =>
    api(new Request(`app://floorwalker/local/export/${name}`, { method, ...(method === 'GET' ? {} : { body }) }))
  const call = (name: string, body: object) => send(name, JSON.stringify(body))
  const begin = async (name: string) => exportOpenedSchema.parse(await (await call('open', { name })).json()).id ?? ''
  return { exports, folder, shown, send, call, begin }
}
const problemIn = async (response: Response) => problemSchema.parse(await response.json())

test('a file has its name only when it is whole, and replaces the one that had it', async () => {
  await writeFile(path.join(disk, 'a.csv'), 'old')
  const { shown, send, call, begin } = await world()
  const id = await begin('a.csv')
  expect((await send(`write?id=${id}`, 'one,')).status).toBe(204)
  expect((await send(`write?id=${id}`, Buffer.from([0xc3, 0xa4]))).status).toBe(204)
  expect(await readFile(path.join(disk, 'a.csv'), 'utf8')).toBe('old')
  const finished = exportFinishedSchema.parse(await (await call('finish', { id })).json())
  expect(finished).toEqual({ path: path.join(disk, 'a.csv'), bytes: 6 })
  expect(await readFile(finished.path, 'utf8')).toBe('one,ä')
  expect(await readdir(disk)).toEqual(['a.csv'])
  expect((await call('show', { path: finished.path })).status).toBe(204)
  expect(shown).toEqual([finished.path])
})

test('chunks come through a port, each answered; what is none is not', async () => {
  const { exports, call, begin } = await world()
  const answers: unknown[] = []
  let hear: (message: { data: unknown }) => void = () => undefined
  const port: ExportPort = {
    on: (_event, listener) => {
      hear = listener
    },
    postMessage: (answer) => answers.push(answer),
    start: () => undefined,
  }
  serveExportPort(port, exports)
  const id = await begin('a.csv')
  hear({ data: { id, seq: 1, bytes: new Uint8Array([0x61, 0x62]) } })
  await expect.poll(() => answers).toEqual([{ seq: 1, problem: null }])
  hear({ data: { id, seq: 2, bytes: 'text' } })
  hear({ data: { id: 'unknown', seq: 3, bytes: new Uint8Array(1) } })
  await expect.poll(() => answers.at(-1)).toEqual({ seq: 3, problem: 'This export is not under way' })
  expect(answers).toHaveLength(2)
  await call('finish', { id })
  expect(await readFile(path.join(disk, 'a.csv'), 'utf8')).toBe('ab')
})

test('an aborted one is gone, and so are those of a page that is', async () => {
  const { exports, call, begin } = await world()
  const [first] = [await begin('a.csv'), await begin('b.csv')]
  expect(await readdir(disk)).toHaveLength(2)
  expect((await call('abort', { id: first })).status).toBe(204)
  expect((await call('abort', { id: first })).status).toBe(204)
  expect(await readdir(disk)).toHaveLength(1)
  await exports.abortAll()
  expect(await readdir(disk)).toEqual([])
})

test('what a crash left is removed at the next start, and nothing else', async () => {
  const { folder, send, begin } = await world()
  const id = await begin('a.csv')
  await send(`write?id=${id}`, 'half')
  await writeFile(path.join(disk, 'mine.csv'), 'mine')
  expect(await readdir(disk)).toHaveLength(2)
  // A list that somebody wrote into.
  const listed = JSON.parse(String(folder.peek('unfinished-exports.json')))
  await folder.write('unfinished-exports.json', Buffer.from(JSON.stringify([...listed, path.join(disk, 'mine.csv')])))
  await world({ folder })
  expect(await readdir(disk)).toEqual(['mine.csv'])
  expect(JSON.parse(String(folder.peek('unfinished-exports.json')))).toEqual([])
})

test('a full disk is said as that, and nothing is left', async () => {
  let room = 3
  const openFile = async (file: string): Promise<WritableFile> => {
    const handle = await open(file, 'wx')
    return {
      write: (async (bytes: Uint8Array, offset: number, length: number) => {
        if (room === 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
        const taken = Math.min(room, length)
        room -= taken
        return handle.write(bytes, offset, taken)
      }) as WritableFile['write'],
      datasync: () => handle.datasync(),
      close: () => handle.close(),
    }
  }
  const { send, call, begin } = await world({ openFile })
  const id = await begin('a.csv')
  const { code, detail } = await problemIn(await send(`write?id=${id}`, 'four'))
  expect([code, detail]).toEqual(['internal', expect.stringContaining('the disk is full')])
  expect(await readdir(disk)).toEqual([])
  expect(await problemIn(await call('finish', { id }))).toMatchObject({ code: 'not_found', field: 'id' })
})

test('a folder that cannot be written to is said before anything is made', async () => {
  const { call } = await world({ chooseTarget: async (name) => path.join(disk, 'nowhere', name) })
  expect((await problemIn(await call('open', { name: 'a.csv' }))).detail).toContain('ENOENT')
})

test('the page names no folder, and bad calls name their field', async () => {
  const asked: string[] = []
  const { send, call } = await world({
    chooseTarget: async (name) => {
      asked.push(name)
      return null
    },
  })
  for (const name of ['../../etc/passwd', 'C:\\x\\a?.csv', '..', 'a\u0000b']) {
    expect(await (await call('open', { name })).json()).toEqual({ id: null })
  }
  expect(asked).toEqual(['passwd', 'a_.csv', 'export', 'a_b'])
  expect(await problemIn(await call('open', { name: '' }))).toMatchObject({ code: 'invalid_request', field: 'name' })
  expect(await problemIn(await send('write', 'x'))).toMatchObject({ code: 'invalid_request', field: 'id' })
  expect(await problemIn(await send('write?id=unknown', 'x'))).toMatchObject({ code: 'not_found', field: 'id' })
  expect(await problemIn(await send('open', '', 'GET'))).toMatchObject({ code: 'method_not_allowed' })
  expect(await problemIn(await call('else', {}))).toMatchObject({ code: 'not_found' })
  await mkdir(path.join(disk, 'other'))
  expect(await problemIn(await call('show', { path: path.join(disk, 'other') }))).toMatchObject({ field: 'path' })
})
