/** A real backend process for end-to-end tests and benchmarks. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { z } from 'zod'
import type { bootstrapSchema } from '#shared/protocol/store-settings.ts'

export const repository = path.resolve(import.meta.dirname, '..')
const START_TIMEOUT_MS = 60_000

export interface BackendOptions {
  /** Folder of its database; kept between starts. */
  dataDir: string
  bootstrap: z.input<typeof bootstrapSchema>
  /** The port of an earlier start, to come back at the same address. */
  port?: number
  env?: Record<string, string>
}

export interface Backend {
  url: string
  port: number
  pid: number
  /** Ends it as a power cut would. */
  kill(): Promise<void>
  /** Ends it as an operator would. */
  stop(): Promise<void>
  /** What it printed to standard error so far. */
  log(): string
}

/** Starts a backend and waits until it listens. */
export async function startBackend(options: BackendOptions): Promise<Backend> {
  await mkdir(options.dataDir, { recursive: true })
  const bootstrap = path.join(options.dataDir, 'bootstrap.json')
  await writeFile(bootstrap, JSON.stringify(options.bootstrap))
  // Node itself, not tsx's wrapper: a kill must hit the process that has the database.
  const child = spawn(process.execPath, ['--import', 'tsx', 'src-backend/main.ts'], {
    cwd: repository,
    env: {
      ...process.env,
      BOOTSTRAP: bootstrap,
      DATA_DIR: path.join(options.dataDir, 'db'),
      CONSOLE_DIR: path.join(repository, 'out/renderer'),
      PORT: String(options.port ?? 0),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-20_000)
  })
  const url = await listeningUrl(child, () => log)
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
    log: () => log,
  }
}

function listeningUrl(child: ChildProcess, log: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGKILL')
      reject(new Error(`The backend ${why}\n${log()}`))
    }
    const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS)
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      fail(`ended with ${signal ?? code}`)
    })
    if (child.stdout === null) throw new Error('no standard output')
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer)
      try {
        resolve((JSON.parse(line) as { listening: string }).listening)
      } catch {
        fail(`printed something else first: ${line}`)
      }
    })
  })
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill(signal)
  await ended
}
