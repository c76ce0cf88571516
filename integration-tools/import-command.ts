/** `npm run import`: past sessions from a file into a backend. See docs/bulk-import.md. */
import { parseArgs } from 'node:util'
import { systemClock } from '#shared/time/clock.ts'
import { readAddress, readKey, UsageError } from './connection-arguments.ts'
import { type ImportOptions, importSessions, rejectsOf } from './import-sessions.ts'
import { CallError, StoreClient } from './store-client.ts'

const usage = `Usage: npm run import -- --backend URL --api-key KEY --file sessions.ndjson [--store ID] [--verify]

  --backend URL   address of the backend, such as http://127.0.0.1:4000
  --api-key KEY   key of the integration side
  --file FILE     past sessions, one a line as JSON (docs/bulk-import.md)
  --store ID      the store of lines that have no storeId
  --verify        reads every session back and reports those that are not closed

May be stopped and started again at any time; nothing doubles.`

/** What shells use for a process that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130
const EXIT_REJECTS = 3

interface Arguments {
  backend: string
  apiKey: string
  file: string
  storeId: string | undefined
  verify: boolean
}

function readArguments(argv: string[]): Arguments | null {
  const { values } = parse(argv)
  if (values.help === true) return null
  if (values.file === undefined || values.file === '') throw new UsageError('--file is missing: the sessions to import')
  if (values.store === '') throw new UsageError('--store is empty')
  return {
    backend: readAddress(values.backend),
    apiKey: readKey(values['api-key']),
    file: values.file,
    storeId: values.store,
    verify: values.verify === true,
  }
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        backend: { type: 'string' },
        'api-key': { type: 'string' },
        file: { type: 'string' },
        store: { type: 'string' },
        verify: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    // Its messages name the option.
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

async function main(): Promise<number> {
  const stop = new AbortController()
  // A second signal ends the process the hard way: the handlers are gone by then.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const log = (line: string): void => console.log(line)
  try {
    const args = readArguments(process.argv.slice(2))
    if (args === null) {
      log(usage)
      return 0
    }
    const { backend, apiKey, file, storeId, verify } = args
    const client = new StoreClient({
      backend,
      apiKey,
      signal: stop.signal,
      onRetry: (error, waitMs) => log(`import: ${error.message}; next try in ${waitMs} ms`),
    })
    const options: ImportOptions = { file, storeId, backend, verify, clock: systemClock, signal: stop.signal, log }
    const { sessions, events, duplicates, rejected } = await importSessions(client, options)
    const [s, e, d, r] = [sessions, events, duplicates, rejected].map((count) => count.toLocaleString('en'))
    log(`import: done · ${s} sessions · ${e} events (${d} known before)`)
    if (rejected === 0) return 0
    console.error(`import: ${r} lines were not imported; ${rejectsOf(file)} says why`)
    return EXIT_REJECTS
  } catch (error) {
    if (stop.signal.aborted) {
      console.error('import: stopped before its end; run it again to go on')
      return EXIT_INTERRUPTED
    }
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof UsageError) {
      console.error(`${message}\n\n${usage}`)
      return 2
    }
    console.error(`error: ${message}${error instanceof CallError && error.retry ? '; run it again to go on' : ''}`)
    return 1
  }
}

process.exitCode = await main()
