/**
 * `npm run sync-lab -- --seeds N [--from SEED] [--jobs J] [--plant BUG]`: runs seeded worlds, on several cores. A violation is
 * shrunk and written to `sync-lab/regressions/`, where a test replays it for ever. Ends with 1 where there was any.
 */
import { fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { systemClock } from '#shared/time/clock.ts'
import { type PlantedBugName, plantedBugs } from './planted-bugs.ts'
import { type Script, writeScript } from './script.ts'
import { shrink } from './shrink.ts'
import { simulate } from './simulation.ts'

const REGRESSIONS = path.join(import.meta.dirname, 'regressions')
const PROGRESS_EVERY_MS = 10_000

/** A file of `regressions/`. */
export interface Regression {
  seed: number
  /** The invariant that was broken, and how. */
  invariant: string
  detail: string
  script: Script
}

interface Part {
  from: number
  seeds: number
  /** Seeds of this part lie so far from each other. */
  stride: number
  plant: PlantedBugName | null
}
type Message = { type: 'ran' } | { type: 'violation'; regression: Regression }

/** Runs a part of a campaign in this process. */
async function runPart({ from, seeds, stride, plant }: Part, tell: (message: Message) => void): Promise<void> {
  const options = { plant: plant === null ? null : plantedBugs[plant] }
  for (let seed = from; seed < from + seeds; seed += stride) {
    const script = writeScript(seed)
    const { violation } = await simulate(script, options)
    if (violation !== null) {
      const { invariant } = violation
      const shrunk = await shrink(
        script,
        async (candidate) => (await simulate(candidate, options)).violation?.invariant === invariant,
      )
      const detail = (await simulate(shrunk, options)).violation?.detail ?? violation.detail
      tell({ type: 'violation', regression: { seed, invariant, detail, script: shrunk } })
    }
    tell({ type: 'ran' })
  }
}

function readArguments(): Part & { jobs: number } {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '300' },
      from: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      plant: { type: 'string' },
    },
  })
  const whole = (name: 'seeds' | 'from' | 'jobs'): number => {
    const value = Number(values[name])
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`--${name} must be a whole number from 1`)
    return value
  }
  const { plant } = values
  if (plant !== undefined && !(plant in plantedBugs)) {
    throw new RangeError(`--plant must be one of ${Object.keys(plantedBugs).join(', ')}`)
  }
  const seeds = whole('seeds')
  return {
    from: whole('from'),
    seeds,
    stride: 1,
    plant: (plant ?? null) as PlantedBugName | null,
    jobs: Math.min(whole('jobs'), seeds),
  }
}

async function runCampaign({ from, seeds, plant, jobs }: Part & { jobs: number }): Promise<number> {
  console.log(
    `sync-lab: seeds ${from} to ${from + seeds - 1}${plant === null ? '' : `, planted ${plant}`}, ${jobs} jobs`,
  )
  let ran = 0
  let violations = 0
  let toldAt = systemClock.monotonic()
  const hear = (message: Message) => {
    if (message.type === 'ran') ran += 1
    else {
      violations += 1
      report(message.regression, plant)
    }
    if (systemClock.monotonic() - toldAt < PROGRESS_EVERY_MS) return
    toldAt = systemClock.monotonic()
    console.log(`${ran} of ${seeds} runs, ${violations} violations`)
  }
  const parts = Array.from({ length: jobs }, (_, job) => ({
    from: from + job,
    seeds: seeds - job,
    stride: jobs,
    plant,
  }))
  await Promise.all(parts.map((part) => runInChild(part, hear)))
  console.log(`${ran} runs, ${violations} violations`)
  return violations > 0 || ran < seeds ? 1 : 0
}

function runInChild(part: Part, hear: (message: Message) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ['--part', JSON.stringify(part)])
    child.on('message', (message: Message) => hear(message))
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a job ended with ${code}`))))
  })
}

function report(regression: Regression, plant: PlantedBugName | null): void {
  const { seed, invariant, detail, script } = regression
  console.log(`seed ${seed} broke '${invariant}': ${detail}`)
  if (plant !== null) {
    console.log(JSON.stringify(script))
    return
  }
  mkdirSync(REGRESSIONS, { recursive: true })
  const file = path.join(REGRESSIONS, `seed-${seed}.json`)
  writeFileSync(file, `${JSON.stringify(regression, null, 2)}\n`)
  console.log(`its ${script.steps.length} steps are in ${path.relative(process.cwd(), file)}`)
}

async function main(): Promise<number> {
  try {
    return await runCampaign(readArguments())
  } catch (error) {
    console.error(`sync-lab: ${error instanceof Error ? error.message : String(error)}`)
    return 2
  }
}

const [first, part] = process.argv.slice(2)
if (first === '--part' && part !== undefined) {
  await runPart(JSON.parse(part), (message) => process.send?.(message))
  process.disconnect()
} else process.exitCode = await main()
