/** `npm run fuzz -- --cases N --seed S`: the fuzz suite with a budget of one's own, half of it on each database. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { cases: { type: 'string', default: '2000' }, seed: { type: 'string' } } })
const wholeNumber = (name: string, text: string): string => {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) {
    console.error(`--${name} "${text}" must be a whole number from 1 to 999999999`)
    process.exit(2)
  }
  return text
}
const root = fileURLToPath(new URL('../..', import.meta.url))
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'src-backend/http/fuzz.test.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      FLOORWALKER_FUZZ_CASES: wholeNumber('cases', values.cases),
      ...(values.seed === undefined ? {} : { FLOORWALKER_SEED: wholeNumber('seed', values.seed) }),
    },
  },
)
process.exitCode = status ?? 1
