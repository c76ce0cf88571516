/** `start`: process start to the first session rows on the screen, against an empty window on the same Electron. */
import path from 'node:path'
import { launchDesktop } from '../e2e/launch-desktop.ts'
import { repository, startBackend } from '../e2e/start-backend.ts'
import { buildIfStale } from '../scripts/build-if-stale.mjs'
import { readDemo } from './demo.ts'
import { importHistory } from './import-history.ts'
import { type Benchmark, type Measurement, median } from './measurement.ts'
import { inScratchFolder } from './scratch-folder.ts'
import { timeUntilThere } from './time-start.ts'

const ROUNDS = 7
const ROW = '[data-testid="session-row"]'
const TIMEOUT_MS = 60_000

export const start: Benchmark = {
  about: 'process start to first session rows (30 days of 3 stores), as a ratio to an empty Electron window',
  async run(log) {
    return inScratchFolder('start', (folder) => measure(folder, log))
  },
}

async function measure(folder: string, log: (line: string) => void): Promise<Measurement[]> {
  await buildIfStale(log)
  const { bootstrap, apiKey, employee } = await readDemo()
  const backend = await startBackend({ dataDir: path.join(folder, 'backend'), bootstrap })
  try {
    log('importing 30 days …')
    await importHistory(backend, apiKey, 30)
    const userData = path.join(folder, 'console')
    const desktop = await launchDesktop({ userData, backendUrl: backend.url })
    const { page } = desktop
    await page.getByLabel('Employee number').fill(employee.number)
    await page.getByLabel('Password').fill(employee.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForSelector(ROW, { timeout: TIMEOUT_MS })
    // The first sync goes on after the first rows; what is measured is a start with everything here.
    await page.waitForTimeout(8_000)
    await desktop.close()

    const app: number[] = []
    const empty: number[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const console_ = await timeUntilThere(repository, {
        FLOORWALKER_USER_DATA: userData,
        FLOORWALKER_BACKEND: backend.url,
        BENCH_SELECTOR: ROW,
      })
      const window = await timeUntilThere(path.join(repository, 'bench/empty-window'), {
        FLOORWALKER_USER_DATA: path.join(folder, 'empty'),
      })
      // The first round fills the disk cache and the code cache; it is what a user has once.
      if (round === 0) continue
      log(`round ${round}: console ${Math.round(console_)} ms, empty window ${Math.round(window)} ms`)
      app.push(console_)
      empty.push(window)
    }
    const ratio = median(app) / median(empty)
    return [
      { name: 'start-vs-empty-window', value: Number(ratio.toFixed(3)), unit: 'x' },
      { name: 'start-first-rows', value: Math.round(median(app)), unit: 'ms' },
      { name: 'start-empty-window', value: Math.round(median(empty)), unit: 'ms' },
    ]
  } finally {
    await backend.stop()
  }
}
