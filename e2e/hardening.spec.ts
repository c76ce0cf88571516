/** The desktop shell from a page's point of view: what an attacker in the renderer, or a wrong address, would meet. */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from '@playwright/test'
import { desktopCalls } from '#shared/desktop-api.ts'
import { type Desktop, launchDesktop } from './launch-desktop.ts'

let folder: string
let downloads: string
let desktop: Desktop
let stranger: Server
let strangerUrl: string

test.beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-hardening-'))
  stranger = createServer((_request, response) => response.end('<h1>Welcome to the printer</h1>'))
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  strangerUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`
  downloads = path.join(folder, 'downloads')
  await mkdir(downloads)
  desktop = await launchDesktop({
    userData: path.join(folder, 'data'),
    backendUrl: 'http://127.0.0.1:59999',
    env: { FLOORWALKER_DOWNLOADS: downloads },
  })
  await desktop.page.getByLabel('Employee number').waitFor()
})

test.afterAll(async () => {
  await desktop.kill()
  await new Promise((resolve) => stranger.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

test('the page has no Node, no Electron, and a bridge of the few calls of the contract', async () => {
  const found = await desktop.page.evaluate(() => ({
    globals: ['require', 'process', 'module', 'Buffer', 'ipcRenderer'].filter((name) => name in globalThis),
    bridge: Object.keys((globalThis as unknown as { desktop: object }).desktop).sort(),
    origin: location.origin,
  }))
  expect(found).toEqual({
    globals: [],
    bridge: [...Object.keys(desktopCalls), 'connectExports', 'onNotificationClicked'].sort(),
    origin: 'app://floorwalker',
  })
  const refused = await desktop.page.evaluate(() =>
    window.desktop?.setBadge({ waiting: 'many' as unknown as number }).then(
      () => 'accepted',
      () => 'refused',
    ),
  )
  expect(refused).toBe('refused')
})

test('it cannot open windows, call strangers, run injected scripts or get permissions', async () => {
  const result = await desktop.page.evaluate(async (url) => {
    const script = document.createElement('script')
    script.textContent = 'globalThis.injected = true'
    document.head.append(script)
    return {
      opened: window.open(url) !== null,
      called: await fetch(url).then(
        () => true,
        () => false,
      ),
      injected: 'injected' in globalThis,
      geolocation: (await navigator.permissions.query({ name: 'geolocation' })).state,
    }
  }, strangerUrl)
  expect(result).toEqual({ opened: false, called: false, injected: false, geolocation: 'denied' })
})

test('app:// gives no file outside the console', async () => {
  const statuses = await desktop.page.evaluate(async () => {
    const paths = [
      '/assets/..%2f..%2fmain/index.cjs',
      '/assets/%2e%2e/%2e%2e/package.json',
      '/assets/..%5c..%5cpackage.json',
    ]
    return Promise.all(paths.map((each) => fetch(each).then((response) => response.status)))
  })
  for (const status of statuses) expect(status).toBeGreaterThanOrEqual(400)
})

test('it saves what it made itself, and downloads nothing else', async () => {
  const save = (url: string | null, name: string) =>
    desktop.page.evaluate(
      ([source, download]) => {
        const link = document.createElement('a')
        link.href = source ?? URL.createObjectURL(new Blob(['Grüße']))
        link.download = download
        link.click()
      },
      [url, name] as const,
    )
  await save('data:text/plain,x', 'data.txt')
  await save('/local/journal/entries', 'entries.json')
  await save(null, '../../unsent.json')
  await expect.poll(() => readdir(downloads)).toEqual(['_.._unsent.json'])
  await expect.poll(() => readFile(path.join(downloads, '_.._unsent.json'), 'utf8')).toBe('Grüße')
  expect((await readdir(folder)).sort()).toEqual(['data', 'downloads'])
})

test('an unreachable backend and an address that is none are said where the person looks', async () => {
  const { page } = desktop
  await page.getByLabel('Employee number').fill('100')
  await page.getByLabel('Password', { exact: true }).fill('x')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByText('The backend cannot be reached')).toBeVisible()
  await page.getByRole('button', { name: 'Change' }).click()
  await page.getByLabel('Backend address').last().fill(strangerUrl)
  await page.getByRole('button', { name: 'Use this address' }).click()
  await expect(page.getByText('not a Floorwalker backend').first()).toBeVisible()
  await page.getByLabel('Backend address').last().fill('ftp://nowhere')
  await page.getByRole('button', { name: 'Use this address' }).click()
  await expect(page.getByRole('form', { name: 'Backend address' })).toContainText(/http/i)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByText('http://127.0.0.1:59999')).toBeVisible()
})

// Last: Playwright waits for the navigation that never comes before it looks at the page again.
test('it cannot leave its origin', async () => {
  const { app } = desktop
  const script = `location.href = ${JSON.stringify(strangerUrl)}; 0`
  await app.evaluate(
    ({ BrowserWindow }, code) => BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(code),
    script,
  )
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const url = await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getURL())
  expect(url).toMatch(/^app:\/\/floorwalker\//)
})
