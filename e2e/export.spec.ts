/** The story: what the list shows goes into a file, in the desktop app and in a browser. */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { tableFromIPC } from 'apache-arrow'
import Papa from 'papaparse'
import readWorkbook from 'read-excel-file/node'
import type { StoreFact } from '#shared/protocol/integration.ts'
import { StoreClient } from '../integration-tools/store-client.ts'
import { launchChromium } from './launch-chromium.ts'
import { launchDesktop } from './launch-desktop.ts'
import { startBackend } from './start-backend.ts'
import { API_KEY, badge, bootstrap, row, STORE, signIn } from './story.ts'

const SESSIONS = 400
const FORMULA = '=cmd|calc'
const outcome = (page: Page) => page.getByTestId('export-outcome')
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Export sessions' })
const lines = (csv: string) =>
  Papa.parse<string[]>(csv.replace(/^\ufeff/, ''), { delimiter: ';', skipEmptyLines: true }).data

/** A backend with sessions `odd-…` and `even-…`, and a page that shows them. */
async function world(folder: string, closers: (() => Promise<unknown>)[]) {
  const backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
  closers.unshift(() => backend.kill())
  const store = new StoreClient({ backend: backend.url, apiKey: API_KEY })
  const at = (index: number) => new Date(Date.UTC(2026, 9, 1, 8) + index * 60_000).toISOString()
  const events = Array.from({ length: SESSIONS }, (_, index): StoreFact[] => {
    const sessionId = `${index % 2 === 0 ? 'even' : 'odd'}-${index}`
    const name = index === 1 ? FORMULA : 'Oat milk'
    return [
      { id: `s${index}`, sessionId, type: 'session.started', at: at(index), client: { type: 'matrix' } },
      {
        id: `i${index}`,
        sessionId,
        type: 'item.added',
        at: at(index),
        ...{ lineId: 'l1', sku: '00123', name, quantity: 2, unitPrice: 199 },
      },
    ]
  }).flat()
  const { refused } = await store.postEvents(STORE, events)
  expect(refused).toEqual([])
  return backend
}

async function filterOdd(page: Page): Promise<void> {
  await signIn(page, '100', 'anna-secret')
  await expect(badge(page)).toHaveText('Online')
  await page.getByLabel('Search session or customer id').fill('odd-')
  await expect(page.getByText('200 sessions').first()).toBeVisible()
  await expect(row(page, 'even-398')).toHaveCount(0)
}

async function openDialog(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Export…' }).first().click()
  await expect(page.getByTestId('export-scope')).toContainText('200 sessions')
}

const submit = (page: Page) => dialog(page).getByRole('button', { name: 'Export…' }).click()
const choose = (page: Page, group: string, value: string) =>
  dialog(page).getByRole('radiogroup', { name: group }).getByText(value, { exact: true }).click()

function expectOdd(csv: string): void {
  const [head, ...rows] = lines(csv)
  expect(head?.slice(0, 2)).toEqual(['Session', 'Store'])
  expect(rows).toHaveLength(SESSIONS / 2)
  expect(rows.every(([id]) => id?.startsWith('odd-'))).toBe(true)
  const value = head?.indexOf('Value') ?? -1
  expect(rows.every((cells) => cells[value] === '3,98')).toBe(true)
}

test('export from the desktop app on a real Electron', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-export-'))
  const target = path.join(folder, 'target')
  await mkdir(target)
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const backend = await world(folder, closers)
    const desktop = await launchDesktop({ userData: path.join(folder, 'a'), backendUrl: backend.url })
    closers.unshift(() => desktop.kill())
    const { app, page } = desktop
    /** The person's answer in the system's dialog; null closes it. */
    const answer = (name: string | null) =>
      app.evaluate(
        ({ dialog }, filePath) => {
          dialog.showSaveDialog = async () => ({ canceled: filePath === null, filePath: filePath ?? '' })
        },
        name === null ? null : path.join(target, name),
      )
    await filterOdd(page)

    // Closing the system's dialog changes nothing.
    await answer(null)
    await openDialog(page)
    await choose(page, 'Separator', 'Semicolon')
    await choose(page, 'Decimals', '12,50')
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
    await submit(page)
    await expect(dialog(page).getByRole('button', { name: 'Export…' })).toBeEnabled()
    expect(await readdir(target)).toEqual([])

    await answer('list.csv')
    await submit(page)
    await expect(outcome(page)).toContainText('200 rows')
    await expect(outcome(page)).toContainText(path.join(target, 'list.csv'))
    expect(await readdir(target)).toEqual(['list.csv'])
    expectOdd(await readFile(path.join(target, 'list.csv'), 'utf8'))

    // Closed, it stays in the top bar.
    await dialog(page).getByRole('button', { name: 'Close' }).last().click()
    await page.getByTestId('export-badge').click()
    await expect(page.getByRole('button', { name: 'Show in folder' })).toBeVisible()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await expect(page.getByTestId('export-badge')).toHaveCount(0)

    // Details, fetched from the backend, as a sheet of their own; a formula stays the text it was.
    await answer('list.xlsx')
    await openDialog(page)
    await choose(page, 'Format', 'XLSX')
    await dialog(page).getByLabel('Line items').check()
    await expect(page.getByTestId('export-details')).toContainText('Details of 0 of 200 sessions are on this PC')
    await dialog(page).getByRole('button', { name: 'Fetch the 200 missing' }).click()
    await expect(page.getByTestId('export-details')).toContainText('all of them are on this PC')
    await submit(page)
    await expect(outcome(page)).toContainText('400 rows')
    const sheets = await readWorkbook(path.join(target, 'list.xlsx'))
    expect(sheets.map(({ sheet, data }) => [sheet, data.length])).toEqual([
      ['Sessions', 201],
      ['Line items', 201],
    ])
    const items = (sheets[1]?.data ?? []).slice(1)
    expect(items.filter((cells) => cells.includes(FORMULA))).toHaveLength(1)
    expect(items.every((cells) => cells[3] === '00123')).toBe(true)
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})

test('export from the console in Chromium', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-export-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const backend = await world(folder, closers)
    const { page, kill } = await launchChromium(path.join(folder, 'a'), backend.url)
    closers.unshift(kill)
    const downloads = path.join(folder, 'downloads')
    await mkdir(downloads)
    await filterOdd(page)

    // Into a file that the person picks. Nobody can click in the browser's dialog here: a file of the page's own stands in.
    await page.evaluate(() => {
      Object.assign(window, {
        showSaveFilePicker: async () => {
          const root = await navigator.storage.getDirectory()
          return root.getFileHandle('picked.csv', { create: true })
        },
      })
    })
    await openDialog(page)
    await choose(page, 'Separator', 'Semicolon')
    await choose(page, 'Decimals', '12,50')
    await submit(page)
    await expect(outcome(page)).toContainText('200 rows')
    const picked = await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      return (await (await root.getFileHandle('picked.csv')).getFile()).text()
    })
    expectOdd(picked)
    await dialog(page).getByRole('button', { name: 'Close' }).last().click()

    // As a download, where a browser has no such dialog.
    const session = await page.context().newCDPSession(page)
    await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads })
    await page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined }))
    await openDialog(page)
    await choose(page, 'Format', 'Arrow')
    await submit(page)
    await expect(outcome(page)).toContainText('200 rows')
    const saved = async () => (await readdir(downloads)).filter((name) => name.endsWith('.arrow'))
    await expect.poll(saved).toHaveLength(1)
    const table = tableFromIPC(await readFile(path.join(downloads, (await saved())[0] ?? '')))
    expect(table.numRows).toBe(SESSIONS / 2)
    expect(String(table.getChild('session_id')?.get(0))).toMatch(/^odd-/)
    expect(table.getChild('value')?.get(0)).toBe(3.98)
  } finally {
    for (const close of closers) await close().catch(() => undefined)
  }
})
