/** The desktop app on a real Electron, under Playwright. */
import { type ElectronApplication, _electron as electron, type Page } from 'playwright-core'
import { electronArguments, resolveElectron } from '../scripts/electron-runtime.mjs'
import { repository } from './start-backend.ts'
import { ensureDisplay } from './xvfb.ts'

export interface DesktopOptions {
  /** Folder of settings, journal and IndexedDB; kept between launches. */
  userData: string
  backendUrl: string
  /** Bootstrap file whose sign-ins the sign-in page shows. */
  demo?: string
  env?: Record<string, string>
  /** Folder of the app; the repository by default. */
  appFolder?: string
}

export interface Desktop {
  app: ElectronApplication
  page: Page
  /** Ends it as the user would. */
  close(): Promise<void>
  /** Ends it with SIGKILL, as a power cut would. */
  kill(): Promise<void>
}

let executable: Promise<string> | null = null

/** Path of the Electron that tests and benchmarks use. */
export function electronExecutable(): Promise<string> {
  executable ??= resolveElectron().then((runtime) => runtime.executable)
  return executable
}

/** Environment of an Electron here: a display, and nothing that would change what runs. */
export async function electronEnvironment(extra: Record<string, string>): Promise<Record<string, string>> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value
  // Set by some editors and CIs; it would turn Electron into a plain Node.
  delete env.ELECTRON_RUN_AS_NODE
  const display = await ensureDisplay()
  if (display !== undefined) env.DISPLAY = display
  return { ...env, ...extra }
}

/** Starts the built app (`npm run build` first) and answers its window's page. */
export async function launchDesktop(options: DesktopOptions): Promise<Desktop> {
  const app = await electron.launch({
    executablePath: await electronExecutable(),
    args: [...electronArguments(), options.appFolder ?? repository],
    cwd: repository,
    env: await electronEnvironment({
      FLOORWALKER_USER_DATA: options.userData,
      FLOORWALKER_BACKEND: options.backendUrl,
      ...(options.demo === undefined ? {} : { FLOORWALKER_DEMO: options.demo }),
      ...options.env,
    }),
  })
  const page = await app.firstWindow()
  return {
    app,
    page,
    close: () => app.close(),
    kill: async () => {
      const child = app.process()
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      child.kill('SIGKILL')
      await ended
    },
  }
}
