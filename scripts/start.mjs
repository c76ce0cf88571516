/**
 * `npm start`: the desktop app on a working demo. Backend and simulator are its children and end with it.
 * `npm run start:web`: the same demo for a browser.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildIfStale } from './build-if-stale.mjs'
import { DemoProcesses } from './demo-processes.mjs'
import { electronArguments, resolveElectron } from './electron-runtime.mjs'

const USAGE = `npm start [-- options]
  --speed N        simulated shoppers act N times as fast (default 1)
  --seed N         other shoppers
  --web            no desktop window: prints the address for a browser (npm run start:web)
  --backend URL    use this backend; starts neither backend nor simulator
  --no-simulator   no shoppers`

const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const demo = path.join(repository, '.demo')
const bootstrapFile = path.join(repository, 'simulator', 'demo-bootstrap.json')
const portFile = path.join(demo, 'port')
const pidFile = path.join(demo, 'pid')
const importedFile = path.join(demo, 'history-imported')
const endWithParent = path.join(repository, 'scripts', 'end-with-parent.cjs')
const HISTORY_DAYS = 30

/** What the user has to change; shown as it is. */
class StartFailure extends Error {}

const processes = new DemoProcesses()

main().catch((error) => {
  console.error(error instanceof StartFailure ? error.message : error)
  void processes.end(1)
})

async function main() {
  const options = readOptions()
  if (options === null) return
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void processes.end(0))
  if (!options.web) refuseWithoutDisplay()
  mkdirSync(demo, { recursive: true })
  const electron = options.web
    ? null
    : resolveElectron().catch((error) => Promise.reject(new StartFailure(error.message)))
  // Its failure is awaited below; until then it must not count as unhandled.
  electron?.catch(() => {})
  await buildIfStale().catch((error) => Promise.reject(new StartFailure(error.message)))
  const backendUrl = options.backend ?? (await startBackend())
  if (options.backend === undefined && options.simulator) {
    simulate(backendUrl, options).catch((error) => console.error(`[simulator] ${error.message}`))
  }
  if (electron === null) {
    printWebAddress(backendUrl)
    return
  }
  await openWindow(await electron, backendUrl, options.backend === undefined)
}

function readOptions() {
  let values
  try {
    values = parseArgs({
      options: {
        speed: { type: 'string' },
        seed: { type: 'string' },
        web: { type: 'boolean', default: false },
        backend: { type: 'string' },
        'no-simulator': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new StartFailure(`${error.message}\n${USAGE}`)
  }
  if (values.help) {
    console.log(USAGE)
    return null
  }
  if (values.backend !== undefined && !URL.canParse(values.backend)) {
    throw new StartFailure(`--backend is not an address: ${values.backend}`)
  }
  if (values.web && values.backend !== undefined) {
    throw new StartFailure('A backend serves its own console: open its address in a browser')
  }
  if (values.speed !== undefined && !(Number(values.speed) >= 0.1 && Number(values.speed) <= 1_000)) {
    throw new StartFailure(`--speed must be a number from 0.1 to 1000: ${values.speed}`)
  }
  if (values.seed !== undefined && !(Number(values.seed) >= 0)) {
    throw new StartFailure(`--seed is not a number: ${values.seed}`)
  }
  return {
    web: values.web,
    backend: values.backend,
    simulator: !values['no-simulator'],
    simulatorArguments: [
      ...['--speed', values.speed ?? '1'],
      ...(values.seed === undefined ? [] : ['--seed', values.seed]),
    ],
  }
}

function refuseWithoutDisplay() {
  if (process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY) return
  throw new StartFailure(
    'There is no display here (DISPLAY is not set), so no window can open.\n' +
      'Use the console in a browser instead: npm run start:web',
  )
}

/** Starts the demo's backend and answers its address, the same one each time if its port is still free. */
async function startBackend() {
  refuseSecondDemo()
  writeFileSync(pidFile, String(process.pid))
  const kept = existsSync(portFile) ? readFileSync(portFile, 'utf8').trim() : ''
  const url = (kept === '' ? null : await tryBackend(kept)) ?? (await tryBackend('0'))
  if (url === null) throw new StartFailure('The backend did not start; its own message is above')
  writeFileSync(portFile, new URL(url).port)
  return url
}

/** Two backends on one database folder would destroy it. */
function refuseSecondDemo() {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0
  if (pid === 0 || pid === process.pid || !isDemo(pid)) return
  throw new StartFailure(`The demo is already running here (process ${pid}); end that one first`)
}

function isDemo(pid) {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    // A process id is used again after a restart of the PC: on Linux it can be told whose it is.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('start.mjs')
  } catch {
    return true
  }
}

/** Resolves with the address, or null when the backend ended before it listened. */
function tryBackend(port) {
  const child = startPart('backend', ['src-backend/main.ts'], {
    BOOTSTRAP: bootstrapFile,
    DATA_DIR: path.join(demo, 'db'),
    CONSOLE_DIR: path.join(repository, 'out', 'renderer'),
    PORT: port,
  })
  return new Promise((resolve) => {
    child.lines.once('line', (line) => {
      try {
        const url = JSON.parse(line).listening
        processes.backendListens(child.process)
        resolve(url)
      } catch {
        console.error(`[backend] ${line}`)
        resolve(null)
      }
    })
    child.process.once('exit', () => resolve(null))
  })
}

/** 30 days of history at the first start, then live shoppers. The window does not wait for either. */
async function simulate(backendUrl, { simulatorArguments }) {
  const [{ key } = {}] = JSON.parse(readFileSync(bootstrapFile, 'utf8')).apiKeys
  const common = ['--backend', backendUrl, '--api-key', key]
  if (!existsSync(importedFile)) {
    const days = ['--days', String(HISTORY_DAYS)]
    const code = await finished(startPart('history', ['simulator/main.ts', 'import-history', ...common, ...days]))
    if (processes.ending) return
    if (code === 0) writeFileSync(importedFile, `${new Date().toISOString()}\n`)
    else console.error('[history] not complete; the next start tries again')
  }
  const code = await finished(startPart('simulator', ['simulator/main.ts', 'live', ...common, ...simulatorArguments]))
  if (!processes.ending) console.error(`[simulator] ended (${code}); the console goes on without new shoppers`)
}

function finished(part) {
  return new Promise((resolve) => part.process.once('exit', (code, signal) => resolve(code ?? signal)))
}

/** Starts one of the project's TypeScript programs; its lines are shown with its name before them. */
function startPart(name, args, env = {}) {
  // Node itself instead of the tsx command: that one is a wrapper, and a signal to it may not reach the program.
  const child = spawn(process.execPath, ['--require', endWithParent, '--import', 'tsx', ...args], {
    cwd: repository,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  processes.keep(child)
  const lines = createInterface({ input: child.stdout })
  if (name !== 'backend') lines.on('line', (line) => console.log(`[${name}] ${line}`))
  createInterface({ input: child.stderr }).on('line', (line) => console.error(`[${name}] ${line}`))
  return { process: child, lines }
}

async function openWindow(electron, backendUrl, isDemoBackend) {
  const env = {
    ...process.env,
    FLOORWALKER_BACKEND: backendUrl,
    // Beside the demo's database: the demo leaves the user's own console alone, and one `rm -r` resets it all.
    FLOORWALKER_USER_DATA: process.env.FLOORWALKER_USER_DATA ?? path.join(demo, 'console'),
    ...(isDemoBackend ? { FLOORWALKER_DEMO: bootstrapFile } : {}),
  }
  delete env.ELECTRON_RUN_AS_NODE
  const child = spawn(electron.executable, [...electronArguments(), '-r', endWithParent, repository], {
    cwd: repository,
    env,
    stdio: ['pipe', 'inherit', 'pipe'],
  })
  processes.keepWindow(child)
  const chromiumNoise = /^\[\d+:\d+\/[\d.]+:(ERROR|WARNING|INFO|VERBOSE\d*):/
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (!chromiumNoise.test(line) && line !== '') console.error(`[console] ${line}`)
  })
  console.log(`Floorwalker is open; its backend: ${backendUrl}. Close the window or press Ctrl-C to end everything.`)
}

function printWebAddress(backendUrl) {
  const { employees } = JSON.parse(readFileSync(bootstrapFile, 'utf8'))
  console.log(`\nOpen the console in a browser: ${backendUrl}/\n\nDemo sign-ins:`)
  for (const { number, password, name, role, stores } of employees) {
    console.log(`  employee ${number}  password ${password}  (${name}, ${role}: ${stores.join(', ')})`)
  }
  console.log(
    '\nA browser keeps unsent decisions in its database only; the desktop app also journals them on the disk.',
  )
  console.log('Press Ctrl-C to end.\n')
}
