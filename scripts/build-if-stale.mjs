/** Builds the app when a source is newer than what was built. */
import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const SOURCES = ['src-main', 'src-renderer', 'src-shared', 'electron.vite.config.ts', 'package-lock.json']
const BUILT = ['out/main/index.cjs', 'out/preload/preload.cjs', 'out/renderer/index.html']

/** Resolves when `out/` holds the current sources; throws with the build's output when it fails. */
export async function buildIfStale(log = console.error) {
  const built = Math.min(...BUILT.map((file) => changedAt(path.join(repository, file))))
  const sources = await Promise.all(SOURCES.map((source) => newestIn(path.join(repository, source))))
  if (Math.max(...sources) < built) return
  log('Building …')
  await build()
}

function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY
}

async function newestIn(target) {
  const stat = statSync(target, { throwIfNoEntry: false })
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0
  const entries = await readdir(target, { withFileTypes: true, recursive: true })
  // Folders too: a deleted file changes only its folder.
  return Math.max(
    stat.mtimeMs,
    ...entries.map((entry) => changedAt(path.join(entry.parentPath ?? entry.path, entry.name))),
  )
}

function build() {
  return new Promise((resolve, reject) => {
    const cli = path.join(repository, 'node_modules/electron-vite/bin/electron-vite.js')
    const child = spawn(process.execPath, [cli, 'build'], { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve(undefined) : reject(new Error(`The build failed:\n${output}`))))
  })
}
