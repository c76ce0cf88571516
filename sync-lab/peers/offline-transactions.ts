/**
 * `npm run sync-peers`: the fault script against TanStack's published offline-transactions and against Floorwalker, side by
 * side; prints the table and writes it to docs/sync-peers.md. `-- --fault TEXT` runs those whose name has the text, and
 * writes nothing. Exit code 1 where Floorwalker's desktop loses, doubles, reorders or leaves a decision behind.
 */
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Contender } from './contender.ts'
import { type Counts, type Fault, faults, runFault } from './fault-script.ts'
import { floorwalker } from './floorwalker.ts'
import { tanstack } from './tanstack.ts'

const root = path.resolve(import.meta.dirname, '../..')
const page = path.join(root, 'docs', 'sync-peers.md')
const { values } = parseArgs({ options: { fault: { type: 'string' }, verbose: { type: 'boolean', default: false } } })
const chosen = faults.filter(({ name }) => values.fault === undefined || name.includes(values.fault))

// Both report what they meet; the table says what came of it. A rejection that nobody awaits is the library's own.
const speak = values.verbose ? console.error : () => undefined
console.warn = speak
console.error = speak
process.on('unhandledRejection', (reason) => speak('unhandled', reason))

const results = new Map<Fault, (Counts | string | null)[]>(chosen.map((fault) => [fault, []]))
const contenders: Contender[] = []
for (const start of [async () => tanstack, () => floorwalker('browser'), () => floorwalker('desktop')]) {
  const contender = await start()
  contenders.push(contender)
  for (const fault of chosen) {
    const counts = await runFault(contender, fault).catch((error: unknown) => `failed: ${String(error)}`)
    results.get(fault)?.push(counts)
    console.log(`${contender.name}: ${fault.name}: ${describe(counts)}`)
  }
  await contender.end()
}

const table = [
  ['fault', ...contenders.map(({ name }) => name)],
  ['---', ...contenders.map(() => '---')],
  ...[...results].map(([fault, row]) => [fault.name, ...row.map(describe)]),
  ['**lost in all**', ...contenders.map((_, column) => `**${lostIn(column)}**`)],
]
const lines = table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
console.log(`\n${lines}`)
if (values.fault === undefined) await writeFile(page, await compose())
process.exit([...results.values()].every((row) => isRight(row.at(-1))) ? 0 : 1)

function describe(counts: Counts | string | null | undefined): string {
  if (counts === null || counts === undefined) return 'n/a'
  if (typeof counts === 'string') return counts
  const { decided, taken, told, lost, stuck, doubled, outOfOrder } = counts
  const rest = [
    lost > 0 && `**${lost} lost**`,
    stuck > 0 && `${stuck} stuck`,
    told > 0 && `${told} told`,
    doubled > 0 && `**${doubled} doubled**`,
    outOfOrder > 0 && `${outOfOrder} out of order`,
  ].filter((part) => part !== false)
  return [`${taken} of ${decided}`, ...rest].join(', ')
}

function isRight(counts: Counts | string | null | undefined): boolean {
  if (counts === null) return true
  if (counts === undefined || typeof counts === 'string') return false
  return counts.lost + counts.stuck + counts.doubled + counts.outOfOrder === 0
}

function lostIn(column: number): number {
  return [...results.values()].reduce((sum, row) => {
    const counts = row[column]
    return sum + (counts !== null && typeof counts === 'object' ? counts.lost : 0)
  }, 0)
}

/** The page as it is, with its last section replaced by this run. */
async function compose(): Promise<string> {
  const versionOf = async (name: string): Promise<string> =>
    JSON.parse(await readFile(path.join(root, 'node_modules', name, 'package.json'), 'utf8')).version
  const before = (await readFile(page, 'utf8')).split('\n## Result\n')[0]
  const versions = await Promise.all(
    ['@tanstack/offline-transactions', '@tanstack/db', 'fake-indexeddb', 'dexie'].map(
      async (name) => `${name} ${await versionOf(name)}`,
    ),
  )
  const stories = [...results.keys()].map(({ name, story }) => `- **${name}**: ${story}`).join('\n')
  return `${before}\n## Result\n\n\`npm run sync-peers\`, ${versions.join(', ')}, Node ${process.versions.node}.\n\n${lines}\n\n${stories}\n`
}
