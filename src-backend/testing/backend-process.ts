/** The backend as a process of its own, for tests that kill it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { z } from 'zod'

const running = new Set<ChildProcess>()

export interface BackendProcess {
  child: ChildProcess
  /** Resolves when the process is gone, with its exit code and what it said on standard error. */
  ended: Promise<{ code: number | null; errors: string }>
  /**
   * Its address, once it listens.
   * @throws where it ended before
   */
  listening(): Promise<string>
  /** What it said on standard error so far. */
  errors(): string
}

/** Starts `main.ts` with this environment and nothing else of ours, and these arguments. */
export function startBackendProcess(environment: Record<string, string>, args: string[] = []): BackendProcess {
  // Node itself, not tsx's wrapper: a kill must hit the process that has the database.
  const main = join(import.meta.dirname, '..', 'main.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let out = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const ended = new Promise<{ code: number | null; errors: string }>((resolve) => {
    child.on('close', (code) => {
      running.delete(child)
      resolve({ code, errors })
    })
  })
  const listening = async () => {
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the backend ended: ${errors}`)
      const line = out.split('\n')[0]
      if (line !== undefined && out.includes('\n'))
        return z.object({ listening: z.url() }).parse(JSON.parse(line)).listening
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return { child, ended, listening, errors: () => errors }
}

/** Ends the processes that are still running. */
export function killBackends(): void {
  for (const child of running) child.kill('SIGKILL')
}
