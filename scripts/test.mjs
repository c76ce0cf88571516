/**
 * `npm test`: types and lint, unit and backend suites, then the stories end to end. Leave suites out by name only:
 * `npm test -- --without e2e`. The last line counts over all suites: `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
const scratch = mkdtempSync(path.join(tmpdir(), 'floorwalker-test-'))
const without = new Set(
  process.argv
    .slice(2)
    .join(' ')
    .replaceAll('--without', ' ')
    .split(/[\s,]+/)
    .filter(Boolean),
)

/** @param {string[]} command */
function run(command, environment = {}) {
  const [program = '', ...args] = command
  const result = spawnSync(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } })
  return result.status === 0
}

/** @param {string} name */
const bin = (name) => path.join(root, 'node_modules', '.bin', name)

/** A reporter's JSON file, or null where the runner died before it wrote one. @param {string} file */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

const suites = {
  check: () => {
    const results = [run([bin('tsc'), '--noEmit', '-p', 'tsconfig.json']), run([bin('biome'), 'check', '.'])]
    return { passed: results.filter(Boolean).length, failed: results.filter((ok) => !ok).length }
  },
  unit: () => {
    const file = path.join(scratch, 'vitest.json')
    const ok = run([bin('vitest'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`])
    const report = readReport(file)
    if (report === null) return { passed: 0, failed: 1 }
    const failed = report.numFailedTests + report.testResults.filter(failedToLoad).length
    return { passed: report.numPassedTests, failed: ok ? failed : Math.max(1, failed) }
  },
  e2e: () => {
    if (!run([bin('electron-vite'), 'build'])) return { passed: 0, failed: 1 }
    const file = path.join(scratch, 'playwright.json')
    const ok = run([bin('playwright'), 'test', '-c', 'e2e/playwright.config.ts'], {
      PLAYWRIGHT_JSON_OUTPUT_NAME: file,
    })
    const report = readReport(file)
    if (report === null) return { passed: 0, failed: 1 }
    const { expected, flaky, unexpected } = report.stats
    return { passed: expected + flaky, failed: ok ? unexpected : Math.max(1, unexpected) }
  },
}

/** A file that failed as a whole (a syntax error, a failing hook) has no failed test of its own. */
function failedToLoad(result) {
  return result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed')
}

for (const name of without) {
  if (!(name in suites)) {
    console.error(`test: there is no suite '${name}'; suites are ${Object.keys(suites).join(', ')}`)
    process.exit(2)
  }
}
let passed = 0
let failed = 0
for (const [name, suite] of Object.entries(suites)) {
  if (without.has(name)) {
    console.log(`test: suite '${name}' was left out as asked`)
    continue
  }
  const counts = suite()
  passed += counts.passed
  failed += counts.failed
}
rmSync(scratch, { recursive: true, force: true })
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
