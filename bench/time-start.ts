/** Starts an Electron app and times it from the start of its process until a page is there. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { electronEnvironment, electronExecutable } from '../e2e/launch-desktop.ts'
import { repository } from '../e2e/start-backend.ts'
import { electronArguments } from '../scripts/electron-runtime.mjs'

const TIMEOUT_MS = 60_000
const probe = path.join(repository, 'bench/start-probe.cjs')

/** Milliseconds from the start of the process to the probe's line; the app is ended then. */
export async function timeUntilThere(appFolder: string, extra: Record<string, string>): Promise<number> {
  const [executable, env] = await Promise.all([electronExecutable(), electronEnvironment(extra)])
  const startedAt = performance.now()
  const child = spawn(executable, [...electronArguments(), '-r', probe, appFolder], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  try {
    return await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${appFolder}: nothing to see in time`)), TIMEOUT_MS)
      child.once('exit', (code) => reject(new Error(`${appFolder}: Electron ended with ${code}`)))
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line !== 'bench: there') return
        clearTimeout(timer)
        resolve(performance.now() - startedAt)
      })
    })
  } finally {
    child.kill('SIGTERM')
    const force = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await ended
    clearTimeout(force)
  }
}
