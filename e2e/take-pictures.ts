/** `npm run pictures`: takes the README's pictures of the built app on the demo's data, offline scene included. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { launchDesktop } from './launch-desktop.ts'
import { repository, startBackend } from './start-backend.ts'

const WIDTH = 1280
const HEIGHT = 800
/** Long enough for the simulator's first checks to be waiting. */
const SETTLE_MS = 22_000

const folder = await mkdtemp(path.join(tmpdir(), 'floorwalker-pictures-'))
const pictures = path.join(repository, 'docs', 'pictures')
await mkdir(pictures, { recursive: true })
const demoFile = path.join(repository, 'simulator', 'demo-bootstrap.json')
const bootstrap = JSON.parse(await readFile(demoFile, 'utf8'))
const backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })

function simulator(command: string): ChildProcess {
  const target = ['--backend', backend.url, '--api-key', bootstrap.apiKeys[0].key]
  return spawn(process.execPath, ['--import', 'tsx', 'simulator/main.ts', command, ...target], { cwd: repository })
}
await new Promise((resolve) => simulator('import-history').once('exit', resolve))
const live = simulator('live')

const desktop = await launchDesktop({ userData: path.join(folder, 'console'), backendUrl: backend.url, demo: demoFile })
const { app, page } = desktop
await app.evaluate(
  ({ BrowserWindow }, [width, height]) => BrowserWindow.getAllWindows()[0]?.setContentSize(width, height),
  [WIDTH, HEIGHT] as const,
)
const picture = async (name: string) => {
  await page.waitForTimeout(500)
  await page.screenshot({ path: path.join(pictures, `${name}.png`) })
}
const both = async (name: string) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await picture(`${name}-${colorScheme}`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
}
const go = (name: string) => page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name }).click()

await page.getByLabel('Employee number').fill('1001')
await page.getByLabel('Password', { exact: true }).fill('demo')
await both('sign-in')
await page.getByRole('button', { name: 'Sign in', exact: true }).click()
await page.waitForTimeout(SETTLE_MS)
await both('sessions')
await page.getByRole('button', { name: /^Ended \d/ }).click()
await page.keyboard.press('f')
await page.getByRole('button', { name: 'Client', exact: true }).last().click()
await both('filters')
await page.keyboard.press('Escape')
await page.keyboard.press('Escape')
await page.getByRole('button', { name: 'Export…' }).click()
await page.getByRole('dialog').waitFor()
await both('export')
await page.keyboard.press('Escape')
await go('Checks')
await go('Sessions')
await go('Checks')
await both('checks')
await page.getByTestId('check-card').first().getByRole('link').first().click()
await page.getByTestId('spot-check').waitFor()
await both('session')

/** Opens a check of a kind, as the queue has it, and takes it. */
const openCheck = async (kind: string) => {
  await go('Checks')
  const card = page.getByTestId('check-card').filter({ hasText: kind }).filter({ hasText: 'waiting' }).first()
  await card.getByRole('link', { name: /^Open/ }).click()
  await page.getByRole('button', { name: 'Take it' }).click()
  await page.getByText('You have it').waitFor()
}
await openCheck('Age verification')
await both('check-age')
await openCheck('Spot check')
await page.keyboard.press('2')
await page
  .getByRole('button', { name: /^One .* more$/ })
  .first()
  .click()
await both('check-rescan')

await backend.kill()
await page.getByTestId('connection-badge').getByText('Offline').waitFor()
await page.getByRole('button', { name: /^Approve/ }).click()
await page.getByLabel('Note').fill('All there. Explained why it was her basket again.')
await both('offline')
await page.getByRole('button', { name: 'Confirm approval' }).click()
await page.getByTestId('who-knows').waitFor()
await both('offline-decided')
await go('Data safety')
await both('data-safety')

// All of these without a backend.
await go('Abandoned')
await page.getByTestId('basket-row').nth(2).click()
await page.getByTestId('basket-panel').waitFor()
await both('abandoned')
await page.getByRole('link', { name: /^Put back/ }).click()
await page.getByTestId('put-back-item').first().waitFor()
await both('put-back')
await go('Handover')
await page.getByTestId('shift').waitFor()
await both('handover')
await go('Charts')
for (const name of ['Sessions', 'Abandoned', 'Heat map']) {
  await page.getByTestId('charts-page').getByRole('link', { name, exact: true }).click()
  // Charts are drawn once they are in view.
  await page.waitForTimeout(1_500)
  await both(`charts-${name.toLowerCase().replace(' ', '-')}`)
}

live.kill()
await desktop.close()
await rm(folder, { recursive: true, force: true })
process.exit(0)
