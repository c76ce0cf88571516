import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ExportFiles } from './export-files.ts'
import { savePagePdf } from './page-pdf.ts'
import { MemoryFolder } from './testing/memory-folder.ts'

let disk: string
beforeEach(async () => {
  disk = await mkdtemp(path.join(tmpdir(), 'floorwalker-pdf-'))
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(disk, { recursive: true, force: true })
})

const filesTo = (target: string | null) =>
  ExportFiles.open({ folder: new MemoryFolder(), mintId: () => 'id', chooseTarget: async () => target })

function pageOf(bytes: string) {
  const asked: Electron.PrintToPDFOptions[] = []
  const page = {
    printToPDF: async (options: Electron.PrintToPDFOptions) => {
      asked.push(options)
      return Buffer.from(bytes)
    },
  }
  return { page, asked }
}

test('a page is saved whole, and a title cannot add to the foot', async () => {
  const { page, asked } = pageOf('%PDF-1')
  const target = path.join(disk, 'a.pdf')
  const exports = await filesTo(target)
  expect(await savePagePdf(page, exports, 'a.pdf', 'Köln <script>&"')).toEqual({
    state: 'saved',
    path: target,
    bytes: 6,
  })
  expect(await readFile(target, 'utf8')).toBe('%PDF-1')
  // It may be shown in the file manager, as an export may.
  expect(exports.isFinished(target)).toBe(true)
  expect(asked[0]?.footerTemplate).toContain('Köln &#60;script&#62;&#38;&#34;')
  expect(asked[0]?.footerTemplate).not.toContain('<script>')
})

test('who chooses nothing gets nothing', async () => {
  expect(await savePagePdf(pageOf('%PDF').page, await filesTo(null), 'a.pdf', 'A')).toEqual({ state: 'cancelled' })
  expect(await readdir(disk)).toEqual([])
})

test('what went wrong is told, not thrown', async () => {
  const nowhere = await filesTo(path.join(disk, 'gone', 'a.pdf'))
  expect(await savePagePdf(pageOf('%PDF').page, nowhere, 'a.pdf', 'A')).toEqual({
    state: 'failed',
    message: expect.stringContaining('ENOENT'),
  })
  const broken = { printToPDF: async () => Promise.reject(new Error('Printing failed')) }
  expect(await savePagePdf(broken, nowhere, 'a.pdf', 'A')).toEqual({
    state: 'failed',
    message: 'The PDF was not saved: Printing failed',
  })
})
