/** The simulator's command line: every mistake is answered with the name of the argument. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeIssue } from '#shared/protocol/primitives.ts'
import { type Bootstrap, bootstrapSchema, type StoreSettings } from '#shared/protocol/store-settings.ts'
import { readAddress, readKey, UsageError } from '../integration-tools/connection-arguments.ts'
import { liveHabits } from './shopper.ts'

const DEMO_BOOTSTRAP = fileURLToPath(new URL('./demo-bootstrap.json', import.meta.url))
export const usage = `Usage: npm run simulate -- [live | import-history] --backend URL --api-key KEY [options]

  --backend URL      address of the backend, such as http://127.0.0.1:4000
  --api-key KEY      key of the integration side
  --bootstrap FILE   where the stores are described (default: the demo's)
  --stores A,B       only these stores (default: all of the file)
  --seed N           whole number; the same seed gives the same shoppers (default 1)
  --per-day N        shoppers of an average day in each store (default: 60 in history, 900 live)

import-history: whole sessions of the past; may be repeated, nothing doubles
  --days N           how many days, today included (default 30)

live (default): shoppers at real pace, who wait for the console's outcomes; ends with Ctrl-C
  --speed N          how many times faster they act and arrive, 0.1 to 1000 (default 1)
  --patience MIN     mean minutes a shopper waits for a check, whatever the speed (default 6)
  --staff            simulated employees settle the checks`

const optionsSpec = {
  backend: { type: 'string' },
  'api-key': { type: 'string' },
  bootstrap: { type: 'string' },
  stores: { type: 'string' },
  seed: { type: 'string' },
  'per-day': { type: 'string' },
  days: { type: 'string' },
  speed: { type: 'string' },
  patience: { type: 'string' },
  staff: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

/** Options that only one of the commands has. */
const onlyOf: Record<string, Command> = { days: 'import-history', speed: 'live', patience: 'live', staff: 'live' }

const commands = ['live', 'import-history'] as const
export type Command = (typeof commands)[number]

/** A checked command line. */
export interface Arguments {
  command: Command
  backend: string
  apiKey: string
  file: Bootstrap
  stores: StoreSettings[]
  seed: number
  perDay: number
  days: number
  speed: number
  patienceMs: number
  staff: boolean
}

/** Reads the command line; null asks for the usage text. Throws a `UsageError` that names the argument at fault. */
export function readArguments(argv: string[]): Arguments | null {
  const { values, positionals } = parse(argv)
  if (values.help === true) return null
  const [word = 'live', surplus] = positionals
  const command = commands.find((known) => known === word)
  if (command === undefined) throw new UsageError(`unknown command "${word}": it is live or import-history`)
  if (surplus !== undefined) throw new UsageError(`unexpected argument "${surplus}"`)
  for (const [name, owner] of Object.entries(onlyOf)) {
    if (name in values && owner !== command) throw new UsageError(`--${name} belongs to ${owner}, not to ${command}`)
  }
  const file = readBootstrap(values.bootstrap ?? DEMO_BOOTSTRAP)
  return {
    command,
    backend: readAddress(values.backend),
    apiKey: readKey(values['api-key']),
    file,
    stores: readStores(values.stores, file),
    seed: readNumber('seed', values.seed, 1, 0, Number.MAX_SAFE_INTEGER, true),
    perDay: readNumber('per-day', values['per-day'], command === 'live' ? 900 : 60, 1, 100_000, true),
    days: readNumber('days', values.days, 30, 1, 3_660, true),
    speed: readNumber('speed', values.speed, 1, 0.1, 1_000, false),
    patienceMs: readNumber('patience', values.patience, liveHabits.patienceMs / 60_000, 0.01, 1_440, false) * 60_000,
    staff: values.staff === true,
  }
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: optionsSpec, allowPositionals: true })
  } catch (error) {
    // Its messages name the option.
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readNumber(
  name: string,
  text: string | undefined,
  fallback: number,
  low: number,
  high: number,
  whole: boolean,
): number {
  if (text === undefined) return fallback
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!(value >= low && value <= high) || (whole && !Number.isSafeInteger(value))) {
    throw new UsageError(`--${name} "${text}" must be a ${whole ? 'whole ' : ''}number from ${low} to ${high}`)
  }
  return value
}

function readBootstrap(path: string): Bootstrap {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new UsageError(
      `--bootstrap ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  const parsed = bootstrapSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const { field, message } = describeIssue(parsed.error)
  throw new UsageError(`--bootstrap ${path} is not valid: ${field} ${message}`)
}

function readStores(text: string | undefined, file: Bootstrap): StoreSettings[] {
  if (text === undefined) return file.stores
  const ids = [...new Set(text.split(',').map((id) => id.trim()))]
  return ids.map((id) => {
    const store = file.stores.find((candidate) => candidate.id === id)
    if (store !== undefined) return store
    const known = file.stores.map((candidate) => candidate.id).join(', ')
    throw new UsageError(`--stores names "${id}", which the file does not have; it has ${known}`)
  })
}
