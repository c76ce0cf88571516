/** The console in a real Chromium with a profile on disk, started so that it can be killed like the desktop app. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

const EXECUTABLE = process.env.FLOORWALKER_CHROMIUM ?? '/usr/bin/chromium'
const START_TIMEOUT_MS = 30_000

export interface ChromiumConsole {
  page: Page
  close(): Promise<void>
  /** Ends every process of the browser with SIGKILL. */
  kill(): Promise<void>
}

/** Opens the console that a backend serves. `profile` keeps IndexedDB and cookies between launches. */
export async function launchChromium(profile: string, url: string): Promise<ChromiumConsole> {
  if (!existsSync(EXECUTABLE)) throw new Error(`No Chromium at ${EXECUTABLE} (apt-get install chromium)`)
  const portFile = path.join(profile, 'DevToolsActivePort')
  rmSync(portFile, { force: true })
  rmSync(path.join(profile, 'SingletonLock'), { force: true })
  // A group of its own, so that a kill takes the renderers along.
  const child = spawn(
    EXECUTABLE,
    [
      `--user-data-dir=${profile}`,
      '--remote-debugging-port=0',
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
      '--window-size=1280,800',
      'about:blank',
    ],
    { stdio: 'ignore', detached: true },
  )
  const browser = await connect(child, portFile)
  const context = browser.contexts()[0]
  if (context === undefined) throw new Error('Chromium has no default context')
  const page = context.pages()[0] ?? (await context.newPage())
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.goto(url)
  const end = async () => {
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      process.kill(-child.pid, 'SIGKILL')
      await ended
    }
    await browser.close().catch(() => undefined)
  }
  return { page, kill: end, close: end }
}

async function connect(child: ChildProcess, portFile: string): Promise<Browser> {
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += 100) {
    if (child.exitCode !== null) throw new Error(`Chromium ended with ${child.exitCode}`)
    const [port, token] = existsSync(portFile) ? readFileSync(portFile, 'utf8').split('\n') : []
    if (port && token) return chromium.connectOverCDP(`http://127.0.0.1:${port}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('Chromium did not open its debugging port')
}
