/** Fills a backend with past days of its stores, as the simulator's command does. */
import { spawn } from 'node:child_process'
import { repository } from '../e2e/start-backend.ts'

/** Imports the given number of days into every store of the key; throws where the simulator fails. */
export function importHistory(backend: { url: string }, apiKey: string, days: number): Promise<void> {
  const args = ['import-history', '--backend', backend.url, '--api-key', apiKey, '--days', String(days)]
  const child = spawn(process.execPath, ['--import', 'tsx', 'simulator/main.ts', ...args], {
    cwd: repository,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the simulator ended with ${code}`))))
  })
}
