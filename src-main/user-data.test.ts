import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareUserData } from './user-data.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'user-data-'))
})
afterEach(() => rm(root, { recursive: true }))

test('a folder that is not there is made, and left empty', async () => {
  const folder = path.join(root, 'deep', 'data')
  prepareUserData(folder)
  prepareUserData(folder)
  expect((await stat(folder)).isDirectory()).toBe(true)
  expect(await readdir(folder)).toEqual([])
})

test('one that cannot be used is named', async () => {
  const file = path.join(root, 'file')
  await writeFile(file, '')
  expect(() => prepareUserData(file)).toThrow(`cannot write to its data folder ${file}`)
  const below = path.join(file, 'data')
  expect(() => prepareUserData(below)).toThrow(`cannot write to its data folder ${below}`)
})
