/**
 * Starts a backend as its environment says: `BOOTSTRAP` (file), `HOST`, `PORT` (0 picks one), `DATA_DIR` (PGlite; in
 * memory without) or `DATABASE_URL` (PostgreSQL), `CONSOLE_DIR` (built console to serve), `ACCESS_TOKEN_SECONDS`,
 * `RESTORED=1` (or the argument `--restored`: the database was restored from a backup). Its first line on standard output is `{"listening": "http://…"}`.
 */
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { createAdaptorServer } from '@hono/node-server'
import { z } from 'zod'
import { describeIssue } from '#shared/protocol/primitives.ts'
import { type Bootstrap, bootstrapSchema } from '#shared/protocol/store-settings.ts'
import { startBackend } from './backend.ts'
import { openPglite, openPostgres } from './storage/open-database.ts'

/** What the person who starts the backend has to change; shown as one line. */
class StartFailure extends Error {}

const environmentSchema = z.object({
  BOOTSTRAP: z.string().min(1).optional(),
  PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATA_DIR: z.string().min(1).optional(),
  DATABASE_URL: z.string().min(1).optional(),
  CONSOLE_DIR: z.string().min(1).optional(),
  ACCESS_TOKEN_SECONDS: z.coerce.number().min(1).max(86_400).optional(),
  RESTORED: z.stringbool().default(false),
})

function readEnvironment() {
  // A variable that is set to nothing counts as not set.
  const set = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''))
  const parsed = environmentSchema.safeParse(set)
  if (parsed.success) return parsed.data
  const { field, message } = describeIssue(parsed.error)
  throw new StartFailure(`environment variable ${field}: ${message}`)
}

function readArguments(): { restored: boolean } {
  try {
    return parseArgs({ options: { restored: { type: 'boolean', default: false } } }).values
  } catch (error) {
    throw new StartFailure(reasonOf(error))
  }
}

function readBootstrap(path: string): Bootstrap {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new StartFailure(`bootstrap file ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const parsed = bootstrapSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const { field, message } = describeIssue(parsed.error)
  throw new StartFailure(`bootstrap file ${path}: ${field}: ${message}`)
}

async function main(): Promise<void> {
  const environment = readEnvironment()
  const { restored } = readArguments()
  const bootstrap = environment.BOOTSTRAP === undefined ? undefined : readBootstrap(environment.BOOTSTRAP)
  const database = await (environment.DATABASE_URL === undefined
    ? openPglite(environment.DATA_DIR)
    : openPostgres(environment.DATABASE_URL)
  ).catch((error: unknown) => {
    const where = environment.DATABASE_URL === undefined ? `DATA_DIR ${environment.DATA_DIR}` : 'DATABASE_URL'
    throw new StartFailure(`${where}: cannot be opened: ${reasonOf(error)}`)
  })
  const backend = await startBackend({
    database,
    bootstrap,
    restored: restored || environment.RESTORED,
    consoleFolder: environment.CONSOLE_DIR,
    accessLifetimeMs:
      environment.ACCESS_TOKEN_SECONDS === undefined ? undefined : environment.ACCESS_TOKEN_SECONDS * 1000,
  })
  if (backend.restoration !== null) {
    const why = backend.restoration === 'told' ? 'as told' : 'this is not the database of the last start'
    console.error(`floorwalker backend: restored from a backup (${why}): new epoch, consoles fill up anew`)
  }
  const server = createAdaptorServer({ fetch: backend.app.fetch }) as Server
  server.on('error', (error) => fail(new StartFailure(`cannot listen: ${reasonOf(error)}`)))
  server.listen(environment.PORT, environment.HOST, () => {
    const { port } = server.address() as AddressInfo
    const host = environment.HOST.includes(':') ? `[${environment.HOST}]` : environment.HOST
    console.log(JSON.stringify({ listening: `http://${host}:${port}` }))
  })
  let closing = false
  const close = () => {
    if (closing) return
    closing = true
    backend.endStreams()
    // Requests under way get a moment to finish; connections that fall idle meanwhile would keep the server open.
    const idle = setInterval(() => server.closeIdleConnections(), 20)
    const patience = setTimeout(() => server.closeAllConnections(), 2_000)
    server.close(() => {
      clearInterval(idle)
      clearTimeout(patience)
      backend.close().then(() => process.exit(0), fail)
    })
  }
  process.on('SIGTERM', close)
  process.on('SIGINT', close)
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

function fail(error: unknown): void {
  console.error(error instanceof StartFailure ? `floorwalker backend: ${error.message}` : error)
  process.exit(1)
}

main().catch(fail)
