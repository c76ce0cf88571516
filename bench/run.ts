/** `npm run bench [-- NAME … --json FILE]`: lists the benchmarks and runs those named, or all. */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { analytics } from './analytics.ts'
import { checkNotification } from './check-notification.ts'
import { exportBenchmark } from './export.ts'
import { ingest } from './ingest.ts'
import type { Benchmark, Measurement } from './measurement.ts'
import { million } from './million.ts'
import { putBack } from './put-back.ts'
import { start } from './start.ts'
import { sync } from './sync.ts'

const benchmarks: Record<string, Benchmark> = {
  start,
  ingest,
  sync,
  export: exportBenchmark,
  million,
  analytics,
  'check-notification': checkNotification,
  'put-back': putBack,
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } })
const names = Object.keys(benchmarks)
console.log('Benchmarks:')
for (const [name, { about }] of Object.entries(benchmarks)) console.log(`  ${name}  ${about}`)

const unknown = positionals.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`No such benchmark: ${unknown.join(', ')}`)
  process.exit(1)
}

const measurements: Measurement[] = []
for (const name of positionals.length > 0 ? positionals : names) {
  console.log(`\n${name}`)
  const results = (await benchmarks[name]?.run((line) => console.log(`  ${line}`))) ?? []
  for (const { name: what, value, unit } of results) console.log(`  ${what}: ${value} ${unit}`)
  measurements.push(...results)
}
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(measurements, null, 2)}\n`)
process.exit(0)
