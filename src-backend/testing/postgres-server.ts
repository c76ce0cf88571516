/** A real PostgreSQL for tests: Debian's, in a temporary folder, on a free port of 127.0.0.1, gone afterwards. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

/** Where the tests that need PostgreSQL are left out on purpose: `FLOORWALKER_SKIP=postgres`. */
export const skipsPostgres = (process.env.FLOORWALKER_SKIP ?? '').split(',').includes('postgres')

export interface PostgresServer {
  /** Creates an empty database and answers its URL. */
  createDatabase(name: string): Promise<string>
  /** Stops at once, as a power cut would. */
  crash(): Promise<void>
  /** Starts again after a crash, on the same data and port. */
  restart(): Promise<void>
  /** Crashes and removes everything. */
  stop(): Promise<void>
}

/** @throws where Debian's `postgresql` is not installed, saying so */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = findPostgres()
  const owner = process.getuid?.() === 0 ? accountOf('postgres') : undefined
  const folder = mkdtempSync(join(tmpdir(), 'floorwalker-postgres-'))
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...owner,
    cwd: folder,
    stdio: 'pipe',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
  const port = await freePort()
  const options = [
    '-D',
    data,
    '-p',
    String(port),
    '-h',
    '127.0.0.1',
    '-k',
    '',
    '-c',
    'fsync=off',
    '-c',
    'full_page_writes=off',
    '-c',
    'max_connections=100',
  ]
  let log = ''
  const launch = async () => {
    const launched = spawn(join(bin, 'postgres'), options, {
      ...owner,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    launched.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4_000)
    })
    await untilUp(urlOf('postgres'), launched, () => log)
    return launched
  }
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`
  let server = await launch()
  const kill = () => server.kill('SIGQUIT')
  process.once('exit', kill)
  const crash = async () => {
    if (server.exitCode !== null) return
    const gone = new Promise((resolve) => server.once('exit', resolve))
    kill()
    await gone
  }
  return {
    async createDatabase(name) {
      const client = new pg.Client({ connectionString: urlOf('postgres') })
      await client.connect()
      await client.query(`create database "${name}"`)
      await client.end()
      return urlOf(name)
    },
    crash,
    async restart() {
      server = await launch()
    },
    async stop() {
      process.off('exit', kill)
      await crash()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function findPostgres(): string {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  const bin = versions.map((version) => join(root, version, 'bin')).find((path) => existsSync(join(path, 'initdb')))
  if (bin !== undefined) return bin
  throw new Error(
    `These tests need PostgreSQL and found none in ${root}: apt-get install postgresql, or leave them out with FLOORWALKER_SKIP=postgres.`,
  )
}

/** PostgreSQL refuses to run as root, so it runs as its own account. */
function accountOf(name: string): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  const [, , uid, gid] = (line ?? '').split(':')
  if (uid === undefined || gid === undefined) throw new Error(`there is no account ${name} to run PostgreSQL as`)
  return { uid: Number(uid), gid: Number(gid) }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

async function untilUp(url: string, server: ChildProcess, log: () => string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (server.exitCode !== null) break
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  throw new Error(`PostgreSQL did not start:\n${log()}`)
}
